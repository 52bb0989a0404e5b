package jloop;

import org.jspecify.annotations.Nullable;

/// One task's wait for a primitive: done when it is woken, cancelled when its task is.
final class Waiter extends Future<Boolean> {

    // Neighbours in the queue; written by Waiters alone.
    @Nullable Waiter older;
    @Nullable Waiter newer;

    Waiter(EventLoop loop) {
        super(loop);
    }

    /// True if it was woken, whether or not its task has run since.
    boolean woken() {
        return done() && !cancelled();
    }
}
