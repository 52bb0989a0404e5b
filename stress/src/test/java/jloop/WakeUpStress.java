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
@Outcome(id = "called", expect = Expect.ACCEPTABLE, desc = "made in this turn or a later one")
@Outcome(expect = Expect.FORBIDDEN, desc = "nobody woke the poller, or the call is lost")
@State
public class WakeUpStress implements Poller {

    private static final int PATIENCE = 1_000_000;          // looks, if nobody ever calls

    private final EventLoop loop = new EventLoop(this, Clock.SYSTEM);
    private boolean called;
    private boolean sleptOver;
    private volatile boolean woken;
    private volatile boolean given;

    @Actor
    public void otherThread() {
        loop.callSoonThreadsafe(() -> {
            called = true;
            loop.stop();
        });
        given = true;
    }

    @Actor
    public void loop() {
        loop.runForever();
    }

    /// Sleeps until woken, or until it is certain that it will not be.
    @Override
    public void poll(long timeoutNanos) {
        if (timeoutNanos == 0) return;
        for (int i = 0; i < PATIENCE && !woken && !given; i++) Thread.onSpinWait();
        sleptOver |= given && !woken;
        if (!given) loop.stop();
    }

    @Arbiter
    public void result(L_Result result) {
        loop.stop();
        if (!called) loop.runForever();
        loop.close();
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
