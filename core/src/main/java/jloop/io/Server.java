package jloop.io;

import java.io.IOException;
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

/// Listeners, and the connections accepted from them, each served by a task of its own.
///
/// **As in asyncio**: `Server`. When the system runs out of file descriptors, waiting
/// connections are turned away one by one, with a pause between, until there are some again;
/// the exception handler is told once.
public final class Server implements AutoCloseable {

    private static final int PAUSE_MILLIS = 50;         // and as much again at random
    private static final int SHED_AT_ONCE = 64;
    private static final long EPISODE_NANOS = Duration.ofSeconds(1).toNanos();

    private final EventLoop loop;
    private final ConnectionHandler handler;
    private final ServerOptions options;
    private final boolean isTcp;
    private final Set<StreamWriter> connections = new LinkedHashSet<>();
    private final List<Task<Void>> acceptors = new ArrayList<>();
    private List<Socket> listeners;
    private @Nullable Socket spare;             // a descriptor in reserve, to turn somebody away
    private boolean isShort;                    // of descriptors, in the last while
    private long shortNanos;                    // when it last was
    private boolean closed;
    private @Nullable Future<Void> serving;     // of serveForever
    private @Nullable List<Future<Void>> closeWaiters;

    Server(EventLoop loop, List<Socket> listeners, ConnectionHandler handler,
            ServerOptions options) {
        this.loop = loop;
        this.listeners = List.copyOf(listeners);
        this.handler = handler;
        this.options = options;
        isTcp = listeners.getFirst().localAddress() instanceof InetSocketAddress;
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
    public void startServing() {
        if (closed) throw new IllegalStateException("the server is closed");
        if (!acceptors.isEmpty()) return;
        spare = reopened();
        for (Socket listener : listeners) {
            acceptors.add(loop.createTask(() -> acceptFrom(listener)));
        }
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
        for (StreamWriter writer : List.copyOf(connections)) writer.close();
    }

    /// Closes every connection now.
    public void abortClients() {
        for (StreamWriter writer : List.copyOf(connections)) writer.abort();
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
        StreamPair pair = Streams.pair(loop, accepted, options.limitBytes());
        StreamWriter writer = pair.writer();
        connections.add(writer);
        writer.onClosed(() -> {
            connections.remove(writer);
            wakeIfOver();
        });
        loop.createTask(() -> serve(pair)).addDoneCallback(task -> {
            if (task.cancelled()) writer.close();       // perhaps before it began
        });
    }

    private static void setNoDelay(Socket accepted) {
        try {
            accepted.setNoDelay(true);
        } catch (IOException _) {               // gone already: its reader will see
        }
    }

    private void serve(StreamPair pair) {
        StreamWriter writer = pair.writer();
        try {
            handler.handle(pair.reader(), writer);
            if (options.closeOnReturn()) writer.close();
        } catch (CancelledError e) {            // the task ends so, and the connection with it
            throw e;
        } catch (Throwable e) {                 // all else: the connection ends, the server lives
            writer.close();
            report(e, writer);
        }
    }

    private void report(Throwable e, StreamWriter writer) {
        if (e instanceof jloop.KeyboardInterrupt || e instanceof jloop.SystemExit)
            throw (Error) e;
        loop.callExceptionHandler(ExceptionContext.of(
                "unhandled exception in the handler of a connection", e).withSource(writer));
    }

    @AnyThread
    @Override
    public String toString() {
        return "<Server sockets=" + listeners + ">";
    }
}
