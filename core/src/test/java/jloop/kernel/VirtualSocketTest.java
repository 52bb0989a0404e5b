package jloop.kernel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jloop.poller.Descriptor;
import jloop.poller.Descriptor.Option;
import jloop.poller.Family;
import jloop.poller.Operation;
import jloop.poller.Operation.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The sockets of a virtual poller: that they do what those of Linux do.
class VirtualSocketTest {

    static final int PIPE_BYTES = 4;

    final VirtualPoller poller = new VirtualPoller(Duration.ZERO, PIPE_BYTES);
    final VirtualPair pair = new VirtualPair(poller);
    final List<String> trace = new ArrayList<>();

    @AfterEach
    void close() {
        poller.close();
    }

    static InetSocketAddress inet(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }

    TracedOperation operation(String name, Kind kind, Descriptor descriptor) {
        return new TracedOperation(name, trace, kind, descriptor).with(new byte[16]);
    }

    /// Submits, polls once if need be, and returns the result, or `-EAGAIN`.
    int result(Operation operation) {
        if (poller.submit(operation)) return operation.result;
        int before = trace.size();
        poller.poll(0);
        return trace.size() > before ? operation.result : -Errno.EAGAIN;
    }

    int connect(Descriptor client, SocketAddress to) {
        return result(operation("connect", Kind.CONNECT, client).to(to));
    }

    static int send(Descriptor descriptor, String text) {
        return descriptor.sendNow(text.getBytes(US_ASCII), 0, text.length());
    }

    /// What is there, or the error.
    static String receive(Descriptor descriptor) {
        var bytes = new byte[16];
        int result = descriptor.receiveNow(bytes, 0, bytes.length);
        if (result < 0) return Errno.text(-result).split(":")[0];
        return result == 0 ? "eof" : new String(bytes, 0, result, US_ASCII);
    }

    // ---- bytes ---------------------------------------------------------------------------------

    @Test
    void send_moreThanFits_sendsAPart() {
        var send = operation("send", Kind.SEND, pair.client).with("abcdefgh".getBytes(US_ASCII));

        assertThat(poller.submit(send)).isTrue();
        assertThat(send.result).isEqualTo(PIPE_BYTES);
        assertThat(send(pair.client, "e")).isEqualTo(-Errno.EAGAIN);
        assertThat(receive(pair.server)).isEqualTo("abcd");
    }

    @Test
    void send_withoutRoom_waitsForIt() {
        send(pair.client, "abcd");
        var send = operation("send", Kind.SEND, pair.client).with("ef".getBytes(US_ASCII));
        assertThat(poller.submit(send)).isFalse();
        poller.poll(0);
        assertThat(trace).isEmpty();

        receive(pair.server);
        poller.poll(0);

        assertThat(trace).containsExactly("send=2");
        assertThat(receive(pair.server)).isEqualTo("ef");
    }

    @Test
    void receive_doesNotWaitForAllItAskedFor() {
        poller.submit(operation("receive", Kind.RECEIVE, pair.server));

        send(pair.client, "ab");
        poller.poll(0);

        assertThat(trace).containsExactly("receive=2");
    }

    @Test
    void directions_areIndependent() {
        send(pair.client, "ping");
        send(pair.server, "pong");

        assertThat(receive(pair.client)).isEqualTo("pong");
        assertThat(receive(pair.server)).isEqualTo("ping");
        assertThat(receive(pair.server)).isEqualTo("EAGAIN");
    }

    @Test
    void readableAndWritable_tellWhetherACallWouldWait() {
        assertThat(result(operation("readable", Kind.READABLE, pair.server)))
                .isEqualTo(-Errno.EAGAIN);
        assertThat(result(operation("writable", Kind.WRITABLE, pair.client))).isZero();

        send(pair.client, "abcd");
        poller.poll(0);
        assertThat(trace).containsExactly("readable=0");
        assertThat(result(operation("writable", Kind.WRITABLE, pair.client)))
                .isEqualTo(-Errno.EAGAIN);
    }

    @Test
    void submit_whileTheDirectionIsBusy_isRefused() {
        poller.submit(operation("receive", Kind.RECEIVE, pair.server));

        assertThatThrownBy(() -> poller.submit(operation("again", Kind.READABLE, pair.server)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageEndingWith(
                        " is receiving already: one operation at a time in each direction");
        assertThat(poller.submit(operation("send", Kind.SEND, pair.server))).isTrue();
    }

    // ---- the end of a connection ---------------------------------------------------------------

    @Test
    void shutdownOutput_endsTheStreamAfterItsBytes() {
        send(pair.client, "ab");

        assertThat(pair.client.shutdownOutput()).isZero();

        assertThat(receive(pair.server)).isEqualTo("ab");
        assertThat(receive(pair.server)).isEqualTo("eof");
        assertThat(receive(pair.server)).isEqualTo("eof");
        assertThat(send(pair.client, "c")).isEqualTo(-Errno.EPIPE);
        assertThat(send(pair.server, "back")).isEqualTo(4);
        assertThat(receive(pair.client)).isEqualTo("back");
    }

    @Test
    void shutdownOutput_endsAReceiveAndASendUnderWay() {
        send(pair.client, "abcd");
        poller.submit(operation("send", Kind.SEND, pair.client));
        poller.submit(operation("receive", Kind.RECEIVE, pair.server));
        poller.poll(0);     // receives
        poller.poll(0);     // sends
        receive(pair.server);
        send(pair.client, "abcd");
        poller.submit(operation("send", Kind.SEND, pair.client));
        trace.clear();

        pair.client.shutdownOutput();
        poller.poll(0);

        assertThat(trace).containsExactly("send=" + -Errno.EPIPE);
    }

    @Test
    void close_endsTheStreamAfterItsBytes() {
        send(pair.client, "ab");

        pair.client.close();

        assertThat(receive(pair.server)).isEqualTo("ab");
        assertThat(receive(pair.server)).isEqualTo("eof");
    }

    @Test
    void close_withUnreadBytes_resets() {
        send(pair.server, "unread");
        poller.submit(operation("receive", Kind.RECEIVE, pair.server));

        pair.client.close();
        poller.poll(0);

        assertThat(trace).containsExactly("receive=" + -Errno.ECONNRESET);
        assertThat(receive(pair.server)).isEqualTo("eof");
        assertThat(send(pair.server, "x")).isEqualTo(-Errno.EPIPE);
        assertThat(pair.server.shutdownOutput()).isEqualTo(-Errno.ENOTCONN);
    }

    @Test
    void close_withLinger0_resetsAfterTheBytesThatArrived() {
        pair.client.setOption(Option.LINGER, 0);
        send(pair.client, "ab");

        pair.client.close();

        assertThat(receive(pair.server)).isEqualTo("ab");
        assertThat(receive(pair.server)).isEqualTo("ECONNRESET");
        assertThat(receive(pair.server)).isEqualTo("eof");
    }

    @Test
    void close_withLinger0AfterTheEndOfTheStream_onlyBreaksThePipe() {
        pair.client.shutdownOutput();
        assertThat(receive(pair.server)).isEqualTo("eof");
        pair.client.setOption(Option.LINGER, 0);

        pair.client.close();

        assertThat(receive(pair.server)).isEqualTo("eof");
        assertThat(send(pair.server, "x")).isEqualTo(-Errno.EPIPE);
    }

    @Test
    void close_withLinger0OfAUnixSocket_isAnOrdinaryClose() {
        var unix = VirtualPair.unix(poller, "/a/path");
        unix.client.setOption(Option.LINGER, 0);

        unix.client.close();

        assertThat(receive(unix.server)).isEqualTo("eof");
    }

    @Test
    void close_whileThePeerWaitsForRoom_resetsThePeer() {
        send(pair.client, "abcd");
        poller.submit(operation("send", Kind.SEND, pair.client));

        pair.server.close();
        poller.poll(0);

        assertThat(trace).containsExactly("send=" + -Errno.ECONNRESET);
    }

    @Test
    void send_toAClosedPeer_succeedsOnceOverTcp() {
        pair.server.close();

        assertThat(send(pair.client, "lost")).isEqualTo(4);
        assertThat(send(pair.client, "lost")).isEqualTo(-Errno.EPIPE);
        assertThat(receive(pair.client)).isEqualTo("eof");
    }

    @Test
    void send_toAClosedPeer_failsAtOnceOverUnix() {
        var unix = VirtualPair.unix(poller, "/a/path");
        unix.server.close();

        assertThat(send(unix.client, "lost")).isEqualTo(-Errno.EPIPE);
    }

    @Test
    void close_tellsItsOwnOperationsWithinTheCall() {
        poller.submit(operation("receive", Kind.RECEIVE, pair.client));
        send(pair.client, "abcd");
        poller.submit(operation("send", Kind.SEND, pair.client));

        pair.client.close();

        assertThat(trace).containsExactly("receive=" + -Errno.EBADF, "send=" + -Errno.EBADF);
        pair.client.close();
        assertThat(receive(pair.client)).isEqualTo("EBADF");
        assertThat(result(operation("send", Kind.SEND, pair.client))).isEqualTo(-Errno.EBADF);
        assertThat(pair.client.localAddress()).isNull();
        assertThat(pair.client.remoteAddress()).isNull();
    }

    // ---- connecting ----------------------------------------------------------------------------

    @Test
    void connect_toNobody_isRefused() {
        assertThat(connect(poller.open(Family.INET), inet("127.0.0.1", 9)))
                .isEqualTo(-Errno.ECONNREFUSED);
        assertThat(connect(poller.open(Family.UNIX), UnixDomainSocketAddress.of("/no/such")))
                .isEqualTo(-Errno.ENOENT);
    }

    @Test
    void connect_toASocketThatIsOnlyBound_isRefused() {
        Descriptor bound = poller.open(Family.INET);
        bound.bind(inet("127.0.0.1", 8080));

        assertThat(connect(poller.open(Family.INET), inet("127.0.0.1", 8080)))
                .isEqualTo(-Errno.ECONNREFUSED);
    }

    @Test
    void connect_again_isRefused() {
        assertThat(connect(pair.client, pair.address)).isEqualTo(-Errno.EISCONN);
        assertThat(connect(pair.listener, pair.address)).isEqualTo(-Errno.EISCONN);
    }

    @Test
    void connect_withTheWrongFamily_isRefused() {
        assertThat(connect(poller.open(Family.INET), inet("::1", 80)))
                .isEqualTo(-Errno.EAFNOSUPPORT);
        assertThat(connect(poller.open(Family.UNIX), inet("127.0.0.1", 80)))
                .isEqualTo(-Errno.EAFNOSUPPORT);
    }

    @Test
    void connect_toAFullBacklog_waitsForRoom() {
        var address = inet("127.0.0.1", 8080);
        Descriptor listener = VirtualPair.listener(poller, Family.INET, address, 1);
        assertThat(connect(poller.open(Family.INET), address)).isZero();
        Descriptor second = poller.open(Family.INET);
        Descriptor third = poller.open(Family.INET);
        assertThat(connect(second, address)).isEqualTo(-Errno.EAGAIN);
        assertThat(connect(third, address)).isEqualTo(-Errno.EAGAIN);
        assertThat(second.remoteAddress()).isNull();

        assertThat(result(operation("accept", Kind.ACCEPT, listener))).isZero();
        poller.poll(0);

        assertThat(trace).containsExactly("connect=0");
        assertThat(second.remoteAddress()).isEqualTo(address);
        assertThat(third.remoteAddress()).isNull();
    }

    @Test
    void connect_whileTheListenerCloses_isRefused() {
        var address = inet("127.0.0.1", 8080);
        Descriptor listener = VirtualPair.listener(poller, Family.INET, address, 1);
        Descriptor inBacklog = poller.open(Family.INET);
        connect(inBacklog, address);
        connect(poller.open(Family.INET), address);

        listener.close();
        poller.poll(0);

        assertThat(trace).containsExactly("connect=" + -Errno.ECONNREFUSED);
        assertThat(receive(inBacklog)).isEqualTo("ECONNRESET");
    }

    @Test
    void close_whileConnecting_givesUpThePlace() {
        var address = inet("127.0.0.1", 8080);
        Descriptor listener = VirtualPair.listener(poller, Family.INET, address, 1);
        connect(poller.open(Family.INET), address);
        Descriptor client = poller.open(Family.INET);
        connect(client, address);

        client.close();

        assertThat(trace).containsExactly("connect=" + -Errno.EBADF);
        var accept = operation("accept", Kind.ACCEPT, listener);
        assertThat(result(accept)).isZero();
        assertThat(result(accept)).isEqualTo(-Errno.EAGAIN);
    }

    @Test
    void cancel_ofAConnectThatWaits_leavesTheSocketFresh() {
        var address = inet("127.0.0.1", 8080);
        Descriptor listener = VirtualPair.listener(poller, Family.INET, address, 1);
        connect(poller.open(Family.INET), address);
        Descriptor client = poller.open(Family.INET);
        var connect = operation("connect", Kind.CONNECT, client).to(address);
        poller.submit(connect);

        assertThat(poller.cancel(connect)).isTrue();

        result(operation("accept", Kind.ACCEPT, listener));
        poller.poll(0);
        assertThat(trace).isEmpty();
        assertThat(result(connect)).isZero();
    }

    @Test
    void cancel_ofAConnectThatGotThere_isTooLate() {
        var address = inet("127.0.0.1", 8080);
        Descriptor listener = VirtualPair.listener(poller, Family.INET, address, 1);
        connect(poller.open(Family.INET), address);
        var connect = operation("connect", Kind.CONNECT, poller.open(Family.INET)).to(address);
        poller.submit(connect);
        result(operation("accept", Kind.ACCEPT, listener));

        assertThat(poller.cancel(connect)).isFalse();

        poller.poll(0);
        assertThat(trace).containsExactly("connect=0");
    }

    @Test
    void accept_waitsForAConnection() {
        var accept = operation("accept", Kind.ACCEPT, pair.listener);
        assertThat(poller.submit(accept)).isFalse();

        connect(poller.open(Family.INET), pair.address);
        poller.poll(0);

        assertThat(trace).containsExactly("accept=0");
        assertThat(accept.accepted).isNotNull();
    }

    @Test
    void accept_afterTheClientClosed_stillHasItsBytes() {
        Descriptor client = poller.open(Family.INET);
        connect(client, pair.address);
        send(client, "bye");
        client.close();
        var accept = operation("accept", Kind.ACCEPT, pair.listener);

        assertThat(result(accept)).isZero();

        assertThat(receive(accept.accepted)).isEqualTo("bye");
        assertThat(receive(accept.accepted)).isEqualTo("eof");
    }

    @Test
    void operations_onASocketThatIsNotConnected_areRefused() {
        Descriptor fresh = poller.open(Family.INET);

        assertThat(send(fresh, "x")).isEqualTo(-Errno.ENOTCONN);
        assertThat(receive(fresh)).isEqualTo("ENOTCONN");
        assertThat(fresh.shutdownOutput()).isEqualTo(-Errno.ENOTCONN);
        assertThat(result(operation("accept", Kind.ACCEPT, fresh))).isEqualTo(-Errno.EINVAL);
        assertThat(pair.client.listen(1)).isEqualTo(-Errno.EINVAL);
    }

    // ---- addresses -----------------------------------------------------------------------------

    @Test
    void ports_areGivenInTurn() {
        // The pair took the first for its listener and the second for its client.
        assertThat(pair.address).isEqualTo(inet("127.0.0.1", 49152));
        assertThat(pair.client.localAddress()).isEqualTo(inet("127.0.0.1", 49153));
        assertThat(pair.client.remoteAddress()).isEqualTo(pair.address);
        assertThat(pair.server.localAddress()).isEqualTo(pair.address);
        assertThat(pair.server.remoteAddress()).isEqualTo(pair.client.localAddress());

        pair.client.close();
        Descriptor listener = poller.open(Family.INET);
        assertThat(listener.listen(1)).isZero();
        assertThat(listener.localAddress()).isEqualTo(inet("0.0.0.0", 49154));
    }

    @Test
    void bind_toAnAddressInUse_isRefused() {
        Descriptor other = poller.open(Family.INET);

        assertThat(other.bind(pair.address)).isEqualTo(-Errno.EADDRINUSE);
        assertThat(other.bind(inet("0.0.0.0", 49152))).isEqualTo(-Errno.EADDRINUSE);
        assertThat(other.bind(inet("127.0.0.2", 49152))).isZero();
        assertThat(other.bind(inet("127.0.0.3", 80))).isEqualTo(-Errno.EINVAL);

        pair.listener.close();
        assertThat(poller.open(Family.INET).bind(pair.address)).isZero();
    }

    @Test
    void bind_ofBothFamiliesToOnePort_needsV6Only() {
        VirtualPair.listener(poller, Family.INET, inet("0.0.0.0", 8080), 1);
        Descriptor six = poller.open(Family.INET6);

        assertThat(six.bind(inet("::", 8080))).isEqualTo(-Errno.EADDRINUSE);
        six.setOption(Option.V6_ONLY, 1);
        assertThat(six.bind(inet("::", 8080))).isZero();
    }

    @Test
    void connect_findsTheWildcardOfEitherFamily() {
        VirtualPair.listener(poller, Family.INET6, inet("::", 8080), 10);

        assertThat(connect(poller.open(Family.INET6), inet("::1", 8080))).isZero();
        assertThat(connect(poller.open(Family.INET), inet("127.0.0.1", 8080))).isZero();
        Descriptor client = poller.open(Family.INET);
        assertThat(connect(client, inet("0.0.0.0", 8080))).isZero();
        assertThat(client.remoteAddress()).isEqualTo(inet("127.0.0.1", 8080));
    }

    @Test
    void connect_prefersTheVeryAddressToTheWildcard() {
        Descriptor all = poller.open(Family.INET);
        Descriptor one = poller.open(Family.INET);
        for (Descriptor listener : List.of(all, one)) listener.setOption(Option.REUSE_PORT, 1);
        all.bind(inet("0.0.0.0", 8080));
        all.listen(1);
        one.bind(inet("127.0.0.1", 8080));
        one.listen(1);

        connect(poller.open(Family.INET), inet("127.0.0.1", 8080));

        assertThat(result(operation("one", Kind.ACCEPT, one))).isZero();
        assertThat(result(operation("all", Kind.ACCEPT, all))).isEqualTo(-Errno.EAGAIN);
    }

    @Test
    void bind_beforeConnect_keepsThePort() {
        Descriptor client = poller.open(Family.INET);
        client.bind(inet("0.0.0.0", 7000));

        connect(client, pair.address);

        assertThat(client.localAddress()).isEqualTo(inet("127.0.0.1", 7000));
    }

    @Test
    void unixSockets_haveAPathOnTheListenersSideOnly() {
        var unix = VirtualPair.unix(poller, "/run/jloop.sock");
        var path = UnixDomainSocketAddress.of("/run/jloop.sock");

        assertThat(unix.client.remoteAddress()).isEqualTo(path);
        assertThat(unix.server.localAddress()).isEqualTo(path);
        assertThat(unix.client.localAddress()).isEqualTo(UnixDomainSocketAddress.of(""));
        assertThat(unix.server.remoteAddress()).isEqualTo(UnixDomainSocketAddress.of(""));
        assertThat(poller.open(Family.UNIX).bind(path)).isEqualTo(-Errno.EADDRINUSE);
        assertThat(poller.open(Family.UNIX).listen(1)).isEqualTo(-Errno.EINVAL);

        unix.listener.close();
        assertThat(poller.open(Family.UNIX).bind(path)).isZero();
        assertThat(poller.open(Family.UNIX)
                .bind(UnixDomainSocketAddress.of("x".repeat(108)))).isEqualTo(-Errno.ENAMETOOLONG);
    }

    @Test
    void unlink_ofAUnixSocket_freesThePathAndNothingElse() {
        var unix = VirtualPair.unix(poller, "/run/jloop.sock");
        var path = UnixDomainSocketAddress.of("/run/jloop.sock");
        Object key = unix.listener.fileKey(path);
        VirtualSocket next = poller.open(Family.UNIX);

        assertThat(next.unlink(path, null)).as("in use").isEqualTo(-Errno.EADDRINUSE);
        assertThat(next.unlink(path, key)).isZero();
        assertThat(next.unlink(path, key)).isEqualTo(-Errno.ENOENT);
        assertThat(next.unlink(path, null)).isEqualTo(-Errno.ENOENT);
        assertThat(((VirtualSocket) unix.listener).isListening()).isTrue();
        assertThat(next.bind(path)).isZero();
        assertThat(next.fileKey(path)).isNotNull().isNotEqualTo(key);

        assertThat(unix.listener.unlink(path, key)).isEqualTo(-Errno.ENOENT);
        unix.listener.close();
        assertThat(poller.open(Family.UNIX).bind(path)).isEqualTo(-Errno.EADDRINUSE);
    }

    @Test
    void bind_toAnUnresolvedName_isRefused() {
        assertThat(poller.open(Family.INET).bind(InetSocketAddress.createUnresolved("name", 1)))
                .isEqualTo(-Errno.EINVAL);
    }

    // ---- options -------------------------------------------------------------------------------

    @Test
    void options_areRemembered() {
        assertThat(pair.client.getOption(Option.LINGER)).isEqualTo(-1);
        assertThat(pair.client.getOption(Option.SEND_BUFFER)).isEqualTo(PIPE_BYTES);
        assertThat(pair.client.setOption(Option.NO_DELAY, 1)).isZero();
        assertThat(pair.client.getOption(Option.NO_DELAY)).isEqualTo(1);
        assertThat(poller.open(Family.UNIX).setOption(Option.NO_DELAY, 1))
                .isEqualTo(-Errno.EOPNOTSUPP);
    }
}
