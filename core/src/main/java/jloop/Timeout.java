package jloop;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// A deadline for a stretch of a coroutine.
///
/// When it expires, the body is cancelled where it waits, and leaving it that way turns the
/// cancellation into a [TimeoutException]. A body that catches the [CancelledError] and ends
/// normally is not timed out, though [#expired()] says so.
///
/// **As in asyncio**: `timeout` and `timeout_at`.
/// **Unlike asyncio**: it never swallows a cancellation that was requested before it was
/// entered.
public final class Timeout {

    /*
     *   CREATED ──run──▶ ACTIVE ──deadline──▶ EXPIRING ──leave──▶ EXPIRED
     *                       └──────leave──────▶ FINISHED
     */
    private enum Phase { CREATED, ACTIVE, EXPIRING, EXPIRED, FINISHED }

    /// A body that is given its own [Timeout], to look at or to [#reschedule].
    @FunctionalInterface
    public interface Body<T> {
        T run(Timeout timeout) throws Exception;
    }

    private static final long NEVER = Long.MIN_VALUE;

    private final EventLoop loop;
    private Phase phase = Phase.CREATED;
    private long whenNanos;                     // loop clock, or NEVER
    private @Nullable Handle alarm;
    private @Nullable CancelScope scope;

    private Timeout(EventLoop loop, long whenNanos) {
        this.loop = loop;
        this.whenNanos = whenNanos;
    }

    /// A deadline `delay` from now; null never expires. One that is past expires as soon as the
    /// body waits.
    ///
    /// **Errors**: IllegalStateException if no loop runs.
    public static Timeout in(@Nullable Duration delay) {
        EventLoop loop = Asyncio.getRunningLoop();
        return new Timeout(loop, delay == null ? NEVER : loop.later(EventLoop.nanos(delay)));
    }

    /// A deadline at `when`, in nanoseconds of [EventLoop#time()].
    public static Timeout at(long when) {
        return new Timeout(Asyncio.getRunningLoop(), when);
    }

    /// Runs `body` in the calling task, until the deadline.
    ///
    /// **Errors**: TimeoutException if the deadline ended it; IllegalStateException outside of
    /// a task, or when run before.
    public <T> T run(Coroutine<T> body) throws TimeoutException {
        return run(_ -> body.run());
    }

    /// The same, for a body that wants its [Timeout].
    @SuppressWarnings("ThrowSpecificity")
    public <T> T run(Body<T> body) throws TimeoutException {
        Task<?> task = Task.running(loop, "timeout");
        if (phase != Phase.CREATED)
            throw new IllegalStateException("a timeout is entered once, and this one is "
                    + phase.name().toLowerCase(java.util.Locale.ROOT));
        phase = Phase.ACTIVE;
        CancelScope entered = CancelScope.enterEdge(task);
        scope = entered;
        arm();
        T result;
        try {
            result = body.run(this);
        } catch (Throwable thrown) {        // all of it: a scope sees everything that leaves it
            loop.checkThread("the end of a timeout");
            Throwable seen = task.translated(thrown);
            if (leave(entered, seen)) throw timedOut(seen);
            throw Outcomes.<RuntimeException>rethrow(seen);
        }
        loop.checkThread("the end of a timeout");
        leave(entered, null);
        return result;
    }

    private static TimeoutException timedOut(Throwable cancellation) {
        TimeoutException exception = new TimeoutException("the deadline passed");
        exception.initCause(cancellation);
        return exception;
    }

    private boolean leave(CancelScope entered, @Nullable Throwable thrown) {
        disarm();
        phase = phase == Phase.EXPIRING ? Phase.EXPIRED : Phase.FINISHED;
        return entered.leave(thrown);
    }

    private void arm() {
        if (whenNanos == NEVER) return;
        alarm = whenNanos - loop.time() <= 0 ? loop.callSoon(this::expire)
                : loop.callAt(whenNanos, this::expire);
    }

    private void disarm() {
        Handle armed = alarm;
        alarm = null;
        if (armed != null) armed.cancel();
    }

    private void expire() {
        if (phase != Phase.ACTIVE) return;
        phase = Phase.EXPIRING;
        alarm = null;
        CancelScope entered = scope;
        if (entered != null) entered.cancel(null);
    }

    /// The deadline in nanoseconds of [EventLoop#time()], or null if there is none.
    public @Nullable Long when() {
        return whenNanos == NEVER ? null : Long.valueOf(whenNanos);
    }

    /// Moves the deadline to `when`, in nanoseconds of [EventLoop#time()]; null for none.
    ///
    /// **Errors**: IllegalStateException unless the body runs and the deadline has not passed.
    public void reschedule(@Nullable Long when) {
        loop.checkThread("reschedule");
        if (phase != Phase.ACTIVE)
            throw new IllegalStateException("cannot change the deadline of a timeout that is "
                    + phase.name().toLowerCase(java.util.Locale.ROOT));
        disarm();
        whenNanos = when == null ? NEVER : when;
        arm();
    }

    /// True once the deadline has passed while the body ran.
    public boolean expired() {
        return phase == Phase.EXPIRING || phase == Phase.EXPIRED;
    }

    @Override
    public String toString() {
        return "<Timeout " + phase.name().toLowerCase(java.util.Locale.ROOT)
                + (whenNanos == NEVER ? "" : " when=" + whenNanos) + ">";
    }
}
