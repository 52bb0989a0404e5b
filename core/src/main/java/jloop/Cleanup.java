package jloop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The end of a run, before its loop is closed: the tasks that are left are cancelled and
/// awaited, then the generators and the default executor are shut down.
record Cleanup(EventLoop loop, @Nullable Duration limit) {

    private static final Duration EXECUTOR_LIMIT = Duration.ofMinutes(5);

    void carryOut() {
        Set<Task<?>> left = loop.tasks.snapshot();
        if (!left.isEmpty()) cancel(left);
        loop.runUntilComplete(() -> loop.shutdownAsyncgens());
        loop.runUntilComplete(() -> loop.shutdownDefaultExecutor(
                limit == null ? EXECUTOR_LIMIT : limit));
    }

    private void cancel(Set<Task<?>> left) {
        for (Task<?> task : left) task.cancel();
        List<Future<?>> futures = new ArrayList<>(left);
        awaitAll(new Gathering<Object>(loop, futures, true));
        for (Task<?> task : left) {
            if (!task.done()) abandon(task);
            else if (!task.cancelled() && task.exception() != null) reportFailed(task);
        }
    }

    private void awaitAll(Future<List<Object>> all) {
        if (limit == null) {
            loop.runUntilComplete(all);
            return;
        }
        Future<Boolean> isOver = loop.createFuture();
        all.addDoneCallback(_ -> settle(isOver));
        TimerHandle alarm = loop.callLater(limit, () -> settle(isOver));
        try {
            loop.runUntilComplete(isOver);
        } finally {
            alarm.cancel();
        }
    }

    private static void settle(Future<Boolean> isOver) {
        if (!isOver.done()) isOver.setResult(true);
    }

    private void reportFailed(Task<?> task) {
        loop.callExceptionHandler(ExceptionContext.of(
                "unhandled exception during the shutdown of run", task.exception())
                .withFuture(task));
    }

    private void abandon(Task<?> task) {
        TimeoutException where = new TimeoutException("it still stands here");
        where.setStackTrace(task.getStack());
        loop.abandon(task);
        loop.callExceptionHandler(ExceptionContext.of(
                "task did not end within " + limit + " of its cancellation, and is abandoned",
                where).withFuture(task));
    }
}
