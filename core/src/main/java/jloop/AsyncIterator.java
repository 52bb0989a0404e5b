package jloop;

import java.util.Iterator;
import java.util.concurrent.Flow;
import java.util.function.Supplier;

/// An iterator whose methods may wait: [#hasNext()] and [#next()] suspend the calling
/// coroutine until it is known whether there is a next item, and what it is.
///
/// A coroutine consumes it by an ordinary loop, `for (var item : items)`. It is an Iterable of
/// itself: a second loop goes on where the first one stopped.
///
/// **As in asyncio**: `__aiter__` and `__anext__`, and `async for`.
@SuppressWarnings("IterableAndIterator")     // so that a loop can consume it, as in Python
public interface AsyncIterator<T> extends Iterator<T>, Iterable<T> {

    /// This iterator itself.
    @Override
    default Iterator<T> iterator() {
        return this;
    }

    /// [#next()], declared to throw `X`, so that a checked exception of the source can be
    /// caught by name.
    default <X extends Throwable> T next(Class<X> thrown) throws X {
        return next();
    }

    /// The items of `publisher`, of which at most 32 are requested ahead. See
    /// [PublishedItems].
    static <T> PublishedItems<T> from(Flow.Publisher<? extends T> publisher) {
        return new PublishedItems<>(publisher, PublishedItems.PREFETCH);
    }

    /// The items of `publisher`, of which at most `prefetch` are requested ahead. With 1 each
    /// is requested when it is asked for.
    ///
    /// **Errors**: IllegalArgumentException if `prefetch` is less than 1.
    static <T> PublishedItems<T> from(Flow.Publisher<? extends T> publisher, int prefetch) {
        return new PublishedItems<>(publisher, prefetch);
    }

    /// A publisher of what iterators give. Each subscriber gets one of its own, from
    /// `iterators`, and a task of `loop` that asks it for an item whenever one was requested,
    /// and makes all calls of the subscriber.
    ///
    /// {@snippet :
    /// Flow.Publisher<Integer> squares = AsyncIterator.toPublisher(
    ///         () -> Asyncio.generator(y -> {
    ///             for (int i = 0; ; i++) y.yield(i * i);
    ///         }), loop);
    /// }
    ///
    /// At its end, when it fails, and when the subscription is cancelled, the iterator is
    /// closed, if it is AutoCloseable, and after that the subscriber is told. A cancellation
    /// of the subscription cancels what the iterator awaits.
    ///
    /// **Threads**: any may subscribe, request and cancel. The loop has to run. A subscriber is
    /// called in a coroutine: it may wait, and holds up its own items alone.
    /// **Errors**: the subscriber is told what the iterator throws, that the loop is closed,
    /// an item that is null (NullPointerException), a request of less than 1
    /// (IllegalArgumentException), and the [CancelledError] if the task is cancelled. A
    /// subscriber that throws loses its subscription, and the loop's exception handler is told.
    static <T> Flow.Publisher<T> toPublisher(
            Supplier<? extends Iterator<? extends T>> iterators, EventLoop loop) {
        return new ItemPublisher<>(iterators, loop);
    }
}
