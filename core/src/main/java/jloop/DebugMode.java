package jloop;

import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What a loop does more in debug mode: it notes where things were made and how long steps
/// take, and looks for tasks that await each other.
final class DebugMode {

    private static final int FRAMES_MAX = 10;
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

    /// Between whoever makes something and the note of it.
    private static final Set<String> OURS = Set.of("jloop.DebugMode", "jloop.Future",
            "jloop.Task", "jloop.EventLoop", "jloop.Asyncio", "jloop.Gathering", "jloop.Shield",
            "jloop.TaskGroup", "jloop.Runner");

    /// A callback, and where it was scheduled.
    record TracedCall(Runnable call, List<StackTraceElement> trace) implements Runnable {

        @Override
        public void run() {
            call.run();
        }

        @Override
        public String toString() {
            return Naming.of(call) + madeAt(trace);
        }
    }

    private record SlowStep(@Nullable Task<?> task, long nanos) { }

    long slowNanos = TimeUnit.MILLISECONDS.toNanos(100);
    Consumer<String> sink = DebugMode::log;
    @Nullable Strand stepped;           // ended a step last
    private final EventLoop loop;
    private final List<SlowStep> slow = new ArrayList<>();      // not told yet

    DebugMode(EventLoop loop) {
        this.loop = loop;
    }

    /// Where the caller of our methods stands, innermost frame first.
    static List<StackTraceElement> trace() {
        return StackWalker.getInstance().walk(frames -> frames
                .dropWhile(frame -> OURS.contains(frame.getClassName()))
                .limit(FRAMES_MAX).map(StackWalker.StackFrame::toStackTraceElement).toList());
    }

    /// As " created at file:line", or nothing.
    static String madeAt(@Nullable List<StackTraceElement> trace) {
        if (trace == null || trace.isEmpty()) return "";
        StackTraceElement at = trace.getFirst();
        return " created at " + at.getFileName() + ":" + at.getLineNumber();
    }

    static Runnable traced(Runnable call) {
        return call instanceof CarrierCall ? call : new TracedCall(call, trace());
    }

    static @Nullable List<StackTraceElement> traceOf(@Nullable Runnable call) {
        return call instanceof TracedCall traced ? traced.trace : null;
    }

    // ---- Slow steps

    /// Runs a step of a coroutine, on the bare carrier, and times it.
    void step(Runnable continuation) {
        long startNanos = loop.time();
        loop.resume(continuation);
        long nanos = loop.time() - startNanos;
        if (nanos >= slowNanos) {
            Strand strand = stepped != null ? stepped : loop.carrier.strandOf(continuation);
            slow.add(new SlowStep(strand == null ? null : strand.task(), nanos));
        }
        stepped = null;
    }

    boolean hasNews() {
        return !slow.isEmpty();
    }

    /// Logs the slow steps: not on the bare carrier.
    void tell() {
        // One by one: the log may block, so that another runner comes here, or throw.
        while (!slow.isEmpty()) {
            SlowStep step = slow.removeFirst();
            tellSlow(step.task == null ? "a callback" : step.task.toString(), step.nanos);
        }
    }

    void callEnded(Handle handle, @Nullable Runnable call, long nanos) {
        if (nanos >= slowNanos) tellSlow("<" + handle.getClass().getSimpleName() + " "
                + (call == null ? "done" : Naming.of(call)) + ">", nanos);
    }

    private void tellSlow(String what, long nanos) {
        sink.accept("executing " + what + " took " + nanos / SECOND_NANOS + "."
                + String.valueOf(SECOND_NANOS + nanos % SECOND_NANOS).substring(1, 4)
                + " seconds");
    }

    private static void log(String message) {
        System.getLogger("jloop").log(Logger.Level.WARNING, message);
    }

    // ---- Tasks that await each other

    /// Throws if `awaited` waits for `waiter`, be it through others.
    static void rejectCycle(Task<?> waiter, Future<?> awaited) {
        List<Future<?>> path = new ArrayList<>();
        path.add(waiter);
        if (!leadsTo(waiter, awaited, path)) return;
        StringBuilder text = new StringBuilder("tasks await each other, so none can end: ");
        for (Future<?> on : path) text.append(name(on)).append(" awaits ");
        throw new IllegalStateException(text.append(name(waiter)).toString());
    }

    private static boolean leadsTo(Task<?> target, Future<?> from, List<Future<?>> path) {
        if (from == target) return true;
        if (from.done() || path.contains(from)) return false;
        path.add(from);
        Future<?> next = from instanceof Task<?> task ? task.awaitedFuture() : null;
        if (next != null && leadsTo(target, next, path)) return true;
        for (Future<?> child : from.dependsOn()) {
            if (leadsTo(target, child, path)) return true;
        }
        path.removeLast();
        return false;
    }

    private static String name(Future<?> future) {
        return future instanceof Task<?> task ? task.getName() : future.getClass().getSimpleName();
    }
}
