package jloop;

import org.jspecify.annotations.Nullable;

/// A stretch of a task that can be cancelled as a whole: one node of the task's stack of
/// scopes.
final class CancelScope {

    /*
     * The one engine behind everything that cancels a part of a task. A scope is entered and left
     * in the task's own thread; while it is on the stack anything on the loop may cancel it.
     *
     * Edge scopes (those behind asyncio's names) make one request when cancelled: it counts in
     * Task.cancelling() and is delivered once, like Task.cancel(). Level scopes make every wait
     * inside them throw until they are left. A shield stops both from outside.
     *
     * Ownership: each request has an owner, a scope, or ROOT for Task.cancel(). When a
     * CancelledError is delivered, it belongs to the outermost owner that had a request pending;
     * a scope turns into something else only an error that is its own, or nobody's (one that user
     * code made). asyncio goes by counts alone and so loses a cancel that was requested before a
     * timeout was entered (timeouts.py, __aexit__): the count at entry already includes it.
     *
     * Invariants (CancelScopeTest):
     *   I1  task.scope is the innermost scope entered and not left
     *   I2  depth == parent depth + 1; ROOT has depth 0 and belongs to no task
     *   I3  an edge scope, once left, has undone its own request exactly once
     */

    static final CancelScope ROOT = new CancelScope();

    final @Nullable Task<?> task;
    final @Nullable CancelScope parent;
    final int depth;
    final boolean level;
    final boolean shield;

    private final int cancellingAtEntry;
    private boolean cancelled;
    private boolean left;
    boolean held;                   // its request, by a shield inside of it; written by Task alone

    private CancelScope() {
        this.task = null;
        this.parent = null;
        this.depth = 0;
        this.level = false;
        this.shield = false;
        this.cancellingAtEntry = 0;
    }

    private CancelScope(Task<?> task, boolean level, boolean shield) {
        this.task = task;
        this.parent = task.scope;
        this.depth = parent == null ? 1 : parent.depth + 1;
        this.level = level;
        this.shield = shield;
        this.cancellingAtEntry = task.cancelling();
    }

    static CancelScope enterEdge(Task<?> task) {
        return enter(new CancelScope(task, false, false), task);
    }

    static CancelScope enterLevel(Task<?> task) {
        return enter(new CancelScope(task, true, false), task);
    }

    static CancelScope enterShield(Task<?> task) {
        return enter(new CancelScope(task, true, true), task);
    }

    private static CancelScope enter(CancelScope scope, Task<?> task) {
        task.scope = scope;
        return scope;
    }

    boolean isCancelled() {
        return cancelled;
    }

    /// Cancels what runs inside. Cancelling again does nothing, nor does it once it is left.
    void cancel(@Nullable Object reason) {
        if (cancelled || left || task == null) return;
        cancelled = true;
        if (level) task.scopeCancelled(this);
        else task.request(this, reason);
    }

    /// Leaves the scope, which must be the innermost. Returns true if `thrown`, which leaves it
    /// too (null if nothing does), is this scope's own cancellation, to be turned into
    /// something else.
    boolean leave(@Nullable Throwable thrown) {
        Task<?> owner = task;
        if (owner == null || owner.scope != this)
            throw new IllegalStateException("scopes are left in the reverse order of entering, "
                    + "each by the task that entered it");
        owner.scope = parent;
        left = true;
        if (shield) owner.unshielded();
        if (!cancelled) return false;
        boolean undone = level || owner.uncancel() <= cancellingAtEntry || owner.isHeldOff();
        owner.withdraw(this);
        return undone && thrown instanceof CancelledError error && owner.owns(this, error);
    }

    /// The outermost cancelled level scope that no shield inside of it keeps off, or null.
    static @Nullable CancelScope effective(@Nullable CancelScope innermost) {
        CancelScope found = null;
        for (CancelScope s = innermost; s != null; s = s.parent) {
            if (s.level && s.cancelled) found = s;
            if (s.shield) break;
        }
        return found;
    }

    /// True if a shield stands between `innermost` and a request of `owner`.
    static boolean isShielded(@Nullable CancelScope innermost, CancelScope owner) {
        for (CancelScope s = innermost; s != null && s != owner; s = s.parent) {
            if (s.shield) return true;
        }
        return false;
    }

    /// The one of two owners that stands further out; null stands for no owner.
    static CancelScope outermost(@Nullable CancelScope a, CancelScope b) {
        return a != null && a.depth <= b.depth ? a : b;
    }
}
