package jloop;

import org.jspecify.annotations.Nullable;

/// What a task can wait for, seen from its cancellation.
interface Awaitable {

    /// Calls off what is awaited, so that the waiting task wakes. Returns false if it is over
    /// already: then the task is on its way.
    boolean cancelWait(@Nullable Object reason);

    /// True if there is nothing to wait for any more.
    boolean isOver();
}
