package jloop;

import java.io.InterruptedIOException;
import java.net.SocketException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A coroutine that the loop carries out, and the future of its result.
///
/// It runs on a virtual thread of its own, step by step: a step lasts until the coroutine
/// waits, and no other code of the loop runs meanwhile.
///
/// **As in asyncio**: `Task`, in particular its cancellation, edge-triggered and counted.
/// **Unlike asyncio**: the loop holds every task until it is done; a task that waits in a
/// blocking call of the JDK is cancelled by interrupting its thread.
public final class Task<T> extends Future<T> {

    /*
     * Cancellation (asyncio-surface 9.1 in the field's terms). A request cancels what the task
     * awaits, and arrives when that wakes it; if there is nothing to cancel, `mustCancel` has the
     * next wait throw. `pending` is the outermost owner of requests that were not delivered yet,
     * `delivered` the last error that was, and `deliveredFor` its owner: see CancelScope. What a
     * shield keeps off waits apart from that (`held`), or what happens inside the shield would
     * use it up.
     */

    private static final AtomicLong UNNAMED = new AtomicLong();

    final Strand strand = new Body();
    private @Nullable Coroutine<T> coroutine;           // null when done
    private @Nullable String name;                      // null: Task-number
    private final long number;

    private @Nullable Object awaited;       // a Future or SocketOperation, if it waits for one
    private int cancelling;
    private boolean mustCancel;
    private boolean interruptSent;                      // and not yet followed by a delivery
    private @Nullable Object cancelReason;
    @Nullable CancelScope scope;                        // innermost; written by CancelScope alone
    private @Nullable CancelScope pending;
    private boolean held;                               // of Task.cancel(), by a shield
    private @Nullable CancelledError delivered;
    private @Nullable CancelScope deliveredFor;

    // Neighbours in the loop's list of tasks; written by TaskList alone.
    @Nullable Task<?> older;
    @Nullable Task<?> newer;

    /// A task whose first step runs in the next turn of `loop`. Usually made by
    /// [EventLoop#createTask].
    ///
    /// **Errors**: IllegalStateException if the loop is closed.
    public Task(EventLoop loop, Coroutine<T> coroutine, TaskOptions options) {
        super(loop);
        loop.checkThread("createTask");
        loop.checkOpen();
        this.coroutine = Objects.requireNonNull(coroutine, "coroutine");
        this.name = options.name();
        this.number = name == null ? UNNAMED.incrementAndGet() : 0;
        Strand creator = Strand.current();
        Context given = options.context();
        strand.context = given != null ? given : Context.captureOf(creator);
        loop.tasks.add(this);
        boolean started = false;
        try {
            loop.carrier.start(strand, name);
            started = true;
        } finally {
            if (!started) loop.tasks.remove(this);      // the caller has no stack left, say
        }
    }

    /// The task that the calling thread carries out, or null.
    static @Nullable Task<?> current() {
        Strand strand = Strand.current();
        return strand == null ? null : strand.task();
    }

    /// The calling task, which must be one of `loop`, to do `what`.
    static Task<?> running(EventLoop loop, String what) {
        Task<?> task = current();
        if (task == null)
            throw new IllegalStateException(what + " waits, so only a coroutine of an event loop "
                    + "can call it; this is " + Thread.currentThread());
        if (task.loop != loop)
            throw new IllegalStateException(what + " belongs to " + loop + ", and " + task
                    + " to another loop, " + task.loop);
        loop.checkThread(what);
        return task;
    }

    public String getName() {
        return name != null ? name : "Task-" + number;
    }

    public void setName(String name) {
        this.name = name;
    }

    /// The context that it runs in.
    public Context getContext() {
        return Context.ownOf(strand);
    }

    /// What it carries out, or null when it is done.
    public @Nullable Coroutine<T> getCoro() {
        return coroutine;
    }

    /// Where it stands: the stack of its thread, innermost frame first. Empty if it is done or
    /// has not begun.
    public StackTraceElement[] getStack() {
        Thread thread = strand.thread;
        return thread == null || strand.phase == Strand.Phase.NEW
                ? new StackTraceElement[0] : thread.getStackTrace();
    }

    /// Asks the task to end: a [CancelledError] is thrown where it waits, or, if it has not
    /// begun, none of it ever runs. Returns false if it is done, true otherwise; it is not
    /// [#cancelled()] until it has ended.
    @Override
    public boolean cancel(@Nullable Object reason) {
        loop.checkThread("cancel");
        if (done()) return false;
        request(CancelScope.ROOT, reason);
        return true;
    }

    /// How many cancellations were requested and not undone by [#uncancel()].
    public int cancelling() {
        return cancelling;
    }

    /// Undoes one request, for a coroutine that has caught its [CancelledError] and means to go
    /// on. Returns how many are left; at none, a request not delivered yet is dropped.
    public int uncancel() {
        if (cancelling > 0 && --cancelling == 0) {
            mustCancel = false;
            pending = null;
            held = false;
            for (CancelScope s = scope; s != null; s = s.parent) s.held = false;
        }
        return cancelling;
    }

    /// Makes one edge request for `owner`, and delivers it as far as it can be.
    void request(CancelScope owner, @Nullable Object reason) {
        if (done()) return;
        cancelling++;
        cancelReason = reason;
        if (!CancelScope.isShielded(scope, owner)) {
            pending = CancelScope.outermost(pending, owner);
            deliver(reason);
        } else if (owner == CancelScope.ROOT) {
            held = true;
        } else {
            owner.held = true;
        }
    }

    /// A level scope of this task was cancelled: whatever waits inside it must wake.
    void scopeCancelled(CancelScope cancelled) {
        if (CancelScope.effective(scope) == null || done()) return;
        pending = CancelScope.outermost(pending, cancelled);
        deliver(null);
    }

    /// A shield was left: what was requested meanwhile from outside of it counts now.
    void unshielded() {
        for (CancelScope s = scope; s != null; s = s.parent) {
            if (s.held) release(s);
            if (s.shield) return;
        }
        if (held) release(CancelScope.ROOT);
    }

    /// True if a shield keeps off a request: it is counted, but does not concern what runs now.
    boolean isHeldOff() {
        boolean any = held;
        for (CancelScope s = scope; s != null; s = s.parent) any |= s.held;
        return any;
    }

    private void release(CancelScope owner) {
        if (owner == CancelScope.ROOT) held = false;
        else owner.held = false;
        pending = CancelScope.outermost(pending, owner);
        mustCancel = true;
    }

    private void deliver(@Nullable Object reason) {
        cancelReason = reason;
        if (awaited != null && cancelWait(awaited, reason)) return;
        mustCancel = true;
        Thread thread = strand.thread;
        if (blocksInTheJdk() && thread != null) {
            interruptSent = true;
            thread.interrupt();
        }
    }

    /// True if it has begun, is not waiting for the loop, and is not what runs now.
    private boolean blocksInTheJdk() {
        return strand.phase == Strand.Phase.RUNNING && Strand.current() != strand;
    }

    /// True if `error` is the cancellation of `owner`, or of nobody in particular.
    boolean owns(CancelScope owner, CancelledError error) {
        return error != delivered || deliveredFor == null || deliveredFor == owner;
    }

    /// Withdraws the request of a scope that is left, if it was not delivered yet.
    void withdraw(CancelScope owner) {
        if (pending != owner) return;
        pending = null;
        mustCancel = false;
    }

    /// Notes that `error` is about to be thrown in the calling task, and returns it.
    static CancelledError delivered(CancelledError error) {
        Task<?> task = current();
        if (task != null) task.note(error);
        return error;
    }

    private void note(CancelledError error) {
        delivered = error;
        deliveredFor = pending;
        pending = null;
        mustCancel = false;
        if (interruptSent) {
            interruptSent = false;
            Thread.interrupted();       // the interrupt was ours, and has done its work
        }
    }

    private CancelledError cancelNow() {
        CancelledError error = new CancelledError(cancelReason);
        note(error);
        return error;
    }

    /// Throws if a level scope around here is cancelled.
    void checkLevel() {
        if (scope == null) return;
        CancelScope cancelled = CancelScope.effective(scope);
        if (cancelled == null) return;
        pending = CancelScope.outermost(pending, cancelled);
        cancelReason = null;
        throw cancelNow();
    }

    /// Waits until `future` is done; throws only a cancellation that `future` did not take.
    void blockOn(Future<?> future) {
        if (future == this)
            throw new IllegalStateException("a task cannot await itself: " + this);
        checkLevel();
        future.listen(strand);
        wait(future);
        if (mustCancel && !future.endsInCancelledError()) throw cancelNow();
        if (!future.endsInCancelledError()) pending = null;     // somebody swallowed it
    }

    /// Throws if this task is to be cancelled: what a wait would do, for one that is not needed.
    void checkpoint() {
        checkLevel();
        if (mustCancel) throw cancelNow();
    }

    /// Waits until `future` is done. If it was not cancelled, it wins over a cancellation that
    /// came later, which then stays for the next wait.
    void blockOnResult(Future<?> future) {
        checkLevel();
        future.listen(strand);
        wait(future);
    }

    /// Waits until `operation` is over. A result that is there wins over a cancellation, which
    /// then stays for the next wait.
    void blockOn(SocketOperation operation) {
        checkLevel();
        operation.waiter = strand;
        wait(operation);
        operation.waiter = null;
        if (operation.wasCancelled()) throw cancelNow();
    }

    private void wait(Object what) {
        awaited = what;
        try {
            if (mustCancel && cancelWait(what, cancelReason)) mustCancel = false;
            if (isOver(what)) strand.yield();
            else strand.suspend();
        } finally {
            awaited = null;
        }
    }

    /// Calls off what a task waits for, so that it wakes. Returns false if that is over
    /// already: then the task is on its way.
    private static boolean cancelWait(Object what, @Nullable Object reason) {
        return what instanceof SocketOperation operation ? operation.cancelWait(reason)
                : ((Future<?>) what).cancel(reason);
    }

    private static boolean isOver(Object what) {
        return what instanceof SocketOperation operation ? operation.isOver()
                : ((Future<?>) what).done();
    }

    /// Lets everything run that is ready now.
    void yieldOnce() {
        checkLevel();
        strand.yield();
        if (mustCancel) throw cancelNow();
    }

    @SuppressWarnings("NullAway")       // a result may be null if T says so
    private void carryOut(Coroutine<T> body) {
        if (mustCancel) {
            finishCancelled(cancelNow(), cancelReason);
            return;
        }
        T result = null;
        Throwable thrown = null;
        try {
            result = body.run();
        } catch (Throwable e) {         // all of it: it is for whoever awaits the task
            thrown = e;
        }
        loop.carrier.leaving(strand);
        if (loop.isClosed()) return;    // nobody is left to tell
        if (thrown != null) conclude(translated(thrown));
        else if (mustCancel) finishCancelled(null, cancelReason);
        else finishWith(result);
    }

    private void conclude(Throwable thrown) {
        switch (thrown) {
            case CancelledError e -> finishCancelled(e, e.reason());
            case KeyboardInterrupt e -> {
                failWith(e);
                loop.fatal(e);
            }
            case SystemExit e -> {
                failWith(e);
                loop.fatal(e);
            }
            default -> failWith(thrown);
        }
    }

    /// The many faces of an interrupt of the JDK.
    private static boolean isInterrupt(Throwable e) {
        return e instanceof InterruptedException
                || e instanceof ClosedByInterruptException
                || e instanceof InterruptedIOException
                || e instanceof SocketException && "Closed by interrupt".equals(e.getMessage());
    }

    /// `thrown` itself, or the cancellation whose interrupt it is: a blocking call of the JDK
    /// was interrupted to cancel this task, and its exception has come this far.
    Throwable translated(Throwable thrown) {
        if (!interruptSent || !isInterrupt(thrown)) return thrown;
        CancelledError error = cancelNow();
        error.initCause(thrown);
        return error;
    }

    @Override
    String describe() {
        String state = !done() && cancelling > 0 ? " cancelling" : super.describe();
        Object what = awaited;
        return " name=" + getName() + state
                + (what == null || done() ? "" : " awaits=" + what.getClass().getSimpleName());
    }

    /// The thread's side of the task.
    private final class Body extends Strand {

        Body() {
            super(Task.this.loop);
        }

        @Override
        Task<?> task() {
            return Task.this;
        }

        @Override
        void body() {
            Coroutine<T> begun = coroutine;
            try {
                if (begun != null) carryOut(begun);
            } finally {
                coroutine = null;
                loop.tasks.remove(Task.this);
            }
        }

        /// An interrupt that is not ours is a request to cancel.
        @Override
        boolean interrupted() {
            if (interruptSent) interruptSent = false;
            else cancel(null);
            Object what = awaited;
            return what == null || isOver(what);
        }
    }
}
