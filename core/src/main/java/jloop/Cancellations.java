package jloop;

import org.jspecify.annotations.Nullable;

/// The cancellations that reach a task while it ends something that has to be waited for all
/// the same, and what becomes of them afterwards.
final class Cancellations {

    /*
     * asyncio.TaskGroup goes by Task.cancelling() here, and loses those that come while it waits
     * for children that it has cancelled itself (cpython 155433). What counts here is whose
     * request an error is: see CancelScope.
     */

    private final Task<?> task;
    private final @Nullable CancelScope own;
    private @Nullable CancelledError outside;
    private @Nullable CancelScope outsideOwner;
    private boolean any;

    /// Of `task`, inside `own`, which is a scope of what is being ended, or null.
    Cancellations(Task<?> task, @Nullable CancelScope own) {
        this.task = task;
        this.own = own;
    }

    /// Takes note of an error that was just thrown in the task.
    void add(CancelledError error) {
        any = true;
        CancelScope owner = task.ownerOf(error);
        if (owner == null || own != null && owner.depth >= own.depth) return;
        if (outsideOwner == null || owner.depth < outsideOwner.depth) {
            outside = error;
            outsideOwner = owner;
        }
    }

    boolean any() {
        return any;
    }

    /// The one that was requested from outside, furthest out; or null.
    @Nullable CancelledError outside() {
        return outside;
    }

    /// Has what was requested from outside delivered once more, since another error is about to
    /// be thrown. The scope must have been left.
    void redeliver() {
        if (outsideOwner != null)
            task.redeliver(outsideOwner, outside == null ? null : outside.reason());
        else if (own != null) own.redeliver();
    }
}
