package jloop;

import jloop.poller.Descriptor;
import jloop.poller.Operation;
import org.jspecify.annotations.Nullable;

/// An operation of a socket that a task waits for. A socket owns one in each direction, and
/// submits it again and again.
final class SocketOperation extends Operation {

    private final Sockets sockets;
    @Nullable Strand waiter;

    private boolean over;
    private boolean cancelled;

    SocketOperation(Sockets sockets, Descriptor descriptor) {
        super(descriptor);
        this.sockets = sockets;
    }

    /// Starts it. Returns true if it is over already. What ends while that is asked for is to
    /// be waited for all the same: at HANDOFF the strand has lost the baton then, and gets it
    /// there.
    boolean submit() {
        cancelled = false;
        over = false;
        boolean isOver = sockets.poller.submit(this);
        if (isOver) over = true;
        return isOver;
    }

    @Override
    public void completed() {
        over = true;
        Strand strand = waiter;
        if (strand != null) strand.wake();
    }

    /// Calls it off, so that its task wakes. Returns false if it is over already: then the
    /// task is on its way.
    boolean cancelWait(@Nullable Object reason) {
        if (over) return false;
        if (!sockets.poller.cancel(this)) return false;
        over = true;
        cancelled = true;
        Strand strand = waiter;
        if (strand != null) strand.wake();
        return true;
    }

    boolean isOver() {
        return over;
    }

    boolean wasCancelled() {
        return cancelled;
    }
}
