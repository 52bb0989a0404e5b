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

    /// Takes the oldest, or returns null if there is none, or none that is wholly added yet.
    @Nullable Handle take() {
        Handle first = last.next;
        if (first == null) return null;
        last.next = null;               // the taken one may live long: keep no chain behind it
        last = first;
        return first;
    }
}
