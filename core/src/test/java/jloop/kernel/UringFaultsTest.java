package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import jloop.kernel.FaultySystemCalls.Call;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Operation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What may go wrong with a poller by io_uring: calls that fail, queues that are full, and each
/// order in which a request is completed, cancelled, and its socket closed.
class UringFaultsTest {

    private static final int EPERM = 1;
    private static final int ENOSYS = 38;
    private static final int BYTES = 100_000;
    private static final int MAPPINGS = 4;          // of a poller with one slab of buffers
    private static final int SLABS_MAX = 16;
    private static final int BUFFERS = 256;         // of a slab

    private static int badCloses;
    private long filesBefore;

    /// Calls of which a ring may get a few entries only, and of which none closes what is not open.
    private static final class RingCalls extends FaultySystemCalls {

        private int entriesMax = Integer.MAX_VALUE;

        RingCalls entries(int most) {
            entriesMax = most;
            return this;
        }

        @Override
        public int uringSetup(int entries, MemorySegment params) {
            if (entriesMax < entries)
                params.set(JAVA_INT, 4, 2 * entriesMax);
            return super.uringSetup(Math.min(entries, entriesMax), params);
        }

        @Override
        public int close(int fd) {
            int result = super.close(fd);
            if (result < 0) badCloses++;
            return result;
        }

        int mapped() {
            return count(Call.MMAP) - count(Call.MUNMAP);
        }
    }

    // The JDK opens a socket of its own, for ever, when it closes its first one.
    @BeforeAll
    static void warmUp() throws IOException {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var client = new Socket(server.getInetAddress(), server.getLocalPort())) {
            assertThat(client.isConnected()).isTrue();
        }
    }

    @BeforeEach
    void countFiles() {
        badCloses = 0;
        filesBefore = KernelFiles.count();
    }

    @AfterEach
    void leavesNoFilesAndClosesNoneTwice() {
        assertThat(KernelFiles.count()).isEqualTo(filesBefore);
        assertThat(badCloses).as("of numbers that are not open").isZero();
    }

    // --- calls that fail ---

    @ParameterizedTest(name = "{0}")
    @EnumSource(names = {"URING_SETUP", "URING_REGISTER", "MMAP"})
    void construction_withACallThatFails_saysSoAndLeavesNothing(Call call) {
        for (int errno : new int[] {EPERM, ENOSYS, Errno.ENOMEM, Errno.EINVAL}) {
            boolean isReached = true;
            for (int nth = 1; isReached; nth++) {
                // One set of flags after the other is tried.
                int to = call == Call.URING_SETUP && errno == Errno.EINVAL ? 10 : nth;
                var calls = new RingCalls();
                calls.fail(call, nth, to, errno);
                String refusal = refusal(calls);
                isReached = calls.count(call) >= nth;
                String fault = call + " " + nth + " with " + Errno.text(errno);
                if (isReached && !isOfAShortcut(call, nth))
                    assertThat(refusal).as(fault).contains(Errno.text(errno));
                else assertThat(refusal).as(fault).isEmpty();
                int refused = isReached && call == Call.MMAP ? 1 : 0;
                assertThat(calls.mapped()).as("%s: mappings", fault).isEqualTo(refused);
                assertThat(KernelFiles.count()).as(fault).isEqualTo(filesBefore);
            }
        }
    }

    /// Why there is no poller, or none that polls.
    private static String refusal(RingCalls calls) {
        try (var poller = new UringPoller(calls)) {
            poller.poll(0);
            return "";
        } catch (UncheckedIOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /// The number that enter(2) finds faster.
    private static boolean isOfAShortcut(Call call, int nth) {
        return call == Call.URING_REGISTER && nth == 3;
    }

    @ParameterizedTest(name = "-{0}")
    @ValueSource(ints = {Errno.EINTR, Errno.EAGAIN, Errno.EBUSY, Errno.EEXIST})
    void enter_thatFailsOnce_losesNothingAndDoublesNothing(int errno) throws IOException {
        boolean isReached = true;
        for (int nth = 1; isReached && nth <= 40; nth++) {
            var calls = new RingCalls();
            calls.fail(Call.URING_ENTER, nth, errno);
            try (var net = new Net(new UringPoller(calls))) {
                List<Net.Pair> pairs = connect(net, 3);
                for (int round = 0; round < 3; round++) echo(net, pairs, "round " + round);
                for (Net.Pair pair : pairs) close(net, pair);
                assertNothingMoreToAccept(net);
            }
            isReached = calls.count(Call.URING_ENTER) >= nth;
            assertThat(KernelFiles.count()).as("n = %s", nth).isEqualTo(filesBefore);
        }
    }

    private static List<Net.Pair> connect(Net net, int count) {
        List<Net.Pair> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) pairs.add(net.connect());
        return pairs;
    }

    /// Each client says its own `text`, all in one turn, and hears it.
    private static void echo(Net net, List<Net.Pair> pairs, String text) {
        List<Descriptor> clients = pairs.stream().map(pair -> pair.client).toList();
        List<Descriptor> servers = pairs.stream().map(pair -> pair.server).toList();
        talk(net, clients, servers, text);
        talk(net, servers, clients, "and back: " + text);
    }

    private static void talk(Net net, List<Descriptor> from, List<Descriptor> to, String text) {
        List<Request> receives = new ArrayList<>();
        for (Descriptor end : to)
            receives.add(net.start(new Request(end).kind(Operation.Kind.READABLE)));
        for (int i = 0; i < from.size(); i++) {
            byte[] message = (text + " " + i).getBytes(UTF_8);
            assertThat(from.get(i).sendNow(message, 0, message.length)).isEqualTo(message.length);
        }
        for (int i = 0; i < to.size(); i++) {
            net.finish(receives.get(i));
            assertThat(net.receive(to.get(i))).isEqualTo(text + " " + i);
        }
    }

    /// Closes one end, of which the other one hears.
    private static void close(Net net, Net.Pair pair) {
        pair.client.close();
        assertThat(net.receive(pair.server)).isEqualTo("EOF");
        pair.server.close();
    }

    private static void assertNothingMoreToAccept(Net net) {
        Request accept = net.start(new Request(net.listener()).accept());
        net.poller.poll(0);
        net.poller.poll(0);
        assertThat(accept.isOver()).isFalse();
        net.poller.cancel(accept);
    }

    @Test
    void mmap_thatFailsWhenBuffersRunOut_hasThoseThereAreUsedAgain() throws IOException {
        var calls = new RingCalls();
        calls.fail(Call.MMAP, MAPPINGS + 1, Integer.MAX_VALUE, Errno.ENOMEM);
        try (var net = new Net(new UringPoller(calls))) {
            floodAndRead(net, 30);
        }
        assertThat(calls.count(Call.MMAP)).as("tries").isGreaterThan(MAPPINGS);
    }

    // --- buffers ---

    @Test
    void bytes_thatNobodyReads_stayInOrderAndInBounds() throws IOException {
        var calls = new RingCalls();
        try (var net = new Net(new UringPoller(calls))) {
            floodAndRead(net, 300);

            assertThat(calls.mapped()).isEqualTo(MAPPINGS - 1 + SLABS_MAX);
        }
        assertThat(calls.mapped()).isZero();
    }

    /// Sends more to each of `count` sockets than it may have ahead, and only then reads it.
    private static void floodAndRead(Net net, int count) throws IOException {
        byte[] flood = new byte[BYTES];
        new Random(1).nextBytes(flood);
        List<Net.Pair> pairs = connect(net, count);
        for (Net.Pair pair : pairs) {
            net.start(new Request(pair.server).kind(Operation.Kind.READABLE));
            net.poller.poll(0);
        }
        List<Integer> sizes = new ArrayList<>();
        for (Net.Pair pair : pairs) sizes.add(pair.client.sendNow(flood, 0, BYTES));
        for (int i = 0; i < 20; i++) net.poller.poll(0);
        for (int i = 0; i < count; i++) {
            assertThat(sizes.get(i)).isPositive();
            byte[] heard = receive(net, pairs.get(i).server, sizes.get(i));
            assertThat(heard).as("of %s", i).isEqualTo(Arrays.copyOf(flood, sizes.get(i)));
        }
    }

    private static byte[] receive(Net net, Descriptor from, int size) {
        byte[] heard = new byte[size];
        int[] end = {0};
        net.pollUntil(() -> {
            int got = from.receiveNow(heard, end[0], size - end[0]);
            if (got == -Errno.EAGAIN) {
                Request readable = new Request(from).kind(Operation.Kind.READABLE);
                if (from.isBusy(Operation.Kind.READABLE)) return false;
                net.start(readable);
                return false;
            }
            assertThat(got).isPositive();
            end[0] += got;
            return end[0] == size;
        });
        return heard;
    }

    // --- queues that are full ---

    @Test
    void manySends_inOneTurn_allArrive() throws IOException {
        try (var net = new Net(new UringPoller())) {
            echo(net, connect(net, 1100), "hello");
        }
    }

    @Test
    void manyRequests_byQueuesOfAFewEntries_loseNothing() throws IOException {
        try (var net = new Net(new UringPoller(new RingCalls().entries(8)))) {
            List<Net.Pair> pairs = connect(net, 100);
            echo(net, pairs, "hello");
            for (Net.Pair pair : pairs) sendAndClose(pair.client, "bye");
            for (Net.Pair pair : pairs) {
                assertThat(net.receive(pair.server)).isEqualTo("bye");
                assertThat(net.receive(pair.server)).isEqualTo("EOF");
            }
        }
    }

    private static void sendAndClose(Descriptor socket, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        assertThat(socket.sendNow(bytes, 0, bytes.length)).isEqualTo(bytes.length);
        socket.close();
    }

    /// Those that were not sent are told of where there is no room to be told.
    @Test
    void sendsThatDoNotFit_withCompletionsThatDoNotFit_areSentLater() throws IOException {
        try (var net = new Net(new UringPoller(new RingCalls().entries(8)))) {
            List<Net.Pair> pairs = connect(net, 50);
            int[] sizes = new int[50];
            for (int i = 0; i < 50; i++) {
                Descriptor client = pairs.get(i).client;
                client.setOption(Descriptor.Option.SEND_BUFFER, 4000);
                sizes[i] = pushUntilFull(client);
            }
            for (int i = 0; i < 50; i++) sizes[i] += promise(pairs.get(i).client);
            net.poller.poll(0);

            for (int i = 0; i < 50; i++) {
                assertThat(receive(net, pairs.get(i).server, sizes[i])).hasSize(sizes[i]);
                pairs.get(i).client.close();
                assertThat(net.receive(pairs.get(i).server)).isEqualTo("EOF");
            }
        }
    }

    /// By pieces that are sent at once.
    private static int pushUntilFull(Descriptor socket) {
        int total = 0;
        for (int sent; (sent = socket.sendNow(new byte[BYTES], 0, BYTES)) > 0; ) total += sent;
        return total;
    }

    private static int promise(Descriptor socket) {
        int promised = socket.sendNow(new byte[10_000], 0, 10_000);
        assertThat(promised).isEqualTo(10_000);
        return promised;
    }

    // --- a ring that is given up ---

    @Test
    void poll_byAnotherThreadWithFullQueues_goesOnByEpoll() throws Exception {
        try (var net = new Net(new UringPoller(new RingCalls().entries(8)))) {
            List<Net.Pair> pairs = connect(net, 50);
            for (Net.Pair pair : pairs) assertThat(send(pair.client, "hello")).isEqualTo(5);

            byAnotherThread(() -> {
                for (Net.Pair pair : pairs)
                    assertThat(net.receive(pair.server)).isEqualTo("hello");
            });
        }
    }

    @Test
    void close_byAnotherThreadWithFullQueues_leavesNothing() throws Exception {
        var calls = new RingCalls().entries(8);
        var net = new Net(new UringPoller(calls));
        List<Net.Pair> pairs = connect(net, 50);
        for (Net.Pair pair : pairs) net.start(new Request(pair.server).receive(10));
        net.poller.poll(0);

        byAnotherThread(net::close);

        assertThat(calls.mapped()).isZero();
    }

    @Test
    void closings_whenTheRingIsGivenUpInTheNextTurn_areDone() throws Exception {
        try (var net = new Net(new UringPoller())) {
            List<Net.Pair> pairs = connect(net, 100);
            echo(net, pairs, "hello");
            for (Net.Pair pair : pairs) sendAndClose(pair.client, "bye");
            net.poller.poll(0);

            byAnotherThread(() -> {
                for (Net.Pair pair : pairs) {
                    assertThat(net.receive(pair.server)).isEqualTo("bye");
                    assertThat(net.receive(pair.server)).isEqualTo("EOF");
                }
            });
        }
    }

    @Test
    void close_withUnsentBytesAfterTheRingWasGivenUp_sendsThem() throws Exception {
        try (var net = new Net(new UringPoller())) {
            Net.Pair pair = net.connect();
            int sent = fill(net, pair.client);

            byAnotherThread(() -> {
                net.poller.poll(0);
                pair.client.close();
                assertThat(receive(net, pair.server, sent)).hasSize(sent);
                assertThat(net.receive(pair.server)).isEqualTo("EOF");
            });
        }
    }

    /// Sends until the socket does not take what it has promised to: how much.
    private static int fill(Net net, Descriptor socket) {
        byte[] piece = new byte[10_000];
        int sent = 0;
        for (int result; (result = socket.sendNow(piece, 0, piece.length)) > 0; ) {
            sent += result;
            net.poller.poll(0);
        }
        return sent;
    }

    private static int send(Descriptor socket, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        return socket.sendNow(bytes, 0, bytes.length);
    }

    private interface Act {
        void run() throws Exception;
    }

    private static void byAnotherThread(Act act) throws Exception {
        var task = new FutureTask<Void>(() -> {
            act.run();
            return null;
        });
        Thread.ofPlatform().name("another").start(task);
        task.get(20, TimeUnit.SECONDS);
    }

    // --- errors ---

    /// The number is another's by then.
    @Test
    void close_afterASendThatFailed_closesOnce() throws IOException {
        try (var net = new Net(new UringPoller(new RingCalls()))) {
            Net.Pair pair = net.connect();
            pair.client.setOption(Descriptor.Option.LINGER, 0);
            pair.client.close();
            assertThat(send(pair.server, "to nobody")).isPositive();
            net.poller.poll(0);
            net.start(new Request(pair.server).receive(10));

            pair.server.close();

            net.poller.poll(0);
        }
    }
}
