package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;
import static jloop.ReturnWhen.FIRST_COMPLETED;
import static jloop.ReturnWhen.FIRST_EXCEPTION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class WaitTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    // ---- what it returns

    @Test
    @AsIn("test_tasks.test_wait")
    void wait_forAll_returnsWhenTheLastIsDone() {
        run(() -> {
            Task<Integer> slow = createTask(() -> sleep(SECOND.multipliedBy(2), 2));
            Task<Integer> fast = createTask(() -> sleep(SECOND, 1));

            WaitResult<Task<Integer>> found = Asyncio.wait(List.of(slow, fast));

            assertThat(found.done()).containsExactly(slow, fast);
            assertThat(found.pending()).isEmpty();
            assertThat(loop.time()).isEqualTo(SECOND.multipliedBy(2).toNanos());
        });
    }

    @Test
    @AsIn("test_tasks.test_wait_duplicate_coroutines")
    void wait_forTheSameTwice_countsItOnce() {
        run(() -> {
            Task<Void> one = createTask(() -> sleep(SECOND));

            WaitResult<Task<Void>> found = Asyncio.wait(List.of(one, one));

            assertThat(found.done()).containsExactly(one);
        });
    }

    @Test
    @AsIn("test_tasks.test_wait_first_completed")
    void wait_forTheFirst_returnsWhenOneIsDone() {
        run(() -> {
            Task<Void> slow = createTask(() -> sleep(LONG));
            Task<Void> fast = createTask(() -> sleep(SECOND));

            var found = Asyncio.wait(List.of(slow, fast), o -> o.withReturnWhen(FIRST_COMPLETED));

            assertThat(found.done()).containsExactly(fast);
            assertThat(found.pending()).containsExactly(slow);
            slow.cancel();
        });
    }

    @Test
    @AsIn("test_tasks.test_wait_really_done")
    void wait_forTheFirst_returnsAllThatAreDoneByThen() {
        run(() -> {
            Task<Void> one = createTask(() -> sleep(Duration.ZERO));
            Task<Void> two = createTask(() -> sleep(Duration.ZERO));

            var found = Asyncio.wait(List.of(one, two), o -> o.withReturnWhen(FIRST_COMPLETED));

            assertThat(found.done()).containsExactly(one, two);
        });
    }

    @Test
    @AsIn("test_tasks.test_wait_first_exception")
    void wait_forTheFirstException_returnsWhenOneFails() {
        run(() -> {
            Task<Void> slow = createTask(() -> sleep(LONG));
            Task<Void> failing = createTask((VoidCoroutine) () -> {
                sleep(SECOND);
                throw new IOException("boom");
            });
            Task<Integer> fast = createTask(() -> 3);

            var found = Asyncio.wait(List.of(slow, failing, fast),
                    o -> o.withReturnWhen(FIRST_EXCEPTION));

            assertThat(found.done()).containsExactly(failing, fast);
            assertThat(found.pending()).containsExactly(slow);
            assertThat(failing.exception()).hasMessage("boom");
            slow.cancel();
        });
    }

    @Test
    void wait_forTheFirstException_isNotEndedByACancellation() {
        run(() -> {
            Task<Void> slow = createTask(() -> sleep(SECOND));
            Task<Void> cancelled = createTask(() -> sleep(LONG));
            cancelled.cancel();

            var found = Asyncio.wait(List.of(slow, cancelled),
                    o -> o.withReturnWhen(FIRST_EXCEPTION));

            assertThat(found.done()).containsExactly(slow, cancelled);
            assertThat(loop.time()).isEqualTo(SECOND.toNanos());
        });
    }

    @Test
    @AsIn("test_tasks.test_wait_with_exception")
    void wait_forAll_doesNotThrowWhatFailed() {
        run(() -> {
            Task<Void> failing = createTask((VoidCoroutine) () -> {
                throw new IOException("boom");
            });
            Task<Void> slow = createTask(() -> sleep(SECOND));

            assertThat(Asyncio.wait(List.of(failing, slow)).done()).hasSize(2);
            assertThat(failing.exception()).hasMessage("boom");
        });
    }

    @Test
    @AsIn("test_tasks.test_wait_with_timeout")
    void wait_whenTheTimeIsOver_returnsWhatThereIsAndCancelsNothing() {
        run(() -> {
            Task<Void> fast = createTask(() -> sleep(SECOND));
            Task<Void> slow = createTask(() -> sleep(LONG));

            var found = Asyncio.wait(List.of(slow, fast),
                    o -> o.withTimeout(SECOND.multipliedBy(2)));

            assertThat(found.done()).containsExactly(fast);
            assertThat(found.pending()).containsExactly(slow);
            assertThat(slow.cancelling()).isZero();
            slow.await();
        });

        assertThat(loop.time()).isEqualTo(LONG.toNanos());
    }

    @Test
    void wait_endedBeforeItsTime_leavesNoTimer() {
        run(() -> {
            Task<Void> one = createTask(() -> sleep(Duration.ZERO));

            Asyncio.wait(List.of(one), o -> o.withTimeout(LONG));

            assertThat(loop.timerCount()).isZero();
        });
    }

    // ---- when it suspends

    @Test
    void wait_forWhatIsDone_suspendsOnce() {
        run(() -> {
            Future<Integer> done = loop.createFuture();
            done.setResult(1);
            Task<Boolean> other = createTask(() -> trace.add("other"));

            assertThat(Asyncio.wait(List.of(done)).done()).containsExactly(done);
            trace.add("waited");
            other.await();
        });

        assertThat(trace).containsExactly("other", "waited");
    }

    @Test
    @AsIn("test_tasks.test_yield_wait_does_not_shield_cancel")
    void cancel_ofTheWaiter_leavesTheFuturesAlone() {
        Task<Void> inner = loop.createTask(() -> {
            sleep(SECOND);
            trace.add("whole");
        });
        Task<Void> waiter = loop.createTask(() -> {
            Asyncio.wait(List.of(inner), o -> o.withTimeout(LONG));
        });
        loop.runUntilComplete(() -> sleep(Duration.ZERO));

        waiter.cancel();
        assertThatThrownBy(() -> loop.runUntilComplete(waiter)).isInstanceOf(CancelledError.class);
        loop.runUntilComplete(inner);

        assertThat(trace).containsExactly("whole");
    }

    @Test
    void wait_thatEnds_listensToTheOthersNoMore() {
        Future<Integer> never = loop.createFuture();
        run(() -> {
            for (int i = 0; i < 3; i++)
                Asyncio.wait(List.of(never), o -> o.withTimeout(Duration.ofMillis(1)));
        });

        assertThat(never).extracting("listeners").isIn(null, List.of());
    }

    // ---- misuse

    @Test
    @AsIn("test_tasks.test_wait_errors")
    void wait_forNothing_isRefused() {
        run(() -> assertThatIllegalArgumentException()
                .isThrownBy(() -> Asyncio.wait(List.<Future<?>>of()))
                .withMessageContaining("at least one future"));
    }

    @Test
    void wait_outsideOfACoroutine_isRefused() {
        Future<Integer> future = loop.createFuture();

        assertThatIllegalStateException().isThrownBy(() -> Asyncio.wait(List.of(future)))
                .withMessageContaining("only a coroutine");
    }

    @Test
    void wait_forFuturesOfTwoLoops_isRefused() {
        EventLoop other = check.newLoop();
        run(() -> assertThatIllegalArgumentException()
                .isThrownBy(() -> Asyncio.wait(
                        List.of(loop.<Void>createFuture(), other.<Void>createFuture())))
                .withMessageContaining("different loops"));
    }

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }
}
