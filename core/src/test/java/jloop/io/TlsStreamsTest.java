package jloop.io;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.openUnixConnection;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.startServer;
import static jloop.Asyncio.startUnixServer;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSession;
import jloop.Asyncio;
import jloop.CancelledError;
import jloop.ConnectionAbortedException;
import jloop.ConnectionResetException;
import jloop.EachNetwork;
import jloop.EventLoop;
import jloop.Future;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsStreamsTest {

    private static final String HERE = "127.0.0.1";
    private static final SSLContext SERVER = TestKeys.context("server");
    private static final SSLContext CLIENT = TestKeys.context(null);

    /// Carries jobs out where they are handed in, so that virtual time waits for them.
    static class Inline extends AbstractExecutorService {

        private boolean shutDown;

        @Override
        public void execute(Runnable job) {
            job.run();
        }

        @Override
        public void shutdown() {
            shutDown = true;
        }

        @Override
        public List<Runnable> shutdownNow() {
            shutDown = true;
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return shutDown;
        }

        @Override
        public boolean isTerminated() {
            return shutDown;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return true;
        }
    }

    static void virtually(Rig.Body body) {
        Rig.run(Rig.Network.VIRTUAL, rig -> {
            rig.loop.setDefaultExecutor(new Inline());
            body.run(rig);
        });
    }

    static void on(Rig.Network network, Rig.Body body) {
        if (network == Rig.Network.VIRTUAL) virtually(body);
        else Rig.run(network, body);
    }

    /// A time to wait for: in virtual time `virtual`, on the kernel a moment.
    static Duration limit(Rig.Network network, Duration virtual) {
        return network == Rig.Network.VIRTUAL ? virtual : Duration.ofMillis(60);
    }

    /// Since `before` so much has passed; on the kernel perhaps more, as on any busy machine.
    static void checkPassed(Rig.Network network, Rig rig, long before, Duration limit) {
        Duration passed = Duration.ofNanos(rig.loop.time() - before);
        if (network == Rig.Network.VIRTUAL) assertThat(passed).isEqualTo(limit);
        else assertThat(passed).isBetween(limit, limit.plusSeconds(20));
    }

    private static void echo(StreamReader reader, StreamWriter writer) throws IOException {
        for (byte[] some; (some = reader.read(100_000)).length > 0; ) {
            writer.write(some);
            writer.drain();
        }
    }

    private static Server serve(ConnectionHandler handler) throws IOException {
        return serve(handler, UnaryOperator.identity());
    }

    private static Server serve(ConnectionHandler handler, UnaryOperator<TlsOptions> options)
            throws IOException {
        return startServer(handler, HERE, 0, o -> o.withTls(SERVER, options));
    }

    private static StreamPair open(Server server) throws IOException {
        return open(server, UnaryOperator.identity());
    }

    private static StreamPair open(Server server, UnaryOperator<TlsOptions> options)
            throws IOException {
        return openConnection(HERE, server.port(),
                o -> o.withTls(t -> options.apply(t.withContext(CLIENT))));
    }

    private static String ask(StreamPair pair, String question) throws IOException {
        pair.writer().write(bytes(question + "\n"));
        return text(pair.reader().readline());
    }

    private static void end(StreamPair pair, Server server) throws IOException {
        pair.close();
        pair.writer().waitClosed();
        server.close();
        server.waitClosed();
    }

    // ---- Both ends

    @EachNetwork
    void openConnection_toAServerWithTls_echoes(Rig.Network network) {
        on(network, _ -> {
            Server server = serve(TlsStreamsTest::echo);
            StreamPair pair = open(server);

            assertThat(ask(pair, "hello")).isEqualTo("hello\n");
            assertThat(ask(pair, "again")).isEqualTo("again\n");

            end(pair, server);
            assertThat(pair.reader().read(1)).isEmpty();
        });
    }

    @EachNetwork
    void echo_ofMegabytes_comesBackWhole(Rig.Network network) {
        byte[] much = Rig.pattern(3_000_000);
        on(network, _ -> {
            Server server = serve(TlsStreamsTest::echo);
            StreamPair pair = open(server);

            Task<byte[]> received = createTask(() -> pair.reader().readexactly(much.length));
            for (int at = 0; at < much.length; at += 300_000) {
                pair.writer().write(much, at, 300_000);
                pair.writer().drain();
            }
            assertThat(received.await()).isEqualTo(much);

            end(pair, server);
        });
    }

    @Test
    void openConnection_byName_checksIt() {
        Rig.run(_ -> {
            Server server = serve(TlsStreamsTest::echo);
            StreamPair pair = openConnection("localhost", server.port(), o -> o.withTls(CLIENT));

            assertThat(ask(pair, "hello")).isEqualTo("hello\n");

            end(pair, server);
        });
    }

    @EachNetwork
    void unixStreams_withTls_echo(Rig.Network network, @TempDir Path folder) {
        on(network, _ -> {
            if (network == Rig.Network.VIRTUAL) return;
            Path path = folder.resolve("tls");
            Server server = startUnixServer(TlsStreamsTest::echo, path, o -> o.withTls(SERVER));
            StreamPair pair = openUnixConnection(path,
                    o -> o.withTls(t -> t.withContext(CLIENT).withServerHostname("localhost")));

            assertThat(ask(pair, "hello")).isEqualTo("hello\n");
            assertThatThrownBy(() -> openUnixConnection(path, o -> o.withTls(CLIENT)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("serverHostname is needed");

            end(pair, server);
        });
    }

    @Test
    void openConnection_twentyFiveAtOnce_areAllServed() {
        virtually(_ -> {
            Server server = serve(TlsStreamsTest::echo);
            List<Task<String>> tasks = new ArrayList<>();
            for (int i = 0; i < 25; i++) {
                String question = "question " + i;
                tasks.add(createTask(() -> {
                    StreamPair pair = open(server);
                    try (pair) {
                        return ask(pair, question);
                    }
                }));
            }
            for (int i = 0; i < 25; i++) {
                assertThat(tasks.get(i).await()).isEqualTo("question " + i + "\n");
            }
            server.close();
            server.waitClosed();
        });
    }

    @Test
    void getExtraInfo_overTls_tellsWhatWasAgreed() {
        virtually(_ -> {
            List<@Nullable Object> seen = new ArrayList<>();
            Server server = startServer((reader, writer) -> {
                seen.add(((X509Certificate) Objects.requireNonNull(
                        writer.getExtraInfo("peercert"))).getSubjectX500Principal().getName());
                seen.add(writer.getExtraInfo("alpn_protocol"));
                seen.add(writer.canWriteEof());
                echo(reader, writer);
            }, HERE, 0, o -> o.withTls(SERVER, t -> t.withNeedClientAuth().withAlpn("b", "c")));
            StreamPair pair = open(server, t -> t.withContext(TestKeys.context("client"))
                    .withAlpn("a", "b"));
            StreamWriter writer = pair.writer();

            assertThat(ask(pair, "hello")).isEqualTo("hello\n");
            assertThat(seen).containsExactly("CN=someone", "b", false);
            assertThat(writer.getExtraInfo("alpn_protocol")).isEqualTo("b");
            assertThat(writer.getExtraInfo("tls_version")).isEqualTo("TLSv1.3");
            assertThat(Objects.toString(writer.getExtraInfo("cipher"))).startsWith("TLS_");
            assertThat(writer.getExtraInfo("sslcontext")).isInstanceOf(SSLContext.class);
            assertThat(writer.getExtraInfo("ssl_session")).isInstanceOf(SSLSession.class);
            assertThat(writer.getExtraInfo("peername")).isNotNull();
            assertThat(writer.getExtraInfo("nonsense")).isNull();

            end(pair, server);
        });
    }

    @Test
    void read_oneByteAtATime_takesARecordApart() {
        virtually(_ -> {
            Server server = serve(TlsStreamsTest::echo);
            StreamPair pair = open(server);
            pair.writer().write(bytes("abc"));

            byte[] into = new byte[2];
            assertThat(text(pair.reader().read(1))).isEqualTo("a");
            assertThat(pair.reader().readInto(into, 0, 1)).isEqualTo(1);
            assertThat(pair.reader().readInto(into, 1, 1)).isEqualTo(1);
            assertThat(text(into)).isEqualTo("bc");

            end(pair, server);
        });
    }

    @Test
    void read_cancelled_hasConsumedNothing() {
        virtually(rig -> {
            Server server = serve(TlsStreamsTest::echo);
            StreamPair pair = open(server);
            Task<byte[]> reading = createTask(() -> pair.reader().read(10));
            rig.turns(3);
            reading.cancel();
            assertThatThrownBy(reading::await).isInstanceOf(CancelledError.class);

            assertThat(ask(pair, "hello")).isEqualTo("hello\n");

            end(pair, server);
        });
    }

    @Test
    void openConnection_doesTheWorkOfTheHandshakeInTheExecutor() {
        Set<String> threads = new TreeSet<>();
        SSLContext context = TestKeys.withoutKey(new SecureRandom() {
            @Override
            public void nextBytes(byte[] bytes) {
                threads.add("secrets in " + workplace());
                super.nextBytes(bytes);
            }
        });
        threads.clear();
        Rig.run(_ -> {
            Server server = serve(TlsStreamsTest::echo);

            StreamPair pair = open(server, t -> t.withContext(context).withParameters(
                    _ -> threads.add("engine in " + workplace())));

            assertThat(threads).containsExactly("engine in asyncio_", "secrets in asyncio_");
            end(pair, server);
        });
    }

    private static String workplace() {
        return Thread.currentThread().getName().replaceAll("[0-9]+$", "");
    }

    // ---- Handshakes that fail

    @Test
    void openConnection_withParametersThatThrow_leavesNothing() {
        virtually(_ -> {
            Server server = serve(TlsStreamsTest::echo);

            assertThatThrownBy(() -> open(server, t -> t.withParameters(_ -> {
                throw new IllegalStateException("meant");
            }))).isInstanceOf(IllegalStateException.class).hasMessage("meant");

            server.close();
            server.waitClosed();
        });
    }

    @Test
    void startTls_ofAConnectionThatIsClosedMeanwhile_isAborted() {
        virtually(rig -> {
            List<Runnable> steps = new ArrayList<>();       // twice each, the client last
            rig.loop.setDefaultExecutor(new Inline() {
                @Override
                public void execute(Runnable job) {
                    steps.add(job);
                    if (steps.size() != 4) job.run();
                }
            });
            Server server = startServer((_, writer) -> writer.startTls(SERVER), HERE, 0);
            StreamPair pair = openConnection(HERE, server.port());
            Task<Void> starting = createTask(() -> pair.writer().startTls(
                    CLIENT, t -> t.withServerHostname("localhost")));
            rig.await("the last step", () -> steps.size() == 4);

            pair.close();
            steps.get(3).run();

            assertThatThrownBy(starting::await).isInstanceOf(ConnectionAbortedException.class)
                    .hasMessage("the connection was closed in the TLS handshake");
            rig.takeReport();                               // of the server's handler
            server.close();
            server.waitClosed();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"other", "expired"})
    void openConnection_toACertificateThatIsNoGood_failsAndTheServerLives(String key) {
        virtually(rig -> {
            rig.loop.setDebug(true);
            Server server = startServer(TlsStreamsTest::echo, HERE, 0,
                    o -> o.withTls(TestKeys.context(key)));

            assertThatThrownBy(() -> open(server)).isInstanceOf(SSLHandshakeException.class)
                    .hasMessageContaining(key.equals("other")
                            ? "No subject alternative names matching IP address 127.0.0.1"
                            : "validity check failed");
            assertThat(rig.takeReport()).isInstanceOf(SSLHandshakeException.class)
                    .hasMessageContaining("certificate");
            rig.await("no connection", () -> server.connectionCount() == 0);
            server.close();
        });
    }

    @Test
    void openConnection_withoutTrust_fails() {
        virtually(_ -> {
            Server server = serve(TlsStreamsTest::echo);

            assertThatThrownBy(() -> openConnection(HERE, server.port(), o -> o.withTls()))
                    .isInstanceOf(SSLHandshakeException.class)
                    .hasMessageContaining("unable to find valid certification path");
            server.close();
            server.waitClosed();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void openConnection_withoutTheCertificateThatIsNeeded_fails(String protocol) {
        virtually(_ -> {
            Server server = serve(TlsStreamsTest::echo, TlsOptions::withNeedClientAuth);

            // In TLS 1.3 the client is ready before the server has looked at its certificate.
            assertThatThrownBy(() -> {
                StreamPair pair = open(server,
                        t -> t.withContext(TestKeys.context(protocol, null)));
                ask(pair, "hello");
            }).isInstanceOf(SSLException.class);
            server.close();
            server.waitClosed();
        });
    }

    @Test
    void openConnection_withoutTheCertificateThatIsWanted_works() {
        virtually(_ -> {
            Server server = serve(TlsStreamsTest::echo, TlsOptions::withWantClientAuth);
            StreamPair pair = open(server);

            assertThat(ask(pair, "hello")).isEqualTo("hello\n");

            end(pair, server);
        });
    }

    @EachNetwork
    void openConnection_toAServerWithoutTls_saysSo(Rig.Network network) {
        on(network, _ -> {
            Server server = startServer((_, writer) -> writer.write(bytes("220 hello\r\n")),
                    HERE, 0);

            assertThatThrownBy(() -> open(server)).isInstanceOf(SSLException.class)
                    .hasMessageContaining("nrecognized SSL message");
            server.close();
            server.waitClosed();
        });
    }

    @Test
    void openConnection_toWhoHangsUp_isReset() {
        virtually(_ -> {
            Server server = startServer((_, writer) -> writer.close(), HERE, 0);

            assertThatThrownBy(() -> open(server))
                    .isInstanceOf(ConnectionResetException.class)
                    .hasMessageContaining("lost in the handshake");
            server.close();
            server.waitClosed();
        });
    }

    @EachNetwork
    void openConnection_toWhoSaysNothing_isAbortedAfterTheTimeout(Rig.Network network) {
        on(network, rig -> {
            Server server = startServer((reader, _) -> reader.readAll(), HERE, 0);
            Duration limit = limit(network, Duration.ofSeconds(20));
            long before = rig.loop.time();

            assertThatThrownBy(() -> open(server, t -> t.withHandshakeTimeout(limit)))
                    .isInstanceOf(ConnectionAbortedException.class)
                    .hasMessage("the TLS handshake took longer than " + limit);
            checkPassed(network, rig, before, limit);
            assertThat(TlsOptions.DEFAULT.handshakeTimeout()).hasSeconds(60);
            assertThat(TlsOptions.DEFAULT.shutdownTimeout()).hasSeconds(30);
            server.close();
            server.waitClosed();
        });
    }

    @EachNetwork
    void server_ofOneThatSaysNothing_servesOthersAndTurnsItAway(Rig.Network network) {
        on(network, rig -> {
            Duration limit = limit(network, Duration.ofSeconds(5)).multipliedBy(9);
            Server server = serve(TlsStreamsTest::echo, t -> t.withHandshakeTimeout(limit));
            StreamPair pair = openInTime(server, limit);
            StreamPair silent = openConnection(HERE, server.port());
            assertThat(ask(pair, "hello")).isEqualTo("hello\n");
            long before = rig.loop.time();

            assertThat(silent.reader().read(1)).isEmpty();

            if (network == Rig.Network.VIRTUAL) checkPassed(network, rig, before, limit);
            assertThat(ask(pair, "again")).isEqualTo("again\n");
            silent.close();
            end(pair, server);
        });
    }

    /// A connection that is served. A busy machine may need several attempts, as it has no more
    /// than `limit` for a handshake.
    private static StreamPair openInTime(Server server, Duration limit) throws IOException {
        while (true) {
            long before = Asyncio.getRunningLoop().time();
            try {
                StreamPair pair = open(server);
                pair.writer().write(bytes("."));
                if (pair.reader().read(1).length == 1) return pair;
                pair.close();
            } catch (IOException _) {
                // what it was does not matter if it was late
            }
            assertThat(Asyncio.getRunningLoop().time() - before).as("the server hung up after")
                    .isGreaterThanOrEqualTo(limit.toNanos());
        }
    }

    @EachNetwork
    void openConnection_cancelledInTheHandshake_leavesNothing(Rig.Network network) {
        on(network, rig -> {
            Server server = startServer((reader, _) -> reader.readAll(), HERE, 0);
            Task<StreamPair> opening = createTask(() -> open(server));
            rig.turns(10);

            opening.cancel();

            assertThatThrownBy(opening::await).isInstanceOf(CancelledError.class);
            server.close();
            server.waitClosed();
        });
    }

    @Test
    void closeClients_inTheHandshake_endsIt() {
        virtually(rig -> {
            Server server = serve(TlsStreamsTest::echo);
            StreamPair silent = openConnection(HERE, server.port());
            rig.turns(5);

            server.closeClients();
            server.close();
            server.waitClosed();

            assertThat(silent.reader().read(1)).isEmpty();
            silent.close();
        });
    }

    // ---- The end

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void close_ofOneEnd_isAnOrderlyEndForTheOther(String protocol) {
        virtually(_ -> {
            List<String> seen = new ArrayList<>();
            Server server = serve((reader, writer) -> {
                seen.add(text(reader.readAll()));
                seen.add("closing " + writer.isClosing());
            });
            StreamPair pair = open(server, t -> t.withContext(TestKeys.context(protocol, null)));

            pair.writer().write(bytes("last words"));
            end(pair, server);

            assertThat(seen).containsExactly("last words", "closing true");
        });
    }

    @Test
    void close_withMuchKept_sendsItAllFirst() {
        byte[] much = Rig.pattern(1_000_000);
        virtually(_ -> {
            Server server = serve((_, writer) -> writer.write(much));
            StreamPair pair = open(server);
            sleep(Duration.ofSeconds(1));

            assertThat(pair.reader().readAll()).isEqualTo(much);

            end(pair, server);
        });
    }

    @EachNetwork
    void close_unanswered_isGivenUpAfterTheTimeout(Rig.Network network) {
        on(network, rig -> {
            Duration limit = limit(network, Duration.ofSeconds(7));
            Future<Void> over = rig.loop.createFuture();
            Server server = serve((_, _) -> over.await());
            StreamPair pair = open(server, t -> t.withShutdownTimeout(limit));
            long before = rig.loop.time();

            pair.close();

            assertThatThrownBy(() -> pair.writer().waitClosed())
                    .isInstanceOf(SocketTimeoutException.class)
                    .hasMessage("TLS shutdown timed out");
            checkPassed(network, rig, before, limit);
            server.abortClients();
            over.setResult(null);
            server.close();
            server.waitClosed();
        });
    }

    @Test
    void close_whileAnotherTaskReads_letsItReadOnToTheEnd() {
        virtually(rig -> {
            Server server = serve((reader, writer) -> {
                writer.write(reader.readAll());
                writer.write(bytes("dropped"));
            });
            StreamPair pair = open(server);
            Task<byte[]> reading = createTask(() -> pair.reader().read(10));
            rig.turns(5);

            pair.close();

            assertThat(reading.await()).isEmpty();
            end(pair, server);
        });
    }

    @EachNetwork
    void close_whileAnotherTaskReadsAndIsCancelled_stillWaitsForThePeer(Rig.Network network) {
        on(network, rig -> {
            Server server = serve((reader, _) -> {
                sleep(limit(network, Duration.ofSeconds(2)));
                reader.readAll();
            });
            StreamPair pair = open(server);
            Task<byte[]> reading = createTask(() -> pair.reader().read(10));
            rig.turns(5);

            pair.close();
            reading.cancel();
            assertThatThrownBy(reading::await).isInstanceOf(CancelledError.class);
            assertThat(pair.reader().read(1)).as("a read of what is closing").isEmpty();

            end(pair, server);
        });
    }

    @EachNetwork
    void close_ofAPeerThatKeepsSending_endsAllTheSame(Rig.Network network) {
        on(network, rig -> {
            Server server = serve((_, writer) -> {
                byte[] part = Rig.pattern(50_000);
                while (true) {
                    writer.write(part);
                    writer.drain();
                }
            });
            StreamPair pair = open(server);
            assertThat(pair.reader().read(10)).isNotEmpty();
            long before = rig.loop.time();

            pair.close();
            pair.writer().waitClosed();

            assertThat(Duration.ofNanos(rig.loop.time() - before)).as("no limit was waited for")
                    .isLessThan(TlsOptions.DEFAULT.shutdownTimeout());
            server.close();
            server.waitClosed();
            rig.await("the handler", () -> rig.taskCount() == 1);
            rig.takeReports();
        });
    }

    @EachNetwork
    void read_atAnEndWithoutFarewell_isTruncatedUnlessThatMayBe(Rig.Network network) {
        for (boolean mayBe : new boolean[] {false, true}) on(network, _ -> {
            Server server = serve((reader, writer) -> {
                writer.write(bytes("half of "));
                reader.readline();
                ((Socket) Objects.requireNonNull(writer.getExtraInfo("socket")))
                        .shutdownOutput();
                reader.readAll();
            }, t -> t.withSuppressRaggedEofs(true));
            StreamPair pair = open(server, t -> t.withSuppressRaggedEofs(mayBe));
            assertThat(text(pair.reader().read(100))).isEqualTo("half of ");
            pair.writer().write(bytes("\n"));

            Throwable thrown = catchThrowable(() ->
                    assertThat(pair.reader().readexactly(1)).isEmpty());

            assertThat(thrown).isInstanceOf(
                    mayBe ? IncompleteReadException.class : TruncatedException.class);
            assertThat(pair.writer().isClosing()).isTrue();
            pair.close();
            server.close();
            server.waitClosed();
        });
    }

    @Test
    void read_ofTheEnd_stillSendsWhatIsKept() {
        byte[] much = Rig.pattern(1_000_000);
        virtually(rig -> {
            Socket listener = rig.listener();
            Task<byte[]> peer = createTask(() -> {
                try (RawTls raw = RawTls.accept(rig.loop, listener)) {
                    raw.channel.close(raw::send);
                    return raw.readAll();
                }
            });
            StreamPair pair = openConnection(HERE, port(listener), o -> o.withTls(CLIENT));
            pair.writer().write(much);
            assertThat(pair.writer().getWriteBufferSize()).isGreaterThan(100_000);

            assertThat(pair.reader().read(1)).isEmpty();
            pair.writer().waitClosed();

            assertThat(peer.await()).isEqualTo(much);
            listener.close();
        });
    }

    private static int port(Socket listener) {
        return ((InetSocketAddress) Objects.requireNonNull(listener.localAddress())).getPort();
    }

    /// A server's end that does what it is told and no more.
    private record RawTls(EventLoop loop, Socket socket, TlsChannel channel)
            implements AutoCloseable {

        static RawTls accept(EventLoop loop, Socket listener) throws IOException {
            TlsSide side = TlsSide.server(TlsOptions.DEFAULT.withContext(SERVER));
            RawTls raw = new RawTls(loop, loop.sockAccept(listener), new TlsChannel(side, null));
            TlsHandshake.carryOut(raw.channel, raw::send, raw::receive);
            return raw;
        }

        void send(byte[] bytes, int offset, int length) {
            try {
                assertThat(socket.sendNow(bytes, offset, length)).isEqualTo(length);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        void receive() throws IOException {
            channel.feed(loop.sockRecv(socket, 10_000));
        }

        byte[] readAll() throws IOException {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            while (true) {
                byte[] some = channel.read(this::send);
                if (some == null) receive();
                else if (some.length == 0) return all.toByteArray();
                else all.writeBytes(some);
            }
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    @Test
    void writeEof_overTls_isUnsupported() {
        virtually(_ -> {
            Server server = serve(TlsStreamsTest::echo);
            StreamPair pair = open(server);

            assertThatThrownBy(() -> pair.writer().writeEof())
                    .isInstanceOf(UnsupportedOperationException.class);

            end(pair, server);
        });
    }

    @Test
    void read_ofGarbage_failsBothDirections() {
        virtually(_ -> {
            Server server = serve((reader, writer) -> {
                Socket socket = (Socket) Objects.requireNonNull(writer.getExtraInfo("socket"));
                socket.sendNow(bytes("this is no record of TLS"), 0, 24);
                assertThatThrownBy(() -> reader.read(1)).isInstanceOf(SSLException.class);
            });
            StreamPair pair = open(server);

            Throwable thrown = catchThrowable(() -> pair.reader().read(1));

            assertThat(thrown).isInstanceOf(SSLException.class);
            assertThatThrownBy(() -> pair.writer().drain()).isSameAs(thrown);
            assertThatThrownBy(() -> pair.writer().waitClosed()).isSameAs(thrown);
            server.close();
            server.waitClosed();
        });
    }

    // ---- startTls

    private static void upgrade(StreamReader reader, StreamWriter writer) throws IOException {
        assertThat(text(reader.readline())).isEqualTo("STARTTLS\n");
        writer.write(bytes("go\n"));
        writer.startTls(SERVER);
        echo(reader, writer);
    }

    @EachNetwork
    void startTls_onBothEnds_goesOnWithTheSameStreams(Rig.Network network) {
        on(network, _ -> {
            Server server = startServer(TlsStreamsTest::upgrade, HERE, 0);
            StreamPair pair = openConnection(HERE, server.port());
            assertThat(ask(pair, "STARTTLS")).isEqualTo("go\n");
            assertThat(pair.writer().getExtraInfo("cipher")).isNull();
            assertThat(pair.writer().canWriteEof()).isTrue();

            pair.writer().startTls(CLIENT, t -> t.withServerHostname("localhost"));

            assertThat(ask(pair, "secret")).isEqualTo("secret\n");
            assertThat(pair.writer().getExtraInfo("cipher")).isNotNull();
            end(pair, server);
        });
    }

    @Test
    void startTls_withTheHelloReceivedAlready_handsItOver() {
        virtually(_ -> {
            Server server = startServer((reader, writer) -> {
                sleep(Duration.ofSeconds(1));       // the hello comes with the line
                assertThat(text(reader.readline())).isEqualTo("STARTTLS\n");
                writer.startTls(SERVER);
                echo(reader, writer);
            }, HERE, 0);
            StreamPair pair = openConnection(HERE, server.port());
            pair.writer().write(bytes("STARTTLS\n"));

            pair.writer().startTls(CLIENT, t -> t.withServerHostname("localhost"));

            assertThat(ask(pair, "secret")).isEqualTo("secret\n");
            end(pair, server);
        });
    }

    @Test
    void startTls_withPlainBytesSlippedInBefore_fails() {
        virtually(_ -> {
            Server server = startServer((reader, writer) -> {
                reader.readline();
                writer.write(bytes("go\nand this is not protected\n"));
                reader.readAll();
            }, HERE, 0);
            StreamPair pair = openConnection(HERE, server.port());
            assertThat(ask(pair, "STARTTLS")).isEqualTo("go\n");

            assertThatThrownBy(() -> pair.writer().startTls(
                    CLIENT, t -> t.withServerHostname("localhost")))
                    .isInstanceOf(SSLException.class);
            assertThat(pair.writer().isClosing()).isTrue();
            server.close();
            server.waitClosed();
        });
    }

    @Test
    void startTls_ofNobodyInParticularOrTheEnd_isRejected() {
        virtually(rig -> {
            Server server = serve(TlsStreamsTest::echo);
            StreamPair pair = open(server);

            assertThatThrownBy(() -> pair.writer().startTls(CLIENT))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(ask(pair, "hello")).isEqualTo("hello\n");

            end(pair, server);
            assertThatThrownBy(() -> pair.writer().startTls(
                    CLIENT, t -> t.withServerHostname("localhost")))
                    .isInstanceOf(ConnectionResetException.class);
        });
    }

    @Test
    void startTls_whileSomebodyReadsOrWrites_isRejected() {
        virtually(rig -> {
            Server server = startServer((reader, _) -> reader.readAll(), HERE, 0);
            StreamPair pair = openConnection(HERE, server.port());
            UnaryOperator<TlsOptions> named = t -> t.withServerHostname("localhost");
            Task<byte[]> reading = createTask(() -> pair.reader().read(1));
            rig.turns(2);
            assertThatThrownBy(() -> pair.writer().startTls(CLIENT, named))
                    .isInstanceOf(IllegalStateException.class);
            reading.cancel();
            rig.turns(2);

            Task<Void> starting = createTask(() -> pair.writer().startTls(CLIENT, named));
            rig.turns(5);
            assertThatThrownBy(() -> pair.writer().write(bytes("plain")))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("write during the TLS handshake");
            assertThatThrownBy(() -> pair.reader().read(1))
                    .isInstanceOf(IllegalStateException.class);
            pair.close();
            assertThatThrownBy(starting::await).isInstanceOf(IOException.class);
            assertThatCode(() -> pair.writer().waitClosed()).doesNotThrowAnyException();

            server.close();
            server.waitClosed();
        });
    }

    // ---- TLS within TLS

    /// Connects whoever asks to the port that they name, and hands bytes on in both directions.
    private static void proxy(StreamReader reader, StreamWriter writer) throws IOException {
        String line = text(reader.readline());
        StreamPair origin = openConnection(HERE, Integer.parseInt(line.strip().split(":")[1]));
        writer.write(bytes("200\n"));
        Task<Void> back = createTask(() -> handOn(origin.reader(), writer));
        handOn(reader, origin.writer());
        back.await();
    }

    private static void handOn(StreamReader from, StreamWriter to) throws IOException {
        echo(from, to);
        to.close();
        to.waitClosed();
    }

    private static StreamPair openThrough(Server proxy, Server origin) throws IOException {
        StreamPair pair = open(proxy);
        assertThat(ask(pair, "CONNECT localhost:" + origin.port())).isEqualTo("200\n");
        return pair;
    }

    @EachNetwork
    void startTls_throughAProxyOfTls_reachesTheOrigin(Rig.Network network) {
        byte[] much = Rig.pattern(1_000_000);
        on(network, _ -> {
            List<String> ends = new ArrayList<>();
            Server origin = serve((reader, writer) -> {
                echo(reader, writer);
                ends.add("in order");
            });
            Server proxy = startServer(TlsStreamsTest::proxy, HERE, 0,
                    o -> o.withTls(TestKeys.context("rsa"), t -> t.withAlpn("proxy")));
            StreamPair pair = openThrough(proxy, origin);
            assertThat(peerKey(pair)).isEqualTo("RSA");

            pair.writer().startTls(CLIENT, t -> t.withServerHostname("localhost"));

            assertThat(peerKey(pair)).isEqualTo("EC");
            assertThat(ask(pair, "secret")).isEqualTo("secret\n");
            Task<byte[]> received = createTask(() -> pair.reader().readexactly(much.length));
            pair.writer().write(much);
            assertThat(received.await()).isEqualTo(much);
            end(pair, origin);
            assertThat(ends).containsExactly("in order");
            proxy.close();
            proxy.waitClosed();
        });
    }

    private static String peerKey(StreamPair pair) {
        return ((X509Certificate) Objects.requireNonNull(
                pair.writer().getExtraInfo("peercert"))).getPublicKey().getAlgorithm();
    }

    @Test
    void startTls_throughAProxy_failsForAnOriginOfAnotherName() {
        virtually(_ -> {
            Server origin = startServer(TlsStreamsTest::echo, HERE, 0,
                    o -> o.withTls(TestKeys.context("other")));
            Server proxy = serve(TlsStreamsTest::proxy, t -> t.withSuppressRaggedEofs(true));
            StreamPair pair = openThrough(proxy, origin);

            assertThatThrownBy(() -> pair.writer().startTls(
                    CLIENT, t -> t.withServerHostname("localhost")))
                    .isInstanceOf(SSLHandshakeException.class);

            assertThat(pair.writer().isClosing()).isTrue();
            origin.close();
            origin.waitClosed();
            proxy.close();
            proxy.waitClosed();
        });
    }

    @Test
    void startTls_overTlsWithTheHelloReceivedAlready_handsItOver() {
        virtually(_ -> {
            Server server = serve((reader, writer) -> {
                sleep(Duration.ofSeconds(1));       // the hello comes with the line
                assertThat(text(reader.read(4))).isEqualTo("STAR");
                assertThat(text(reader.readline())).isEqualTo("TTLS\n");
                writer.startTls(SERVER);
                echo(reader, writer);
            });
            StreamPair pair = open(server);
            pair.writer().write(bytes("STARTTLS\n"));

            pair.writer().startTls(CLIENT, t -> t.withServerHostname("localhost"));

            assertThat(ask(pair, "secret")).isEqualTo("secret\n");
            end(pair, server);
        });
    }

    @Test
    void close_ofTlsWithinTlsThatIsUnanswered_isGivenUpAfterTheTimeout() {
        virtually(rig -> {
            Server server = serve((_, writer) -> {
                writer.startTls(SERVER);
                sleep(Duration.ofSeconds(8));
            });
            StreamPair pair = open(server);
            pair.writer().startTls(CLIENT, t -> t.withServerHostname("localhost")
                    .withShutdownTimeout(Duration.ofSeconds(3)));
            long before = rig.loop.time();

            pair.close();

            assertThatThrownBy(() -> pair.writer().waitClosed())
                    .isInstanceOf(SocketTimeoutException.class);
            assertThat(rig.loop.time() - before).isEqualTo(Duration.ofSeconds(3).toNanos());
            server.abortClients();
            server.close();
            server.waitClosed();
        });
    }

    // ---- Cost

    @Test
    void openConnection_manyTimes_leavesNothingBehind() {
        virtually(rig -> {
            Server server = serve(TlsStreamsTest::echo);
            EventLoop loop = rig.loop;
            for (int i = 0; i < 50; i++) {
                StreamPair pair = open(server);
                assertThat(ask(pair, "hello")).isEqualTo("hello\n");
                pair.close();
                pair.writer().waitClosed();
            }
            rig.await("no connection", () -> server.connectionCount() == 0);
            assertThat(rig.timerCount()).isZero();
            assertThat(loop.getDebug()).isFalse();
            server.close();
        });
    }
}
