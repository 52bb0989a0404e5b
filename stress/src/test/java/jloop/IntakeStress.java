package jloop;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/// What other threads add arrives once, and what one thread added arrives in its order.
public final class IntakeStress {

    private IntakeStress() { }

    /// An intake, and what was taken from it.
    @State
    public static class Taken {

        final Intake intake = new Intake();
        private final ReadyQueue ready = new ReadyQueue();
        private final StringBuilder names = new StringBuilder();

        Handle handle(String name) {
            return new Handle(() -> names.append(name));
        }

        void take() {
            intake.moveTo(ready);
            for (Object handle; (handle = ready.peek()) != null; ready.drop())
                ((Handle) handle).run();
        }

        String names() {
            take();
            return names + (intake.isEmpty() ? "" : " and more");
        }
    }

    /// Two threads add at once.
    @JCStressTest
    @Outcome(id = {"abxy", "axby", "axyb", "xaby", "xayb", "xyab"},
            expect = Expect.ACCEPTABLE, desc = "all of them, in the order of each")
    public static class TwoProducers {

        @Actor
        public void one(Taken taken) {
            taken.intake.add(taken.handle("a"));
            taken.intake.add(taken.handle("b"));
        }

        @Actor
        public void other(Taken taken) {
            taken.intake.add(taken.handle("x"));
            taken.intake.add(taken.handle("y"));
        }

        @Arbiter
        public void all(Taken taken, L_Result result) {
            result.r1 = taken.names();
        }
    }

    /// One thread adds while the loop takes.
    @JCStressTest
    @Outcome(id = "abc", expect = Expect.ACCEPTABLE, desc = "all of them, in order")
    public static class ProducerAndLoop {

        @Actor
        public void producer(Taken taken) {
            taken.intake.add(taken.handle("a"));
            taken.intake.add(taken.handle("b"));
            taken.intake.add(taken.handle("c"));
        }

        @Actor
        public void loop(Taken taken) {
            taken.take();
            taken.take();
        }

        @Arbiter
        public void all(Taken taken, L_Result result) {
            result.r1 = taken.names();
        }
    }
}
