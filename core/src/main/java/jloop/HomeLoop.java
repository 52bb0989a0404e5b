package jloop;

import org.jspecify.annotations.Nullable;

/// The loop that a primitive belongs to: that of the first task that has to wait for it. Before
/// that it belongs to none, and may be made anywhere.
final class HomeLoop {

    private @Nullable EventLoop loop;

    /// The calling task, about to do `what`, which may have to wait.
    static Task<?> caller(String what) {
        Task<?> task = Task.current();
        if (task == null)
            throw new IllegalStateException(what + " may wait, so only a coroutine of an event "
                    + "loop can call it; this is " + Thread.currentThread());
        task.loop.checkThread(what);
        return task;
    }

    /// Checks that `method` may be called here. A coroutine must be its loop's running one,
    /// even if nobody has waited yet and the primitive belongs to no loop.
    void checkThread(String method) {
        Strand strand = Strand.current();
        if (strand != null) strand.loop.checkThread(method);
        EventLoop bound = loop;
        if (bound != null) bound.checkThread(method);
    }

    /// The loop, which is that of `task` from now on. `primitive` is what has this home.
    ///
    /// **As in asyncio**: `_LoopBoundMixin`.
    EventLoop bind(Task<?> task, Object primitive) {
        EventLoop bound = loop;
        if (bound == null) loop = bound = task.loop;
        if (bound != task.loop)
            throw new IllegalStateException(primitive + " is bound to a different event loop: "
                    + bound + ", and " + task + " runs on " + task.loop);
        return bound;
    }
}
