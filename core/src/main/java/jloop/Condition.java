package jloop;

import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A place to wait, with a [Lock] held, until another task says that something has changed.
///
/// ```java
/// Condition changed = new Condition();
/// changed.withLock(() -> {
///     changed.waitFor(() -> !jobs.isEmpty());
///     jobs.removeFirst().run();
/// });
/// ```
///
/// **As in asyncio**: `Condition`. The lock is asked whether it is held, not by whom. A wait
/// may end though nobody notified this task: look again, or use [#waitFor]. A condition may
/// be made anywhere; it belongs to the loop of the first task that waits.
/// **Unlike asyncio**: `wait`, `notify` and `notify_all` are named [#await()], [#notifyOne()]
/// and [#notifyAllWaiters()]; the methods of `Object` with their names are something else.
public final class Condition {

    /*
     * asyncio: locks.Condition. Waiting ends in two waits, for the notification and for the lock,
     * and both can be cancelled. The second has to succeed all the same, since whoever waits here
     * will release the lock. An edge request is delivered once, so taking the lock is begun anew
     * after it. A cancelled level scope would make every attempt throw, without end and without
     * anybody else getting to run: inside of one the lock is taken under a shield. Edge requests
     * that the shield keeps off meanwhile are delivered to the next wait.
     *
     * Invariants (ConditionTest, SyncModelTest):
     *   I1  await() is left, in every way, with the lock held
     *   I2  a notification reaches a task that returns from await(), or stays unused because
     *       nobody else waits
     */

    private final Lock lock;
    private final Waiters waiters = new Waiters();

    /// A condition with a lock of its own.
    public Condition() {
        this(new Lock());
    }

    /// A condition with the given lock, which several may share.
    public Condition(Lock lock) {
        this.lock = Objects.requireNonNull(lock, "lock");
    }

    /// [Lock#acquire] of its lock.
    public void acquire() {
        lock.acquire();
    }

    /// [Lock#release] of its lock.
    public void release() {
        lock.release();
    }

    /// [Lock#locked] of its lock.
    public boolean locked() {
        return lock.locked();
    }

    /// [Lock#withLock] of its lock.
    public <T> T withLock(Coroutine<T> body) {
        return lock.withLock(body);
    }

    public void withLock(VoidCoroutine body) {
        lock.withLock(body);
    }

    /// Releases the lock, waits until notified, and takes the lock again.
    ///
    /// **Cancellation**: the lock is taken again all the same, however long that is and
    /// however often it is cancelled meanwhile; then the latest [CancelledError] is thrown.
    /// If this task had been notified, another one is instead.
    /// **Errors**: IllegalStateException outside of a task, if nobody holds the lock, and if
    /// the condition belongs to another loop.
    public void await() {
        Task<?> task = Waiters.caller("Condition.await");
        if (!lock.locked())
            throw new IllegalStateException("await on a condition whose lock nobody holds: "
                    + this);
        waiters.bind(task, this);
        lock.release();
        Throwable failure = awaitNotification(task);
        boolean regained = false;
        try {
            CancelledError cancelled = regainLock(task);
            regained = true;
            if (cancelled != null) failure = cancelled;
        } finally {
            if (!regained || failure != null) waiters.wakeNext();   // it was perhaps for us
        }
        if (failure != null) throw Outcomes.<RuntimeException>rethrow(failure);
    }

    /// What ended the wait, or null for a notification.
    private @Nullable Throwable awaitNotification(Task<?> task) {
        Waiter waiter = waiters.enter(task, this);
        try {
            waiter.await();
            return null;
        } catch (Throwable e) {             // all of it: first the lock must be taken again
            return e;
        } finally {
            waiters.leave(waiter);
        }
    }

    /// Takes the lock, whatever is cancelled meanwhile; returns the latest cancellation, or
    /// null.
    private @Nullable CancelledError regainLock(Task<?> task) {
        CancelledError latest = null;
        while (true) {
            CancelScope shield = CancelScope.effective(task.scope) == null ? null
                    : CancelScope.enterShield(task);
            try {
                lock.acquire();
                return latest;
            } catch (CancelledError e) {
                latest = e;
            } finally {
                if (shield != null) shield.leave(null);
            }
        }
    }

    /// Waits until `predicate` is true, and looks again whenever notified. If it is true,
    /// returns at once. Cancellation and errors are those of [#await()].
    ///
    /// **Unlike asyncio**: `wait_for` returns the predicate's value, which here is always true.
    public void waitFor(BooleanSupplier predicate) {
        Waiters.caller("Condition.waitFor");
        while (!predicate.getAsBoolean()) await();
    }

    /// Wakes the task that has waited longest. See [#notify(int)].
    public void notifyOne() {
        notify(1);
    }

    /// Wakes up to `n` tasks, those that have waited longest. Each goes on when it gets the
    /// lock, which the caller should release soon.
    ///
    /// **Errors**: IllegalStateException if nobody holds the lock.
    public void notify(int n) {
        waiters.checkThread("Condition.notify");
        if (!lock.locked())
            throw new IllegalStateException("notify on a condition whose lock nobody holds: "
                    + this);
        for (int i = 0; i < n && waiters.wakeNext(); i++) { }
    }

    /// Wakes all tasks that wait. See [#notify(int)].
    public void notifyAllWaiters() {
        notify(Integer.MAX_VALUE);
    }

    @AnyThread
    @Override
    public String toString() {
        return waiters.describe(this, lock.locked() ? "locked" : "unlocked");
    }
}
