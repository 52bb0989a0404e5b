package jloop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The tie between a future and the one that shields it: see [Asyncio#shield].
final class Shield {

    private Shield() { }

    static <T> Future<T> of(Future<T> inner) {
        Future<T> outer = new DependentFuture<>(inner.loop, List.of(inner));
        inner.listen((CarrierCall) () -> innerEnded(inner, outer));
        return outer;
    }

    private static <T> void innerEnded(Future<T> inner, Future<T> outer) {
        @Nullable Throwable failure = inner.cancelled() ? null : inner.exception();
        if (outer.done()) {
            if (failure != null && outer.cancelled()) reportOnce(inner, failure);
        } else if (inner.cancelled()) {
            outer.finishCancelled(null, null);
        } else if (failure != null) {
            outer.failWith(failure);
        } else {
            outer.finishWith(inner.result());
        }
    }

    private static void reportOnce(Future<?> inner, Throwable failure) {
        Failure object = inner.failedAs();
        if (object == null || object.isReported) return;
        object.isReported = true;
        inner.loop.reportLater(ExceptionContext.of("exception in a shielded future", failure)
                .withFuture(inner));
    }
}
