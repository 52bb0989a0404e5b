package jloop;

import java.io.InterruptedIOException;
import java.io.PrintStream;
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
     * Cancellation, as docs/design/0005 has it. A request cancels what the task
     * awaits, and arrives when that wakes it; if there is nothing to cancel, `mustCancel` has the
     * next wait throw.
     *
     * Who asked is noted with the owner (see CancelScope): `unsent`, until the request is sent on
     * to what the task awaits or is thrown. What is sent and has not arrived is `onItsWay`, by
     * its outermost owner. A request that a shield keeps off stays unsent until the shield is
     * left or lifted, whatever happens inside.
     *
     *   I1  mustCancel implies that a request is unsent that no shield keeps off
     *   I2  effective == CancelScope.effective(scope)
     *   I3  onItsWay is null unless the task waits
     */

    private static final AtomicLong UNNAMED = new AtomicLong();

    Strand strand = new Body();         // what it runs on; others by GeneratorStrand alone
    private @Nullable Coroutine<T> coroutine;           // null when done
    private @Nullable String name;                      // null: Task-number
    private final long number;

    private @Nullable Object awaited;       // a Future or SocketOperation, if it waits for one
    private int cancelling;
    private int cancellingSent;                         // of these, how many are not to be sent
    private boolean mustCancel;
    private boolean interruptSent;                      // and not yet followed by a delivery
    private @Nullable CancelledError interruptTold;     // the delivery that followed
    private @Nullable Object cancelReason;
    @Nullable CancelScope scope;                        // innermost; written by CancelScope alone
    @Nullable CancelScope effective;                    // the same
    private boolean unsent;                             // a request of Task.cancel()
    private @Nullable CancelScope onItsWay;
    private @Nullable CancelledError caught;            // for Task.cancel(), not undone since
    CancelledTasks.@Nullable Entry cancelEntry;         // written by CancelledTasks alone
    private boolean inCreatorsStep;                     // makes its first step, eagerly

    // Neighbours in the loop's list of tasks; written by TaskList alone.
    @Nullable Task<?> older;
    @Nullable Task<?> newer;

    /// A task whose first step runs in the next turn of `loop`, or at once if it starts
    /// eagerly. Usually made by [EventLoop#createTask].
    ///
    /// **Errors**: IllegalStateException if the loop is closed.
    public Task(EventLoop loop, Coroutine<T> coroutine, TaskOptions options) {
        super(loop);
        if (!loop.carrier.isCurrent()) loop.beforeRun("createTask");
        loop.checkOpen();
        this.coroutine = Objects.requireNonNull(coroutine, "coroutine");
        this.name = options.name();
        this.number = name == null ? UNNAMED.incrementAndGet() : 0;
        Strand creator = Strand.current();
        Context given = options.context();
        strand.context = given != null ? given : Context.captureOf(creator);
        if (creator != null && creator.loop == loop && Boolean.TRUE.equals(options.eagerStart()))
            startNow(creator);
        else
            start();
    }

    /// Where there is no stack left for the start, there is no task: the list, which needs
    /// less, comes after it.
    private void start() {
        loop.carrier.start(strand, name);
        loop.tasks.add(this);
    }

    /// Makes the first step before it returns. KeyboardInterrupt and SystemExit of that step
    /// are the creator's to throw.
    private void startNow(Strand creator) {
        loop.eager.checkDepth();
        loop.carrier.checkStack();
        loop.tasks.add(this);
        inCreatorsStep = true;
        try {
            loop.carrier.startNow(strand, name, creator);
        } finally {
            inCreatorsStep = false;
            if (strand.phase == Strand.Phase.NEW) loop.tasks.remove(this);      // as in start
        }
        Throwable failure = failure();
        if (failure instanceof KeyboardInterrupt || failure instanceof SystemExit) {
            failureRead();
            throw Outcomes.<RuntimeException>rethrow(failure);
        }
    }

    /// The task that the calling thread carries out; null in a callback, and on a thread that
    /// no loop runs.
    @AnyThread
    public static @Nullable Task<?> current() {
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

    /// Where it stands: its stack, innermost frame first, from the method that waits, as
    /// `Future.await`, to the body. If it has failed, where its exception came from. Empty if
    /// it has ended otherwise, or has not begun.
    public StackTraceElement[] getStack() {
        return TaskStack.of(this, null).toArray(new StackTraceElement[0]);
    }

    /// [#getStack()], at most `limit` frames of it: the innermost ones of a stack, the
    /// outermost ones of an exception; none if it is not positive.
    public StackTraceElement[] getStack(int limit) {
        return TaskStack.of(this, limit).toArray(new StackTraceElement[0]);
    }

    /// Prints [#getStack()].
    public void printStack(PrintStream out) {
        TaskStack.print(this, null, out);
    }

    /// Prints [#getStack(int)].
    public void printStack(PrintStream out, int limit) {
        TaskStack.print(this, limit, out);
    }

    /// Asks the task to end: a [CancelledError] is thrown where it waits, or, if it has not
    /// begun, none of it ever runs. Returns false if it is done, true otherwise; it is not
    /// [#cancelled()] until it has ended.
    @Override
    public boolean cancel(@Nullable Object reason) {
        loop.checkThread("cancel");
        if (isReadByCancelling()) return false;
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
            onItsWay = null;
            unsent = false;
            caught = null;
            interruptTold = null;
            for (CancelScope s = scope; s != null; s = s.parent) s.unsent &= s.level;
            mustCancel = mustCancel && isAnyUnsent();
            loop.cancelledTasks.remove(this);
        }
        cancellingSent = Math.min(cancellingSent, cancelling);
        return cancelling;
    }

    /// Makes one edge request for `owner`, and delivers it as far as it can be.
    void request(CancelScope owner, @Nullable Object reason) {
        if (done()) return;
        cancelling++;
        cancelReason = reason;
        if (owner == CancelScope.ROOT) {
            unsent = true;
            loop.cancelledTasks.add(this);
        } else {
            owner.unsent = true;
        }
        if (!CancelScope.isShielded(scope, owner)) deliver(reason);
    }

    /// A level scope of this task was cancelled: what waits inside it must wake.
    void scopeCancelled(CancelScope cancelled) {
        if (done()) return;
        cancelled.unsent = true;
        if (!CancelScope.isShielded(scope, cancelled)) deliver(cancelled.reason());
    }

    /// A shield was raised: what comes from outside of it and was not sent yet has to wait.
    void shielded() {
        mustCancel = mustCancel && isAnyUnsent();
    }

    /// A shield was left or lifted: what was requested meanwhile from outside of it counts now.
    void unshielded() {
        if (done()) return;
        CancelScope level = effective;
        if (level != null) level.unsent = true;
        if (isAnyUnsent()) deliver(level == null || unsent ? cancelReason : level.reason());
    }

    /// True if there is a request that was not sent, and that no shield keeps off.
    private boolean isAnyUnsent() {
        for (CancelScope s = scope; s != null; s = s.parent) {
            if (s.unsent) return true;
            if (s.shield()) return false;
        }
        return unsent;
    }

    /// True if a shield keeps off a request: it is counted, but does not concern what runs now.
    boolean isHeldOff() {
        boolean shielded = false;
        for (CancelScope s = scope; s != null; s = s.parent) {
            if (shielded && s.unsent && !s.level) return true;
            shielded |= s.shield();
        }
        return shielded && unsent;
    }

    /// Takes all requests as sent that no shield keeps off, and returns their outermost owner,
    /// or null if there is none.
    private @Nullable CancelScope sent() {
        CancelScope outermost = null;
        boolean shielded = false;
        for (CancelScope s = scope; s != null && !shielded; s = s.parent) {
            if (s.unsent) outermost = s;
            s.unsent = false;
            shielded = s.shield();
        }
        if (unsent && !shielded) {
            outermost = CancelScope.ROOT;
            unsent = false;
        }
        if (outermost == null) return onItsWay;
        noteSent(outermost);
        return CancelScope.outermost(onItsWay, outermost);
    }

    private void noteSent(CancelScope owner) {
        if (!isHeldOff()) cancellingSent = cancelling;
        Object reason = owner == CancelScope.ROOT ? cancelReason : owner.reason();
        for (CancelScope s = scope; s != null && s != owner; s = s.parent) {
            s.sentFromOutside(owner, reason);
        }
    }

    private void deliver(@Nullable Object reason) {
        if (awaited != null && cancelWait(awaited, reason)) {
            onItsWay = sent();
            return;
        }
        mustCancel = true;
        Thread thread = strand.thread;
        if (blocksInTheJdk() && thread != null) {
            interruptSent = true;
            thread.interrupt();
        }
    }

    /// The future that it waits for, or null.
    @Nullable Future<?> awaitedFuture() {
        return awaited instanceof Future<?> future ? future : null;
    }

    /// True if it has begun, is not waiting for the loop, and is not what runs now.
    private boolean blocksInTheJdk() {
        return strand.phase == Strand.Phase.RUNNING && Strand.current() != strand;
    }

    /// Whose request `error` is, if it was thrown here last; null if nobody's.
    @Nullable CancelScope ownerOf(CancelledError error) {
        return error.deliveredTo == this ? error.owner : null;
    }

    /// Has the next wait throw once more what `owner` requested, because the error was put
    /// aside for another one. The count stays as it is.
    void redeliver(CancelScope owner, @Nullable Object reason) {
        if (owner.level || cancelling == 0) return;
        if (owner == CancelScope.ROOT) unsent = true;
        else owner.unsent = true;
        cancellingSent = Math.min(cancellingSent, cancelling - 1);
        cancelReason = reason;
        if (!CancelScope.isShielded(scope, owner)) mustCancel = true;
    }

    /// How many of the requests that count are not to be sent (again): they have been.
    int cancellingSent() {
        return cancellingSent;
    }

    /// Withdraws the request of a scope that is left, if it was not delivered yet.
    void withdraw(CancelScope owner) {
        owner.unsent = false;
        if (interruptTold != null && interruptTold.owner == owner) interruptTold = null;
        if (!mustCancel || isAnyUnsent()) return;
        mustCancel = false;
        absorbInterrupt();
    }

    /// Notes that `error` is about to be thrown in the calling task, and returns it.
    static CancelledError delivered(CancelledError error) {
        Task<?> task = current();
        if (task != null) task.note(error);
        return error;
    }

    /// Notes that `error` is about to be thrown in the calling task, which did not wait: it is
    /// nobody's request.
    static CancelledError found(CancelledError error) {
        error.deliveredTo = null;
        error.owner = null;
        return error;
    }

    private void note(CancelledError error) {
        note(error, sent());
    }

    private void note(CancelledError error, @Nullable CancelScope owner) {
        onItsWay = null;
        mustCancel = false;
        error.deliveredTo = this;
        error.owner = owner;
        if (absorbInterrupt()) interruptTold = error;
        if (owner == CancelScope.ROOT) caught = error;
        else if (owner != null) owner.delivered(error);
    }

    /// The interrupt was ours, and has done its work.
    private boolean absorbInterrupt() {
        if (!interruptSent) return false;
        interruptSent = false;
        Thread.interrupted();
        return true;
    }

    private CancelledError cancelNow() {
        CancelScope owner = sent();
        CancelledError error = new CancelledError(
                owner != null && owner.level ? owner.reason() : cancelReason);
        note(error, owner);
        return error;
    }

    /// Throws if a level scope around here is cancelled.
    void checkLevel() {
        CancelScope cancelled = effective;
        if (cancelled == null) return;
        cancelled.unsent = true;
        throw cancelNow();
    }

    /// Waits until `future` is done; throws only a cancellation that `future` did not take.
    void blockOn(Future<?> future) {
        if (future == this)
            throw new IllegalStateException("a task cannot await itself: " + this);
        if (loop.debug) DebugMode.rejectCycle(this, future);
        checkLevel();
        blockOnRegardless(future);
    }

    /// The same, even in a level scope that is cancelled.
    void blockOnRegardless(Future<?> future) {
        future.listen(strand);
        wait(future);
        if (mustCancel && !future.endsInCancelledError()) throw cancelNow();
        if (!future.endsInCancelledError()) onItsWay = null;    // somebody swallowed it
    }

    /// Throws if this task is to be cancelled: what a wait would do, where none is needed.
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
            if (mustCancel && cancelWait(what, cancelReason)) {
                mustCancel = false;
                onItsWay = sent();
            }
            if (isOver(what)) strand.yield();
            else do strand.suspend();           // more than once at HANDOFF only
            while (!isOver(what) && !loop.isClosed());
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
        if (thrown == null && caught != null && !cancelled()) loop.swallowed(caught, this);
    }

    private void conclude(Throwable thrown) {
        switch (thrown) {
            case CancelledError e -> finishCancelled(e, e.reason());
            case KeyboardInterrupt e -> failFatally(e);
            case SystemExit e -> failFatally(e);
            default -> failWith(thrown);
        }
    }

    private void failFatally(Error error) {
        failWith(error);
        if (inCreatorsStep) return;
        failureRead();          // the run throws it
        loop.fatal(error);
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
        if (!isInterrupt(thrown) || !interruptSent && interruptTold == null) return thrown;
        CancelledError told = interruptTold;
        CancelledError error = interruptSent || told == null ? cancelNow() : told;
        interruptTold = null;
        if (error.getCause() == null) error.initCause(thrown);
        return error;
    }

    /// Takes note of an interrupt: one that is not ours is a request to cancel. Returns true if
    /// there is nothing more to wait for.
    boolean takeInterrupt() {
        if (interruptSent) interruptSent = false;
        else cancel(null);
        Object what = awaited;
        return what == null || isOver(what);
    }

    @Override
    String stateText() {
        return !done() && cancelling > 0 ? "cancelling" : super.stateText();
    }

    @Override
    String detailText() {
        Object begun = coroutine;
        Object what = awaited;
        return " name=" + getName()
                + (begun == null || done() ? "" : " coro=<" + Naming.of(begun) + ">")
                + (what == null || done() ? "" : " wait_for=" + FutureText.brief(what));
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
                loop.cancelledTasks.remove(Task.this);
            }
        }

        @Override
        boolean interrupted() {
            return takeInterrupt();
        }
    }
}
