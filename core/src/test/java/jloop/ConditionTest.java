package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;
import static jloop.Asyncio.waitFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ConditionTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();
    private final Condition condition = new Condition();
    private boolean ready;
    private int stock;

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }

    private static void turn() {
        sleep(Duration.ZERO);
    }

    /// Waits once and keeps the lock.
    private Task<Void> keeper(Object tag) {
        return createTask(() -> {
            condition.acquire();
            condition.await();
            trace.add(tag);
        });
    }

    private Task<Void> waiter(Object tag) {
        return createTask(() -> condition.withLock(() -> {
            condition.await();
            trace.add(tag);
        }));
    }

    private void notifyLocked(int n) {
        condition.withLock(() -> condition.notify(n));
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_repr")
    void toString_showsTheStateAndHowManyWait() {
        assertThat(condition).hasToString("<Condition [unlocked]>");
        run(() -> {
            condition.acquire();
            assertThat(condition).hasToString("<Condition [locked]>");
            condition.release();
            Task<Void> one = waiter(1);
            turn();
            assertThat(condition).hasToString("<Condition [unlocked, waiters:1]>");
            Task<Void> two = waiter(2);
            turn();
            assertThat(condition).hasToString("<Condition [unlocked, waiters:2]>");
            notifyLocked(2);
            gather(one, two).await();
        });
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_wait")
    void await_goesOnWhenNotifiedAndTheLockIsFree() {
        run(() -> {
            List<Task<Void>> tasks = List.of(keeper(1), keeper(2), keeper(3));
            turn();
            assertThat(condition.locked()).isFalse();
            condition.acquire();
            condition.notifyOne();
            turn();
            assertThat(trace).isEmpty();
            assertThat(condition.locked()).isTrue();
            condition.release();
            turn();
            assertThat(trace).containsExactly(1);
            assertThat(condition.locked()).isTrue();
            condition.notify(2);
            turn();
            assertThat(trace).containsExactly(1);
            condition.release();
            turn();
            assertThat(trace).containsExactly(1, 2);
            condition.release();
            turn();
            assertThat(trace).containsExactly(1, 2, 3);
            assertThat(condition.locked()).isTrue();
            assertThat(tasks).allMatch(Task::done);
        });
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_notify")
    void notify_wakesAsManyAsAsked() {
        run(() -> {
            List<Task<Void>> tasks = List.of(waiter(1), waiter(2), waiter(3));
            turn();
            notifyLocked(0);
            notifyLocked(-1);
            turn();
            assertThat(trace).isEmpty();
            notifyLocked(1);
            turn();
            assertThat(trace).containsExactly(1);
            condition.withLock(() -> {
                condition.notify(1);
                condition.notify(2048);
            });
            turn();
            assertThat(trace).containsExactly(1, 2, 3);
            assertThat(tasks).allMatch(Task::done);
        });
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_notify_all")
    void notifyAllWaiters_wakesAll() {
        run(() -> {
            List<Task<Void>> tasks = List.of(waiter(1), waiter(2));
            turn();
            condition.withLock(condition::notifyAllWaiters);
            turn();
            assertThat(trace).containsExactly(1, 2);
            assertThat(tasks).allMatch(Task::done);
        });
    }

    @Test
    @AsIn({"test_locks.ConditionTests.test_notify_unacquired",
        "test_locks.ConditionTests.test_notify_all_unacquired"})
    void notify_withoutTheLock_isRefused() {
        String message = "notify on a condition whose lock nobody holds: <Condition [unlocked]>";
        assertThatIllegalStateException().isThrownBy(condition::notifyOne).withMessage(message);
        assertThatIllegalStateException().isThrownBy(condition::notifyAllWaiters)
                .withMessage(message);
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_wait_unacquired")
    void await_withoutTheLock_isRefused() {
        run(() -> assertThatIllegalStateException().isThrownBy(condition::await).withMessage(
                "await on a condition whose lock nobody holds: <Condition [unlocked]>"));
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_wait_for")
    void waitFor_goesOnWhenThePredicateIsTrue() {
        run(() -> {
            Task<Void> task = createTask(() -> condition.withLock(() -> {
                condition.waitFor(() -> ready);
                trace.add(1);
            }));
            turn();
            notifyLocked(1);
            turn();
            assertThat(trace).isEmpty();
            ready = true;
            notifyLocked(1);
            turn();
            assertThat(trace).containsExactly(1);
            assertThat(task.done()).isTrue();
        });
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_wait_for_unacquired")
    void waitFor_withoutTheLock_isRefusedOnlyIfItHasToWait() {
        run(() -> {
            condition.waitFor(() -> true);
            assertThatIllegalStateException().isThrownBy(() -> condition.waitFor(() -> false));
        });
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_context_manager")
    void withLock_holdsTheLock() {
        run(() -> {
            assertThat(condition.<Boolean>withLock(() -> condition.locked())).isTrue();
            assertThat(condition.locked()).isFalse();
        });
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_explicit_lock")
    void new_withALock_sharesIt() {
        Lock lock = new Lock();
        Condition one = new Condition(lock);
        Condition two = new Condition(lock);
        run(() -> {
            one.withLock(() -> {
                assertThat(lock.locked()).isTrue();
                assertThat(two.locked()).isTrue();
            });
            lock.withLock(() -> assertThat(one.locked()).isTrue());
            assertThat(one.locked()).isFalse();
        });
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_timeout_in_block")
    void await_withATimeout_holdsTheLockAfterwards() {
        run(() -> condition.withLock(() -> {
            assertThatThrownBy(() -> waitFor(condition::await, SECOND))
                    .isInstanceOf(TimeoutException.class);
            assertThat(condition.locked()).isTrue();
        }));
        assertThat(condition).hasToString("<Condition [unlocked]>");
    }

    // ---- cancellation

    @Test
    @AsIn("test_locks.ConditionTests.test_wait_cancel")
    void cancel_whileWaiting_takesTheLockAgain() {
        run(() -> {
            condition.acquire();
            Task<Void> task = createTask(condition::await);
            loop.callSoon(() -> task.cancel());
            assertThatThrownBy(() -> task.await())
                    .isInstanceOf(CancelledError.class);
            assertThat(condition).hasToString("<Condition [locked]>");
        });
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_wait_cancel_contested")
    void cancel_whileTheLockIsTaken_waitsForIt() {
        run(() -> {
            condition.acquire();
            Task<Void> task = createTask(condition::await);
            turn();
            condition.acquire();
            condition.notifyOne();
            loop.callSoon(() -> task.cancel());
            loop.callSoon(condition::release);
            assertThatThrownBy(() -> task.await())
                    .isInstanceOf(CancelledError.class);
            assertThat(task.done()).isTrue();
            assertThat(condition.locked()).isTrue();
        });
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_wait_cancel_after_notify")
    void cancel_whileRetakingTheLock_isDeliveredOnceItIsTaken() {
        run(() -> {
            Task<Void> task = waiter("never");
            turn();
            condition.acquire();
            condition.notifyOne();
            turn();
            task.cancel();
            turn();
            assertThat(task.done()).isFalse();
            condition.release();
            turn();
            assertThat(task.cancelled()).isTrue();
            assertThat(condition).hasToString("<Condition [unlocked]>");
        });
        assertThat(trace).isEmpty();
    }

    @Test
    void cancel_overAndOverWhileRetakingTheLock_throwsTheLatest() {
        run(() -> {
            Task<Void> task = createTask(() -> condition.withLock(() -> {
                CancelledError error =
                        catchThrowableOfType(CancelledError.class, condition::await);
                trace.add(error.reason());
                assertThat(condition.locked()).isTrue();
                throw error;
            }));
            turn();
            condition.acquire();
            for (int i = 1; i <= 4; i++) {
                task.cancel(i);
                turn();
                turn();
            }
            assertThat(trace).isEmpty();
            condition.release();
            CancelledError error =
                    catchThrowableOfType(CancelledError.class, () -> task.await());
            assertThat(error.reason()).isEqualTo(4);
            assertThat(condition.locked()).isFalse();
        });
        assertThat(trace).containsExactly(4);
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_cancelled_error_wakeup")
    void cancel_whileWaiting_throwsTheSameErrorOn() {
        run(() -> {
            Task<Void> task = failsWithWhatItCatches();
            turn();
            task.cancel("foo");
            CancelledError error =
                    catchThrowableOfType(CancelledError.class, () -> task.await());
            assertThat(error.reason()).isEqualTo("foo");
            assertThat(trace).hasSize(1);
            assertThat(error).isSameAs(trace.getFirst());
        });
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_cancelled_error_re_aquire")
    void cancel_whileRetakingTheLock_throwsTheSameErrorOn() {
        run(() -> {
            Task<Void> task = failsWithWhatItCatches();
            turn();
            condition.acquire();
            ready = true;
            condition.notifyOne();
            turn();
            task.cancel("foo");
            condition.release();
            CancelledError error =
                    catchThrowableOfType(CancelledError.class, () -> task.await());
            assertThat(error.reason()).isEqualTo("foo");
            assertThat(error).isSameAs(trace.getFirst());
        });
    }

    private Task<Void> failsWithWhatItCatches() {
        return createTask(() -> condition.withLock(() -> {
            CancelledError error = catchThrowableOfType(CancelledError.class,
                    () -> condition.waitFor(() -> ready));
            trace.add(error);
            throw error;
        }));
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_cancelled_wakeup")
    void cancel_ofANotifiedTask_notifiesAnother() {
        run(() -> {
            List<Task<Void>> consumers = List.of(consumer(), consumer());
            turn();
            condition.withLock(() -> {
                stock++;
                condition.notifyOne();
                consumers.get(0).cancel();
                assertThatThrownBy(() ->      // nobody notifies us
                        timeout(SECOND, () -> condition.waitFor(() -> stock == 0)))
                        .isInstanceOf(TimeoutException.class);
                assertThat(stock).isZero();
                stock = -1;
                condition.notifyAllWaiters();
            });
            consumers.get(1).await();
        });
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_cancelled_wakeup_relock")
    void cancel_ofANotifiedTaskThatRetakesTheLock_notifiesAnother() {
        run(() -> {
            List<Task<Void>> consumers = List.of(consumer(), consumer());
            turn();
            condition.withLock(() -> {
                stock++;
                condition.notifyOne();
                turn();
                consumers.get(0).cancel();
                assertThatThrownBy(() ->      // nobody notifies us
                        timeout(SECOND, () -> condition.waitFor(() -> stock == 0)))
                        .isInstanceOf(TimeoutException.class);
                assertThat(stock).isZero();
                stock = -1;
                condition.notifyAllWaiters();
            });
            consumers.get(1).await();
        });
    }

    private Task<Void> consumer() {
        return createTask(() -> condition.withLock(() -> {
            while (true) {
                condition.waitFor(() -> stock != 0);
                if (stock < 0) return;
                stock--;
            }
        }));
    }

    // ---- level cancellation

    @Test
    void levelCancel_whileWaiting_takesTheLockAgainWithoutSpinning() {
        run(() -> {
            List<CancelScope> scopes = new ArrayList<>();
            Task<Void> task = createTask(() -> condition.withLock(() -> {
                CancelScope scope = CancelScope.enterLevel(Task.current());
                scopes.add(scope);
                CancelledError error =
                        catchThrowableOfType(CancelledError.class, condition::await);
                trace.add("has the lock " + condition.locked());
                assertThat(scope.leave(error)).isTrue();
            }));
            turn();
            condition.acquire();
            scopes.getFirst().cancel(null);
            sleep(SECOND);                          // others run meanwhile
            assertThat(trace).isEmpty();
            condition.release();
            task.await();
            assertThat(condition.locked()).isFalse();
        });
        assertThat(trace).containsExactly("has the lock true");
        assertThat(loop.time()).isEqualTo(SECOND.toNanos());
    }

    @Test
    void levelCancel_whileRetakingTheLock_goesOnRetakingAndNotifiesAnother() {
        run(() -> {
            List<CancelScope> scopes = new ArrayList<>();
            Task<Void> task = createTask(() -> condition.withLock(() -> {
                CancelScope scope = CancelScope.enterLevel(Task.current());
                scopes.add(scope);
                CancelledError error =
                        catchThrowableOfType(CancelledError.class, condition::await);
                trace.add("has the lock " + condition.locked());
                assertThat(scope.leave(error)).isTrue();
            }));
            Task<Void> other = waiter("other");
            turn();
            condition.acquire();
            condition.notifyOne();
            turn();
            scopes.getFirst().cancel(null);
            sleep(SECOND);
            assertThat(trace).isEmpty();
            condition.release();
            task.await();
            other.await();
        });
        assertThat(trace).containsExactly("has the lock true", "other");
    }

    @Test
    void levelAndEdgeCancel_whileRetakingTheLock_areBothDelivered() {
        run(() -> {
            List<CancelScope> scopes = new ArrayList<>();
            Task<Void> task = createTask(() -> condition.withLock(() -> {
                CancelScope scope = CancelScope.enterLevel(Task.current());
                scopes.add(scope);
                CancelledError error =
                        catchThrowableOfType(CancelledError.class, condition::await);
                trace.add("level " + scope.leave(error));
                sleep(SECOND);
                trace.add("never");
            }));
            turn();
            condition.acquire();
            scopes.getFirst().cancel(null);
            turn();
            task.cancel("edge");
            turn();
            condition.release();
            CancelledError error =
                    catchThrowableOfType(CancelledError.class, () -> task.await());
            assertThat(error.reason()).isEqualTo("edge");
        });
        assertThat(trace).containsExactly("level true");
        assertThat(condition.locked()).isFalse();
    }

    @Test
    void await_inAScopeThatIsCancelledAlready_throwsWithTheLockHeld() {
        run(() -> condition.withLock(() -> {
            CancelScope scope = CancelScope.enterLevel(Task.current());
            scope.cancel(null);
            CancelledError error = catchThrowableOfType(CancelledError.class, condition::await);
            assertThat(condition.locked()).isTrue();
            assertThat(scope.leave(error)).isTrue();
        }));
    }

    // ---- where it is used

    @Test
    @AsIn("test_locks.ConditionTests.test_ambiguous_loops")
    void await_onAnotherLoop_isRefusedWithTheLockHeld() {
        EventLoop second = check.newLoop();
        run(() -> {
            Task<Void> task = waiter(1);
            turn();
            notifyLocked(1);
            task.await();
        });
        second.runUntilComplete(() -> condition.withLock(() -> {
            assertThatIllegalStateException().isThrownBy(condition::await)
                    .withMessageContaining("bound to a different event loop");
            assertThat(condition.locked()).isTrue();
        }));
    }

    @Test
    void await_outsideOfATask_isRefused() {
        assertThatIllegalStateException().isThrownBy(condition::await)
                .withMessageContaining("only a coroutine");
    }
}
