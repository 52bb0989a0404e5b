package jloop.kernel;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.Objects;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Operation.Kind;

/// Two connected virtual sockets and the listener that they met at.
final class VirtualPair {

    final Descriptor listener;
    final Descriptor client;
    final Descriptor server;
    final SocketAddress address;

    VirtualPair(VirtualPoller poller) {
        this(poller, Family.INET,
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
    }

    VirtualPair(VirtualPoller poller, Family family, SocketAddress address) {
        listener = listener(poller, family, address, 10);
        this.address = Objects.requireNonNull(listener.localAddress());
        client = poller.open(family);
        var trace = new ArrayList<String>();
        var connect = new TracedOperation("connect", trace, Kind.CONNECT, client).to(this.address);
        var accept = new TracedOperation("accept", trace, Kind.ACCEPT, listener);
        succeed(poller.submit(connect) ? connect.result : -Errno.EAGAIN);
        succeed(poller.submit(accept) ? accept.result : -Errno.EAGAIN);
        server = Objects.requireNonNull(accept.accepted);
    }

    static VirtualPair unix(VirtualPoller poller, String path) {
        return new VirtualPair(poller, Family.UNIX, UnixDomainSocketAddress.of(path));
    }

    static Descriptor listener(
            VirtualPoller poller, Family family, SocketAddress address, int backlog) {
        Descriptor listener = poller.open(family);
        succeed(listener.error());
        succeed(listener.bind(address));
        succeed(listener.listen(backlog));
        return listener;
    }

    private static void succeed(int result) {
        if (result != 0) throw new AssertionError(Errno.text(-result));
    }
}
