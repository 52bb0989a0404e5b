package jloop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A [Handle] that any thread may cancel and ask: what [EventLoop#callSoonThreadsafe] returns.
///
/// **Threads**: any, but for [#getContext()], which is for the loop's.
/// **As in asyncio**: the handle of `call_soon_threadsafe` since 3.14.
public final class ThreadSafeHandle extends Handle {

    /*
     * The field `call` is the state as well:
     *
     *   the call ──run──▶ RUNNING ──over──▶ null (done)
     *      │                 │ ▲               │
     *      │           Waiter(RUNNING) ...     │     others that wait for the end, newest first
     *    cancel              │ over            cancel
     *      └──────▶ CANCELLED ◀────────────────┘     after a run: if anybody wanted to cancel
     *
     * Who wants to cancel or to know while the call is under way puts itself in front of RUNNING
     * and parks; the end of the call wakes them all. The loop itself never waits.
     */

    private static final VarHandle CALL;
    static final CarrierCall RUNNING = () -> { };

    static {
        try {
            CALL = MethodHandles.lookup().findVarHandle(Handle.class, "call", Runnable.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// Somebody who waits for the end of the call; or, without a thread, the call itself, which
    /// has cancelled its handle and waits for nothing.
    private record Waiter(@Nullable Thread thread, boolean cancels,
            @Nullable Runnable before)
            implements CarrierCall {
        @Override
        public void run() { }
    }

    ThreadSafeHandle(Runnable call, @Nullable Context context) {
        super(call, context);
    }

    /// Calls it off, if the call has not begun: then it never does. If it is under way, waits
    /// until it is over; from then on the handle counts as cancelled. A call that cancels its
    /// own handle does not wait, and runs on.
    @AnyThread
    @Override
    public void cancel() {
        for (Runnable state = state(); state != CANCELLED; state = state()) {
            if (isUnderWay(state)) {
                if (waitForTheEnd(state, true)) return;
            } else if (CALL.compareAndSet(this, state, CANCELLED)) {
                return;
            }
        }
    }

    /// True if it was cancelled. If the call is under way, waits until it is over; the call
    /// itself does not wait.
    @AnyThread
    @Override
    public boolean cancelled() {
        Runnable state = state();
        while (isUnderWay(state)) {
            if (isOwnCall()) return hasCancelledItself(state);
            waitForTheEnd(state, false);
            state = state();
        }
        return state == CANCELLED;
    }

    @Override
    void run() {
        Runnable promised = call;
        if (promised == CANCELLED || promised == null
                || !CALL.compareAndSet(this, promised, RUNNING)) return;
        try {
            promised.run();
        } finally {
            if (!CALL.compareAndSet(this, RUNNING, null)) endBefore(state());
        }
    }

    /// Ends the run, and wakes those who wait for that.
    private void endBefore(@Nullable Runnable seen) {
        Runnable waiters = seen;
        while (!CALL.compareAndSet(this, waiters, isCancelling(waiters) ? CANCELLED : null))
            waiters = state();
        for (Runnable at = waiters; at instanceof Waiter waiter; at = waiter.before)
            LockSupport.unpark(waiter.thread);
    }

    private @Nullable Runnable state() {
        return (Runnable) CALL.getVolatile(this);
    }

    private static boolean isUnderWay(@Nullable Runnable state) {
        return state == RUNNING || state instanceof Waiter;
    }

    private boolean isOwnCall() {
        return Strand.current() instanceof CallRunner runner && runner.makes(this);
    }

    private static boolean isCancelling(@Nullable Runnable state) {
        for (Runnable at = state; at instanceof Waiter waiter; at = waiter.before) {
            if (waiter.cancels) return true;
        }
        return false;
    }

    private static boolean hasCancelledItself(@Nullable Runnable state) {
        for (Runnable at = state; at instanceof Waiter waiter; at = waiter.before) {
            if (waiter.thread == null) return true;
        }
        return false;
    }

    /// Returns false if it was not `state` any more.
    private boolean waitForTheEnd(@Nullable Runnable state, boolean cancels) {
        boolean own = isOwnCall();
        Waiter waiter = new Waiter(own ? null : Thread.currentThread(), cancels, state);
        if (!CALL.compareAndSet(this, state, waiter)) return false;
        boolean interrupted = false;
        while (!own && isUnderWay(state())) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) Thread.currentThread().interrupt();
        return true;
    }

    @Override
    String describe() {
        return isUnderWay(state()) ? "running" : super.describe();
    }
}
