package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import jloop.Task;

/// The twins of `scenarios/tasks`.
final class TaskScenarios {

    private TaskScenarios() { }

    static void twoTasksTakeTurns(Trace trace) {
        trace.run(() -> {
            Task<Void> one = createTask(() -> steps(trace, "one"));
            Task<Void> two = createTask(() -> steps(trace, "two"));
            one.await();
            two.await();
        });
    }

    private static void steps(Trace trace, String name) {
        trace.out(name, "a");
        sleep(Duration.ZERO);
        trace.out(name, "b");
        sleep(Duration.ZERO);
        trace.out(name, "c");
    }

    static void cancelBeforeFirstStep(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    trace.out("never");
                } finally {
                    trace.out("never either");
                }
            });
            trace.out(task.cancel());
            trace.out(task.cancelled());
            sleep(Duration.ZERO);
            trace.out(task.cancelled());
        });
    }
}
