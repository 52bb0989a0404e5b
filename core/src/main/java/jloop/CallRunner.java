package jloop;

/// A strand that makes calls: callbacks, timers, handlers of users.
final class CallRunner extends Strand {

    /*
     * Calls never run on the bare carrier: a lock shared by a carrier and its own coroutine hangs
     * for ever, and hidden locks are everywhere (a logger, System.out, class loading). A runner
     * takes as many calls in a row as there are; if one of them blocks, the loop goes on with
     * another runner, and this one ends after that call.
     */

    private boolean idle;               // has parked between calls, not inside one

    CallRunner(EventLoop loop) {
        super(loop);
    }

    /// True if it was left in the middle of a call, or is over.
    boolean isStuck() {
        return !idle;
    }

    /// Called by the carrier before it runs this strand.
    void begin() {
        idle = false;
        if (phase == Phase.SUSPENDED) phase = Phase.READY;
    }

    @Override
    void body() {
        while (loop.makeCalls(this)) {
            idle = true;
            suspend();
        }
    }

    @Override
    boolean interrupted() {
        return false;                   // nothing is under way that an interrupt could mean
    }
}
