package jloop.io;

import static jloop.Asyncio.createConnection;
import static jloop.Asyncio.createServer;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.startServer;
import static jloop.Asyncio.startTls;
import static jloop.Rig.bytes;
import static jloop.Rig.loopback;
import static jloop.Rig.text;
import static jloop.io.TlsStreamsTest.virtually;
import static jloop.io.TracingProtocol.awaitTrace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import jloop.CancelledError;
import jloop.EachNetwork;
import jloop.EventLoop;
import jloop.RawPeer;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;

/// TLS over connections that are cut, tampered with, or slow, and with peers that know no TLS.
class TlsFaultsTest {

    private static final String HERE = "127.0.0.1";
    private static final SSLContext SERVER = TestKeys.context("server");
    private static final SSLContext CLIENT = TestKeys.context(null);

    /// What is done to bytes that pass.
    private interface Treatment {
        void of(byte[] bytes, Passage passage) throws IOException;
    }

    /// One direction of a connection through a relay.
    private record Passage(EventLoop loop, Socket from, Socket to) {

        void send(byte[] bytes) throws IOException {
            loop.sockSendall(to, bytes);
        }

        /// Ends the connection in both directions, at both ends.
        void cut(boolean byReset) throws IOException {
            for (Socket socket : List.of(from, to)) {
                if (byReset && socket.isOpen()) socket.setLinger(0);
                socket.close();
            }
        }
    }

    /// Stands between clients and a server.
    private static final class Relay implements AutoCloseable {

        Treatment toServer = (bytes, passage) -> passage.send(bytes);
        Treatment toClient = (bytes, passage) -> passage.send(bytes);
        private final EventLoop loop;
        private final Server server;
        private final Socket listener;
        private final List<Task<Void>> tasks = new ArrayList<>();
        private final List<Socket> sockets = new ArrayList<>();

        Relay(Rig rig, Server server) throws IOException {
            this.loop = rig.loop;
            this.server = server;
            listener = rig.listener();
            tasks.add(createTask(this::serve));
        }

        int port() {
            return ((InetSocketAddress) Objects.requireNonNull(listener.localAddress()))
                    .getPort();
        }

        private void serve() throws IOException {
            while (true) {
                Socket client = loop.sockAccept(listener);
                Socket socket = Socket.open(loop, StandardProtocolFamily.INET);
                sockets.addAll(List.of(client, socket));
                socket.setNoDelay(true);                // for what is passed byte by byte
                client.setNoDelay(true);
                loop.sockConnect(socket, loopback(server.port()));
                Passage there = new Passage(loop, client, socket);
                Passage back = new Passage(loop, socket, client);
                tasks.add(createTask(() -> pass(there, true)));
                tasks.add(createTask(() -> pass(back, false)));
            }
        }

        private void pass(Passage passage, boolean there) throws IOException {
            try {
                for (byte[] some; (some = loop.sockRecv(passage.from, 100_000)).length > 0; )
                    (there ? toServer : toClient).of(some, passage);
                passage.to.shutdownOutput();
            } catch (IOException _) {               // one end has gone, so the other is to go
                passage.cut(false);
            }
        }

        @Override
        public void close() {
            tasks.getFirst().cancel();              // it accepts, and is not to see it closed
            listener.close();
            server.close();
            server.waitClosed();
            tasks.forEach(Task::cancel);
            sockets.forEach(Socket::close);
        }
    }

    private static void on(Rig.Network network, Rig.Body body) {
        Rig.survive(network, rig -> {
            if (network == Rig.Network.VIRTUAL)
                rig.loop.setDefaultExecutor(new TlsStreamsTest.Inline());
            body.run(rig);
        });
    }

    private enum Style { STREAMS, PROTOCOLS }

    /// A server that sends back what comes, and tells how many have got through to it.
    private static Server serve(Style style, int[] served) throws IOException {
        if (style == Style.PROTOCOLS) return createServer(() -> {
            served[0]++;
            return new TracingProtocol.Echo();
        }, HERE, 0, o -> o.withTls(SERVER));
        return startServer((reader, writer) -> {
            served[0]++;
            for (byte[] some; (some = reader.read(100_000)).length > 0; ) writer.write(some);
        }, HERE, 0, o -> o.withTls(SERVER));
    }

    private static StreamPair open(Relay relay) throws IOException {
        return openConnection(HERE, relay.port(), o -> o.withTls(CLIENT));
    }

    private static Connection<TracingProtocol> connect(Relay relay, SSLContext context)
            throws IOException {
        return createConnection(TracingProtocol::new, HERE, relay.port(),
                o -> o.withTls(context));
    }

    // ---- Cut in the handshake

    /// Lets so many bytes pass, and then cuts the connection.
    private static Treatment cut(int after, boolean byReset) {
        int[] left = {after};
        return (bytes, passage) -> {
            if (left[0] > 0)
                passage.send(Arrays.copyOf(bytes, Math.min(left[0], bytes.length)));
            left[0] -= bytes.length;
            if (left[0] < 0) passage.cut(byReset);
        };
    }

    private static Treatment counting(int[] count) {
        return (bytes, passage) -> {
            count[0] += bytes.length;
            passage.send(bytes);
        };
    }

    /// How many bytes a handshake has at least: to the server, to the client. They vary by a
    /// few, as signatures do; the last that counts to the server is the record with a byte.
    private static int[] lengths() {
        int[] toServer = new int[1];
        int[] toClient = new int[1];
        int[] lengths = new int[2];
        virtually(rig -> {
            int[] served = new int[1];
            try (Relay relay = new Relay(rig, serve(Style.STREAMS, served))) {
                relay.toServer = counting(toServer);
                relay.toClient = counting(toClient);
                try (StreamPair pair = open(relay)) {
                    lengths[1] = toClient[0] - 10;
                    rig.await("the server", () -> served[0] == 1);
                    pair.writer().write(bytes("x"));
                    assertThat(pair.reader().readexactly(1)).hasSize(1);
                    lengths[0] = toServer[0] - 40;
                }
            }
        });
        return lengths;
    }

    /// Each time one is told, once, and nothing is left of the connection, nor of the time that
    /// the handshake was given. At every byte in virtual time, at some on the kernel, and at
    /// HANDOFF, which is another way to switch between those who do the same.
    @EachNetwork
    @Timeout(value = 5, unit = TimeUnit.MINUTES)        // thousands of handshakes
    void handshake_cutAnywhere_isOneFailure(Rig.Network network) {
        int[] lengths = lengths();
        boolean isHandoff = "HANDOFF".equals(System.getProperty("jloop.level"));
        int step = network == Rig.Network.VIRTUAL && !isHandoff ? 1 : 61;
        for (Style style : Style.values()) on(network, rig -> {
            if (network != Rig.Network.VIRTUAL) rig.allow(Duration.ofMinutes(2));
            int[] served = new int[1];
            try (Relay relay = new Relay(rig, serve(style, served))) {
                boolean byReset = false;
                for (int direction = 0; direction < 2; direction++) {
                    for (int after = 0; after < lengths[direction]; after += step) {
                        byReset = !byReset;
                        Treatment cut = cut(after, byReset);
                        Treatment whole = (bytes, passage) -> passage.send(bytes);
                        relay.toServer = direction == 0 ? cut : whole;
                        relay.toClient = direction == 1 ? cut : whole;

                        Throwable thrown = fail(rig, style, relay);

                        assertThat(thrown).as("cut after " + after)
                                .isInstanceOf(IOException.class);
                        rig.await("an end", () -> rig.timerCount() == 0 && rig.taskCount() <= 3);
                        assertThat(served[0]).as("let in, cut after " + after).isZero();
                    }
                }
            }
        });
    }

    private static @Nullable Throwable fail(Rig rig, Style style, Relay relay) {
        return catchThrowable(() -> {
            if (style == Style.STREAMS) {
                try (StreamPair pair = open(relay)) {
                    pair.reader().readexactly(1);
                }
            } else {
                TracingProtocol protocol = connect(relay, CLIENT).protocol();
                rig.await("the loss", protocol::isLost);
                assertThat(protocol.trace).containsExactly("made", "lost");
                if (protocol.lostBy != null) throw protocol.lostBy;
            }
        });
    }

    // ---- Piece by piece

    @EachNetwork
    void allPassesByteByByte_isAsEver(Rig.Network network) {
        for (Style style : Style.values()) on(network, rig -> {
            Treatment byteByByte = (bytes, passage) -> {
                for (byte each : bytes) {
                    passage.send(new byte[] {each});
                    sleep(Duration.ZERO);
                }
            };
            try (Relay relay = new Relay(rig, serve(style, new int[1]))) {
                relay.toServer = byteByByte;
                relay.toClient = byteByByte;
                if (style == Style.STREAMS) {
                    try (StreamPair pair = open(relay)) {
                        pair.writer().write(bytes("hello"));
                        assertThat(text(pair.reader().readexactly(5))).isEqualTo("hello");
                    }
                } else {
                    Connection<TracingProtocol> connection = connect(relay, CLIENT);
                    connection.transport().write(bytes("hello"));
                    awaitTrace(rig, connection.protocol(), "made", "hello");
                    connection.close();
                    awaitTrace(rig, connection.protocol(), "made", "hello", "lost");
                    assertThat(connection.protocol().lostBy).isNull();
                }
            }
        });
    }

    // ---- Tampered with

    private enum Damage {

        ONE_BIT, RECORD_TOO_LONG, NO_RECORD;

        byte[] to(byte[] bytes) {
            return switch (this) {
                case ONE_BIT -> {
                    byte[] flipped = bytes.clone();
                    flipped[bytes.length - 1] ^= 1;
                    yield flipped;
                }
                case RECORD_TOO_LONG -> new byte[] {23, 3, 3, -1, -1, 0, 0, 0};
                case NO_RECORD -> bytes("this is not TLS");
            };
        }
    }

    @EachNetwork
    void record_damaged_failsTheStreamsOfBothEnds(Rig.Network network) {
        for (Damage damage : Damage.values()) on(network, rig -> {
            try (Relay relay = new Relay(rig, serve(Style.STREAMS, new int[1]))) {
                StreamPair pair = open(relay);
                pair.writer().write(bytes("hello"));
                assertThat(text(pair.reader().readexactly(5))).isEqualTo("hello");

                relay.toClient = (bytes, passage) -> passage.send(damage.to(bytes));
                pair.writer().write(bytes("again"));

                assertThatThrownBy(() -> pair.reader().read(1)).isInstanceOf(SSLException.class);
                assertThatThrownBy(() -> pair.writer().waitClosed())
                        .isInstanceOf(SSLException.class);
                assertThat(rig.takeReport()).as("the server, by an alert")
                        .isInstanceOf(SSLException.class);
            }
        });
    }

    @EachNetwork
    void record_damaged_losesTheConnectionsOfBothProtocols(Rig.Network network) {
        for (Damage damage : Damage.values()) on(network, rig -> {
            List<TracingProtocol> servers = new ArrayList<>();
            Server server = createServer(() -> {
                servers.add(new TracingProtocol.Echo());
                return servers.getLast();
            }, HERE, 0, o -> o.withTls(SERVER));
            try (Relay relay = new Relay(rig, server)) {
                Connection<TracingProtocol> connection = connect(relay, CLIENT);
                rig.await("the server", () -> servers.size() == 1);

                relay.toClient = (bytes, passage) -> passage.send(damage.to(bytes));
                connection.transport().write(bytes("hello"));

                awaitTrace(rig, connection.protocol(), "made", "lost");
                awaitTrace(rig, servers.getFirst(), "made", "lost");
                assertThat(connection.protocol().lostBy).isInstanceOf(SSLException.class);
                assertThat(servers.getFirst().lostBy).isInstanceOf(SSLException.class);
            }
        });
    }

    /// What comes behind the peer's farewell is thrown away.
    @EachNetwork
    void bytes_behindAFarewell_areNotHeard(Rig.Network network) {
        SSLContext older = TestKeys.context("TLSv1.2", null);       // where an alert shows
        for (Style style : Style.values()) on(network, rig -> {
            Server server = startServer((_, writer) -> writer.write(bytes("bye")), HERE, 0,
                    o -> o.withTls(SERVER));
            try (Relay relay = new Relay(rig, server)) {
                int[] slipped = new int[1];
                relay.toClient = (bytes, passage) -> {
                    boolean isFarewell = lastType(bytes) == 21;
                    if (isFarewell) slipped[0]++;
                    passage.send(isFarewell ? joined(bytes, bytes("and no TLS")) : bytes);
                };
                if (style == Style.STREAMS) {
                    try (StreamPair pair =
                            openConnection(HERE, relay.port(), o -> o.withTls(older))) {
                        assertThat(text(pair.reader().readAll())).isEqualTo("bye");
                    }
                } else {
                    TracingProtocol protocol = connect(relay, older).protocol();
                    awaitTrace(rig, protocol, "made", "bye", "eof", "lost");
                    assertThat(protocol.lostBy).isNull();
                }
                assertThat(slipped[0]).isEqualTo(1);
            }
        });
    }

    private static byte[] joined(byte[] one, byte[] two) {
        return ByteBuffer.allocate(one.length + two.length).put(one).put(two).array();
    }

    /// That of the last record.
    private static int lastType(byte[] records) {
        int at = 0;
        int type = 0;
        while (at < records.length) {
            type = records[at];
            at += 5 + ((records[at + 3] & 0xFF) << 8 | records[at + 4] & 0xFF);
        }
        return type;
    }

    // ---- Peers that know no TLS

    @EachNetwork
    void clientsWithoutTls_areToldSoAndTheServerGoesOn(Rig.Network network) {
        on(network, rig -> {
            for (Style style : Style.values()) {
                int[] served = new int[1];
                Server server = serve(style, served);
                for (String said : List.of("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                        "\0".repeat(100), "EHLO me\r\n")) {
                    Socket socket = Socket.open(rig.loop, StandardProtocolFamily.INET);
                    rig.loop.sockConnect(socket, loopback(server.port()));
                    try (RawPeer peer = new RawPeer(rig.loop, socket)) {
                        peer.send(said);
                        assertThat(peer.receiveAll()).as("an alert").hasSize(7).startsWith(21);
                    }
                }
                assertThat(served[0]).isZero();
                try (StreamPair pair = openConnection(HERE, server.port(),
                        o -> o.withTls(CLIENT))) {
                    pair.writer().write(bytes("hello"));
                    assertThat(text(pair.reader().readexactly(5))).isEqualTo("hello");
                }
                server.close();
                server.waitClosed();
            }
        });
    }

    // ---- Cancelled, and paused

    @EachNetwork
    void drain_cancelledOverTls_losesNothing(Rig.Network network) {
        byte[] much = Rig.pattern(6_000_000);
        on(network, rig -> {
            try (Relay relay = new Relay(rig, serve(Style.STREAMS, new int[1]));
                    StreamPair pair = open(relay)) {
                Task<Void> writing = createTask(() -> {
                    pair.writer().write(much);
                    pair.writer().drain();
                });
                rig.turns(2);
                assertThat(writing.done()).isFalse();
                writing.cancel();
                assertThatThrownBy(writing::await).isInstanceOf(CancelledError.class);

                assertThat(pair.reader().readexactly(much.length)).isEqualTo(much);
            }
        });
    }

    @EachNetwork
    void startTls_whileMuchIsKept_theNewProtocolIsToldOfThePauseToo(Rig.Network network) {
        int much = 6_000_000;
        on(network, rig -> {
            Rig.Ends ends = rig.connect();
            TracingProtocol before = new TracingProtocol();
            Transport server = jloop.Asyncio.connectAcceptedSocket(() -> before, ends.server())
                    .transport();
            server.write(new byte[much]);
            assertThat(before.trace).containsExactly("made", "pause");
            TracingProtocol after = new TracingProtocol();
            Task<Transport> starting = createTask(() -> startTls(
                    server, after, SERVER, true, UnaryOperator.identity()));
            rig.turns(1);
            assertThat(after.trace).containsExactly("pause");

            int[] plain = new int[1];
            Transport client = createConnection(() -> new TracingProtocol() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    plain[0] += data.remaining();
                }
            }, ends.client()).transport();
            rig.await("what is sent in plain", () -> plain[0] == much);
            TracingProtocol secured = new TracingProtocol();
            Transport secure = startTls(client, secured, CLIENT, false,
                    t -> t.withServerHostname("localhost"));
            starting.await().write(bytes("secret"));
            awaitTrace(rig, secured, "secret");
            secure.close();

            awaitTrace(rig, after, "pause", "resume", "eof", "lost");
            assertThat(before.trace).containsExactly("made", "pause");
        });
    }
}
