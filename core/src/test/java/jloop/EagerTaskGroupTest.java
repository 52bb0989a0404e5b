package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Groups whose tasks make their first step within createTask: all is as usual, but for what
/// comes of a child that has begun already.
class EagerTaskGroupTest extends TaskGroupTest {

    @BeforeEach
    void startEagerly() {
        loop.setTaskFactory(Asyncio.eagerTaskFactory());
    }

    @Override
    List<String> traceOfCancelByTheBody() {
        return List.of("goes on", "never begun cancelled", "value");
    }

    /// Its creator throws it.
    @Test
    @Override
    void systemExitInAChild_stopsTheLoop_thenLeavesBare() {
        SystemExit exit = new SystemExit(3);
        Task<Void> main = loop.createTask(() -> {
            try {
                TaskGroup.open(tg -> {
                    tg.createTask(sleeping("child"));
                    tg.createTask(() -> fail(exit));
                });
            } catch (SystemExit e) {
                trace.add(e);
            }
        });
        loop.runUntilComplete(main);

        assertThat(trace).containsExactly("child cancelled", exit);
    }

    /// In its first step the group does not wait yet.
    @Test
    @Override
    void exitWait_listsTheTasksItDependsOn() {
        run(() -> {
            Task<?> me = Asyncio.currentTask();
            TaskGroup.open(tg -> {
                tg.createTask(() -> {
                    trace.add(me.toString());
                    Asyncio.sleep(Duration.ZERO);
                    trace.add(me.toString());
                });
            });
        });

        assertThat(trace).hasSize(2);
        assertThat((String) trace.getFirst()).doesNotContain("wait_for");
        assertThat((String) trace.getLast()).contains("wait_for=<DependentFuture pending>");
    }
}
