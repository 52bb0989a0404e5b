package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import jloop.kernel.FaultySystemCalls.Call;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Operation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
    @TempDir Path folder;
    private long filesBefore;

    /// Calls of which a ring may get a few entries only, and of which none closes what is not
    /// open.
    private static final class RingCalls extends FaultySystemCalls {

        private int entriesMax = Integer.MAX_VALUE;
        private int submittedMax = Integer.MAX_VALUE;

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

        RingCalls submitted(int most) {
            submittedMax = most;
            return this;
        }

        // Where the kernel does not take all it does not wait.
        @Override
        public int uringEnter(int ring, int submitted, int awaited, int flags, long argument,
                int size) {
            boolean takesAll = submitted <= submittedMax;
            return super.uringEnter(ring, takesAll ? submitted : submittedMax,
                    takesAll ? awaited : 0, flags, argument, size);
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

    @BeforeAll
    static void warmUp() throws IOException {
        KernelFiles.warmUp();
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
                if (isReached)
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
            floodAndRead(net, 30, () -> calls.count(Call.MMAP) > MAPPINGS);
        }
    }

    // --- buffers ---

    @Test
    void bytes_thatNobodyReads_stayInOrderAndInBounds() throws IOException {
        var calls = new RingCalls();
        try (var net = new Net(new UringPoller(calls))) {
            floodAndRead(net, 300, () -> calls.mapped() == MAPPINGS - 1 + SLABS_MAX);

            assertThat(calls.mapped()).isEqualTo(MAPPINGS - 1 + SLABS_MAX);
        }
        assertThat(calls.mapped()).isZero();
    }

    /// Sends more to each of `count` sockets than it may have ahead, and only then reads it.
    private static void floodAndRead(Net net, int count, BooleanSupplier isFull)
            throws IOException {
        byte[] flood = new byte[BYTES];
        new Random(1).nextBytes(flood);
        List<Net.Pair> pairs = connect(net, count);
        for (Net.Pair pair : pairs) {
            net.start(new Request(pair.server).kind(Operation.Kind.READABLE));
            net.poller.poll(0);
        }
        List<Integer> sizes = new ArrayList<>();
        for (Net.Pair pair : pairs) sizes.add(pair.client.sendNow(flood, 0, BYTES));
        net.pollUntil(isFull);
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
        sendWhatDoesNotFit(new RingCalls().entries(8), 25);
    }

    @Test
    void sendsThatDoNotFit_whenTheKernelTakesAFewOfThemAtOnce_areSentLater() throws IOException {
        sendWhatDoesNotFit(new RingCalls().submitted(7), 0);
    }

    private static void sendWhatDoesNotFit(RingCalls calls, int closings)
            throws IOException {
        try (var net = new Net(new UringPoller(calls))) {
            List<Net.Pair> pairs = connect(net, 50);
            int[] sizes = new int[50];
            for (int i = 0; i < 50; i++) {
                Descriptor client = pairs.get(i).client;
                client.setOption(Descriptor.Option.SEND_BUFFER, 4000);
                sizes[i] = pushUntilFull(client);
            }
            for (int i = 0; i < 50; i++) sizes[i] += promise(pairs.get(i).client);
            for (int i = 0; i < closings; i++) pairs.get(i).client.close();
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

    @ParameterizedTest(name = "the end was received: {0}")
    @ValueSource(booleans = {true, false})
    void close_ofOneWhoseEndCameByTheRingThatWasGivenUp_isDone(boolean isReceived)
            throws Exception {
        try (var net = new Net(new UringPoller())) {
            Net.Pair pair = net.connect();
            Request readable = net.start(
                    new Request(pair.server).kind(Operation.Kind.READABLE));
            pair.client.close();
            assertThat(net.finish(readable)).isZero();
            if (isReceived) assertThat(net.receive(pair.server)).isEqualTo("EOF");
            int number = pair.server.number();

            byAnotherThread(() -> {
                net.poller.poll(0);
                assertThat(RawFiles.isOpen(number)).isTrue();
                pair.server.close();
                net.poller.poll(0);
            });

            assertThat(RawFiles.isOpen(number)).isFalse();
        }
    }

    /// What the ring had under way ends with it: else its requests would keep the sockets open.
    @Test
    void close_ofOneThatTheRingThatWasGivenUpReceivedFrom_isSeenByThePeer() throws Exception {
        try (var net = new Net(new UringPoller())) {
            Net.Pair pair = net.connect();
            Request receive = net.start(new Request(pair.server).receive(10));
            net.poller.poll(0);

            byAnotherThread(() -> {
                net.poller.poll(0);
                pair.server.close();
                assertThat(receive.result).isEqualTo(-Errno.EBADF);
                assertThat(net.receive(pair.client)).isEqualTo("EOF");
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

    // --- a poller that is closed ---

    /// What the kernel has taken of one submission is not done again.
    @ParameterizedTest(name = "the kernel takes {0}, then nothing; again when closed: {1}")
    @CsvSource({"0, true", "0, false", "1, true", "1, false", "2, true", "2, false",
        "3, true", "3, false", "4, true", "4, false", "5, true", "5, false"})
    void close_afterASubmissionThatWasCutShort_sendsAndClosesOnce(int taken, boolean heals)
            throws Exception {
        var calls = new RingCalls();
        List<Socket> peers = new ArrayList<>();
        try (var server = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"))) {
            var net = new Net(new UringPoller(calls));
            List<Descriptor> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Descriptor client = net.open(Family.INET);
                assertThat(net.run(new Request(client).connect(server.getLocalSocketAddress())))
                        .isZero();
                clients.add(client);
                peers.add(server.accept());
            }
            clients.get(1).close();     // before the others, and without a word
            assertThat(send(clients.get(0), "one")).isEqualTo(3);
            assertThat(send(clients.get(2), "three")).isEqualTo(5);
            clients.get(2).close();

            if (taken > 0) calls.submitted(taken);
            int next = calls.count(Call.URING_ENTER) + (taken > 0 ? 2 : 1);
            calls.fail(Call.URING_ENTER, next, Integer.MAX_VALUE, Errno.EAGAIN);
            net.poller.poll(0);
            if (heals) calls.submitted(Integer.MAX_VALUE).heal();
            net.close();

            assertThat(new String(peers.get(0).getInputStream().readAllBytes(), UTF_8))
                    .isEqualTo("one");
            assertThat(peers.get(1).getInputStream().readAllBytes()).isEmpty();
            assertThat(new String(peers.get(2).getInputStream().readAllBytes(), UTF_8))
                    .isEqualTo("three");
        } finally {
            for (Socket peer : peers) peer.close();
        }
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

    // --- every order of what happens to a wait ---

    private enum Step { COMPLETE, CANCEL, CLOSE, POLL }

    private static List<List<Step>> orders() {
        List<List<Step>> orders = new ArrayList<>();
        addOrders(new ArrayList<>(), orders);
        return orders;
    }

    /// Each order of all steps, with a poll between any two or not.
    private static void addOrders(List<Step> begun, List<List<Step>> orders) {
        List<Step> left = new ArrayList<>(List.of(Step.COMPLETE, Step.CANCEL, Step.CLOSE));
        left.removeAll(begun);
        if (left.isEmpty()) orders.add(begun);
        for (Step step : left) {
            List<Step> next = new ArrayList<>(begun);
            next.add(step);
            addOrders(next, orders);
            next = new ArrayList<>(begun);
            next.add(Step.POLL);
            next.add(step);
            addOrders(next, orders);
        }
    }

    @Test
    void receive_inEachOrder_isCompletedOnceAndKeepsNoBuffer() throws IOException {
        var calls = new RingCalls();
        try (var net = new Net(new UringPoller(calls))) {
            for (List<Step> order : orders()) {
                Net.Pair pair = net.connect();
                Request receive = net.start(new Request(pair.server).receive(10));
                play(net, order, receive, () -> send(pair.client, "hello"));
                assertThat(outcome(receive)).as("%s", order).isIn("hello", "EBADF", "called off");
                // Who has the number now hears nothing of it.
                Net.Pair next = net.connect();
                assertThat(send(next.client, "next")).isEqualTo(4);
                assertThat(net.receive(next.server)).as("%s", order).isEqualTo("next");
                assertThat(receive.completions).as("%s", order).isLessThanOrEqualTo(1);
                for (Descriptor end : List.of(pair.client, next.client, next.server)) end.close();
            }
            net.poller.poll(0);
            net.poller.poll(0);
            assertAllBuffersAreThere(net, calls);
        }
    }

    /// One byte in each buffer, as each is another connection's.
    private static void assertAllBuffersAreThere(Net net, RingCalls calls) throws IOException {
        List<Net.Pair> pairs = connect(net, BUFFERS + 1);
        for (Net.Pair pair : pairs) {
            assertThat(calls.mapped()).as("no buffer is missing").isEqualTo(MAPPINGS);
            Request readable = net.start(new Request(pair.server).kind(Operation.Kind.READABLE));
            send(pair.client, "x");
            net.finish(readable);
        }
        assertThat(calls.mapped()).as("all buffers are used").isEqualTo(MAPPINGS + 1);
    }

    private static void play(Net net, List<Step> order, Request request, Runnable complete) {
        for (Step step : order) {
            switch (step) {
                case COMPLETE -> complete.run();
                case CANCEL -> {
                    if (!request.isOver() && net.poller.cancel(request)) request.underWay = false;
                }
                case CLOSE -> request.descriptor.close();
                case POLL -> net.poller.poll(0);
            }
        }
    }

    private static String outcome(Request request) {
        if (request.completions == 0) return "called off";
        return request.result == -Errno.EBADF ? "EBADF" : request.text();
    }

    @Test
    void receive_afterOneThatWasCancelled_hearsAll() throws IOException {
        try (var net = new Net(new UringPoller(new RingCalls()))) {
            for (List<Step> order : orders()) {
                List<Step> open = order.stream().filter(step -> step != Step.CLOSE).toList();
                Net.Pair pair = net.connect();
                Request receive = net.start(new Request(pair.server).receive(10));
                play(net, open, receive, () -> send(pair.client, "hello"));

                String heard = receive.completions > 0 ? receive.text() : net.receive(pair.server);

                assertThat(heard).as("%s", open).isEqualTo("hello");
                assertThat(send(pair.client, "more")).isEqualTo(4);
                assertThat(net.receive(pair.server)).isEqualTo("more");
                close(net, pair);
            }
        }
    }

    @Test
    void accept_inEachOrder_handsOutOrCloses() throws IOException {
        try (var net = new Net(new UringPoller(new RingCalls()))) {
            for (List<Step> order : orders()) {
                Descriptor listener = listener(net, 10);
                SocketAddress address = listener.localAddress();
                long before = KernelFiles.count();
                Request accept = net.start(new Request(listener).accept());
                Descriptor client = net.open(Family.INET);
                Request connect = new Request(client).connect(address);

                play(net, order, accept, () -> net.start(connect));

                net.pollUntil(connect::isOver);
                if (connect.result == 0)
                    assertThat(accept.completions > 0 && accept.result == 0
                            ? heardFromPeer(net, accept, client) : "none").isIn("hello", "none");
                else assertThat(connect.text()).as("%s", order).contains("ECONNREFUSED");
                assertThat(accept.completions).isLessThanOrEqualTo(1);
                client.close();
                net.pollUntil(() -> KernelFiles.count() == before - 1);
                assertThat(net.echo("still well")).isEqualTo("still well");
            }
        }
    }

    private static Descriptor listener(Net net, int backlog) {
        Descriptor listener = net.open(Family.INET);
        assertThat(listener.bind(new InetSocketAddress("127.0.0.1", 0))).isZero();
        assertThat(listener.listen(backlog)).isZero();
        return listener;
    }

    private static String heardFromPeer(Net net, Request accept, Descriptor client) {
        Descriptor peer = net.accepted(accept);
        send(peer, "hello");
        String heard = net.receive(client);
        peer.close();
        return heard;
    }

    @Test
    void connect_inEachOrder_isCompletedOnce() throws IOException {
        try (var net = new Net(new UringPoller(new RingCalls()))) {
            for (List<Step> order : orders()) {
                Descriptor listener = listener(net, 10);
                Descriptor client = net.open(Family.INET);
                Request connect = new Request(client).connect(listener.localAddress());
                net.start(connect);
                play(net, order, connect, () -> net.poller.poll(1_000_000));
                listener.close();
                net.poller.poll(0);
                assertThat(connect.completions).as("%s", order).isLessThanOrEqualTo(1);
                assertThat(client.isOpen()).isFalse();
            }
            assertThat(net.echo("still well")).isEqualTo("still well");
        }
    }

    @Test
    void connect_afterOneThatWasCancelled_isTheOneThatIsTold() throws IOException {
        try (var net = new Net(new UringPoller(new RingCalls()))) {
            Descriptor client = net.open(Family.INET);
            SocketAddress silent = silent(net);
            Request first = net.start(new Request(client).connect(silent));
            net.poller.poll(0);
            assertThat(first.isOver()).isFalse();
            assertThat(net.poller.cancel(first)).isTrue();

            Request second = net.start(new Request(client).connect(silent));

            for (int i = 0; i < 3; i++) net.poller.poll(0);
            assertThat(second.isOver()).isFalse();
            assertThat(first.completions).isZero();
        }
    }

    /// An address where nothing is answered: the listener's queue is full.
    private static SocketAddress silent(Net net) {
        Descriptor full = listener(net, 0);
        SocketAddress address = full.localAddress();
        for (int i = 0; i < 4; i++) {
            net.start(new Request(net.open(Family.INET)).connect(address));
            net.poller.poll(1_000_000);
        }
        return address;
    }

    @Test
    void connects_whenTheRingTakesNothing_goWhereTheyAreToGo() throws IOException {
        var calls = new RingCalls();
        try (var net = new Net(new UringPoller(calls))) {
            List<Descriptor> listeners = new ArrayList<>();
            List<Request> connects = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Descriptor listener = listener(net, 10);
                listeners.add(listener);
            }
            int entered = calls.count(Call.URING_ENTER);
            calls.fail(Call.URING_ENTER, entered + 1, entered + 8, Errno.EAGAIN);
            for (Descriptor listener : listeners) {
                Descriptor client = net.open(Family.INET);
                connects.add(net.start(new Request(client).connect(listener.localAddress())));
            }
            calls.heal();

            for (int i = 0; i < 4; i++) {
                assertThat(net.finish(connects.get(i))).isZero();
                Request accept = new Request(listeners.get(i)).accept();
                assertThat(net.run(accept)).isZero();
                assertThat(net.accepted(accept).remoteAddress())
                        .isEqualTo(connects.get(i).descriptor.localAddress());
            }
        }
    }

    // --- sends ---

    @Test
    void close_withBytesThatThePeerDoesNotRead_sendsAllAndThenTheEnd() throws IOException {
        try (var net = new Net(new UringPoller(new RingCalls()))) {
            Net.Pair pair = net.connect();
            int sent = fill(net, pair.client);

            pair.client.close();

            net.poller.poll(0);
            assertThat(receive(net, pair.server, sent)).hasSize(sent);
            assertThat(net.receive(pair.server)).isEqualTo("EOF");
        }
    }

    @Test
    void close_thatAbortsWithBytesUnsent_resets() throws IOException {
        try (var net = new Net(new UringPoller(new RingCalls()))) {
            Net.Pair pair = net.connect();
            fill(net, pair.client);
            pair.client.setOption(Descriptor.Option.LINGER, 0);

            pair.client.close();

            net.poller.poll(0);
            Request receive = new Request(pair.server).receive(1 << 20);
            while (net.run(receive) > 0) { }
            assertThat(receive.result).isEqualTo(-Errno.ECONNRESET);
        }
    }

    @Test
    void shutdown_behindBytesThatThePeerDoesNotRead_comesBehindThem() throws IOException {
        try (var net = new Net(new UringPoller(new RingCalls()))) {
            Net.Pair pair = net.connect();
            int sent = fill(net, pair.client);

            assertThat(pair.client.shutdownOutput()).isZero();

            net.poller.poll(0);
            assertThat(receive(net, pair.server, sent)).hasSize(sent);
            assertThat(net.receive(pair.server)).isEqualTo("EOF");
            assertThat(send(pair.server, "back")).isEqualTo(4);
            assertThat(net.receive(pair.client)).isEqualTo("back");
        }
    }

    @Test
    void sends_ofEachKindInEachTurn_arriveInOrder() throws IOException {
        Path file = Files.write(folder.resolve("file"), bytes(50_000, 7));
        try (var net = new Net(new UringPoller(new RingCalls()))) {
            List<Net.Pair> pairs = connect(net, 4);
            var random = new Random(3);
            List<ByteArrayOutputStream> expected = new ArrayList<>();
            List<ByteArrayOutputStream> heard = new ArrayList<>();
            for (int i = 0; i < 4; i++) expected.add(new ByteArrayOutputStream());
            for (int i = 0; i < 4; i++) heard.add(new ByteArrayOutputStream());
            int opened = pairs.getFirst().client.openFile(file);
            for (int i = 0; i < 5_000; i++) {
                int of = random.nextInt(4);
                sendOne(pairs.get(of).client, random, opened, expected.get(of));
                if (random.nextInt(10) > 0) continue;
                net.poller.poll(0);
                int to = random.nextInt(4);
                hear(net, pairs.get(to).server, heard.get(to));
            }
            pairs.getFirst().client.closeFile(opened);
            for (Net.Pair pair : pairs) pair.client.close();
            for (int i = 0; i < 4; i++) {
                Request receive = new Request(pairs.get(i).server).receive(1 << 16);
                while (net.run(receive) > 0) heard.get(i).write(receive.array, 0, receive.result);
                assertThat(receive.result).as("%s ended well", i).isZero();
                assertThat(heard.get(i).toByteArray()).as("of %s", i)
                        .isEqualTo(expected.get(i).toByteArray());
            }
        }
    }

    /// Sends one byte, a few, many, many from outside of the heap, or of the file.
    private static void sendOne(Descriptor socket, Random random, int file,
            ByteArrayOutputStream expected) {
        int kind = random.nextInt(12);
        int size = kind < 6 ? 1 : kind < 9 ? 1 + random.nextInt(5_000) : 30_000;
        byte[] bytes = kind == 11 ? bytes(size, 7) : bytes(size, random.nextInt());
        int sent = switch (kind) {
            case 10 -> socket.sendNow(ByteBuffer.allocateDirect(size).put(bytes).flip());
            case 11 -> socket.sendFile(file, 0, size);
            default -> socket.sendNow(bytes, 0, size);
        };
        if (sent < 0) assertThat(sent).isEqualTo(-Errno.EAGAIN);
        else expected.write(bytes, 0, sent);
    }

    /// The first bytes do not depend on how many there are.
    private static byte[] bytes(int size, int seed) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) bytes[i] = (byte) (seed + i * 31);
        return bytes;
    }

    private static void hear(Net net, Descriptor socket, ByteArrayOutputStream heard) {
        byte[] bytes = new byte[1 << 16];
        int got;
        while ((got = socket.receiveNow(bytes, 0, bytes.length)) > 0) heard.write(bytes, 0, got);
        assertThat(got).isEqualTo(-Errno.EAGAIN);
        if (!socket.isBusy(Operation.Kind.READABLE))
            net.start(new Request(socket).kind(Operation.Kind.READABLE));
    }

    @Test
    void sends_ofOneByteEach_arriveInOrder() throws IOException {
        try (var net = new Net(new UringPoller(new RingCalls()))) {
            Net.Pair pair = net.connect();
            byte[] bytes = bytes(10_000, 1);
            for (int i = 0; i < bytes.length; i++) {
                assertThat(pair.client.sendNow(bytes, i, 1)).isOne();
                if (i % 1000 == 0) net.poller.poll(0);
            }
            assertThat(receive(net, pair.server, bytes.length)).isEqualTo(bytes);
        }
    }

    // --- the end ---

    @Test
    void close_withAllUnderWay_leavesNothing() throws IOException {
        var calls = new RingCalls();
        var net = new Net(new UringPoller(calls));
        SocketAddress silent = silent(net);
        List<Net.Pair> pairs = connect(net, 50);
        for (Net.Pair pair : pairs) net.start(new Request(pair.server).receive(10));
        net.start(new Request(net.listener()).accept());
        net.poller.poll(0);
        fill(net, pairs.getFirst().client);
        Descriptor lingers = pairs.get(1).client;
        fill(net, lingers);
        lingers.close();
        net.poller.poll(0);
        Request connect = net.start(new Request(net.open(Family.INET)).connect(silent));
        assertThat(connect.isOver()).isFalse();
        for (Net.Pair pair : pairs.subList(2, 50)) send(pair.client, "bye");
        net.start(new Request(net.open(Family.INET)).connect(net.listener().localAddress()));

        net.close();

        assertThat(calls.mapped()).as("mappings").isZero();
        assertThat(connect.completions).isOne();
    }
}
