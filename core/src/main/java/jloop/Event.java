package jloop;

/// A flag that coroutines wait for.
///
/// **As in asyncio**: `Event`. [#set()] wakes all that wait at that moment, even if the flag is
/// cleared before they run. An event may be made anywhere; it belongs to the loop of the first
/// task that has to wait for it.
/// **Unlike asyncio**: `wait` is named [#await()], which returns nothing; `Object.wait()` is
/// something else.
public final class Event {

    private final Waiters waiters = new Waiters();
    private boolean set;

    /// An event whose flag is not set.
    public Event() { }

    /// Sets the flag and wakes all that wait for it, in the order in which they came. Does
    /// nothing if it is set.
    public void set() {
        waiters.checkThread("Event.set");
        if (set) return;
        set = true;
        waiters.wakeAll();
    }

    /// Clears the flag: who waits from now on waits for the next [#set()].
    public void clear() {
        waiters.checkThread("Event.clear");
        set = false;
    }

    public boolean isSet() {
        return set;
    }

    /// Waits until the flag is set. If it is set, returns at once and lets nobody else run.
    ///
    /// **Errors**: IllegalStateException outside of a task, and if it has to wait while the
    /// event belongs to another loop.
    public void await() {
        Task<?> task = Waiters.caller("Event.await");
        if (set) return;
        Waiter waiter = waiters.enter(task, this);
        try {
            waiter.await();
        } finally {
            waiters.leave(waiter);
        }
    }

    @AnyThread
    @Override
    public String toString() {
        return waiters.describe(this, set ? "set" : "unset");
    }
}
