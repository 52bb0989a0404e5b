package jloop;

import java.lang.System.Logger;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import jloop.poller.Clock;
import org.jspecify.annotations.Nullable;

/// What the [Watchdog] knows of one loop, and what it makes of it.
final class Watch {

    /*
     * The loop tells nothing: the watchdog reads the number of its step and the entry that runs
     * (ReadyQueue), and finds the thread of that entry only when there is something to report.
     * All of it may be a moment old; hence every verdict takes two looks.
     *
     *   the same step in two looks, for the threshold at least   SLOW, or PINNED if it waits
     *   no step, and calls in the intake in two looks             LOST_WAKE; woken again
     *   the watchdog itself comes more than a second late         JUMP; no step is blamed
     *
     * What the watchdog is late itself is taken off every step's account: then the whole process
     * stood, or had no processor. It may stand in the middle of a look, too: a look counts from
     * its end if it is the first at a step, and up to its beginning if it is a later one.
     */

    enum Kind { SLOW, PINNED, ENDED, LOST_WAKE, JUMP }

    record Report(Kind kind, String message, List<StackTraceElement> stack) { }

    static final long RARELY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long OFTEN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LOST_NANOS = TimeUnit.MILLISECONDS.toNanos(40);
    private static final long ASK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int FRAMES_MAX = 60;               // in the log
    private static final int DEFAULT_MILLIS = 100;
    private static final int LOOKS_A_THRESHOLD = 4;

    private final EventLoop loop;
    volatile long thresholdNanos = TimeUnit.MILLISECONDS.toNanos(       // 0: off; any thread
            Math.max(0, Integer.getInteger("jloop.watchdog", DEFAULT_MILLIS)));
    volatile Consumer<Report> sink = Watch::log;                        // any thread

    // The watchdog's thread only.
    private int step;               // the number of the step last seen
    private boolean ran;            // it was under way at the last look
    private long sinceNanos;        // when it was first seen; without the watchdog's lateness
    private @Nullable String told;  // the culprit that was reported, until it ends
    private long waitingNanos;      // since when the intake is known to wait; 0: it does not
    private boolean toldLost;
    private long askedNanos = Clock.SYSTEM.nanos() - ASK_NANOS;

    Watch(EventLoop loop) {
        this.loop = loop;
    }

    boolean isOn() {
        return thresholdNanos > 0;
    }

    /// Looks at the loop; returns how long to wait until the next look.
    long look(Clock clock, long lateNanos) {
        long threshold = thresholdNanos;
        if (threshold == 0) return RARELY_NANOS;
        long nowNanos = clock.nanos();
        lookAtCleanups(nowNanos);
        int taken = loop.ready.taken();
        Object entry = loop.ready.running();
        boolean arrived = loop.hasArrivals();
        long seenNanos = clock.nanos();
        boolean isNew = taken != step || !ran;
        if (told != null && (isNew || entry == null)) tellEnd(nowNanos);
        boolean moved = taken != step;
        step = taken;
        ran = entry != null;
        if (isNew) sinceNanos = seenNanos;
        else sinceNanos += lateNanos;
        waitingNanos = entry != null || moved || !arrived ? 0
                : waitingNanos == 0 ? seenNanos : lookAtIntake(nowNanos, lateNanos);
        if (waitingNanos == 0) toldLost = false;
        if (entry != null && told == null && nowNanos - sinceNanos >= threshold)
            tellSlow(entry, nowNanos - sinceNanos);
        long often = Math.clamp(threshold / LOOKS_A_THRESHOLD, OFTEN_NANOS, RARELY_NANOS);
        return moved || entry != null || waitingNanos != 0 ? often
                : Math.min(threshold, RARELY_NANOS);
    }

    /// Nothing runs, and calls wait all the same, as they did at the last look. Returns since
    /// when.
    private long lookAtIntake(long nowNanos, long lateNanos) {
        long since = waitingNanos + lateNanos;
        if (nowNanos - since < LOST_NANOS) return since;
        if (!toldLost) tell(Kind.LOST_WAKE, "event loop asleep for " + millis(nowNanos - since)
                + " although calls wait for it; woken again: " + loop, List.of());
        toldLost = true;
        loop.poller.wake();
        return since;
    }

    /// Has the loop report tasks that were cancelled long ago and do not end; asks once a
    /// second.
    private void lookAtCleanups(long nowNanos) {
        long limit = loop.cancelledTasks.limitNanos();
        long oldest = loop.cancelledTasks.oldestNanos();
        if (limit == 0 || oldest == CancelledTasks.NONE || nowNanos - oldest < limit
                || nowNanos - askedNanos < ASK_NANOS) return;
        askedNanos = nowNanos;
        loop.arrive(new Handle(() -> loop.checkCleanups(Clock.SYSTEM.nanos())));
    }

    private void tellSlow(Object entry, long nanos) {
        Strand strand = strandOf(entry);
        Thread thread = strand == null ? loop.carrier.bare() : strand.thread;
        boolean pinned = strand != null && thread != null && isParked(thread);
        List<StackTraceElement> stack = thread == null ? List.of()
                : List.of(thread.getStackTrace());
        // Over meanwhile: the stack is not its own.
        if (loop.ready.taken() != step || loop.ready.running() == null) return;
        told = name(strand, stack);
        tell(pinned ? Kind.PINNED : Kind.SLOW, "event loop blocked for " + millis(nanos)
                + " by " + told + (pinned ? ", which waits but cannot leave its carrier:"
                + " there is a native frame or a class initializer below the wait" : ""), stack);
    }

    private void tellEnd(long nowNanos) {
        String culprit = told;
        told = null;
        tell(Kind.ENDED, "event loop goes on, after about " + millis(nowNanos - sinceNanos)
                + " in " + culprit, List.of());
    }

    /// The process stood still, or the watchdog had no processor. Nobody's fault.
    void tellJump(long lateNanos) {
        tell(Kind.JUMP, "nothing ran for " + millis(lateNanos)
                + ": the process was suspended, collected garbage or had no processor", List.of());
    }

    private @Nullable Strand strandOf(Object entry) {
        if (entry instanceof Handle) return loop.runningRunner();
        return entry instanceof Runnable continuation ? loop.carrier.strandOf(continuation) : null;
    }

    private static boolean isParked(Thread thread) {
        return switch (thread.getState()) {
            case WAITING, TIMED_WAITING -> true;
            case NEW, RUNNABLE, BLOCKED, TERMINATED -> false;
        };
    }

    private static String name(@Nullable Strand strand, List<StackTraceElement> stack) {
        Task<?> task = strand == null ? null : strand.task();
        if (task != null) return "task " + task.getName();
        String callback = "";
        for (StackTraceElement frame : stack) {
            if (frame.getClassName().matches("jloop[.](ThreadSafe)?Handle")) break;
            callback = " " + frame;
        }
        return "a callback" + callback;
    }

    private static String millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos) + " ms";
    }

    private void tell(Kind kind, String message, List<StackTraceElement> stack) {
        try {
            sink.accept(new Report(kind, message, stack));
        } catch (RuntimeException | Error _) {      // the log is broken: watch on all the same
        }
    }

    private static void log(Report report) {
        StringBuilder text = new StringBuilder(report.message);
        int shown = Math.min(report.stack.size(), FRAMES_MAX);
        for (StackTraceElement frame : report.stack.subList(0, shown))
            text.append("\n\tat ").append(frame);
        System.getLogger("jloop").log(Logger.Level.WARNING, text.toString());
    }
}
