package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.shield;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ShieldTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();
    private final Future<Integer> inner = loop.createFuture();

    @Test
    @AsIn("test_tasks.test_shield_result")
    void shield_ofAResult_givesIt() {
        Future<Integer> outer = shield(inner);

        inner.setResult(42);

        assertThat(loop.runUntilComplete(outer)).isEqualTo(42);
    }

    @Test
    @AsIn("test_tasks.test_shield_exception")
    void shield_ofAFailure_throwsTheSameObject() {
        IOException failure = new IOException("no");
        Future<Integer> outer = shield(inner);

        inner.setException(failure);
        runOneTurn();

        assertThat(outer.exception()).isSameAs(failure);
    }

    @Test
    @AsIn("test_tasks.test_shield_shortcut")
    void shield_ofADoneFuture_isThatFuture() {
        inner.setResult(1);

        assertThat(shield(inner)).isSameAs(inner);
    }

    @Test
    @AsIn("test_tasks.test_shield_cancel_inner")
    void cancel_ofTheInner_cancelsTheOuter() {
        Future<Integer> outer = shield(inner);

        inner.cancel();
        runOneTurn();

        assertThat(outer.cancelled()).isTrue();
    }

    @Test
    @AsIn({"test_tasks.test_shield_cancel_outer", "test_tasks.test_shield_cancel_outer_result"})
    void cancel_ofTheOuter_leavesTheInnerAloneAndItsResultIsSilent() {
        Future<Integer> outer = shield(inner);

        outer.cancel();
        runOneTurn();

        assertThat(outer.cancelled()).isTrue();
        assertThat(inner.done()).isFalse();
        inner.setResult(1);
        runOneTurn();
        assertThat(check.takeReports()).isEmpty();
    }

    @Test
    @AsIn("test_tasks.test_shield_cancel_outer_exception")
    void cancel_ofTheOuterAndTheInnerFails_isReported() {
        IOException failure = new IOException("nobody sees it");
        Future<Integer> outer = shield(inner);
        outer.cancel();
        runOneTurn();

        inner.setException(failure);
        runOneTurn();
        runOneTurn();

        ExceptionContext report = check.takeReport();
        assertThat(report.message()).isEqualTo("exception in a shielded future");
        assertThat(report.exception()).isSameAs(failure);
        assertThat(report.future()).isSameAs(inner);
    }

    @Test
    @AsIn("test_tasks.test_shield_duplicate_log_once")
    void cancel_ofSeveralOutersAndTheInnerFails_isReportedOnce() {
        for (int i = 0; i < 3; i++) shield(inner).cancel();
        runOneTurn();

        inner.setException(new IOException("no"));
        runOneTurn();
        runOneTurn();

        assertThat(check.takeReports()).hasSize(1);
    }

    @Test
    @AsIn("test_tasks.test_shield_effect")
    void cancel_ofTheWaiter_leavesTheShieldedTaskRunning() {
        Task<Integer> task = loop.createTask(() -> {
            sleep(Duration.ofSeconds(1));
            trace.add("inner done");
            return 5;
        });
        Task<Integer> waiter = loop.createTask(() -> shield(task).await());
        runOneTurn();

        waiter.cancel();
        assertThatThrownBy(() -> loop.runUntilComplete(waiter)).isInstanceOf(CancelledError.class);
        assertThat(task.cancelling()).isZero();

        assertThat(loop.runUntilComplete(task)).isEqualTo(5);
        assertThat(trace).containsExactly("inner done");
    }

    @Test
    @AsIn("test_tasks.test_shield_coroutine_use_running_loop")
    void shield_ofACoroutine_makesATaskOfIt() {
        loop.runUntilComplete(() -> {
            Future<Integer> outer = shield(() -> 5);
            assertThat(Asyncio.allTasks()).hasSize(2);
            assertThat(outer.await()).isEqualTo(5);
            Future<Void> ofNone = shield(() -> {
                trace.add("void");
            });
            ofNone.await();
        });

        assertThat(trace).containsExactly("void");
    }

    @Test
    @AsIn("test_tasks.test_shield_gather")
    void shield_ofAGather_keepsItGoing() {
        Future<Integer> other = loop.createFuture();
        Future<List<Integer>> all = Asyncio.gather(inner, other);
        Future<List<Integer>> outer = shield(all);

        outer.cancel();
        runOneTurn();
        inner.setResult(1);
        other.setResult(2);

        assertThat(loop.runUntilComplete(all)).containsExactly(1, 2);
        assertThat(outer.cancelled()).isTrue();
    }

    @Test
    void shield_ofACancelledInner_reportsNothingToThoseWhoLeft() {
        Future<Integer> outer = shield(inner);
        outer.cancel();
        inner.cancel();
        runOneTurn();

        assertThat(check.takeReports()).isEmpty();
    }

    @Test
    void shield_awaitedByManyTasks_isSharedByThem() {
        loop.runUntilComplete(() -> {
            Future<Integer> outer = shield(inner);
            Task<Integer> first = createTask(() -> outer.await());
            Task<Integer> second = createTask(() -> outer.await());
            sleep(Duration.ZERO);
            inner.setResult(7);
            assertThat(first.await() + second.await()).isEqualTo(14);
        });
    }

    private void runOneTurn() {
        loop.stop();
        loop.runForever();
    }
}
