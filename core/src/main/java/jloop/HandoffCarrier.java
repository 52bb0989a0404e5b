package jloop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import jloop.poller.Poller;
import org.jspecify.annotations.Nullable;

/// The carrier of the level HANDOFF: ordinary virtual threads that pass a baton. Who holds it
/// is the loop's thread.
final class HandoffCarrier extends Carrier {

    /*
     * Three kinds of thread. The host (the thread that called run) sits in the poller when the
     * loop sleeps, and otherwise watches. The turner, a virtual thread, makes the turns. The
     * strands make their steps. `holder` is the one that has the baton:
     *
     *   turner ──resume──▶ strand ──park, yield, end──▶ turner          (the strand gives it back)
     *                         └──blocks in the JDK──▶ stealing ──▶ turner     (the host takes it)
     *   turner ──poll──▶ host ──▶ turner
     *
     * A strand that blocks in the JDK cannot say so. The host sees it by its thread's state and
     * takes the baton: first to null, then looks again. If the thread still waits then it was not
     * in the middle of a call of ours, and the baton goes to the turner; else it gets it back.
     * The strand is `away` from then on, until it asks for the baton at its next call of ours.
     *
     * A call of ours can block too: on a monitor, where the JVM loads and links what another
     * thread does as well. Within the poller the strand keeps the baton over that, as a poll must
     * not come between; elsewhere it notices when it wants to give the baton back.
     *
     * Between coming back from the JDK and that call it runs beside the others: the one thing
     * that this level cannot prevent (docs/oddities.md). The turner makes it rare: before each
     * step it lets those that came back run to their next call.
     *
     * A hand-over that a StackOverflowError cuts off leaves two threads with the baton, or none.
     * So a strand makes sure of its stack before it gives up the baton or asks for it.
     */

    private static final long WATCH_NANOS = 100_000;        // between two looks at who runs
    private static final int KEEN_LOOKS = 2_000;            // after taking it: without a pause
    private static final int SETTLE_ROUNDS = 200;           // of WATCH_NANOS / 4: then go on anyway
    private static final long NO_REQUEST = -1;
    private static final String POLLERS = "jloop.kernel.";

    /// Null: nobody, or the host is taking it. An object, as a field's VarHandle is linked at
    /// each place by the first call there, wherever the stack ends.
    private final AtomicReference<@Nullable Thread> holder = new AtomicReference<>();
    private volatile @Nullable Thread host;
    private volatile @Nullable Thread turner;
    private volatile @Nullable Strand running;
    private volatile long pollNanos = NO_REQUEST;   // the turner asks, the host clears
    private volatile @Nullable Poller pollWith;
    private volatile @Nullable Throwable pollFailure;
    private volatile boolean over;
    private volatile @Nullable Throwable failure;
    private final List<Strand> away = new ArrayList<>();    // turner only
    private int keenLooks;                                  // host only

    HandoffCarrier(EventLoop loop) {
        super(loop);
    }

    @Override
    boolean isCurrent() {
        Thread me = Thread.currentThread();
        if (holder.get() == me) return true;
        Strand strand = Strand.of(me);
        if (strand == null || strand.carrier != this) return loop.isReclaimed();
        rejoin(strand);
        return holder.get() == me;
    }

    @Override
    void host(Runnable turns) {
        host = Thread.currentThread();
        over = false;
        failure = null;
        Thread made = Thread.ofVirtual().name("jloop").unstarted(() -> turn(turns));
        turner = made;
        holder.set(made);
        made.start();
        while (!over) {
            if (pollNanos != NO_REQUEST) pollForTurner();
            else watch();
        }
        holder.set(null);
        host = null;
        Throwable thrown = failure;
        if (thrown != null) throw Outcomes.<RuntimeException>rethrow(thrown);
    }

    @Override
    void hold() {
        holder.set(Thread.currentThread());
    }

    @Override
    void release() {
        holder.set(null);
    }

    private void turn(Runnable turns) {
        try {
            turns.run();
        } catch (Throwable e) {         // all of it: it is the host's to throw
            failure = e;
        }
        over = true;
        LockSupport.unpark(host);
    }

    private void pollForTurner() {
        Poller poller = pollWith;
        holder.set(Thread.currentThread());
        try {
            if (poller != null) poller.poll(pollNanos);
        } catch (Throwable e) {         // the turner throws it
            pollFailure = e;
        }
        holder.set(turner);
        pollNanos = NO_REQUEST;
        LockSupport.unpark(turner);
    }

    /// Waits a moment; if the strand that runs is then found blocked in the JDK, takes its
    /// baton.
    private void watch() {
        // Where one blocks, the next one often does: then a pause each would hold up the loop.
        if (keenLooks > 0) {
            keenLooks--;
            Thread.onSpinWait();
        } else {
            LockSupport.parkNanos(WATCH_NANOS);
        }
        Strand strand = running;
        Thread thread = strand == null ? null : strand.thread;
        if (strand == null || thread == null || strand.granted || !isBlocked(thread)) return;
        if (!holder.compareAndSet(thread, null)) return;
        // Since the look at its grant it may have given the baton back and be about to get it anew.
        if (running == strand && !strand.granted && isBlocked(thread) && !isInPoller(thread)) {
            strand.away = true;
            keenLooks = KEEN_LOOKS;
            giveToTurner();
        } else {
            holder.set(thread);
        }
    }

    private static boolean isBlocked(Thread thread) {
        return switch (thread.getState()) {
            case WAITING, TIMED_WAITING, BLOCKED -> true;
            case NEW, RUNNABLE, TERMINATED -> false;
        };
    }

    private static boolean isInPoller(Thread thread) {
        if (thread.getState() != Thread.State.BLOCKED) return false;
        for (StackTraceElement frame : thread.getStackTrace()) {
            String caller = frame.getClassName();
            if (!caller.matches("(java|jdk|sun)\\..*")) return caller.startsWith(POLLERS);
        }
        return false;
    }

    @Override
    void poll(Poller poller, long timeoutNanos) {
        if (timeoutNanos == 0) {
            poller.poll(0);
            return;
        }
        pollWith = poller;
        pollNanos = timeoutNanos;
        LockSupport.unpark(host);
        while (pollNanos != NO_REQUEST) LockSupport.park(this);
        Throwable thrown = pollFailure;
        pollFailure = null;
        if (thrown != null) throw Outcomes.<RuntimeException>rethrow(thrown);
    }

    @Override
    void start(Strand strand, @Nullable String name) {
        strand.phase = Strand.Phase.READY;
        loop.ready.add(begin(strand, name));
    }

    @Override
    Runnable begin(Strand strand, @Nullable String name) {
        Thread.Builder builder = Thread.ofVirtual().uncaughtExceptionHandler(strand);
        Thread thread = (name == null ? builder : builder.name(name)).unstarted(strand);
        strand.thread = thread;
        Runnable continuation = new Step(this, strand, thread);
        strand.continuation = continuation;
        return continuation;
    }

    @Override
    void runNow(Strand strand) {
        Runnable continuation = strand.continuation;
        resume(continuation == null ? begin(strand, null) : continuation);
    }

    @Override
    void resume(Runnable continuation) {
        settle();
        continuation.run();
    }

    /// A strand's turn with the baton.
    private record Step(HandoffCarrier carrier, Strand strand, Thread thread)
            implements CarrierCall {
        @Override
        public void run() {
            carrier.step(strand, thread);
        }
    }

    /// Passes the baton and waits until it is back.
    private void step(Strand strand, Thread thread) {
        boolean isNew = thread.getState() == Thread.State.NEW;
        // It may stand in the queue twice, once for a wake-up and once for an interrupt.
        if (!isNew && !strand.awaitsGrant) return;
        holder.set(thread);
        strand.granted = true;
        running = strand;           // last: the watch minds only who has taken the grant
        if (isNew) thread.start();
        else LockSupport.unpark(thread);
        while (holder.get() != turner) LockSupport.park(this);
        running = null;
        if (strand.away) away.add(strand);
    }

    /// Lets the strands that came back from the JDK run to their next call of the loop.
    private void settle() {
        if (away.isEmpty()) return;
        away.removeIf(strand -> !strand.away);
        for (Strand strand : away) {
            Thread thread = strand.thread;
            for (int i = 0; i < SETTLE_ROUNDS && strand.away && thread != null
                    && thread.getState() == Thread.State.RUNNABLE; i++) {
                LockSupport.parkNanos(WATCH_NANOS / 4);
            }
        }
    }

    @Override
    @Nullable Strand strandOf(Runnable continuation) {
        return continuation instanceof Step step ? step.strand : null;
    }

    @Override
    @Nullable Thread bare() {
        return turner;
    }

    @Override
    void makeReady(Strand strand) {
        Runnable continuation = strand.continuation;
        if (continuation != null) loop.ready.add(continuation);
    }

    @Override
    void makeNext(Strand strand) {
        Runnable continuation = strand.continuation;
        loop.runNext(continuation == null ? begin(strand, null) : continuation);
    }

    @Override
    void checkStack() {
        StackRoom.check();
    }

    @Override
    void park(Strand strand) {
        checkStack();
        handOver(strand);
    }

    @Override
    void yield(Strand strand) {
        checkStack();
        isCurrent();
        makeReady(strand);
        handOver(strand);
    }

    private void handOver(Strand strand) {
        if (!hasPutDown(strand)) {
            rejoin(strand);
            strand.phase = Strand.Phase.READY;      // what it waits for may have come meanwhile
            return;
        }
        strand.awaitsGrant = true;
        giveToTurner();
        awaitGrant(strand);
    }

    @Override
    Runnable rest(Strand strand) {
        Runnable rest = strand.continuation;
        if (rest == null) throw new AssertionError("a strand that runs has no continuation");
        return rest;
    }

    @Override
    void stepAside(Strand strand) {
        park(strand);
    }

    @Override
    void entered(Strand strand) {
        strand.granted = false;
    }

    @Override
    void leaving(Strand strand) {
        isCurrent();
    }

    @Override
    void left(Strand strand) {
        if (hasPutDown(strand)) giveToTurner();
        else strand.away = false;
    }

    /// Puts the baton down, so that the watch does not take it. False if it has it already.
    private boolean hasPutDown(Strand strand) {
        Thread me = Thread.currentThread();
        while (!holder.compareAndSet(me, null)) {       // being looked at
            if (strand.away || loop.isClosed()) return false;
            Thread.onSpinWait();
        }
        return true;
    }

    private void giveToTurner() {
        holder.set(turner);
        LockSupport.unpark(turner);
    }

    /// Waits for the baton. An interrupt asks for it, so that the strand can take note of it.
    private void awaitGrant(Strand strand) {
        boolean interrupted = false;
        StackOverflowError overflow = null;
        while (!strand.granted && !loop.isClosed()) {
            if (overflow == null) overflow = parked(strand);
            else Thread.onSpinWait();
            if (!Thread.interrupted() || interrupted) continue;
            interrupted = true;
            askFor(strand);
        }
        strand.awaitsGrant = false;
        strand.granted = false;
        if (interrupted) Thread.currentThread().interrupt();
        if (overflow != null && strand.phase == Strand.Phase.SUSPENDED) throw overflow;
    }

    /// Parks. The JDK recurses over a stack to put it aside, and one that is deep may leave no
    /// room for that: then it returns the error, and the baton, which was given up already,
    /// comes back within a turn.
    private @Nullable StackOverflowError parked(Strand strand) {
        try {
            LockSupport.park(strand);
            return null;
        } catch (StackOverflowError e) {
            if (strand.phase == Strand.Phase.SUSPENDED) askFor(strand);
            return e;
        }
    }

    /// Asks for the baton after it was taken, and waits for it.
    private void rejoin(Strand strand) {
        Thread me = Thread.currentThread();
        while (holder.get() == null && !strand.away && !loop.isClosed()) Thread.onSpinWait();
        if (holder.get() == me || loop.isClosed()) return;
        checkStack();
        strand.awaitsGrant = true;
        askFor(strand);
        awaitGrant(strand);
        strand.away = false;
    }

    private void askFor(Strand strand) {
        Runnable continuation = strand.continuation;
        if (continuation != null) loop.arrive(new Arrival(continuation));
    }

    @Override
    void abandon(Runnable continuation) {
        if (continuation instanceof Step step) LockSupport.unpark(step.thread);
    }

    @Override
    void abandon(TimerHandle timer) { }

    @Override
    void close() { }
}
