package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.shield;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.waitFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class WaitForTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    @Test
    @AsIn("test_waitfor.test_wait_for")
    void waitFor_inTime_givesTheResult() {
        run(() -> {
            trace.add(waitFor(() -> Asyncio.sleep(SECOND, "value"), LONG));
            trace.add(waitFor(createTask(() -> Asyncio.sleep(SECOND, "task")), LONG));
        });

        assertThat(trace).containsExactly("value", "task");
        assertThat(loop.timerCount()).isZero();
    }

    @Test
    @AsIn("test_waitfor.test_wait_for_blocking")
    void waitFor_withoutALimit_waitsForAsLongAsItTakes() {
        run(() -> {
            trace.add(waitFor(() -> Asyncio.sleep(Duration.ofDays(1), "value"), null));
        });

        assertThat(trace).containsExactly("value");
    }

    @Test
    void waitFor_ofACoroutine_runsItInTheCallersTask() {
        run(() -> {
            Task<?> me = currentTask();
            waitFor(() -> {
                assertThat(currentTask()).isSameAs(me);
                assertThat(Asyncio.allTasks()).hasSize(1);
            }, LONG);
        });
    }

    @Test
    @AsIn("test_waitfor.test_asyncio_wait_for_timeout")
    void waitFor_pastTheLimit_cancelsAndThrowsTimeoutException() {
        run(() -> {
            Task<Void> task = createTask(() -> sleep(LONG));
            assertThatThrownBy(() -> waitFor(task, SECOND)).isInstanceOf(TimeoutException.class)
                    .hasCauseInstanceOf(CancelledError.class);
            assertThat(task.cancelled()).isTrue();
            assertThat(currentTask().cancelling()).isZero();
        });

        assertThat(loop.time()).isEqualTo(SECOND.toNanos());
    }

    @Test
    @AsIn("test_waitfor.test_wait_for_waits_for_task_cancellation")
    void waitFor_pastTheLimit_waitsUntilTheTaskHasEnded() {
        run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    sleep(SECOND);
                    trace.add("cleaned up");
                }
            });
            assertThatThrownBy(() -> waitFor(task, SECOND)).isInstanceOf(TimeoutException.class);
            trace.add("timed out");
        });

        assertThat(trace).containsExactly("cleaned up", "timed out");
        assertThat(loop.time()).isEqualTo(2 * SECOND.toNanos());
    }

    @Test
    @AsIn({"test_waitfor.test_wait_for_cancel_suppressed",
        "test_waitfor.test_wait_for_cancellation_race_condition"})
    void waitFor_ofATaskThatSwallows_givesItsResult() {
        run(() -> {
            Task<String> task = createTask(() -> {
                try {
                    sleep(LONG);
                    return "never";
                } catch (CancelledError e) {
                    return "swallowed";
                }
            });
            trace.add(waitFor(task, SECOND));
            assertThat(currentTask().cancelling()).isZero();
            sleep(SECOND);
        });

        assertThat(trace).containsExactly("swallowed");
    }

    @Test
    @AsIn("test_waitfor.test_wait_for_reraises_exception_during_cancellation")
    void waitFor_ofATaskThatFailsOnCancel_throwsThat() {
        IOException failure = new IOException("cleaning up");
        run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    throw failure;
                }
            });
            assertThatThrownBy(() -> waitFor(task, SECOND)).isSameAs(failure);
        });
    }

    // ---- limits of zero or less

    @Test
    @AsIn("test_waitfor.test_wait_for_timeout_less_then_0_or_0_future_done")
    void waitFor_ofADoneFutureWithoutTime_givesItsResult() {
        Future<Integer> done = loop.createFuture();
        done.setResult(5);
        run(() -> {
            trace.add(waitFor(done, Duration.ZERO));
            trace.add(waitFor(done, Duration.ofSeconds(-1)));
        });

        assertThat(trace).containsExactly(5, 5);
    }

    @Test
    @AsIn("test_waitfor.test_wait_for_timeout_less_then_0_or_0_coroutine_do_not_started")
    void waitFor_ofACoroutineWithoutTime_neverStartsIt() {
        run(() -> {
            for (Duration limit : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
                assertThatThrownBy(() -> waitFor(() -> trace.add("never"), limit))
                        .isInstanceOf(TimeoutException.class)
                        .hasCauseInstanceOf(CancelledError.class);
            }
            sleep(SECOND);
        });

        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn({"test_waitfor.test_wait_for_timeout_less_then_0_or_0",
        "test_waitfor.test_wait_for_waits_for_task_cancellation_w_timeout_0"})
    void waitFor_ofATaskWithoutTime_cancelsItAndWaitsForItsEnd() {
        run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    sleep(SECOND);
                    trace.add("cleaned up");
                }
            });
            sleep(Duration.ZERO);
            assertThatThrownBy(() -> waitFor(task, Duration.ZERO))
                    .isInstanceOf(TimeoutException.class);
            assertThat(task.cancelled()).isTrue();
        });

        assertThat(trace).containsExactly("cleaned up");
        assertThat(loop.time()).isEqualTo(SECOND.toNanos());
    }

    @Test
    void waitFor_ofATaskThatSwallowsWithoutTime_givesItsResult() {
        run(() -> {
            Task<Integer> task = createTask(() -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    trace.add("swallowed");
                }
                return 5;
            });
            sleep(Duration.ZERO);
            trace.add(waitFor(task, Duration.ZERO));
        });

        assertThat(trace).containsExactly("swallowed", 5);
    }

    // ---- the caller is cancelled

    @Test
    @AsIn({"test_waitfor.test_cancel_wait_for", "test_waitfor.test_asyncio_wait_for_cancelled"})
    void cancel_ofTheCaller_cancelsWhatItWaitsFor() {
        Future<Integer> future = loop.createFuture();
        Task<Integer> task = loop.createTask(() -> waitFor(future, LONG));
        loop.callLater(SECOND, () -> task.cancel());

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(future.cancelled()).isTrue();
        assertThat(loop.timerCount()).isZero();
    }

    @Test
    @AsIn("test_waitfor.test_cancel_blocking_wait_for")
    void cancel_ofTheCallerWithoutALimit_cancelsWhatItWaitsFor() {
        Future<Integer> future = loop.createFuture();
        Task<Integer> task = loop.createTask(() -> waitFor(future, null));
        loop.callLater(SECOND, () -> task.cancel());

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(future.cancelled()).isTrue();
    }

    @Test
    @AsIn({"test_waitfor.test_wait_for_issue86296", "test_waitfor.test_wait_for_race_condition"})
    void cancel_ofTheCallerInTheTurnInWhichTheFutureIsDone_winsAndTheResultStays() {
        Future<Integer> future = loop.createFuture();
        Task<Integer> task = loop.createTask(() -> waitFor(future, LONG));
        loop.callLater(SECOND, () -> {
            future.setResult(5);
            task.cancel();
        });

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(future.result()).isEqualTo(5);
    }

    // ---- with a shield

    @Test
    @AsIn({"test_waitfor.test_zero_timeout", "test_waitfor.test_shielded_timeout"})
    void waitFor_ofAShield_leavesTheInnerTaskAlone() {
        run(() -> {
            Task<Integer> inner = createTask(() -> Asyncio.sleep(Duration.ofSeconds(5), 5));
            for (Duration limit : List.of(Duration.ZERO, SECOND)) {
                assertThatThrownBy(() -> waitFor(shield(inner), limit))
                        .isInstanceOf(TimeoutException.class);
            }
            trace.add(waitFor(shield(inner), null));
        });

        assertThat(trace).containsExactly(5);
    }

    @Test
    void waitFor_nested_theSoonerLimitCounts() {
        run(() -> {
            assertThatThrownBy(() -> waitFor(() -> {
                waitFor(() -> sleep(LONG), Duration.ofSeconds(50));
                trace.add("never");
            }, SECOND)).isInstanceOf(TimeoutException.class);
        });

        assertThat(trace).isEmpty();
        assertThat(loop.time()).isEqualTo(SECOND.toNanos());
    }

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }
}
