package jloop.io;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.startServer;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import jloop.PeerProgram;
import jloop.Rig;
import jloop.Task;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Other event loops at the other end, as client and as server: Python's asyncio and Node. What
/// is to be done on a connection its first line says: see `peers/peer.py`.
class LoopPeersTest {

    private static final String HERE = "127.0.0.1";
    private static final int SOME = 300_000;

    private static PeerProgram peer(String script, String... arguments) {
        return PeerProgram.startScript(TestKeys.INSTANCE.folder, script, arguments);
    }

    // ---- The other end is the client

    /// Plays the part that the client wants.
    private final class Parts implements ConnectionHandler {

        final List<String> heard = new ArrayList<>();

        @Override
        public void handle(StreamReader reader, StreamWriter writer) throws IOException {
            String part = text(reader.readline());
            switch (part) {
                case "upgrade\n" -> {
                    writer.write(bytes("go\n"));
                    writer.startTls(TestKeys.context("server"), LoopPeersTest::mutual);
                    handle(reader, writer);
                }
                case "echo\n" -> {
                    for (byte[] some; (some = reader.read(50_000)).length > 0; ) {
                        writer.write(some);
                        writer.drain();
                    }
                }
                case "reply\n" -> writer.write(bytes(reader.readAll().length + " bytes\n"));
                case "speak\n" -> {
                    writer.write(bytes("first\n"));
                    writer.writeEof();
                    heard.add("heard " + reader.readAll().length);
                }
                case "who\n" -> writer.write(bytes(who(writer) + "\n"));
                default -> throw new AssertionError(part);
            }
        }
    }

    private static String who(StreamWriter writer) {
        X509Certificate peer = (X509Certificate) Objects.requireNonNull(
                writer.getExtraInfo("peercert"));
        return writer.getExtraInfo("tls_version") + " " + writer.getExtraInfo("alpn_protocol")
                + " " + peer.getSubjectX500Principal().getName().replace("CN=", "");
    }

    private static TlsOptions mutual(TlsOptions options) {
        return options.withAlpn("jloop").withNeedClientAuth();
    }

    private List<String> served(Rig.Kind kind, String script, String how,
            UnaryOperator<ServerOptions> options, String... parts) {
        List<String> printed = new ArrayList<>();
        Rig.run(kind, _ -> {
            Parts played = new Parts();
            Server server = startServer(played, HERE, 0, options);
            List<String> arguments = new ArrayList<>(
                    List.of("connect", HERE, "" + server.port(), how));
            arguments.addAll(List.of(parts));
            try (server; PeerProgram client = peer(script, arguments.toArray(String[]::new))) {
                printed.addAll(client.rest());
            }
            server.waitClosed();
            printed.addAll(played.heard);
        });
        return printed;
    }

    @ParameterizedTest
    @CsvSource({"EPOLL, peer.py", "EPOLL, peer.mjs", "NIO, peer.py", "NIO, peer.mjs"})
    void server_echoAndHalfCloses_areUnderstood(Rig.Kind kind, String script) {
        assertThat(served(kind, script, "plain", o -> o, "echo", "reply", "speak"))
                .containsExactly(
                        "echo fine", "reply 300000 bytes", "speak first", "heard 300000");
    }

    @ParameterizedTest
    @CsvSource({"peer.py, 1.2", "peer.py, 1.3", "peer.mjs, 1.2", "peer.mjs, 1.3"})
    void serverByTls_echoAndNames_areUnderstood(String script, String version) {
        assertThat(served(Rig.Kind.EPOLL, script, version,
                o -> o.withTls(TestKeys.context("server"), LoopPeersTest::mutual),
                "echo", "who"))
                .containsExactly("echo fine", "who TLSv" + version + " jloop someone");
    }

    @ParameterizedTest
    @CsvSource({"EPOLL, peer.py", "NIO, peer.mjs"})
    void server_thatUpgrades_isUnderstood(Rig.Kind kind, String script) {
        assertThat(served(kind, script, "upgrade", o -> o, "echo", "who"))
                .containsExactly("echo fine", "who TLSv1.3 jloop someone");
    }

    // ---- The other end is the server

    /// Plays each part on a connection of its own. Returns what came of it.
    private static List<String> asked(int port, UnaryOperator<ConnectOptions> options,
            String... parts) throws IOException {
        List<String> answers = new ArrayList<>();
        for (String part : parts) {
            StreamPair pair = openConnection(HERE, port, options);
            if (part.startsWith("upgrade ")) upgrade(pair);
            String rest = part.substring(part.indexOf(' ') + 1);
            pair.writer().write(bytes(rest + "\n"));
            answers.add(rest + " " + ask(rest, pair));
            pair.close();
            pair.writer().waitClosed();
        }
        return answers;
    }

    private static void upgrade(StreamPair pair) throws IOException {
        pair.writer().write(bytes("upgrade\n"));
        assertThat(text(pair.reader().readline())).isEqualTo("go\n");
        pair.writer().startTls(TestKeys.context("client"),
                t -> t.withServerHostname("localhost").withAlpn("jloop"));
    }

    private static String ask(String part, StreamPair pair) throws IOException {
        StreamReader reader = pair.reader();
        StreamWriter writer = pair.writer();
        switch (part) {
            case "echo" -> {
                byte[] data = Rig.pattern(1_000_000);
                Task<Void> sender = createTask(() -> {
                    writer.write(data);
                    writer.drain();
                });
                assertThat(reader.readexactly(data.length)).isEqualTo(data);
                sender.await();
                return "fine";
            }
            case "reply" -> {
                writer.write(Rig.pattern(SOME));
                writer.writeEof();
            }
            case "speak" -> {
                String first = text(reader.readAll()).strip();
                writer.write(Rig.pattern(SOME));
                return first;
            }
            case "who" -> { }
            default -> throw new AssertionError(part);
        }
        return text(reader.readAll()).strip();
    }

    @ParameterizedTest
    @CsvSource({"peer.py", "peer.mjs"})
    void client_echoAndHalfCloses_areUnderstood(String script) {
        try (PeerProgram server = peer(script, "serve", HERE, "plain")) {
            int port = server.port();
            for (Rig.Kind kind : Rig.Kind.values()) {
                Rig.run(kind, _ -> {
                    assertThat(asked(port, o -> o, "echo", "reply", "speak"))
                            .containsExactly("echo fine", "reply 300000 bytes", "speak first");
                    assertThat(server.line()).isEqualTo("heard 300000");
                });
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @CsvSource({"peer.py, 1.2", "peer.py, 1.3", "peer.mjs, 1.2", "peer.mjs, 1.3"})
    void clientByTls_echoAndNames_areUnderstood(String script, String version) {
        SSLContext context = TestKeys.context("client");
        Rig.run(_ -> {
            try (PeerProgram server = peer(script, "serve", HERE, version)) {
                assertThat(asked(server.port(), o -> o.withTls(t -> t.withContext(context)
                                .withServerHostname("localhost").withAlpn("jloop")),
                        "echo", "who"))
                        .containsExactly("echo fine", "who TLSv" + version + " jloop someone");
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"EPOLL, peer.py", "NIO, peer.mjs"})
    void client_thatUpgrades_isUnderstood(Rig.Kind kind, String script) {
        Rig.run(kind, _ -> {
            try (PeerProgram server = peer(script, "serve", HERE, "upgrade")) {
                assertThat(asked(server.port(), o -> o, "upgrade echo", "upgrade who"))
                        .containsExactly("echo fine", "who TLSv1.3 jloop someone");
            }
        });
    }
}
