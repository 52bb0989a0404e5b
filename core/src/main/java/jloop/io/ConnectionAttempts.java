package jloop.io;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import jloop.AddressNotAvailableException;
import jloop.EventLoop;
import jloop.ExceptionGroup;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// Attempts to connect to the addresses of a host, and what went wrong with each.
final class ConnectionAttempts {

    /*
     * Who connects to a port of this machine at which nobody listens is to be refused. But if
     * the system chooses that very port to connect from, the socket is connected with itself,
     * and keeps the server that belongs there from listening. Or it says that there is no port
     * left, as others were a moment too long about giving theirs back. Go does as much about both
     * (tcpsock_posix.go, selfConnect, spuriousENOTAVAIL), asyncio nothing.
     */
    private static final int TRIES = 3;

    private final EventLoop loop;
    private final @Nullable List<InetSocketAddress> locals;     // null: the system chooses
    private final List<List<IOException>> failures = new ArrayList<>();

    private ConnectionAttempts(EventLoop loop, @Nullable List<InetSocketAddress> locals) {
        this.loop = loop;
        this.locals = locals;
    }

    /// A socket that is connected to an address of `host`.
    static Socket connect(EventLoop loop, String host, int port, ConnectOptions options)
            throws IOException {
        List<InetSocketAddress> remotes = interleaved(
                loop.getaddrinfo(host, port, o -> o.withFamily(options.family())),
                options.firstFamilyCount());
        ConnectionAttempts attempts =
                new ConnectionAttempts(loop, locals(loop, options.localAddress()));
        Duration delay = options.happyEyeballsDelay();
        Socket socket = delay == null ? attempts.oneByOne(remotes)
                : StaggeredRace.run(loop, delay, attempts.of(remotes));
        if (socket == null) throw attempts.failure(host + ":" + port, options.allErrors());
        return socket;
    }

    private static @Nullable List<InetSocketAddress> locals(
            EventLoop loop, @Nullable InetSocketAddress local) throws IOException {
        if (local == null) return null;
        if (!local.isUnresolved()) return List.of(local);
        return loop.getaddrinfo(local.getHostString(), local.getPort());
    }

    /// asyncio: base_events._interleave_addrinfos. The families in turn, after `firstCount - 1`
    /// addresses of the first.
    private static List<InetSocketAddress> interleaved(
            List<InetSocketAddress> addresses, int firstCount) {
        if (firstCount == 0) return addresses;
        Map<StandardProtocolFamily, List<InetSocketAddress>> families = addresses.stream()
                .collect(Collectors.groupingBy(
                        Streams::family, LinkedHashMap::new, Collectors.toList()));
        List<InetSocketAddress> first = families.values().iterator().next();
        int ahead = Math.min(firstCount - 1, first.size());
        List<InetSocketAddress> order = new ArrayList<>(first.subList(0, ahead));
        first.subList(0, ahead).clear();
        for (int row = 0; order.size() < addresses.size(); row++) {
            for (List<InetSocketAddress> family : families.values()) {
                if (row < family.size()) order.add(family.get(row));
            }
        }
        return order;
    }

    private @Nullable Socket oneByOne(List<InetSocketAddress> remotes) {
        for (InetSocketAddress remote : remotes) {
            Socket socket = attempt(remote);
            if (socket != null) return socket;
        }
        return null;
    }

    private List<StaggeredRace.Attempt> of(List<InetSocketAddress> remotes) {
        List<StaggeredRace.Attempt> attempts = new ArrayList<>();
        for (InetSocketAddress remote : remotes) attempts.add(() -> attempt(remote));
        return attempts;
    }

    /// A connected socket, or null if there is another failure now.
    private @Nullable Socket attempt(InetSocketAddress remote) {
        List<IOException> failed = new ArrayList<>();
        failures.add(failed);
        try {
            for (int tries = 1; tries < TRIES; tries++) {
                Socket socket = tried(remote, failed);
                if (socket != null) return socket;
            }
            Socket last = connected(remote, failed);
            if (!isRejected(last, remote)) return last;
            throw new ConnectException("connect to " + remote
                    + " failed: it was connected with itself, as nobody listens there");
        } catch (IOException e) {
            failed.add(e);
            return null;
        }
    }

    /// Null if another local port may do.
    private @Nullable Socket tried(InetSocketAddress remote, List<IOException> failed)
            throws IOException {
        try {
            Socket socket = connected(remote, failed);
            return isRejected(socket, remote) ? null : socket;
        } catch (AddressNotAvailableException e) {
            if (!choosesPort()) throw e;
            return null;
        }
    }

    /// Closes it if it was connected with itself.
    private boolean isRejected(Socket socket, InetSocketAddress remote) throws IOException {
        if (!choosesPort() || !metItself(socket, remote)) return false;
        socket.setLinger(0);                    // leaves the port free
        socket.close();
        return true;
    }

    private boolean choosesPort() {
        return locals == null || locals.getFirst().getPort() == 0;
    }

    private static boolean metItself(Socket socket, InetSocketAddress remote) {
        return socket.localAddress() instanceof InetSocketAddress local
                && local.getPort() == remote.getPort()
                && local.equals(socket.remoteAddress());
    }

    private Socket connected(InetSocketAddress remote, List<IOException> failed)
            throws IOException {
        Socket socket = Socket.open(loop, Streams.family(remote));
        boolean connected = false;
        try {
            if (locals != null) bind(socket, remote, locals, failed);
            loop.sockConnect(socket, remote);
            socket.setNoDelay(true);
            connected = true;
            return socket;
        } finally {
            if (!connected) socket.close();
        }
    }

    private static void bind(Socket socket, InetSocketAddress remote,
            List<InetSocketAddress> locals, List<IOException> failed) throws IOException {
        StandardProtocolFamily family = Streams.family(remote);
        IOException last = null;
        for (InetSocketAddress local : locals) {
            if (Streams.family(local) != family) continue;
            if (last != null) failed.add(last);
            try {
                socket.bind(local);
                return;
            } catch (IOException e) {
                last = e;
            }
        }
        if (last != null) throw last;
        throw new BindException("no local address of the family " + family + ", as " + remote
                + " has, in " + locals);
    }

    /// What to throw when all have failed.
    private IOException failure(String where, boolean asGroup) {
        List<IOException> all = failures.stream().flatMap(List::stream).toList();
        if (all.isEmpty())          // others have cancelled the attempts
            return new SocketTimeoutException("no attempt to connect to " + where + " has ended");
        if (asGroup)
            return new IOException("connecting to " + where + " failed",
                    new ExceptionGroup("create_connection failed", all));
        IOException first = all.getFirst();
        boolean areAlike = all.stream()
                .allMatch(each -> Objects.equals(each.getMessage(), first.getMessage()));
        return areAlike ? first : combined(all);
    }

    private static IOException combined(List<IOException> all) {
        String text = all.stream().map(Throwable::getMessage)
                .collect(Collectors.joining(", ", "Multiple exceptions: ", ""));
        IOException combined = all.stream().allMatch(ConnectException.class::isInstance)
                ? new ConnectException(text) : new IOException(text);
        combined.initCause(all.getFirst());
        for (IOException other : all.subList(1, all.size())) combined.addSuppressed(other);
        return combined;
    }
}
