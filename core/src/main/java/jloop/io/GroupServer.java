package jloop.io;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import jloop.AnyThread;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// A server of a [LoopGroup]: a [Server] on each of its loops, all on the same addresses.
///
/// **Threads**: any; all but [#port()] wait, as the methods of the group do.
@AnyThread
public final class GroupServer implements AutoCloseable {

    private final LoopGroup group;
    private final List<LoopThread> threads;
    private final @Nullable Server[] servers;       // each written and read on its loop
    private List<InetSocketAddress> addresses = List.of();      // set before anybody has this

    private GroupServer(LoopGroup group, List<LoopThread> threads) {
        this.group = group;
        this.threads = threads;
        this.servers = new Server[threads.size()];
    }

    /// Binds with all loops, then listens with all: nobody is served by a part of them.
    static GroupServer start(LoopGroup group, List<LoopThread> threads,
            Function<EventLoop, Service> services, @Nullable String host, int port,
            ServerOptions options) throws IOException {
        GroupServer made = new GroupServer(group, threads);
        boolean complete = false;
        try {
            made.bind(services, host, port, options.withStartServing(false));
            if (options.startServing()) made.startServing();
            complete = true;
            return made;
        } finally {
            if (!complete) made.close();
        }
    }

    private void bind(Function<EventLoop, Service> services, @Nullable String host, int port,
            ServerOptions options) throws IOException {
        boolean isShared = options.reusePort() || threads.size() > 1;
        ServerOptions shared = options.withReusePort(isShared);
        addresses = group.call(threads.getFirst().loop, () -> {
            // With SO_REUSEPORT a second server at this port would get a part of them as well.
            if (isShared && !options.reusePort() && port != 0)
                bindFirst(host, port, options).forEach(Socket::close);
            List<Socket> bound = bindFirst(host, port, shared);
            keep(0, services, bound, shared);
            return addressesOf(bound);
        });
        for (int i = 1; i < threads.size(); i++) {
            int number = i;
            EventLoop loop = threads.get(i).loop;
            group.call(loop, () ->
                    keep(number, services, Listeners.at(loop, addresses, shared), shared));
        }
    }

    private List<Socket> bindFirst(@Nullable String host, int port, ServerOptions options)
            throws IOException {
        return Streams.listeners(threads.getFirst().loop, Collections.singletonList(host), port,
                options);
    }

    /// On the loop of that number.
    private void keep(int number, Function<EventLoop, Service> services, List<Socket> bound,
            ServerOptions options) {
        LoopThread thread = threads.get(number);
        Server server = new Server(thread.loop, bound, services.apply(thread.loop), options);
        thread.add(server);
        servers[number] = server;
    }

    private static List<InetSocketAddress> addressesOf(List<Socket> bound) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (Socket socket : bound) addresses.add((InetSocketAddress) socket.localAddress());
        return addresses;
    }

    /// The port: what to connect to if it was asked to take any.
    public int port() {
        return addresses.getFirst().getPort();
    }

    /// How many connections are open, on all loops together.
    public int connectionCount() {
        AtomicInteger count = new AtomicInteger();
        onEach(server -> count.addAndGet(server.connectionCount()));
        return count.get();
    }

    /// Begins to accept: for a server that was not to start at once. Doing so again does
    /// nothing. Errors as [Server#startServing()].
    public void startServing() {
        group.callAll(() -> ofThisLoop().startServing());
    }

    /// Stops listening. Connections stay; see [#shutdown]. Closing again does nothing.
    @Override
    public void close() {
        onEach(Server::close);
    }

    /// [Server#shutdown(Duration)] on all loops at the same time.
    public void shutdown(Duration grace) {
        if (!group.isClosed()) group.callAll(() -> ofThisLoop().shutdown(grace));
    }

    /// Closes every connection, once what it keeps is sent.
    public void closeClients() {
        onEach(Server::closeClients);
    }

    /// Closes every connection now.
    public void abortClients() {
        onEach(Server::abortClients);
    }

    private void onEach(Consumer<Server> call) {
        group.callOnEach(number -> {
            Server server = servers[number];
            if (server != null) call.accept(server);
        });
    }

    private Server ofThisLoop() {
        int number = group.loops().indexOf(Asyncio.getRunningLoop());
        return Objects.requireNonNull(servers[number]);
    }

    @Override
    public String toString() {
        return "<GroupServer loops=" + threads.size() + " addresses=" + addresses + ">";
    }
}
