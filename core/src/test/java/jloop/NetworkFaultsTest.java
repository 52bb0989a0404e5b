package jloop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static jloop.Asyncio.createDatagramEndpoint;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.openDatagramStream;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.startServer;
import static jloop.Asyncio.timeout;
import static jloop.Rig.ask;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import jloop.io.DatagramProtocol;
import jloop.io.DatagramStream;
import jloop.io.Server;
import jloop.io.StreamPair;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Networks that lose, delay and refuse: two namespaces, joined by a relay. What the tests talk
/// to is a program of Python's asyncio on the far side.
class NetworkFaultsTest {

    private static final Duration PATIENCE = Duration.ofMillis(30);
    private static final Duration SHORT = Duration.ofMillis(150);
    private static final Duration LONG = Duration.ofSeconds(9);
    private static final String DROPPED = "family 0";       // to tell this changes nothing
    private static final String PORTS = "/proc/sys/net/ipv4/ip_local_port_range";

    private static final TwoNetworks NETWORKS = new TwoNetworks();
    private static final PeerProgram FAR = NETWORKS.startFar("serve", "::", "plain");

    private static final PeerProgram FAR_DATAGRAMS =
            NETWORKS.startFar("datagrams", TwoNetworks.FAR);

    private static int port;
    private static InetSocketAddress farDatagrams = Rig.loopback(0);
    private static int nextPort = 61000;        // not one that the system chooses otherwise

    @BeforeAll
    static void begin() throws IOException {
        port = FAR.port();
        farDatagrams = new InetSocketAddress(
                InetAddress.ofLiteral(TwoNetworks.FAR), FAR_DATAGRAMS.port());
        NETWORKS.shellNear("ip route add unreachable 10.66.1.0/24;"
                + "ip route add prohibit 10.66.2.0/24; ip route add blackhole 10.66.3.0/24;"
                + "ip route add 10.66.4.0/24 via 10.77.0.2");
        // A router tells the same peer once a second, and a SYN is repeated after seconds.
        NETWORKS.shellFar("ip route add unreachable 10.66.4.0/24;"
                + "echo 0 > /proc/sys/net/ipv4/icmp_ratelimit;"
                + "echo 1 > /proc/sys/net/ipv4/ip_forward");
    }

    @AfterAll
    static void end() {
        FAR.close();
        FAR_DATAGRAMS.close();
        NETWORKS.close();
    }

    /// A connection to the far side, which plays its part.
    private static StreamPair connect(String part) throws IOException {
        StreamPair pair = openConnection(TwoNetworks.FAR, port);
        pair.writer().write(bytes(part + "\n"));
        return pair;
    }

    private static void checkEcho() throws IOException {
        try (StreamPair pair = connect("echo")) {
            assertThat(ask(pair, "still there")).isEqualTo("still there");
        }
    }

    /// Waits until the sockets are those of `before`: a poller may close one when it polls.
    private static void awaitSockets(Rig rig, SortedSet<String> before) {
        rig.await("the sockets of before: " + before, () -> Rig.sockets().equals(before));
    }

    // ---- To connect

    @EachPoller
    void connect_intoABlackHole_isEndedByATimeoutAndClosesItsSocket(Rig.Kind kind)
            throws IOException {
        NETWORKS.run(kind, rig -> {
            SortedSet<String> before = Rig.sockets();
            NETWORKS.tell("drop 1");

            assertThatThrownBy(() -> timeout(SHORT, () -> connect("echo")))
                    .isInstanceOf(TimeoutException.class);

            awaitSockets(rig, before);
            assertThat(rig.timerCount()).isZero();
            NETWORKS.tell("drop 0");
            checkEcho();
        });
    }

    @EachPoller
    void connect_whereNoRouteLeads_failsAtOnce(Rig.Kind kind) throws IOException {
        NETWORKS.run(kind, rig -> {
            SortedSet<String> before = Rig.sockets();
            assertThat(failure("10.66.1.1")).isInstanceOf(NoRouteToHostException.class);
            assertThat(failure("10.66.2.1")).isInstanceOf(AccessDeniedException.class);
            assertThat(failure("10.66.3.1")).isInstanceOf(SocketException.class);
            assertThat(failure("10.66.4.1")).as("as a router on the way says")
                    .isInstanceOf(NoRouteToHostException.class);
            assertThat(failure("10.66.5.1")).isInstanceOf(NoRouteToHostException.class)
                    .hasMessageContaining("ENETUNREACH");
            awaitSockets(rig, before);
        });
    }

    /// What is thrown at once by an attempt to connect to `host`.
    private static IOException failure(String host) throws TimeoutException {
        return timeout(LONG, () -> {
            try (StreamPair pair = openConnection(host, port)) {
                throw new AssertionError(pair);
            } catch (IOException e) {
                assertThat(e).hasMessageStartingWith("connect to /" + host + ":" + port);
                return e;
            }
        });
    }

    /// An answer to SYN takes 20 milliseconds.
    @EachPoller
    void connect_cancelledAtAnyMoment_leavesNothing(Rig.Kind kind) throws IOException {
        NETWORKS.run(kind, rig -> {
            SortedSet<String> before = Rig.sockets();
            NETWORKS.tell("delay 10");
            int cancelled = 0;
            boolean connected = false;
            for (int millis = 0; !connected; millis += 3) {
                List<StreamPair> made = new ArrayList<>();
                Task<Void> attempt = createTask(() -> {
                    made.add(connect("echo"));      // what the task returns is lost, if cancelled
                });
                sleep(Duration.ofMillis(millis));
                attempt.cancel();
                try {
                    attempt.await();
                    connected = true;
                } catch (CancelledError _) {
                    cancelled++;
                }
                made.forEach(StreamPair::close);
            }
            assertThat(cancelled).isPositive();
            awaitSockets(rig, before);
        });
    }

    // ---- Two families

    private static final Duration DELAY = Duration.ofMillis(100);

    /// Connects to a host that has these addresses. Returns that of the winner, whose socket is
    /// closed, as all others but those of `before` are.
    private static String race(Rig rig, SortedSet<String> before, Duration delay,
            String... addresses) throws IOException {
        rig.loop.setResolver(_ -> Stream.of(addresses).map(InetAddress::ofLiteral).toList());
        awaitSockets(rig, before);
        try (StreamPair pair = openConnection(
                "both", port, o -> o.withHappyEyeballsDelay(delay))) {
            rig.await("an end to the losers", () -> Rig.sockets().size() == before.size() + 1);
            pair.writer().write(bytes("echo\n"));
            assertThat(ask(pair, "hello")).isEqualTo("hello");
            return ((InetSocketAddress) pair.writer().remoteAddress()).getAddress()
                    .getHostAddress();
        }
    }

    private static void checkBroken(Rig rig, String family, String broken, String good)
            throws IOException {
        NETWORKS.tell("family " + family);
        NETWORKS.tell("drop 1");
        String expected = InetAddress.ofLiteral(good).getHostAddress();
        SortedSet<String> before = Rig.sockets();
        long start = rig.loop.time();

        assertThat(race(rig, before, DELAY, broken, good)).isEqualTo(expected);

        assertThat(Duration.ofNanos(rig.loop.time() - start)).isBetween(DELAY, LONG);
        assertThat(race(rig, before, LONG.multipliedBy(9), good, broken)).isEqualTo(expected);
        awaitSockets(rig, before);
    }

    @EachPoller
    void race_oneFamilyIsSilent_theOtherWinsAfterTheDelay(Rig.Kind kind) throws IOException {
        NETWORKS.run(kind, rig -> {
            checkBroken(rig, "6", TwoNetworks.FAR_6, TwoNetworks.FAR);
            checkBroken(rig, "4", TwoNetworks.FAR, TwoNetworks.FAR_6);
        });
    }

    @EachPoller
    void race_noRouteToTheFirst_theSecondIsTriedAtOnce(Rig.Kind kind) throws IOException {
        NETWORKS.run(kind, rig -> {
            SortedSet<String> before = Rig.sockets();
            Duration never = Duration.ofHours(1);
            timeout(LONG, () -> {
                assertThat(race(rig, before, never, "fd99::1", TwoNetworks.FAR))
                        .isEqualTo(TwoNetworks.FAR);
                assertThat(race(rig, before, never, "10.66.1.1", TwoNetworks.FAR_6))
                        .isEqualTo(InetAddress.ofLiteral(TwoNetworks.FAR_6).getHostAddress());
            });
        });
    }

    @EachPoller
    void race_allAreSilent_isEndedByATimeoutAndClosesItsSockets(Rig.Kind kind)
            throws IOException {
        NETWORKS.run(kind, rig -> {
            SortedSet<String> before = Rig.sockets();
            NETWORKS.tell("drop 1");

            assertThatThrownBy(() -> timeout(SHORT, () -> race(rig, before,
                            Duration.ofMillis(10), TwoNetworks.FAR_6, TwoNetworks.FAR)))
                    .isInstanceOf(TimeoutException.class);

            awaitSockets(rig, before);
        });
    }

    // ---- Ports

    private interface PortsUser {
        void run(int first) throws IOException;
    }

    /// Runs in a near namespace that has `count` ports to connect from, the first of which the
    /// body is given. They are others each time, since a port is barred for a while after use.
    private static void withPorts(int count, PortsUser body) throws IOException {
        int first = nextPort;
        nextPort += count;
        NETWORKS.shellNear("echo " + first + " " + (nextPort - 1) + " > " + PORTS);
        try {
            body.run(first);
        } finally {
            NETWORKS.shellNear("echo 32768 60999 > " + PORTS);
        }
    }

    @EachPoller
    void connect_noPortIsLeft_isTold(Rig.Kind kind) throws IOException {
        withPorts(4, _ -> NETWORKS.run(kind, rig -> {
            List<StreamPair> open = new ArrayList<>();
            for (int i = 0; i < 4; i++) open.add(connect("speak"));

            assertThatThrownBy(() -> connect("echo"))
                    .isInstanceOf(AddressNotAvailableException.class)
                    .hasMessageContaining("connect to /" + TwoNetworks.FAR)
                    .hasMessageContaining("no local port");

            try (StreamPair last = open.removeLast()) {     // who ends last leaves its port free
                assertThat(text(last.reader().readAll())).isEqualTo("first\n");
            }
            timeout(LONG, NetworkFaultsTest::awaitPort);
            open.forEach(StreamPair::close);
        }));
    }

    private static void awaitPort() throws IOException {
        while (true) {
            try {
                checkEcho();
                return;
            } catch (AddressNotAvailableException _) {      // the other end has not ended yet
                sleep(Duration.ofMillis(1));
            }
        }
    }

    /// The port to connect to is the one that the system chooses to connect from.
    @EachPoller
    void connect_toItself_isRefused(Rig.Kind kind) throws IOException {
        withPorts(1, only -> NETWORKS.run(kind, rig -> {
            SortedSet<String> before = Rig.sockets();
            for (String host : List.of("127.0.0.1", "::1")) {
                assertThatThrownBy(() -> openConnection(host, only))
                        .isInstanceOf(ConnectException.class)
                        .hasMessageContaining("connected with itself");
            }
            awaitSockets(rig, before);

            try (StreamPair pair = openConnection(
                    "127.0.0.1", only, o -> o.withLocalAddress(Rig.loopback(only)))) {
                assertThat(ask(pair, "as is wanted")).isEqualTo("as is wanted");
            }
        }));
    }

    // ---- A link that loses

    @EachPoller
    void megabyte_overALinkThatLosesAndDelays_arrivesWhole(Rig.Kind kind) throws IOException {
        NETWORKS.run(kind, rig -> {
            byte[] data = Rig.pattern(1_000_000);
            try (StreamPair pair = connect("echo")) {
                NETWORKS.tell("delay 1");
                int before = NETWORKS.tell("drop 20");
                Task<Void> sender = createTask(() -> {
                    pair.writer().write(data);
                    pair.writer().drain();
                    pair.writer().writeEof();
                });

                assertThat(pair.reader().readAll()).isEqualTo(data);

                sender.await();
                assertThat(NETWORKS.tell("reset 0") - before).isGreaterThan(50);
            }
        });
    }

    /// Here we listen, which java.nio cannot do in another namespace.
    @Test
    void server_overALinkThatLosesAndDelays_servesWhole() throws IOException {
        NETWORKS.run(Rig.Kind.EPOLL, rig -> {
            List<String> ends = new ArrayList<>();
            Server server = startServer((reader, writer) -> {
                String part = text(reader.readline());
                if (part.equals("speak\n")) {
                    writer.write(bytes("first\n"));
                    writer.writeEof();
                }
                byte[] all = reader.readAll();
                if (part.equals("reply\n")) writer.write(bytes(all.length + " bytes\n"));
                ends.add(part.strip() + " " + all.length);
            }, TwoNetworks.NEAR, 0);
            NETWORKS.tell("delay 1");
            NETWORKS.tell("drop 20");
            try (server;
                    PeerProgram client = NETWORKS.startFar("connect", TwoNetworks.NEAR,
                            "" + server.port(), "plain", "reply", "speak")) {
                assertThat(client.rest()).containsExactly("reply 300000 bytes", "speak first");
            }
            server.waitClosed();
            assertThat(ends).containsExactly("reply 300000", "speak 300000");
        });
    }

    // ---- Datagrams

    private static DatagramStream toFarDatagrams() throws IOException {
        return openDatagramStream(o -> o.withRemoteAddress(farDatagrams));
    }

    /// Asks until there is an answer to this question. Returns how often it asked in vain:
    /// there was no answer, and the relay has dropped something meanwhile.
    private static int insist(DatagramStream stream, String question) throws IOException {
        for (int failed = 0; failed < 100; failed++) {
            int before = NETWORKS.tell(DROPPED);
            stream.send(bytes(question));
            do {
                try {
                    timeout(PATIENCE, () -> {
                        String answer;
                        do answer = text(stream.receive().data());
                        while (!answer.equals(question));       // an older one
                    });
                    return failed;
                } catch (TimeoutException _) {          // it is lost, or late
                }
            } while (NETWORKS.tell(DROPPED) == before);
        }
        throw new AssertionError("no answer to " + question);
    }

    @EachPoller
    void datagrams_overALinkThatLosesAndDelays_areAnsweredToWhoRetries(Rig.Kind kind)
            throws IOException {
        NETWORKS.run(kind, rig -> {
            NETWORKS.tell("delay 2");
            NETWORKS.tell("double 7");
            int before = NETWORKS.tell("drop 5");
            try (DatagramStream stream = toFarDatagrams()) {
                int failed = 0;
                for (int i = 0; i < 40; i++) failed += insist(stream, "question " + i);

                assertThat(failed).isPositive();
                assertThat(NETWORKS.tell("reset 0") - before).isGreaterThanOrEqualTo(failed);
                assertThat(rig.timerCount()).isZero();
                assertThat(insist(stream, "still there?")).isZero();
            }
        });
    }

    /// What the network does to datagrams is what the protocol hears.
    @EachPoller
    void datagrams_overALinkThatDoublesAndReorders_areHeardAsTheyCome(Rig.Kind kind)
            throws IOException {
        NETWORKS.run(kind, rig -> {
            List<Integer> heard = new ArrayList<>();
            var endpoint = createDatagramEndpoint(() -> new DatagramProtocol() {
                @Override
                public void datagramReceived(ByteBuffer data, SocketAddress from) {
                    assertThat(from).isEqualTo(farDatagrams);
                    heard.add(Integer.parseInt(ISO_8859_1.decode(data).toString()));
                }
            }, o -> o.withRemoteAddress(farDatagrams));
            NETWORKS.tell("double 4");
            NETWORKS.tell("overtake 3");
            List<Integer> sent = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                sent.add(i);
                endpoint.transport().sendto(ByteBuffer.wrap(bytes("" + i)), null);
            }

            rig.await("all of them", () -> heard.containsAll(sent));
            rig.await("the same again", () -> heard.size() > sent.size());
            assertThat(heard).isNotEqualTo(heard.stream().sorted().toList());

            NETWORKS.tell("reset 0");
            endpoint.transport().close();
        });
    }

    @EachPoller
    void datagrams_intoABlackHole_aTimeoutEndsTheWaitAndAfterThatItGoesOn(Rig.Kind kind)
            throws IOException {
        NETWORKS.run(kind, rig -> {
            try (DatagramStream stream = toFarDatagrams()) {
                NETWORKS.tell("drop 1");
                stream.send(bytes("lost"));
                assertThatThrownBy(() -> timeout(SHORT, stream::receive))
                        .isInstanceOf(TimeoutException.class);
                assertThat(rig.taskCount()).isEqualTo(1);
                assertThat(rig.timerCount()).isZero();
                NETWORKS.tell("drop 0");

                NETWORKS.tell("freeze 1");
                stream.send(bytes("late"));
                assertThatThrownBy(() -> timeout(SHORT, stream::receive))
                        .isInstanceOf(TimeoutException.class);
                NETWORKS.tell("freeze 0");
                assertThat(text(stream.receive().data())).isEqualTo("late");
            }
        });
    }

    /// By a message of ICMP from the other end.
    @EachPoller
    void datagrams_nobodyIsThere_isToldAndTheEndpointLives(Rig.Kind kind) throws IOException {
        NETWORKS.run(kind, rig -> {
            try (DatagramStream stream = openDatagramStream(
                    o -> o.withRemoteAddress(TwoNetworks.FAR, 9))) {
                for (int i = 0; i < 2; i++) {
                    stream.send(bytes("anybody?"));
                    assertThatThrownBy(() -> timeout(LONG, stream::receive))
                            .isInstanceOf(ConnectException.class);
                }
            }
        });
    }

    @EachPoller
    void datagrams_whereNoRouteLeads_isTold(Rig.Kind kind) throws IOException {
        NETWORKS.run(kind, rig -> {
            SortedSet<String> before = Rig.sockets();
            assertThatThrownBy(() -> openDatagramStream(
                    o -> o.withRemoteAddress("10.66.1.1", 9)))
                    .isInstanceOf(SocketException.class);
            awaitSockets(rig, before);
        });
    }

    // ---- A link that freezes

    @EachPoller
    void frozen_aReadIsEndedByATimeout_andAfterThatGoesOn(Rig.Kind kind) throws IOException {
        NETWORKS.run(kind, rig -> {
            try (StreamPair pair = connect("echo")) {
                assertThat(ask(pair, "one")).isEqualTo("one");
                NETWORKS.tell("freeze 1");
                pair.writer().write(bytes("two\n"));

                assertThatThrownBy(() -> timeout(SHORT, () -> pair.reader().readline()))
                        .isInstanceOf(TimeoutException.class);
                assertThat(rig.taskCount()).isEqualTo(1);
                assertThat(rig.timerCount()).isZero();

                NETWORKS.tell("freeze 0");
                assertThat(text(pair.reader().readline())).isEqualTo("two\n");
            }
        });
    }

    @EachPoller
    void frozen_aDrainIsEndedByATimeout_andWhatIsKeptIsSentAfterThat(Rig.Kind kind)
            throws IOException {
        NETWORKS.run(kind, rig -> {
            byte[] data = Rig.pattern(8_000_000);
            try (StreamPair pair = connect("reply")) {
                NETWORKS.tell("freeze 1");
                pair.writer().write(data);

                assertThatThrownBy(() -> timeout(SHORT, () -> pair.writer().drain()))
                        .isInstanceOf(TimeoutException.class);

                NETWORKS.tell("freeze 0");
                pair.writer().drain();
                pair.writer().writeEof();
                assertThat(new String(pair.reader().readAll(), ISO_8859_1))
                        .isEqualTo(data.length + " bytes\n");
            }
        });
    }
}
