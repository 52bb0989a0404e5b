package jloop;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A call that the loop has promised to make, and the means to call it off.
///
/// **As in asyncio**: `Handle`. A cancelled handle forgets its call at once, so what the call
/// captured can be collected even while the handle waits in a queue.
public sealed class Handle permits TimerHandle, ThreadSafeHandle, WatchHandle, Arrival {

    /*
     * 24 bytes, with compressed references: twelve of header and three references. One more field
     * is one third more.
     */

    static final CarrierCall CANCELLED = () -> { };

    @Nullable Runnable call;                // null once run; written by this and ThreadSafeHandle
    @Nullable Context context;              // null: empty; see Context
    @Nullable Handle next;                  // in the intake, see there

    /// A call in an empty context: one of our own.
    Handle(Runnable call) {
        this(call, null);
    }

    Handle(Runnable call, @Nullable Context context) {
        this.call = Objects.requireNonNull(call, "callback");
        this.context = context;
    }

    /// Calls it off, if the call has not begun. Calling again does nothing.
    public void cancel() {
        call = CANCELLED;
    }

    public boolean cancelled() {
        return call == CANCELLED;
    }

    /// The context that the call is made in.
    public Context getContext() {
        Context own = context;
        if (own == null) {
            own = Strand.current() instanceof CallRunner runner && runner.makes(this)
                    ? Context.ownOf(runner) : new Context();
            context = own;
        }
        return own;
    }

    final @Nullable Runnable call() {
        return call;
    }

    /// True if the call may run on the bare carrier.
    final boolean isCarrierCall() {
        return call instanceof CarrierCall || call == null;
    }

    /// Makes the call, unless cancelled. What it throws is the caller's to report.
    void run() {
        Runnable promised = call;
        if (promised == CANCELLED || promised == null) return;
        promised.run();
        if (call == promised) call = null;  // not if it throws: a report says what it was
    }

    /// What is promised, in words.
    String describe() {
        Runnable promised = call;
        return promised == CANCELLED ? "cancelled"
                : promised == null ? "done" : Naming.of(promised);
    }

    @Override
    public String toString() {
        return "<" + getClass().getSimpleName() + " " + describe() + ">";
    }
}
