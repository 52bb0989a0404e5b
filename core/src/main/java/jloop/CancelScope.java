package jloop;

import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A stretch of a task that can be cancelled as a whole.
///
/// Once it is cancelled, every wait of the task inside it throws a [CancelledError], until the
/// scope is left; it takes that error for its own and swallows it. What is around it goes on.
/// Several scopes nest: the deadline of an outer one holds inside too, and its cancellation
/// passes through the inner ones.
///
/// ```
/// CancelScope.open(scope -> {
///     createTask(() -> { userPressedStop(); scope.cancel(); });
///     download();
/// });
/// ```
///
/// A scope is entered where it is made, once, in the task that called [#open]. Anything on the
/// loop may cancel it, move its deadline, or lift its shield.
///
/// **Blocking calls of the JDK**: one that is under way when the scope is cancelled is
/// interrupted. One that begins later, in cleanup say, is not: it runs to its end, and the next
/// wait throws.
/// **Unlike asyncio**: its timeouts and groups throw once, at one wait, and never again.
public final class CancelScope {

    /*
     * The one engine behind everything that cancels a part of a task: a node of the task's stack
     * of scopes. A scope is entered and left in the task's own thread; while it is on the stack
     * anything on the loop may cancel it.
     *
     * Edge scopes (those behind asyncio's names) make one request when cancelled: it counts in
     * Task.cancelling() and is delivered once, like Task.cancel(). Level scopes, the only ones
     * that users see as such, make every wait inside them throw until they are left. A shield
     * stops both from outside.
     *
     * Ownership: each request has an owner, a scope, or ROOT for Task.cancel(). When a
     * CancelledError is delivered, it belongs to the outermost owner that had a request pending,
     * and carries it; a scope turns into something else only an error that is its own, or
     * nobody's (one that user code made). asyncio goes by counts alone and so loses a cancel that
     * was requested before a timeout was entered (timeouts.py, __aexit__): the count at entry
     * already includes it.
     *
     * Nothing polls: a request wakes the task if it waits, and is looked for when it next waits.
     * `Task.effective` answers that in one read; it is worked out anew only when a scope is
     * cancelled, shielded or left.
     *
     * Swallowed cancellations (EventLoop.swallowedCancellations) of a level scope, each delivery
     * once: its body ends normally after it was told; or the very place where it was told first
     * throws twice more, so that the error must have been caught there. Cleanup in `finally` is
     * neither: it leaves by the error, and waits elsewhere than where the work was.
     *
     * Invariants (CancelScopeTest):
     *   I1  task.scope is the innermost scope entered and not left
     *   I2  depth == parent depth + 1; ROOT has depth 0 and belongs to no task
     *   I3  an edge scope, once left, has undone its own request exactly once
     *   I4  task.effective == effective(task.scope)
     */

    /// A body that is given its own scope.
    @FunctionalInterface
    public interface Body {
        void run(CancelScope scope) throws Exception;
    }

    static final CancelScope ROOT = new CancelScope();
    static final long NEVER = Long.MIN_VALUE;

    /// A delivery is one too many if so many follow it at the same place.
    private static final int AGAIN_MAX = 2;

    /// The classes through which every wait goes.
    private static final Set<String> WAITS = Set.of(
            "jloop.Task", "jloop.Future", "jloop.Asyncio", "jloop.CancelScope");

    final @Nullable Task<?> task;
    final @Nullable CancelScope parent;
    final int depth;
    final boolean level;

    final int cancellingAtEntry;
    final int sentAtEntry;                              // of these
    private @Nullable CancelScope outsideOwner;         // the outermost whose request was sent
    private @Nullable Object outsideReason;             // while this scope was entered
    private boolean shield;
    private boolean cancelled;
    private boolean caught;
    private boolean left;
    boolean unsent;                 // its request, see Task; written by Task alone
    private @Nullable Object reason;

    private long deadlineNanos = NEVER;
    private @Nullable Handle alarm;

    private @Nullable CancelledError toldFirst;         // level: what was thrown inside it first
    private int toldAgain;                              // and at the same place later
    private boolean swallowCounted;

    private CancelScope() {
        this.task = null;
        this.parent = null;
        this.depth = 0;
        this.level = false;
        this.cancellingAtEntry = 0;
        this.sentAtEntry = 0;
    }

    private CancelScope(Task<?> task, boolean level, boolean shield) {
        this.task = task;
        this.parent = task.scope;
        this.depth = parent == null ? 1 : parent.depth + 1;
        this.level = level;
        this.shield = shield;
        this.cancellingAtEntry = task.cancelling();
        this.sentAtEntry = task.cancellingSent();
    }

    // ---- For users

    /// Runs `body` in the calling task, in a scope of its own. Returns true if the body came to
    /// its end, false if it left by the cancellation of the scope.
    ///
    /// **Errors**: what the body throws; IllegalStateException outside of a task.
    public static boolean open(Body body) {
        return open("CancelScope.open", NEVER, false, body);
    }

    static boolean open(String what, long deadlineNanos, boolean shield, Body body) {
        EventLoop loop = Asyncio.getRunningLoop();
        Task<?> task = Task.running(loop, what);
        CancelScope scope = enter(new CancelScope(task, true, shield), task);
        try {
            scope.arm(loop, deadlineNanos);
            body.run(scope);
        } catch (Throwable thrown) {        // all of it: a scope sees everything that leaves it
            loop.checkThread("the end of a scope");
            Throwable seen = task.translated(thrown);
            if (scope.leave(seen)) return false;
            throw Outcomes.<RuntimeException>rethrow(seen);
        }
        loop.checkThread("the end of a scope");
        scope.leave(null);
        return true;
    }

    /// Cancels what runs inside. Cancelling again does nothing, nor does it once it is left.
    public void cancel() {
        cancel(null);
    }

    /// Cancels with a reason, which is found in [CancelledError#reason()].
    public void cancel(@Nullable Object why) {
        if (cancelled || left || task == null) return;
        task.loop.checkThread("cancel");
        cancelled = true;
        reason = why;
        disarm();
        task.effective = effective(task.scope);
        if (level) task.scopeCancelled(this);
        else task.request(this, why);
    }

    /// True once it is cancelled, by [#cancel()] or because its deadline has passed, whether
    /// that has reached the body or not.
    public boolean cancelCalled() {
        if (!cancelled && !left && task != null && isPast(task.loop)) cancel();
        return cancelled;
    }

    /// True if the body left by the cancellation of this scope.
    public boolean cancelledCaught() {
        return caught;
    }

    /// When it is cancelled by itself, in nanoseconds of [EventLoop#time()]; null for never. An
    /// outer scope may have an earlier one, which holds too.
    public @Nullable Long deadline() {
        return deadlineNanos == NEVER ? null : Long.valueOf(deadlineNanos);
    }

    /// Moves the deadline to `when`, in nanoseconds of [EventLoop#time()]; null for none. One
    /// that is past cancels at once. A scope that is cancelled stays so; one that is left does
    /// not care.
    public void setDeadline(@Nullable Long when) {
        if (task == null) return;
        task.loop.checkThread("setDeadline");
        disarm();
        arm(task.loop, when == null ? NEVER : when);
    }

    private void arm(EventLoop loop, long whenNanos) {
        deadlineNanos = whenNanos;
        if (whenNanos == NEVER || cancelled || left) return;
        if (isPast(loop)) cancel();
        else alarm = loop.callAt(whenNanos, this::cancel);
    }

    private void disarm() {
        Handle armed = alarm;
        alarm = null;
        if (armed != null) armed.cancel();
    }

    private boolean isPast(EventLoop loop) {
        return deadlineNanos != NEVER && deadlineNanos - loop.time() <= 0;
    }

    /// True if it keeps off what is requested from outside: cancellation of the task, of outer
    /// scopes, of timeouts and groups around it. Its own it does not.
    public boolean shield() {
        return shield;
    }

    /// Raises the shield or lifts it. What it has kept off by then is delivered at once.
    public void setShield(boolean raised) {
        if (task == null) return;
        task.loop.checkThread("setShield");
        if (shield == raised) return;
        shield = raised;
        if (left) return;
        task.effective = effective(task.scope);
        if (raised) task.shielded();
        else task.unshielded();
    }

    @Override
    public String toString() {
        return "<CancelScope" + (level ? "" : " edge") + (shield ? " shield" : "")
                + (deadlineNanos == NEVER ? "" : " deadline=" + deadlineNanos)
                + (cancelled ? " cancelled" : "") + (left ? " left" : "") + ">";
    }

    // ---- The engine

    static CancelScope enterEdge(Task<?> task) {
        return enter(new CancelScope(task, false, false), task);
    }

    static CancelScope enterLevel(Task<?> task) {
        return enter(new CancelScope(task, true, false), task);
    }

    static CancelScope enterShield(Task<?> task) {
        return enter(new CancelScope(task, true, true), task);
    }

    private static CancelScope enter(CancelScope scope, Task<?> task) {
        task.scope = scope;
        if (scope.shield) {
            task.effective = null;
            task.shielded();
        }
        return scope;
    }

    boolean isCancelled() {
        return cancelled;
    }

    @Nullable Object reason() {
        return reason;
    }

    /// Notes that a request of `owner`, further out, was sent to what is inside.
    void sentFromOutside(CancelScope owner, @Nullable Object why) {
        outsideOwner = outermost(outsideOwner, owner);
        if (outsideOwner == owner) outsideReason = why;
    }

    /// Has what was sent from outside, and was not undone, delivered once more: the body has
    /// thrown something else in its place. The scope must have been left.
    void redeliver() {
        CancelScope owner = outsideOwner;
        if (owner != null && task != null && task.cancelling() > sentAtEntry)
            task.redeliver(owner, outsideReason);
    }

    /// Leaves the scope, which must be the innermost. Returns true if `thrown`, which leaves it
    /// too (null if nothing does), is this scope's own cancellation, to be turned into
    /// something else.
    boolean leave(@Nullable Throwable thrown) {
        Task<?> owner = task;
        if (owner == null || owner.scope != this || Task.current() != owner)
            throw new IllegalStateException("scopes are left in the reverse order of entering, "
                    + "each by the task that entered it");
        disarm();
        owner.scope = parent;
        left = true;
        if (shield) {
            owner.effective = effective(parent);
            owner.unshielded();
        } else if (owner.effective == this) {
            owner.effective = null;
        }
        if (!cancelled) return false;
        boolean undone = level || owner.uncancel() <= cancellingAtEntry || owner.isHeldOff();
        owner.withdraw(this);
        if (thrown == null) swallowed(toldFirst);
        caught = undone && thrown instanceof CancelledError error && owns(error);
        return caught;
    }

    TimeoutException timedOut() {
        TimeoutException exception = new TimeoutException("the deadline passed");
        exception.initCause(toldFirst);
        return exception;
    }

    /// True if `error` is the cancellation of this scope, or of nobody in particular.
    private boolean owns(CancelledError error) {
        return error.deliveredTo != task || error.owner == null || error.owner == this;
    }

    /// Notes that `error`, which belongs to this scope, is about to be thrown inside it.
    void delivered(CancelledError error) {
        if (!level || swallowCounted) return;
        CancelledError first = toldFirst;
        if (first == null) toldFirst = error;
        else if (place(first).equals(place(error)) && ++toldAgain == AGAIN_MAX) swallowed(first);
    }

    private void swallowed(@Nullable CancelledError error) {
        if (swallowCounted || error == null || task == null) return;
        swallowCounted = true;
        task.loop.swallowed(error, task);
    }

    /// Where in the user's code an error was thrown.
    private static List<StackTraceElement> place(CancelledError error) {
        return Stream.of(error.getStackTrace())
                .dropWhile(frame -> WAITS.contains(frame.getClassName()))
                .toList();
    }

    /// The outermost cancelled level scope that no shield inside of it keeps off, or null.
    static @Nullable CancelScope effective(@Nullable CancelScope innermost) {
        CancelScope found = null;
        for (CancelScope s = innermost; s != null; s = s.parent) {
            if (s.level && s.cancelled) found = s;
            if (s.shield) break;
        }
        return found;
    }

    /// True if a shield stands between `innermost` and a request of `owner`.
    static boolean isShielded(@Nullable CancelScope innermost, CancelScope owner) {
        for (CancelScope s = innermost; s != null && s != owner; s = s.parent) {
            if (s.shield) return true;
        }
        return false;
    }

    /// The one of two owners that stands further out; null stands for no owner.
    static CancelScope outermost(@Nullable CancelScope a, CancelScope b) {
        return a != null && a.depth <= b.depth ? a : b;
    }
}
