package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.gatherReturningExceptions;
import static jloop.Asyncio.sleep;
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

class GatherTest {

    private static final Duration LONG = Duration.ofSeconds(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();
    private final Future<Integer> a = loop.createFuture();
    private final Future<Integer> b = loop.createFuture();
    private final Future<Integer> c = loop.createFuture();

    // ---- results

    @Test
    @AsIn("test_tasks.test_success")
    void gather_allSucceed_givesTheResultsInTheOrderGiven() {
        Future<List<Integer>> all = gather(a, b, c);

        c.setResult(3);
        a.setResult(1);
        runOneTurn();
        assertThat(all.done()).isFalse();
        b.setResult(2);

        assertThat(loop.runUntilComplete(all)).containsExactly(1, 2, 3);
    }

    @Test
    void gather_ofCoroutines_startsThemInOrder() {
        run(() -> {
            Future<List<Integer>> all = gather(() -> step(3), () -> step(1), () -> step(2));
            trace.add("started later");
            assertThat(all.await()).containsExactly(3, 1, 2);
        });

        assertThat(trace).containsExactly("started later", "begin 3", "begin 1", "begin 2",
                "end 1", "end 2", "end 3");
    }

    private Integer step(int seconds) {
        trace.add("begin " + seconds);
        sleep(Duration.ofSeconds(seconds));
        trace.add("end " + seconds);
        return seconds;
    }

    @Test
    @AsIn({"test_tasks.test_constructor_empty_sequence_use_running_loop",
        "test_tasks.test_constructor_empty_sequence_without_loop"})
    void gather_ofNothing_isDoneAlready() {
        run(() -> {
            Future<List<Object>> none = gather(List.of());
            assertThat(none.done()).isTrue();
            assertThat(none.await()).isEmpty();
        });
    }

    @Test
    @AsIn("test_tasks.test_duplicate_coroutines")
    void gather_ofTheSameTwice_isOneChild() {
        Future<List<Integer>> all = gather(a, b, a);

        a.setResult(1);
        b.setResult(2);

        assertThat(loop.runUntilComplete(all)).containsExactly(1, 2, 1);
    }

    @Test
    void gather_ofDoneFutures_isDoneAtOnce() {
        a.setResult(1);
        b.setResult(2);

        assertThat(gather(a, b).result()).containsExactly(1, 2);
    }

    @Test
    void gather_withNullResults_keepsThem() {
        Future<List<Integer>> all = gather(a, b);
        a.setResult(null);
        b.setResult(2);

        assertThat(loop.runUntilComplete(all)).containsExactly(null, 2);
    }

    @Test
    @AsIn("test_tasks.test_constructor_heterogenous_futures")
    void gather_ofDifferentLoops_isRefused() {
        Future<Integer> foreign = check.newLoop().createFuture();

        assertThatIllegalArgumentException().isThrownBy(() -> gather(a, foreign))
                .withMessageContaining("different loops");
    }

    @Test
    void gather_ofCoroutinesWithoutALoop_isRefused() throws Exception {
        Throwable[] thrown = new Throwable[1];
        Thread other = Thread.ofPlatform().name("loopless").start(() -> {
            try {
                gather(() -> 1);
            } catch (Throwable e) {
                thrown[0] = e;
            }
        });
        other.join();

        assertThat(thrown[0]).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no current event loop in thread loopless");
    }

    // ---- failures

    /// Scenario 9 of the surface list.
    @Test
    @AsIn({"test_tasks.test_one_exception", "test_tasks.test_exception_marking"})
    void gather_oneFails_failsAtOnceAndTheSiblingsRunOn() {
        IOException first = new IOException("a");
        IOException second = new IOException("b");
        run(() -> {
            Task<Integer> late = createTask(() -> {
                sleep(Duration.ofSeconds(2));
                trace.add("b ends");
                throw second;
            });
            Task<Integer> early = createTask(() -> {
                sleep(Duration.ofSeconds(1));
                throw first;
            });
            assertThatThrownBy(() -> gather(early, late).await()).isSameAs(first);
            assertThat(loop.time()).isEqualTo(1_000_000_000L);
            assertThat(late.done()).isFalse();
            assertThatThrownBy(late::await).isSameAs(second);
        });

        assertThat(trace).containsExactly("b ends");
    }

    @Test
    @AsIn({"test_tasks.test_return_exceptions", "test_tasks.test_result_exception_success"})
    void gatherReturningExceptions_giveThemAsResults() {
        IOException failure = new IOException("no");
        Future<List<Object>> all = gatherReturningExceptions(List.of(a, b, c));

        b.setException(failure);
        c.cancel("why");
        runOneTurn();
        assertThat(all.done()).isFalse();
        a.setResult(1);
        List<Object> results = loop.runUntilComplete(all);

        assertThat(results.subList(0, 2)).containsExactly(1, failure);
        assertThat(results.get(2)).isInstanceOf(CancelledError.class);
    }

    @Test
    @AsIn("test_tasks.test_one_cancellation")
    void gather_oneIsCancelled_failsWithCancelledErrorButIsNotCancelled() {
        Future<List<Integer>> all = gather(a, b);

        a.cancel("why");
        runOneTurn();

        assertThat(all.done()).isTrue();
        assertThat(all.cancelled()).isFalse();
        assertThat(all.exception()).isInstanceOf(CancelledError.class).hasMessage("why");
        assertThat(b.done()).isFalse();
        assertThatThrownBy(() -> run(() -> {
            all.await();
        })).isInstanceOf(CancelledError.class);
    }

    // ---- cancel

    @Test
    @AsIn("test_tasks.test_cancellation_broadcast")
    void cancel_ofTheWhole_cancelsThePendingChildren() {
        Future<List<Integer>> all = gather(a, b, c);
        b.setResult(2);

        assertThat(all.cancel("why")).isTrue();

        assertThat(a.cancelled()).isTrue();
        assertThat(c.cancelled()).isTrue();
        assertThat(all.done()).isFalse();
        runOneTurn();
        assertThat(all.done()).isTrue();
        assertThat(all.cancelled()).isFalse();
        assertThatThrownBy(all::result).isInstanceOf(CancelledError.class).hasMessage("why");
    }

    @Test
    @AsIn("test_tasks.test_cancel_gather_1")
    void cancel_whenAllChildrenAreDone_isTooLate() {
        Future<List<Integer>> all = gather(a);
        a.setResult(1);

        assertThat(all.cancel()).isFalse();
        runOneTurn();

        assertThat(all.result()).containsExactly(1);
        assertThat(all.cancel()).isFalse();
    }

    @Test
    void cancel_afterAFailure_leavesTheSurvivorsAlone() {
        Future<List<Integer>> all = gather(a, b);
        a.setException(new IOException("no"));
        runOneTurn();

        assertThat(all.cancel()).isFalse();
        assertThat(b.done()).isFalse();
        b.setResult(1);
        runOneTurn();
        assertThat(all.exception()).hasMessage("no");
    }

    @Test
    @AsIn("test_tasks.test_cancel_gather_2")
    void cancel_withExceptionsAsResults_throwsAllTheSame() {
        Future<List<Object>> all = gatherReturningExceptions(List.of(a, b));

        assertThat(all.cancel("why")).isTrue();
        runOneTurn();

        assertThatThrownBy(all::result).isInstanceOf(CancelledError.class).hasMessage("why");
    }

    @Test
    void cancel_whenTheChildrenSwallowIt_throwsOnceTheyAreDone() {
        run(() -> {
            Task<Integer> stubborn = createTask(() -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    trace.add("swallowed");
                }
                sleep(Duration.ofSeconds(1));
                return 1;
            });
            Future<List<Integer>> all = gather(stubborn);
            sleep(Duration.ZERO);
            all.cancel();
            assertThatThrownBy(all::await).isInstanceOf(CancelledError.class);
            assertThat(stubborn.result()).isEqualTo(1);
        });

        assertThat(trace).containsExactly("swallowed");
    }

    /// Scenario 26 of the surface list.
    @Test
    void cancel_ofTheWaiter_arrivesWhenTheFirstChildEnds() {
        Task<Void> fast = loop.createTask(() -> sleep(LONG));
        Task<Void> slow = loop.createTask(() -> {
            try {
                sleep(LONG);
            } finally {
                sleep(Duration.ofMillis(20));
                trace.add("slow cleaned up");
            }
        });
        Task<Void> waiter = loop.createTask(() -> {
            try {
                gather(fast, slow).await();
            } finally {
                trace.add("waiter");
            }
        });
        runOneTurn();

        waiter.cancel();
        assertThatThrownBy(() -> loop.runUntilComplete(waiter)).isInstanceOf(CancelledError.class);
        assertThatThrownBy(() -> loop.runUntilComplete(slow)).isInstanceOf(CancelledError.class);

        assertThat(trace).containsExactly("waiter", "slow cleaned up");
    }

    /// Scenario 10 of the surface list.
    @Test
    void cancel_withExceptionsAsResults_waitsForAllChildren() {
        Task<Void> slow = loop.createTask(() -> {
            try {
                sleep(LONG);
            } finally {
                for (int i = 0; i < 3; i++) sleep(Duration.ZERO);
                trace.add("slow cleaned up");
            }
        });
        Task<Void> waiter = loop.createTask(() -> {
            try {
                gatherReturningExceptions(List.of(slow, a)).await();
            } finally {
                trace.add("waiter");
            }
        });
        runOneTurn();

        waiter.cancel();
        assertThatThrownBy(() -> loop.runUntilComplete(waiter)).isInstanceOf(CancelledError.class);

        assertThat(trace).containsExactly("slow cleaned up", "waiter");
    }

    @Test
    @AsIn("test_tasks.test_gather_shield")
    void cancel_ofAGatherOfShields_leavesTheInnerOnesAlone() {
        Future<List<Integer>> all = gather(Asyncio.shield(a), Asyncio.shield(b));

        all.cancel();
        runOneTurn();
        runOneTurn();

        assertThatThrownBy(all::result).isInstanceOf(CancelledError.class);
        assertThat(a.done()).isFalse();
        assertThat(b.done()).isFalse();
        a.setResult(1);
        b.setResult(2);
        runOneTurn();
    }

    @Test
    void set_onAGather_byHandIsRefusedAfterItsEnd() {
        Future<List<Integer>> all = gather(a);
        a.setResult(1);
        runOneTurn();

        assertThatIllegalStateException().isThrownBy(() -> all.setResult(List.of()))
                .withMessageContaining("already done");
    }

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }

    private void runOneTurn() {
        loop.stop();
        loop.runForever();
    }

    /// Each task notes in the error whose cancellation it is.
    @Test
    void childCancelled_isAnErrorOfItsOwnForEachWhoWaits() {
        Future<Integer> child = loop.createFuture();
        Future<List<Integer>> all = gather(List.of(child));
        List<CancelledError> errors = new ArrayList<>();
        loop.runUntilComplete(() -> {
            Task<Void> one = loop.createTask(() -> note(all, errors));
            Task<Void> two = loop.createTask(() -> note(all, errors));
            sleep(Duration.ZERO);
            child.cancel("why");
            one.await();
            two.await();
        });

        assertThat(errors).hasSize(2).doesNotHaveDuplicates()
                .allMatch(error -> "why".equals(error.reason()));
    }

    private static void note(Future<?> future, List<CancelledError> errors) {
        try {
            future.await();
        } catch (CancelledError e) {
            errors.add(e);
        }
    }
}
