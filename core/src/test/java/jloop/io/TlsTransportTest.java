package jloop.io;

import static jloop.Asyncio.connectAcceptedSocket;
import static jloop.Asyncio.createConnection;
import static jloop.Asyncio.createServer;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.createUnixConnection;
import static jloop.Asyncio.createUnixServer;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.startServer;
import static jloop.Asyncio.startTls;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static jloop.io.TlsStreamsTest.checkPassed;
import static jloop.io.TlsStreamsTest.limit;
import static jloop.io.TlsStreamsTest.on;
import static jloop.io.TlsStreamsTest.virtually;
import static jloop.io.TracingProtocol.awaitTrace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import jloop.ConnectionAbortedException;
import jloop.ConnectionResetException;
import jloop.EachNetwork;
import jloop.EachPoller;
import jloop.Event;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;
import jloop.io.TracingProtocol.Echo;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsTransportTest {

    private static final String HERE = "127.0.0.1";
    private static final SSLContext SERVER = TestKeys.context("server");
    private static final SSLContext CLIENT = TestKeys.context(null);

    private static Server serve(Supplier<? extends BaseProtocol> factory) throws IOException {
        return createServer(factory, HERE, 0, o -> o.withTls(SERVER));
    }

    private static <P extends BaseProtocol> Connection<P> connect(
            Supplier<P> factory, Server server) throws IOException {
        return connect(factory, server, UnaryOperator.identity());
    }

    private static <P extends BaseProtocol> Connection<P> connect(
            Supplier<P> factory, Server server, UnaryOperator<TlsOptions> options)
            throws IOException {
        return createConnection(factory, HERE, server.port(),
                o -> o.withTls(t -> options.apply(t.withContext(CLIENT))));
    }

    private static void end(Server server) {
        server.close();
        server.waitClosed();
    }

    // ---- Both ends

    @EachPoller
    void createConnection_toAServerWithTls_echoes(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Server server = serve(Echo::new);
            Connection<TracingProtocol> client = connect(TracingProtocol::new, server);
            assertThat(client.protocol().trace).containsExactly("made");
            assertThat(client.protocol().transport).isSameAs(client.transport());

            client.transport().write(bytes("hello"));
            awaitTrace(rig, client.protocol(), "made", "hello");
            client.transport().write(ByteBuffer.allocateDirect(3).put(bytes("abc")).flip());
            awaitTrace(rig, client.protocol(), "made", "hello", "abc");
            client.close();
            awaitTrace(rig, client.protocol(), "made", "hello", "abc", "lost");

            assertThat(client.protocol().lostBy).isNull();
            end(server);
        });
    }

    @EachPoller
    void unixTransports_withTls_echo(Rig.Kind kind, @TempDir Path folder) {
        Rig.run(kind, rig -> {
            Path path = folder.resolve("tls");
            Server server = createUnixServer(Echo::new, path, o -> o.withTls(SERVER));
            Connection<TracingProtocol> client = createUnixConnection(TracingProtocol::new, path,
                    o -> o.withTls(t -> t.withContext(CLIENT).withServerHostname("localhost")));

            client.transport().write(bytes("hello"));
            awaitTrace(rig, client.protocol(), "made", "hello");

            client.close();
            end(server);
        });
    }

    @Test
    void write_ofMegabytes_comesBackWhole() {
        byte[] much = Rig.pattern(3_000_000);
        virtually(rig -> {
            byte[] got = new byte[much.length];
            Server server = serve(Echo::new);
            Connection<TracingProtocol> client = connect(() -> new TracingProtocol() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    int count = data.remaining();
                    data.get(got, bytes, count);
                    bytes += count;
                }
            }, server);

            client.transport().write(much);
            rig.await("all", () -> client.protocol().bytes == much.length);

            assertThat(got).isEqualTo(much);
            assertThat(client.protocol().trace).as("what cannot be sent counts")
                    .containsExactly("made", "pause", "resume");
            client.close();
            end(server);
        });
    }

    @Test
    void bufferedProtocol_ofASmallBuffer_isGivenAllPieceByPiece() {
        final class Buffered implements BufferedProtocol {
            final ByteBuffer buffer = ByteBuffer.allocate(4);
            final List<String> got = new ArrayList<>();
            @Nullable Transport transport;

            @Override
            public void connectionMade(Transport made) {
                transport = made;
            }

            @Override
            public ByteBuffer getBuffer(int sizeHint) {
                return buffer;
            }

            @Override
            public void bufferUpdated(int count) {
                got.add(text(Arrays.copyOf(buffer.array(), count)));
                if (got.size() == 2) Objects.requireNonNull(transport).pauseReading();
            }
        }
        virtually(rig -> {
            Server server = serve(Echo::new);
            Connection<Buffered> client = connect(Buffered::new, server);
            client.transport().write(bytes("0123456789"));
            rig.await("two", () -> client.protocol().got.size() == 2);
            rig.turns(20);
            assertThat(client.protocol().got).as("paused").containsExactly("0123", "4567");

            client.transport().resumeReading();

            rig.await("the rest", () -> client.protocol().got.size() == 3);
            assertThat(client.protocol().got).containsExactly("0123", "4567", "89");
            client.close();
            end(server);
        });
    }

    @Test
    void getExtraInfo_inConnectionMade_tellsWhatWasAgreed() {
        virtually(rig -> {
            List<@Nullable Object> seen = new ArrayList<>();
            Server server = createServer(() -> new TracingProtocol() {
                @Override
                public void connectionMade(Transport made) {
                    seen.add(made.getExtraInfo("tls_version"));
                    seen.add(made.getExtraInfo("alpn_protocol"));
                    seen.add(made.canWriteEof());
                }
            }, HERE, 0, o -> o.withTls(SERVER, t -> t.withAlpn("h2")));
            Connection<TracingProtocol> client = connect(
                    TracingProtocol::new, server, t -> t.withAlpn("h2", "http/1.1"));

            rig.await("the other end", () -> seen.size() == 3);
            assertThat(seen).containsExactly("TLSv1.3", "h2", false);
            assertThat(client.transport().getExtraInfo("peercert")).isNotNull();
            assertThat(client.transport().getExtraInfo("sslcontext")).isSameAs(CLIENT);
            assertThatThrownBy(() -> client.transport().writeEof())
                    .isInstanceOf(UnsupportedOperationException.class);
            client.close();
            end(server);
        });
    }

    // ---- Handshakes that fail

    @Test
    void createConnection_toAnotherName_failsAndNoProtocolHears() {
        virtually(rig -> {
            rig.loop.setDebug(true);
            List<TracingProtocol> made = new ArrayList<>();
            Supplier<TracingProtocol> factory = () -> {
                made.add(new TracingProtocol());
                return made.getLast();
            };
            Server server = createServer(factory, HERE, 0,
                    o -> o.withTls(TestKeys.context("other")));

            assertThatThrownBy(() -> connect(factory, server))
                    .isInstanceOf(SSLHandshakeException.class);

            assertThat(rig.takeReport()).isInstanceOf(SSLHandshakeException.class);
            assertThat(made).isEmpty();
            end(server);
        });
    }

    @EachNetwork
    void createServer_ofOneThatSaysNothing_turnsItAwayQuietly(Rig.Network network) {
        on(network, rig -> {
            Duration limit = limit(network, Duration.ofSeconds(5));
            Server server = createServer(Echo::new, HERE, 0,
                    o -> o.withTls(SERVER, t -> t.withHandshakeTimeout(limit)));
            long before = rig.loop.time();
            StreamPair silent = openConnection(HERE, server.port());

            assertThat(silent.reader().read(1)).isEmpty();

            checkPassed(network, rig, before, limit);
            silent.close();
            end(server);
        });
    }

    @Test
    void createConnection_toWhoSaysNothing_isAborted() {
        virtually(_ -> {
            Server server = startServer((reader, _) -> reader.readAll(), HERE, 0);

            assertThatThrownBy(() -> connect(TracingProtocol::new, server,
                    t -> t.withHandshakeTimeout(Duration.ofSeconds(5))))
                    .isInstanceOf(ConnectionAbortedException.class);
            end(server);
        });
    }

    @Test
    void closeClients_inTheHandshake_endsIt() {
        virtually(rig -> {
            Server server = serve(Echo::new);
            StreamPair silent = openConnection(HERE, server.port());
            rig.turns(5);

            server.closeClients();
            end(server);

            assertThat(silent.reader().read(1)).isEmpty();
            silent.close();
        });
    }

    // ---- Reading

    @Test
    void pauseReading_keepsWhatWasReceivedUntilResumed() {
        virtually(rig -> {
            Server server = startServer((_, writer) -> {
                writer.write(bytes("one"));
                writer.write(bytes("two"));
            }, HERE, 0, o -> o.withTls(SERVER));
            Connection<TracingProtocol> client = connect(() -> new TracingProtocol() {
                @Override
                public void dataReceived(ByteBuffer data) throws Exception {
                    super.dataReceived(data);
                    transport().pauseReading();
                }
            }, server);
            awaitTrace(rig, client.protocol(), "made", "one");
            rig.turns(20);                          // the end of the peer comes meanwhile
            assertThat(client.protocol().trace).containsExactly("made", "one");

            client.transport().resumeReading();
            awaitTrace(rig, client.protocol(), "made", "one", "two");
            client.transport().resumeReading();

            awaitTrace(rig, client.protocol(), "made", "one", "two", "eof", "lost");
            end(server);
        });
    }

    @Test
    void eofReceived_thatWantsToStayOpen_isNotAskedOverTls() {
        virtually(rig -> {
            Server server = startServer((_, _) -> { }, HERE, 0, o -> o.withTls(SERVER));
            Connection<TracingProtocol> client = connect(() -> new TracingProtocol() {
                @Override
                public boolean eofReceived() throws Exception {
                    super.eofReceived();
                    return true;
                }
            }, server);

            awaitTrace(rig, client.protocol(), "made", "eof", "lost");
            assertThat(client.protocol().lostBy).isNull();
            end(server);
        });
    }

    @EachNetwork
    void end_withoutFarewell_isTruncatedUnlessThatMayBe(Rig.Network network) {
        for (boolean mayBe : new boolean[] {false, true}) on(network, rig -> {
            Server server = startServer((reader, writer) -> {
                writer.write(bytes("half"));
                ((Socket) Objects.requireNonNull(writer.getExtraInfo("socket")))
                        .shutdownOutput();
                reader.readAll();
            }, HERE, 0, o -> o.withTls(SERVER, t -> t.withSuppressRaggedEofs(true)));
            Connection<TracingProtocol> client = connect(TracingProtocol::new, server,
                    t -> t.withSuppressRaggedEofs(mayBe));

            if (mayBe) {
                awaitTrace(rig, client.protocol(), "made", "half", "eof", "lost");
                assertThat(client.protocol().lostBy).isNull();
            } else {
                awaitTrace(rig, client.protocol(), "made", "half", "lost");
                assertThat(client.protocol().lostBy).isInstanceOf(TruncatedException.class);
            }
            end(server);
        });
    }

    @Test
    void dataReceived_thatThrows_endsTheConnection() {
        virtually(rig -> {
            Server server = serve(() -> new TracingProtocol() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    throw new IllegalStateException("meant");
                }
            });
            Connection<TracingProtocol> client = connect(TracingProtocol::new, server,
                    t -> t.withSuppressRaggedEofs(true));
            client.transport().write(bytes("hello"));

            assertThat(rig.takeReport()).hasMessage("meant");
            rig.await("the end", () -> client.protocol().isLost());
            end(server);
        });
    }

    // ---- The end

    @Test
    void close_withMuchKept_sendsItAllFirst() {
        byte[] much = Rig.pattern(1_000_000);
        virtually(rig -> {
            Server server = serve(() -> new TracingProtocol() {
                @Override
                public void connectionMade(Transport made) {
                    made.write(much);
                    made.close();
                    made.write(bytes("dropped"));
                }
            });
            StreamPair client = openConnection(HERE, server.port(), o -> o.withTls(CLIENT));

            assertThat(client.reader().readAll()).isEqualTo(much);

            end(server);
        });
    }

    @Test
    void close_whilePaused_stillSeesThePeerEnd() {
        virtually(rig -> {
            Server server = serve(Echo::new);
            Connection<TracingProtocol> client = connect(TracingProtocol::new, server);
            client.transport().pauseReading();
            client.transport().write(bytes("hello"));
            rig.turns(20);
            long before = rig.loop.time();

            client.close();
            rig.await("the end", () -> client.protocol().isLost());

            assertThat(client.protocol().trace).containsExactly("made", "lost");
            assertThat(client.protocol().lostBy).isNull();
            assertThat(rig.loop.time() - before).isLessThan(Duration.ofSeconds(1).toNanos());
            end(server);
        });
    }

    @EachNetwork
    void close_unanswered_isGivenUpAfterTheTimeout(Rig.Network network) {
        on(network, rig -> {
            Duration limit = limit(network, Duration.ofSeconds(5));
            Event over = new Event();
            Server server = startServer((_, _) -> over.await(),
                    HERE, 0, o -> o.withTls(SERVER, t -> t.withSuppressRaggedEofs(true)));
            Connection<TracingProtocol> client = connect(TracingProtocol::new, server,
                    t -> t.withShutdownTimeout(limit));
            long before = rig.loop.time();

            client.close();
            rig.await("the end", () -> client.protocol().isLost());

            assertThat(client.protocol().lostBy).isInstanceOf(SocketTimeoutException.class)
                    .hasMessage("TLS shutdown timed out");
            Duration passed = Duration.ofNanos(rig.loop.time() - before);
            assertThat(passed).isBetween(limit, limit.plusSeconds(
                    network == Rig.Network.VIRTUAL ? 1 : 20));
            over.set();
            end(server);
        });
    }

    @Test
    void abort_endsAtOnceWithoutFarewell() {
        virtually(rig -> {
            Server server = serve(TracingProtocol::new);
            Connection<TracingProtocol> client = connect(TracingProtocol::new, server);

            client.transport().abort();

            awaitTrace(rig, client.protocol(), "made", "lost");
            assertThat(client.protocol().lostBy).isNull();
            end(server);
        });
    }

    // ---- Sockets that are there already

    @Test
    void connectAcceptedSocket_withTls_isTheServersSide() {
        virtually(rig -> {
            Rig.Ends ends = rig.connect();
            Task<Connection<Echo>> answering = createTask(() -> connectAcceptedSocket(
                    Echo::new, ends.server(), SERVER, UnaryOperator.identity()));
            assertThatThrownBy(() -> createConnection(
                    TracingProtocol::new, ends.client(), o -> o.withTls(CLIENT)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("serverHostname is needed");

            Connection<TracingProtocol> client = createConnection(TracingProtocol::new,
                    ends.client(),
                    o -> o.withTls(t -> t.withContext(CLIENT).withServerHostname("localhost")));
            client.transport().write(bytes("hello"));
            awaitTrace(rig, client.protocol(), "made", "hello");

            client.close();
            Connection<Echo> server = answering.await();
            rig.await("both ends", () -> client.protocol().isLost()
                    && server.protocol().isLost());
        });
    }

    @Test
    void startTls_ofATransportOfAnotherKind_isRejected() {
        virtually(_ -> {
            Transport foreign = (Transport) Proxy.newProxyInstance(
                    Transport.class.getClassLoader(), new Class<?>[] {Transport.class},
                    (_, method, _) -> method.getName());

            assertThatThrownBy(() -> startTls(foreign, new TracingProtocol(), SERVER, true,
                    UnaryOperator.identity())).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("needs a transport over a socket");
        });
    }

    // ---- startTls

    @Test
    void startTls_onBothEnds_tellsOnlyTheNewProtocols() {
        virtually(rig -> {
            Rig.Ends ends = rig.connect();
            TracingProtocol before = new TracingProtocol();
            Transport client = createConnection(() -> before, ends.client()).transport();
            Transport server = connectAcceptedSocket(TracingProtocol::new, ends.server())
                    .transport();
            TracingProtocol clientAfter = new TracingProtocol();
            TracingProtocol serverAfter = new TracingProtocol();

            Task<Transport> answering = createTask(() -> startTls(
                    server, serverAfter, SERVER, true, UnaryOperator.identity()));
            Transport secure = startTls(client, clientAfter, CLIENT, false,
                    t -> t.withServerHostname("localhost"));
            Transport secureServer = answering.await();
            secure.write(bytes("secret"));
            awaitTrace(rig, serverAfter, "secret");
            secureServer.write(bytes("too"));
            awaitTrace(rig, clientAfter, "too");
            secure.close();
            awaitTrace(rig, clientAfter, "too", "lost");
            awaitTrace(rig, serverAfter, "secret", "eof", "lost");

            assertThat(before.trace).containsExactly("made");
            assertThat(secure.getProtocol()).isSameAs(clientAfter);
            assertThatThrownBy(() -> startTls(secure, clientAfter, CLIENT, false,
                    t -> t.withServerHostname("localhost")))
                    .isInstanceOf(IllegalStateException.class);
        });
    }

    /// The two ends of one connection, each with a protocol.
    private record Both(Connection<TracingProtocol> client, Connection<TracingProtocol> server) {

        static Both of(Rig rig) throws IOException {
            Rig.Ends ends = rig.connect();
            return new Both(createConnection(TracingProtocol::new, ends.client()),
                    connectAcceptedSocket(TracingProtocol::new, ends.server()));
        }

        /// Has each go on with TLS, for a protocol of its own.
        Both secured() throws IOException {
            TracingProtocol clientAfter = new TracingProtocol();
            TracingProtocol serverAfter = new TracingProtocol();
            Task<Transport> answering = createTask(() -> startTls(server.transport(),
                    serverAfter, SERVER, true, UnaryOperator.identity()));
            Transport secure = startTls(client.transport(), clientAfter, CLIENT, false,
                    t -> t.withServerHostname("localhost"));
            return new Both(new Connection<>(secure, clientAfter),
                    new Connection<>(answering.await(), serverAfter));
        }
    }

    @Test
    void startTls_withinTls_goesOnInside() {
        virtually(rig -> {
            Both outer = Both.of(rig).secured();
            outer.client.transport().write(bytes("outside"));
            awaitTrace(rig, outer.server.protocol(), "outside");
            Object outerCipher = outer.client.transport().getExtraInfo("ssl_object");

            Both inner = outer.secured();
            inner.client.transport().write(bytes("inside"));
            awaitTrace(rig, inner.server.protocol(), "inside");
            assertThat(inner.client.transport().getExtraInfo("ssl_object"))
                    .isNotSameAs(outerCipher);

            inner.client.close();
            awaitTrace(rig, inner.client.protocol(), "lost");
            awaitTrace(rig, inner.server.protocol(), "inside", "eof", "lost");
            assertThat(inner.client.protocol().lostBy).isNull();
            assertThat(inner.server.protocol().lostBy).isNull();
            assertThat(outer.server.protocol().trace).containsExactly("outside");
        });
    }

    /// The peer has begun before: its hello waits in the system, or, within TLS, in a record.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void startTls_ofWhoPaused_takesWhatHasCome(boolean within) {
        virtually(rig -> {
            Both both = Both.of(rig);
            if (within) both = both.secured();
            Transport client = both.client.transport();
            Transport server = both.server.transport();
            TracingProtocol before = new TracingProtocol() {
                @Override
                public void dataReceived(ByteBuffer data) throws Exception {
                    super.dataReceived(data);
                    client.pauseReading();
                }
            };
            client.setProtocol(before);
            TracingProtocol serverAfter = new TracingProtocol();
            TracingProtocol clientAfter = new TracingProtocol();

            // It is the one who was connected to that says hello.
            server.write(bytes("go"));
            rig.await("go", () -> !before.trace.isEmpty());
            Task<Transport> asking = createTask(() -> startTls(server, serverAfter, CLIENT,
                    false, t -> t.withServerHostname("localhost")));
            rig.turns(20);
            startTls(client, clientAfter, SERVER, true, UnaryOperator.identity())
                    .write(bytes("secret"));
            asking.await();

            awaitTrace(rig, serverAfter, "secret");
            assertThat(before.trace).containsExactly("go");
            client.close();
            awaitTrace(rig, serverAfter, "secret", "eof", "lost");
        });
    }

    @Test
    void startTls_duringAHandshake_isRejected() {
        virtually(rig -> {
            Both both = Both.of(rig);
            Transport client = both.client.transport();
            both.server.transport().pauseReading();
            UnaryOperator<TlsOptions> named = t -> t.withServerHostname("localhost");
            Task<Transport> starting = createTask(() -> startTls(
                    client, new TracingProtocol(), CLIENT, false, named));
            rig.turns(5);

            assertThatThrownBy(() -> startTls(
                    client, new TracingProtocol(), CLIENT, false, named))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("in a handshake");

            client.close();
            assertThatThrownBy(starting::await).isInstanceOf(IOException.class);
            both.server.transport().abort();
        });
    }

    @Test
    void startTls_withAPeerThatGoes_endsTheConnection() {
        virtually(rig -> {
            Rig.Ends ends = rig.connect();
            TracingProtocol after = new TracingProtocol();
            Transport client = createConnection(TracingProtocol::new, ends.client()).transport();
            Task<Transport> starting = createTask(() -> startTls(client, after, CLIENT, false,
                    t -> t.withServerHostname("localhost")));
            rig.turns(5);
            assertThatThrownBy(() -> client.write(bytes("plain")))
                    .isInstanceOf(IllegalStateException.class);

            ends.server().shutdownOutput();

            assertThatThrownBy(starting::await).isInstanceOf(ConnectionResetException.class);
            awaitTrace(rig, after, "lost");
            assertThat(after.lostBy).isInstanceOf(ConnectionResetException.class);
            ends.server().close();
        });
    }

    @Test
    void startTls_withGarbage_endsTheConnection() {
        virtually(rig -> {
            Rig.Ends ends = rig.connect();
            TracingProtocol after = new TracingProtocol();
            Transport client = createConnection(TracingProtocol::new, ends.client()).transport();
            rig.loop.sockSendall(ends.server(), bytes("this is not TLS"));

            assertThatThrownBy(() -> startTls(client, after, CLIENT, false,
                    t -> t.withServerHostname("localhost"))).isInstanceOf(SSLException.class);

            awaitTrace(rig, after, "lost");
            ends.server().close();
        });
    }
}
