package jloop.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jloop.poller.Descriptor.Option;
import jloop.poller.Family;
import jloop.poller.UnixName;
import org.jspecify.annotations.Nullable;

/// The addresses that virtual sockets are bound to.
final class VirtualNetwork {

    /*
     * Every address is local: there is one host, and it has all of them. A port is free as soon as
     * its socket is closed (no TIME_WAIT), and so is a path: no file stays behind, and nothing is
     * looked for in the real file system. What unlink() takes the path from listens on, but is
     * not found there any more.
     *
     * Ports of streams are not those of datagrams; paths are for all.
     *
     * The maps are only ever looked up, never walked: their order decides nothing.
     */

    private static final int FIRST_EPHEMERAL = 49152;       // RFC 6335 §6
    private static final int LAST_EPHEMERAL = 65535;
    private static final int PATH_BYTES_MAX = 107;          // unix(7)

    private final Map<Integer, List<VirtualSocket>> streamsByPort = new HashMap<>();
    private final Map<Integer, List<VirtualSocket>> datagramsByPort = new HashMap<>();
    private final Map<SocketAddress, VirtualSocket> byPath = new HashMap<>();
    private int nextEphemeral = FIRST_EPHEMERAL;

    /// The error, or 0, of using `address` with `socket`.
    static int check(VirtualSocket socket, SocketAddress address) {
        return switch (address) {
            case InetSocketAddress inet when inet.isUnresolved() -> -Errno.EINVAL;
            case InetSocketAddress inet when accepts(socket, inet.getAddress()) -> 0;
            case UnixDomainSocketAddress unix when socket.family() == Family.UNIX ->
                    pathBytes(unix) > PATH_BYTES_MAX ? -Errno.ENAMETOOLONG : 0;
            case UnixName _ when socket.family() == Family.UNIX -> 0;
            default -> -Errno.EAFNOSUPPORT;
        };
    }

    private static int pathBytes(UnixDomainSocketAddress address) {
        return address.getPath().toString().getBytes(UTF_8).length;
    }

    private static boolean accepts(VirtualSocket socket, InetAddress address) {
        return switch (socket.family()) {
            case INET -> address instanceof Inet4Address;
            case INET6 -> address instanceof Inet6Address || !isV6Only(socket);
            case UNIX -> false;
        };
    }

    /// Binds `socket`, which is not bound yet, to an address that passed [#check].
    int bind(VirtualSocket socket, SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? bindPort(socket, inet) : bindPath(socket, address);
    }

    private int bindPath(VirtualSocket socket, SocketAddress path) {
        if (byPath.putIfAbsent(path, socket) != null) return -Errno.EADDRINUSE;
        socket.bound(path);
        return 0;
    }

    private int bindPort(VirtualSocket socket, InetSocketAddress wanted) {
        Map<Integer, List<VirtualSocket>> byPort = byPort(socket);
        int port = wanted.getPort() == 0 ? ephemeralPort(byPort) : wanted.getPort();
        if (port == 0) return -Errno.EADDRINUSE;
        List<VirtualSocket> there = byPort.computeIfAbsent(port, _ -> new ArrayList<>());
        for (VirtualSocket other : there)
            if (clash(socket, wanted.getAddress(), other)) return -Errno.EADDRINUSE;
        there.add(socket);
        socket.bound(new InetSocketAddress(wanted.getAddress(), port));
        return 0;
    }

    /// A port that nobody has, or 0. In turn, so that a port is not soon used again.
    private int ephemeralPort(Map<Integer, List<VirtualSocket>> byPort) {
        for (int tries = LAST_EPHEMERAL - FIRST_EPHEMERAL; tries >= 0; tries--) {
            int port = nextEphemeral;
            nextEphemeral = port == LAST_EPHEMERAL ? FIRST_EPHEMERAL : port + 1;
            if (!byPort.containsKey(port)) return port;
        }
        return 0;
    }

    private Map<Integer, List<VirtualSocket>> byPort(VirtualSocket socket) {
        return socket.isForDatagrams() ? datagramsByPort : streamsByPort;
    }

    private static boolean clash(VirtualSocket one, InetAddress address, VirtualSocket other) {
        if (one.getOption(Option.REUSE_PORT) != 0 && other.getOption(Option.REUSE_PORT) != 0)
            return false;
        InetAddress others = inet(other).getAddress();
        return serves(one, address, others) || serves(other, others, address);
    }

    /// True if a socket bound to `own` is reached by connecting to `address`.
    private static boolean serves(VirtualSocket socket, InetAddress own, InetAddress address) {
        if (own.equals(address)) return true;
        if (!own.isAnyLocalAddress()) return false;
        if (own.getClass() == address.getClass()) return true;
        return own instanceof Inet6Address && !isV6Only(socket);
    }

    private static boolean isV6Only(VirtualSocket socket) {
        return socket.getOption(Option.V6_ONLY) != 0;
    }

    private static InetSocketAddress inet(VirtualSocket bound) {
        if (bound.localAddress() instanceof InetSocketAddress inet) return inet;
        throw new AssertionError("in byPort, but bound to " + bound.localAddress());
    }

    /// The socket that is found at a path, in which it is what a file is elsewhere.
    @Nullable VirtualSocket at(SocketAddress path) {
        return path instanceof UnixDomainSocketAddress ? byPath.get(path) : null;
    }

    void unlink(SocketAddress path) {
        byPath.remove(path);
    }

    void unbind(VirtualSocket socket, SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet)) {
            byPath.remove(address, socket);
            return;
        }
        Map<Integer, List<VirtualSocket>> byPort = byPort(socket);
        List<VirtualSocket> there = byPort.get(inet.getPort());
        if (there != null && there.remove(socket) && there.isEmpty())
            byPort.remove(inet.getPort());
    }

    /// Where connecting to `remote` leads: the wildcard address means this host.
    static SocketAddress destination(SocketAddress remote) {
        if (!(remote instanceof InetSocketAddress inet)) return remote;
        InetAddress address = inet.getAddress();
        if (!address.isAnyLocalAddress()) return remote;
        String loopback = address instanceof Inet6Address ? "::1" : "127.0.0.1";
        return new InetSocketAddress(InetAddress.ofLiteral(loopback), inet.getPort());
    }

    /// The socket that listens there, or null. One bound to the very address goes before one
    /// bound to all, the older before the younger.
    @Nullable VirtualSocket find(SocketAddress destination) {
        if (!(destination instanceof InetSocketAddress inet)) return byPath.get(destination);
        VirtualSocket found = null;
        for (VirtualSocket socket : streamsByPort.getOrDefault(inet.getPort(), List.of())) {
            InetAddress own = inet(socket).getAddress();
            if (!socket.isListening() || !serves(socket, own, inet.getAddress())) continue;
            if (own.equals(inet.getAddress())) return socket;
            if (found == null) found = socket;
        }
        return found;
    }

    /// The socket that receives a datagram, or null; at a path it may be one of streams. One
    /// that is connected hears its peer alone, and goes before those that hear everybody; then
    /// it is as with [#find].
    @Nullable VirtualSocket addressee(SocketAddress from, SocketAddress destination) {
        if (!(destination instanceof InetSocketAddress inet)) return byPath.get(destination);
        VirtualSocket found = null;
        int best = 0;
        for (VirtualSocket socket : datagramsByPort.getOrDefault(inet.getPort(), List.of())) {
            int rank = serves(socket, inet(socket).getAddress(), inet.getAddress())
                    ? rank(socket, from, destination) : 0;
            if (rank <= best) continue;
            best = rank;
            found = socket;
        }
        return found;
    }

    private static int rank(VirtualSocket socket, SocketAddress from, SocketAddress destination) {
        SocketAddress peer = socket.remoteAddress();
        if (peer != null) return peer.equals(from) ? 3 : 0;
        return destination.equals(socket.localAddress()) ? 2 : 1;
    }
}
