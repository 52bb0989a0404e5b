package jloop;

import static jloop.Asyncio.createConnection;
import static jloop.Asyncio.createServer;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.startServer;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import jloop.io.Protocol;
import jloop.io.Server;
import jloop.io.StreamPair;
import jloop.io.Transport;
import jloop.kernel.EpollPoller;
import jloop.kernel.NioPoller;
import jloop.kernel.UringPoller;
import jloop.kernel.VirtualPoller;
import jloop.poller.Clock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Who has much to do does not keep the others from what little they have to do.
///
/// Nothing here is measured in time: what counts is how often the loop asked for what is ready
/// between a question and its answer, and how much the busy one did meanwhile.
class FairnessTest {

    private static final String HERE = "127.0.0.1";
    private static final int QUIET = 20;
    private static final int ASKS = 10;
    private static final int BLOCK_BYTES = 64 * 1024;
    private static final int MUCH = 50 * BLOCK_BYTES;
    private static final int TRIES = 3;

    /// What a question and its answer need, one way and the other, and two more.
    private static final int POLLS_MAX = 4;

    /// Each of these polls may come 64 operations late, and the busy one sends and receives on
    /// both sides.
    private static final int BLOCKS_MAX = POLLS_MAX * 64;

    private enum Style { SOCKETS, STREAMS, PROTOCOLS }

    private static Stream<Arguments> all() {
        return Stream.of(Style.values()).flatMap(style -> Stream.of(Rig.Network.values())
                .map(network -> Arguments.of(style, network)));
    }

    /// The most that was ever between a question and its answer.
    private static final class Longest {

        private final SpyPoller poller;
        private final IntSupplier work;
        int polls;
        int worked;

        Longest(SpyPoller poller, IntSupplier work) {
            this.poller = poller;
            this.work = work;
        }

        void ask(StreamPair pair, byte[] question) throws IOException {
            int pollsBefore = poller.timeouts.size();
            int workBefore = work.getAsInt();
            pair.writer().write(question);
            assertThat(pair.reader().readexactly(question.length)).isEqualTo(question);
            polls = Math.max(polls, poller.timeouts.size() - pollsBefore);
            worked = Math.max(worked, work.getAsInt() - workBefore);
        }

        boolean isSoon() {
            return polls <= POLLS_MAX && worked <= BLOCKS_MAX;
        }
    }

    private static int portOf(Socket listener) {
        return ((InetSocketAddress) Objects.requireNonNull(listener.localAddress())).getPort();
    }

    private interface Body {
        void run(Rig rig, SpyPoller poller) throws Exception;
    }

    private static void run(Rig.Network network, Body body) {
        VirtualPoller virtual = new VirtualPoller();
        SpyPoller spy = new SpyPoller(switch (network) {
            case EPOLL -> new EpollPoller();
            case NIO -> new NioPoller();
            case URING -> new UringPoller();
            case VIRTUAL -> virtual;
        });
        Clock clock = network == Rig.Network.VIRTUAL ? virtual : Clock.SYSTEM;
        Rig.run(spy, clock, rig -> body.run(rig, spy));
    }

    // ---- A connection that floods

    /// Sends blocks without a pause, and receives their echo, until it is stopped.
    private static final class Flood implements AutoCloseable {

        private final StreamPair pair;
        private final Task<Void> sender;
        private final Task<Integer> receiver;
        private boolean stopped;
        int blocks;

        Flood(StreamPair pair) {
            this.pair = pair;
            sender = createTask(this::send);
            receiver = createTask(this::receive);
        }

        private void send() throws IOException {
            byte[] block = new byte[BLOCK_BYTES];
            for (; !stopped; blocks++) {
                pair.writer().write(block);
                pair.writer().drain();
            }
            pair.writer().writeEof();
        }

        private int receive() throws IOException {
            byte[] into = new byte[BLOCK_BYTES];
            int total = 0;
            for (int count; (count = pair.reader().readInto(into, 0, into.length)) > 0; )
                total += count;
            return total;
        }

        @Override
        public void close() {
            stopped = true;
            sender.await();
            assertThat(receiver.await()).as("echoed").isEqualTo(blocks * BLOCK_BYTES);
            pair.close();
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("all")
    void aFlood_besideQuietConnections_theseAreAnsweredSoon(Style style, Rig.Network network) {
        run(network, (rig, poller) -> {
            try (Echo echo = Echo.start(rig, style)) {
                List<StreamPair> quiet = new ArrayList<>();
                for (int i = 0; i < QUIET; i++) quiet.add(openConnection(HERE, echo.port()));
                try (Flood flood = new Flood(openConnection(HERE, echo.port()))) {
                    // Not by a timer: beside who is always busy, virtual time stands still.
                    while (flood.blocks <= 20) sleep(Duration.ZERO);
                    int before = flood.blocks;

                    Longest longest = longest(network, poller, () -> flood.blocks, quiet);

                    assertThat(longest.polls).as("polls").isLessThanOrEqualTo(POLLS_MAX);
                    assertThat(longest.worked).as("blocks").isLessThanOrEqualTo(BLOCKS_MAX);
                    while (flood.blocks == before) sleep(Duration.ZERO);    // it does flood
                }
                quiet.forEach(StreamPair::close);
            }
        });
    }

    /// In up to three tries, of which the last one is to judge by: who holds up the others does
    /// so each time. A kernel does it now and then, when a thread of its own has to deliver and
    /// waits for a processor.
    private static Longest longest(Rig.Network network, SpyPoller poller, IntSupplier work,
            List<StreamPair> quiet) throws IOException {
        int tries = network == Rig.Network.VIRTUAL ? 1 : TRIES;
        for (int i = 1; ; i++) {
            Longest longest = new Longest(poller, work);
            askAll(quiet, longest);
            if (longest.isSoon() || i == tries) return longest;
        }
    }

    /// One after the other, and then all at once.
    private static void askAll(List<StreamPair> quiet, Longest longest) throws IOException {
        byte[] question = Rig.pattern(64);
        for (int i = 0; i < ASKS; i++) {
            longest.ask(quiet.get(i % QUIET), question);
            sleep(Duration.ZERO);
        }
        List<Task<Void>> asking = new ArrayList<>();
        for (StreamPair pair : quiet) {
            asking.add(createTask(() -> {
                for (int i = 0; i < ASKS; i++) longest.ask(pair, question);
            }));
        }
        for (Task<Void> task : asking) task.await();
    }

    /// A server that sends back what comes.
    private record Echo(int port, AutoCloseable server) implements AutoCloseable {

        static Echo start(Rig rig, Style style) throws IOException {
            return switch (style) {
                case SOCKETS -> ofSockets(rig);
                case STREAMS -> of(startServer((reader, writer) -> {
                    byte[] buffer = new byte[BLOCK_BYTES];
                    for (int n; (n = reader.readInto(buffer, 0, buffer.length)) > 0; ) {
                        writer.write(buffer, 0, n);
                        writer.drain();
                    }
                }, HERE, 0));
                case PROTOCOLS -> of(createServer(EchoProtocol::new, HERE, 0));
            };
        }

        private static Echo of(Server server) {
            return new Echo(server.port(), () -> {
                server.close();
                server.waitClosed();
            });
        }

        private static Echo ofSockets(Rig rig) throws IOException {
            Socket listener = rig.listener();
            Task<Void> acceptor = createTask(() -> {
                while (true) {
                    Socket accepted = rig.loop.sockAccept(listener);
                    createTask(() -> echo(rig.loop, accepted));
                }
            });
            return new Echo(portOf(listener), () -> {
                acceptor.cancel();
                listener.close();
            });
        }

        private static void echo(EventLoop loop, Socket socket) throws IOException {
            try (socket) {
                byte[] buffer = new byte[BLOCK_BYTES];
                for (int n; (n = loop.sockRecvInto(socket, buffer, 0, buffer.length)) > 0; )
                    loop.sockSendall(socket, buffer, 0, n);
            }
        }

        @Override
        public void close() throws Exception {
            server.close();
        }
    }

    /// Receives no more while the peer does not take what it is sent.
    private static final class EchoProtocol implements Protocol {

        private @Nullable Transport transport;

        private Transport transport() {
            return Objects.requireNonNull(transport);
        }

        @Override
        public void connectionMade(Transport made) {
            transport = made;
        }

        @Override
        public void dataReceived(ByteBuffer data) {
            transport().write(data);
        }

        @Override
        public void pauseWriting() {
            transport().pauseReading();
        }

        @Override
        public void resumeWriting() {
            transport().resumeReading();
        }
    }

    // ---- Tasks that are always ready

    /// Two tasks hand each other an item: there is always one that is ready.
    @ParameterizedTest
    @EnumSource
    void twoTasksOverQueues_besideConnections_theseAreAnsweredSoon(Rig.Network network) {
        run(network, (rig, poller) -> {
            int[] handed = new int[1];
            Queue<Integer> there = new Queue<>();
            Queue<Integer> back = new Queue<>();
            Task<Void> one = createTask(() -> {
                while (true) {
                    there.put(++handed[0]);
                    back.get();
                }
            });
            Task<Void> two = createTask(() -> {
                while (true) back.put(there.get());
            });

            askBeside(rig, network, poller, () -> handed[0]);

            one.cancel();
            two.cancel();
        });
    }

    @ParameterizedTest
    @EnumSource
    void aTaskThatYields_besideConnections_theseAreAnsweredSoon(Rig.Network network) {
        run(network, (rig, poller) -> {
            int[] yields = new int[1];
            Task<Void> busy = createTask(() -> {
                for (; ; yields[0]++) sleep(Duration.ZERO);
            });

            askBeside(rig, network, poller, () -> yields[0]);

            busy.cancel();
        });
    }

    /// A queue that is never empty or full lets nobody else run, as in asyncio: whoever uses
    /// one so has to yield, and that is enough.
    @ParameterizedTest
    @EnumSource
    void aTaskWithAQueueThatIsNeverEmpty_yieldsNowAndThen_othersAreAnsweredSoon(
            Rig.Network network) {
        run(network, (rig, poller) -> {
            int[] rounds = new int[1];
            Queue<Integer> queue = new Queue<>();
            queue.putNowait(0);
            Task<Void> busy = createTask(() -> {
                while (true) {
                    queue.put(queue.get());
                    if (++rounds[0] % 10 == 0) sleep(Duration.ZERO);
                }
            });

            askBeside(rig, network, poller, () -> rounds[0] / 10);

            busy.cancel();
        });
    }

    private static void askBeside(Rig rig, Rig.Network network, SpyPoller poller,
            IntSupplier work) throws Exception {
        try (Echo echo = Echo.start(rig, Style.STREAMS)) {
            List<StreamPair> quiet = new ArrayList<>();
            for (int i = 0; i < QUIET; i++) quiet.add(openConnection(HERE, echo.port()));

            Longest longest = longest(network, poller, work, quiet);

            assertThat(longest.polls).as("polls").isLessThanOrEqualTo(POLLS_MAX);
            assertThat(longest.worked).as("steps").isLessThanOrEqualTo(BLOCKS_MAX);
            quiet.forEach(StreamPair::close);
        }
    }

    // ---- Operations that never wait

    /// Receives to the end, and counts the bytes.
    private static void startReceiver(Style style, Rig rig, Socket listener, int[] received)
            throws IOException {
        byte[] block = new byte[BLOCK_BYTES];
        switch (style) {
            case SOCKETS -> {
                Socket socket = rig.connectTo(listener);
                createTask(() -> receive(rig.loop, socket, block, received));
            }
            case STREAMS -> {
                StreamPair pair = openConnection(HERE, portOf(listener));
                createTask(() -> {
                    try (pair) {
                        for (int n; (n = pair.reader().readInto(block, 0, block.length)) > 0; )
                            received[0] += n;
                    }
                });
            }
            case PROTOCOLS -> createConnection(() -> new Protocol() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    received[0] += data.remaining();
                }
            }, HERE, portOf(listener));
        }
    }

    private static void receive(EventLoop loop, Socket socket, byte[] block, int[] received)
            throws IOException {
        try (socket) {
            for (int n; (n = loop.sockRecvInto(socket, block, 0, block.length)) > 0; )
                received[0] += n;
        }
    }

    /// The most that is received between two turns of the calling task.
    private static int longestTurn(int[] received, int all) {
        int longest = 0;
        for (int before = 0; before < all; ) {
            sleep(Duration.ZERO);
            longest = Math.max(longest, received[0] - before);
            before = received[0];
        }
        return longest;
    }

    /// A block is as long as a turn may be; one that is begun is received whole.
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("all")
    void aReceiverOfBlocks_thatAreThereAlready_letsOthersRunAfterTwo(
            Style style, Rig.Network network) {
        run(network, (rig, _) -> {
            try (Socket listener = rig.listener()) {
                int[] received = new int[1];
                startReceiver(style, rig, listener, received);
                try (RawPeer peer = new RawPeer(rig.loop, rig.loop.sockAccept(listener))) {
                    Task<Void> sender = createTask(() -> peer.send(new byte[MUCH]));

                    assertThat(longestTurn(received, MUCH)).isBetween(1, 2 * BLOCK_BYTES);
                    sender.await();
                }
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void aReceiverOfSingleBytes_thatAreThereAlready_letsOthersRunAfter64(Rig.Network network) {
        run(network, (rig, _) -> {
            int many = 2000;
            int[] received = new int[1];
            try (Rig.Ends ends = rig.connect()) {
                rig.loop.sockSendall(ends.client(), new byte[many]);
                rig.turns(3);
                Task<Void> receiver = createTask(() ->
                        receive(rig.loop, ends.server(), new byte[1], received));

                assertThat(longestTurn(received, many)).isBetween(2, 64);
                ends.client().shutdownOutput();
                receiver.await();
            }
        });
    }

    // ---- How often the loop asks

    private static int pollsOfSteps(SpyPoller poller, int steps, Runnable step) {
        int before = poller.timeouts.size();
        for (int i = 0; i < steps; i++) {
            step.run();
            sleep(Duration.ZERO);
        }
        return poller.timeouts.size() - before;
    }

    @Test
    void stepsThatTakeNoTime_letPollBeLeftOutAtMost64Times() {
        run(Rig.Network.VIRTUAL, (_, poller) ->
                assertThat(pollsOfSteps(poller, 640, () -> { })).isBetween(10, 20));
    }

    @Test
    void stepsThatTakeATenthOfAMillisecond_havePollAfterEach() {
        long[] aheadNanos = new long[1];
        SpyPoller spy = new SpyPoller(new EpollPoller());
        Rig.run(spy, () -> Clock.SYSTEM.nanos() + aheadNanos[0], _ -> assertThat(
                pollsOfSteps(spy, 50, () -> aheadNanos[0] += 100_000)).isGreaterThanOrEqualTo(50));
    }
}
