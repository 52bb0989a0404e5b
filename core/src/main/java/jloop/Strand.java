package jloop;

import org.jspecify.annotations.Nullable;

/// A virtual thread of a loop: that of a task, or one that makes calls.
abstract class Strand implements Runnable, Thread.UncaughtExceptionHandler {

    /*
     * The strand is the uncaught-exception handler of its thread: the one slot of a Thread, with
     * a public getter, by which the current thread leads to its loop and task. A thread-local
     * would cost a map a thread, a scoped value a cache a thread.
     *
     *   NEW ──start──▶ READY ──▶ RUNNING ──suspend──▶ SUSPENDED ──wake──▶ READY
     *                                └──yield──▶ READY        RUNNING ──body ends──▶ OVER
     *
     * A strand that blocks in the JDK (a lock, a sleep) stays RUNNING here: the loop knows
     * nothing of it, and `Carrier.running` tells it from the one that really runs.
     */
    enum Phase { NEW, READY, RUNNING, SUSPENDED, OVER }

    final EventLoop loop;
    final Carrier carrier;
    Phase phase = Phase.NEW;
    @Nullable Thread thread;                // set by start, cleared at the end
    @Nullable Runnable continuation;        // what the carrier runs to go on with this thread
    @Nullable Context context;              // null: empty; see Context

    // HANDOFF only
    volatile boolean awaitsGrant;           // the strand sets and clears
    volatile boolean granted;               // the carrier sets, the strand clears
    volatile boolean away;                  // the watch sets: blocked in the JDK, lost the baton

    Strand(EventLoop loop) {
        this.loop = loop;
        this.carrier = loop.carrier;
    }

    /// The strand that the calling thread is, or null if it is none.
    static @Nullable Strand current() {
        return of(Thread.currentThread());
    }

    static @Nullable Strand of(Thread thread) {
        return thread.isVirtual() && thread.getUncaughtExceptionHandler() instanceof Strand strand
                ? strand : null;
    }

    abstract void body();

    /// Takes note of an interrupt that came while this strand was suspended. Returns true if
    /// there is nothing more to wait for.
    abstract boolean interrupted();

    /// Takes `made` for its own context, which was empty so far.
    void ownContext(Context made) {
        context = made;
    }

    /// The task that this strand carries out, or null.
    @Nullable Task<?> task() {
        return null;
    }

    @Override
    public final void run() {
        carrier.entered(this);
        phase = Phase.RUNNING;
        try {
            body();
        } finally {
            carrier.leaving(this);
            phase = Phase.OVER;
            if (loop.debug) loop.debugMode.stepped = this;
            continuation = null;
            thread = null;
            carrier.left(this);
        }
    }

    @Override
    public final void uncaughtException(Thread dead, Throwable exception) {
        loop.reportLater(ExceptionContext.of("a thread of the loop died", exception));
    }

    /// Gives up the carrier until woken. Only what runs on this strand calls it.
    final void suspend() {
        boolean waits = true;
        while (waits) {
            if (Thread.interrupted()) {
                waits = !interrupted();
            } else {
                phase = Phase.SUSPENDED;
                if (loop.debug) loop.debugMode.stepped = this;
                try {
                    do carrier.park(this);
                    while (phase == Phase.SUSPENDED && !Thread.currentThread().isInterrupted());
                    waits = phase == Phase.SUSPENDED;
                } finally {
                    phase = Phase.RUNNING;      // also if there was no stack left to park on
                }
            }
        }
    }

    /// Makes a suspended strand ready; does nothing to any other. Loop thread only.
    final void wake() {
        if (phase != Phase.SUSPENDED) return;
        carrier.makeReady(this);
        phase = Phase.READY;                    // last: the call may find no stack
    }

    /// [#wake()], to run before all that is ready.
    final void wakeNext() {
        if (phase != Phase.SUSPENDED) return;
        carrier.makeNext(this);
        phase = Phase.READY;                    // last: the call may find no stack
    }

    /// The strand that waits for this one to hand its task back, or null.
    @Nullable Strand below() {
        return null;
    }

    /// Lets everything that is ready now run before it goes on.
    final void yield() {
        phase = Phase.READY;
        if (loop.debug) loop.debugMode.stepped = this;
        carrier.yield(this);
        phase = Phase.RUNNING;
    }
}
