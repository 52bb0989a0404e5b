package jloop.io;

import java.io.IOException;
import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import jloop.AnyThread;
import jloop.Asyncio;
import jloop.CancelledError;
import jloop.Coroutine;
import jloop.EventLoop;
import jloop.KeyboardInterrupt;
import jloop.SystemExit;
import jloop.Task;
import jloop.VoidCoroutine;
import org.jspecify.annotations.Nullable;

/// Several loops, each on a thread of its own, that share the connections of a server: for more
/// than one core can do.
///
/// {@snippet :
/// run(() -> {
///     try (LoopGroup group = LoopGroup.open();
///             GroupServer server = group.startServer(this::serve, "127.0.0.1", 7000)) {
///         group.join();
///     }
/// });
/// }
///
/// Each loop is one like any other: within it nothing runs at the same time, and its tasks,
/// queues and locks are its own. What the loops share has to be fit for threads; or it belongs
/// to one loop, and the others ask that one, by [#call].
///
/// **The end** comes by [#close()], or when a loop fails, as by [SystemExit] or by running out
/// of memory; other exceptions go to the exception handler of the loop. Then the servers stop
/// listening, all tasks are cancelled and awaited, connections that are left are aborted, and
/// the loops are closed. A task that ends may use the other loops to the last.
///
/// **Threads**: any. What waits does so in a task as all methods that wait; on a thread without
/// a loop it blocks, and an interrupt cancels what is waited for.
/// **Unlike asyncio**: it has no such thing; there are processes for it.
/// **Virtual time**: the loops are always in the time of the machine.
@AnyThread
public final class LoopGroup implements AutoCloseable {

    private final List<LoopThread> threads;
    private final List<EventLoop> loops;
    private final AtomicInteger turn = new AtomicInteger();
    private final AtomicBoolean ending = new AtomicBoolean();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    final Gate stopped;                     // of all loops, and of who has told them to end
    final Gate tasksOver;
    final Gate over;

    private LoopGroup(LoopGroupOptions options) {
        threads = made(options);
        loops = threads.stream().map(each -> each.loop).toList();
        stopped = new Gate(loops.size() + 1);
        tasksOver = new Gate(loops.size());
        over = new Gate(loops.size());
    }

    private List<LoopThread> made(LoopGroupOptions options) {
        List<LoopThread> made = new ArrayList<>();
        try {
            while (made.size() < options.loops())
                made.add(new LoopThread(this, options));
            return List.copyOf(made);
        } finally {
            if (made.size() < options.loops()) made.forEach(each -> each.loop.close());
        }
    }

    /// A group with a loop for each processor.
    public static LoopGroup open() {
        return open(UnaryOperator.identity());
    }

    /// A group of so many loops.
    public static LoopGroup of(int loops) {
        return open(o -> o.withLoops(loops));
    }

    /// A group with options, as `LoopGroup.open(o -> o.withLoops(4))`. All loops run when this
    /// returns.
    public static LoopGroup open(UnaryOperator<LoopGroupOptions> options) {
        LoopGroupOptions chosen = options.apply(LoopGroupOptions.DEFAULT);
        LoopGroup group = new LoopGroup(chosen);
        boolean complete = false;
        try {
            group.start(chosen.threadFactory());
            group.callAll(() -> { });
            complete = true;
            return group;
        } finally {
            if (!complete) group.close();
        }
    }

    private void start(@Nullable ThreadFactory given) {
        ThreadFactory factory = given != null ? given
                : Thread.ofPlatform().daemon(false).name("jloop-", 0).factory();
        int started = 0;
        try {
            for (; started < threads.size(); started++) threads.get(started).start(factory);
        } finally {
            if (started < threads.size()) end();
            threads.subList(started, threads.size()).forEach(LoopThread::giveUp);
        }
    }

    /// The loops, always in the same order.
    public List<EventLoop> loops() {
        return loops;
    }

    /// The loops in turn: for work that any of them can do.
    public EventLoop next() {
        return loops.get(Math.floorMod(turn.getAndIncrement(), loops.size()));
    }

    // ---- Work for other loops

    /// Has `coroutine` run as a task of `loop`, one of this group, in a copy of the caller's
    /// context. Cancelling what is returned cancels the task; the end of the group cancels
    /// both.
    ///
    /// A coroutine of any loop awaits it by [Asyncio#wrapFuture(CompletableFuture)], other
    /// threads by `get`.
    ///
    /// **Errors**: IllegalArgumentException if the loop is not of this group;
    /// IllegalStateException once the group has ended.
    public <T> CompletableFuture<T> submit(EventLoop loop, Coroutine<T> coroutine) {
        int number = loops.indexOf(loop);
        if (number < 0)
            throw new IllegalArgumentException(loop + " is not of this group: " + loops);
        return threads.get(number).submit(coroutine);
    }

    /// The same for a coroutine without a result.
    public CompletableFuture<Void> submit(EventLoop loop, VoidCoroutine coroutine) {
        return submit(loop, coroutine.returningNull());
    }

    /// Runs `coroutine` as a task of `loop`, one of this group, and waits for it. Returns its
    /// result, or throws what it threw. Errors as [#submit].
    ///
    /// **Cancellation**: cancels the task, without waiting for its end.
    public <T> T call(EventLoop loop, Coroutine<T> coroutine) {
        return await(submit(loop, coroutine));
    }

    /// The same for a coroutine without a result.
    public void call(EventLoop loop, VoidCoroutine coroutine) {
        call(loop, coroutine.returningNull());
    }

    /// Runs `coroutine` as a task of every loop at the same time, and waits for all. Returns
    /// the results in the order of the loops; throws what the first of them threw in that
    /// order, and cancels those after it. For what each loop needs of its own, as an exception
    /// handler.
    public <T> List<T> callAll(Coroutine<T> coroutine) {
        List<CompletableFuture<T>> submitted = new ArrayList<>();
        try {
            for (EventLoop loop : loops) submitted.add(submit(loop, coroutine));
            List<T> results = new ArrayList<>();
            for (CompletableFuture<T> each : submitted) results.add(await(each));
            return results;
        } finally {
            for (CompletableFuture<T> each : submitted) each.cancel(true);
        }
    }

    /// The same for a coroutine without a result.
    public void callAll(VoidCoroutine coroutine) {
        callAll(coroutine.returningNull());
    }

    /// Has `call` made on each loop, with its number, and waits until all were. Those that are
    /// closed are left out.
    void callOnEach(IntConsumer call) {
        List<CompletableFuture<Void>> calls = new ArrayList<>();
        for (int i = 0; i < loops.size(); i++) {
            int number = i;
            try {
                calls.add(CompletableFuture.runAsync(() -> call.accept(number), loops.get(i)));
            } catch (RejectedExecutionException _) {
                // closed, and all it had with it
            }
        }
        await(CompletableFuture.anyOf(
                CompletableFuture.allOf(calls.toArray(CompletableFuture<?>[]::new)),
                over.opened()));
    }

    /// Waits for `result`: as for a future of its loop in a task, else by blocking the thread.
    private static <T> T await(CompletableFuture<T> result) {
        if (Task.current() != null) return Asyncio.wrapFuture(result).await();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException _) {
                    interrupted = true;
                    result.cancel(true);
                }
            }
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw LoopGroup.<RuntimeException>rethrow(cause == null ? e : cause);
        } catch (CancellationException _) {
            throw new CancelledError();
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    static <X extends Throwable> RuntimeException rethrow(Throwable thrown) throws X {
        throw (X) thrown;
    }

    // ---- Servers

    /// Listens on `host` and `port` with every loop, and runs `handler` in a task of its own
    /// for each connection, on the loop that the system gives it to. Otherwise as
    /// [Asyncio#startServer(ConnectionHandler, String, int)].
    ///
    /// Each loop has a listener of its own, by SO_REUSEPORT. Linux spreads connections over
    /// them by their addresses: evenly if they are many. With port 0 all have the port that the
    /// first one is given. An address at which somebody listens already is refused, unless
    /// [ServerOptions#withReusePort] asks for that too.
    ///
    /// **Errors**: BindException, naming the address; UnsupportedOperationException for more
    /// than one loop where the system has no SO_REUSEPORT, as Windows.
    public GroupServer startServer(ConnectionHandler handler, @Nullable String host, int port)
            throws IOException {
        return startServer(handler, host, port, UnaryOperator.identity());
    }

    /// The same with options, as `group.startServer(handler, host, port, o -> o.withTls(tls))`.
    public GroupServer startServer(ConnectionHandler handler, @Nullable String host, int port,
            UnaryOperator<ServerOptions> options) throws IOException {
        ServerOptions chosen = options.apply(ServerOptions.DEFAULT);
        return GroupServer.start(this, threads,
                loop -> StreamService.of(loop, handler, chosen), host, port, chosen);
    }

    /// Listens on `host` and `port` with every loop, and has a protocol made for each
    /// connection, on the loop that the system gives it to. As [#startServer] for the rest.
    public GroupServer createServer(Supplier<? extends BaseProtocol> factory,
            @Nullable String host, int port) throws IOException {
        return createServer(factory, host, port, UnaryOperator.identity());
    }

    public GroupServer createServer(Supplier<? extends BaseProtocol> factory,
            @Nullable String host, int port, UnaryOperator<ServerOptions> options)
            throws IOException {
        ServerOptions chosen = options.apply(ServerOptions.DEFAULT);
        return GroupServer.start(this, threads,
                loop -> new ProtocolService(loop, factory, chosen.tlsSide()), host, port, chosen);
    }

    // ---- The end

    /// Waits for the end of the group, and throws what a loop has failed with.
    public void join() {
        await(over.opened());
        tellFailure();
    }

    /// Ends the group and waits for that, as [LoopGroup] says. Closing again does nothing but
    /// wait. Throws what a loop has failed with, unless [#join()] did, or this before.
    ///
    /// **Cancellation**: does not end the wait, but where the task is one of this group, which
    /// is cancelled by the end itself.
    @Override
    public void close() {
        end();
        Task<?> task = Task.current();
        if (task == null) over.opened().join();
        else if (loops.contains(task.getLoop())) await(over.opened());
        else Asyncio.shielded(() -> await(over.opened()));
        for (LoopThread each : threads) {
            while (each.isAlive()) LockSupport.parkNanos(10_000);   // it has nothing left to do
        }
        tellFailure();
    }

    /// True if all loops are closed.
    public boolean isClosed() {
        return over.isOpen();
    }

    private void tellFailure() {
        Throwable thrown = failure.getAndSet(null);
        if (thrown != null) throw LoopGroup.<RuntimeException>rethrow(thrown);
    }

    /// Has the loops end, if they do not do so already.
    void end() {
        if (!ending.compareAndSet(false, true)) return;
        threads.forEach(LoopThread::stop);
        stopped.come();
    }

    /// A loop has failed with `thrown`.
    void failed(Throwable thrown) {
        Throwable first = failure.compareAndExchange(null, thrown);
        if (first != null && first != thrown) first.addSuppressed(thrown);
        if (thrown instanceof SystemExit || thrown instanceof KeyboardInterrupt) return;
        System.getLogger("jloop").log(Logger.Level.ERROR,
                Thread.currentThread().getName() + ", a loop of a group, has failed", thrown);
    }

    @Override
    public String toString() {
        return "<LoopGroup loops=" + loops.size() + " closed=" + isClosed() + ">";
    }
}
