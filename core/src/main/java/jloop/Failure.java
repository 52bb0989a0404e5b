package jloop;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a future failed with, and whether anybody has read it.
///
/// A reference to that future, so that its end is noticed: a failure that nobody reads while
/// the future lives is told to the exception handler, once.
final class Failure extends PhantomReference<Future<?>> {

    static final ReferenceQueue<Future<?>> COLLECTED = new ReferenceQueue<>();

    final Throwable exception;
    boolean isReported;                     // by Shield, to the exception handler

    private final EventLoop loop;
    private final String kind;
    private final @Nullable String name;    // of a task
    private final @Nullable List<StackTraceElement> trace;
    private volatile boolean unread = true; // any thread reads; cleared on the loop, as a rule

    // Neighbours in the loop's list of failures; written by UnreadFailures alone.
    @Nullable Failure older;
    @Nullable Failure newer;

    Failure(Future<?> future, Throwable exception) {
        super(future, COLLECTED);
        this.exception = exception;
        this.loop = future.loop;
        this.kind = future.getClass().getSimpleName();
        this.name = future instanceof Task<?> task ? task.getName() : null;
        this.trace = future.sourceTraceback();
        loop.unread.add(this);
    }

    /// Somebody has seen it.
    void read() {
        if (!unread) return;
        if (loop.carrier.isCurrent() || !loop.isRunning()) loop.unread.remove(this);
        unread = false;
        clear();
    }

    boolean isUnread() {
        return unread;
    }

    /// The future is gone. Any thread.
    void collected() {
        if (unread && !loop.isClosed()) loop.arrive(new Handle(() -> loop.unread.tell(this)));
    }

    ExceptionContext context() {
        String what = "<" + kind + " finished" + (name == null ? "" : " name=" + name)
                + " exception=" + exception + DebugMode.madeAt(trace) + ">";
        return ExceptionContext.of((kind.equals("Task") ? "task" : "future")
                + " exception was never retrieved", exception)
                .withSource(what).withSourceTraceback(trace);
    }
}
