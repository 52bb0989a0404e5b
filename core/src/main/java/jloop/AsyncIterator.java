package jloop;

import java.util.Iterator;

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
}
