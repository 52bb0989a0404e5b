package jloop;

/// A number of permits that coroutines take and give back.
///
/// Tasks get permits in the order in which they asked: a release hands its permit to the first
/// that waits, and nobody overtakes it.
///
/// **As in asyncio**: `Semaphore`. Whoever releases need not have acquired. A semaphore may be
/// made anywhere; it belongs to the loop of the first task that has to wait for it.
/// **Unlike asyncio**: `acquire` returns nothing, where asyncio's always returns True.
public sealed class Semaphore permits BoundedSemaphore {

    /*
     * asyncio: locks.Semaphore. A woken waiter has its permit already (`permits` was reduced for
     * it); if its task is cancelled before it runs, it gives the permit back.
     *
     * Invariants (SyncModelTest):
     *   I1  permits >= 0
     *   I2  if permits > 0, nobody waits who is neither woken nor cancelled, or a woken waiter is
     *       about to run and will wake those behind it
     */

    private final Waiters waiters = new Waiters();
    private int permits;

    /// A semaphore of one permit.
    public Semaphore() {
        this(1);
    }

    /// A semaphore of `permits` permits.
    ///
    /// **Errors**: IllegalArgumentException if negative.
    public Semaphore(int permits) {
        if (permits < 0)
            throw new IllegalArgumentException(
                    "a semaphore has at least 0 permits, not " + permits);
        this.permits = permits;
    }

    /// Takes a permit; waits until there is one and those who asked before had theirs. If it
    /// need not wait, lets nobody else run.
    ///
    /// **Cancellation**: no permit is taken, and the place in the queue is lost.
    /// **Errors**: IllegalStateException outside of a task, and if it has to wait while the
    /// semaphore belongs to another loop.
    public void acquire() {
        Task<?> task = Waiters.caller("Semaphore.acquire");
        if (locked()) awaitPermit(task);
        else permits--;
    }

    private void awaitPermit(Task<?> task) {
        Waiter waiter = waiters.enter(task, this);
        boolean ours = false;
        try {
            waiter.await();
            ours = true;
        } finally {
            waiters.leave(waiter);
            if (!ours && waiter.woken()) permits++;
            // Some came while there were permits, and waited because we stood before them.
            while (permits > 0 && wakeNext()) { }
        }
    }

    /// Gives a permit back, or one more, and wakes the first that waits for one. Any task or
    /// callback may do so.
    public void release() {
        waiters.checkThread("Semaphore.release");
        permits = Math.incrementExact(permits);
        wakeNext();
    }

    private boolean wakeNext() {
        if (!waiters.wakeNext()) return false;
        permits--;
        return true;
    }

    final int permits() {
        return permits;
    }

    /// True if [#acquire()] would wait: there is no permit, or others wait already.
    public final boolean locked() {
        return permits == 0 || waiters.anyLive();
    }

    /// Runs `body` with a permit: acquires it, and releases it however the body ends.
    ///
    /// **As in asyncio**: `async with semaphore`.
    public final <T> T withPermit(Coroutine<T> body) {
        acquire();
        try {
            return Outcomes.of(body);
        } finally {
            release();
        }
    }

    public final void withPermit(VoidCoroutine body) {
        withPermit(body.returningNull());
    }

    @AnyThread
    @Override
    public String toString() {
        return waiters.describe(this, locked() ? "locked" : "unlocked, value:" + permits);
    }
}
