package jloop;

import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import jloop.kernel.VirtualPoller;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/// A task and the result of it that another thread has: whatever happens at once, the two end,
/// and what the other thread was told is true.
public final class CrossThreadStress {

    private CrossThreadStress() { }

    /// A loop with one coroutine that was submitted to it, and that waits once.
    @State
    public static class Submitted {

        private final EventLoop loop;
        final CompletableFuture<String> result;
        private String body = "not begun";

        public Submitted() {
            VirtualPoller poller = new VirtualPoller();
            loop = new EventLoop(poller, poller);
            result = Asyncio.runCoroutineThreadsafe(() -> {
                body = "cancelled";
                Objects.requireNonNull(Task.current()).yieldOnce();
                body = "ended";
                return "value";
            }, loop);
        }

        /// So many turns, none of which sleeps.
        void turns(int count) {
            for (int i = 0; i < count; i++) {
                loop.stop();
                loop.runForever();
            }
        }

        String outcome() {
            turns(5);
            boolean hangs = !loop.tasks.snapshot().isEmpty();
            loop.close();
            if (hangs) return "task hangs";
            try {
                return result.getNow("result hangs");
            } catch (CancellationException e) {
                return "cancelled";
            }
        }
    }

    /// The other thread cancels while the task runs.
    @JCStressTest
    @Outcome(id = "cancelled, not begun", expect = Expect.ACCEPTABLE, desc = "cancelled first")
    @Outcome(id = "cancelled, cancelled", expect = Expect.ACCEPTABLE, desc = "while it waited")
    @Outcome(id = "cancelled, ended", expect = Expect.ACCEPTABLE, desc = "as it ended")
    @Outcome(id = "value, ended", expect = Expect.ACCEPTABLE, desc = "too late")
    public static class Cancel {

        @Actor
        public void loop(Submitted submitted) {
            submitted.turns(4);
        }

        @Actor
        public void otherThread(Submitted submitted) {
            submitted.result.cancel(true);
        }

        @Arbiter
        public void outcome(Submitted submitted, LL_Result result) {
            result.r1 = submitted.outcome();
            result.r2 = submitted.body;
        }
    }

    /// The other thread looks while the task runs.
    @JCStressTest
    @Outcome(id = "none, .*", expect = Expect.ACCEPTABLE, desc = "not there yet")
    @Outcome(id = "value, ended", expect = Expect.ACCEPTABLE, desc = "it saw all that was done")
    public static class Look {

        @Actor
        public void loop(Submitted submitted) {
            submitted.turns(4);
        }

        @Actor
        public void otherThread(Submitted submitted, LL_Result result) {
            result.r1 = submitted.result.getNow("none");
            result.r2 = submitted.body;
        }

        @Arbiter
        public void end(Submitted submitted, LL_Result result) {
            String outcome = submitted.outcome();
            if (!outcome.equals("value")) result.r1 = outcome;
        }
    }
}
