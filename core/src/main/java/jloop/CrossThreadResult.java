package jloop;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The outcome of a future or task, for another thread. Cancelling it cancels that.
final class CrossThreadResult<T> extends CompletableFuture<T> {

    private final EventLoop loop;
    private @Nullable Future<T> source;         // loop thread only

    CrossThreadResult(EventLoop loop) {
        this.loop = loop;
    }

    /// On the loop: makes the task and ties the two together.
    void start(Coroutine<T> coroutine) {
        if (isDone()) return;
        try {
            follow(loop.createTask(coroutine));
        } catch (Throwable e) {         // a task factory of the user's: both sides are told
            completeExceptionally(e);
            throw e;
        }
    }

    /// On the loop: ends as `future` does.
    void follow(Future<T> future) {
        source = future;
        if (future.done()) settle(future);
        else future.addDoneCallback(this::settle);
    }

    private void settle(Future<T> done) {
        if (done.cancelled()) {
            super.cancel(false);
        } else if (done.exception() != null) {
            completeExceptionally(done.exception());
        } else {
            complete(done.result());
        }
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
        boolean cancelled = super.cancel(mayInterrupt);
        if (cancelled && !loop.isClosed()) loop.arrive(new Handle(this::cancelSource));
        return cancelled;
    }

    private void cancelSource() {
        if (source != null) source.cancel();
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
        rejectLoopThread();
        return super.get();
    }

    @Override
    public T get(long timeout, TimeUnit unit)
            throws InterruptedException, ExecutionException, TimeoutException {
        rejectLoopThread();
        return super.get(timeout, unit);
    }

    @Override
    public T join() throws CancellationException {
        rejectLoopThread();
        return super.join();
    }

    /// In a coroutine the wait would be cooperative; in a callback nobody could end it.
    private void rejectLoopThread() {
        if (isDone()) return;
        Strand strand = Strand.current();
        if (strand != null && strand.loop == loop && strand.task() == null)
            throw new IllegalStateException("a callback of the loop cannot wait for the loop's "
                    + "own task: use a done-callback, or a coroutine and await");
    }
}
