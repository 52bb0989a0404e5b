package jloop;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import jloop.poller.Clock;
import org.jspecify.annotations.Nullable;

/// The thread `jloop-watchdog`, which looks at every loop that runs: see [Watch].
///
/// One for all loops of the JVM. It begins with the first of them and ends a while after the
/// last.
final class Watchdog implements Runnable {

    private static final Watchdog ONLY = new Watchdog();
    private static final long LINGER_NANOS = 2_000_000_000;
    private static final long JUMP_NANOS = 1_000_000_000;       // lateness of its own

    private final AtomicReference<@Nullable Thread> thread = new AtomicReference<>();

    private Watchdog() { }

    /// A loop begins to run, and is among [CurrentLoop#all()] already; or has turned its watch
    /// on.
    static void see(EventLoop loop) {
        if (loop.watch.isOn()) ONLY.start();
    }

    private void start() {
        if (thread.get() != null) return;
        Thread made = Thread.ofPlatform().daemon().inheritInheritableThreadLocals(false)
                .name("jloop-watchdog").unstarted(this);
        if (!thread.compareAndSet(null, made)) return;
        boolean started = false;
        try {
            made.start();
            started = true;
        } finally {
            if (!started) thread.set(null);
        }
    }

    @Override
    public void run() {
        long busyNanos = Clock.SYSTEM.nanos();      // when a loop was last seen
        long dueNanos = busyNanos;
        while (true) {
            long nowNanos = Clock.SYSTEM.nanos();
            tellOfCollected();
            long pauseNanos = lookAtAll(Math.max(0, nowNanos - dueNanos));
            if (CurrentLoop.all().length > 0) busyNanos = nowNanos;
            else if (nowNanos - busyNanos > LINGER_NANOS && isOver()) return;
            dueNanos = Clock.SYSTEM.nanos() + pauseNanos;
            LockSupport.parkNanos(this, pauseNanos);
        }
    }

    /// Ends its duty, unless a loop has begun meanwhile that relied on it.
    private boolean isOver() {
        thread.set(null);
        return CurrentLoop.all().length == 0
                || !thread.compareAndSet(null, Thread.currentThread());
    }

    /// What was collected since the last look, and should not have been.
    private static void tellOfCollected() {
        for (Object gone; (gone = Failure.COLLECTED.poll()) != null; )
            ((Failure) gone).collected();
        for (Object gone; (gone = UnclosedLoop.COLLECTED.poll()) != null; )
            ((UnclosedLoop) gone).collected();
    }

    /// Returns how long to wait until the next look.
    private static long lookAtAll(long lateNanos) {
        EventLoop[] loops = CurrentLoop.all();
        if (lateNanos > JUMP_NANOS) tellJump(loops, lateNanos);
        long pauseNanos = Watch.RARELY_NANOS;
        for (EventLoop loop : loops)
            pauseNanos = Math.min(pauseNanos, loop.watch.look(Clock.SYSTEM, lateNanos));
        return pauseNanos;
    }

    /// Once, to the first loop that wants to hear of anything.
    private static void tellJump(EventLoop[] loops, long lateNanos) {
        for (EventLoop loop : loops) {
            if (!loop.watch.isOn()) continue;
            loop.watch.tellJump(lateNanos);
            return;
        }
    }
}
