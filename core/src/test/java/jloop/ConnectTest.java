package jloop;

import static java.net.StandardProtocolFamily.INET;
import static java.net.StandardProtocolFamily.INET6;
import static jloop.Asyncio.createConnection;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.startServer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import jloop.io.ConnectOptions;
import jloop.io.Protocol;
import jloop.io.Server;
import jloop.io.StreamPair;
import jloop.kernel.Errno;
import jloop.kernel.FaultySystemCalls.Call;
import jloop.kernel.VirtualPoller;
import jloop.poller.Operation;
import org.junit.jupiter.api.Test;

/// Which addresses are tried, in what order and when, and what is left: in virtual time.
class ConnectTest {

    /*
     * The host `all` has the addresses that a test gives it, numbered: "1" is 192.0.2.1, "f1" is
     * 2001:db8::1. Unless a test listens there, it refuses at once. A Wall lets nobody in.
     */

    private static final int PORT = 80;
    private static final Duration DELAY = Duration.ofMillis(250);

    private VirtualPoller virtual = new VirtualPoller();
    private final List<String> trace = new ArrayList<>();

    /// Runs on a network whose attempts to connect are traced, and lets nothing be left.
    private void run(Rig.Body body) {
        virtual = new VirtualPoller();
        Rig.run(new Tracing(virtual, trace), virtual, rig -> {
            body.run(rig);
            rig.await("an end to all sockets", () -> virtual.socketCount() == 0);
        });
    }

    /// Notes when what is connected to, in milliseconds.
    private static final class Tracing extends SpyPoller {

        private final VirtualPoller clock;
        private final List<String> trace;

        Tracing(VirtualPoller virtual, List<String> trace) {
            super(virtual);
            this.clock = virtual;
            this.trace = trace;
        }

        @Override
        public boolean submit(Operation operation) {
            if (operation.kind == Operation.Kind.CONNECT
                    && operation.remote instanceof InetSocketAddress to && to.getPort() == PORT)
                trace.add(name(to.getAddress()) + " at " + clock.nanos() / 1_000_000);
            return super.submit(operation);
        }
    }

    private static InetAddress address(String name) {
        return InetAddress.ofLiteral(name.startsWith("f")
                ? "2001:db8::" + name.substring(1) : "192.0.2." + name);
    }

    private static String name(InetAddress address) {
        byte[] bytes = address.getAddress();
        return (bytes.length == 4 ? "" : "f") + bytes[bytes.length - 1];
    }

    private static void resolve(Rig rig, String... names) {
        rig.loop.setResolver(_ -> Stream.of(names).map(ConnectTest::address).toList());
    }

    private static Socket listener(Rig rig, String name, int port) throws IOException {
        InetAddress address = address(name);
        Socket listener = Socket.open(rig.loop, address.getAddress().length == 4 ? INET : INET6);
        listener.bind(new InetSocketAddress(address, port));
        listener.listen(1);
        return listener;
    }

    /// Listens, and has no room for anybody.
    private static final class Wall implements AutoCloseable {

        private final EventLoop loop;
        private final Socket listener;
        private final Socket filler;

        Wall(Rig rig, String name) throws IOException {
            loop = rig.loop;
            listener = listener(rig, name, PORT);
            filler = Socket.open(rig.loop, name.startsWith("f") ? INET6 : INET);
            rig.loop.sockConnect(filler, listener.localAddress());
        }

        void letOneIn() {
            createTask(() -> loop.sockAccept(listener).close());
        }

        @Override
        public void close() {
            listener.close();
            filler.close();
        }
    }

    private static String connect(UnaryOperator<ConnectOptions> options) throws IOException {
        try (StreamPair pair = openConnection("all", PORT, options)) {
            InetSocketAddress peer = (InetSocketAddress) pair.writer().remoteAddress();
            return name(peer.getAddress());
        }
    }

    private static UnaryOperator<ConnectOptions> eyeballs() {
        return o -> o.withHappyEyeballsDelay(DELAY);
    }

    // ---- One after the other

    @Test
    @AsIn("test_base_events.test_create_connection_multiple")
    void openConnection_withoutADelay_triesTheNextWhenOneHasFailed() {
        run(rig -> {
            resolve(rig, "1", "2", "3", "4");
            try (Wall wall = new Wall(rig, "2"); Socket _ = listener(rig, "3", PORT)) {
                trace.clear();
                rig.loop.callLater(Duration.ofSeconds(7), wall::close);

                assertThat(connect(o -> o)).isEqualTo("3");
            }
        });
        assertThat(trace).containsExactly("1 at 0", "2 at 0", "3 at 7000");
    }

    @Test
    void createConnection_withOptions_connectsAsTheStreamsDo() {
        run(rig -> {
            resolve(rig, "1", "2");
            try (Wall _ = new Wall(rig, "1"); Socket _ = listener(rig, "2", PORT)) {
                trace.clear();
                createConnection(() -> new Protocol() { }, "all", PORT, eyeballs())
                        .transport().abort();
                rig.turns(3);
            }
        });
        assertThat(trace).containsExactly("1 at 0", "2 at 250");
    }

    // ---- The race

    @Test
    void race_firstDoesNotAnswer_isJoinedByOthersAfterTheDelay() {
        run(rig -> {
            resolve(rig, "1", "2", "3", "4");
            try (Wall _ = new Wall(rig, "1"); Wall _ = new Wall(rig, "2");
                    Socket _ = listener(rig, "3", PORT)) {
                trace.clear();
                assertThat(connect(eyeballs())).isEqualTo("3");
                assertThat(rig.taskCount()).as("the others are over").isEqualTo(1);
            }
        });
        assertThat(trace).containsExactly("1 at 0", "2 at 250", "3 at 500");
    }

    /// Races to three addresses, of which two are walls and the last listens, with `after` done
    /// to the first wall so many milliseconds later. Returns who won.
    private String race(UnaryOperator<ConnectOptions> options, int millis, Consumer<Wall> after) {
        List<String> winner = new ArrayList<>();
        run(rig -> {
            resolve(rig, "1", "2", "3");
            try (Wall wall = new Wall(rig, "1"); Wall _ = new Wall(rig, "2");
                    Socket _ = listener(rig, "3", PORT)) {
                trace.clear();
                TimerHandle timer = rig.loop.callLater(
                        Duration.ofMillis(millis), () -> after.accept(wall));
                winner.add(connect(options));
                timer.cancel();
            }
        });
        return winner.getFirst();
    }

    @Test
    void race_attemptFails_theNextBeginsAtOnce() {
        assertThat(race(eyeballs(), 100, Wall::close)).isEqualTo("3");
        assertThat(trace).containsExactly("1 at 0", "2 at 100", "3 at 350");
    }

    /// asyncio: only the attempt begun last counts.
    @Test
    void race_olderAttemptFails_theNextStillWaitsForItsTime() {
        assertThat(race(eyeballs(), 300, Wall::close)).isEqualTo("3");
        assertThat(trace).containsExactly("1 at 0", "2 at 250", "3 at 500");
    }

    @Test
    void race_olderAttemptSucceeds_winsAndNoOtherBegins() {
        assertThat(race(eyeballs(), 300, Wall::letOneIn)).isEqualTo("1");
        assertThat(trace).containsExactly("1 at 0", "2 at 250");
        assertThat(Duration.ofNanos(virtual.nanos())).isEqualTo(Duration.ofMillis(300));
    }

    @Test
    void race_delayOfZero_beginsAllAtOnce() {
        assertThat(race(o -> o.withHappyEyeballsDelay(Duration.ZERO), 100, _ -> { }))
                .isEqualTo("3");
        assertThat(trace).last().isEqualTo("3 at 0");
    }

    @Test
    void race_twoSucceedAtOnce_oneIsClosed() {
        run(rig -> {
            resolve(rig, "1", "2");
            try (Wall one = new Wall(rig, "1"); Wall two = new Wall(rig, "2")) {
                rig.loop.callLater(Duration.ofMillis(300), () -> {
                    one.letOneIn();
                    two.letOneIn();
                });
                int before = virtual.socketCount();

                try (StreamPair _ = openConnection("all", PORT, eyeballs())) {
                    rig.turns(2);
                    // A filler's end was accepted and closed: its other end counts already.
                    assertThat(virtual.socketCount()).isEqualTo(before + 1);
                }
            }
        });
    }

    @Test
    void race_withEagerTasks_isTheSame() {
        run(rig -> {
            rig.loop.setTaskFactory(Asyncio.eagerTaskFactory());
            resolve(rig, "1", "2", "3");
            try (Wall _ = new Wall(rig, "2"); Socket _ = listener(rig, "3", PORT)) {
                trace.clear();
                assertThat(connect(eyeballs())).isEqualTo("3");
            }
        });
        assertThat(trace).containsExactly("1 at 0", "2 at 0", "3 at 250");
    }

    /// Cancels in each turn that the race has, and between its turns.
    @Test
    void race_cancelledAtAnyPoint_leavesNothing() {
        run(rig -> {
            resolve(rig, "1", "2", "3", "4");
            for (int millis : new int[] {0, 100, 250, 260, 499, 500}) {
                for (int turns = 0; turns < 14; turns++) cancelAt(rig, millis, turns);
            }
        });
    }

    private void cancelAt(Rig rig, int millis, int turns) throws Exception {
        try (Wall one = new Wall(rig, "1"); Wall two = new Wall(rig, "2");
                Socket _ = listener(rig, "4", PORT)) {
            // At 250 the first is refused; at 260 the second gets in.
            TimerHandle first = rig.loop.callLater(DELAY, one::close);
            TimerHandle second = rig.loop.callLater(Duration.ofMillis(260), two::letOneIn);
            Task<String> race = createTask(() -> connect(eyeballs()));
            if (millis > 0) sleep(Duration.ofMillis(millis));
            rig.turns(turns);

            race.cancel();

            try {
                assertThat(race.await()).isIn("2", "4");
            } catch (CancelledError e) {
                assertThat(race.cancelled()).isTrue();
            }
            first.cancel();
            second.cancel();
        }
        rig.await("the end of all sockets", () -> virtual.socketCount() == 0);
        assertThat(rig.taskCount()).isEqualTo(1);
    }

    // ---- The order

    @Test
    void interleave_isAsInAsyncio() {
        List<String> six = List.of("f1", "f2", "f3");
        List<String> mixed = Stream.concat(six.stream(), Stream.of("1", "2", "3", "4")).toList();
        assertThat(tried(mixed, o -> o)).isEqualTo("f1 f2 f3 1 2 3 4");
        assertThat(tried(mixed, eyeballs())).isEqualTo("f1 1 f2 2 f3 3 4");
        assertThat(tried(mixed, o -> o.withInterleave(1))).isEqualTo("f1 1 f2 2 f3 3 4");
        assertThat(tried(mixed, o -> o.withInterleave(2))).isEqualTo("f1 f2 1 f3 2 3 4");
        assertThat(tried(mixed, o -> o.withInterleave(9))).isEqualTo("f1 f2 f3 1 2 3 4");
        assertThat(tried(mixed, o -> eyeballs().apply(o).withInterleave(0)))
                .isEqualTo("f1 f2 f3 1 2 3 4");
        assertThat(tried(mixed, o -> o.withFamily(INET))).isEqualTo("1 2 3 4");
        assertThat(tried(six, eyeballs())).isEqualTo("f1 f2 f3");
    }

    private String tried(List<String> names, UnaryOperator<ConnectOptions> options) {
        trace.clear();
        run(rig -> {
            resolve(rig, names.toArray(String[]::new));
            assertThatThrownBy(() -> connect(options)).isInstanceOf(ConnectException.class);
        });
        return String.join(" ", trace).replace(" at 0", "");
    }

    // ---- What went wrong

    @Test
    @AsIn("test_base_events.test_create_connection_multiple_errors")
    void openConnection_allFail_theTextTellsOfEach() {
        for (UnaryOperator<ConnectOptions> options : List.of(eyeballs(), ConnectTest.plain())) {
            run(rig -> {
                resolve(rig, "1", "2", "3");
                assertThatThrownBy(() -> connect(options))
                        .isExactlyInstanceOf(ConnectException.class)
                        .hasMessageStartingWith("Multiple exceptions: connect to /192.0.2.1:80")
                        .hasMessageContaining(", connect to /192.0.2.3:80")
                        .satisfies(e -> {
                            assertThat(e.getCause()).hasMessageContaining("192.0.2.1");
                            assertThat(e.getSuppressed()).hasSize(2);
                        });
            });
        }
    }

    private static UnaryOperator<ConnectOptions> plain() {
        return UnaryOperator.identity();
    }

    @Test
    void openConnection_allFailWithTheSameText_theFirstIsThrown() {
        run(rig -> {
            resolve(rig, "1", "1");
            assertThatThrownBy(() -> connect(o -> o)).hasMessageStartingWith("connect to")
                    .hasNoCause().hasNoSuppressedExceptions();
        });
    }

    @Test
    void openConnection_allErrors_givesTheGroup() {
        run(rig -> {
            resolve(rig, "1");
            assertThatThrownBy(() -> connect(o -> o.withAllErrors(true)))
                    .isExactlyInstanceOf(IOException.class)
                    .hasMessage("connecting to all:80 failed")
                    .cause().isInstanceOfSatisfying(ExceptionGroup.class, group -> {
                        assertThat(group.message()).isEqualTo("create_connection failed");
                        assertThat(group.exceptions()).hasSize(1);
                    });
        });
    }

    @Test
    @AsIn("test_base_events.test_create_connection_happy_eyeballs_empty_exceptions")
    void race_attemptsCancelledByOthers_isATimeout() {
        run(rig -> {
            resolve(rig, "1");
            try (Wall _ = new Wall(rig, "1")) {
                Task<String> race = createTask(() -> connect(eyeballs()));
                sleep(Duration.ofMillis(300));
                for (Task<?> task : Asyncio.allTasks()) {
                    if (task != race && task != Asyncio.currentTask()) task.cancel();
                }
                assertThatThrownBy(race::await).isInstanceOf(SocketTimeoutException.class)
                        .hasMessage("no attempt to connect to all:80 has ended");
            }
        });
    }

    @Test
    void openConnection_noDescriptors_isThrownAndLeavesNothing() {
        run(rig -> {
            resolve(rig, "1", "2");
            try (Wall _ = new Wall(rig, "1")) {
                virtual.limitDescriptors(virtual.socketCount() + 1);
                Task<String> race = createTask(() -> connect(eyeballs()));
                sleep(Duration.ofSeconds(1));
                assertThat(race.done()).as("the first still tries").isFalse();
                race.cancel();
                assertThatThrownBy(race::await).isInstanceOf(CancelledError.class);
            }
        });
    }

    // ---- The local address

    @Test
    @AsIn("test_events.test_create_connection_local_addr")
    void localAddress_isBound() {
        run(rig -> {
            resolve(rig, "1");
            try (Socket listener = listener(rig, "1", PORT)) {
                InetSocketAddress from = new InetSocketAddress(address("7"), 7777);
                try (StreamPair _ = openConnection("all", PORT, o -> o.withLocalAddress(from));
                        Socket accepted = rig.loop.sockAccept(listener)) {
                    assertThat(accepted.remoteAddress()).isEqualTo(from);
                }
            }
        });
    }

    @Test
    @AsIn("test_events.test_create_connection_local_addr_skip_different_family")
    void localAddress_byName_theFirstOfTheFamilyThatCanBeBoundIsTaken() {
        run(rig -> {
            rig.loop.setResolver(host -> host.equals("here")
                    ? List.of(address("f7"), address("7"), address("8"))
                    : List.of(address("1")));
            try (Socket listener = listener(rig, "1", PORT);
                    Socket _ = listener(rig, "7", 7777)) {
                var here = InetSocketAddress.createUnresolved("here", 7777);
                try (StreamPair _ = openConnection("all", PORT, o -> o.withLocalAddress(here));
                        Socket accepted = rig.loop.sockAccept(listener)) {
                    assertThat(accepted.remoteAddress())
                            .isEqualTo(new InetSocketAddress(address("8"), 7777));
                }
            }
        });
    }

    @Test
    @AsIn("test_events.test_create_connection_local_addr_nomatch_family")
    void localAddress_ofAnotherFamily_isTold() {
        run(rig -> {
            resolve(rig, "1");
            assertThatThrownBy(() -> connect(
                            o -> o.withLocalAddress(new InetSocketAddress(address("f7"), 0))))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("no local address of the family INET");
        });
        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn("test_base_events.test_create_connection_multiple_errors_local_addr")
    void localAddress_inUse_isNamed() {
        run(rig -> {
            resolve(rig, "1", "2");
            try (Socket _ = listener(rig, "7", 7777)) {
                assertThatThrownBy(() -> connect(
                                o -> o.withLocalAddress(new InetSocketAddress(address("7"), 7777))))
                        .as("twice the same")
                        .hasMessageStartingWith("bind to /192.0.2.7:7777 failed: EADDRINUSE");
            }
        });
        assertThat(trace).isEmpty();
    }

    // ---- Options

    @Test
    void options_impossible_areRejected() {
        ConnectOptions options = ConnectOptions.DEFAULT;
        assertThatThrownBy(() -> options.withInterleave(-1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.withHappyEyeballsDelay(Duration.ofNanos(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        run(_ -> assertThatThrownBy(() ->
                        connect(o -> o.withFamily(StandardProtocolFamily.UNIX)))
                .isInstanceOf(IllegalArgumentException.class));
    }

    // ---- A socket that is connected

    @EachNetwork
    void openConnection_ofASocket_takesItOver(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                try (StreamPair pair = openConnection(ends.client(), o -> o)) {
                    rig.loop.sockSendall(ends.server(), Rig.bytes("hello\n"));

                    assertThat(Rig.text(pair.reader().readline())).isEqualTo("hello\n");
                    assertThatThrownBy(() -> rig.loop.sockRecv(ends.client(), 1))
                            .isInstanceOf(IllegalStateException.class);
                }
                assertThat(rig.loop.sockRecv(ends.server(), 1)).isEmpty();
            }
            try (Socket alone = Socket.open(rig.loop, INET)) {
                assertThatThrownBy(() -> openConnection(alone, o -> o))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageEndingWith("is not connected");
            }
        });
    }

    // ---- The real network

    @EachPoller
    void race_realSockets_theOneThatListensWins(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            rig.loop.setResolver(_ -> Stream.of("127.0.0.2", "::1", "127.0.0.1")
                    .map(InetAddress::ofLiteral).toList());
            try (Server server = startServer((_, _) -> { }, "127.0.0.1", 0)) {
                var before = Rig.sockets();
                try (StreamPair pair = openConnection("all", server.port(), eyeballs())) {
                    assertThat(pair.writer().remoteAddress())
                            .isEqualTo(Rig.loopback(server.port()));
                    assertThat(Rig.sockets()).as("ours, and at most that of the server")
                            .hasSizeBetween(before.size() + 1, before.size() + 2);
                }
            }
        });
    }

    @EachPoller
    void localAddress_realSockets_isBound(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            List<Object> peers = new ArrayList<>();
            InetSocketAddress from = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.3"), 0);
            try (Server server = startServer(
                            (_, writer) -> peers.add(writer.remoteAddress()), "127.0.0.1", 0);
                    StreamPair pair = openConnection("127.0.0.1", server.port(),
                            o -> o.withLocalAddress(from))) {
                pair.reader().readAll();
            }
            assertThat(peers).singleElement().asString().startsWith("/127.0.0.3:");
        });
    }

    @EachPoller
    void localAddress_notOfThisMachine_isTold(Rig.Kind kind) {
        Rig.run(kind, _ -> {
            var from = new InetSocketAddress(InetAddress.ofLiteral("198.51.100.1"), 0);
            assertThatThrownBy(() -> openConnection("127.0.0.1", 80,
                            o -> o.withLocalAddress(from)))
                    .isInstanceOf(AddressNotAvailableException.class)
                    .hasMessageContaining("198.51.100.1");
        });
    }

    // ---- No port to connect from

    @Test
    void openConnection_noPortIsLeftForAMoment_triesAgain() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            try (Server server = startServer((_, _) -> { }, "127.0.0.1", 0)) {
                for (int failing = 1; failing <= 3; failing++) {
                    int made = calls.count(Call.CONNECT);
                    calls.fail(Call.CONNECT, made + 1, made + failing, Errno.EADDRNOTAVAIL);
                    if (failing < 3) openConnection("127.0.0.1", server.port()).close();
                    else assertThatThrownBy(() -> openConnection("127.0.0.1", server.port()))
                            .isInstanceOf(AddressNotAvailableException.class);
                    assertThat(calls.count(Call.CONNECT) - made)
                            .isEqualTo(Math.min(3, failing + 1));
                }
            }
        });
    }
}
