package jloop;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A call that the loop has promised to make, and the means to call it off.
///
/// **As in asyncio**: `Handle`. A cancelled handle forgets its call at once, so what the call
/// captured can be collected even while the handle waits in a queue.
public sealed class Handle permits TimerHandle, Arrival {

    private @Nullable Runnable call;        // null once cancelled or run
    private boolean cancelled;
    volatile @Nullable Handle next;         // in the intake: any thread sets, loop thread follows

    Handle(Runnable call) {
        this.call = Objects.requireNonNull(call, "callback");
    }

    /// Calls it off, if the call has not begun. Calling again does nothing.
    public void cancel() {
        cancelled = true;
        call = null;
    }

    public boolean cancelled() {
        return cancelled;
    }

    final @Nullable Runnable call() {
        return call;
    }

    /// True if the call may run on the bare carrier.
    final boolean isCarrierCall() {
        return call instanceof CarrierCall || call == null;
    }

    /// Makes the call, unless cancelled. What it throws is the caller's to report.
    final void run() {
        Runnable promised = call;
        call = null;
        if (promised != null) promised.run();
    }

    @Override
    public String toString() {
        String what = cancelled ? "cancelled" : call == null ? "done" : call.toString();
        return "<" + getClass().getSimpleName() + " " + what + ">";
    }
}
