package jloop.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import jloop.poller.Clock;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Operation;
import jloop.poller.Poller;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What every [Poller] must do. A new poller proves itself with one subclass of three lines.
interface PollerContract {

    Poller newPoller() throws Exception;

    /// The clock by which this poller sleeps.
    default Clock clock() {
        return Clock.SYSTEM;
    }

    // --- to sleep and to be woken ---

    @Test
    default void poll_ofZero_returnsAtOnce() throws Exception {
        try (Poller poller = newPoller()) {
            poller.poll(0);
        }
    }

    @Test
    default void poll_withATimeout_returnsWhenItHasPassed() throws Exception {
        try (Poller poller = newPoller()) {
            assertThat(polls(poller, 3_300_000)).as("a sleep is a sleep, not a spin")
                    .isBetween(1, 3);
        }
    }

    /// How many polls it takes until so much has passed; at least one.
    private int polls(Poller poller, long nanos) {
        long start = clock().nanos();
        int polls = 0;
        for (long left = nanos; left > 0; left = start + nanos - clock().nanos()) {
            poller.poll(left);
            polls++;
        }
        return polls;
    }

    @Test
    default void poll_withDataThatNobodyAskedFor_sleeps() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            Request readable = net.start(new Request(pair.server).kind(Operation.Kind.READABLE));
            net.send(pair.client, "lying around");
            net.finish(readable);
            net.poller.wake();
            net.poller.poll(0);

            assertThat(polls(net.poller, 3_300_000)).isBetween(1, 3);
        }
    }

    @Test
    default void poll_withATimeoutBelowAMillisecond_sleepsAllTheSame() throws Exception {
        try (Poller poller = newPoller()) {
            long start = clock().nanos();

            poller.poll(1_000);

            assertThat(clock().nanos() - start).isGreaterThanOrEqualTo(1_000);
        }
    }

    @Test
    default void wake_beforePoll_endsThatPoll() throws Exception {
        try (Poller poller = newPoller(); var watch = new WakeWatch(poller)) {
            poller.wake();
            poller.poll(Poller.FOREVER);

            poller.wake();
            poller.poll(Poller.FOREVER);

            watch.assertNothingLost();
        }
    }

    @Test
    default void wake_twiceBeforePoll_endsThatPoll() throws Exception {
        try (Poller poller = newPoller(); var watch = new WakeWatch(poller)) {
            poller.wake();
            poller.wake();
            poller.poll(Poller.FOREVER);

            watch.assertNothingLost();
        }
    }

    @Test
    default void wake_fromAnotherThread_endsASleepingPoll() throws Exception {
        try (Poller poller = newPoller(); var watch = new WakeWatch(poller)) {
            var woken = new AtomicBoolean();
            Thread waker = Thread.ofPlatform().name("waker").start(() -> {
                woken.set(true);
                poller.wake();
            });

            while (!woken.get()) poller.poll(Poller.FOREVER);

            waker.join();
            watch.assertNothingLost();
        }
    }

    @Test
    default void wake_fromManyThreadsAtOnce_losesNothing() throws Exception {
        int threads = 16;
        int each = 500;
        try (Poller poller = newPoller(); var watch = new WakeWatch(poller)) {
            Queue<Integer> said = new ConcurrentLinkedQueue<>();
            List<Thread> wakers = new ArrayList<>();
            for (int t = 0; t < threads; t++)
                wakers.add(Thread.ofPlatform().name("waker-" + t).start(() -> {
                    for (int i = 0; i < each; i++) {
                        said.add(i);
                        poller.wake();
                    }
                }));

            for (int heard = 0; heard < threads * each && !watch.hasBarked(); ) {
                poller.poll(Poller.FOREVER);
                while (said.poll() != null) heard++;
            }

            for (Thread waker : wakers) waker.join();
            watch.assertNothingLost();
        }
    }

    @Test
    default void wake_afterClose_doesNothing() throws Exception {
        Poller poller = newPoller();
        poller.close();

        poller.wake();
    }

    @Test
    default void wake_whileClosing_doesNothing() throws Exception {
        for (int round = 0; round < 50; round++) {
            Poller poller = newPoller();
            var go = new CountDownLatch(1);
            Thread waker = Thread.ofPlatform().name("waker").start(() -> {
                for (int i = 0; i < 50; i++) {
                    poller.wake();
                    go.countDown();
                }
            });
            go.await();

            poller.close();

            waker.join();
        }
    }

    // --- to connect and to accept ---

    @Test
    default void echo_overAConnection_comesBack() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();

            assertThat(net.send(pair.client, "hello")).isEqualTo(5);
            assertThat(net.receive(pair.server)).isEqualTo("hello");
            assertThat(net.send(pair.server, "and back")).isEqualTo(8);
            assertThat(net.receive(pair.client)).isEqualTo("and back");
        }
    }

    @Test
    default void addresses_ofBothEnds_mirrorEachOther() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();

            assertThat(pair.server.localAddress()).isEqualTo(net.listener().localAddress());
            assertThat(pair.client.remoteAddress()).isEqualTo(net.listener().localAddress());
            assertThat(pair.server.remoteAddress()).isNotNull()
                    .isEqualTo(pair.client.localAddress());
            assertThat(net.listener().remoteAddress()).isNull();
        }
    }

    @Test
    default void accept_beforeAnyConnection_waitsForEach() throws Exception {
        try (var net = new Net(newPoller())) {
            SocketAddress address = net.listener().localAddress();
            List<String> heard = new ArrayList<>();

            for (int i = 0; i < 3; i++) {
                Request accept = net.start(new Request(net.listener()).accept());
                assertThat(accept.isOver()).isFalse();
                Descriptor client = net.open(Family.INET);
                Request connect = net.start(new Request(client).connect(address));
                assertThat(net.finish(accept)).isZero();
                assertThat(net.finish(connect)).isZero();
                net.send(client, "client " + i);
                heard.add(net.receive(net.accepted(accept)));
            }

            assertThat(heard).containsExactly("client 0", "client 1", "client 2");
        }
    }

    @Test
    default void accept_withSeveralWaiting_givesThemAll() throws Exception {
        try (var net = new Net(newPoller())) {
            SocketAddress address = net.listener().localAddress();
            for (int i = 0; i < 5; i++)
                assertThat(net.run(new Request(net.open(Family.INET)).connect(address))).isZero();

            for (int i = 0; i < 5; i++) {
                Request accept = new Request(net.listener()).accept();
                assertThat(net.run(accept)).isZero();
                assertThat(net.accepted(accept).isOpen()).isTrue();
            }
            assertThat(net.start(new Request(net.listener()).accept()).isOver()).isFalse();
        }
    }

    @Test
    default void connect_toNobody_isRefused() throws Exception {
        try (var net = new Net(newPoller())) {
            Descriptor bound = net.open(Family.INET);       // so nobody else listens there
            assertThat(bound.bind(loopback(0))).isZero();

            int result = net.run(
                    new Request(net.open(Family.INET)).connect(bound.localAddress()));

            assertThat(result).isEqualTo(-Errno.ECONNREFUSED);
        }
    }

    @Test
    default void bind_toAnAddressInUse_isRefused() throws Exception {
        try (var net = new Net(newPoller())) {
            Descriptor second = net.open(Family.INET);

            int result = second.bind(net.listener().localAddress());
            if (result == 0) result = second.listen(1);

            assertThat(result).isEqualTo(-Errno.EADDRINUSE);
        }
    }

    @Test
    default void connections_ofManyClients_areKeptApart() throws Exception {
        int count = 100;
        try (var net = new Net(newPoller())) {
            List<Net.Pair> pairs = new ArrayList<>();
            List<Request> receives = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                pairs.add(net.connect());
                receives.add(net.start(new Request(pairs.get(i).server).receive(100)));
            }

            for (int i = count - 1; i >= 0; i--) net.send(pairs.get(i).client, "number " + i);

            for (int i = 0; i < count; i++) {
                net.finish(receives.get(i));
                assertThat(receives.get(i).text()).isEqualTo("number " + i);
                assertThat(receives.get(i).completions).isEqualTo(1);
            }
        }
    }

    @Test
    default void unixSockets_ifThereAre_carryBytes(@TempDir Path folder) throws Exception {
        try (var net = new Net(newPoller())) {
            Descriptor listener = net.poller.open(Family.UNIX);
            if (listener.error() == -Errno.EAFNOSUPPORT) return;     // a poller may have none
            var address = UnixDomainSocketAddress.of(folder.resolve("socket"));
            assertThat(listener.bind(address)).isZero();
            assertThat(listener.listen(5)).isZero();
            assertThat(listener.localAddress()).isEqualTo(address);

            Net.Pair pair = net.connect(Family.UNIX, listener);

            assertThat(pair.client.remoteAddress()).isEqualTo(address);
            Request receive = net.start(new Request(pair.server).receive(100));
            net.send(pair.client, "one");
            net.finish(receive);
            assertThat(receive.text()).isEqualTo("one");
            net.send(pair.server, "two");
            assertThat(net.receive(pair.client)).isEqualTo("two");
            pair.client.close();
            assertThat(net.receive(pair.server)).isEqualTo("EOF");
            Files.delete(address.getPath());
        }
    }

    @Test
    default void sendNow_ofSeveralBuffers_sendsThemAsOne() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            ByteBuffer[] buffers = new ByteBuffer[3000];
            Arrays.setAll(buffers, i -> ByteBuffer.wrap(new byte[] {0, (byte) i, 0}, 1, 1));
            buffers[0] = ByteBuffer.allocate(0);
            buffers[1] = ByteBuffer.allocateDirect(2).put((byte) 0).put((byte) 1).flip();
            buffers[2] = ByteBuffer.wrap(new byte[] {2}).asReadOnlyBuffer();

            assertThat(pair.client.sendNow(buffers)).isEqualTo(3000);

            assertThat(buffers).noneMatch(ByteBuffer::hasRemaining);
            byte[] heard = net.receive(pair.server, 3000);
            for (int i = 0; i < heard.length; i++) assertThat(heard[i]).isEqualTo((byte) i);
            pair.client.close();
            buffers[5].rewind();
            assertThat(pair.client.sendNow(buffers)).isEqualTo(-Errno.EBADF);
        }
    }

    @Test
    default void sendNow_ofMoreBuffersThanFit_stopsAtAByte() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            ByteBuffer[] buffers = new ByteBuffer[30_000];
            Arrays.setAll(buffers, _ -> ByteBuffer.allocate(1000));

            int sent = 0;
            int result;
            while ((result = pair.client.sendNow(buffers)) > 0) sent += result;

            int left = 0;
            for (ByteBuffer buffer : buffers) left += buffer.remaining();
            assertThat(left).isPositive().isEqualTo(30_000_000 - sent);
            assertThat(buffers[sent / 1000].remaining()).isEqualTo(1000 - sent % 1000);
            assertThat(result).isEqualTo(-Errno.EAGAIN);
        }
    }

    @Test
    default void sendFile_asFarAsThePollerCan_sendsAPart(@TempDir Path folder) throws Exception {
        Path path = Files.write(folder.resolve("file"), "..a file..".getBytes(UTF_8));
        try (var net = new Net(newPoller()); FileChannel channel = FileChannel.open(path)) {
            Net.Pair pair = net.connect();
            int file = pair.client.openFile(path);
            int none = -Errno.EOPNOTSUPP;
            assertThat(pair.client.openFile(folder.resolve("other")))
                    .isEqualTo(file == none ? none : -Errno.ENOENT);
            int byNumber = pair.client.sendFile(file, 2, 6);
            int byChannel = pair.client.sendFile(channel, 2, 6);
            for (int sent : new int[] {byNumber, byChannel}) {
                assertThat(sent).isIn(6, none);
                if (sent == 6) assertThat(net.receive(pair.server, 6))
                        .isEqualTo("a file".getBytes(UTF_8));
            }
            if (byNumber == 6) assertThat(pair.client.sendFile(file, 10, 6)).isZero();
            if (byChannel == 6) assertThat(pair.client.sendFile(channel, 10, 6)).isZero();
            pair.client.closeFile(file);
            assertThat(channel.position()).isZero();
        }
    }

    // --- to receive ---

    @Test
    default void receive_beforeTheData_completesWithIt() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            Request receive = net.start(new Request(pair.server).receive(100));
            net.poller.poll(0);
            assertThat(receive.isOver()).isFalse();

            net.send(pair.client, "late");

            assertThat(net.finish(receive)).isEqualTo(4);
            assertThat(receive.text()).isEqualTo("late");
        }
    }

    @Test
    default void receive_intoTheMiddleOfAnArray_leavesTheRestAlone() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            net.send(pair.client, "abcdef");
            Request receive = new Request(pair.server).receive(10);
            receive.offset = 3;
            receive.length = 4;

            assertThat(net.run(receive)).isEqualTo(4);

            assertThat(receive.array).containsExactly(0, 0, 0, 'a', 'b', 'c', 'd', 0, 0, 0);
            assertThat(net.receive(pair.server)).isEqualTo("ef");
        }
    }

    @Test
    default void receive_inSmallPieces_getsEveryByteInOrder() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            net.send(pair.client, "abcdefghij");
            List<String> heard = new ArrayList<>();

            for (int i = 0; i < 4; i++) {
                Request receive = new Request(pair.server).receive(3);
                net.run(receive);
                heard.add(receive.text());
            }

            assertThat(heard).containsExactly("abc", "def", "ghi", "j");
            assertThat(net.start(new Request(pair.server).receive(3)).isOver()).isFalse();
        }
    }

    @Test
    default void receive_submittedAgainWhenCompleted_hearsEverything() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            var heard = new StringBuilder();
            Request receive = new Request(pair.server).receive(4);
            receive.then = () -> {
                do if (receive.result > 0) heard.append(receive.text());
                while (receive.result > 0 && net.poller.submit(receive));
            };
            net.start(receive);

            for (String word : List.of("in the ", "beginning ", "was ", "the word"))
                net.send(pair.client, word);
            net.pollUntil(() -> heard.length() == 29);

            assertThat(heard.toString()).isEqualTo("in the beginning was the word");
        }
    }

    @Test
    default void receiveNow_withNothingThere_saysSo() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            byte[] array = new byte[10];

            assertThat(pair.server.receiveNow(array, 0, 10)).isEqualTo(-Errno.EAGAIN);

            Request readable = net.start(new Request(pair.server).kind(Operation.Kind.READABLE));
            net.send(pair.client, "now");
            assertThat(net.finish(readable)).isZero();
            assertThat(pair.server.receiveNow(array, 0, 10)).isEqualTo(3);
            assertThat(pair.server.receiveNow(array, 0, 10)).isEqualTo(-Errno.EAGAIN);
        }
    }

    @Test
    default void readable_whenDataCome_leavesThemThere() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            Request readable = net.start(new Request(pair.server).kind(Operation.Kind.READABLE));
            net.poller.poll(0);
            assertThat(readable.isOver()).isFalse();

            net.send(pair.client, "data");

            assertThat(net.finish(readable)).isZero();
            assertThat(net.run(new Request(pair.server).kind(Operation.Kind.READABLE))).isZero();
            assertThat(net.receive(pair.server)).isEqualTo("data");
            assertThat(net.start(new Request(pair.server).kind(Operation.Kind.READABLE)).isOver())
                    .isFalse();
        }
    }

    @Test
    default void readable_ofAListener_meansThatSomebodyIsWaiting() throws Exception {
        try (var net = new Net(newPoller())) {
            Request readable = net.start(new Request(net.listener()).kind(Operation.Kind.READABLE));
            net.poller.poll(0);
            assertThat(readable.isOver()).isFalse();

            net.run(new Request(net.open(Family.INET)).connect(net.listener().localAddress()));

            assertThat(net.finish(readable)).isZero();
            assertThat(net.run(new Request(net.listener()).accept())).isZero();
        }
    }

    // --- the end of a stream ---

    @Test
    default void eof_afterTheData_isResultZeroForEver() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            Request receive = net.start(new Request(pair.server).receive(100));
            net.send(pair.client, "last");
            assertThat(net.finish(receive)).isEqualTo(4);

            assertThat(pair.client.shutdownOutput()).isZero();

            assertThat(net.receive(pair.server)).isEqualTo("EOF");
            assertThat(net.receive(pair.server)).isEqualTo("EOF");
        }
    }

    @Test
    default void eof_togetherWithTheData_isNotMissed() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            Request receive = net.start(new Request(pair.server).receive(100));
            net.send(pair.client, "last");
            pair.client.shutdownOutput();

            assertThat(net.finish(receive)).isEqualTo(4);

            assertThat(net.receive(pair.server)).isEqualTo("EOF");
        }
    }

    @Test
    default void eof_togetherWithTheDataOfAClosedPeer_isNotMissed() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            net.send(pair.client, "last");
            pair.client.close();

            assertThat(net.receive(pair.server)).isEqualTo("last");
            assertThat(net.receive(pair.server)).isEqualTo("EOF");
        }
    }

    @Test
    default void eof_whileReceiving_completes() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            Request receive = net.start(new Request(pair.server).receive(100));

            pair.client.close();

            assertThat(net.finish(receive)).isZero();
        }
    }

    @Test
    default void shutdownOutput_ofOneSide_leavesTheOtherDirectionOpen() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            pair.client.shutdownOutput();
            assertThat(net.receive(pair.server)).isEqualTo("EOF");

            net.send(pair.server, "still here");

            assertThat(net.receive(pair.client)).isEqualTo("still here");
            assertThat(pair.client.sendNow(new byte[1], 0, 1)).isEqualTo(-Errno.EPIPE);
        }
    }

    @Test
    default void reset_whileReceiving_isAnError() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            Request receive = net.start(new Request(pair.server).receive(100));

            assertThat(pair.client.setOption(Descriptor.Option.LINGER, 0)).isZero();
            pair.client.close();

            assertThat(net.finish(receive)).isEqualTo(-Errno.ECONNRESET);
        }
    }

    @Test
    default void send_afterAReset_fails() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            Request readable = net.start(new Request(pair.server).kind(Operation.Kind.READABLE));
            pair.client.setOption(Descriptor.Option.LINGER, 0);
            pair.client.close();
            net.finish(readable);

            int result = net.run(new Request(pair.server).send("anybody?"));

            assertThat(result).isIn(-Errno.EPIPE, -Errno.ECONNRESET);
        }
    }

    // --- to send ---

    @Test
    default void writable_ofAnIdleConnection_isAtOnce() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();

            assertThat(net.run(new Request(pair.client).kind(Operation.Kind.WRITABLE))).isZero();
        }
    }

    @Test
    default void sendNow_toAPeerThatDoesNotRead_fillsUpAndGoesOnLater() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            byte[] message = pattern(16 << 20);
            int[] sent = {fill(pair.client, message, 0)};
            Request writable = new Request(pair.client).kind(Operation.Kind.WRITABLE);
            writable.then = () -> {
                do sent[0] = fill(pair.client, message, sent[0]);
                while (sent[0] < message.length && net.start(writable).isOver());
            };
            net.start(writable);
            net.poller.poll(0);
            assertThat(writable.isOver()).isFalse();

            byte[] heard = net.receive(pair.server, message.length);

            assertThat(writable.completions).isPositive();
            assertThat(Arrays.mismatch(heard, message)).isEqualTo(-1);
        }
    }

    @Test
    default void send_toAPeerThatDoesNotRead_waitsUntilItDoes() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            byte[] message = pattern(16 << 20);
            int filled = fill(pair.client, message, 0);
            Request send = new Request(pair.client).send(message, filled);
            send.then = () -> {
                do send.send(message, send.offset + send.result);
                while (send.length > 0 && net.start(send).isOver());
            };
            net.start(send);
            net.poller.poll(0);
            assertThat(send.isOver()).isFalse();

            byte[] heard = net.receive(pair.server, message.length);

            assertThat(send.completions).isPositive();
            assertThat(Arrays.mismatch(heard, message)).isEqualTo(-1);
        }
    }

    @Test
    default void directions_ofOneConnection_waitIndependently() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            byte[] message = pattern(16 << 20);
            int[] sent = {fill(pair.client, message, 0)};
            Request writable = new Request(pair.client).kind(Operation.Kind.WRITABLE);
            writable.then = () -> {         // the system may have moved on what it had taken
                if (writable.result < 0) return;                // it was closed
                do {
                    int before = sent[0];
                    sent[0] = fill(pair.client, message, before);
                    assertThat(sent[0]).as("there is room").isGreaterThan(before);
                } while (net.start(writable).isOver());
            };
            net.start(writable);
            Request receive = net.start(new Request(pair.client).receive(100));

            net.send(pair.server, "meanwhile");

            net.finish(receive);
            assertThat(receive.text()).isEqualTo("meanwhile");
            assertThat(writable.isOver()).isFalse();
        }
    }

    // --- one operation at a time ---

    @Test
    default void submit_ofASecondOperationInOneDirection_isRefused() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            Request first = net.start(new Request(pair.server).receive(100));

            assertThatThrownBy(() -> net.poller.submit(new Request(pair.server).receive(100)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("receiving already");

            net.send(pair.client, "for the first");
            assertThat(net.finish(first)).isEqualTo(13);
        }
    }

    @Test
    default void submit_onAClosedDescriptor_isOverAtOnce() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            pair.server.close();
            Request receive = new Request(pair.server).receive(100);

            assertThat(net.poller.submit(receive)).isTrue();

            assertThat(receive.result).isEqualTo(-Errno.EBADF);
            assertThat(receive.completions).isZero();
        }
    }

    // --- to cancel ---

    @Test
    default void cancel_ofAReceive_leavesTheDataThere() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            Request cancelled = net.start(new Request(pair.server).receive(100));
            net.send(pair.client, "for the next");

            assertThat(net.poller.cancel(cancelled)).isTrue();

            assertThat(net.receive(pair.server)).isEqualTo("for the next");
            assertThat(cancelled.completions).isZero();
        }
    }

    @Test
    default void cancel_beforeAnythingHappened_makesRoomForTheNext() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            Request cancelled = net.start(new Request(pair.server).receive(100));
            assertThat(net.poller.cancel(cancelled)).isTrue();
            assertThat(net.poller.cancel(cancelled)).isFalse();

            Request next = net.start(new Request(pair.server).receive(100));
            net.send(pair.client, "hello");

            assertThat(net.finish(next)).isEqualTo(5);
            assertThat(cancelled.completions).isZero();
        }
    }

    @Test
    default void cancel_ofAnAccept_leavesTheConnectionThere() throws Exception {
        try (var net = new Net(newPoller())) {
            Request cancelled = net.start(new Request(net.listener()).accept());
            net.run(new Request(net.open(Family.INET)).connect(net.listener().localAddress()));

            // The connect may have been completed by a poll that also completed the accept.
            if (net.poller.cancel(cancelled)) {
                assertThat(cancelled.completions).isZero();
                assertThat(net.run(new Request(net.listener()).accept())).isZero();
            } else {
                assertThat(cancelled.completions).isEqualTo(1);
            }
        }
    }

    @Test
    default void cancel_afterTheEnd_saysThatItIsTooLate() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            Request receive = net.start(new Request(pair.server).receive(100));
            net.send(pair.client, "done");
            net.finish(receive);

            assertThat(net.poller.cancel(receive)).isFalse();

            assertThat(receive.text()).isEqualTo("done");
            assertThat(receive.completions).isEqualTo(1);
        }
    }

    @Test
    default void cancel_ofAnOperationThatEndsInTheSamePoll_givesOneOutcome() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair one = net.connect();
            Net.Pair two = net.connect();
            Request first = new Request(one.server).receive(100);
            Request second = new Request(two.server).receive(100);
            List<Boolean> cancels = new ArrayList<>();
            first.then = () -> cancels.add(net.poller.cancel(second));
            second.then = () -> cancels.add(net.poller.cancel(first));
            net.start(first);
            net.start(second);
            net.send(one.client, "same");
            net.send(two.client, "same");

            net.pollUntil(() -> !cancels.isEmpty());
            net.poller.poll(0);

            // Whichever came first either cancelled the other for good, or came too late.
            int completions = first.completions + second.completions;
            assertThat(completions).isEqualTo(cancels.getFirst() ? 1 : 2);
            Net.Pair left = first.completions == 0 ? one : two;
            if (completions == 1) assertThat(net.receive(left.server)).isEqualTo("same");
        }
    }

    @Test
    default void cancel_ofTheOtherDirection_givesOneOutcome() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            fill(pair.client, pattern(16 << 20), 0);
            Request writable = net.start(new Request(pair.client).kind(Operation.Kind.WRITABLE));
            Request readable = new Request(pair.client).kind(Operation.Kind.READABLE);
            List<Boolean> cancels = new ArrayList<>();
            readable.then = () -> cancels.add(net.poller.cancel(writable));
            net.start(readable);

            pair.server.setOption(Descriptor.Option.LINGER, 0);
            pair.server.close();
            net.pollUntil(readable::isOver);
            net.poller.poll(0);

            assertThat(writable.completions).isEqualTo(cancels.getFirst() ? 0 : 1);
        }
    }

    // --- to close ---

    @Test
    default void close_ofADescriptor_endsWhatIsUnderWay() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            fill(pair.server, pattern(16 << 20), 0);
            Request receive = net.start(new Request(pair.server).receive(100));
            Request writable = net.start(new Request(pair.server).kind(Operation.Kind.WRITABLE));

            pair.server.close();

            assertThat(receive.result).isEqualTo(-Errno.EBADF);
            assertThat(writable.result).isEqualTo(-Errno.EBADF);
            assertThat(receive.completions).isEqualTo(1);
            assertThat(writable.completions).isEqualTo(1);
            assertThat(pair.server.isOpen()).isFalse();
            assertThat(pair.server.number()).isEqualTo(-1);
        }
    }

    @Test
    default void close_again_doesNothing() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair pair = net.connect();
            Request receive = net.start(new Request(pair.server).receive(100));

            pair.server.close();
            pair.server.close();
            net.poller.poll(0);

            assertThat(receive.completions).isEqualTo(1);
            assertThat(net.poller.cancel(receive)).isFalse();
        }
    }

    @Test
    default void close_ofAListener_endsTheAccept() throws Exception {
        try (var net = new Net(newPoller())) {
            Request accept = net.start(new Request(net.listener()).accept());

            net.listener().close();

            assertThat(accept.result).isEqualTo(-Errno.EBADF);
        }
    }

    @Test
    default void close_ofADescriptor_dropsItsEventsEvenIfItsNumberIsUsedAgain() throws Exception {
        try (var net = new Net(newPoller())) {
            Net.Pair one = net.connect();
            Net.Pair two = net.connect();
            net.run(new Request(net.open(Family.INET)).connect(net.listener().localAddress()));
            net.run(new Request(net.listener()).kind(Operation.Kind.READABLE));
            Request first = new Request(one.server).kind(Operation.Kind.READABLE);
            Request second = new Request(two.server).kind(Operation.Kind.READABLE);
            List<Request> newcomers = new ArrayList<>();
            first.then = () -> {
                if (first.result == 0) newcomers.add(net.replace(second));
            };
            second.then = () -> {
                if (second.result == 0) newcomers.add(net.replace(first));
            };
            net.start(first);
            net.start(second);
            net.send(one.client, "ready");
            net.send(two.client, "ready");

            net.pollUntil(() -> !newcomers.isEmpty());
            net.poller.poll(0);

            // Nobody has sent anything to the newcomer, who has the number of a ready socket.
            assertThat(newcomers.getFirst().isOver()).isFalse();
        }
    }

    @Test
    default void close_ofThePoller_endsEverything() throws Exception {
        var net = new Net(newPoller());
        Net.Pair pair = net.connect();
        Request receive = net.start(new Request(pair.server).receive(100));
        Request accept = net.start(new Request(net.listener()).accept());

        net.poller.close();
        net.poller.close();

        assertThat(receive.result).isEqualTo(-Errno.EBADF);
        assertThat(accept.result).isEqualTo(-Errno.EBADF);
        assertThat(receive.completions + accept.completions).isEqualTo(2);
        assertThat(pair.client.isOpen()).isFalse();
        assertThat(pair.client.sendNow(new byte[1], 0, 1)).isEqualTo(-Errno.EBADF);
        assertThat(pair.client.receiveNow(new byte[1], 0, 1)).isEqualTo(-Errno.EBADF);
        assertThat(net.poller.open(Family.INET).error()).isNegative();
    }

    // --- the stage ---

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
    }

    /// The bytes of a message whose every part looks different.
    static byte[] pattern(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) bytes[i] = (byte) (i * 31 + (i >> 8) + (i >> 16));
        return bytes;
    }

    /// Sends from `from` on until no more fits; returns where it stopped.
    static int fill(Descriptor descriptor, byte[] message, int from) {
        int sent = from;
        while (sent < message.length) {
            int result = descriptor.sendNow(message, sent, message.length - sent);
            if (result == -Errno.EAGAIN) break;
            assertThat(result).isPositive();
            sent += result;
        }
        return sent;
    }

    // --- pipes ---

    @Test
    default void pipe_carriesBytesUntilItsEnd() throws Exception {
        try (var net = new Net(newPoller())) {
            List<Descriptor> pipe = net.poller.pipe();
            Request readable =
                    net.start(new Request(pipe.getFirst()).kind(Operation.Kind.READABLE));
            assertThat(readable.isOver()).isFalse();
            assertThat(pipe.getFirst().receiveNow(new byte[1], 0, 1)).isEqualTo(-Errno.EAGAIN);

            assertThat(net.send(pipe.getLast(), "hello")).isEqualTo(5);

            assertThat(net.finish(readable)).isZero();
            assertThat(net.receive(pipe.getFirst())).isEqualTo("hello");
            pipe.getLast().close();
            assertThat(net.receive(pipe.getFirst())).isEqualTo("EOF");
        }
    }

    @Test
    default void pipe_thatIsFull_hasRoomAgainOnceItIsRead() throws Exception {
        try (var net = new Net(newPoller())) {
            List<Descriptor> pipe = net.poller.pipe();
            int sent = fill(pipe.getLast(), pattern(16 << 20), 0);
            Request writable =
                    net.start(new Request(pipe.getLast()).kind(Operation.Kind.WRITABLE));
            assertThat(writable.isOver()).isFalse();

            assertThat(net.receive(pipe.getFirst(), sent)).hasSize(sent);

            assertThat(net.finish(writable)).isZero();
        }
    }

    @Test
    default void pipe_closedOverUnreadBytes_isBroken() throws Exception {
        try (var net = new Net(newPoller())) {
            List<Descriptor> pipe = net.poller.pipe();
            net.send(pipe.getLast(), "unread");
            Request gone = new Request(pipe.getLast()).kind(Operation.Kind.READABLE);
            if (pipe.getLast().tellsOfHangup()) net.start(gone);

            pipe.getFirst().close();

            assertThat(net.finish(gone)).isZero();
            assertThat(pipe.getLast().sendNow(new byte[1], 0, 1)).isEqualTo(-Errno.EPIPE);
        }
    }

    @Test
    default void pipe_ofAClosedPoller_isNoneToBeHad() throws Exception {
        Poller poller = newPoller();
        poller.close();
        for (Descriptor end : poller.pipe()) assertThat(end.error()).isEqualTo(-Errno.EBADF);
    }

    // --- datagrams ---

    private static Descriptor datagrams(Net net) {
        Descriptor descriptor = net.poller.openDatagram(Family.INET);
        assertThat(descriptor.error()).isZero();
        assertThat(descriptor.bind(loopback(0))).isZero();
        return descriptor;
    }

    @Test
    default void readable_ofDatagrams_endsWhenOneComes() throws Exception {
        try (var net = new Net(newPoller())) {
            Descriptor one = datagrams(net);
            Descriptor other = datagrams(net);
            Request readable = net.start(new Request(other).kind(Operation.Kind.READABLE));
            net.poller.poll(0);
            assertThat(readable.isOver()).isFalse();
            assertThat(other.receiveFrom(new byte[9], 0, 9)).isEqualTo(-Errno.EAGAIN);

            assertThat(one.sendTo("hello".getBytes(UTF_8), 1, 3, other.localAddress()))
                    .isEqualTo(3);

            assertThat(net.finish(readable)).isZero();
            byte[] received = new byte[9];
            assertThat(other.receiveFrom(received, 2, 7)).isEqualTo(3);
            assertThat(new String(received, 2, 3, UTF_8)).isEqualTo("ell");
            assertThat(other.sender()).isEqualTo(one.localAddress());
        }
    }

    @Test
    default void receiveFrom_withoutRoomForAll_tellsHowLongTheDatagramIs() throws Exception {
        try (var net = new Net(newPoller())) {
            Descriptor one = datagrams(net);
            Descriptor other = datagrams(net);
            for (int i = 0; i < 2; i++) {
                assertThat(one.sendTo("hello".getBytes(UTF_8), 0, 5, other.localAddress()))
                        .isEqualTo(5);
                assertThat(net.run(new Request(other).kind(Operation.Kind.READABLE))).isZero();
                byte[] received = "-----".getBytes(UTF_8);
                assertThat(other.receiveFrom(received, 1, 2 * i)).isEqualTo(5);
                assertThat(received).asString(UTF_8).isEqualTo(i == 0 ? "-----" : "-he--");
                assertThat(other.sender()).isEqualTo(one.localAddress());
            }
            assertThat(other.receiveFrom(new byte[9], 0, 0)).isEqualTo(-Errno.EAGAIN);
        }
    }

    @Test
    default void sendTo_nobodyByAConnectedSocket_failsTheNextCall() throws Exception {
        try (var net = new Net(newPoller())) {
            Descriptor one = datagrams(net);
            assertThat(net.run(new Request(one).connect(loopback(1)))).isZero();
            Request readable = net.start(new Request(one).kind(Operation.Kind.READABLE));

            assertThat(one.sendTo(new byte[1], 0, 1, null)).isEqualTo(1);

            assertThat(net.finish(readable)).isZero();
            assertThat(one.receiveFrom(new byte[1], 0, 1)).isEqualTo(-Errno.ECONNREFUSED);
            assertThat(one.receiveFrom(new byte[1], 0, 1)).isEqualTo(-Errno.EAGAIN);
        }
    }

    @Test
    default void datagrams_ofAClosedSocket_fail() throws Exception {
        try (var net = new Net(newPoller())) {
            Descriptor one = datagrams(net);
            var there = one.localAddress();
            Request readable = net.start(new Request(one).kind(Operation.Kind.READABLE));
            one.close();

            assertThat(readable.result).isEqualTo(-Errno.EBADF);
            assertThat(one.sendTo(new byte[1], 0, 1, there)).isEqualTo(-Errno.EBADF);
            assertThat(one.receiveFrom(new byte[1], 0, 1)).isEqualTo(-Errno.EBADF);
            assertThat(one.listen(1)).isNegative();
        }
    }
}
