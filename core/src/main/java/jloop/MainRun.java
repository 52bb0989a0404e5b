package jloop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/// One call of [Asyncio#run]: a loop for one coroutine, and everything cleared up behind it.
final class MainRun {

    private static final Duration EXECUTOR_LIMIT = Duration.ofMinutes(5);

    private final EventLoop loop;
    private final boolean isCurrent;
    private final AtomicInteger interrupts = new AtomicInteger();

    MainRun(RunOptions options) {
        EventLoop running = CurrentLoop.running();
        if (running != null)
            throw new IllegalStateException(
                    "run cannot be called from a running event loop: await, or createTask");
        var factory = options.loopFactory();
        loop = factory == null ? new EventLoop() : factory.get();
        isCurrent = factory == null;
        if (isCurrent) CurrentLoop.set(loop);
        if (options.debug() != null) loop.setDebug(options.debug());
    }

    <T> T run(Coroutine<T> main) {
        try {
            Task<T> task = loop.createTask(main);
            try (CtrlC _ = CtrlC.install(() -> interrupt(task))) {
                return loop.runUntilComplete(task);
            } catch (CancelledError e) {
                if (interrupts.get() > 0 && task.uncancel() == 0) throw keyboardInterrupt(e);
                throw e;
            }
        } finally {
            clearUp();
        }
    }

    private static KeyboardInterrupt keyboardInterrupt(CancelledError cause) {
        KeyboardInterrupt interrupt = new KeyboardInterrupt();
        interrupt.initCause(cause);
        return interrupt;
    }

    /// The first Ctrl-C cancels the main task; the second one ends the run.
    private void interrupt(Task<?> task) {
        if (interrupts.incrementAndGet() == 1) loop.callSoonThreadsafe(() -> interruptMain(task));
        else loop.interruptRun(new KeyboardInterrupt());
    }

    private void interruptMain(Task<?> task) {
        if (!task.cancel()) loop.fatal(new KeyboardInterrupt());
    }

    private void clearUp() {
        try {
            cancelAll();
            loop.runUntilComplete(() -> loop.shutdownAsyncgens());
            loop.runUntilComplete(() -> loop.shutdownDefaultExecutor(EXECUTOR_LIMIT));
        } finally {
            if (isCurrent) CurrentLoop.set(null);
            loop.close();
        }
    }

    private void cancelAll() {
        Set<Task<?>> left = loop.tasks.snapshot();
        if (left.isEmpty()) return;
        for (Task<?> task : left) task.cancel();
        List<Future<?>> futures = new ArrayList<>(left);
        loop.runUntilComplete(new Gathering<Object>(loop, futures, true));
        for (Task<?> task : left) {
            if (task.cancelled() || task.exception() == null) continue;
            loop.callExceptionHandler(ExceptionContext.of(
                    "unhandled exception during the shutdown of run", task.exception())
                    .withFuture(task));
        }
    }
}
