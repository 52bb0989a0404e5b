package jloop.io;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import jloop.AddressNotAvailableException;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.ResourceShortageException;
import jloop.Socket;
import jloop.Task;
import org.jspecify.annotations.Nullable;

/// The sockets of a server that is to listen on all addresses of its hosts.
final class Listeners {

    private final EventLoop loop;
    private final ServerOptions options;
    private final List<Socket> bound = new ArrayList<>();
    private final List<IOException> failures = new ArrayList<>();

    private Listeners(EventLoop loop, ServerOptions options) {
        this.loop = loop;
        this.options = options;
    }

    /// A socket for every address of `hosts`, bound; it listens too if the server is to start
    /// at once. An address that this machine does not have is left out, and so is a family, as
    /// long as there is another.
    static List<Socket> of(EventLoop loop, List<? extends @Nullable String> hosts, int port,
            ServerOptions options) throws IOException {
        return at(loop, resolve(loop, hosts, port), options);
    }

    /// The same for addresses that are known.
    static List<Socket> at(EventLoop loop, Collection<InetSocketAddress> addresses,
            ServerOptions options) throws IOException {
        Listeners listeners = new Listeners(loop, options);
        boolean complete = false;
        try {
            for (InetSocketAddress address : addresses) listeners.add(address);
            if (listeners.bound.isEmpty()) throw listeners.noneOf(addresses);
            complete = true;
            return listeners.bound;
        } finally {
            if (!complete) listeners.bound.forEach(Socket::close);
        }
    }

    /// Looks all of them up at the same time.
    private static Set<InetSocketAddress> resolve(EventLoop loop,
            List<? extends @Nullable String> hosts, int port) throws IOException {
        if (hosts.isEmpty()) throw new IllegalArgumentException("no host to listen on");
        if (hosts.size() == 1) return new LinkedHashSet<>(resolve(loop, hosts.getFirst(), port));
        List<Task<List<InetSocketAddress>>> lookups = new ArrayList<>();
        for (String host : hosts) lookups.add(loop.createTask(() -> resolve(loop, host, port)));
        Set<InetSocketAddress> addresses = new LinkedHashSet<>();
        try {
            Asyncio.gather(lookups).await().forEach(addresses::addAll);
        } finally {
            lookups.forEach(Task::cancel);
        }
        return addresses;
    }

    private static List<InetSocketAddress> resolve(
            EventLoop loop, @Nullable String host, int port) throws IOException {
        return loop.getaddrinfo(host, port, o -> o.withPassive(true));
    }

    private void add(InetSocketAddress address) throws IOException {
        Socket socket = opened(address);
        if (socket == null) return;
        boolean listening = false;
        try {
            socket.setReuseAddress(true);
            if (options.reusePort()) socket.setReusePort(true);
            if (options.keepAlive()) socket.setKeepAlive(true);
            socket.bind(address);
            if (options.startServing()) socket.listen(options.backlog());
            listening = true;
            bound.add(socket);
        } catch (AddressNotAvailableException e) {
            failures.add(e);
        } finally {
            if (!listening) socket.close();
        }
    }

    /// Null if the system does not have the family, or not beside the other one.
    private @Nullable Socket opened(InetSocketAddress address) throws IOException {
        Socket socket = null;
        try {
            socket = Socket.open(loop, Streams.family(address));
            if (isAllOfIpv6(address)) socket.setV6Only(true);
            return socket;
        } catch (ResourceShortageException e) {
            throw e;
        } catch (IOException e) {
            if (socket != null) socket.close();
            failures.add(e);
            return null;
        }
    }

    private static boolean isAllOfIpv6(InetSocketAddress address) {
        return Streams.family(address) == StandardProtocolFamily.INET6
                && address.getAddress().isAnyLocalAddress();
    }

    private IOException noneOf(Collection<InetSocketAddress> addresses) {
        if (failures.size() == 1) return failures.getFirst();
        BindException none = new BindException("could not bind on any address out of " + addresses);
        for (IOException failure : failures) none.addSuppressed(failure);
        return none;
    }
}
