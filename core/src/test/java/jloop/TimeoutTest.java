package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TimeoutTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    // ---- the deadline

    @Test
    @AsIn("test_timeouts.test_timeout_basic")
    void timeout_passed_cancelsTheBodyAndThrowsTimeoutException() {
        run(() -> {
            assertThatThrownBy(() -> timeout(SECOND, () -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    trace.add("cancelled");
                    throw e;
                }
            })).isInstanceOf(TimeoutException.class).hasCauseInstanceOf(CancelledError.class);
            assertThat(currentTask().cancelling()).isZero();
        });

        assertThat(trace).containsExactly("cancelled");
        assertThat(loop.time()).isEqualTo(SECOND.toNanos());
    }

    @Test
    @AsIn("test_timeouts.test_timeout_not_called")
    void timeout_notPassed_givesTheResultAndLeavesNoTimer() {
        run(() -> {
            Timeout limit = Timeout.in(LONG);
            trace.add(limit.run(() -> {
                sleep(SECOND);
                return "in time";
            }));
            assertThat(limit.expired()).isFalse();
            assertThat(loop.timerCount()).isZero();
        });

        assertThat(trace).containsExactly("in time");
        assertThat(loop.time()).isEqualTo(SECOND.toNanos());
    }

    @Test
    @AsIn("test_timeouts.test_timeout_disabled")
    void timeout_ofNull_neverExpires() {
        run(() -> {
            Timeout limit = Timeout.in(null);
            assertThat(limit.when()).isNull();
            limit.run(() -> {
                sleep(LONG);
                return null;
            });
            assertThat(limit.expired()).isFalse();
            trace.add("whole");
        });

        assertThat(trace).containsExactly("whole");
    }

    @Test
    @AsIn("test_timeouts.test_timeout_at_basic")
    void timeoutAt_aTime_expiresThen() {
        run(() -> {
            sleep(SECOND);
            Timeout limit = Timeout.at(loop.time() + SECOND.toNanos());
            assertThat(limit.when()).isEqualTo(2 * SECOND.toNanos());

            assertThatThrownBy(() -> limit.run(TimeoutTest::sleepLong))
                    .isInstanceOf(TimeoutException.class);

            assertThat(limit.expired()).isTrue();
        });

        assertThat(loop.time()).isEqualTo(2 * SECOND.toNanos());
    }

    @Test
    @AsIn({"test_timeouts.test_timeout_zero", "test_timeouts.test_timeout_in_the_past_sleep_zero"})
    void timeout_ofZeroOrLess_runsTheBodyToItsFirstWait() {
        run(() -> {
            for (Duration limit : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
                assertThatThrownBy(() -> timeout(limit, () -> {
                    trace.add("begun");
                    sleep(LONG);
                    trace.add("never");
                })).isInstanceOf(TimeoutException.class);
            }
            assertThatThrownBy(() -> Timeout.at(loop.time() - 1).run(TimeoutTest::sleepLong))
                    .isInstanceOf(TimeoutException.class);
        });

        assertThat(trace).containsExactly("begun", "begun");
        assertThat(loop.time()).isZero();
    }

    @Test
    @AsIn("test_timeouts.test_timeout_zero_sleep_zero")
    void timeout_ofZeroAroundAYield_expires() {
        run(() -> {
            assertThatThrownBy(() -> timeout(Duration.ZERO, () -> sleep(Duration.ZERO)))
                    .isInstanceOf(TimeoutException.class);
        });
    }

    @Test
    void timeout_ofZeroAroundABodyThatNeverWaits_doesNotExpire() {
        run(() -> {
            trace.add(timeout(Duration.ZERO, () -> "value"));
            sleep(LONG);
        });

        assertThat(trace).containsExactly("value");
    }

    // ---- what leaves the body

    /// Scenario 11 of the surface list.
    @Test
    void timeout_aroundABodyThatSwallows_isNoException() {
        run(() -> {
            Timeout limit = Timeout.in(Duration.ofMillis(50));
            String result = limit.run(() -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    trace.add("caught");
                }
                return "went on";
            });

            assertThat(result).isEqualTo("went on");
            assertThat(limit.expired()).isTrue();
            assertThat(currentTask().cancelling()).isZero();
        });

        assertThat(trace).containsExactly("caught");
    }

    @Test
    @AsIn("test_timeouts.test_foreign_exception_passed")
    void timeout_aroundABodyThatFails_letsTheExceptionPass() {
        IOException failure = new IOException("no");
        run(() -> {
            Timeout limit = Timeout.in(SECOND);
            assertThatThrownBy(() -> limit.run(() -> {
                throw failure;
            })).isSameAs(failure);
            assertThat(limit.expired()).isFalse();
            assertThat(loop.timerCount()).isZero();
        });
    }

    @Test
    @AsIn("test_timeouts.test_foreign_exception_on_timeout")
    void timeout_passedAndTheBodyFailsOnIt_letsTheExceptionPass() {
        IOException failure = new IOException("cleaning up");
        run(() -> {
            assertThatThrownBy(() -> timeout(SECOND, () -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    throw failure;
                }
            })).isSameAs(failure);
            assertThat(currentTask().cancelling()).isZero();
            sleep(SECOND);
        });
    }

    // ---- with a cancel from outside

    @Test
    @AsIn("test_timeouts.test_foreign_cancel_doesnt_timeout_if_not_expired")
    void cancel_beforeTheDeadline_isACancellation() {
        Task<Void> task = loop.createTask(() -> timeout(LONG, () -> sleep(LONG)));
        loop.callLater(SECOND, () -> task.cancel("why"));

        assertThatThrownBy(() -> run(task)).isInstanceOf(CancelledError.class).hasMessage("why");
        assertThat(loop.timerCount()).isZero();
    }

    @Test
    void cancel_inTheSameTurnAsTheDeadline_wins() {
        Task<Void> task = loop.createTask(() -> timeout(SECOND, () -> sleep(LONG)));
        loop.callLater(SECOND, () -> task.cancel("why"));

        assertThatThrownBy(() -> run(task)).isInstanceOf(CancelledError.class);
        assertThat(task.cancelling()).isEqualTo(1);
    }

    @Test
    void cancel_afterTheDeadlineInTheSameTurn_wins() {
        Task<?>[] task = new Task<?>[1];
        task[0] = loop.createTask(() -> {
            Timeout limit = Timeout.in(SECOND);
            limit.run(() -> {
                loop.callAt(limit.when(), () -> task[0].cancel());      // after the alarm
                return sleepLong();
            });
        });

        assertThatThrownBy(() -> run(task[0])).isInstanceOf(CancelledError.class);
    }

    @Test
    @AsIn({"test_timeouts.test_cancel_in_timeout_after_cancellation",
        "test_timeouts.test_timeout_after_cancellation"})
    void timeout_enteredWhileTheTaskIsBeingCancelled_works() {
        Task<Void> task = loop.createTask(() -> {
            try {
                sleep(LONG);
            } finally {
                assertThat(currentTask().cancelling()).isEqualTo(1);
                assertThatThrownBy(() -> timeout(SECOND, () -> sleep(LONG)))
                        .isInstanceOf(TimeoutException.class);
                assertThat(currentTask().cancelling()).isEqualTo(1);
                trace.add("cleaned up");
            }
        });
        loop.callLater(SECOND, () -> task.cancel());

        assertThatThrownBy(() -> run(task)).isInstanceOf(CancelledError.class);
        assertThat(trace).containsExactly("cleaned up");
    }

    /// Unlike asyncio, which swallows it.
    @Test
    void timeout_enteredAfterACancelThatIsNotDelivered_doesNotSwallowIt() {
        Task<Void> task = loop.createTask(() -> {
            currentTask().cancel("before");
            timeout(Duration.ZERO, () -> sleep(LONG));
            trace.add("never");
        });

        assertThatThrownBy(() -> run(task)).isInstanceOf(CancelledError.class);
        assertThat(task.cancelled()).isTrue();
        assertThat(trace).isEmpty();
    }

    // ---- nested

    @Test
    @AsIn("test_timeouts.test_nested_timeouts")
    void nested_theInnerPasses_onlyTheInnerExpires() {
        run(() -> {
            Timeout outer = Timeout.in(LONG);
            Timeout inner = Timeout.in(SECOND);
            outer.run(() -> {
                assertThatThrownBy(() -> inner.run(TimeoutTest::sleepLong))
                        .isInstanceOf(TimeoutException.class);
                return null;
            });
            assertThat(inner.expired()).isTrue();
            assertThat(outer.expired()).isFalse();
        });
    }

    @Test
    @AsIn("test_timeouts.test_waiter_cancelled")
    void nested_theOuterPasses_theInnerSeesACancellation() {
        run(() -> {
            Timeout outer = Timeout.in(SECOND);
            Timeout inner = Timeout.in(LONG);
            outer.run(() -> {
                assertThatThrownBy(() -> inner.run(TimeoutTest::sleepLong))
                        .isInstanceOf(CancelledError.class);
                trace.add("inner left");
                sleep(LONG);                // the cancellation was swallowed
                return 1;
            });
            assertThat(outer.expired()).isTrue();
            assertThat(inner.expired()).isFalse();
        });

        assertThat(trace).containsExactly("inner left");
    }

    @Test
    @AsIn({"test_timeouts.test_nested_timeouts_concurrent",
        "test_timeouts.test_nested_timeouts_loop_busy"})
    void nested_bothAtTheSameInstant_theOuterReportsAndBothAreExpired() {
        run(() -> {
            long when = loop.time() + SECOND.toNanos();
            Timeout outer = Timeout.at(when);
            Timeout inner = Timeout.at(when);
            assertThatThrownBy(() -> outer.run(() -> {
                try {
                    return inner.run(TimeoutTest::sleepLong);
                } catch (CancelledError e) {
                    trace.add("inner: cancelled");
                    throw e;
                }
            })).isInstanceOf(TimeoutException.class);
            assertThat(outer.expired()).isTrue();
            assertThat(inner.expired()).isTrue();
            assertThat(currentTask().cancelling()).isZero();
            sleep(SECOND);
        });

        assertThat(trace).containsExactly("inner: cancelled");
    }

    @Test
    @AsIn("test_timeouts.test_nested_timeout_in_finally")
    void nested_inTheFinallyOfAnExpiredOne_works() {
        run(() -> {
            assertThatThrownBy(() -> timeout(SECOND, () -> {
                try {
                    sleep(LONG);
                } finally {
                    assertThatThrownBy(() -> timeout(SECOND, () -> sleep(LONG)))
                            .isInstanceOf(TimeoutException.class);
                    trace.add("inner");
                }
            })).isInstanceOf(TimeoutException.class);
        });

        assertThat(trace).containsExactly("inner");
    }

    @Test
    @AsIn("test_timeouts.test_outer_task_is_not_cancelled")
    void timeout_inATask_doesNotCancelTheOneThatAwaitsIt() {
        run(() -> {
            Task<Void> task = createTask(() -> timeout(SECOND, () -> sleep(LONG)));
            assertThatThrownBy(task::await).isInstanceOf(TimeoutException.class);
            assertThat(currentTask().cancelling()).isZero();
            assertThat(task.cancelled()).isFalse();
        });
    }

    // ---- reschedule and misuse

    @Test
    @AsIn("test_timeouts.test_reschedule")
    void reschedule_later_expiresThen() {
        run(() -> {
            assertThatThrownBy(() -> Timeout.in(SECOND).run(limit -> {
                limit.reschedule(Duration.ofSeconds(5).toNanos());
                assertThat(limit.when()).isEqualTo(Duration.ofSeconds(5).toNanos());
                return sleepLong();
            })).isInstanceOf(TimeoutException.class);
        });

        assertThat(loop.time()).isEqualTo(Duration.ofSeconds(5).toNanos());
    }

    @Test
    void reschedule_toNoneOrThePast_disarmsOrExpires() {
        run(() -> {
            Timeout.in(SECOND).run(limit -> {
                limit.reschedule(null);
                assertThat(limit.when()).isNull();
                return sleepLong();
            });
            assertThatThrownBy(() -> Timeout.in(null).run(limit -> {
                limit.reschedule(0L);
                return sleepLong();
            })).isInstanceOf(TimeoutException.class);
        });

        assertThat(loop.time()).isEqualTo(LONG.toNanos());
    }

    @Test
    @AsIn({"test_timeouts.test_timeout_not_entered", "test_timeouts.test_timeout_finished",
        "test_timeouts.test_timeout_expired", "test_timeouts.test_timeout_expiring"})
    void reschedule_whenNotActive_isRefusedAndNamesTheState() {
        run(() -> {
            Timeout limit = Timeout.in(SECOND);
            assertRefused(limit, "created");
            limit.run(() -> 1);
            assertRefused(limit, "finished");

            Timeout expired = Timeout.in(SECOND);
            assertThatThrownBy(() -> expired.run(own -> {
                try {
                    return sleepLong();
                } finally {
                    assertRefused(own, "expiring");
                }
            })).isInstanceOf(TimeoutException.class);
            assertRefused(expired, "expired");
        });
    }

    private static void assertRefused(Timeout limit, String state) {
        assertThatIllegalStateException().isThrownBy(() -> limit.reschedule(1L))
                .withMessageContaining("cannot change the deadline of a timeout that is " + state);
    }

    @Test
    @AsIn({"test_timeouts.test_timeout_double_enter",
        "test_timeouts.test_timeout_already_entered"})
    void run_twice_isRefused() {
        run(() -> {
            Timeout limit = Timeout.in(SECOND);
            limit.run(own -> {
                assertThatIllegalStateException().isThrownBy(() -> own.run(() -> 1))
                        .withMessageContaining("entered once, and this one is active");
                return 1;
            });
            assertThatIllegalStateException().isThrownBy(() -> limit.run(() -> 1))
                    .withMessageContaining("this one is finished");
        });
    }

    @Test
    @AsIn("test_timeouts.test_timeout_without_task")
    void run_outsideOfATask_isRefused() {
        loop.callSoon(() -> {
            Timeout limit = Timeout.in(SECOND);
            assertThatIllegalStateException().isThrownBy(() -> limit.run(() -> 1))
                    .withMessageContaining("only a coroutine");
            trace.add("refused");
            loop.stop();
        });

        loop.runForever();

        assertThat(trace).containsExactly("refused");
    }

    @Test
    void in_withoutARunningLoop_isRefused() {
        assertThatIllegalStateException().isThrownBy(() -> Timeout.in(SECOND))
                .withMessage("no running event loop");
    }

    @Test
    @AsIn({"test_timeouts.test_repr_active", "test_timeouts.test_repr_expired",
        "test_timeouts.test_repr_finished", "test_timeouts.test_repr_disabled"})
    void toString_tellsTheState() {
        run(() -> {
            Timeout limit = Timeout.in(null);
            assertThat(limit).hasToString("<Timeout created>");
            limit.run(own -> {
                trace.add(own.toString());
                return 1;
            });
            assertThat(limit).hasToString("<Timeout finished>");
            Timeout expired = Timeout.in(SECOND);
            assertThatThrownBy(() -> expired.run(TimeoutTest::sleepLong))
                    .isInstanceOf(TimeoutException.class);
            assertThat(expired).hasToString("<Timeout expired when=1000000000>");
        });

        assertThat(trace).containsExactly("<Timeout active>");
    }

    private static Object sleepLong() {
        sleep(LONG);
        return 1;
    }

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }

    private void run(Task<?> task) {
        loop.runUntilComplete(task);
    }
}
