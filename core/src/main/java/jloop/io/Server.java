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
/// the exception handler is told once.
public final class Server implements AutoCloseable {

    private static final int PAUSE_MILLIS = 50;         // and as much again at random
    private static final int SHED_AT_ONCE = 64;
    private static final long EPISODE_NANOS = Duration.ofSeconds(1).toNanos();

    private final EventLoop loop;
    private final Service service;
    private final int backlog;
    private final boolean isTcp;
    private final Set<ServerConnection> connections = new LinkedHashSet<>();
    private final List<Task<Void>> acceptors = new ArrayList<>();
    private List<Socket> listeners;
    private @Nullable Socket spare;             // a descriptor in reserve, to turn somebody away
    private boolean isShort;                    // of descriptors, in the last while
    private long shortNanos;                    // when it last was
    private boolean listening;
    private boolean closed;
    private @Nullable Future<Void> serving;     // of serveForever
    private @Nullable List<Future<Void>> closeWaiters;

    /// A server of sockets that are bound, and listen already if it is to start at once.
    Server(EventLoop loop, List<Socket> bound, Service service, ServerOptions options) {
        this.loop = loop;
        this.listeners = List.copyOf(bound);
        this.service = service;
        this.backlog = options.backlog();
        this.listening = options.startServing();
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
        return connections.size();
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
        wakeIfOver();
    }

    /// Waits until the server is closed and no connection is open any more.
    public void waitClosed() {
        if (closed && connections.isEmpty()) return;
        Future<Void> over = loop.createFuture();
        if (closeWaiters == null) closeWaiters = new ArrayList<>();
        closeWaiters.add(over);
        over.await();
    }

    /// Closes every connection, once what it keeps is sent.
    public void closeClients() {
        for (ServerConnection each : List.copyOf(connections)) each.close();
    }

    /// Closes every connection now.
    public void abortClients() {
        for (ServerConnection each : List.copyOf(connections)) each.abort();
    }

    @SuppressWarnings("NullAway")           // Void has no other value
    private void wakeIfOver() {
        List<Future<Void>> waiting = closeWaiters;
        if (!closed || !connections.isEmpty() || waiting == null) return;
        closeWaiters = null;
        for (Future<Void> waiter : waiting) {
            if (!waiter.done()) waiter.setResult(null);
        }
    }

    // ---- Accepting

    private void acceptFrom(Socket listener) throws IOException {
        while (!closed) {
            try {
                Socket accepted = loop.sockAccept(listener);
                if (closed) accepted.close();       // it came when close was under way
                else begin(accepted);
                if (isShort && loop.time() - shortNanos > EPISODE_NANOS) isShort = false;
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

    /// Turns away who waits at `listener`, with the descriptor in reserve, and pauses.
    private void shed(Socket listener, ResourceShortageException why) {
        shortNanos = loop.time();
        if (!isShort) {
            isShort = true;
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
                    begin(accepted);
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
        if (isTcp) setNoDelay(accepted);
        service.begin(this, accepted);
    }

    private static void setNoDelay(Socket accepted) {
        try {
            accepted.setNoDelay(true);
        } catch (IOException _) {               // gone already: its reader will see
        }
    }

    /// Counts `connection` as open until [#detach].
    void attach(ServerConnection connection) {
        connections.add(connection);
    }

    void detach(ServerConnection connection) {
        connections.remove(connection);
        wakeIfOver();
    }

    @AnyThread
    @Override
    public String toString() {
        return "<Server sockets=" + listeners + ">";
    }
}
