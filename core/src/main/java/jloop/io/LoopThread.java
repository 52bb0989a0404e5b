package jloop.io;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import jloop.Asyncio;
import jloop.Coroutine;
import jloop.EventLoop;
import jloop.Runner;
import jloop.Task;
import jloop.VoidCoroutine;
import org.jspecify.annotations.Nullable;

/// A loop of a group, and the thread that runs it.
final class LoopThread implements Runnable {

    /*
     * The end, on each thread. A gate opens when all have come to it:
     *
     *   runs ──stop, or a failure──▶ stops listening ──gate `stopped`──▶ cancels the tasks that
     *   it had by then, waits for them ──gate `tasksOver`──▶ aborts connections, clears up,
     *   closes ──gate `over`
     *
     * A task that ends may still ask another loop for something. So no loop is closed before
     * the tasks of all are over; and none cancels before all know what was there to cancel, or
     * it would be what was asked. A step that fails is told, and the next one made all the
     * same, or the others would wait for ever.
     */

    final EventLoop loop;

    private final LoopGroup group;
    private final @Nullable Duration cleanupTimeout;
    private final Set<Runnable> unsettled = ConcurrentHashMap.newKeySet();
    private final List<Server> servers = new ArrayList<>();     // loop thread only, as the next
    private boolean serving = true;
    private @Nullable Thread thread;

    LoopThread(LoopGroup group, LoopGroupOptions options) {
        this.group = group;
        this.loop = new EventLoop(options.poller());
        this.cleanupTimeout = options.cleanupTimeout();
    }

    void start(ThreadFactory threads) {
        Thread made = threads.newThread(this);
        made.start();
        thread = made;
    }

    /// For a thread that could not be started.
    void giveUp() {
        loop.close();
        group.stopped.come();
        group.tasksOver.come();
        group.over.come();
    }

    boolean isAlive() {
        return thread != null && thread.isAlive();
    }

    @Override
    public void run() {
        attempt(loop::runForever);
        serving = false;
        group.end();
        servers.forEach(Server::close);
        Set<Task<?>> left = Asyncio.allTasks(loop);
        group.stopped.come();
        attempt(() -> loop.runUntilComplete(() -> endTasks(left)));
        group.tasksOver.come();
        attempt(() -> loop.runUntilComplete(this::endConnections));
        attempt(this::close);
        unsettled.forEach(Runnable::run);
        group.over.come();
    }

    private void attempt(VoidCoroutine step) {
        try {
            step.run();
        } catch (Throwable e) {         // all else: the group ends by it, and tells
            group.failed(e);
        }
    }

    void stop() {
        loop.callSoonThreadsafe(() -> {
            if (serving) loop.stop();       // what follows is not to be stopped
        });
    }

    <T> CompletableFuture<T> submit(Coroutine<T> coroutine) {
        if (group.tasksOver.isOpen()) throw new IllegalStateException("the group has ended");
        CompletableFuture<T> result = Asyncio.runCoroutineThreadsafe(coroutine, loop);
        Runnable giveUp = () -> result.cancel(false);
        unsettled.add(giveUp);
        CompletionStage<T> stage = result;
        stage.whenComplete((_, _) -> unsettled.remove(giveUp));
        // What the loop has not looked at any more is given up by the end of `run`, or here.
        if (loop.isClosed()) giveUp.run();
        return result;
    }

    /// On the loop: remembers `server` until it is closed and all its connections are.
    void add(Server server) {
        servers.removeIf(each -> each.sockets().isEmpty() && each.connectionCount() == 0);
        servers.add(server);
    }

    private void endTasks(Set<Task<?>> left) {
        Asyncio.wrapFuture(group.stopped.opened()).await();
        left.forEach(Task::cancel);
        if (!left.isEmpty()) Asyncio.wait(left, o -> o.withTimeout(cleanupTimeout));
    }

    private void endConnections() {
        Asyncio.wrapFuture(group.tasksOver.opened()).await();
        servers.forEach(Server::abortClients);
    }

    /// Clears up as at the end of a program.
    private void close() {
        Runner runner = new Runner(o -> {
            var options = o.withLoopFactory(() -> loop);
            return cleanupTimeout == null ? options : options.withCleanupTimeout(cleanupTimeout);
        });
        runner.getLoop();
        runner.close();
    }
}
