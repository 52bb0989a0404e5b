package jloop;

import org.jspecify.annotations.Nullable;

/// A strand that makes calls: callbacks, timers, handlers of users.
final class CallRunner extends Strand {

    /*
     * Calls never run on the bare carrier: a lock shared by a carrier and its own coroutine hangs
     * for ever, and hidden locks are everywhere (a logger, System.out, class loading). A runner
     * takes as many calls in a row as there are; if one of them blocks, the loop goes on with
     * another runner, and this one ends after that call.
     */

    private boolean idle;               // has parked between calls, not inside one
    private @Nullable Handle making;    // whose call is under way

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

    /// Called before it makes the call of `handle`.
    void making(Handle handle) {
        making = handle;
        context = handle.context;
    }

    /// True if the call of `handle` is under way on this strand.
    boolean makes(Handle handle) {
        return making == handle;
    }

    @Override
    void ownContext(Context made) {
        context = made;
        if (making != null) making.context = made;
    }

    @Override
    void body() {
        while (loop.makeCalls(this)) {
            making = null;
            context = null;
            idle = true;
            do suspend();                   // more than once at HANDOFF only
            while (idle && !loop.isClosed());
        }
    }

    @Override
    boolean interrupted() {
        return false;                   // nothing is under way that an interrupt could mean
    }
}
