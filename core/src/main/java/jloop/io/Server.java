package jloop.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import jloop.AnyThread;
import jloop.Asyncio;
import jloop.CancelledError;
import jloop.Event;
import jloop.EventLoop;
import jloop.ExceptionContext;
import jloop.Future;
import jloop.ResourceShortageException;
import jloop.Socket;
import jloop.Task;
import org.jspecify.annotations.Nullable;

/// Listeners, and the connections accepted from them: each is served by a task of its own, or
/// told to a protocol of its own.
///
/// **As in asyncio**: `Server`. When the system runs out of file descriptors, waiting
/// connections are turned away one by one, with a pause between, until there are some again;
/// the exception handler is told once. Peers that keep a connection without using it are
/// limited ([ConnectionLimits]), and [#shutdown] ends a server in bounded time.
public final class Server implements AutoCloseable {

    private static final int PAUSE_MILLIS = 50;         // and as much again at random
    private static final int SHED_AT_ONCE = 64;
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private final EventLoop loop;
    private final Service service;
    private final int backlog;
    private final boolean isTcp;
    private final OpenConnections connections;
    private final Set<Task<?>> leftHandlers = new LinkedHashSet<>();    // without connection
    private final List<Task<Void>> acceptors = new ArrayList<>();
    private List<Socket> listeners;
    private @Nullable Socket spare;             // a descriptor in reserve, to turn somebody away
    private final Episode shortage = new Episode();         // of descriptors
    private final Episode crowd = new Episode();            // too many from one peer
    private boolean listening;
    private boolean noDelayInherited;           // by what is accepted (tcp(7))
    private boolean closed;
    private @Nullable Future<Void> serving;     // of serveForever
    private final Event over = new Event();     // closed, and no connection is open
    private final Event atRest = new Event();   // and no handler runs

    /// A server of sockets that are bound, and listen already if it is to start at once.
    Server(EventLoop loop, List<Socket> bound, Service service, ServerOptions options) {
        this.loop = loop;
        this.listeners = List.copyOf(bound);
        this.service = service;
        this.backlog = options.backlog();
        this.listening = options.startServing();
        this.connections = new OpenConnections(loop, options.limits());
        this.isTcp = listeners.getFirst().localAddress() instanceof InetSocketAddress;
    }

    public EventLoop getLoop() {
        return loop;
    }

    /// The listening sockets; none once it is closed.
    public List<Socket> sockets() {
        return listeners;
    }

    public boolean isServing() {
        return !acceptors.isEmpty() && !closed;
    }

    /// How many connections are open.
    public int connectionCount() {
        return connections.count();
    }

    /// The port of the first listener: what to connect to if it was asked to take any. -1 if
    /// it is a UNIX socket.
    public int port() {
        if (closed) throw new IllegalStateException("the server is closed");
        return listeners.getFirst().localAddress() instanceof InetSocketAddress address
                ? address.getPort() : -1;
    }

    /// Begins to accept. Doing so again does nothing.
    ///
    /// **Errors**: IllegalStateException if it is closed; UncheckedIOException if its sockets
    /// cannot listen, which with [ServerOptions#startServing()] shows when it is made.
    public void startServing() {
        if (closed) throw new IllegalStateException("the server is closed");
        if (!acceptors.isEmpty()) return;
        listen();
        noDelayInherited = isTcp && listeners.stream().allMatch(Server::setNoDelay);
        spare = reopened();
        for (Socket listener : listeners) {
            acceptors.add(loop.createTask(() -> acceptFrom(listener)));
        }
    }

    private void listen() {
        if (listening) return;
        try {
            for (Socket listener : listeners) listener.listen(backlog);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        listening = true;
    }

    /// Accepts until the calling task is cancelled; then closes the server, and throws the
    /// [CancelledError].
    ///
    /// **Errors**: IllegalStateException if it is closed, or if another task is in this method.
    public void serveForever() {
        if (serving != null)
            throw new IllegalStateException("server is already being awaited on serveForever()");
        startServing();
        Future<Void> forever = loop.createFuture();
        serving = forever;
        try {
            forever.await();
        } catch (CancelledError e) {
            close();
            waitClosed();
            throw e;
        } finally {
            serving = null;
        }
    }

    /// Stops listening, at once. Connections stay; see [#closeClients()]. Closing again does
    /// nothing.
    @Override
    public void close() {
        if (closed) return;
        closed = true;
        for (Task<Void> acceptor : acceptors) acceptor.cancel();
        acceptors.clear();
        for (Socket listener : listeners) listener.close();
        listeners = List.of();
        if (spare != null) spare.close();
        if (serving != null && !serving.done()) serving.cancel();
        tellIfOver();
    }

    /// Waits until the server is closed and no connection is open any more.
    public void waitClosed() {
        if (!over.isSet()) over.await();
    }

    /// Closes every connection, once what it keeps is sent.
    public void closeClients() {
        connections.all().forEach(ServerConnection::close);
    }

    /// Closes every connection now.
    public void abortClients() {
        connections.all().forEach(ServerConnection::abort);
    }

    /// Ends the server and all that it serves, and returns within `grace` and two seconds:
    ///
    /// 1. It is closed, as by [#close()].
    /// 2. For `grace` at most, connections and handlers may come to their end.
    /// 3. Then connections are closed, as by [#closeClients()]: their handlers read the end of
    ///    the stream. For a second at most, what they keep is sent.
    /// 4. Then connections are closed now, as by [#abortClients()], and handlers cancelled.
    /// 5. A second later the exception handler is told of a handler that still runs, and how
    ///    many there are; they are left to themselves.
    ///
    /// It is over as soon as there is neither a connection nor a handler. A handler that calls
    /// it is not cancelled, but has it take all that time.
    ///
    /// **Cancellation**: leaves the server as it is in that phase. It may be called again.
    /// **Unlike asyncio**: which has `close_clients` and `abort_clients` alone.
    public void shutdown(Duration grace) {
        close();
        if (isAtRestWithin(grace)) return;
        closeClients();
        if (isAtRestWithin(FAREWELL)) return;
        List<Task<?>> handlers = handlers();
        abortClients();
        handlers.forEach(Task::cancel);
        if (!isAtRestWithin(FAREWELL)) reportHandlers();
    }

    private boolean isAtRestWithin(Duration limit) {
        return atRest.isSet() || Asyncio.moveOnAfter(limit, atRest::await);
    }

    /// Those that run, but for the caller.
    private List<Task<?>> handlers() {
        List<Task<?>> handlers = new ArrayList<>(leftHandlers);
        for (ServerConnection each : connections.all()) {
            if (each.handler() != null) handlers.add(each.handler());
        }
        handlers.remove(Asyncio.currentTask());
        return handlers;
    }

    private void reportHandlers() {
        List<Task<?>> handlers = handlers();
        if (handlers.isEmpty()) return;
        loop.callExceptionHandler(ExceptionContext.of(
                "still running after shutdown of their server: " + handlers.size()
                + " handlers, one of them " + handlers.getFirst(), null)
                .withFuture(handlers.getFirst()).withSource(this));
    }

    private void tellIfOver() {
        if (!closed || connections.count() > 0) return;
        over.set();
        if (leftHandlers.isEmpty()) atRest.set();
    }

    // ---- Accepting

    private void acceptFrom(Socket listener) throws IOException {
        while (!closed) {
            try {
                connections.awaitRoom();
                admit(loop.sockAccept(listener));
            } catch (ResourceShortageException e) {
                shed(listener, e);
            } catch (IOException e) {
                if (closed) return;
                loop.callExceptionHandler(
                        ExceptionContext.of("accept failed", e).withSource(this));
                Asyncio.sleep(pause());
            }
        }
    }

    private void admit(Socket accepted) {
        boolean begun = false;
        try {
            connections.awaitRoom();            // another listener may have had the last place
            begun = !closed && !isRefused(accepted);    // it may come while close is under way
            if (begun) begin(accepted);
        } finally {
            if (!begun) accepted.close();
        }
    }

    private boolean isRefused(Socket accepted) {
        ConnectionLimitException refusal = connections.refusal(accepted);
        if (refusal == null) return false;
        if (crowd.begins(loop.time()))
            loop.callExceptionHandler(ExceptionContext.of(
                    "connections of a peer are turned away", refusal).withSource(this));
        return true;
    }

    /// Turns away who waits at `listener`, with the descriptor in reserve, and pauses.
    private void shed(Socket listener, ResourceShortageException why) {
        if (shortage.begins(loop.time())) {
            loop.callExceptionHandler(ExceptionContext.of(
                    "connections are turned away until there are file descriptors again", why)
                    .withSource(this));
        }
        for (int i = 0; i < SHED_AT_ONCE && !closed; i++) {
            Socket reserve = spare;
            if (reserve == null) break;
            spare = null;
            reserve.close();
            try {
                Socket accepted = loop.sockAccept(listener);
                spare = reopened();
                if (spare != null) {                // there are descriptors again
                    admit(accepted);
                    return;
                }
                accepted.close();
            } catch (IOException _) {           // somebody else took the descriptor: pause
                break;
            }
            spare = reopened();
        }
        if (spare == null) spare = reopened();
        if (!closed) Asyncio.sleep(pause());
    }

    private @Nullable Socket reopened() {
        if (closed) return null;
        try {
            return Socket.open(loop, StandardProtocolFamily.INET);
        } catch (IOException _) {               // none to be had yet: tried again after the pause
            return null;
        }
    }

    private static Duration pause() {
        return Duration.ofMillis(PAUSE_MILLIS + ThreadLocalRandom.current().nextInt(PAUSE_MILLIS));
    }

    private void begin(Socket accepted) {
        if (isTcp && !noDelayInherited) setNoDelay(accepted);
        service.begin(this, accepted);
    }

    private static boolean setNoDelay(Socket socket) {
        try {
            socket.setNoDelay(true);
            return true;
        } catch (IOException _) {               // gone already: its reader will see
            return false;
        }
    }

    /// Counts `connection` as open until [#detach].
    void attach(ServerConnection connection) {
        connections.add(connection);
    }

    /// The handshake of `connection` is over.
    void secured(ServerConnection connection) {
        connections.handshakeOver(connection);
    }

    /// Something is kept for the peer of a connection.
    void keeping() {
        connections.lookSoon();
    }

    void detach(ServerConnection connection) {
        connections.remove(connection);
        Task<?> handler = connection.handler();
        if (handler != null && !handler.done()) leftHandlers.add(handler);
        tellIfOver();
    }

    /// A handler has ended.
    void handled(Future<?> handler) {
        leftHandlers.remove(handler);
        tellIfOver();
    }

    @AnyThread
    @Override
    public String toString() {
        return "<Server sockets=" + listeners + ">";
    }
}
