package jloop;

/// A lock between coroutines: held by at most one at a time.
///
/// Tasks get it in the order in which they asked. When it is released it is free, but the first
/// that waits is woken and nobody overtakes it, not even the one that has released it.
///
/// ```java
/// Lock lock = new Lock();
/// lock.withLock(() -> transfer(from, to));
/// ```
///
/// **As in asyncio**: `Lock`. It has no owner: any task may release it, and who holds it and
/// acquires it again waits for ever. A lock may be made anywhere; it belongs to the loop of the
/// first task that has to wait for it.
/// **Unlike asyncio**: `acquire` returns nothing, where asyncio's always returns True.
public final class Lock {

    /*
     * asyncio: locks.Lock.
     *
     * Invariants (SyncModelTest):
     *   I1  if it is free and somebody waits who was not cancelled, the first one is woken
     *   I2  it is taken by a woken waiter, or while nobody waits
     */

    private final Waiters waiters = new Waiters();
    private boolean locked;

    /// A free lock.
    public Lock() { }

    /// Takes the lock; waits until it is free and those who asked before had it. If it is free
    /// and nobody waits, takes it at once and lets nobody else run.
    ///
    /// **Cancellation**: the lock is not taken, and the place in the queue is lost.
    /// **Errors**: IllegalStateException outside of a task, and if it has to wait while the
    /// lock belongs to another loop.
    public void acquire() {
        Task<?> task = Waiters.caller("Lock.acquire");
        if (locked || waiters.anyLive()) awaitTurn(task);
        locked = true;
    }

    private void awaitTurn(Task<?> task) {
        Waiter waiter = waiters.enter(task, this);
        boolean ours = false;
        try {
            waiter.await();
            ours = true;
        } finally {
            waiters.leave(waiter);
            if (!ours && !locked) waiters.wakeFirst();      // perhaps it was our turn: pass it on
        }
    }

    /// Frees the lock and wakes the first that waits for it. Any task or callback may do so.
    ///
    /// **Errors**: IllegalStateException if nobody holds it.
    public void release() {
        waiters.checkThread("Lock.release");
        if (!locked)
            throw new IllegalStateException("release of a lock that nobody holds: " + this);
        locked = false;
        waiters.wakeFirst();
    }

    /// True if somebody holds it.
    public boolean locked() {
        return locked;
    }

    /// Runs `body` with the lock held: acquires it, and releases it however the body ends.
    ///
    /// **As in asyncio**: `async with lock`.
    public <T> T withLock(Coroutine<T> body) {
        acquire();
        try {
            return Outcomes.of(body);
        } finally {
            release();
        }
    }

    public void withLock(VoidCoroutine body) {
        withLock(body.returningNull());
    }

    @AnyThread
    @Override
    public String toString() {
        return waiters.describe(this, locked ? "locked" : "unlocked");
    }
}
