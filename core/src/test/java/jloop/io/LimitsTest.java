package jloop.io;

import static jloop.Asyncio.createServer;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.startServer;
import static jloop.Rig.ask;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import jloop.EachNetwork;
import jloop.RawPeer;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;
import jloop.io.ConnectionLimitException.Limit;
import jloop.kernel.VirtualPoller;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What a server puts up with from its peers.
class LimitsTest {

    private static final String HERE = "127.0.0.1";
    private static final Duration SHORT = Duration.ofMillis(60);
    private static final Duration ONE = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final SSLContext KEYS = TestKeys.context("server");
    private static final SSLContext TRUST = TestKeys.context(null);

    private enum Style { STREAMS, PROTOCOL }

    /// A server of lines that it counts, which notes how its connections end.
    private static final class LineServer {

        final List<@Nullable Throwable> ends = new ArrayList<>();
        private final Server server;
        private final UnaryOperator<ServerOptions> options;
        int lines;

        LineServer(Style style, UnaryOperator<ConnectionLimits> limits) throws IOException {
            this(style, limits, o -> o);
        }

        LineServer(Style style, UnaryOperator<ConnectionLimits> limits,
                UnaryOperator<ServerOptions> more) throws IOException {
            options = o -> more.apply(o.withLimits(_ -> limits.apply(ConnectionLimits.NONE)));
            server = style == Style.STREAMS ? startServer(this::read, HERE, 0, options)
                    : createServer(Lines::new, HERE, 0, options);
        }

        private void read(StreamReader reader, StreamWriter writer) throws IOException {
            try {
                while (reader.readline().length > 0) lines++;
                ends.add(null);
            } catch (IOException e) {
                ends.add(e);
                throw e;
            }
        }

        private final class Lines implements Protocol {

            private @Nullable Transport transport;

            @Override
            public void connectionMade(Transport made) {
                transport = made;
            }

            @Override
            public void dataReceived(ByteBuffer data) {
                byte last = 0;
                while (data.hasRemaining()) {
                    last = data.get();
                    if (last == '\n') lines++;
                }
                Objects.requireNonNull(transport).setMidMessage(last != '\n');
            }

            @Override
            public void connectionLost(@Nullable Throwable why) {
                ends.add(why);
            }
        }

        RawPeer connect(Rig rig) throws IOException {
            return connectTo(rig, server);
        }

        /// The limit that was exceeded by the only connection there was.
        Limit exceeded() {
            assertThat(ends).hasSize(1);
            return ((ConnectionLimitException) Objects.requireNonNull(ends.getFirst())).limit();
        }

        void end() {
            server.close();
            server.waitClosed();
        }
    }

    private static RawPeer connectTo(Rig rig, Server server) throws IOException {
        return connectTo(rig, server.sockets().getFirst());
    }

    private static RawPeer connectTo(Rig rig, Socket listener) throws IOException {
        return new RawPeer(rig.loop, rig.connectTo(listener));
    }

    private static Duration now(Rig rig) {
        return Duration.ofNanos(rig.loop.time());
    }

    private static void virtually(Rig.Body body) {
        Rig.run(Rig.Network.VIRTUAL, body);
    }

    // ---- The first byte

    @EachNetwork
    void firstByte_aPeerThatSaysNothing_isEndedByEachPoller(Rig.Network network) {
        Rig.run(network, rig -> {
            for (Style style : Style.values()) {
                LineServer lines = new LineServer(style, l -> l.withFirstByteTimeout(SHORT));
                try (RawPeer peer = lines.connect(rig)) {
                    assertThat(peer.receiveAll()).isEmpty();
                    rig.await("the end", () -> !lines.ends.isEmpty());
                }
                assertThat(lines.exceeded()).isEqualTo(Limit.FIRST_BYTE);
                assertThat(lines.ends.getFirst()).hasMessageMatching(
                        "the peer /127.0.0.1:\\d+ has sent nothing for PT0.06S");
                lines.end();
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void firstByte_ofEachConnection_countsFromItsBeginning(Style style) {
        virtually(rig -> {
            LineServer lines = new LineServer(style,
                    l -> l.withFirstByteTimeout(Duration.ofSeconds(10)));
            try (RawPeer one = lines.connect(rig)) {
                sleep(Duration.ofMillis(5_500));
                try (RawPeer two = lines.connect(rig)) {
                    one.receiveAll();
                    assertThat(now(rig)).isEqualTo(Duration.ofSeconds(10));
                    two.receiveAll();
                    assertThat(now(rig)).isEqualTo(Duration.ofSeconds(16));     // not 15.5
                }
            }
            lines.end();
        });
    }

    @ParameterizedTest
    @EnumSource
    void firstByte_aPeerThatHasSpokenOnce_mayBeSilent(Style style) {
        virtually(rig -> {
            LineServer lines = new LineServer(style, l -> l.withFirstByteTimeout(ONE));
            try (RawPeer peer = lines.connect(rig)) {
                sleep(Duration.ofMillis(900));
                peer.send("hello");

                sleep(LONG);

                assertThat(lines.ends).isEmpty();
            }
            lines.end();
        });
    }

    @Test
    void firstByte_aPeerThatIsSpokenToOrNotListenedTo_mayBeSilent() {
        virtually(rig -> {
            List<String> trace = new ArrayList<>();
            ConnectionHandler greets = (reader, writer) -> {
                writer.write(bytes("220 ready"));
                trace.add(text(reader.readAll()));
            };
            ConnectionHandler thinks = (reader, _) -> {
                sleep(LONG);
                trace.add(text(reader.readAll()));
            };
            for (ConnectionHandler handler : List.of(greets, thinks)) {
                Server server = startServer(handler, HERE, 0,
                        o -> o.withLimits(l -> l.withFirstByteTimeout(ONE)));
                try (RawPeer peer = connectTo(rig, server)) {
                    sleep(LONG);
                    peer.send("spoken");
                    peer.socket().shutdownOutput();
                    peer.receiveAll();
                }
                server.close();
                server.waitClosed();
            }
            assertThat(trace).containsExactly("spoken", "spoken");
        });
    }

    // ---- Silence

    @EachNetwork
    void idle_aPeerThatFallsSilent_isEndedByEachPoller(Rig.Network network) {
        Rig.run(network, rig -> {
            for (Style style : Style.values()) {
                LineServer lines = new LineServer(style, l -> l.withIdleTimeout(SHORT));
                try (RawPeer peer = lines.connect(rig)) {
                    peer.send("hello\n");
                    assertThat(peer.receiveAll()).isEmpty();
                    rig.await("the end", () -> !lines.ends.isEmpty());
                }
                assertThat(lines.exceeded()).isEqualTo(Limit.IDLE);
                assertThat(lines.lines).isEqualTo(1);
                lines.end();
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void idle_aPeerThatSpeaksNowAndThen_lives(Style style) {
        virtually(rig -> {
            LineServer lines = new LineServer(style,
                    l -> l.withIdleTimeout(Duration.ofSeconds(10)));
            try (RawPeer peer = lines.connect(rig)) {
                for (int i = 0; i < 20; i++) {
                    sleep(Duration.ofMillis(9_900));
                    peer.send("x\n");
                }
                assertThat(lines.ends).isEmpty();
                peer.receiveAll();
                assertThat(now(rig)).isBetween(Duration.ofSeconds(208), Duration.ofSeconds(210));
            }
            assertThat(lines.exceeded()).isEqualTo(Limit.IDLE);
            lines.end();
        });
    }

    @Test
    void idle_aPeerThatIsSpokenTo_lives() {
        virtually(rig -> {
            Server server = startServer((reader, writer) -> {
                Task<?> ticker = createTask(() -> {
                    for (int i = 0; i < 5; i++) {
                        sleep(ONE);
                        writer.write(bytes("tick"));
                    }
                });
                assertThatThrownBy(reader::readline).isInstanceOf(ConnectionLimitException.class);
                assertThat(ticker.done()).isTrue();
            }, HERE, 0, o -> o.withLimits(l -> l.withIdleTimeout(ONE.plusMillis(200))));
            try (RawPeer peer = connectTo(rig, server)) {
                assertThat(text(peer.receiveAll())).isEqualTo("tick".repeat(5));
                assertThat(now(rig)).isBetween(
                        Duration.ofMillis(6_200), Duration.ofMillis(6_500));
            }
            server.close();
            server.waitClosed();
        });
    }

    @Test
    void idle_timeThatTheHandlerNeeds_doesNotCount() {
        virtually(rig -> {
            Server server = startServer((reader, writer) -> {
                reader.readline();
                sleep(LONG);
                writer.write(bytes("done"));
            }, HERE, 0, o -> o.withLimits(l -> l.withIdleTimeout(ONE)));
            try (RawPeer peer = connectTo(rig, server)) {
                peer.send("work\n");
                assertThat(text(peer.receiveAll())).isEqualTo("done");
            }
            server.close();
            server.waitClosed();
        });
    }

    @Test
    void idle_aProtocolThatPauses_doesNotCount() {
        virtually(rig -> {
            TracingProtocol paused = new TracingProtocol() {
                @Override
                public void dataReceived(ByteBuffer data) throws Exception {
                    super.dataReceived(data);
                    transport().pauseReading();
                }
            };
            Server server = createServer(() -> paused, HERE, 0,
                    o -> o.withLimits(l -> l.withIdleTimeout(ONE)));
            try (RawPeer peer = connectTo(rig, server)) {
                peer.send("work");
                sleep(LONG);
                assertThat(paused.trace).containsExactly("made", "work");

                paused.transport().resumeReading();
                sleep(ONE.multipliedBy(2));

                assertThat(paused.trace).containsExactly("made", "work", "lost");
            }
            server.close();
            server.waitClosed();
        });
    }

    // ---- The minimum rate

    private static final UnaryOperator<ConnectionLimits> KESTREL =
            l -> l.withMinDataRate(240, Duration.ofSeconds(5));

    @EachNetwork
    void rate_aLineThatComesTooSlowly_isEndedByEachPoller(Rig.Network network) {
        Rig.run(network, rig -> {
            for (Style style : Style.values()) {
                LineServer lines = new LineServer(style,
                        l -> l.withMinDataRate(1_000_000, SHORT));
                try (RawPeer peer = lines.connect(rig)) {
                    peer.send("whole\n");
                    sleep(SHORT.multipliedBy(3));
                    assertThat(lines.ends).as("between two lines").isEmpty();
                    peer.send("half a li");
                    assertThat(peer.receiveAll()).isEmpty();
                    rig.await("the end", () -> !lines.ends.isEmpty());
                }
                assertThat(lines.exceeded()).isEqualTo(Limit.DATA_RATE);
                lines.end();
            }
        });
    }

    /// Sends a byte of a line after each pause until `enough` or the connection ends.
    private static void dribble(RawPeer peer, int size, Duration pause, int times) {
        try {
            for (int i = 0; i < times; i++) {
                peer.send(new byte[size]);
                sleep(pause);
            }
        } catch (IOException _) {               // the server had enough
        }
    }

    @ParameterizedTest
    @EnumSource
    void rate_isThatOfTheWholeMessageSoFar(Style style) {
        virtually(rig -> {
            LineServer lines = new LineServer(style, KESTREL);
            try (RawPeer peer = lines.connect(rig)) {
                dribble(peer, 25, Duration.ofMillis(100), 1_000);       // 250 bytes a second
                assertThat(lines.ends).as("100 s of enough").isEmpty();
                Duration before = now(rig);
                dribble(peer, 20, Duration.ofMillis(100), 10_000);      // 200 are too few
                assertThat(lines.exceeded()).isEqualTo(Limit.DATA_RATE);
                // 1,000 bytes more than needed, 40 a second less.
                assertThat(now(rig).minus(before)).isGreaterThan(Duration.ofSeconds(20));
            }
            lines.end();
        });
    }

    @ParameterizedTest
    @EnumSource
    void rate_aSlowLoris_hasFiveSeconds(Style style) {
        virtually(rig -> {
            LineServer lines = new LineServer(style, KESTREL);
            try (RawPeer peer = lines.connect(rig)) {
                Task<?> loris = createTask(() -> dribble(peer, 1, ONE, 100));
                rig.await("the end", () -> !lines.ends.isEmpty());
                assertThat(now(rig)).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(6));
                loris.await();
            }
            assertThat(lines.exceeded()).isEqualTo(Limit.DATA_RATE);
            lines.end();
        });
    }

    @ParameterizedTest
    @EnumSource
    void rate_aPeerThatIsSilentBetweenLines_lives(Style style) {
        virtually(rig -> {
            LineServer lines = new LineServer(style, KESTREL);
            try (RawPeer peer = lines.connect(rig)) {
                for (int i = 0; i < 50; i++) {
                    peer.send("a li");
                    sleep(Duration.ofSeconds(4));           // within the grace
                    peer.send("ne\n");
                    sleep(Duration.ofSeconds(30));
                }
                assertThat(lines.lines).isEqualTo(50);
                assertThat(lines.ends).isEmpty();
            }
            lines.end();
        });
    }

    @Test
    void rate_ofReadsThatTakeWhatThereIs_isNotLimited() {
        virtually(rig -> {
            int[] bytes = {0};
            Server server = startServer((reader, _) -> {
                for (int n; (n = reader.read(100).length) > 0; ) bytes[0] += n;
            }, HERE, 0, o -> o.withLimits(KESTREL));
            try (RawPeer peer = connectTo(rig, server)) {
                dribble(peer, 1, Duration.ofSeconds(10), 100);
            }
            server.close();
            server.waitClosed();
            assertThat(bytes[0]).isEqualTo(100);
        });
    }

    // ---- A peer that does not read

    @ParameterizedTest
    @EnumSource
    void stall_aPeerThatTakesNothing_isEnded(Style style) {
        virtually(rig -> {
            List<@Nullable Throwable> ends = new ArrayList<>();
            Server server = floodingServer(style, ends);
            try (RawPeer peer = connectTo(rig, server)) {
                sleep(Duration.ofMillis(9_900));
                assertThat(ends).isEmpty();
                for (int i = 0; i < 10; i++) {
                    assertThat(peer.receive(30_000)).hasSize(30_000);
                    sleep(Duration.ofMillis(9_500));
                    assertThat(ends).as("it takes something now and then").isEmpty();
                }

                sleep(Duration.ofSeconds(3));

                assertThat(ends).hasSize(1).first().isInstanceOfSatisfying(
                        ConnectionLimitException.class,
                        e -> assertThat(e.limit()).isEqualTo(Limit.WRITE_STALL));
                assertThat(server.connectionCount()).isZero();
            }
            server.close();
            server.waitClosed();
        });
    }

    private static Server floodingServer(Style style, List<@Nullable Throwable> ends)
            throws IOException {
        byte[] flood = new byte[1_000_000];
        UnaryOperator<ServerOptions> options = o -> o.withLimits(
                l -> l.withWriteStallTimeout(Duration.ofSeconds(10)));
        if (style == Style.STREAMS) return startServer((_, writer) -> {
            writer.write(flood);
            try {
                writer.drain();
            } catch (IOException e) {
                ends.add(e);
                throw e;
            }
        }, HERE, 0, options);
        return createServer(() -> new TracingProtocol() {
            @Override
            public void connectionMade(Transport made) {
                made.write(flood);
            }

            @Override
            public void connectionLost(@Nullable Throwable why) {
                ends.add(why);
            }
        }, HERE, 0, options);
    }

    @ParameterizedTest
    @EnumSource
    void stall_ofAConnectionThatIsClosing_isEndedToo(Style style) {
        virtually(rig -> {
            Server server = floodingServer(style, new ArrayList<>());
            try (RawPeer peer = connectTo(rig, server)) {
                rig.await("the connection", () -> server.connectionCount() == 1);
                rig.turns(3);
                server.closeClients();
                server.close();

                server.waitClosed();

                assertThat(now(rig)).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(12));
                assertThat(peer.receiveAll().length).isLessThan(1_000_000);
            } catch (jloop.ConnectionResetException _) {        // it may be told so, too
            }
        });
    }

    // ---- How many

    @EachNetwork
    void connectionsMax_others_waitInTheBacklog(Rig.Network network) {
        Rig.run(network, rig -> {
            int[] most = {0};
            Server[] servers = new Server[1];
            ConnectionHandler handler = (reader, writer) -> {
                most[0] = Math.max(most[0], servers[0].connectionCount());
                Rig.echo(reader, writer);
            };
            Server server = startServer(handler, 0, List.of(HERE, "127.0.0.2"),
                    o -> o.withLimits(l -> l.withConnectionsMax(3)));
            servers[0] = server;
            List<Task<String>> clients = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                Socket listener = server.sockets().get(i % 2);
                clients.add(createTask(() -> {
                    try (RawPeer peer = connectTo(rig, listener)) {
                        peer.send("x\n");
                        String answer = text(peer.receive(2));
                        rig.turns(20);
                        return answer;
                    }
                }));
            }
            for (Task<String> client : clients) assertThat(client.await()).isEqualTo("x\n");
            assertThat(most[0]).isEqualTo(3);
            server.close();
            server.waitClosed();
        });
    }

    @EachNetwork
    void connectionsMax_closeOfAFullServer_leavesNothing(Rig.Network network) {
        Rig.run(network, rig -> {
            LineServer lines = new LineServer(Style.STREAMS, l -> l.withConnectionsMax(1));
            try (RawPeer one = lines.connect(rig); RawPeer two = lines.connect(rig)) {
                rig.await("a connection", () -> lines.server.connectionCount() == 1);
                rig.turns(5);
                lines.server.close();
                one.close();
                lines.server.waitClosed();
                assertThat(lines.ends).hasSize(1);
                assertThatThrownBy(() -> assertThat(two.receiveAll()).isNotEmpty())
                        .isInstanceOfAny(AssertionError.class, IOException.class);
            }
        });
    }

    @EachNetwork
    void connectionsPerPeerMax_moreFromOne_areTurnedAwayAndToldOnce(Rig.Network network) {
        Rig.run(network, rig -> {
            Server server = startServer(Rig::echo, HERE, 0,
                    o -> o.withLimits(l -> l.withConnectionsPerPeerMax(2)));
            UnaryOperator<ConnectOptions> other = o -> o.withLocalAddress(
                    new InetSocketAddress(InetAddress.ofLiteral("127.0.0.9"), 0));
            long start = rig.loop.time();
            try (StreamPair one = openConnection(HERE, server.port());
                    StreamPair two = openConnection(HERE, server.port());
                    StreamPair three = openConnection(HERE, server.port());
                    StreamPair four = openConnection(HERE, server.port());
                    StreamPair away = openConnection(HERE, server.port(), other)) {
                assertThat(three.reader().readAll()).isEmpty();
                assertThat(four.reader().readAll()).isEmpty();
                assertThat(ask(one, "one") + ask(two, "two") + ask(away, "away"))
                        .isEqualTo("onetwoaway");
                assertThat(rig.takeEpisode(start)).allSatisfy(c -> assertThat(c.exception())
                        .isInstanceOfSatisfying(ConnectionLimitException.class, e -> {
                            assertThat(e.limit()).isEqualTo(Limit.CONNECTIONS_PER_PEER);
                            assertThat(e).hasMessageMatching("the peer /127.0.0.1:\\d+ has"
                                    + " 2 connections open already");
                        }));

                one.close();
                rig.await("the end", () -> server.connectionCount() == 2);
                try (StreamPair five = openConnection(HERE, server.port())) {
                    assertThat(ask(five, "five")).isEqualTo("five");
                }
            }
            server.close();
            server.waitClosed();
        });
    }

    @Test
    void connectionsPerPeerMax_eachEpisode_isToldOnce() {
        virtually(rig -> {
            Server server = createServer(TracingProtocol.Echo::new, HERE, 0,
                    o -> o.withLimits(l -> l.withConnectionsPerPeerMax(1)));
            try (RawPeer first = connectTo(rig, server)) {
                for (int episode = 0; episode < 3; episode++) {
                    for (int i = 0; i < 10; i++) {
                        try (RawPeer next = connectTo(rig, server)) {
                            assertThat(next.receiveAll()).isEmpty();
                        }
                        sleep(ONE.dividedBy(2));
                    }
                    rig.takeReport();
                    sleep(ONE);
                }
                first.send("still here");
                assertThat(text(first.receive(10))).isEqualTo("still here");
            }
            server.close();
            server.waitClosed();
        });
    }

    // ---- What is told

    @ParameterizedTest
    @EnumSource
    void debug_aConnectionThatIsEnded_isTold(Style style) {
        virtually(rig -> {
            rig.loop.setDebug(true);
            LineServer lines = new LineServer(style, l -> l.withFirstByteTimeout(ONE));
            try (RawPeer peer = lines.connect(rig)) {
                peer.receiveAll();
                assertThat(rig.takeReport()).isSameAs(lines.ends.getFirst());
            }
            lines.end();
        });
    }

    @Test
    void laterReads_throwItToo() {
        virtually(rig -> {
            List<Throwable> caught = new ArrayList<>();
            Server server = startServer((reader, writer) -> {
                for (int i = 0; i < 2; i++) {
                    try {
                        reader.readline();
                    } catch (IOException e) {
                        caught.add(e);
                    }
                }
                assertThatThrownBy(writer::drain).isSameAs(caught.getFirst());
                assertThatThrownBy(writer::waitClosed).isSameAs(caught.getFirst());
                assertThat(writer.isClosing()).isTrue();
            }, HERE, 0, o -> o.withLimits(l -> l.withFirstByteTimeout(ONE)));
            try (RawPeer peer = connectTo(rig, server)) {
                peer.receiveAll();
            }
            server.close();
            server.waitClosed();
            assertThat(caught).hasSize(2).hasOnlyElementsOfType(ConnectionLimitException.class);
        });
    }

    // ---- Over TLS

    private static void virtuallyWithTls(Rig.Body body) {
        TlsStreamsTest.virtually(body);
    }

    private static StreamPair connectTls(Server server) throws IOException {
        return connectTls(server.port());
    }

    private static StreamPair connectTls(int port) throws IOException {
        return openConnection(HERE, port, o -> o.withTls(t -> t.withContext(TRUST)));
    }

    @ParameterizedTest
    @EnumSource
    void tls_theHandshake_isNotAFirstByte(Style style) {
        virtuallyWithTls(rig -> {
            LineServer lines = new LineServer(style, l -> l.withFirstByteTimeout(ONE),
                    o -> o.withTls(KEYS));
            try (StreamPair client = connectTls(lines.server)) {
                assertThat(client.reader().readAll()).as("an end in order").isEmpty();
                assertThat(now(rig)).isBetween(ONE, ONE.plusMillis(200));
            }
            assertThat(lines.exceeded()).isEqualTo(Limit.FIRST_BYTE);
            lines.end();
        });
    }

    @ParameterizedTest
    @EnumSource
    void tls_aPeerThatDoesNotBeginTheHandshake_isEndedByItsLimit(Style style) {
        virtuallyWithTls(rig -> {
            LineServer lines = new LineServer(style, l -> l.withFirstByteTimeout(ONE),
                    o -> o.withTls(KEYS, t -> t.withHandshakeTimeout(ONE.multipliedBy(3))));
            try (RawPeer peer = lines.connect(rig)) {
                assertThat(peer.receiveAll()).isEmpty();
                assertThat(now(rig)).isEqualTo(ONE.multipliedBy(3));
            }
            lines.end();
        });
    }

    @ParameterizedTest
    @EnumSource
    void tls_aRecordThatComesTooSlowly_isEnded(Style style) {
        virtuallyWithTls(rig -> {
            LineServer lines = new LineServer(style, KESTREL, o -> o.withTls(KEYS));
            boolean[] slow = {false};
            Server relay = startServer((reader, writer) -> {
                StreamPair next = openConnection(HERE, lines.server.port());
                Task<?> back = createTask(() -> {
                    for (byte[] some; (some = next.reader().read(4096)).length > 0; ) {
                        writer.write(some);
                    }
                    writer.close();
                });
                for (byte[] some; (some = reader.read(slow[0] ? 1 : 4096)).length > 0; ) {
                    if (slow[0]) sleep(ONE);
                    next.writer().write(some);
                }
                back.cancel();
                next.close();
            }, HERE, 0);
            try (StreamPair client = connectTls(relay)) {
                client.writer().write(bytes("whole\n"));
                rig.await("a line", () -> lines.lines == 1);
                sleep(Duration.ofMinutes(1));
                assertThat(lines.ends).isEmpty();
                slow[0] = true;
                client.writer().write(bytes("the last in time\n"));
                rig.await("a line", () -> lines.lines == 2);
                client.writer().write(bytes("in a record of its own\n"));
                rig.await("one byte at a time", () -> !lines.ends.isEmpty());
                assertThat(now(rig)).isBetween(Duration.ofSeconds(65), Duration.ofSeconds(69));
                client.writer().abort();
            }
            assertThat(lines.exceeded()).isEqualTo(Limit.DATA_RATE);
            lines.end();
            relay.close();
            relay.abortClients();
            relay.waitClosed();
        });
    }

    // ---- The defaults

    @ParameterizedTest
    @EnumSource
    void defaults_aConnectionThatIsQuiet_livesAndCostsNoTimer(Style style) {
        virtually(rig -> {
            LineServer lines = new LineServer(style, _ -> ConnectionLimits.DEFAULT);
            int timers = rig.timerCount();
            try (RawPeer peer = lines.connect(rig)) {
                peer.send("subscribe\nand half a");
                sleep(Duration.ofMinutes(1));
                assertThat(rig.timerCount()).as("there is nothing to look for").isEqualTo(timers);
                sleep(LONG.multipliedBy(7));
                peer.send(" line\n");
                rig.await("it", () -> lines.lines == 2);
                assertThat(lines.ends).isEmpty();
            }
            lines.end();
        });
    }

    @Test
    void defaults_aPeerThatSaysNothing_hasFiveMinutes() {
        virtually(rig -> {
            Server server = startServer(Rig::echo, HERE, 0);
            try (RawPeer peer = connectTo(rig, server)) {
                assertThat(peer.receiveAll()).isEmpty();
                assertThat(now(rig)).isEqualTo(Duration.ofMinutes(5));
            }
            server.close();
            server.waitClosed();
        });
    }

    @Test
    void none_aPeerThatSaysNothing_lives() {
        virtually(rig -> {
            Server server = startServer(Rig::echo, HERE, 0,
                    o -> o.withLimits(_ -> ConnectionLimits.NONE));
            try (RawPeer peer = connectTo(rig, server)) {
                sleep(LONG);
                assertThat(rig.timerCount()).isZero();
                peer.send("x\n");
                assertThat(text(peer.receive(2))).isEqualTo("x\n");
            }
            server.close();
            server.waitClosed();
        });
    }

    // ---- Many

    // At HANDOFF there is a thread for each, and a second for every three hundred.
    private static final int MANY =
            "HANDOFF".equals(System.getProperty("jloop.level")) ? 1_000 : 5_000;

    private static VirtualPoller bigNetwork() {
        VirtualPoller poller = new VirtualPoller();
        poller.limitDescriptors(3 * MANY);
        return poller;
    }

    @ParameterizedTest
    @EnumSource
    void strict_thousandsOfSlowLorises_areEndedAndOthersServed(Style style) {
        Rig.run(bigNetwork(), rig -> {
            UnaryOperator<ServerOptions> strict = o -> o.withLimits(_ -> ConnectionLimits.STRICT);
            LineServer lines = new LineServer(style, _ -> ConnectionLimits.STRICT);
            Server echo = startServer(Rig::echo, HERE, 0, strict);
            List<RawPeer> lorises = new ArrayList<>();
            try (StreamPair honest = openConnection(HERE, echo.port())) {
                assertThat(ask(honest, "before")).isEqualTo("before");
                for (int i = 0; i < MANY; i++) lorises.add(lines.connect(rig));
                for (RawPeer each : lorises) each.send("G");
                rig.await("all of them", () -> lines.server.connectionCount() == MANY);

                for (int second = 0; second < 8; second++) {
                    sleep(ONE);
                    assertThat(ask(honest, "meanwhile")).isEqualTo("meanwhile");
                }

                assertThat(lines.ends).hasSize(MANY);
                assertThat(lines.server.connectionCount()).isZero();
                assertThat(echo.connectionCount()).isEqualTo(1);
            }
            lorises.forEach(RawPeer::close);
            lines.end();
            echo.close();
            echo.waitClosed();
        });
    }

    @EachNetwork
    void firstByte_threeHundredThatSayNothing_areEnded(Rig.Network network) {
        Rig.run(network, rig -> {
            LineServer lines = new LineServer(Style.STREAMS,
                    l -> l.withFirstByteTimeout(Duration.ofMillis(200)));
            List<RawPeer> peers = new ArrayList<>();
            for (int i = 0; i < 300; i++) peers.add(lines.connect(rig));
            for (RawPeer peer : peers) {
                assertThat(peer.receiveAll()).isEmpty();
                peer.close();
            }
            rig.await("an end to all", () -> lines.ends.size() == 300);
            lines.end();
        });
    }

    // ---- The record

    @Test
    void limits_thatMakeNoSense_areRefused() {
        ConnectionLimits none = ConnectionLimits.NONE;
        assertThatThrownBy(() -> none.withFirstByteTimeout(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class).hasMessage(
                        "firstByteTimeout must be more than zero, or null for none, not PT0S");
        assertThatThrownBy(() -> none.withIdleTimeout(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> none.withWriteStallTimeout(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> none.withMinDataRate(240, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> none.withMinDataRate(-1, ONE))
                .isInstanceOf(IllegalArgumentException.class).hasMessage(
                        "bytesPerSecondMin must be at least 1, or 0 for none, not -1");
        assertThatThrownBy(() -> none.withConnectionsMax(-1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> none.withConnectionsPerPeerMax(-1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void limits_ofACentury_areNoLimits() {
        virtually(rig -> {
            LineServer lines = new LineServer(Style.STREAMS,
                    l -> l.withIdleTimeout(Duration.ofSeconds(Long.MAX_VALUE)));
            try (RawPeer peer = lines.connect(rig)) {
                peer.send("x\n");
                sleep(LONG);
                assertThat(lines.ends).isEmpty();
            }
            lines.end();
        });
    }
}
