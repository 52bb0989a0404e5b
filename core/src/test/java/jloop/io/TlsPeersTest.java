package jloop.io;

import static jloop.Asyncio.createServer;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.startServer;
import static jloop.Asyncio.toThread;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import jloop.ConnectionResetException;
import jloop.Future;
import jloop.Rig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Other people's TLS at the other end: OpenSSL's, curl, and Python's asyncio.
class TlsPeersTest {

    private static final String HERE = "127.0.0.1";
    private static final SSLContext SERVER = TestKeys.context("server");
    private static final SSLContext CLIENT = TestKeys.context(null);

    private static Process start(String... command) throws IOException {
        return new ProcessBuilder(command).directory(TestKeys.INSTANCE.folder.toFile())
                .redirectErrorStream(true).start();
    }

    /// Runs a program to its end. Returns what it says.
    private static String run(String input, String... command) throws IOException {
        Process process = start(command);
        try {
            return toThread(() -> {
                OutputStream in = process.getOutputStream();
                in.write(bytes(input));
                in.flush();
                String said = text(process.getInputStream().readAllBytes());
                process.waitFor();
                return said;
            });
        } finally {
            process.destroyForcibly();
        }
    }

    private static String sClient(Server server, String input, String... more)
            throws IOException {
        List<String> command = new ArrayList<>(List.of("openssl", "s_client", "-connect",
                HERE + ":" + server.port(), "-CAfile", "ca.pem", "-verify_return_error",
                "-verify_hostname", "localhost", "-servername", "localhost"));
        command.addAll(List.of(more));
        return run(input, command.toArray(String[]::new));
    }

    private static void answerALine(StreamReader reader, StreamWriter writer)
            throws IOException {
        writer.write(bytes("got " + text(reader.readline())));
    }

    private static Server serve(ConnectionHandler handler) throws IOException {
        return serve(handler, UnaryOperator.identity());
    }

    private static Server serve(ConnectionHandler handler, UnaryOperator<TlsOptions> options)
            throws IOException {
        return startServer(handler, HERE, 0, o -> o.withTls(SERVER, options));
    }

    private static void end(Server server) {
        server.close();
        server.waitClosed();
    }

    // ---- OpenSSL as the client

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void server_withOpenSsl_isUnderstood(String version) {
        Rig.run(_ -> {
            Server server = serve(TlsPeersTest::answerALine);

            assertThat(sClient(server, "hello\n", version, "-quiet")).endsWith("got hello\n");

            end(server);
        });
    }

    @Test
    void server_withAnRsaKey_isUnderstoodToo() {
        Rig.run(_ -> {
            Server server = startServer(TlsPeersTest::answerALine, HERE, 0,
                    o -> o.withTls(TestKeys.context("rsa")));

            assertThat(sClient(server, "hello\n", "-quiet")).endsWith("got hello\n");

            end(server);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void server_thatNeedsACertificate_seesThatOfOpenSsl(String version) {
        Rig.run(_ -> {
            Server server = serve((reader, writer) -> {
                X509Certificate peer = (X509Certificate) Objects.requireNonNull(
                        writer.getExtraInfo("peercert"));
                writer.write(bytes(peer.getSubjectX500Principal().getName() + " says "));
                writer.write(reader.readline());
            }, TlsOptions::withNeedClientAuth);

            assertThat(sClient(server, "hello\n", version, "-quiet",
                    "-cert", "client.pem", "-key", "client.key"))
                    .endsWith("CN=someone says hello\n");
            assertThat(sClient(server, "hello\n", version, "-quiet")).contains("alert");

            end(server);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void server_ofOpenSslThatIsKilled_isNotTakenForAnEndInOrder(String version) {
        Rig.run(rig -> {
            Future<String> heard = rig.loop.createFuture();
            Future<IOException> failure = rig.loop.createFuture();
            Server server = serve((reader, _) -> {
                heard.setResult(text(reader.readline()));
                try {
                    reader.readAll();
                } catch (IOException e) {
                    failure.setResult(e);
                }
            });
            Process client = start("openssl", "s_client", "-connect",
                    HERE + ":" + server.port(), version, "-quiet");
            try {
                say(client, "hello\n");
                assertThat(heard.await()).isEqualTo("hello\n");
            } finally {
                client.destroyForcibly();
            }

            // A reset if OpenSSL had not read the session tickets yet.
            assertThat(failure.await()).isInstanceOfAny(
                    TruncatedException.class, ConnectionResetException.class);

            end(server);
        });
    }

    @Test
    void server_ofOpenSslThatRenegotiates_refuses() {
        Rig.run(rig -> {
            Future<IOException> failure = rig.loop.createFuture();
            Server server = serve((reader, _) -> {
                try {
                    reader.readAll();
                } catch (IOException e) {
                    failure.setResult(e);
                }
            });

            assertThat(sClient(server, "R\n", "-tls1_2")).contains("RENEGOTIATING");

            assertThat(failure.await()).hasMessage(
                    "the peer wants to renegotiate, which is refused");
            end(server);
        });
    }

    @Test
    void server_ofOpenSslThatChangesKeys_goesOn() {
        Rig.run(_ -> {
            Server server = serve(TlsPeersTest::answerALine);
            Process client = start("openssl", "s_client", "-connect",
                    HERE + ":" + server.port(), "-tls1_3");
            try {
                String said = toThread(() -> {
                    OutputStream in = client.getOutputStream();
                    in.write('K');                      // a new key for both directions
                    in.flush();
                    readUntil(client, "KEYUPDATE\n");
                    in.write(bytes("hello\n"));
                    in.flush();
                    return readUntil(client, "got hello\n");
                });
                assertThat(said).endsWith("got hello\n");
                end(server);
            } finally {
                client.destroyForcibly();
            }
        });
    }

    /// Reads what `program` says up to `end`, or all of it.
    private static String readUntil(Process program, String end) throws IOException {
        StringBuilder said = new StringBuilder();
        for (int c; (c = program.getInputStream().read()) >= 0; ) {
            said.append((char) c);
            if (c == '\n' && said.toString().endsWith(end)) break;
        }
        return said.toString();
    }

    // ---- OpenSSL as the server

    private static StreamPair openTo(Process server, UnaryOperator<TlsOptions> options)
            throws IOException {
        int port = toThread(() -> {
            String said = "";
            while (!said.startsWith("ACCEPT")) {
                said = readUntil(server, "\n");
                if (said.isEmpty()) throw new AssertionError("the server has ended");
            }
            return Integer.parseInt(said.strip().substring(said.lastIndexOf(':') + 1));
        });
        return openConnection(HERE, port, o -> o.withTls(t -> options.apply(
                t.withContext(CLIENT).withServerHostname("localhost"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void client_withOpenSsl_isUnderstood(String version) {
        Rig.run(_ -> {
            Process server = start("openssl", "s_server", "-accept", HERE + ":0", "-key",
                    "server.key", "-cert", "server.pem", "-rev", version, "-naccept", "1",
                    "-Verify", "1", "-CAfile", "ca.pem", "-alpn", "jloop");
            try {
                StreamPair pair = openTo(server, t -> t
                        .withContext(TestKeys.context("client")).withAlpn("other", "jloop"));
                pair.writer().write(bytes("hello\n"));

                assertThat(text(pair.reader().readline())).isEqualTo("olleh\n");
                assertThat(pair.writer().getExtraInfo("alpn_protocol")).isEqualTo("jloop");
                assertThat(pair.writer().getExtraInfo("tls_version"))
                        .isEqualTo(version.replace("-tls1_", "TLSv1."));

                pair.close();
                pair.writer().waitClosed();
            } finally {
                server.destroyForcibly();
            }
        });
    }

    @Test
    void client_ofAnOpenSslThatIsForAnotherName_refuses() {
        Rig.run(_ -> {
            Process server = start("openssl", "s_server", "-accept", HERE + ":0", "-key",
                    "other.key", "-cert", "other.pem", "-rev", "-naccept", "1");
            try {
                assertThatThrownBy(() -> openTo(server, UnaryOperator.identity()))
                        .isInstanceOf(SSLException.class).hasMessageContaining("localhost");
            } finally {
                server.destroyForcibly();
            }
        });
    }

    private interface Exchange {
        void with(Process server, StreamPair pair) throws IOException;
    }

    /// Connects to a server whose input is sent, unless it is a letter that tells it otherwise.
    private static void talkTo(String version, Exchange exchange) {
        Rig.run(_ -> {
            Process server = start("stdbuf", "-oL", "openssl", "s_server", "-accept",
                    HERE + ":0", "-key", "server.key", "-cert", "server.pem", version);
            try (StreamPair pair = openTo(server, UnaryOperator.identity())) {
                exchange.with(server, pair);
            } finally {
                server.destroyForcibly();
            }
        });
    }

    private static void say(Process program, String text) throws IOException {
        program.getOutputStream().write(bytes(text));
        program.getOutputStream().flush();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void client_ofAnOpenSslThatIsKilled_doesNotTakeItForAnEndInOrder(String version) {
        talkTo(version, (server, pair) -> {
            say(server, "hello\n");
            assertThat(text(pair.reader().readline())).isEqualTo("hello\n");

            server.destroyForcibly();

            assertThatThrownBy(() -> pair.reader().readAll())
                    .isInstanceOf(TruncatedException.class);
        });
    }

    @Test
    void client_ofAnOpenSslThatRenegotiates_refuses() {
        talkTo("-tls1_2", (server, pair) -> {
            say(server, "r\n");

            assertThatThrownBy(() -> pair.reader().readAll())
                    .hasMessage("the peer wants to renegotiate, which is refused");
        });
    }

    @Test
    void client_ofAnOpenSslThatChangesKeys_goesOn() {
        talkTo("-tls1_3", (server, pair) -> {
            say(server, "K\n");                     // a new key for both directions
            toThread(() -> readUntil(server, "SSL_do_handshake -> 1\n"));
            say(server, "hello\n");
            assertThat(text(pair.reader().readline())).isEqualTo("hello\n");

            pair.writer().write(bytes("and back\n"));

            assertThat(toThread(() -> readUntil(server, "and back\n"))).endsWith("and back\n");
        });
    }

    // ---- curl

    /// Answers each request with its target.
    private static final class Http implements Protocol {

        private final StringBuilder head = new StringBuilder();
        private final List<Transport> transport = new ArrayList<>();

        @Override
        public void connectionMade(Transport made) {
            transport.add(made);
        }

        @Override
        public void dataReceived(ByteBuffer data) {
            head.append(TracingProtocol.textOf(data));
            if (head.indexOf("\r\n\r\n") < 0) return;
            String target = head.toString().split(" ")[1];
            transport.getFirst().write(bytes("HTTP/1.1 200 OK\r\nContent-Length: "
                    + target.length() + "\r\n\r\n" + target));
            head.setLength(0);
        }
    }

    /// Without the settings of whoever runs the tests.
    private static String curl(String... more) throws IOException {
        List<String> command = new ArrayList<>(
                List.of("curl", "-q", "-sS", "--ipv4", "--noproxy", "*"));
        command.addAll(List.of(more));
        return run("", command.toArray(String[]::new));
    }

    @Test
    void server_withCurl_isUnderstood() {
        Rig.run(_ -> {
            Server server = createServer(Http::new, HERE, 0,
                    o -> o.withTls(SERVER, t -> t.withAlpn("http/1.1")));
            String url = "https://localhost:" + server.port();

            assertThat(curl("--cacert", "ca.pem",
                    url + "/one", url + "/two")).isEqualTo("/one/two");
            assertThat(curl(url + "/one")).as("who does not trust us").contains("certificate");

            end(server);
        });
    }

    // ---- Python

    private static final String PYTHON_CLIENT = """
            import asyncio, ssl, sys
            async def main():
                context = ssl.create_default_context(cafile='ca.pem')
                reader, writer = await asyncio.open_connection(
                    '127.0.0.1', int(sys.argv[1]), ssl=context, server_hostname='localhost')
                data = bytes(range(256)) * 4000
                writer.write(data)
                assert await reader.readexactly(len(data)) == data
                writer.close()
                await writer.wait_closed()
                print('fine', writer.get_extra_info('cipher')[1])
            asyncio.run(main())
            """;

    @Test
    void server_withPython_exchangesAMegabyteAndEndsInOrder(@TempDir Path folder)
            throws IOException {
        Path script = Files.writeString(folder.resolve("client.py"), PYTHON_CLIENT);
        Rig.run(_ -> {
            List<String> ends = new ArrayList<>();
            Server server = serve((reader, writer) -> {
                for (byte[] some; (some = reader.read(50_000)).length > 0; ) {
                    writer.write(some);
                    writer.drain();
                }
                ends.add("in order");
            });

            assertThat(run("", "python3", script.toString(), "" + server.port()))
                    .isEqualTo("fine TLSv1.3\n");

            end(server);
            assertThat(ends).containsExactly("in order");
        });
    }

    private static final String PYTHON_SERVER = """
            import asyncio, ssl
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain('server.pem', 'server.key')
            async def upgrade(reader, writer):
                assert await reader.readline() == b'STARTTLS\\n'
                writer.write(b'go\\n')
                await writer.start_tls(context)
                writer.write(b'got ' + await reader.readline())
                await writer.drain()
                assert await reader.read() == b''
                writer.close()
                print('fine', flush=True)
            async def main():
                server = await asyncio.start_server(upgrade, '127.0.0.1', 0)
                print('ACCEPT :%d' % server.sockets[0].getsockname()[1], flush=True)
                await asyncio.sleep(60)
            asyncio.run(main())
            """;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void startTls_withPython_isUnderstood(boolean withinTls, @TempDir Path folder)
            throws IOException {
        Path script = Files.writeString(folder.resolve("server.py"), withinTls
                ? PYTHON_SERVER.replace("127.0.0.1', 0", "127.0.0.1', 0, ssl=context")
                : PYTHON_SERVER);
        Rig.run(_ -> {
            Process python = start("python3", script.toString());
            try {
                int port = toThread(() -> Integer.parseInt(
                        Objects.requireNonNull(python.inputReader().readLine()).split(":")[1]));
                StreamPair pair = openConnection(HERE, port,
                        o -> withinTls ? o.withTls(CLIENT) : o);
                pair.writer().write(bytes("STARTTLS\n"));
                assertThat(text(pair.reader().readline())).isEqualTo("go\n");

                pair.writer().startTls(CLIENT, t -> t.withServerHostname("localhost"));
                pair.writer().write(bytes("secret\n"));

                assertThat(text(pair.reader().readline())).isEqualTo("got secret\n");
                pair.close();
                pair.writer().waitClosed();
                assertThat(toThread(() -> python.inputReader().readLine())).isEqualTo("fine");
            } finally {
                python.destroyForcibly();
            }
        });
    }
}
