package jloop;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/// A call that another thread cancels: it is never made after `cancel` has returned, nor under
/// way then, and the handle counts as cancelled either way.
@JCStressTest
@Outcome(id = "not made, cancelled", expect = Expect.ACCEPTABLE, desc = "cancelled first")
@Outcome(id = "over, cancelled", expect = Expect.ACCEPTABLE, desc = "made first")
@Outcome(expect = Expect.FORBIDDEN, desc = "under way, or made later")
@State
public class HandleStress {

    private int begun;
    private int ended;
    private final ThreadSafeHandle handle = new ThreadSafeHandle(() -> {
        begun++;
        ended++;
    }, null);

    @Actor
    public void loop() {
        handle.run();
    }

    @Actor
    public void otherThread(LL_Result result) {
        handle.cancel();
        result.r1 = begun == ended ? (begun == 0 ? "not made" : "over") : "under way";
    }

    @Arbiter
    public void end(LL_Result result) {
        if (begun > 0 && !result.r1.equals("over")) result.r1 = "made after the cancel";
        result.r2 = handle.cancelled() ? "cancelled" : "not cancelled";
    }
}
