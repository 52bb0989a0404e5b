package jloop;

import jloop.poller.Clock;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Operation;
import jloop.poller.Poller;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/// A loop never sleeps over what another thread has given it.
@JCStressTest
@Outcome(id = "called", expect = Expect.ACCEPTABLE, desc = "made in this turn or the next")
@Outcome(id = "slept over", expect = Expect.FORBIDDEN, desc = "nobody woke the poller")
@State
public class WakeUpStress implements Poller {

    private final EventLoop loop = new EventLoop(this, Clock.SYSTEM);
    private boolean called;
    private boolean sleptOver;
    private volatile boolean woken;
    private volatile boolean given;

    @Actor
    public void otherThread() {
        loop.callSoonThreadsafe(() -> called = true);
        given = true;
    }

    @Actor
    public void turn() {
        loop.carrier.host(loop::runOnce);
    }

    /// Sleeps until woken, or until it is certain that it will not be.
    @Override
    public void poll(long timeoutNanos) {
        if (timeoutNanos == 0) return;
        while (!woken && !given) Thread.onSpinWait();
        sleptOver |= !woken;
    }

    @Arbiter
    public void result(L_Result result) {
        if (!called) loop.carrier.host(loop::runOnce);
        result.r1 = sleptOver ? "slept over" : called ? "called" : "lost";
    }

    @Override
    public void wake() {
        woken = true;
    }

    @Override
    public Descriptor open(Family family) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean submit(Operation operation) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean cancel(Operation operation) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() { }
}
