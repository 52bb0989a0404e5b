package jloop.io;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.Socket;
import jloop.poller.UnixName;
import org.jspecify.annotations.Nullable;

/// Opens endpoints of datagrams: what [Asyncio#createDatagramEndpoint] and
/// [Asyncio#openDatagramStream] do.
public final class Datagrams {

    private Datagrams() { }

    /// Makes the protocol and its transport, and waits until they know each other.
    public static <P extends DatagramProtocol> DatagramEndpoint<P> endpoint(
            Supplier<P> factory, DatagramOptions options) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        DatagramSocketTransport transport =
                new DatagramSocketTransport(loop, open(loop, options));
        boolean complete = false;
        try {
            P protocol = Objects.requireNonNull(factory.get(), "protocol");
            transport.begin(protocol).await();
            complete = true;
            return new DatagramEndpoint<>(transport, protocol);
        } finally {
            if (!complete) transport.close();
        }
    }

    /// A stream over the same.
    public static DatagramStream stream(DatagramOptions options) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        return new DatagramStream(loop, open(loop, options));
    }

    private static DatagramRoute open(EventLoop loop, DatagramOptions options)
            throws IOException {
        Socket given = options.socket();
        if (given != null) return take(given, options);
        if (isUnix(options)) return openUnix(loop, options);
        SocketAddress local = options.localAddress();
        SocketAddress remote = options.remoteAddress();
        if (local == null && remote == null) {
            StandardProtocolFamily family = options.family();
            if (family == null)
                throw new IllegalArgumentException(
                        "an address, the family or a socket must be given");
            return open(loop, family, null, null, options);
        }
        return openFirst(loop, resolve(loop, local), resolve(loop, remote), options);
    }

    /// asyncio: base_events.create_datagram_endpoint, "problems".
    private static DatagramRoute take(Socket given, DatagramOptions options) {
        if (!given.isDatagram())
            throw new IllegalArgumentException("a datagram socket was expected, not " + given);
        if (!options.equals(DatagramOptions.DEFAULT.withSocket(given)))
            throw new IllegalArgumentException(
                    "with a socket nothing else can be given: " + options);
        return new DatagramRoute(given, given.remoteAddress());
    }

    private static boolean isUnix(DatagramOptions options) {
        return options.family() == StandardProtocolFamily.UNIX
                || isUnix(options.localAddress()) || isUnix(options.remoteAddress());
    }

    private static boolean isUnix(@Nullable SocketAddress address) {
        return address instanceof UnixDomainSocketAddress || address instanceof UnixName;
    }

    private static DatagramRoute openUnix(EventLoop loop, DatagramOptions options)
            throws IOException {
        SocketAddress local = options.localAddress();
        SocketAddress remote = options.remoteAddress();
        StandardProtocolFamily family = options.family();
        if (local != null && !isUnix(local) || remote != null && !isUnix(remote)
                || family != null && family != StandardProtocolFamily.UNIX)
            throw noCommonFamily(options);
        if (options.reusePort())
            throw new IllegalArgumentException("a UNIX socket has no port to reuse");
        return open(loop, StandardProtocolFamily.UNIX, local, remote, options);
    }

    private static IllegalArgumentException noCommonFamily(DatagramOptions options) {
        return new IllegalArgumentException("no family has all that was given: " + options);
    }

    /// By the first family that each side has an address of, and of which a socket can be had.
    /// A side that is empty was not given.
    private static DatagramRoute openFirst(EventLoop loop, List<InetSocketAddress> locals,
            List<InetSocketAddress> remotes, DatagramOptions options) throws IOException {
        IOException failure = null;
        for (StandardProtocolFamily family : families(locals, remotes)) {
            if (options.family() != null && options.family() != family) continue;
            try {
                return open(loop, family, first(locals, family), first(remotes, family), options);
            } catch (IOException e) {
                if (failure == null) failure = e;
                else failure.addSuppressed(e);
            }
        }
        if (failure == null) throw noCommonFamily(options);
        throw failure;
    }

    private static List<StandardProtocolFamily> families(
            List<InetSocketAddress> locals, List<InetSocketAddress> remotes) {
        return Stream.concat(locals.stream(), remotes.stream())
                .map(Streams::family).distinct()
                .filter(family -> locals.isEmpty() || first(locals, family) != null)
                .filter(family -> remotes.isEmpty() || first(remotes, family) != null)
                .toList();
    }

    private static @Nullable InetSocketAddress first(
            List<InetSocketAddress> side, StandardProtocolFamily family) {
        for (InetSocketAddress address : side)
            if (Streams.family(address) == family) return address;
        return null;
    }

    private static List<InetSocketAddress> resolve(
            EventLoop loop, @Nullable SocketAddress address) throws IOException {
        if (address == null) return List.of();
        if (!(address instanceof InetSocketAddress inet))
            throw new IllegalArgumentException(address + " is no address for datagrams");
        if (!inet.isUnresolved()) return List.of(inet);
        return loop.getaddrinfo(inet.getHostString(), inet.getPort());
    }

    private static DatagramRoute open(EventLoop loop, StandardProtocolFamily family,
            @Nullable SocketAddress local, @Nullable SocketAddress remote,
            DatagramOptions options) throws IOException {
        Socket socket = Socket.openDatagram(loop, family);
        boolean complete = false;
        try {
            if (options.reusePort()) socket.setReusePort(true);
            if (options.allowBroadcast()) socket.setBroadcast(true);
            if (local instanceof UnixDomainSocketAddress unix)
                socket.bindPath(unix.getPath(), false);
            else if (local != null)
                socket.bind(local);
            if (remote != null && !options.allowBroadcast()) loop.sockConnect(socket, remote);
            complete = true;
            return new DatagramRoute(socket, remote);
        } finally {
            if (!complete) socket.close();
        }
    }
}
