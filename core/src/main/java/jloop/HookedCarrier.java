package jloop;

import java.util.concurrent.Delayed;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import jloop.poller.Poller;
import org.jspecify.annotations.Nullable;

/// The carrier of the levels OPENED and TRUSTED: the loop is the scheduler of its virtual
/// threads, and the thread that runs the loop is their carrier.
final class HookedCarrier extends Carrier {

    /*
     * The JDK hands us a continuation whenever a thread of ours may run: on start, and on every
     * unpark by whoever unparks. Handed over on the loop, it goes to the ready queue; from
     * elsewhere, through the intake. It is the same object each time for one thread.
     *
     * Strands that suspend in the loop go another way, which costs two thirds of that
     * (docs/design/0018-direct-switch.md): they leave the carrier by DirectSwitch, and what goes
     * on with them is the strand itself in place of the JDK's continuation. Whoever unparks such
     * a thread from outside still has the JDK hand its continuation over; both may be ready at a
     * time, and the one that comes second finds nothing to do.
     *
     * Where DirectSwitch is not possible, they park. For wake-ups of our own the caller catches
     * the continuation (`catcher`) and decides where it goes: a loop that does not run has no
     * carrier yet, and the runner runs at once.
     */

    private static final boolean DIRECT =
            !"jdk".equals(System.getProperty("jloop.switch")) && DirectSwitch.isPossible();

    private final Scheduler scheduler;

    private volatile @Nullable Thread host;     // runs the turns; null while the loop does not run
    private @Nullable Thread catcher;           // any thread, but each compares it with itself only
    private @Nullable Runnable caught;
    private boolean stepsAside;                 // until the JDK hands its continuation back
    private @Nullable Strand leaving;           // by DirectSwitch, until it is off the carrier
    private boolean comesBack;                  // the one that leaves is ready again at once

    HookedCarrier(EventLoop loop) {
        super(loop);
        this.scheduler = new Scheduler();
    }

    @Override
    boolean isCurrent() {
        return JdkAccess.currentCarrier() == host || loop.isReclaimed();
    }

    @Override
    void host(Runnable turns) {
        if (Thread.currentThread().isVirtual()) {
            hostElsewhere(turns);
            return;
        }
        host = Thread.currentThread();
        try {
            turns.run();
        } finally {
            host = null;
        }
    }

    @Override
    void hold() {
        host = Thread.currentThread();
    }

    @Override
    void release() {
        host = null;
    }

    /// A continuation runs on platform threads only, so a virtual caller lends one.
    private void hostElsewhere(Runnable turns) {
        FutureTask<Void> run = new FutureTask<>(() -> host(turns), null);
        Thread.ofPlatform().name("jloop").start(run);
        Outcomes.joinUninterruptibly(run);
    }

    @Override
    void poll(Poller poller, long timeoutNanos) {
        poller.poll(timeoutNanos);
    }

    @Override
    void start(Strand strand, @Nullable String name) {
        strand.phase = Strand.Phase.READY;
        loop.ready.add(begin(strand, name));
    }

    @Override
    Runnable begin(Strand strand, @Nullable String name) {
        Thread thread = JdkAccess.newThread(scheduler, name, strand);
        thread.setUncaughtExceptionHandler(strand);
        strand.thread = thread;
        catcher = Thread.currentThread();
        try {
            thread.start();
        } finally {
            catcher = null;
        }
        Runnable continuation = caught;
        caught = null;
        if (continuation == null) throw new AssertionError("a started thread was not scheduled");
        strand.continuation = continuation;
        return continuation;
    }

    @Override
    void runNow(Strand strand) {
        Runnable continuation = strand.continuation;
        if (continuation == null) continuation = begin(strand, null);
        else if (DIRECT) continuation = strand;
        else unpark(strand);
        resume(continuation);
    }

    @Override
    void resume(Runnable continuation) {
        if (continuation instanceof Strand strand) goOn(strand);
        else continuation.run();
        if (leaving != null) settle(leaving);
    }

    private void goOn(Strand strand) {
        Thread thread = strand.thread;
        Thread carrier = host;
        if (thread == null || carrier == null || DirectSwitch.mount(thread, carrier)) return;
        Runnable continuation = strand.continuation;
        // Or else somebody looks at its stack, and hands it over when done with that.
        if (continuation != null && DirectSwitch.isUnparked(thread)) continuation.run();
        else LockSupport.unpark(thread);
    }

    private void settle(Strand strand) {
        Thread thread = strand.thread;
        Runnable continuation = strand.continuation;
        boolean ready = comesBack;
        leaving = null;
        comesBack = false;
        if (thread == null || continuation == null) throw new AssertionError("it has just run");
        if (!DirectSwitch.settle(thread)) loop.ready.add(continuation);
        else if (ready) loop.ready.add(strand);
    }

    @Override
    @Nullable Strand strandOf(Runnable continuation) {
        return continuation instanceof Strand strand ? strand : loop.tasks.find(continuation);
    }

    @Override
    @Nullable Thread bare() {
        return host;
    }

    @Override
    void makeReady(Strand strand) {
        Runnable continuation = wakened(strand);
        if (continuation != null) loop.ready.add(continuation);
    }

    @Override
    void makeNext(Strand strand) {
        Runnable continuation = strand.thread == null ? begin(strand, null) : wakened(strand);
        if (continuation != null) loop.runNext(continuation);
    }

    private @Nullable Runnable wakened(Strand strand) {
        return DIRECT ? strand : unpark(strand);
    }

    /// The continuation to run for it, or null if it is on its way already.
    private @Nullable Runnable unpark(Strand strand) {
        catcher = Thread.currentThread();
        try {
            LockSupport.unpark(strand.thread);
        } finally {
            catcher = null;
        }
        Runnable continuation = caught;
        caught = null;
        return continuation;
    }

    @Override
    void checkStack() { }       // a wait that finds no stack throws, and has moved nothing

    @Override
    void park(Strand strand) {
        if (!leave(strand, false)) LockSupport.park(strand);
    }

    @Override
    @SuppressWarnings("ThreadPriorityCheck")    // it is the loop that yields to, and it is exact
    void yield(Strand strand) {
        // The JDK hands the continuation back to execute, on the carrier.
        if (!leave(strand, true)) Thread.yield();
    }

    /// Leaves the carrier until the loop resumes `strand`. Returns false at once if it cannot.
    private boolean leave(Strand strand, boolean forOneTurn) {
        if (!DIRECT || JdkAccess.currentCarrier() != host) return false;
        Thread thread = strand.thread;
        if (thread == null) throw new AssertionError("a strand that runs has no thread");
        leaving = strand;
        comesBack = forOneTurn;
        boolean left = false;
        try {
            left = DirectSwitch.unmount(thread);
        } catch (OutOfMemoryError _) {          // park deals with it: on the carrier
        } finally {
            if (!left) {
                leaving = null;
                comesBack = false;
            }
        }
        return left;
    }

    @Override
    Runnable rest(Strand strand) {
        Runnable continuation = DIRECT ? strand : strand.continuation;
        if (continuation == null)
            throw new AssertionError("a strand that runs has no continuation");
        return continuation;
    }

    @Override
    @SuppressWarnings("ThreadPriorityCheck")    // as above
    void stepAside(Strand strand) {
        if (DIRECT) {
            leave(strand, false);
            return;
        }
        stepsAside = true;
        try {
            Thread.yield();     // execute drops the continuation: the loop has it already
        } finally {
            stepsAside = false;
        }
    }

    @Override
    void entered(Strand strand) { }

    @Override
    void leaving(Strand strand) { }

    @Override
    void left(Strand strand) { }

    @Override
    void abandon(Runnable continuation) {
        if (continuation instanceof Strand strand) LockSupport.unpark(strand.thread);
        else ForkJoinPool.commonPool().execute(continuation);
    }

    @Override
    void abandon(TimerHandle timer) {
        if (!(timer.call() instanceof Unpark unpark)) return;
        var _ = ForkJoinPool.commonPool().schedule(unpark, timer.when() - loop.time(),
                TimeUnit.NANOSECONDS);      // nobody is left to wait for it
    }

    @Override
    void close() {
        scheduler.shutdown();
    }

    /// What the JDK calls. A ForkJoinPool by type only, as VirtualThread.schedule calls
    /// `schedule` of a ForkJoinPool, and gives timed parks of any other Executor to a thread of
    /// its own. Its own queues and threads are never used.
    private final class Scheduler extends ForkJoinPool {

        Scheduler() {
            super(1);
        }

        /// Called by whoever unparks, from any thread, even inside an `unlock()`: never
        /// rejects, never blocks, takes no lock.
        @Override
        public void execute(Runnable continuation) {
            Thread thread = Thread.currentThread();
            if (catcher == thread) {
                caught = continuation;
            } else if (JdkAccess.currentCarrier() == host) {
                if (stepsAside) stepsAside = false;
                else loop.ready.add(continuation);
            } else if (!loop.isClosed()) {
                loop.arrive(new Arrival(continuation));
            } else {
                // A loop that is closed strands nobody silently: what is left of its coroutines
                // runs to its next call of the loop, which tells them.
                abandon(continuation);
            }
        }

        /// JDK 27 and later call this instead of execute.
        @Override
        public <T> ForkJoinTask<T> submit(ForkJoinTask<T> task) {
            execute((Runnable) task::invoke);
            return task;
        }

        /// A timed park: called on the carrier, after the thread was unmounted.
        @Override
        public ScheduledFuture<?> schedule(Runnable unpark, long delay, TimeUnit unit) {
            if (JdkAccess.currentCarrier() != host)
                return ForkJoinPool.commonPool().schedule(unpark, delay, unit);
            return new ParkTimer(loop, unpark, unit.toNanos(delay));
        }
    }

    /// The end of a timed park.
    private record Unpark(Runnable unpark) implements CarrierCall {
        @Override
        public void run() {
            unpark.run();
        }
    }

    /// A timed park of the JDK, in the loop's timers.
    private static final class ParkTimer implements ScheduledFuture<Object> {

        private final EventLoop loop;
        private final TimerHandle timer;

        ParkTimer(EventLoop loop, Runnable unpark, long delayNanos) {
            this.loop = loop;
            this.timer = loop.addTimer(loop.later(delayNanos), new Unpark(unpark));
        }

        @Override
        public boolean cancel(boolean mayInterrupt) {
            timer.cancel();
            return true;
        }

        @Override
        public boolean isCancelled() {
            return timer.cancelled();
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(timer.when() - loop.time(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS),
                    other.getDelay(TimeUnit.NANOSECONDS));
        }

        @Override
        public boolean isDone() {
            return timer.index == TimerHandle.NOT_QUEUED;
        }

        @Override
        public Object get() {
            throw new UnsupportedOperationException("a timed park has no result");
        }

        @Override
        public Object get(long timeout, TimeUnit unit) {
            throw new UnsupportedOperationException("a timed park has no result");
        }
    }
}
