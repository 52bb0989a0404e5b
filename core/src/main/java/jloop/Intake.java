package jloop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/// The queue by which other threads reach the loop: any thread adds, the loop takes.
final class Intake {

    /*
     * A linked queue of many producers and one consumer (Vyukov): a producer swaps itself in as
     * the newest, then links its predecessor to itself. Between the two the chain is cut; the
     * consumer then stops at the cut and comes again, as isEmpty() looks at the newest.
     *
     * The handles are the nodes: nothing is allocated here. A handle enters once.
     *
     * Links are plain fields. Who reads `newest` sees all that the producers up to there have
     * written, as each swap follows the one before it; only a link may be seen late, which is
     * a cut. And a link is written without a call: a coroutine with no stack left may be about
     * to add, and after the swap nothing must fail.
     */

    private static final VarHandle NEWEST;

    static {
        try {
            NEWEST = MethodHandles.lookup().findVarHandle(Intake.class, "newest", Handle.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private Handle last = new Arrival(() -> { });   // taken last; loop thread only
    private volatile Handle newest = last;          // any thread swaps

    @AnyThread
    void add(Handle handle) {
        Handle before = (Handle) NEWEST.getAndSet(this, handle);
        before.next = handle;
    }

    /// True if nothing was added that is not taken.
    boolean isEmpty() {
        return newest == last;
    }

    /// Takes what has been added by now, the oldest first, and makes it ready.
    void moveTo(ReadyQueue ready) {
        Handle end = newest;
        Handle taken = last;
        try {
            for (Handle first; taken != end && (first = taken.next) != null; taken = first) {
                ready.add(first instanceof Arrival arrival ? arrival.continuation : first);
                taken.next = null;      // it may live long: keep no chain behind it
            }
        } finally {
            last = taken;
        }
    }
}
