package jloop;

import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import jloop.poller.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Tasks that do not end though they were cancelled are found.
class CleanupGuardTest {

    private static final Duration LONG = Duration.ofSeconds(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final CancelledTasks cancelled = loop.cancelledTasks;

    private Task<Void> hanging() {
        return loop.createTask(() -> {
            try {
                sleep(LONG);
            } finally {
                sayGoodbye();
            }
        });
    }

    private static void sayGoodbye() {
        sleep(LONG);
    }

    private void turns(int count) {
        for (int i = 0; i < count; i++) {
            loop.stop();
            loop.runForever();
        }
    }

    private void look(Duration later) {
        loop.checkCleanups(Clock.SYSTEM.nanos() + later.toNanos());
    }

    private Task<Void> cancelledAndHanging() {
        Task<Void> task = hanging();
        turns(1);
        task.cancel();
        turns(2);
        return task;
    }

    private void finish(Task<?> task) {
        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(cancelled.oldestNanos()).isEqualTo(CancelledTasks.NONE);
    }

    @Test
    void guard_aTaskThatHangsInCleanup_isReportedOnceWithItsStack() {
        int timers = loop.timerCount();
        Task<Void> task = cancelledAndHanging();
        assertThat(loop.timerCount()).isEqualTo(timers + 1);            // its own

        look(Duration.ofSeconds(9));
        assertThat(check.takeReports()).isEmpty();
        look(Duration.ofSeconds(11));
        ExceptionContext report = check.takeReport();
        assertThat(report.message()).isEqualTo("a cancelled task has not ended");
        assertThat(report.future()).isSameAs(task);
        assertThat(report.exception().getStackTrace()).anySatisfy(
                frame -> assertThat(frame.getMethodName()).isEqualTo("sayGoodbye"));
        look(LONG);
        task.cancel();
        look(LONG);
        assertThat(check.takeReports()).isEmpty();
        assertThat(cancelled.oldestNanos()).isEqualTo(CancelledTasks.NONE);

        finish(task);
    }

    @Test
    void guard_aTaskThatEnds_isForgotten() {
        long before = Clock.SYSTEM.nanos();
        assertThat(cancelled.oldestNanos()).isEqualTo(CancelledTasks.NONE);
        Task<Void> task = cancelledAndHanging();
        assertThat(cancelled.oldestNanos() - before).isNotNegative();
        finish(task);

        look(LONG);
        assertThat(check.takeReports()).isEmpty();
    }

    @Test
    void guard_aTaskWhoseRequestsAreUndone_isForgotten() {
        Task<Void> task = hanging();
        turns(1);
        task.cancel();
        task.cancel();
        task.uncancel();
        assertThat(cancelled.oldestNanos()).isNotEqualTo(CancelledTasks.NONE);
        task.uncancel();
        assertThat(cancelled.oldestNanos()).isEqualTo(CancelledTasks.NONE);
        finish(task);
    }

    @Test
    void setCleanupGuard_ofALimit_countsFromThere() {
        loop.setCleanupGuard(Duration.ofMinutes(5));
        Task<Void> task = cancelledAndHanging();
        look(Duration.ofMinutes(4));
        assertThat(check.takeReports()).isEmpty();
        loop.setCleanupGuard(Duration.ofMinutes(3));
        look(Duration.ofMinutes(4));
        assertThat(check.takeReport().future()).isSameAs(task);
        finish(task);
    }

    @Test
    void setCleanupGuard_ofNullOrZero_isOff() {
        Task<Void> listed = cancelledAndHanging();
        loop.setCleanupGuard(null);
        look(LONG);
        finish(listed);
        loop.setCleanupGuard(Duration.ZERO);
        Task<Void> task = cancelledAndHanging();
        assertThat(cancelled.oldestNanos()).isEqualTo(CancelledTasks.NONE);
        look(LONG);
        assertThat(check.takeReports()).isEmpty();
        finish(task);
    }

    @Test
    void guard_aTimeoutOrScope_isNoCancellationOfTheTask() {
        loop.runUntilComplete(() -> {
            CancelScope scope = CancelScope.enterEdge(currentTask());
            scope.cancel();
            assertThat(cancelled.oldestNanos()).isEqualTo(CancelledTasks.NONE);
            scope.leave(null);
        });
    }

    /// The list against a plain one.
    @Test
    void guard_tasksThatEndInAnyOrder_alwaysKnowsTheOldest() {
        Random random = new Random(5);
        List<Task<?>> alive = new ArrayList<>();
        for (int i = 0; i < 50; i++) alive.add(hanging());
        turns(1);
        for (Task<?> task : alive) task.cancel();
        turns(2);
        while (!alive.isEmpty()) {
            Task<?> gone = alive.remove(random.nextInt(alive.size()));
            gone.cancel();                              // in its cleanup: that is the end of it
            turns(2);
            assertThat(gone.done()).isTrue();
            if (alive.isEmpty()) break;
            assertThat(cancelled.oldestNanos()).isNotEqualTo(CancelledTasks.NONE);
        }
        assertThat(cancelled.oldestNanos()).isEqualTo(CancelledTasks.NONE);
    }
}
