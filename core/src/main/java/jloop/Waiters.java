package jloop;

import org.jspecify.annotations.Nullable;

/// The tasks that wait for one primitive, first come first.
///
/// A waiter stays in the queue until its own task takes it out: between being woken, or
/// cancelled, and running again it still stands there, so that nobody overtakes it.
final class Waiters {

    /*
     * asyncio: the deque of futures in each class of locks.py. Linked, so that leaving from the
     * middle is O(1): a deque makes it quadratic to cancel many.
     *
     * Invariants (SyncModelTest):
     *   I1  every waiter before `pending` is done: always the first one that is not is woken, and
     *       new ones stand at the end
     *   I2  size is the number of waiters from `first` to `last`
     */

    private final HomeLoop home = new HomeLoop();
    private @Nullable Waiter first;
    private @Nullable Waiter last;
    private @Nullable Waiter pending;       // null, or where to look for one that is not done
    private int size;                       // loop thread writes; toString of any thread reads

    /// The calling task, about to do `what`, which may have to wait: a point where a cancelled
    /// level scope makes itself felt, also if there is no need to wait.
    static Task<?> caller(String what) {
        Task<?> task = HomeLoop.caller(what);
        task.checkLevel();
        return task;
    }

    /// As [HomeLoop#checkThread].
    void checkThread(String what) {
        home.checkThread(what);
    }

    /// A new waiter for `task`, at the end of the queue. It is to be taken out again by
    /// [#leave], however its wait ends.
    ///
    /// **Errors**: IllegalStateException if `primitive`, whose waiters these are, belongs to
    /// another loop.
    Waiter enter(Task<?> task, Object primitive) {
        Waiter waiter = new Waiter(home.bind(task, primitive));
        waiter.older = last;
        if (last == null) first = waiter;
        else last.newer = waiter;
        last = waiter;
        if (pending == null) pending = waiter;
        size++;
        return waiter;
    }

    /// Fails as [#enter] would.
    void bind(Task<?> task, Object primitive) {
        home.bind(task, primitive);
    }

    void leave(Waiter waiter) {
        Waiter before = waiter.older;
        Waiter after = waiter.newer;
        if (before == null) first = after;
        else before.newer = after;
        if (after == null) last = before;
        else after.older = before;
        if (pending == waiter) pending = after;
        waiter.older = null;
        waiter.newer = null;
        size--;
    }

    /// Wakes the first waiter that is not done. Returns false if there is none.
    boolean wakeNext() {
        Waiter next = pending;
        while (next != null && next.done()) next = next.newer;
        pending = next == null ? null : next.newer;
        if (next == null) return false;
        next.finishWith(true);
        return true;
    }

    void wakeAll() {
        while (wakeNext()) { }
    }

    /// Sees to it that the first in the queue will run: wakes it, unless it is done already.
    void wakeFirst() {
        Waiter head = first;
        if (head != null && !head.done()) wakeNext();
    }

    /// True if somebody waits who was not cancelled.
    boolean anyLive() {
        for (Waiter w = first; w != null; w = w.newer) {
            if (!w.cancelled()) return true;
        }
        return false;
    }

    int size() {
        return size;
    }

    /// `primitive` in words: its state and how many wait, as `<Lock [locked, waiters:2]>`.
    String describe(Object primitive, String state) {
        int waiting = size;
        return "<" + primitive.getClass().getSimpleName() + " [" + state
                + (waiting == 0 ? "" : ", waiters:" + waiting) + "]>";
    }
}
