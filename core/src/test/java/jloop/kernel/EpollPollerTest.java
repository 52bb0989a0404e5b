package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jloop.kernel.FaultySystemCalls.Call;
import jloop.poller.Descriptor;
import jloop.poller.Descriptor.Option;
import jloop.poller.Family;
import jloop.poller.Operation;
import jloop.poller.Poller;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EpollPollerTest implements PollerContract {

    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;

    final FaultySystemCalls calls = new FaultySystemCalls();
    long filesBefore;

    @Override
    public Poller newPoller() {
        return new EpollPoller();
    }

    @BeforeAll
    static void warmUp() throws IOException {
        KernelFiles.warmUp();
    }

    @BeforeEach
    void countFiles() {
        filesBefore = KernelFiles.count();
    }

    @AfterEach
    void leavesNoFiles() {
        assertThat(KernelFiles.count()).isEqualTo(filesBefore);
    }

    // --- how many calls it makes ---

    @Test
    void echoes_onAConnection_costOneRecvAndOneSendEach() throws Exception {
        try (var net = new Net(new EpollPoller(calls))) {
            Net.Pair pair = net.connect();
            Request receive = net.start(new Request(pair.server).receive(100));
            int receives = calls.count(Call.RECV);
            int controls = calls.count(Call.EPOLL_CTL);

            for (int i = 0; i < 10; i++) {
                net.send(pair.client, "hello");
                assertThat(net.finish(receive)).isEqualTo(5);
                assertThat(net.start(receive).isOver()).isFalse();
            }

            assertThat(calls.count(Call.RECV) - receives).isEqualTo(10);
            assertThat(calls.count(Call.SEND)).isEqualTo(10);
            assertThat(calls.count(Call.EPOLL_CTL) - controls).isZero();
        }
    }

    @Test
    void receive_ofAFullArray_triesAgainAtOnce() throws Exception {
        try (var net = new Net(new EpollPoller(calls))) {
            Net.Pair pair = net.connect();
            net.send(pair.client, "abcdef");
            net.run(new Request(pair.server).receive(3));
            int polls = calls.count(Call.EPOLL_WAIT);

            assertThat(net.poller.submit(new Request(pair.server).receive(3))).isTrue();

            assertThat(calls.count(Call.EPOLL_WAIT)).isEqualTo(polls);
        }
    }

    @Test
    void registration_ofAConnection_isMadeOncePerDirection() throws Exception {
        try (var net = new Net(new EpollPoller(calls))) {
            Net.Pair pair = net.connect();
            int controls = calls.count(Call.EPOLL_CTL);
            byte[] message = PollerContract.pattern(16 << 20);

            for (int i = 0; i < 3; i++) {
                Request receive = net.start(new Request(pair.server).receive(100));
                int sent = PollerContract.fill(pair.server, message, 0);
                Request writable = new Request(pair.server).kind(Operation.Kind.WRITABLE);
                net.start(writable);
                net.receive(pair.client, sent);
                net.finish(writable);
                net.send(pair.client, "hello");
                net.finish(receive);
            }

            // Both directions of the server, the reading one of the client.
            assertThat(calls.count(Call.EPOLL_CTL) - controls).isEqualTo(3);
        }
    }

    @Test
    void now_whenItWouldHaveBlocked_isRemembered() throws Exception {
        try (var net = new Net(new EpollPoller(calls))) {
            Net.Pair pair = net.connect();
            PollerContract.fill(pair.server, PollerContract.pattern(16 << 20), 0);
            pair.server.receiveNow(new byte[1], 0, 1);
            int receives = calls.count(Call.RECV);

            net.start(new Request(pair.server).kind(Operation.Kind.WRITABLE));
            net.start(new Request(pair.server).receive(100));

            assertThat(calls.count(Call.POLL)).isZero();
            assertThat(calls.count(Call.RECV)).isEqualTo(receives);
        }
    }

    @Test
    void sendNow_ofMoreThanOneCallMoves_makesSeveral() throws Exception {
        try (var net = new Net(new EpollPoller(calls))) {
            Net.Pair pair = net.connect();
            pair.client.setOption(Option.SEND_BUFFER, 4 << 20);
            byte[] message = PollerContract.pattern(SystemCalls.CRITICAL_BYTES_MAX + 1000);

            assertThat(pair.client.sendNow(message, 0, message.length)).isEqualTo(message.length);

            assertThat(calls.count(Call.SEND)).isEqualTo(2);
            byte[] heard = net.receive(pair.server, message.length);
            assertThat(Arrays.mismatch(heard, message)).isEqualTo(-1);
        }
    }

    @Test
    void sends_cutShortByTheKernel_loseNothing() throws Exception {
        calls.sentMax = 7;
        try (var net = new Net(new EpollPoller(calls))) {
            Net.Pair pair = net.connect();
            byte[] message = PollerContract.pattern(1000);

            for (int sent = 0; sent < message.length; )
                sent += net.run(new Request(pair.client).send(message, sent));

            byte[] heard = net.receive(pair.server, message.length);
            assertThat(Arrays.mismatch(heard, message)).isEqualTo(-1);
        }
    }

    @Test
    void poll_roundsItsTimeoutUp() {
        List<Integer> timeouts = new ArrayList<>();
        try (var poller = new EpollPoller(new SystemCalls() {
            @Override
            public int epollWait(int epoll, MemorySegment events, int count, int timeoutMillis) {
                timeouts.add(timeoutMillis);
                return 0;
            }
        })) {
            for (long nanos : new long[] {-5, 0, 1, 999_999, 1_000_000, 1_000_001,
                    Long.MAX_VALUE - 1, Poller.FOREVER})
                poller.poll(nanos);
        }
        assertThat(timeouts).containsExactly(0, 0, 1, 1, 1, 2, Integer.MAX_VALUE, -1);
    }

    // --- what the kernel may say ---

    @Test
    void accept_ofAConnectionThatIsGone_takesTheNext() throws Exception {
        calls.fail(Call.ACCEPT4, 1, Errno.ECONNABORTED).fail(Call.ACCEPT4, 2, Errno.EPROTO)
                .fail(Call.ACCEPT4, 3, Errno.EINTR).fail(Call.ACCEPT4, 4, Errno.EHOSTUNREACH);
        try (var net = new Net(new EpollPoller(calls))) {
            connectOne(net);

            assertThat(net.poller.submit(new Request(net.listener()).accept())).isTrue();

            assertThat(calls.count(Call.ACCEPT4)).isEqualTo(5);
        }
    }

    /// Whoever shares the listener was faster: nobody is told, and nothing is tried again until
    /// the next one comes.
    @Test
    void accept_ofAConnectionThatAnotherHasTaken_waitsForTheNext() throws Exception {
        boolean[] steals = {true};
        var shared = new FaultySystemCalls() {
            @Override
            public int accept4(int fd, MemorySegment address, MemorySegment size, int flags) {
                int accepted = super.accept4(fd, address, size, flags);
                if (accepted < 0 || !steals[0]) return accepted;
                steals[0] = false;
                close(accepted);
                return -Errno.EAGAIN;
            }
        };
        try (var net = new Net(new EpollPoller(shared))) {
            Request accept = net.start(new Request(net.listener()).accept());
            connectOne(net);
            net.pollUntil(() -> !steals[0]);
            int tries = shared.count(Call.ACCEPT4);
            for (int i = 0; i < 5; i++) net.poller.poll(1_000_000);
            assertThat(accept.isOver()).isFalse();
            assertThat(shared.count(Call.ACCEPT4)).isEqualTo(tries);

            connectOne(net);

            assertThat(net.finish(accept)).isZero();
        }
    }

    @Test
    void accept_onABrokenListener_givesUp() throws Exception {
        calls.fail(Call.ACCEPT4, 1, 100_000, Errno.EOPNOTSUPP);
        try (var net = new Net(new EpollPoller(calls))) {
            Request accept = new Request(net.listener()).accept();

            assertThat(net.poller.submit(accept)).isTrue();

            assertThat(accept.result).isEqualTo(-Errno.EOPNOTSUPP);
            assertThat(calls.count(Call.ACCEPT4)).isLessThan(100);
        }
    }

    @Test
    void accept_withoutFreeDescriptors_succeedsWhenSubmittedAgain() throws Exception {
        calls.fail(Call.ACCEPT4, 2, Errno.EMFILE).fail(Call.ACCEPT4, 3, Errno.ENFILE);
        try (var net = new Net(new EpollPoller(calls))) {
            Request accept = net.start(new Request(net.listener()).accept());
            assertThat(accept.isOver()).isFalse();
            connectOne(net);
            assertThat(net.finish(accept)).isEqualTo(-Errno.EMFILE);

            assertThat(net.run(accept)).isEqualTo(-Errno.ENFILE);

            assertThat(net.poller.submit(accept)).isTrue();
            assertThat(accept.result).isZero();
        }
    }

    @Test
    void connect_interruptedAfterItWasMade_succeeds(@TempDir Path folder) throws Exception {
        try (var net = new Net(new EpollPoller(new SystemCalls() {
            @Override
            public int connect(int fd, MemorySegment address, int size) {
                int result = super.connect(fd, address, size);
                return result == 0 ? -Errno.EINTR : result;
            }
        }))) {
            Descriptor listener = net.open(Family.UNIX);
            listener.bind(UnixDomainSocketAddress.of(folder.resolve("socket")));
            listener.listen(5);

            assertThat(net.connect(Family.UNIX, listener).client.isOpen()).isTrue();
        }
    }

    @Test
    void send_withoutBuffers_isAnErrorThatMayPass() throws Exception {
        calls.fail(Call.SEND, 1, Errno.ENOBUFS);
        try (var net = new Net(new EpollPoller(calls))) {
            Net.Pair pair = net.connect();

            assertThat(net.send(pair.client, "hello")).isEqualTo(-Errno.ENOBUFS);

            assertThat(net.send(pair.client, "hello")).isEqualTo(5);
        }
    }

    @Test
    void send_thatWouldBlockTheFirstTime_isSentByThePoll() throws Exception {
        calls.fail(Call.SEND, 1, Errno.EAGAIN);
        try (var net = new Net(new EpollPoller(calls))) {
            Net.Pair pair = net.connect();
            Request send = net.start(new Request(pair.server).send("hello"));
            assertThat(send.isOver()).isFalse();

            assertThat(net.finish(send)).isEqualTo(5);
        }
    }

    @Test
    void receive_thatCannotBeWatched_isOverAtOnce() throws Exception {
        try (var net = new Net(new EpollPoller(calls))) {
            Net.Pair pair = net.connect();
            calls.fail(Call.EPOLL_CTL, calls.count(Call.EPOLL_CTL) + 1, Errno.ENOMEM);
            Request receive = new Request(pair.server).receive(100);

            assertThat(net.poller.submit(receive)).isTrue();

            assertThat(receive.result).isEqualTo(-Errno.ENOMEM);
            net.start(receive);
            net.send(pair.client, "hello");
            assertThat(net.finish(receive)).isEqualTo(5);
        }
    }

    @Test
    void constructor_withoutDescriptors_saysSoAndLeavesNothing() {
        for (Call call : List.of(Call.EPOLL_CREATE1, Call.EVENTFD, Call.EPOLL_CTL))
            assertThatThrownBy(() ->
                    new EpollPoller(new FaultySystemCalls().fail(call, 1, Errno.EMFILE)))
                    .isInstanceOf(UncheckedIOException.class).hasMessageContaining("EMFILE");
    }

    @Test
    void open_withoutDescriptors_saysSo() {
        calls.fail(Call.SOCKET, 1, Errno.EMFILE);
        try (var poller = new EpollPoller(calls)) {
            Descriptor descriptor = poller.open(Family.INET);

            assertThat(descriptor.error()).isEqualTo(-Errno.EMFILE);
            assertThat(descriptor.isOpen()).isFalse();
            assertThat(descriptor.number()).isEqualTo(-1);
            descriptor.close();
            assertThat(calls.count(Call.CLOSE)).isZero();
        }
    }

    @Test
    void poll_ofAClosedPoller_isAnError() {
        var poller = new EpollPoller();
        poller.close();

        assertThatThrownBy(() -> poller.poll(0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void poll_whenEpollItselfFails_isAnError() {
        calls.fail(Call.EPOLL_WAIT, 1, Errno.EBADF);
        try (var poller = new EpollPoller(calls)) {
            assertThatThrownBy(() -> poller.poll(0)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("EBADF");
        }
    }

    @Test
    void close_fromWithinAPoll_endsIt() throws Exception {
        try (var net = new Net(new EpollPoller())) {
            Net.Pair one = net.connect();
            Net.Pair two = net.connect();
            Request first = new Request(one.server).receive(100);
            Request second = new Request(two.server).receive(100);
            first.then = net.poller::close;
            second.then = net.poller::close;
            net.start(first);
            net.start(second);
            net.send(one.client, "hello");
            net.send(two.client, "hello");

            net.pollUntil(first::isOver);

            assertThat(List.of(first.result, second.result))
                    .containsExactlyInAnyOrder(5, -Errno.EBADF);
        }
    }

    // --- what else Linux has ---

    @Test
    void descriptors_ofEveryOrigin_areNonBlockingAndCloseOnExec() throws Exception {
        try (var net = new Net(new EpollPoller())) {
            Net.Pair pair = net.connect();

            for (Descriptor descriptor : List.of(net.listener(), pair.client, pair.server))
                assertThat(KernelFiles.flags(descriptor.number()) & (O_NONBLOCK | O_CLOEXEC))
                        .isEqualTo(O_NONBLOCK | O_CLOEXEC);
        }
    }

    @Test
    void options_whenSet_areTheKernels() throws Exception {
        try (var net = new Net(new EpollPoller())) {
            Descriptor socket = net.open(Family.INET);

            for (Option option : List.of(Option.REUSE_ADDRESS, Option.REUSE_PORT,
                    Option.KEEP_ALIVE, Option.NO_DELAY)) {
                assertThat(socket.getOption(option)).isZero();
                assertThat(socket.setOption(option, 1)).isZero();
                assertThat(socket.getOption(option)).isOne();
            }
            assertThat(socket.getOption(Option.LINGER)).isEqualTo(-1);
            assertThat(socket.setOption(Option.LINGER, 3)).isZero();
            assertThat(socket.getOption(Option.LINGER)).isEqualTo(3);
            assertThat(socket.setOption(Option.LINGER, -1)).isZero();
            assertThat(socket.getOption(Option.LINGER)).isEqualTo(-1);
            assertThat(socket.setOption(Option.SEND_BUFFER, 20_000)).isZero();
            assertThat(socket.getOption(Option.SEND_BUFFER)).isEqualTo(40_000);
            assertThat(socket.setOption(Option.RECEIVE_BUFFER, 20_000)).isZero();
            assertThat(socket.getOption(Option.RECEIVE_BUFFER)).isEqualTo(40_000);
            assertThat(net.open(Family.INET6).setOption(Option.V6_ONLY, 1)).isZero();
            assertThat(socket.setOption(Option.V6_ONLY, 1)).isNegative();
        }
    }

    @Test
    void receive_acrossUrgentData_doesNotStall() throws Exception {
        try (var net = new Net(new EpollPoller());
                var client = new Socket()) {
            client.connect((InetSocketAddress) net.listener().localAddress());
            Request accept = new Request(net.listener()).accept();
            net.run(accept);
            Request receive = net.start(new Request(net.accepted(accept)).receive(100));
            client.getOutputStream().write("before ".getBytes(StandardCharsets.UTF_8));
            client.sendUrgentData('!');
            client.getOutputStream().write("after".getBytes(StandardCharsets.UTF_8));
            var heard = new StringBuilder();

            while (heard.length() < 12) {
                net.finish(receive);
                heard.append(receive.text());
                net.start(receive);
            }

            assertThat(heard.toString()).isEqualTo("before after");
        }
    }

    @Test
    void v6Listener_ofBothFamilies_acceptsV4() throws Exception {
        try (var net = new Net(new EpollPoller())) {
            Descriptor listener = net.open(Family.INET6);
            listener.setOption(Option.V6_ONLY, 0);
            assertThat(listener.bind(new InetSocketAddress("::", 0))).isZero();
            assertThat(listener.listen(5)).isZero();
            int port = ((InetSocketAddress) listener.localAddress()).getPort();
            Descriptor client = net.open(Family.INET);
            net.run(new Request(client).connect(new InetSocketAddress("127.0.0.1", port)));
            Request accept = new Request(listener).accept();

            assertThat(net.run(accept)).isZero();

            assertThat(net.accepted(accept).remoteAddress()).isEqualTo(client.localAddress());
        }
    }

    private static void connectOne(Net net) {
        Request connect = new Request(net.open(Family.INET));
        assertThat(net.run(connect.connect(net.listener().localAddress()))).isZero();
    }
}
