package jloop;

import java.util.Locale;

/// A point where a fixed number of tasks wait for each other, over and over.
///
/// **As in asyncio**: `Barrier`. A waiting task that is cancelled leaves, and the others go on
/// waiting: that does not break the barrier. A barrier may be made anywhere; it belongs to the
/// loop of the first task that waits.
/// **Unlike asyncio**: `wait` is named [#await()]; `Object.wait()` is something else.
public final class Barrier {

    /*
     * asyncio: locks.Barrier. All of it happens with the lock of `changed` held, except waiting.
     *
     *   FILLING ──all here──▶ DRAINING ──last one out──▶ FILLING
     *   FILLING, DRAINING ──reset, somebody inside──▶ RESETTING ──last one out──▶ FILLING
     *   any ──abort──▶ BROKEN ──reset──▶ RESETTING or FILLING
     *
     * Invariants (SyncModelTest):
     *   I1  0 <= count <= parties
     *   I2  outside of FILLING nobody enters: newcomers wait before counting themselves
     */
    private enum State { FILLING, DRAINING, RESETTING, BROKEN }

    private final Condition changed = new Condition();
    private final int parties;
    private State state = State.FILLING;
    private int count;                          // tasks inside

    /// A barrier for `parties` tasks.
    ///
    /// **Errors**: IllegalArgumentException if less than one.
    public Barrier(int parties) {
        if (parties < 1)
            throw new IllegalArgumentException(
                    "a barrier is for at least 1 party, not " + parties);
        this.parties = parties;
    }

    /// Waits until as many tasks are here as there are parties. Returns how many were here
    /// before, from 0 to `parties() - 1`: a number of its own for each, unless somebody was
    /// cancelled. If a round is just ending, waits for the next one.
    ///
    /// **Cancellation**: one waits less, and the others wait on.
    /// **Errors**: [BrokenBarrierException] if the barrier is broken, or is broken or reset
    /// meanwhile; IllegalStateException outside of a task.
    public int await() {
        return changed.withLock(this::arrive);
    }

    private Integer arrive() {
        changed.waitFor(() -> state != State.DRAINING && state != State.RESETTING);
        if (state == State.BROKEN) throw new BrokenBarrierException("the barrier was aborted");
        int index = count++;
        try {
            if (count == parties) drain();
            else awaitOthers();
            return index;
        } finally {
            count--;
            if (count == 0) allOut();
        }
    }

    private void drain() {
        state = State.DRAINING;
        changed.notifyAllWaiters();
    }

    private void awaitOthers() {
        changed.waitFor(() -> state != State.FILLING);
        if (state == State.BROKEN) throw new BrokenBarrierException("the barrier was aborted");
        if (state == State.RESETTING) throw new BrokenBarrierException("the barrier was reset");
    }

    private void allOut() {
        if (state != State.BROKEN) state = State.FILLING;
        changed.notifyAllWaiters();
    }

    /// Begins anew: those who wait inside get a [BrokenBarrierException], and when they are out
    /// the barrier fills again. Waits for its turn, if other tasks are just coming or going.
    public void reset() {
        changed.withLock(() -> {
            state = count > 0 ? State.RESETTING : State.FILLING;
            changed.notifyAllWaiters();
        });
    }

    /// Breaks the barrier: those who wait, and who come until it is [#reset()], get a
    /// [BrokenBarrierException]. Waits for its turn as `reset` does.
    public void abort() {
        changed.withLock(() -> {
            state = State.BROKEN;
            changed.notifyAllWaiters();
        });
    }

    /// How many tasks it takes to pass.
    public int parties() {
        return parties;
    }

    /// How many tasks wait for the others to come; 0 while the barrier does not fill.
    public int nWaiting() {
        return state == State.FILLING ? count : 0;
    }

    /// True if it was aborted and not reset since.
    public boolean broken() {
        return state == State.BROKEN;
    }

    @AnyThread
    @Override
    public String toString() {
        String counted = broken() ? "" : ", waiters:" + nWaiting() + "/" + parties;
        return "<Barrier [" + state.name().toLowerCase(Locale.ROOT) + counted + "]>";
    }
}
