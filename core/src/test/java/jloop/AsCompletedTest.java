package jloop;

import static jloop.Asyncio.asCompleted;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class AsCompletedTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    // ---- the futures themselves

    @Test
    @AsIn("test_tasks.test_as_completed_same_tasks_in_as_out")
    void next_givesTheFutureThatWasGiven_inOrderOfTheirEnds() {
        run(() -> {
            Task<Integer> slow = createTask(() -> after(3, 1));
            Task<Integer> fast = createTask(() -> after(1, 2));
            Task<Integer> middle = createTask(() -> after(2, 3));

            for (Future<Integer> done : asCompleted(List.of(slow, fast, middle))) {
                assertThat(done.done()).isTrue();
                trace.add(done);
            }

            assertThat(trace).containsExactly(fast, middle, slow);
        });
    }

    @Test
    void next_ofAFailure_givesTheFutureAndThrowsNothing() {
        run(() -> {
            for (Future<Void> done : asCompleted((VoidCoroutine) () -> {
                throw new IOException("boom");
            })) {
                assertThat(done.exception()).hasMessage("boom");
                trace.add("one");
            }
        });

        assertThat(trace).containsExactly("one");
    }

    @Test
    void asCompleted_ofCoroutines_startsThemInThisOrderAtTheCall() {
        run(() -> {
            AsCompleted<Boolean> all = Asyncio.<Boolean>asCompleted(() -> trace.add("first"),
                    () -> trace.add("second"), () -> trace.add("third"));
            sleep(Duration.ZERO);
            assertThat(trace).containsExactly("first", "second", "third");
            for (Future<Boolean> _ : all) trace.add("done");
        });

        assertThat(trace).hasSize(6);
    }

    @Test
    @AsIn("test_tasks.test_as_completed_duplicate_coroutines")
    void asCompleted_ofTheSameTwice_givesItOnce() {
        run(() -> {
            Task<Integer> one = createTask(() -> 1);
            for (Future<Integer> done : asCompleted(one, one)) trace.add(done.result());
            Coroutine<Integer> two = () -> 2;
            for (Future<Integer> done : asCompleted(two, two)) trace.add(done.result());
        });

        assertThat(trace).containsExactly(1, 2);
    }

    @Test
    void asCompleted_ofNothing_isOverAtOnce() {
        run(() -> {
            AsCompleted<Object> none = asCompleted(List.<Future<Object>>of(), LONG);
            assertThat(none.hasNext()).isFalse();
            assertThatThrownBy(none::next).isInstanceOf(NoSuchElementException.class);
            assertThat(loop.timerCount()).isZero();
        });
    }

    @Test
    @AsIn("test_tasks.test_as_completed_resume_iterator")
    void asCompleted_iteratedAgain_goesOnWhereItStopped() {
        run(() -> {
            AsCompleted<Integer> all = asCompleted(() -> after(1, 1), () -> after(2, 2),
                    () -> after(3, 3));
            for (Future<Integer> done : all) {
                trace.add(done.result());
                break;
            }
            trace.add("again");
            for (Future<Integer> done : all) trace.add(done.result());
        });

        assertThat(trace).containsExactly(1, "again", 2, 3);
    }

    // ---- coroutines of the next completion

    @Test
    @AsIn("test_tasks.test_as_completed_reverse_wait")
    void coroutines_runInAnyOrder_giveTheNextCompletionEach() {
        run(() -> {
            List<Coroutine<String>> each = new ArrayList<>();
            asCompleted(() -> after(3, "slow"), () -> after(1, "fast")).coroutines()
                    .forEach(each::add);

            assertThat(each).hasSize(2);
            assertThat(each.get(1).run()).isEqualTo("fast");
            assertThat(each.get(0).run()).isEqualTo("slow");
        });
    }

    @Test
    @AsIn("test_tasks.test_as_completed_concurrent")
    void coroutines_runAtTheSameTime_shareTheCompletions() {
        run(() -> {
            Iterator<Coroutine<Integer>> each =
                    asCompleted(() -> after(2, 2), () -> after(1, 1)).coroutines().iterator();

            assertThat(gather(each.next(), each.next()).await()).containsExactly(1, 2);
            assertThat(each.hasNext()).isFalse();
        });
    }

    @Test
    void coroutines_ofAFailure_throwIt() {
        run(() -> {
            Coroutine<Void> one = asCompleted((VoidCoroutine) () -> {
                throw new IOException("boom");
            }).coroutines().iterator().next();

            assertThatThrownBy(one::run).isInstanceOf(IOException.class).hasMessage("boom");
        });
    }

    // ---- the time limit

    @Test
    @AsIn("test_tasks.test_as_completed_with_timeout")
    void next_whenTheTimeIsOver_throwsFromEachItemLeft() {
        run(() -> {
            Task<Integer> slow = createTask(() -> after(100, 1));
            Task<Integer> slower = createTask(() -> after(100, 2));
            Task<Integer> fast = createTask(() -> after(1, 3));
            AsCompleted<Integer> all =
                    asCompleted(List.of(slow, slower, fast), SECOND.plusNanos(1));

            assertThat(all.next()).isSameAs(fast);
            assertThatThrownBy(() -> all.next(TimeoutException.class))
                    .isInstanceOf(TimeoutException.class);
            assertThat(all.hasNext()).isTrue();
            assertThatThrownBy(all.coroutines().iterator().next()::run)
                    .isInstanceOf(TimeoutException.class);
            assertThat(all.hasNext()).isFalse();
            assertThat(slow.cancelling() + slower.cancelling()).isZero();
            slow.await();
            slower.await();
        });
    }

    @Test
    void asCompleted_withALimit_countsFromTheCall() {
        run(() -> {
            AsCompleted<Integer> all = asCompleted(SECOND, () -> after(2, 1));
            sleep(Duration.ofMillis(1500));

            assertThatThrownBy(all::next).isInstanceOf(TimeoutException.class);
            assertThat(loop.time()).isEqualTo(Duration.ofMillis(1500).toNanos());
            sleep(SECOND);
        });
    }

    @Test
    @AsIn("test_tasks.test_as_completed_with_unused_timeout")
    void asCompleted_endedBeforeItsTime_leavesNoTimer() {
        run(() -> {
            for (Future<Integer> done : asCompleted(LONG, () -> after(1, 1)))
                trace.add(done.result());
            assertThat(loop.timerCount()).isZero();
        });

        assertThat(trace).containsExactly(1);
    }

    // ---- cancellation

    @Test
    void cancel_ofOneWaiter_leavesTheCompletionToTheNext() {
        Future<Integer> one = loop.createFuture();
        AsCompleted<Integer> all = asCompleted(one, loop.<Integer>createFuture());
        Task<Future<Integer>> first = loop.createTask(() -> all.next());
        Task<Future<Integer>> second = loop.createTask(() -> all.next());
        loop.runUntilComplete(() -> sleep(Duration.ZERO));

        one.setResult(1);
        loop.callSoon(() -> first.cancel());        // when it has been woken, but has not run
        assertThat(loop.runUntilComplete(second)).isSameAs(one);
        assertThatThrownBy(() -> loop.runUntilComplete(first)).isInstanceOf(CancelledError.class);
    }

    // ---- misuse

    @Test
    void asCompleted_ofFuturesOfTwoLoops_isRefused() {
        EventLoop other = check.newLoop();

        assertThatIllegalArgumentException().isThrownBy(() -> asCompleted(
                loop.<Void>createFuture(), other.<Void>createFuture()))
                .withMessageContaining("different loops");
    }

    @Test
    void next_outsideOfACoroutine_isRefused() {
        AsCompleted<Object> all = asCompleted(loop.createFuture());

        assertThatIllegalStateException().isThrownBy(all::next)
                .withMessageContaining("only a coroutine");
    }

    private static <T> T after(int seconds, T result) {
        return sleep(Duration.ofSeconds(seconds), result);
    }

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }
}
