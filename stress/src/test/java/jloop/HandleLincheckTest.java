package jloop;

import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/// A handle of several threads is as if they came one after the other: Lincheck looks for an
/// order of the calls in which a single thread would have seen the same.
public class HandleLincheckTest {

    private int calls;
    private final ThreadSafeHandle handle = new ThreadSafeHandle(() -> calls++, null);

    /// The loop makes the call, in its one thread.
    @Operation(nonParallelGroup = "loop")
    public void run() {
        handle.run();
    }

    @Operation(nonParallelGroup = "loop")
    public int calls() {
        return calls;
    }

    @Operation
    public void cancel() {
        handle.cancel();
    }

    @Operation
    public boolean cancelled() {
        return handle.cancelled();
    }

    /// What a single thread would see.
    public static class InOrder {

        private int calls;
        private boolean cancelled;
        private boolean over;

        public void run() {
            if (cancelled || over) return;
            calls++;
            over = true;
        }

        public int calls() {
            return calls;
        }

        public void cancel() {
            cancelled = true;
        }

        public boolean cancelled() {
            return cancelled;
        }
    }

    @Test
    void handle_isLinearizable() {
        new StressOptions().iterations(50).invocationsPerIteration(1_000)
                .threads(3).actorsPerThread(3)
                .sequentialSpecification(InOrder.class)
                .check(HandleLincheckTest.class);
    }
}
