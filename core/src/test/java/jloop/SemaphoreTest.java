package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.waitFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SemaphoreTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }

    private static void turn() {
        sleep(Duration.ZERO);
    }

    private Task<Void> taker(Semaphore semaphore, Object tag) {
        return createTask(() -> {
            semaphore.acquire();
            trace.add(tag);
        });
    }

    @Test
    @AsIn({"test_locks.SemaphoreTests.test_repr", "test_locks.SemaphoreTests.test_semaphore"})
    void toString_showsThePermitsAndHowManyWait() {
        Semaphore semaphore = new Semaphore();
        assertThat(semaphore).hasToString("<Semaphore [unlocked, value:1]>");
        assertThat(new BoundedSemaphore(3)).hasToString("<BoundedSemaphore [unlocked, value:3]>");
        run(() -> {
            semaphore.acquire();
            assertThat(semaphore).hasToString("<Semaphore [locked]>");
            Task<Void> one = taker(semaphore, 1);
            Task<Void> two = taker(semaphore, 2);
            turn();
            assertThat(semaphore).hasToString("<Semaphore [locked, waiters:2]>");
            semaphore.release();
            semaphore.release();
            gather(one, two).await();
        });
    }

    @Test
    @AsIn("test_locks.SemaphoreTests.test_semaphore_value")
    void new_withLessThanNone_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Semaphore(-1))
                .withMessage("a semaphore has at least 0 permits, not -1");
        assertThatIllegalArgumentException().isThrownBy(() -> new BoundedSemaphore(-1));
    }

    @Test
    @AsIn("test_locks.SemaphoreTests.test_initial_value_zero")
    void new_withNone_isLocked() {
        assertThat(new Semaphore(0).locked()).isTrue();
    }

    @Test
    @AsIn("test_locks.SemaphoreTests.test_acquire")
    void release_letsAsManyGoOn() {
        Semaphore semaphore = new Semaphore(3);
        run(() -> {
            semaphore.acquire();
            semaphore.acquire();
            assertThat(semaphore.locked()).isFalse();
            Task<Void> one = taker(semaphore, 1);
            Task<Void> two = taker(semaphore, 2);
            Task<Void> three = taker(semaphore, 3);
            turn();
            assertThat(trace).containsExactly(1);
            assertThat(semaphore).hasToString("<Semaphore [locked, waiters:2]>");
            Task<Void> four = taker(semaphore, 4);
            semaphore.release();
            semaphore.release();
            assertThat(semaphore.permits()).isZero();
            turn();
            assertThat(trace).containsExactly(1, 2, 3);
            assertThat(semaphore).hasToString("<Semaphore [locked, waiters:1]>");
            semaphore.release();
            gather(one, two, three, four).await();
        });
    }

    @Test
    @AsIn("test_locks.SemaphoreTests.test_acquire_cancel")
    void cancel_ofAWaiter_takesItOut() {
        Semaphore semaphore = new Semaphore();
        run(() -> {
            semaphore.acquire();
            Task<Void> task = taker(semaphore, "never");
            loop.callSoon(() -> task.cancel());
            assertThatThrownBy(() -> task.await())
                    .isInstanceOf(CancelledError.class);
            assertThat(task.cancelled()).isTrue();
            assertThat(semaphore).hasToString("<Semaphore [locked]>");
        });
    }

    @Test
    @AsIn("test_locks.SemaphoreTests.test_acquire_cancel_before_awoken")
    void cancelThenRelease_inOneStep_skipsTheCancelled() {
        Semaphore semaphore = new Semaphore(0);
        run(() -> {
            List<Task<Void>> tasks = new ArrayList<>();
            for (int i = 1; i <= 4; i++) tasks.add(taker(semaphore, i));
            turn();
            tasks.get(0).cancel();
            tasks.get(1).cancel();
            semaphore.release();
            turn();
            turn();
            assertThat(trace).containsExactly(3);
            tasks.get(3).cancel();
            turn();
        });
    }

    @Test
    void cancel_ofAWokenWaiter_givesItsPermitToTheNext() {
        Semaphore semaphore = new Semaphore(0);
        run(() -> {
            Task<Void> one = taker(semaphore, 1);
            Task<Void> two = taker(semaphore, 2);
            turn();
            semaphore.release();
            one.cancel();
            turn();
            turn();
            assertThat(one.cancelled()).isTrue();
            assertThat(two.done()).isTrue();
            assertThat(semaphore).hasToString("<Semaphore [locked]>");
        });
        assertThat(trace).containsExactly(2);
    }

    @Test
    @AsIn("test_locks.SemaphoreTests.test_acquire_hang")
    void cancelOfTheFirst_andRelease_leaveNobodyHanging() {
        Semaphore semaphore = new Semaphore(0);
        run(() -> {
            Task<Void> one = taker(semaphore, 1);
            Task<Void> two = taker(semaphore, 2);
            turn();
            one.cancel();
            semaphore.release();
            turn();
            turn();
            assertThat(semaphore.locked()).isTrue();
            assertThat(two.done()).isTrue();
        });
    }

    @Test
    @AsIn("test_locks.SemaphoreTests.test_acquire_no_hang")
    void cancel_ofTheOnlyWaiterAfterItWasWoken_freesThePermit() {
        Semaphore semaphore = new Semaphore(1);
        run(() -> {
            List<Task<Void>> second = new ArrayList<>();
            Task<Void> one = createTask(() -> {
                semaphore.withPermit(() -> sleep(Duration.ZERO));
                second.getFirst().cancel();
            });
            second.add(createTask(() -> semaphore.withPermit(() -> {
                trace.add("never");
            })));
            one.await();
            assertThatThrownBy(() -> second.getFirst().await())
                    .isInstanceOf(CancelledError.class);
            waitFor(semaphore::acquire, Duration.ofSeconds(1));
        });
        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn("test_locks.SemaphoreTests.test_release_not_acquired")
    void release_ofAFullBoundedSemaphore_isRefused() {
        BoundedSemaphore bounded = new BoundedSemaphore();
        assertThatIllegalArgumentException().isThrownBy(bounded::release).withMessage(
                "released more often than acquired: <BoundedSemaphore [unlocked, value:1]> "
                        + "has all its permits, 1");
        run(() -> {
            bounded.acquire();
            bounded.release();
            assertThatIllegalArgumentException().isThrownBy(bounded::release);
        });
    }

    @Test
    @AsIn("test_locks.SemaphoreTests.test_release_no_waiters")
    void release_withoutWaiters_unlocks() {
        Semaphore semaphore = new Semaphore();
        run(() -> {
            semaphore.acquire();
            assertThat(semaphore.locked()).isTrue();
            semaphore.release();
            assertThat(semaphore.locked()).isFalse();
            semaphore.release();            // not bounded: one more
            assertThat(semaphore).hasToString("<Semaphore [unlocked, value:2]>");
        });
    }

    @Test
    @AsIn("test_locks.SemaphoreTests.test_acquire_fifo_order")
    void acquire_againAfterRelease_goesBehindTheOthers() {
        Semaphore semaphore = new Semaphore(1);
        run(() -> {
            List<Task<Void>> tasks = new ArrayList<>();
            for (String tag : List.of("c1", "c2", "c3")) {
                tasks.add(createTask(() -> {
                    for (int round = 1; round <= 2; round++) {
                        semaphore.acquire();
                        trace.add(tag + "_" + round);
                        sleep(Duration.ofMillis(10));
                        semaphore.release();
                    }
                }));
            }
            gather(tasks).await();
        });
        assertThat(trace).containsExactly("c1_1", "c2_1", "c3_1", "c1_2", "c2_2", "c3_2");
    }

    @Test
    @AsIn("test_locks.SemaphoreTests.test_acquire_fifo_order_2")
    void acquire_byTheReleaser_doesNotOvertake() {
        Semaphore semaphore = new Semaphore(1);
        run(() -> {
            Task<Void> one = taker(semaphore, 1);
            Task<Void> two = createTask(() -> {
                semaphore.acquire();
                trace.add(2);
                semaphore.release();
                semaphore.acquire();
                trace.add(4);
            });
            Task<Void> three = taker(semaphore, 3);
            turn();
            semaphore.release();
            semaphore.release();
            gather(one, two, three).await();
        });
        assertThat(trace).containsExactly(1, 2, 3, 4);
    }

    @Test
    @AsIn("test_locks.SemaphoreTests.test_acquire_fifo_order_3")
    void cancel_ofTheFirst_movesTheOthersUp() {
        Semaphore semaphore = new Semaphore(0);
        run(() -> {
            Task<Void> one = taker(semaphore, 1);
            Task<Void> two = taker(semaphore, 2);
            Task<Void> three = taker(semaphore, 3);
            turn();
            one.cancel();
            turn();
            semaphore.release();
            semaphore.release();
            gather(two, three).await();
        });
        assertThat(trace).containsExactly(2, 3);
    }

    @Test
    @AsIn("test_locks.SemaphoreTests.test_acquire_fifo_order_4")
    void acquire_thatSucceeds_wakesThoseBehindItWhilePermitsRemain() {
        Semaphore semaphore = new Semaphore(0);
        List<Task<Void>> fourth = new ArrayList<>();
        run(() -> {
            Task<Void> one = createTask(() -> {
                assertThat(semaphore.permits()).isZero();
                semaphore.acquire();
                assertThat(semaphore.permits()).isZero();       // all who wait are woken
                fourth.add(createTask(() -> {
                    trace.add(4);
                }));
                trace.add(1);
            });
            Task<Void> two = createTask(() -> {
                for (int i = 0; i < 3; i++) semaphore.release();
                assertThat(semaphore.permits()).isEqualTo(2);
                assertThat(semaphore.locked()).isTrue();        // one has not run yet
                semaphore.acquire();
                trace.add(2);
            });
            Task<Void> three = createTask(() -> {
                semaphore.acquire();
                assertThat(semaphore.locked()).isTrue();
                trace.add(3);
            });
            turn();
            assertThat(semaphore).hasToString("<Semaphore [locked, waiters:3]>");
            assertThat(semaphore.permits()).isEqualTo(2);
            turn();
            gather(one, two, three).await();
            fourth.getFirst().await();
        });
        assertThat(trace).containsExactly(1, 2, 3, 4);
    }

    /// Scenario 15 of the surface list.
    @Test
    void locked_afterAReleaseForAWaiter_isStillTrue() {
        Semaphore semaphore = new Semaphore(1);
        run(() -> {
            semaphore.acquire();
            Task<Void> task = taker(semaphore, 1);
            turn();
            semaphore.release();
            assertThat(semaphore.locked()).isTrue();
            task.await();
        });
    }

    @Test
    void withPermit_holdsOneWhileTheBodyRuns() {
        Semaphore semaphore = new Semaphore(2);
        run(() -> {
            assertThat(semaphore.<Integer>withPermit(() -> semaphore.permits())).isEqualTo(1);
            assertThatThrownBy(() -> semaphore.withPermit(() -> {
                throw new Exception("checked");
            }))
                    .isInstanceOf(Exception.class);
            assertThat(semaphore.permits()).isEqualTo(2);
        });
    }

    @Test
    void acquire_outsideOfATask_isRefused() {
        Semaphore semaphore = new Semaphore();
        assertThatIllegalStateException().isThrownBy(semaphore::acquire);
        assertThat(semaphore.permits()).isEqualTo(1);
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_ambiguous_loops")
    void acquire_onAnotherLoop_failsOnlyIfItHasToWait() {
        EventLoop second = check.newLoop();
        Semaphore semaphore = new Semaphore(0);
        run(() -> {
            loop.callSoon(semaphore::release);
            semaphore.acquire();
        });
        second.runUntilComplete(() -> {
            assertThatIllegalStateException().isThrownBy(semaphore::acquire)
                    .withMessageContaining("bound to a different event loop");
            semaphore.release();
            semaphore.acquire();
        });
        assertThat(semaphore).hasToString("<Semaphore [locked]>");
    }

    @Test
    void acquire_inACancelledLevelScope_throwsAndTakesNothing() {
        Semaphore semaphore = new Semaphore(1);
        run(() -> {
            CancelScope scope = CancelScope.enterLevel(Task.current());
            scope.cancel(null);
            CancelledError error =
                    catchThrowableOfType(CancelledError.class, semaphore::acquire);
            assertThat(scope.leave(error)).isTrue();
        });
        assertThat(semaphore.permits()).isEqualTo(1);
    }
}
