package jloop.kernel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import jloop.poller.Clock;
import jloop.poller.Descriptor;
import jloop.poller.Descriptor.Option;
import jloop.poller.Family;
import jloop.poller.Operation;
import jloop.poller.Operation.Kind;
import jloop.poller.Poller;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is particular to the poller over java.nio.
class NioPollerTest implements PollerContract {

    final NioPoller poller = new NioPoller();
    final List<String> trace = new ArrayList<>();
    final Descriptor listener = listener();
    final Descriptor client = poller.open(Family.INET);
    final Descriptor server = connect(client);

    @Override
    public Poller newPoller() {
        return new NioPoller();
    }

    @AfterEach
    void close() {
        poller.close();
    }

    static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
    }

    TracedOperation operation(String name, Kind kind, Descriptor descriptor) {
        return new TracedOperation(name, trace, kind, descriptor).with(new byte[64 * 1024]);
    }

    Descriptor listener() {
        Descriptor made = poller.open(Family.INET);
        assertThat(made.bind(loopback(0))).isZero();
        assertThat(made.listen(10)).isZero();
        return made;
    }

    /// Connects; returns the accepted end.
    Descriptor connect(Descriptor from) {
        assertThat(result(operation("connect", Kind.CONNECT, from).to(address()))).isZero();
        var accept = operation("accept", Kind.ACCEPT, listener);
        assertThat(result(accept)).isZero();
        trace.clear();
        return Objects.requireNonNull(accept.accepted);
    }

    SocketAddress address() {
        return Objects.requireNonNull(listener.localAddress());
    }

    /// Submits, polls until it is over, and returns the result.
    int result(Operation operation) {
        if (!poller.submit(operation)) await(operation);
        return operation.result;
    }

    void await(Operation operation) {
        Descriptor descriptor = operation.descriptor;
        while (descriptor.isBusy(operation.kind))
            poller.poll(Poller.FOREVER);
    }

    static void fill(Descriptor sender) {
        var bytes = new byte[64 * 1024];
        while (sender.sendNow(bytes, 0, bytes.length) > 0) { }
    }

    static void drain(Descriptor receiver) {
        var bytes = new byte[64 * 1024];
        while (receiver.receiveNow(bytes, 0, bytes.length) > 0) { }
    }

    List<Integer> interests() {
        return poller.selector.keys().stream().map(SelectionKey::interestOps)
                .filter(interest -> interest != 0).toList();
    }

    // ---- invariants ----------------------------------------------------------------------------

    /// I1
    @Test
    void interest_isThatOfTheOperationsUnderWay() {
        TracedOperation send;
        do {                        // the kernel may make room for more a moment later
            fill(client);
            send = operation("send", Kind.SEND, client);
        } while (poller.submit(send));
        trace.clear();
        assertThat(interests()).containsExactly(SelectionKey.OP_WRITE);
        assertThat(poller.submit(operation("receive", Kind.RECEIVE, client))).isFalse();
        assertThat(interests())
                .containsExactly(SelectionKey.OP_WRITE | SelectionKey.OP_READ);

        drain(server);
        await(send);

        assertThat(trace).containsExactly("send=" + send.result);
        assertThat(interests()).containsExactly(SelectionKey.OP_READ);
    }

    /// I1
    @Test
    void interest_afterConnectAndAfterCancel_isNone() {
        assertThat(interests()).isEmpty();
        var receive = operation("receive", Kind.RECEIVE, client);
        poller.submit(receive);

        assertThat(poller.cancel(receive)).isTrue();
        assertThat(poller.cancel(receive)).isFalse();

        assertThat(interests()).isEmpty();
    }

    /// I2
    @Test
    void submit_timeAndAgain_keepsOneKey() {
        var receive = operation("receive", Kind.RECEIVE, server);
        poller.submit(receive);
        Set<SelectionKey> keys = Set.copyOf(poller.selector.keys());

        for (int i = 0; i < 3; i++) {
            assertThat(client.sendNow(new byte[1], 0, 1)).isEqualTo(1);
            await(receive);
            assertThat(poller.submit(receive)).isFalse();
        }

        assertThat(trace).containsExactly("receive=1", "receive=1", "receive=1");
        assertThat(poller.selector.keys()).isEqualTo(keys);
    }

    /// I3
    @Test
    void wake_beforeAClose_stillEndsTheNextPoll() {
        var receive = operation("receive", Kind.RECEIVE, client);
        poller.submit(receive);
        poller.cancel(receive);
        poller.wake();

        client.close();     // selects

        poller.poll(Poller.FOREVER);
    }

    /// I3
    @Test
    void wake_onceSeen_letsTheNextPollSleep() {
        long timeout = 2_000_000;
        poller.wake();
        poller.poll(Poller.FOREVER);

        long before = Clock.SYSTEM.nanos();
        poller.poll(timeout);

        assertThat(Clock.SYSTEM.nanos() - before).isGreaterThanOrEqualTo(timeout);
    }

    /// I4
    @Test
    void poll_onAnInterruptedThread_sleepsAndKeepsTheFlag() {
        long timeout = 2_000_000;
        Thread.currentThread().interrupt();

        long before = Clock.SYSTEM.nanos();
        poller.poll(timeout);

        assertThat(Clock.SYSTEM.nanos() - before).isGreaterThanOrEqualTo(timeout);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void poll_withoutTimeout_doesNotSleep() {
        poller.poll(0);
        poller.poll(-1);

        assertThat(trace).isEmpty();
    }

    // ---- closing is at once --------------------------------------------------------------------

    /// Another process may take one of them, not all.
    @Test
    void close_freesThePortAtOnce() {
        List<Integer> results = new ArrayList<>();
        while (!results.contains(0) && results.size() < 10) {
            trace.clear();
            results.add(bindAgainAfterClose());
        }
        assertThat(results).endsWith(0);
    }

    private int bindAgainAfterClose() {
        Descriptor other = listener();
        SocketAddress address = Objects.requireNonNull(other.localAddress());
        poller.submit(operation("accept", Kind.ACCEPT, other));

        other.close();

        int bound = poller.open(Family.INET).bind(address);
        assertThat(trace).containsExactly("accept=" + -Errno.EBADF);
        return bound;
    }

    @Test
    void close_withLinger0_resetsAtOnce() {
        poller.submit(operation("send", Kind.READABLE, client));     // so that it is registered
        client.setOption(Option.LINGER, 0);
        client.close();

        var bytes = new byte[1];
        assertThat(result(operation("receive", Kind.RECEIVE, server)))
                .isEqualTo(-Errno.ECONNRESET);
        assertThat(server.sendNow(bytes, 0, 1)).isIn(-Errno.EPIPE, -Errno.ECONNRESET);
    }

    /// The selection that a close makes may find others ready; they may no longer be so later.
    @Test
    void close_leavesNoStaleReadiness() {
        var receive = operation("receive", Kind.RECEIVE, client);
        poller.submit(receive);
        poller.submit(operation("accept", Kind.ACCEPT, listener));
        assertThat(server.sendNow(new byte[1], 0, 1)).isEqualTo(1);
        listener.close();       // selects
        trace.clear();
        poller.cancel(receive);
        int received;
        do received = client.receiveNow(new byte[1], 0, 1);
        while (received == -Errno.EAGAIN);          // it may be under way still
        assertThat(received).isEqualTo(1);

        poller.submit(operation("readable", Kind.READABLE, client));
        poller.poll(0);

        assertThat(trace).isEmpty();
    }

    @Test
    void close_withinAPoll_isSafe() {
        var other = poller.open(Family.INET);
        Descriptor otherServer = connect(other);
        for (Descriptor one : List.of(server, otherServer)) {
            var closing = new Operation(one) {
                @Override
                public void completed() {
                    trace.add("over");
                    server.close();
                    otherServer.close();
                }
            };
            poller.submit(closing);
        }
        client.sendNow(new byte[1], 0, 1);
        other.sendNow(new byte[1], 0, 1);

        while (trace.size() < 2) poller.poll(Poller.FOREVER);
        poller.poll(0);

        assertThat(trace).containsExactly("over", "over");
    }

    @Test
    void poller_closed_closesItsDescriptorsAndRefusesMore() {
        poller.submit(operation("receive", Kind.RECEIVE, client));

        poller.close();
        poller.close();
        poller.wake();

        assertThat(trace).containsExactly("receive=" + -Errno.EBADF);
        assertThat(server.isOpen()).isFalse();
        assertThat(poller.open(Family.INET).error()).isEqualTo(-Errno.EBADF);
        assertThatThrownBy(() -> poller.poll(0)).isInstanceOf(IllegalStateException.class);
    }

    // ---- listening -----------------------------------------------------------------------------

    @Test
    void listen_keepsTheAddressAndTheOptions() {
        Descriptor made = poller.open(Family.INET);
        assertThat(made.setOption(Option.REUSE_ADDRESS, 1)).isZero();
        assertThat(made.bind(loopback(0))).isZero();
        SocketAddress bound = made.localAddress();

        assertThat(made.listen(10)).isZero();

        assertThat(made.localAddress()).isEqualTo(bound);
        assertThat(made.getOption(Option.REUSE_ADDRESS)).isEqualTo(1);
        assertThat(listener.getOption(Option.REUSE_ADDRESS)).isZero();
        assertThat(made.listen(20)).isZero();
        assertThat(client.listen(10)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void listen_withoutBind_getsAPort() {
        Descriptor made = poller.open(Family.INET);

        assertThat(made.listen(10)).isZero();

        assertThat(made.localAddress()).isInstanceOf(InetSocketAddress.class);
    }

    @Test
    void listen_onAUnixSocket_connects(@TempDir Path folder) {
        var address = UnixDomainSocketAddress.of(folder.resolve("socket"));
        Descriptor unix = poller.open(Family.UNIX);
        assertThat(unix.listen(1)).isEqualTo(-Errno.EINVAL);
        assertThat(unix.bind(address)).isZero();
        assertThat(unix.listen(1)).isZero();
        Descriptor other = poller.open(Family.UNIX);

        assertThat(result(operation("connect", Kind.CONNECT, other).to(address))).isZero();
        assertThat(result(operation("accept", Kind.ACCEPT, unix))).isZero();

        assertThat(other.remoteAddress()).isEqualTo(address);
        assertThat(poller.open(Family.UNIX).bind(address)).isEqualTo(-Errno.EADDRINUSE);
        unix.close();
        assertThat(Files.exists(address.getPath())).isTrue();   // as with unix(7)
    }

    // ---- errors --------------------------------------------------------------------------------

    @Test
    void connect_refused_leavesTheDescriptorOpen() {
        Descriptor silent = poller.open(Family.INET);       // has a port, and does not listen
        assertThat(silent.bind(loopback(0))).isZero();
        SocketAddress address = Objects.requireNonNull(silent.localAddress());
        Descriptor other = poller.open(Family.INET);

        assertThat(result(operation("connect", Kind.CONNECT, other).to(address)))
                .isEqualTo(-Errno.ECONNREFUSED);

        assertThat(other.isOpen()).isTrue();
        assertThat(other.receiveNow(new byte[1], 0, 1)).isEqualTo(-Errno.ENOTCONN);
        assertThat(other.sendNow(new byte[1], 0, 1)).isEqualTo(-Errno.EPIPE);
        assertThat(result(operation("readable", Kind.READABLE, other))).isZero();
        other.close();
        assertThat(other.receiveNow(new byte[1], 0, 1)).isEqualTo(-Errno.EBADF);
    }

    @Test
    void send_afterShutdown_isABrokenPipe() {
        assertThat(client.shutdownOutput()).isZero();

        assertThat(client.sendNow(new byte[1], 0, 1)).isEqualTo(-Errno.EPIPE);
        assertThat(result(operation("receive", Kind.RECEIVE, server))).isZero();
        assertThat(server.sendNow("back".getBytes(US_ASCII), 0, 4)).isEqualTo(4);
        assertThat(result(operation("receive", Kind.RECEIVE, client))).isEqualTo(4);
    }

    @Test
    void misuse_isTold() {
        Descriptor fresh = poller.open(Family.INET);

        assertThat(fresh.bind(address())).isEqualTo(-Errno.EADDRINUSE);
        assertThat(fresh.bind(new InetSocketAddress("192.0.2.1", 0)))
                .isEqualTo(-Errno.EADDRNOTAVAIL);
        assertThat(fresh.receiveNow(new byte[1], 0, 1)).isEqualTo(-Errno.ENOTCONN);
        assertThat(fresh.shutdownOutput()).isEqualTo(-Errno.ENOTCONN);
        assertThat(result(operation("accept", Kind.ACCEPT, fresh))).isEqualTo(-Errno.EINVAL);
        assertThat(result(operation("again", Kind.CONNECT, client).to(address())))
                .isEqualTo(-Errno.EISCONN);
        assertThat(result(operation("wrong", Kind.CONNECT, fresh)
                .to(UnixDomainSocketAddress.of("/no/such")))).isEqualTo(-Errno.EAFNOSUPPORT);
        assertThat(result(operation("path", Kind.CONNECT, poller.open(Family.UNIX))
                .to(UnixDomainSocketAddress.of("/no/such")))).isEqualTo(-Errno.ENOENT);
        poller.submit(operation("receive", Kind.RECEIVE, client));
        assertThatThrownBy(() -> poller.submit(operation("again", Kind.RECEIVE, client)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageEndingWith(
                        " is receiving already: one operation at a time in each direction");
    }

    // ---- options -------------------------------------------------------------------------------

    @Test
    void options_areThoseOfTheSystem() {
        for (Option flag : List.of(Option.NO_DELAY, Option.KEEP_ALIVE, Option.REUSE_ADDRESS)) {
            assertThat(client.setOption(flag, 1)).isZero();
            assertThat(client.getOption(flag)).isEqualTo(1);
        }
        assertThat(client.getOption(Option.LINGER)).isEqualTo(-1);
        assertThat(client.setOption(Option.LINGER, 5)).isZero();
        assertThat(client.getOption(Option.LINGER)).isEqualTo(5);
        assertThat(client.setOption(Option.RECEIVE_BUFFER, -1)).isEqualTo(-Errno.EINVAL);
        assertThat(client.setOption(Option.V6_ONLY, 1)).isEqualTo(-Errno.EOPNOTSUPP);
        assertThat(client.setOption(Option.V6_ONLY, 0)).isZero();
        assertThat(listener.setOption(Option.NO_DELAY, 1)).isEqualTo(-Errno.EOPNOTSUPP);
    }
}
