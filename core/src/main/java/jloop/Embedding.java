package jloop;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A loop whose turns somebody else makes, the host: between `runForeverSetup` and
/// `runForeverCleanup`.
final class Embedding {

    /*
     * Between two turns the host does other things, and nobody sleeps in the poller. If the host
     * has given a wake callback, a thread of ours, the sentinel, polls meanwhile:
     *
     *   host ──runOnce──▶ nothing ready ──lends the loop──▶ sentinel polls ──▶ gives it back,
     *                     something ready ──▶ wake callback                    wake callback
     *
     * The loop is lent as a whole, since what poll completes becomes ready. A call of the loop by
     * the host ends the poll and takes it back first (`reclaim`, from Carrier.isCurrent). So there
     * is one owner at each time, and `polling` passes it on.
     */

    final Thread host = Thread.currentThread();

    private final EventLoop loop;
    private @Nullable Thread sentinel;
    private volatile @Nullable Runnable wake;
    private volatile boolean polling;               // the host sets, the sentinel clears
    private volatile boolean over;
    private @Nullable Throwable failure;            // of the sentinel's poll, for the host
    private boolean turning;

    Embedding(EventLoop loop) {
        this.loop = loop;
    }

    void setWake(@Nullable Runnable callback) {
        wake = callback;
        lend();
    }

    /// Takes the loop back from the sentinel, if the calling thread is the host. Returns
    /// whether it is, and is between two turns.
    boolean reclaim() {
        if (Thread.currentThread() != host || turning || over) return false;
        if (polling) {
            loop.poller.wake();
            while (polling) LockSupport.park(this);
        }
        loop.carrier.hold();
        return true;
    }

    /// Takes the loop back for a turn, or throws and leaves it where it is.
    void begin() {
        if (turning) throw new IllegalStateException("runOnce was called within a turn");
        if (!reclaim())
            throw new WrongThreadException("runOnce was called on " + Thread.currentThread()
                    + ", but runForeverSetup on " + host);
    }

    /// One turn, with a sleep of at most so long.
    void turn(long atMostNanos) {
        Throwable failed = failure;
        failure = null;
        if (failed != null) throw Outcomes.<RuntimeException>rethrow(failed);
        turning = true;
        try {
            loop.carrier.host(() -> loop.turnOnce(atMostNanos));
        } finally {
            turning = false;
            loop.carrier.hold();
        }
    }

    /// Has the sentinel watch until the next turn is due; tells the host if it is due now.
    /// Within a turn this is for its end.
    void lend() {
        if (wake == null || polling || turning) return;
        if (loop.nanosUntilTurn() == 0) {
            callWake();
            return;
        }
        Thread watching = sentinel;
        if (watching == null) {         // before anything is lent: there may be none to be had
            watching = Thread.ofPlatform().daemon().name("jloop-poll").start(this::watch);
            sentinel = watching;
        }
        loop.carrier.release();
        polling = true;
        LockSupport.unpark(watching);
    }

    private void watch() {
        while (!over) {
            if (polling) {
                pollForHost();
                LockSupport.unpark(host);
                if (!over) callWake();
            } else {
                LockSupport.park(this);
            }
        }
    }

    private void pollForHost() {
        loop.carrier.hold();
        try {
            loop.pollDirectly();
        } catch (Throwable e) {         // the host throws it
            failure = e;
        } finally {
            loop.carrier.release();
            polling = false;
        }
    }

    private void callWake() {
        Runnable callback = wake;
        if (callback == null) return;
        try {
            callback.run();
        } catch (RuntimeException | Error e) {      // the sentinel has to watch on
            loop.reportLater(ExceptionContext.of("exception in the wake callback", e));
        }
    }

    void end() {
        if (turning)
            throw new IllegalStateException("runForeverCleanup was called within a turn");
        if (!reclaim())
            throw new WrongThreadException("runForeverCleanup was called on "
                    + Thread.currentThread() + ", but runForeverSetup on " + host);
        over = true;
        loop.carrier.release();
        if (sentinel != null) LockSupport.unpark(sentinel);
    }
}
