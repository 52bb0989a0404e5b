package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LockTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();
    private final Lock lock = new Lock();

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }

    private static void turn() {
        sleep(Duration.ZERO);
    }

    private Task<Void> taker(Object tag) {
        return createTask(() -> {
            lock.acquire();
            trace.add(tag);
        });
    }

    @Test
    @AsIn("test_locks.LockTests.test_repr")
    void toString_showsTheStateAndHowManyWait() {
        assertThat(lock).hasToString("<Lock [unlocked]>");
        run(() -> {
            lock.acquire();
            assertThat(lock).hasToString("<Lock [locked]>");
            Task<Void> a = taker("a");
            Task<Void> b = taker("b");
            turn();
            assertThat(lock).hasToString("<Lock [locked, waiters:2]>");
            lock.release();
            assertThat(lock).hasToString("<Lock [unlocked, waiters:2]>");
            turn();
            lock.release();
            gather(a, b).await();
        });
    }

    @Test
    @AsIn({"test_locks.LockTests.test_lock", "test_locks.LockTests.test_release_no_waiters"})
    void acquire_ofAFreeLock_takesItWithoutLettingOthersRun() {
        run(() -> {
            Task<Void> other = createTask(() -> {
                trace.add("other");
            });
            assertThat(lock.locked()).isFalse();
            lock.acquire();
            assertThat(lock.locked()).isTrue();
            lock.release();
            assertThat(lock.locked()).isFalse();
            assertThat(trace).isEmpty();
            other.await();
        });
    }

    @Test
    @AsIn("test_locks.LockTests.test_acquire")
    void release_wakesTheFirstThatWaits() {
        run(() -> {
            lock.acquire();
            Task<Void> one = taker(1);
            Task<Void> two = taker(2);
            turn();
            assertThat(trace).isEmpty();
            lock.release();
            turn();
            assertThat(trace).containsExactly(1);
            turn();
            assertThat(trace).containsExactly(1);
            Task<Void> three = taker(3);
            lock.release();
            turn();
            assertThat(trace).containsExactly(1, 2);
            lock.release();
            turn();
            assertThat(trace).containsExactly(1, 2, 3);
            assertThat(List.of(one, two, three)).allMatch(Task::done);
        });
    }

    @Test
    @AsIn("test_locks.LockTests.test_acquire_cancel")
    void cancel_ofAWaiter_takesItOut() {
        run(() -> {
            lock.acquire();
            Task<Void> task = taker("never");
            loop.callSoon(() -> task.cancel());
            assertThatThrownBy(() -> task.await())
                    .isInstanceOf(CancelledError.class);
            assertThat(task.cancelled()).isTrue();
            assertThat(lock).hasToString("<Lock [locked]>");
        });
        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn("test_locks.LockTests.test_cancel_race")
    void cancel_ofTheFirstTogetherWithTheRelease_letsTheNextHaveIt() {
        run(() -> {
            Future<Void> blocker = loop.createFuture();
            Task<Void> a = createTask(() -> lock.withLock(() -> {
                blocker.await();
            }));
            turn();
            assertThat(lock.locked()).isTrue();
            Task<Void> b = createTask(() -> lock.withLock(() -> { }));
            Task<Void> c = createTask(() -> lock.withLock(() -> {
                trace.add("c");
            }));
            turn();
            assertThat(lock).hasToString("<Lock [locked, waiters:2]>");

            blocker.setResult(null);
            b.cancel();
            turn();

            assertThat(lock.locked()).isFalse();
            assertThat(a.done()).isTrue();
            assertThat(b.cancelled()).isTrue();
            c.await();
        });
        assertThat(trace).containsExactly("c");
    }

    @Test
    @AsIn("test_locks.LockTests.test_cancel_release_race")
    void cancelAndRelease_inOneStep_giveItToOneOnly() {
        run(() -> {
            lock.acquire();
            Task<Void> one = taker(1);
            Task<Void> two = taker(2);
            Task<Void> three = taker(3);
            turn();
            loop.callSoon(() -> {
                one.cancel();
                lock.release();
            });
            assertThatThrownBy(() -> one.await())
                    .isInstanceOf(CancelledError.class);

            assertThat(trace).containsExactly(2);
            assertThat(one.cancelled() && two.done()).isTrue();
            assertThat(three.done()).isFalse();
            three.cancel();
            turn();
            assertThat(three.cancelled()).isTrue();
        });
    }

    @Test
    @AsIn("test_locks.LockTests.test_finished_waiter_cancelled")
    void cancel_ofAWokenWaiter_passesTheWakeUpOn() {
        run(() -> {
            lock.acquire();
            Task<Void> b = taker("b");
            turn();
            Task<Void> c = taker("c");
            turn();
            lock.release();             // wakes b
            b.cancel();
            turn();
            turn();
            assertThat(lock.locked()).isTrue();
            assertThat(b.cancelled()).isTrue();
            c.await();
        });
        assertThat(trace).containsExactly("c");
    }

    @Test
    @AsIn("test_locks.LockTests.test_finished_waiter_cancelled")
    void cancel_beforeTheReleaseWithANewcomer_givesItToTheNewcomer() {
        run(() -> {
            lock.acquire();
            Task<Void> b = taker("b");
            turn();
            Task<Void> c = taker("c");
            b.cancel();
            lock.release();
            turn();
            assertThat(lock.locked()).isTrue();
            assertThat(b.cancelled()).isTrue();
            c.await();
        });
        assertThat(trace).containsExactly("c");
    }

    /// Scenario 14 of the surface list.
    @Test
    void acquire_rightAfterRelease_goesBehindThoseWhoWait() {
        run(() -> {
            lock.acquire();
            Task<Void> one = createTask(() -> lock.withLock(() -> {
                trace.add(1);
            }));
            Task<Void> two = createTask(() -> lock.withLock(() -> {
                trace.add(2);
            }));
            turn();
            lock.release();
            lock.acquire();
            trace.add("owner");
            assertThat(one.done() && two.done()).isTrue();
        });
        assertThat(trace).containsExactly(1, 2, "owner");
    }

    @Test
    void acquire_whenAllWhoWaitAreCancelled_takesItAtOnce() {
        run(() -> {
            lock.acquire();
            Task<Void> one = taker(1);
            turn();
            one.cancel();
            lock.release();
            lock.acquire();
            assertThat(lock).hasToString("<Lock [locked, waiters:1]>");
            turn();
            assertThat(lock).hasToString("<Lock [locked]>");
        });
        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn("test_locks.LockTests.test_release_not_acquired")
    void release_ofAFreeLock_isRefused() {
        assertThatIllegalStateException().isThrownBy(lock::release)
                .withMessage("release of a lock that nobody holds: <Lock [unlocked]>");
    }

    @Test
    void release_byAnotherTaskOrACallback_isAllowed() {
        run(() -> {
            lock.acquire();
            createTask(lock::release).await();
            lock.acquire();
            loop.callSoon(lock::release);
            lock.acquire();
        });
    }

    @Test
    @AsIn({"test_locks.LockTests.test_context_manager",
        "test_pep492.LockTests.test_context_manager_async_with",
        "test_pep492.LockTests.test_context_manager_with_await"})
    void withLock_holdsItWhileTheBodyRuns() {
        run(() -> {
            assertThat(lock.<Boolean>withLock(() -> lock.locked())).isTrue();
            assertThat(lock.locked()).isFalse();
            Exception failure = new Exception("checked");
            assertThat(catchThrowableOfType(Exception.class, () -> lock.withLock(() -> {
                throw failure;
            }))).isSameAs(failure);
            assertThat(lock.locked()).isFalse();
        });
    }

    // ---- where it is used

    @Test
    void acquire_outsideOfATask_isRefusedEvenIfItIsFree() {
        assertThatIllegalStateException().isThrownBy(lock::acquire)
                .withMessageContaining("only a coroutine");
        assertThat(lock.locked()).isFalse();
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_ambiguous_loops")
    void acquire_onAnotherLoop_failsOnlyIfItHasToWait() {
        EventLoop second = check.newLoop();
        run(() -> {
            lock.acquire();
            Task<Void> waits = taker("waits");
            turn();
            lock.release();
            waits.await();
        });

        second.runUntilComplete(() -> {
            assertThatIllegalStateException().isThrownBy(lock::acquire)
                    .withMessageContaining("bound to a different event loop");
            lock.release();
            lock.acquire();             // nobody holds it: no matter whose it is
        });
        assertThat(lock).hasToString("<Lock [locked]>");
    }

    @Test
    void acquire_neverContended_belongsToNoLoop() {
        EventLoop second = check.newLoop();
        run(() -> lock.withLock(() -> { }));

        second.runUntilComplete(() -> {
            lock.acquire();
            Task<Void> waits = createTask(lock::acquire);
            turn();
            lock.release();
            waits.await();
        });
    }

    // ---- level cancellation

    @Test
    void acquire_inACancelledLevelScope_throwsAndLeavesTheLockFree() {
        run(() -> {
            CancelScope scope = CancelScope.enterLevel(Task.current());
            scope.cancel(null);
            CancelledError error = catchThrowableOfType(CancelledError.class, lock::acquire);
            assertThat(scope.leave(error)).isTrue();
            assertThat(lock.locked()).isFalse();
        });
    }

    @Test
    void levelCancel_ofAWokenWaiter_passesTheWakeUpOn() {
        run(() -> {
            lock.acquire();
            List<CancelScope> scopes = new ArrayList<>();
            Task<Void> one = createTask(() -> {
                CancelScope scope = CancelScope.enterLevel(Task.current());
                scopes.add(scope);
                CancelledError error = catchThrowableOfType(CancelledError.class, lock::acquire);
                assertThat(scope.leave(error)).isTrue();
            });
            Task<Void> two = taker(2);
            turn();
            lock.release();
            scopes.getFirst().cancel(null);
            one.await();
            two.await();
        });
        assertThat(trace).containsExactly(2);
    }

    @Test
    void cancel_ofManyWaiters_takesEachOutFromItsPlace() {
        run(() -> {
            lock.acquire();
            List<Task<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < 5; i++) tasks.add(taker(i));
            turn();
            for (int i : new int[] {4, 0, 2}) tasks.get(i).cancel();
            turn();
            assertThat(lock).hasToString("<Lock [locked, waiters:2]>");
            lock.release();
            turn();
            lock.release();
            turn();
        });
        assertThat(trace).containsExactly(1, 3);
    }
}
