package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The rules by which a task is cancelled, as asyncio has them.
class CancellationTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    // ---- before, at and after the end

    @Test
    @AsIn("test_tasks.test_cancel")
    void cancel_ofADoneTask_changesNothing() {
        Task<Integer> task = loop.createTask(() -> 1);
        loop.runUntilComplete(task);

        assertThat(task.cancel()).isFalse();

        assertThat(task.cancelling()).isZero();
        assertThat(task.cancelled()).isFalse();
        assertThat(task.result()).isEqualTo(1);
    }

    /// Scenario 6 of the surface list.
    @Test
    @AsIn("test_tasks.test_cancel_with_message_before_starting_task")
    void cancel_beforeTheFirstStep_runsNoLineOfTheBody() {
        Task<Void> task = loop.createTask(() -> {
            try {
                trace.add("body");
            } finally {
                trace.add("finally");
            }
        });

        assertThat(task.cancel("why")).isTrue();
        assertThat(task.cancelled()).isFalse();
        runOneTurn();

        assertThat(task.cancelled()).isTrue();
        assertThat(trace).isEmpty();
        assertThatThrownBy(task::result).isInstanceOfSatisfying(CancelledError.class,
                error -> assertThat(error.reason()).isEqualTo("why"));
    }

    @Test
    @AsIn("test_tasks.test_uncancel_resets_must_cancel")
    void uncancel_beforeTheFirstStep_letsTheBodyRun() {
        Task<Void> task = loop.createTask(() -> {
            trace.add("body");
            sleep(Duration.ZERO);
            trace.add("end");
        });

        task.cancel();
        assertThat(task.uncancel()).isZero();
        loop.runUntilComplete(task);

        assertThat(trace).containsExactly("body", "end");
    }

    @Test
    @AsIn("test_tasks.test_cancel_at_end")
    void cancel_ofItselfThenReturn_endsCancelledAndLosesTheValue() {
        Task<Integer> task = loop.createTask(() -> {
            currentTask().cancel("own");
            assertThat(currentTask().cancelled()).isFalse();
            return 1;
        });

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class)
                .hasMessage("own");
        assertThat(task.cancelled()).isTrue();
    }

    @Test
    void cancel_ofItselfThenFail_endsFailed() {
        Task<Void> task = loop.createTask(() -> {
            currentTask().cancel();
            throw new IOException("no");
        });

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(IOException.class);
        assertThat(task.cancelled()).isFalse();
    }

    @Test
    @AsIn("test_streams.test_unhandled_cancel")
    void cancelledError_madeByTheBody_cancelsTheTask() {
        CancelledError error = new CancelledError("mine");
        Task<Void> task = loop.createTask(() -> {
            throw error;
        });

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isSameAs(error);
        assertThat(task.cancelled()).isTrue();
        assertThat(task.cancelling()).isZero();
    }

    // ---- delivery

    @Test
    @AsIn("test_tasks.test_sleep_cancel")
    void cancel_ofASleepingTask_arrivesInTheNextTurnAndRemovesTheTimer() {
        Task<Void> task = loop.createTask(() -> {
            try {
                sleep(SECOND);
            } catch (CancelledError e) {
                trace.add("cancelled");
                throw e;
            }
        });
        runOneTurn();

        assertThat(task.cancel()).isTrue();
        assertThat(task.done()).isFalse();
        assertThat(trace).isEmpty();
        runOneTurn();

        assertThat(task.cancelled()).isTrue();
        assertThat(trace).containsExactly("cancelled");
        assertThat(loop.timerCount()).isZero();
        assertThat(loop.time()).isZero();
    }

    @Test
    @AsIn("test_tasks.test_cancel_yield")
    void cancel_ofATaskThatIsReady_isThrownAtItsNextStep() {
        Task<Void> task = loop.createTask(() -> {
            trace.add("begun");
            sleep(Duration.ZERO);
            trace.add("never");
        });
        runOneTurn();

        task.cancel();
        runOneTurn();

        assertThat(task.cancelled()).isTrue();
        assertThat(trace).containsExactly("begun");
    }

    /// Its future is done already, so there is nothing to cancel: the error comes all the same.
    @Test
    @AsIn({"test_tasks.test_cancel_with_message_then_future_result",
        "test_waitfor.test_wait_for_race_condition"})
    void cancel_afterTheAwaitedFutureIsDone_throwsAndLeavesTheResultWithTheFuture() {
        Future<Integer> future = loop.createFuture();
        Task<Integer> task = loop.createTask(() -> future.await());
        runOneTurn();

        future.setResult(5);
        task.cancel("late");
        runOneTurn();

        assertThat(task.cancelled()).isTrue();
        assertThatThrownBy(task::result).hasMessage("late");
        assertThat(future.result()).isEqualTo(5);
    }

    @Test
    @AsIn("test_tasks.test_cancel_with_message_then_future_exception")
    void cancel_afterTheAwaitedFutureHasFailed_throwsTheCancellation() {
        Future<Integer> future = loop.createFuture();
        Task<Integer> task = loop.createTask(() -> future.await());
        runOneTurn();

        future.setException(new IOException("no"));
        task.cancel("late");
        runOneTurn();

        assertThat(task.cancelled()).isTrue();
        assertThatThrownBy(task::result).hasMessage("late");
    }

    @Test
    @AsIn("test_tasks.test_task_cancel_waiter_future")
    void cancel_ofATaskThatAwaitsAFuture_cancelsTheFutureAtOnce() {
        Future<Integer> future = loop.createFuture();
        Task<Integer> task = loop.createTask(() -> future.await());
        runOneTurn();

        task.cancel("why");

        assertThat(future.cancelled()).isTrue();
        assertThat(task.cancelled()).isFalse();
        runOneTurn();
        assertThat(task.cancelled()).isTrue();
        assertThatThrownBy(future::result).hasMessage("why");
        assertThatThrownBy(task::result).hasMessage("why");
    }

    @Test
    @AsIn("test_tasks.test_yield_future_passes_cancel")
    void cancel_ofATaskThatAwaitsATask_cancelsThatOneFirst() {
        Task<Void> inner = loop.createTask(() -> {
            try {
                sleep(SECOND);
            } finally {
                trace.add("inner");
            }
        });
        Task<Void> outer = loop.createTask(() -> {
            try {
                inner.await();
            } finally {
                trace.add("outer");
            }
        });
        runOneTurn();

        outer.cancel();
        assertThat(inner.cancelling()).isEqualTo(1);
        assertThatThrownBy(() -> loop.runUntilComplete(outer)).isInstanceOf(CancelledError.class);

        assertThat(inner.cancelled()).isTrue();
        assertThat(outer.cancelled()).isTrue();
        assertThat(trace).containsExactly("inner", "outer");
    }

    /// Scenario 8 of the surface list.
    @Test
    @AsIn("test_tasks.test_cancel_awaited_task")
    void cancel_ofATaskWhoseAwaitedTaskSwallowsIt_givesItThatResult() {
        Task<Integer> b = loop.createTask(() -> {
            try {
                sleep(SECOND);
            } catch (CancelledError e) {
                trace.add("swallowed");
            }
            return 5;
        });
        Task<Integer> a = loop.createTask(() -> {
            int result = b.await();
            sleep(SECOND);                  // the cancellation was used up
            return result;
        });
        runOneTurn();

        a.cancel();

        assertThat(loop.runUntilComplete(a)).isEqualTo(5);
        assertThat(a.cancelling()).isEqualTo(1);
        assertThat(trace).containsExactly("swallowed");
    }

    @Test
    @AsIn("test_tasks.test_cancel_inner_future")
    void cancel_ofTheInnerFutureOnly_throwsInTheTaskWithoutARequest() {
        Future<Integer> future = loop.createFuture();
        Task<String> task = loop.createTask(() -> {
            try {
                future.await();
            } catch (CancelledError e) {
                trace.add("caught, requests: " + currentTask().cancelling());
            }
            sleep(SECOND);
            return "went on";
        });
        runOneTurn();

        future.cancel();

        assertThat(loop.runUntilComplete(task)).isEqualTo("went on");
        assertThat(trace).containsExactly("caught, requests: 0");
    }

    @Test
    @AsIn("test_tasks.test_cancel_both_task_and_inner_future")
    void cancel_ofTheFutureThenTheTask_throwsOnce() {
        Future<Integer> future = loop.createFuture();
        Task<Integer> task = loop.createTask(() -> future.await());
        runOneTurn();

        future.cancel();
        task.cancel();
        runOneTurn();

        assertThat(task.cancelled()).isTrue();
        assertThat(task.cancelling()).isEqualTo(1);
    }

    @Test
    void cancel_ofTheFutureThenTheTask_isOneErrorForTheBody() {
        Future<Integer> future = loop.createFuture();
        Task<String> task = loop.createTask(() -> {
            try {
                future.await();
            } catch (CancelledError e) {
                trace.add("caught");
            }
            sleep(SECOND);
            return "went on";
        });
        runOneTurn();

        future.cancel();
        task.cancel();

        assertThat(loop.runUntilComplete(task)).isEqualTo("went on");
        assertThat(trace).containsExactly("caught");
    }

    /// Scenario 7 of the surface list.
    @Test
    void cancel_twiceBeforeDelivery_isOneErrorAndTwoRequests() {
        Task<String> task = loop.createTask(() -> {
            try {
                sleep(SECOND);
            } catch (CancelledError e) {
                trace.add("caught " + currentTask().cancelling());
            }
            sleep(SECOND);
            return "went on";
        });
        runOneTurn();

        assertThat(task.cancel()).isTrue();
        assertThat(task.cancel()).isTrue();
        assertThat(task.cancelling()).isEqualTo(2);
        runOneTurn();
        String text = task.toString();

        assertThat(trace).containsExactly("caught 2");
        assertThat(text).contains("cancelling");
        task.cancel();
        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(task.cancelling()).isEqualTo(3);
    }

    // ---- by itself

    @Test
    @AsIn("test_tasks.test_cancel_current_task")
    void cancel_ofItself_cancelsWhatItAwaitsNext() {
        Future<Integer> future = loop.createFuture();
        Task<Void> task = loop.createTask(() -> {
            currentTask().cancel("own");
            trace.add("goes on");
            try {
                future.await();
            } finally {
                trace.add(future.cancelled());
            }
        });

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class)
                .hasMessage("own");
        assertThat(trace).containsExactly("goes on", true);
    }

    @Test
    void cancel_ofItselfThenAwaitOfATaskThatSwallowsIt_goesOn() {
        Task<Integer> inner = loop.createTask(() -> {
            try {
                sleep(SECOND);
            } catch (CancelledError e) {
                trace.add("inner swallowed");
            }
            return 5;
        });
        Task<Integer> task = loop.createTask(() -> {
            sleep(Duration.ZERO);
            currentTask().cancel();
            int result = inner.await();
            sleep(SECOND);
            return result;
        });

        assertThat(loop.runUntilComplete(task)).isEqualTo(5);
        assertThat(trace).containsExactly("inner swallowed");
    }

    @Test
    void cancel_ofItselfThenAwaitOfADoneFuture_goesOnToTheNextWait() {
        Future<Integer> done = loop.createFuture();
        done.setResult(1);
        Task<Void> task = loop.createTask(() -> {
            currentTask().cancel();
            trace.add(done.await());
            sleep(Duration.ZERO);
            trace.add("never");
        });

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(trace).containsExactly(1);
    }

    // ---- swallowing

    @Test
    @AsIn("test_tasks.test_cancel_task_catching")
    void body_thatCatchesAndReturns_hasAResult() {
        Task<Integer> task = loop.createTask(() -> {
            try {
                sleep(SECOND);
                return 1;
            } catch (CancelledError e) {
                return 42;
            }
        });
        runOneTurn();

        task.cancel();

        assertThat(loop.runUntilComplete(task)).isEqualTo(42);
        assertThat(task.cancelled()).isFalse();
    }

    @Test
    @AsIn("test_tasks.test_cancel_task_ignoring")
    void body_thatCatchesAndWaitsAgain_needsAnotherCancel() {
        Task<Void> task = loop.createTask(() -> {
            for (int i = 0; i < 2; i++) {
                try {
                    sleep(SECOND);
                } catch (CancelledError e) {
                    trace.add("ignored " + i);
                }
            }
            sleep(SECOND);
        });
        runOneTurn();

        for (int i = 0; i < 3; i++) {
            task.cancel();
            runOneTurn();
        }

        assertThat(task.cancelled()).isTrue();
        assertThat(trace).containsExactly("ignored 0", "ignored 1");
        assertThat(loop.time()).isZero();
    }

    @Test
    void catchOfException_letsACancellationPass() {
        Task<Void> task = loop.createTask(() -> {
            try {
                sleep(SECOND);
            } catch (Exception e) {
                trace.add("never");
            }
            trace.add("never");
        });
        runOneTurn();

        task.cancel();
        runOneTurn();

        assertThat(task.cancelled()).isTrue();
        assertThat(trace).isEmpty();
    }

    @Test
    void body_thatFailsOnCancel_isFailed() {
        IOException failure = new IOException("cleaning up");
        Task<Void> task = loop.createTask(() -> {
            try {
                sleep(SECOND);
            } finally {
                throwNow(failure);
            }
        });
        runOneTurn();

        task.cancel();

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isSameAs(failure);
        assertThat(task.cancelled()).isFalse();
    }

    private static void throwNow(IOException failure) throws IOException {
        throw failure;
    }

    @Test
    void finallyBlock_ofACancelledTask_mayWait() {
        Task<Void> task = loop.createTask(() -> {
            try {
                sleep(SECOND);
            } finally {
                sleep(SECOND);
                trace.add("cleaned up at " + loop.time() / 1_000_000_000);
            }
        });
        runOneTurn();

        task.cancel();

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(trace).containsExactly("cleaned up at 1");
    }

    // ---- counts

    @Test
    @AsIn("test_tasks.test_uncancel_basic")
    void uncancel_countsDownToZeroAndNotBelow() {
        Task<Integer> task = loop.createTask(() -> {
            try {
                sleep(SECOND);
            } catch (CancelledError e) {
                Task<?> me = currentTask();
                trace.addAll(List.of(me.cancelling(), me.uncancel(), me.uncancel(), me.uncancel()));
            }
            return currentTask().cancelling();
        });
        runOneTurn();
        task.cancel();
        task.cancel();

        assertThat(loop.runUntilComplete(task)).isZero();
        assertThat(trace).containsExactly(2, 1, 0, 0);
    }

    @Test
    void uncancel_afterTheEnd_leavesTheStateAlone() {
        Task<Void> task = loop.createTask(() -> sleep(SECOND));
        runOneTurn();
        task.cancel();
        runOneTurn();

        assertThat(task.uncancel()).isZero();

        assertThat(task.cancelled()).isTrue();
    }

    @Test
    @AsIn("test_tasks.test_uncancel_resets_must_cancel")
    void uncancel_toZero_dropsARequestNotDelivered() {
        loop.runUntilComplete(() -> {
            currentTask().cancel();
            assertThat(currentTask().uncancel()).isZero();
            sleep(SECOND);
            trace.add("slept");
        });

        assertThat(trace).containsExactly("slept");
    }

    @Test
    void uncancel_notToZero_keepsARequestNotDelivered() {
        Task<Void> task = loop.createTask(() -> {
            currentTask().cancel();
            currentTask().cancel();
            assertThat(currentTask().uncancel()).isEqualTo(1);
            sleep(SECOND);
            trace.add("never");
        });

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(trace).isEmpty();
    }

    /// A structured block that catches, undoes its own request, and goes on.
    @Test
    @AsIn("test_tasks.test_uncancel_structured_blocks")
    void uncancel_inAStructuredBlock_leavesTheRestOfTheTaskUntouched() {
        loop.runUntilComplete(() -> {
            Task<?> me = currentTask();
            loop.callLater(SECOND, () -> me.cancel());
            try {
                sleep(Duration.ofSeconds(10));
            } catch (CancelledError e) {
                assertThat(me.uncancel()).isZero();
            }
            sleep(SECOND);
            trace.add(loop.time() / 1_000_000_000);
        });

        assertThat(trace).containsExactly(2L);
    }

    // ---- reasons and identity

    @Test
    @AsIn({"test_tasks.test_task_cancel_message_getter",
        "test_tasks.test_task_cancel_message_setter"})
    void reason_ofALaterCancel_replacesTheEarlier() {
        Task<Void> task = loop.createTask(() -> {
            trace.add("never");
        });

        task.cancel("first");
        task.cancel("second");
        runOneTurn();

        assertThatThrownBy(task::result).hasMessage("second");
        assertThat(trace).isEmpty();
    }

    @Test
    void reason_ofAnyType_isPassedThroughTasks() {
        Object reason = new Object();
        Task<Void> inner = loop.createTask(() -> sleep(SECOND));
        Task<Void> outer = loop.createTask(() -> {
            try {
                inner.await();
            } catch (CancelledError e) {
                trace.add(e.reason());
                throw e;
            }
        });
        runOneTurn();

        outer.cancel(reason);
        assertThatThrownBy(() -> loop.runUntilComplete(outer)).isInstanceOf(CancelledError.class);

        assertThat(trace).containsExactly(reason);
    }

    @Test
    @AsIn({"test_tasks.test_cancel_traceback_for_future_result",
        "test_tasks.test_cancellation_exception_context"})
    void result_ofACancelledTask_throwsTheOriginalOnceThenNewOnes() {
        List<CancelledError> seen = new ArrayList<>();
        Task<Void> task = loop.createTask(() -> {
            try {
                deepSleep();
            } catch (CancelledError e) {
                seen.add(e);
                throw e;
            }
        });
        runOneTurn();
        task.cancel("why");
        runOneTurn();

        assertThatThrownBy(task::result).isSameAs(seen.getFirst())
                .satisfies(e -> assertThat(e.getStackTrace()).anySatisfy(
                        frame -> assertThat(frame.getMethodName()).isEqualTo("deepSleep")));
        assertThatThrownBy(task::result).isNotSameAs(seen.getFirst()).hasMessage("why");
        assertThatThrownBy(task::exception).isNotSameAs(seen.getFirst()).hasMessage("why");
    }

    private static void deepSleep() {
        sleep(SECOND);
    }

    @Test
    @AsIn("test_tasks.test_baseexception_during_cancel")
    void systemExit_raisedOnCancel_isStoredAndEndsTheRun() {
        SystemExit exit = new SystemExit(2);
        Task<Void> task = loop.createTask(() -> {
            try {
                sleep(SECOND);
            } catch (CancelledError e) {
                throw exit;
            }
        });
        runOneTurn();

        task.cancel();

        assertThatThrownBy(loop::runForever).isSameAs(exit);
        assertThat(task.done()).isTrue();
        assertThat(task.cancelled()).isFalse();
        assertThat(task.exception()).isSameAs(exit);
    }

    // ---- between tasks

    @Test
    void cancel_ofATaskAwaitedByMany_throwsInAllOfThem() {
        Task<Void> inner = loop.createTask(() -> sleep(SECOND));
        List<Task<Void>> waiters = new ArrayList<>();
        for (int i = 0; i < 3; i++) waiters.add(loop.createTask(() -> {
            inner.await();
        }));
        runOneTurn();

        inner.cancel();
        runOneTurn();
        runOneTurn();

        assertThat(waiters).allMatch(Task::cancelled);
        assertThat(waiters).allMatch(task -> task.cancelling() == 0);
    }

    @Test
    void cancel_ofOneOfManyWaiters_cancelsWhatTheyShare() {
        Task<Void> inner = loop.createTask(() -> sleep(SECOND));
        Task<Void> first = loop.createTask(() -> {
            inner.await();
        });
        Task<Void> second = loop.createTask(() -> {
            inner.await();
        });
        runOneTurn();

        first.cancel();
        runOneTurn();
        runOneTurn();

        assertThat(List.of(inner, first, second)).allMatch(Task::cancelled);
    }

    @Test
    void cancel_throughAChain_arrivesAtTheInnermostAndComesBackOut() {
        Task<Void> task = loop.createTask(() -> chain(5));
        loop.callLater(SECOND, () -> task.cancel("all"));

        assertThatThrownBy(() -> loop.runUntilComplete(task)).hasMessage("all");
        assertThat(trace).containsExactly(0, 1, 2, 3, 4, 5);
    }

    private void chain(int depth) {
        try {
            if (depth == 0) sleep(Duration.ofSeconds(10));
            else createTask(() -> chain(depth - 1)).await();
        } finally {
            trace.add(depth);
        }
    }

    @Test
    void cancel_byTheAwaitedTask_arrives() {
        Task<?>[] outer = new Task<?>[1];
        Task<Integer> inner = loop.createTask(() -> {
            sleep(Duration.ZERO);
            assertThat(outer[0].cancel()).isTrue();     // which cancels this one, as it is awaited
            trace.add(currentTask().cancelling());
            return 1;
        });
        outer[0] = loop.createTask(() -> inner.await());

        assertThatThrownBy(() -> loop.runUntilComplete(outer[0]))
                .isInstanceOf(CancelledError.class);
        assertThat(inner.cancelled()).isTrue();
        assertThat(trace).containsExactly(1);
    }

    private void runOneTurn() {
        loop.stop();
        loop.runForever();
    }
}
