package jloop;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// Futures of the JDK, as futures of a loop.
final class ForeignFutures {

    private ForeignFutures() { }

    /// A future that ends as `stage` does, and takes it along if it is cancelled.
    static <T> Future<T> of(EventLoop loop, CompletionStage<T> stage) {
        Future<T> future = loop.createFuture();
        stage.whenComplete((result, failure) -> bringIn(future, result, failure));
        future.addDoneCallback(done -> {
            if (done.cancelled()) cancel(stage);
        });
        return future;
    }

    private static void cancel(CompletionStage<?> stage) {
        try {
            stage.toCompletableFuture().cancel(true);
        } catch (UnsupportedOperationException _) {
            // a stage that nobody can cancel
        }
    }

    /// The same of a future that can only be waited for: a thread does.
    static <T> Future<T> of(EventLoop loop, java.util.concurrent.Future<T> source) {
        Future<T> future = loop.createFuture();
        future.addDoneCallback(done -> {
            if (done.cancelled()) source.cancel(true);
        });
        Thread.ofVirtual().name("wrapFuture").start(() -> waitFor(source, future));
        return future;
    }

    @SuppressWarnings("NullAway")       // a failure has no result
    private static <T> void waitFor(java.util.concurrent.Future<T> source, Future<T> future) {
        try {
            bringIn(future, source.get(), null);
        } catch (ExecutionException | CancellationException | InterruptedException e) {
            bringIn(future, null, e);
        }
    }

    /// On any thread. A loop closed meanwhile is no concern of it.
    private static <T> void bringIn(Future<T> future, T result, @Nullable Throwable failure) {
        if (future.loop.isClosed()) return;
        future.loop.arriveInOrder(new Handle((CarrierCall) () -> settle(future, result, failure)));
    }

    private static <T> void settle(Future<T> future, T result, @Nullable Throwable failure) {
        if (future.done()) return;
        Throwable cause = unwrapped(failure);
        if (cause == null) future.finishWith(result);
        else if (cause instanceof CancellationException) future.finishCancelled(null, null);
        else future.failWith(cause);
    }

    private static @Nullable Throwable unwrapped(@Nullable Throwable failure) {
        Throwable found = failure;
        while (found instanceof CompletionException || found instanceof ExecutionException) {
            Throwable cause = found.getCause();
            if (cause == null) break;
            found = cause;
        }
        return found;
    }
}
