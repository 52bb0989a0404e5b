package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class BarrierTest {

    private static final int PARTIES = 5;
    private static final int HALF = PARTIES / 2;

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final Barrier barrier = new Barrier(PARTIES);
    private final List<Object> first = new ArrayList<>();
    private final List<Object> second = new ArrayList<>();
    private final List<Object> third = new ArrayList<>();
    private int count;

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }

    private static void turn() {
        sleep(Duration.ZERO);
    }

    private static <T> List<Task<T>> tasks(int n, Coroutine<T> body) {
        List<Task<T>> tasks = new ArrayList<>();
        for (int i = 0; i < n; i++) tasks.add(createTask(body));
        return tasks;
    }

    private <T> List<T> allOf(int n, Coroutine<T> body) {
        return loop.runUntilComplete(() -> gather(tasks(n, body)).await());
    }

    private void allOf(int n, VoidCoroutine body) {
        allOf(n, body.returningNull());
    }

    private void assertAtRest(Barrier b) {
        assertThat(b.broken()).isFalse();
        assertThat(b).hasToString("<Barrier [filling, waiters:0/" + b.parties() + "]>");
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_barrier_parties")
    void new_forNobody_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Barrier(0))
                .withMessage("a barrier is for at least 1 party, not 0");
        assertThatIllegalArgumentException().isThrownBy(() -> new Barrier(-4));
        assertThat(barrier.parties()).isEqualTo(5);
    }

    @Test
    @AsIn({"test_locks.BarrierTests.test_repr", "test_locks.BarrierTests.test_barrier"})
    void toString_showsTheStateAndHowManyWait() {
        assertThat(barrier).hasToString("<Barrier [filling, waiters:0/5]>");
        run(() -> {
            List<Task<Integer>> waiting = new ArrayList<>(tasks(2, barrier::await));
            turn();
            assertThat(barrier).hasToString("<Barrier [filling, waiters:2/5]>");
            waiting.addAll(tasks(3, barrier::await));
            turn();
            assertThat(barrier).hasToString("<Barrier [draining, waiters:0/5]>");
            waiting.addAll(tasks(2, barrier::await));
            turn();
            barrier.reset();
            assertThat(barrier).hasToString("<Barrier [resetting, waiters:0/5]>");
            waiting.addAll(tasks(2, barrier::await));
            turn();
            barrier.abort();
            assertThat(barrier).hasToString("<Barrier [broken]>");
            assertThat(barrier.broken()).isTrue();
            Asyncio.gatherReturningExceptions(waiting).await();
        });
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_context_manager")
    void await_givesEachItsOrderOfArrival() {
        List<Integer> indices = new ArrayList<>(allOf(PARTIES, barrier::await));

        assertThat(indices).containsExactly(0, 1, 2, 3, 4);
        assertAtRest(barrier);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_filling_one_task")
    void await_forOneParty_returnsAtOnce() {
        Barrier one = new Barrier(1);
        run(() -> {
            Task<Void> other = createTask(() -> {
                first.add("other");
            });
            assertThat(one.await()).isZero();
            assertThat(first).isEmpty();
            other.await();
        });
        assertAtRest(one);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_filling_one_task_twice")
    void await_forOnePartyTwice_returnsTwice() {
        Barrier one = new Barrier(1);
        run(() -> {
            Task<Integer> a = createTask(one::await);
            turn();
            Task<Integer> b = createTask(one::await);
            turn();
            assertThat(a.result()).isZero();
            assertThat(b.result()).isZero();
        });
        assertAtRest(one);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_filling_task_by_task")
    void nWaiting_countsWhileItFills() {
        Barrier three = new Barrier(3);
        run(() -> {
            List<Task<Integer>> waiting = new ArrayList<>();
            for (int i = 1; i <= 2; i++) {
                waiting.add(createTask(three::await));
                turn();
                assertThat(three.nWaiting()).isEqualTo(i);
            }
            waiting.add(createTask(three::await));
            turn();
            assertThat(three.nWaiting()).isZero();
            gather(waiting).await();
        });
        assertAtRest(three);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_filling_tasks_wait_twice")
    void await_overAndOver_keepsTheRoundsApart() {
        allOf(PARTIES, () -> {
            barrier.await();
            first.add(1);
            barrier.await();
            first.add(2);
        });
        assertThat(first).containsExactly(1, 1, 1, 1, 1, 2, 2, 2, 2, 2);
        assertAtRest(barrier);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_filling_tasks_check_return_value")
    void await_inTheSecondRound_givesEachAnIndexOfItsOwn() {
        List<Integer> indices = new ArrayList<>(allOf(PARTIES, () -> {
            barrier.await();
            return barrier.await();
        }));
        Collections.sort(indices);
        assertThat(indices).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_draining_state")
    void await_ofTheLastOut_letsItFillAgain() {
        allOf(PARTIES, () -> {
            barrier.await();
            first.add(barrier.toString().contains("draining"));
        });
        assertThat(first).containsExactly(true, true, true, true, false);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_blocking_tasks_while_draining")
    void await_whileItDrains_waitsForTheNextRound() {
        int again = 2;
        Barrier others = new Barrier(PARTIES - again);
        count = again;
        allOf(PARTIES, () -> {
            barrier.await();
            if (count > 0) {
                count--;
                barrier.await();
            } else {
                others.await();
                first.add("passed");
                barrier.await();
            }
        });
        assertThat(first).hasSize(PARTIES - again);
        assertAtRest(barrier);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_filling_tasks_cancel_one")
    void cancel_ofOneThatWaits_doesNotBreakIt() {
        Barrier three = new Barrier(3);
        run(() -> {
            VoidCoroutine body = () -> {
                three.await();
                first.add(true);
            };
            Task<Void> one = createTask(body);
            turn();
            Task<Void> two = createTask(body);
            turn();
            assertThat(three.nWaiting()).isEqualTo(2);
            one.cancel();
            turn();
            assertThat(three.nWaiting()).isEqualTo(1);
            assertThatThrownBy(() -> one.await())
                    .isInstanceOf(CancelledError.class);
            assertThat(one.cancelled()).isTrue();
            Task<Void> another = createTask(body);
            turn();
            assertThat(three.nWaiting()).isEqualTo(2);
            gather(two, another, createTask(body)).await();
        });
        assertThat(first).hasSize(3);
        assertAtRest(three);
    }

    // ---- reset

    @Test
    @AsIn("test_locks.BarrierTests.test_reset_barrier")
    void reset_withNobodyThere_doesNothing() {
        run(barrier::reset);
        assertAtRest(barrier);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_reset_barrier_while_tasks_waiting")
    void reset_sendsThoseWhoWaitAway() {
        run(() -> {
            List<Task<Void>> waiting = tasks(PARTIES - 1, () -> {
                BrokenBarrierException broken =
                        catchThrowableOfType(BrokenBarrierException.class, barrier::await);
                first.add(broken.getMessage());
                return null;
            });
            turn();
            createTask(barrier::reset).await();
            gather(waiting).await();
        });
        assertThat(first).hasSize(PARTIES - 1).containsOnly("the barrier was reset");
        assertAtRest(barrier);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_reset_barrier_when_tasks_half_draining")
    void reset_whileItDrains_sendsThoseAwayWhoAreStillInside() {
        allOf(PARTIES, () -> {
            try {
                barrier.await();
            } catch (BrokenBarrierException e) {
                first.add(true);
                return;
            }
            if (++count == PARTIES - HALF) barrier.reset();
        });
        assertThat(first).hasSize(HALF);
        assertAtRest(barrier);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_reset_barrier_when_tasks_half_draining_half_blocking")
    void reset_whileItDrains_letsThoseGoOnWhoHaveNotEntered() {
        allOf(PARTIES, () -> {
            try {
                barrier.await();
            } catch (BrokenBarrierException e) {
                first.add(true);
                barrier.await();
                return;
            }
            count++;
            if (count > HALF) {
                barrier.reset();
                barrier.await();
                return;
            }
            try {
                barrier.await();
            } catch (BrokenBarrierException e) {
                second.add(true);
            }
        });
        assertThat(first).hasSize(HALF);
        assertThat(second).isEmpty();
        assertAtRest(barrier);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_reset_barrier_while_tasks_waiting_and_waiting_again")
    void reset_letsThoseWhoWereSentAwayComeAgain() {
        run(() -> {
            List<Task<Void>> waiting = tasks(PARTIES - 1, () -> {
                assertThatThrownBy(barrier::await)
                        .isInstanceOf(BrokenBarrierException.class);
                first.add(true);
                barrier.await();
                second.add(true);
                return null;
            });
            Task<Void> reset = createTask(barrier::reset);
            turn();
            Task<Void> last = createTask(() -> {
                barrier.await();
                second.add(true);
            });
            gather(waiting).await();
            gather(reset, last).await();
        });
        assertThat(first).hasSize(PARTIES - 1);
        assertThat(second).hasSize(PARTIES);
        assertAtRest(barrier);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_reset_barrier_while_tasks_draining")
    void reset_byTheLastOut_hurtsNobody() {
        allOf(PARTIES, () -> {
            barrier.await();
            if (++count == PARTIES) {
                barrier.reset();
                barrier.await();
            } else {
                try {
                    barrier.await();
                    first.add(true);
                } catch (BrokenBarrierException e) {
                    second.add(true);
                }
            }
            barrier.await();
            third.add(true);
        });
        assertThat(first).hasSize(PARTIES - 1);
        assertThat(second).isEmpty();
        assertThat(third).hasSize(PARTIES);
        assertAtRest(barrier);
    }

    // ---- abort

    @Test
    @AsIn("test_locks.BarrierTests.test_abort_barrier")
    void abort_breaksItUntilReset() {
        run(() -> {
            createTask(barrier::abort).await();
            assertThat(barrier.broken()).isTrue();
            assertThat(barrier.nWaiting()).isZero();
            assertThat(catchThrowableOfType(BrokenBarrierException.class, barrier::await))
                    .hasMessage("the barrier was aborted");
            barrier.reset();
        });
        assertAtRest(barrier);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_abort_barrier_when_tasks_half_draining_half_blocking")
    void abort_whileItDrains_sendsAllAwayInsideAndBefore() {
        allOf(PARTIES, () -> {
            try {
                barrier.await();
            } catch (BrokenBarrierException e) {
                first.add(true);
                return;
            }
            count++;
            if (count > HALF) {
                barrier.abort();
                return;
            }
            try {
                barrier.await();
            } catch (BrokenBarrierException e) {
                second.add(true);
            }
        });
        assertThat(barrier.broken()).isTrue();
        assertThat(first).hasSize(HALF);
        assertThat(second).hasSize(PARTIES - HALF - 1);
        assertThat(barrier.nWaiting()).isZero();
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_abort_barrier_when_exception")
    void abort_byOneThatFailed_sendsTheOthersAway() {
        allOf(PARTIES, () -> {
            try {
                if (barrier.await() == HALF) throw new IllegalArgumentException("of mine");
                barrier.await();
                first.add(true);
            } catch (BrokenBarrierException e) {
                second.add(true);
            } catch (IllegalArgumentException e) {
                barrier.abort();
            }
        });
        assertThat(barrier.broken()).isTrue();
        assertThat(first).isEmpty();
        assertThat(second).hasSize(PARTIES - 1);
    }

    @Test
    @AsIn("test_locks.BarrierTests.test_abort_barrier_when_exception_then_resetting")
    void reset_ofABrokenBarrier_repairsIt() {
        Barrier other = new Barrier(PARTIES);
        allOf(PARTIES, () -> {
            try {
                if (barrier.await() == HALF) throw new IllegalArgumentException("of mine");
                barrier.await();
                first.add(true);
            } catch (BrokenBarrierException e) {
                second.add(true);
            } catch (IllegalArgumentException e) {
                barrier.abort();
            }
            if (other.await() == HALF) barrier.reset();
            other.await();
            barrier.await();
            third.add(true);
        });
        assertThat(first).isEmpty();
        assertThat(second).hasSize(PARTIES - 1);
        assertThat(third).hasSize(PARTIES);
        assertAtRest(barrier);
    }

    // ---- cancellation and misuse

    @Test
    void levelCancel_ofOneThatWaits_takesItOut() {
        run(() -> {
            List<CancelScope> scopes = new ArrayList<>();
            Task<Void> one = createTask(() -> {
                CancelScope scope = CancelScope.enterLevel(Task.current());
                scopes.add(scope);
                CancelledError error =
                        catchThrowableOfType(CancelledError.class, barrier::await);
                assertThat(scope.leave(error)).isTrue();
            });
            turn();
            scopes.getFirst().cancel(null);
            one.await();
        });
        assertAtRest(barrier);
    }

    @Test
    void await_outsideOfATask_isRefused() {
        assertThatIllegalStateException().isThrownBy(barrier::await)
                .withMessageContaining("only a coroutine");
        assertAtRest(barrier);
    }
}
