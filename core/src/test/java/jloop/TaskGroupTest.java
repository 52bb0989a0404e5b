package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TaskGroupTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    final EventLoop loop = check.newLoop();
    final List<Object> trace = new ArrayList<>();
    private TaskGroup kept;

    static final class Boom extends Exception {

        private static final long serialVersionUID = 1;

        Boom(String message) {
            super(message);
        }
    }

    void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }

    private static VoidCoroutine failing(Duration after, String message) {
        return () -> {
            sleep(after);
            throw new Boom(message);
        };
    }

    VoidCoroutine sleeping(String name) {
        return () -> {
            try {
                sleep(LONG);
                trace.add(name + " slept");
            } catch (CancelledError e) {
                trace.add(name + " cancelled");
                throw e;
            }
        };
    }

    private static ExceptionGroup groupOf(VoidCoroutine body) {
        return catchThrowableOfType(ExceptionGroup.class, body::run);
    }

    private static List<String> messages(ThrowableGroup group) {
        return group.exceptions().stream().map(Throwable::getMessage).toList();
    }

    /// The next wait throws a CancelledError, and nothing after that.
    private static void assertCancelledAtTheNextWait() {
        assertThatThrownBy(() -> sleep(Duration.ZERO)).isInstanceOf(CancelledError.class);
        sleep(Duration.ZERO);
    }

    // ---- children

    @Test
    @AsIn({"test_taskgroups.test_taskgroup_01", "test_taskgroups.test_taskgroup_02"})
    void open_waitsForAllTasks_andGivesTheResultOfTheBody() {
        run(() -> {
            List<Task<Integer>> tasks = new ArrayList<>();
            String result = TaskGroup.open(tg -> {
                tasks.add(tg.createTask(() -> sleep(SECOND, 42)));
                sleep(SECOND.dividedBy(2));
                tasks.add(tg.createTask(() -> sleep(SECOND.multipliedBy(2), 11)));
                return "body";
            });

            assertThat(result).isEqualTo("body");
            assertThat(tasks.get(0).result()).isEqualTo(42);
            assertThat(tasks.get(1).result()).isEqualTo(11);
            assertThat(loop.time()).isEqualTo(Duration.ofMillis(2500).toNanos());
        });
    }

    @Test
    void open_withoutTasks_letsNobodyElseRun() {
        run(() -> {
            loop.callSoon(() -> trace.add("callback"));
            TaskGroup.open(_ -> {
                trace.add("body");
            });
            trace.add("after");
        });

        assertThat(trace).startsWith("body", "after");
    }

    @Test
    @AsIn("test_taskgroups.test_taskgroup_03")
    void childCancelled_isNoFailure() {
        run(() -> TaskGroup.open(tg -> {
            Task<Void> one = tg.createTask(sleeping("one"));
            tg.createTask(() -> {
                sleep(SECOND);
                trace.add("two");
            });
            sleep(Duration.ZERO);
            one.cancel();
        }));

        assertThat(trace).containsExactly("one cancelled", "two");
    }

    @Test
    @AsIn("test_taskgroups.test_taskgroup_23")
    void childEnded_isForgottenAtOnce() {
        run(() -> TaskGroup.open(tg -> {
            tg.createTask(() -> { });
            assertThat(tg).hasToString("<TaskGroup tasks=1 entered>");
            sleep(SECOND);
            assertThat(tg).hasToString("<TaskGroup entered>");
        }));
    }

    @Test
    @AsIn({"test_taskgroups.test_taskgroup_04",
        "test_taskgroups.test_cancel_children_on_child_error"})
    void childFails_othersAndBodyAreCancelled() {
        run(() -> {
            ExceptionGroup group = groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(failing(SECOND, "bang"));
                tg.createTask(sleeping("child"));
                sleeping("body").run();
            }));

            assertThat(group).hasMessage("unhandled errors in a TaskGroup (1 sub-exception)")
                    .hasNoCause();
            assertThat(messages(group)).containsExactly("bang");
            assertThat(currentTask().cancelling()).isZero();
            sleep(SECOND);
        });

        assertThat(trace).containsExactlyInAnyOrder("child cancelled", "body cancelled");
        assertThat(loop.time()).isEqualTo(2 * SECOND.toNanos());
    }

    @Test
    void childFails_whileTheGroupWaits_cancelsTheOthersOnce() {
        run(() -> {
            ExceptionGroup group = groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(failing(SECOND, "bang"));
                tg.createTask(() -> {
                    try {
                        sleep(LONG);
                    } catch (CancelledError e) {
                        sleep(SECOND);
                        trace.add("cleaned up");
                    }
                });
            }));
            assertThat(messages(group)).containsExactly("bang");
            assertThat(currentTask().cancelling()).isZero();
        });

        assertThat(trace).containsExactly("cleaned up");
    }

    @Test
    @AsIn({"test_taskgroups.test_taskgroup_08", "test_taskgroups.test_taskgroup_19"})
    void failuresWhileBeingCancelled_areCollected_thatOfTheBodyLast() {
        run(() -> {
            ExceptionGroup group = groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(() -> failWhenCancelled("one"));
                tg.createTask(failing(SECOND, "first"));
                failWhenCancelled("body");
            }));

            assertThat(messages(group)).containsExactly("first", "one", "body");
            assertThat(group).hasMessage("unhandled errors in a TaskGroup (3 sub-exceptions)");
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    private static void failWhenCancelled(String message) throws Boom {
        try {
            sleep(LONG);
        } catch (CancelledError e) {
            throw new Boom(message);
        }
    }

    @Test
    @AsIn({"test_taskgroups.test_taskgroup_09", "test_taskgroups.test_taskgroup_10",
        "test_taskgroups.test_taskgroup_context_manager_exit_raises"})
    void bodyFails_isWrappedToo_andTheTasksAreCancelled() {
        run(() -> {
            Boom boom = new Boom("body");
            ExceptionGroup group = groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(sleeping("child"));
                sleep(SECOND);
                throwIt(boom);
            }));
            assertThat(group.exceptions()).containsExactly(boom);

            ExceptionGroup alone = groupOf(() -> TaskGroup.open(_ -> {
                throwIt(boom);
            }));
            assertThat(alone.exceptions()).containsExactly(boom);
        });

        assertThat(trace).containsExactly("child cancelled");
    }

    private static void throwIt(Exception exception) throws Exception {
        throw exception;
    }

    @Test
    @AsIn({"test_taskgroups.test_taskgroup_20a", "test_taskgroups.test_taskgroup_21a"})
    void anErrorAmongThem_makesABaseExceptionGroup() {
        run(() -> {
            BaseExceptionGroup group = catchThrowableOfType(BaseExceptionGroup.class,
                    () -> TaskGroup.open(tg -> {
                        tg.createTask(failing(SECOND, "bang"));
                        try {
                            sleep(LONG);
                        } finally {
                            fail(new AssertionError("body"));
                        }
                    }));
            assertThat(messages(group)).containsExactly("bang", "body");

            assertThatThrownBy(() -> TaskGroup.open(tg -> {
                tg.createTask(() -> fail(new OutOfMemoryError("not really")));
            })).isInstanceOf(BaseExceptionGroup.class);
        });
    }

    static void fail(Error error) {
        throw error;
    }

    @Test
    @AsIn("test_taskgroups.test_taskgroup_20")
    void keyboardInterruptInTheBody_leavesBare_afterTheTasks() {
        run(() -> {
            KeyboardInterrupt interrupt = new KeyboardInterrupt();
            assertThatThrownBy(() -> TaskGroup.open(tg -> {
                tg.createTask(failing(SECOND, "bang"));
                tg.createTask(sleeping("child"));
                try {
                    sleep(LONG);
                } finally {
                    fail(interrupt);
                }
            })).isSameAs(interrupt);
            assertThat(interrupt.getSuppressed()).hasSize(1).allMatch(Boom.class::isInstance);
            assertThat(currentTask().cancelling()).isZero();
        });

        assertThat(trace).containsExactly("child cancelled");
    }

    @Test
    void systemExitInAChild_stopsTheLoop_thenLeavesBare() {
        SystemExit exit = new SystemExit(3);
        Task<Void> main = loop.createTask(() -> {
            try {
                TaskGroup.open(tg -> {
                    tg.createTask(() -> fail(exit));
                    tg.createTask(sleeping("child"));
                });
            } catch (SystemExit e) {
                trace.add(e);
            }
        });
        assertThatThrownBy(() -> loop.runUntilComplete(main)).isSameAs(exit);
        loop.runUntilComplete(main);

        assertThat(trace).containsExactly("child cancelled", exit);
    }

    // ---- cancellation from outside

    @Test
    @AsIn({"test_taskgroups.test_cancellation", "test_taskgroups.test_taskgroup_07",
        "test_taskgroups.test_taskgroup_17", "test_taskgroups.test_taskgroup_22"})
    void cancelled_inTheBodyOrTheWait_cancelsTheTasksAndThrowsAfterThem() {
        for (boolean inTheBody : List.of(true, false)) {
            trace.clear();
            run(() -> {
                Task<Void> runner = createTask(() -> TaskGroup.open(tg -> {
                    tg.createTask(sleeping("one"));
                    tg.createTask(sleeping("two"));
                    if (inTheBody) sleeping("body").run();
                }));
                sleep(SECOND);
                runner.cancel("why");
                CancelledError error =
                        catchThrowableOfType(CancelledError.class, runner::await);
                assertThat(error.reason()).isEqualTo("why");
                assertThat(runner.cancelled()).isTrue();
            });
            assertThat(trace).contains("one cancelled", "two cancelled")
                    .hasSize(inTheBody ? 3 : 2);
        }
    }

    @Test
    void cancelled_childFailsWhileTheBodyCleansUp_theGroupWins() {
        run(() -> {
            Task<Void> runner = createTask(() -> TaskGroup.open(tg -> {
                tg.createTask(failing(Duration.ofMillis(300), "bang"));
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    sleep(SECOND);
                    throw e;
                }
            }));
            sleep(Duration.ofMillis(100));
            runner.cancel();
            assertThat(messages(groupOf(runner::await))).containsExactly("bang");
            assertThat(runner.cancelled()).isFalse();
        });
    }

    @Test
    @AsIn("test_taskgroups.test_taskgroup_18")
    void cancelled_bodyThrowsAnother_groupIsThrownAndTheCancelComesAgain() {
        run(() -> {
            Task<?> me = currentTask();
            loop.callLater(SECOND, () -> me.cancel("why"));
            ExceptionGroup group = groupOf(() -> TaskGroup.open(_ -> {
                failWhenCancelled("body");
            }));
            assertThat(messages(group)).containsExactly("body");
            assertThat(me.cancelling()).isEqualTo(1);
            assertCancelledAtTheNextWait();
            assertThat(me.uncancel()).isZero();
        });
    }

    @Test
    void cancelled_twiceWhileWaiting_goesOnWaitingAndThrowsTheFirst() {
        run(() -> {
            Task<?> me = currentTask();
            for (int i = 1; i <= 3; i++) {
                int reason = i;
                loop.callLater(Duration.ofSeconds(i), () -> me.cancel(reason));
            }
            CancelledError error = catchThrowableOfType(CancelledError.class,
                    () -> TaskGroup.open(tg -> {
                        tg.createTask(() -> {
                            try {
                                sleep(LONG);
                            } catch (CancelledError e) {
                                trace.add("child cancelled");
                                sleep(Duration.ofSeconds(10));
                                trace.add("cleaned up");
                            }
                        });
                    }));
            assertThat(error.reason()).isEqualTo(1);
            assertThat(me.cancelling()).isEqualTo(3);
            for (int i = 0; i < 3; i++) me.uncancel();
        });

        assertThat(trace).containsExactly("child cancelled", "cleaned up");
        assertThat(loop.time()).isEqualTo(Duration.ofSeconds(11).toNanos());
    }

    /// Scenario 13 of the surface list; cpython 116720.
    @Test
    @AsIn("test_taskgroups.test_error_and_cancel")
    void cancelled_andAChildFails_groupIsThrownAndTheCancelComesAgain() {
        run(() -> {
            Task<?> me = currentTask();
            ExceptionGroup group = groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(() -> failWhenCancelled("child"));
                sleep(Duration.ZERO);
                me.cancel("why");
                sleep(LONG);
            }));
            assertThat(messages(group)).containsExactly("child");
            assertThat(me.cancelling()).isEqualTo(1);
            CancelledError again = catchThrowableOfType(
                    CancelledError.class, () -> sleep(Duration.ZERO));
            assertThat(again.reason()).isEqualTo("why");
            me.uncancel();
        });
    }

    @Test
    void childFailsAndThenCancelledInTheSameTurn_keepsBoth() {
        run(() -> {
            Task<?> me = currentTask();
            ExceptionGroup group = groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(failing(SECOND, "child"));
                createTask(() -> {              // of nobody's group
                    sleep(SECOND);
                    sleep(Duration.ZERO);       // until the group knows
                    me.cancel();
                });
                sleep(LONG);
            }));
            assertThat(messages(group)).containsExactly("child");
            trace.add(me.cancelling());
            if (me.cancelling() > 0) assertCancelledAtTheNextWait();
            me.uncancel();
        });

        assertThat(trace).containsExactly(1);
    }

    /// Counted before the group, and done with: no business of the group.
    @Test
    void cancelCaughtBefore_isNotDeliveredAgain() {
        run(() -> {
            Task<?> me = currentTask();
            me.cancel();
            assertThatThrownBy(() -> sleep(SECOND)).isInstanceOf(CancelledError.class);

            assertThat(groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(failing(SECOND, "child"));
                sleep(LONG);
            }))).isNotNull();
            assertThat(me.cancelling()).isEqualTo(1);
            sleep(SECOND);

            TaskGroup.open(tg -> {
                loop.callLater(SECOND, tg::cancel);
                sleep(LONG);
            });
            assertThat(me.uncancel()).isZero();
        });
    }

    /// Requested before the group, and delivered in it: it goes on.
    @Test
    void cancelPendingAtEntry_isNotLost() {
        run(() -> {
            Task<?> me = currentTask();
            me.cancel("early");
            assertThat(groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(failing(Duration.ZERO, "child"));
                try {
                    sleep(LONG);
                } finally {
                    sleep(SECOND);          // the child fails meanwhile
                }
            }))).isNotNull();
            assertThat(me.cancelling()).isEqualTo(1);
            me.uncancel();

            me.cancel("early");
            assertThatThrownBy(() -> TaskGroup.open(tg -> {
                tg.cancel();
                sleep(LONG);
            })).isInstanceOf(CancelledError.class);
            me.uncancel();
        });
    }

    @Test
    void cancelPendingAtEntry_bodyThrowsAnother_comesAgain() {
        run(() -> {
            Task<?> me = currentTask();
            me.cancel("early");
            assertThat(groupOf(() -> TaskGroup.open(tg -> {
                assertThatThrownBy(() -> sleep(LONG)).isInstanceOf(CancelledError.class);
                throwIt(new Boom("body"));
            }))).isNotNull();

            CancelledError again = catchThrowableOfType(
                    CancelledError.class, () -> sleep(LONG));
            assertThat(again.reason()).isEqualTo("early");
            sleep(SECOND);
            assertThat(me.uncancel()).isZero();
        });
    }

    /// What the task awaits may swallow a cancellation; the group has had it all the same.
    @Test
    void cancelPendingAtEntry_swallowedByWhatIsAwaited_comesAgain() {
        run(() -> {
            Task<?> me = currentTask();
            Task<Void> failing = createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    throwIt(new Boom("in cleanup"));
                }
            });
            sleep(Duration.ZERO);
            me.cancel();
            assertThat(messages(groupOf(() -> TaskGroup.open(tg -> {
                failing.await();
            })))).containsExactly("in cleanup");

            assertCancelledAtTheNextWait();
            me.uncancel();
        });
    }

    /// It does not come again from under a shield, and is not lost there either.
    @Test
    void cancelled_bodyRaisesAShieldAndThrowsAnother_comesAgainOutsideOfIt() {
        run(() -> {
            Task<?> me = currentTask();
            CancelScope.open(scope -> {
                assertThat(groupOf(() -> TaskGroup.open(tg -> {
                    me.cancel();
                    assertThatThrownBy(() -> sleep(LONG)).isInstanceOf(CancelledError.class);
                    scope.setShield(true);
                    throwIt(new Boom("body"));
                }))).isNotNull();
                sleep(SECOND);
            });

            assertCancelledAtTheNextWait();
            me.uncancel();
        });
    }

    @Test
    @AsIn("test_taskgroups.test_cancelling_level_preserved")
    void cancelling_isTheSameBeforeAndAfter() {
        run(() -> {
            Task<?> me = currentTask();
            groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(failing(Duration.ZERO, "one"));
                try {
                    sleep(LONG);
                } finally {
                    trace.add(me.cancelling());
                }
            }));
            trace.add(me.cancelling());
        });

        assertThat(trace).containsExactly(1, 0);
    }

    @Test
    @AsIn("test_taskgroups.test_cancellation_does_not_leak_out_of_tg")
    void childFails_afterTheBody_leavesNothingForTheNextWait() {
        run(() -> {
            assertThat(groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(failing(SECOND, "bang"));
            }))).isNotNull();
            sleep(SECOND);
            trace.add("slept");
        });

        assertThat(trace).containsExactly("slept");
    }

    // ---- nesting

    @Test
    @AsIn({"test_taskgroups.test_taskgroup_13", "test_taskgroups.test_taskgroup_14"})
    void nested_innerFails_isAGroupInAGroup() {
        run(() -> {
            ExceptionGroup outer = groupOf(() -> TaskGroup.open(one -> {
                one.createTask(sleeping("outer child"));
                TaskGroup.open(two -> {
                    two.createTask(failing(SECOND, "inner"));
                });
            }));
            assertThat(outer.exceptions()).hasSize(1);
            assertThat(messages((ExceptionGroup) outer.exceptions().getFirst()))
                    .containsExactly("inner");

            ExceptionGroup other = groupOf(() -> TaskGroup.open(one -> {
                one.createTask(failing(SECOND, "outer"));
                TaskGroup.open(two -> {
                    two.createTask(sleeping("inner child"));
                });
            }));
            assertThat(messages(other)).containsExactly("outer");
            assertThat(currentTask().cancelling()).isZero();
        });

        assertThat(trace).containsExactly("outer child cancelled", "inner child cancelled");
    }

    @Test
    @AsIn("test_taskgroups.test_nested_groups_both_cancelled")
    void nested_bothFail_countIsOneBetweenThem() {
        run(() -> {
            ExceptionGroup outer = groupOf(() -> TaskGroup.open(one -> {
                one.createTask(failing(SECOND, "outer"));
                ExceptionGroup inner = groupOf(() -> TaskGroup.open(two -> {
                    two.createTask(failing(SECOND, "inner"));
                    sleep(LONG);
                }));
                trace.add(messages(inner));
                trace.add(currentTask().cancelling());
            }));
            assertThat(messages(outer)).containsExactly("outer");
            assertThat(currentTask().cancelling()).isZero();
            sleep(SECOND);
        });

        assertThat(trace).containsExactly(List.of("inner"), 1);
    }

    @Test
    @AsIn({"test_taskgroups.test_taskgroup_11", "test_taskgroups.test_taskgroup_12"})
    void nested_cancelledFromOutside_isOneCancelledError() {
        run(() -> {
            Task<Void> runner = createTask(() -> TaskGroup.open(one -> {
                one.createTask(sleeping("one"));
                TaskGroup.open(two -> {
                    two.createTask(sleeping("two"));
                    sleep(LONG);
                });
            }));
            sleep(SECOND);
            runner.cancel();
            assertThatThrownBy(runner::await).isInstanceOf(CancelledError.class);
        });

        assertThat(trace).containsExactly("two cancelled", "one cancelled");
    }

    // ---- timeouts and level scopes around it

    @Test
    void timeoutAround_expires_isATimeoutException() {
        run(() -> {
            assertThatThrownBy(() -> timeout(SECOND, () -> TaskGroup.open(tg -> {
                tg.createTask(sleeping("child"));
            }))).isInstanceOf(TimeoutException.class);
            assertThat(currentTask().cancelling()).isZero();
            sleep(SECOND);
        });

        assertThat(trace).containsExactly("child cancelled");
    }

    @Test
    void timeoutAround_expiresWhileATaskFails_leavesNothingBehind() {
        run(() -> {
            assertThat(groupOf(() -> timeout(SECOND, () -> TaskGroup.open(tg -> {
                tg.createTask(() -> failWhenCancelled("child"));
                sleep(LONG);
            })))).isNotNull();
            assertThat(currentTask().cancelling()).isZero();
            sleep(SECOND);
        });
    }

    @Test
    void timeoutInside_isAFailureOfTheBody() {
        run(() -> {
            ExceptionGroup group = groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(sleeping("child"));
                timeout(SECOND, () -> sleep(LONG));
            }));
            assertThat(group.exceptions()).hasSize(1)
                    .allMatch(TimeoutException.class::isInstance);
        });
    }

    @Test
    void levelScopeAround_cancelled_waitsForTheTasksWithoutSpinning() {
        run(() -> {
            Task<?> me = currentTask();
            CancelScope scope = CancelScope.enterLevel(me);
            loop.callLater(SECOND, () -> scope.cancel(null));
            CancelledError error = catchThrowableOfType(CancelledError.class,
                    () -> TaskGroup.open(tg -> {
                        tg.createTask(() -> {
                            try {
                                sleep(LONG);
                            } catch (CancelledError e) {
                                sleep(SECOND);
                                trace.add("cleaned up");
                            }
                        });
                    }));
            assertThat(scope.leave(error)).isTrue();
            sleep(SECOND);
        });

        assertThat(trace).containsExactly("cleaned up");
        assertThat(loop.time()).isEqualTo(3 * SECOND.toNanos());
    }

    // ---- cancel()

    @Test
    @AsIn("test_taskgroups.test_taskgroup_cancel_children")
    void cancel_endsTheGroupQuietly() {
        run(() -> {
            Object result = TaskGroup.open(tg -> {
                tg.createTask(sleeping("child"));
                loop.callLater(SECOND, tg::cancel);
                sleeping("body").run();
                return "never";
            });
            assertThat(result).isNull();
            assertThat(currentTask().cancelling()).isZero();
            sleep(SECOND);
        });

        assertThat(trace).containsExactlyInAnyOrder("child cancelled", "body cancelled");
    }

    @Test
    void cancel_fromAChildOrWhileWaiting_endsTheGroupQuietly() {
        run(() -> {
            TaskGroup.open(tg -> {
                tg.createTask(sleeping("child"));
                tg.createTask(() -> {
                    sleep(SECOND);
                    tg.cancel();
                    tg.cancel();
                    sleeping("canceller").run();
                });
            });
            assertThat(currentTask().cancelling()).isZero();
        });

        assertThat(trace).containsExactly("child cancelled", "canceller cancelled");
    }

    @Test
    void cancel_byTheBody_reachesItsNextWait() {
        run(() -> {
            TaskGroup.open(tg -> {
                tg.cancel();
                trace.add("goes on");
                sleep(SECOND);
                trace.add("never");
            });
            String result = TaskGroup.open(tg -> {
                tg.createTask(sleeping("never begun"));
                tg.cancel();
                return "value";
            });
            trace.add(result);
            sleep(SECOND);
        });

        assertThat(trace).containsExactlyElementsOf(traceOfCancelByTheBody());
    }

    List<String> traceOfCancelByTheBody() {
        return List.of("goes on", "value");         // the child has not begun
    }

    @Test
    void cancel_andAChildFails_throwsTheGroup() {
        run(() -> {
            ExceptionGroup group = groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(() -> failWhenCancelled("child"));
                sleep(Duration.ZERO);
                tg.cancel();
            }));
            assertThat(messages(group)).containsExactly("child");
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    /// cpython 155433.
    @Test
    void cancel_thenCancelledFromOutside_isNotSwallowed() {
        for (boolean together : List.of(true, false)) {
            run(() -> {
                Task<?> me = currentTask();
                CancelledError error = catchThrowableOfType(CancelledError.class,
                        () -> TaskGroup.open(tg -> {
                            tg.createTask(() -> {
                                try {
                                    sleep(LONG);
                                } catch (CancelledError e) {
                                    sleep(Duration.ofSeconds(3));
                                }
                            });
                            sleep(SECOND);
                            tg.cancel();
                            if (together) me.cancel("outside");
                            else loop.callLater(SECOND, () -> me.cancel("outside"));
                            sleep(LONG);
                        }));
                assertThat(error.reason()).isEqualTo("outside");
                assertThat(me.cancelling()).isEqualTo(1);
                me.uncancel();
            });
        }
    }

    @Test
    void cancel_thenATimeoutAround_isATimeoutException() {
        run(() -> assertThatThrownBy(() -> timeout(SECOND, () -> TaskGroup.open(tg -> {
            tg.createTask(() -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    sleep(Duration.ofSeconds(3));
                }
            });
            sleep(SECOND.dividedBy(2));
            tg.cancel();
        }))).isInstanceOf(TimeoutException.class));
    }

    @Test
    void cancel_afterTheEnd_doesNothing() {
        run(() -> {
            TaskGroup.open(tg -> {
                kept = tg;
            });
            kept.cancel();
            assertThat(kept).hasToString("<TaskGroup finished>");
            sleep(SECOND);
        });
    }

    // ---- createTask

    @Test
    @AsIn("test_taskgroups.test_taskgroup_finished")
    void createTask_afterTheEnd_isRefused() {
        run(() -> {
            TaskGroup.open(tg -> {
                kept = tg;
            });
            assertThatIllegalStateException()
                    .isThrownBy(() -> kept.createTask(() -> trace.add("never")))
                    .withMessageContaining("finished");
            sleep(SECOND);
        });

        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn({"test_taskgroups.test_taskgroup_no_create_task_after_failure",
        "test_taskgroups.test_coro_closed_when_tg_closed"})
    void createTask_whileShuttingDown_isRefused() {
        run(() -> {
            ExceptionGroup group = groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(failing(SECOND, "bang"));
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    assertThatIllegalStateException()
                            .isThrownBy(() -> tg.createTask(() -> trace.add("never")))
                            .withMessageContaining("shutting down");
                    throw e;
                }
            }));
            assertThat(messages(group)).containsExactly("bang");
        });

        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn({"test_taskgroups.test_taskgroup_24", "test_taskgroups.test_taskgroup_25"})
    void createTask_byAChildWhileWaiting_isWaitedForToo() {
        run(() -> TaskGroup.open(tg -> {
            tg.createTask(() -> {
                sleep(SECOND);
                tg.createTask(() -> {
                    sleep(SECOND);
                    trace.add("grandchild");
                });
            });
        }));

        assertThat(trace).containsExactly("grandchild");
    }

    @Test
    @AsIn("test_taskgroups.test_cancels_task_if_created_during_creation")
    void createTask_ofOneThatFailsAtOnce_cancelsItsMaker() {
        run(() -> {
            ExceptionGroup group = groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(() -> {
                    tg.createTask(failing(Duration.ZERO, "third"));
                    assertThatThrownBy(() -> {
                        sleep(Duration.ZERO);
                        sleep(Duration.ZERO);
                        sleep(Duration.ZERO);
                    }).isInstanceOf(CancelledError.class);
                    trace.add("ran");
                });
            }));
            assertThat(messages(group)).containsExactly("third");
        });

        assertThat(trace).containsExactly("ran");
    }

    @Test
    @AsIn({"test_taskgroups.test_taskgroup_task_name", "test_taskgroups.test_name"})
    void createTask_withOptions_passesThemOn() {
        run(() -> TaskGroup.open(tg -> {
            assertThat(tg.createTask(() -> 1, o -> o.withName("reader")).getName())
                    .isEqualTo("reader");
        }));
    }

    @Test
    @AsIn("test_taskgroups.test_taskgroup_without_parent_task")
    void open_outsideOfATask_isRefused() {
        assertThatIllegalStateException().isThrownBy(TaskGroup::open);
        loop.callSoon(() -> {
            try {
                trace.add(TaskGroup.open());
            } catch (IllegalStateException e) {
                trace.add("refused");
            }
        });
        run(() -> sleep(SECOND));

        assertThat(trace).containsExactly("refused");
    }

    // ---- what is left behind

    @Test
    @AsIn({"test_taskgroups.test_exception_refcycles_direct",
        "test_taskgroups.test_exception_refcycles_errors",
        "test_taskgroups.test_exception_refcycles_parent_task"})
    void afterTheEnd_theGroupHoldsNothing() throws Exception {
        run(() -> groupOf(() -> TaskGroup.open(tg -> {
            kept = tg;
            tg.createTask(failing(SECOND, "bang"));
        })));

        for (String name : List.of("parent", "scope", "fatal")) {
            var field = TaskGroup.class.getDeclaredField(name);
            field.setAccessible(true);
            assertThat(field.get(kept)).as(name).isNull();
        }
        assertThat(kept).hasToString("<TaskGroup cancelling>");
    }

    @Test
    void toString_tellsTasksErrorsAndState() {
        run(() -> groupOf(() -> TaskGroup.open(tg -> {
            assertThat(tg).hasToString("<TaskGroup entered>");
            tg.createTask(failing(Duration.ZERO, "bang"));
            tg.createTask(sleeping("child"));
            assertThat(tg).hasToString("<TaskGroup tasks=2 entered>");
            try {
                sleep(LONG);
            } finally {
                trace.add(tg.toString());
            }
        })));

        assertThat(trace).contains("<TaskGroup tasks=1 errors=1 cancelling>");
    }

    @Test
    void exitWait_listsTheTasksItDependsOn() {
        run(() -> {
            Task<?> me = currentTask();
            TaskGroup.open(tg -> {
                Task<Void> one = tg.createTask(() -> sleep(SECOND));
                tg.createTask(() -> {
                    trace.add(me.toString());
                    assertThat(one.done()).isFalse();
                });
            });
        });

        assertThat(trace).hasSize(1);
        assertThat((String) trace.getFirst()).contains("wait_for=<DependentFuture pending>");
    }

    // ---- join and close

    @Test
    void join_waitsAndThrowsTheGroup() {
        run(() -> {
            ExceptionGroup group = groupOf(() -> {
                try (TaskGroup tg = TaskGroup.open()) {
                    tg.createTask(failing(SECOND, "bang"));
                    tg.createTask(sleeping("child"));
                    tg.join();
                }
            });
            assertThat(messages(group)).containsExactly("bang");
            assertThat(group.getSuppressed()).hasSize(1);
            assertThat(currentTask().cancelling()).isZero();

            try (TaskGroup tg = TaskGroup.open()) {
                tg.createTask(() -> trace.add("done"));
                tg.join();
            }
        });

        assertThat(trace).containsExactly("child cancelled", "done");
    }

    @Test
    void join_afterTheBodyCaughtItsCancellation_throwsTheGroup() {
        run(() -> {
            ExceptionGroup group = groupOf(() -> {
                try (TaskGroup tg = TaskGroup.open()) {
                    tg.createTask(failing(SECOND, "bang"));
                    try {
                        sleep(LONG);
                    } catch (CancelledError e) {
                        trace.add("caught");
                    }
                    tg.join();
                }
            });
            assertThat(messages(group)).containsExactly("bang");
        });

        assertThat(trace).containsExactly("caught");
    }

    @Test
    void join_twiceOrInTheWrongPlace_isRefused() {
        run(() -> {
            try (TaskGroup tg = TaskGroup.open()) {
                assertThatIllegalStateException()
                        .isThrownBy(() -> timeout(SECOND, () -> tg.join()))
                        .withMessageContaining("entered after");
                Task<Void> other = createTask(() -> tg.join());
                assertThatIllegalStateException().isThrownBy(other::await)
                        .withMessageContaining("the task that entered");
                tg.join();
                assertThatIllegalStateException().isThrownBy(tg::join)
                        .withMessageContaining("over");
            }
            TaskGroup.open(tg -> {
                assertThatIllegalStateException().isThrownBy(tg::join);
                assertThatIllegalStateException().isThrownBy(tg::close);
            });
        });
    }

    @Test
    void close_afterTheBodyFailed_cancelsAndAddsFailuresAsSuppressed() {
        run(() -> {
            IOException thrown = catchThrowableOfType(IOException.class, () -> {
                try (TaskGroup tg = TaskGroup.open()) {
                    tg.createTask(() -> failWhenCancelled("child"));
                    sleep(SECOND);
                    throwIt(new IOException("body"));
                    tg.join();
                }
            });
            assertThat(thrown).hasMessage("body");
            assertThat(thrown.getSuppressed()).hasSize(1)
                    .allMatch(ExceptionGroup.class::isInstance);
            assertThat(currentTask().cancelling()).isZero();
            sleep(SECOND);
        });
    }

    @Test
    void close_afterTheGroupCancelledItsBody_reportsWhy() {
        run(() -> {
            CancelledError thrown = catchThrowableOfType(CancelledError.class, () -> {
                try (TaskGroup tg = TaskGroup.open()) {
                    tg.createTask(failing(SECOND, "child"));
                    sleep(LONG);
                    tg.join();
                }
            });
            assertThat(thrown.getSuppressed()).hasSize(1);
            assertThat(currentTask().cancelling()).isZero();
            sleep(SECOND);
        });

        ExceptionContext report = check.takeReport();
        assertThat(report.exception()).isInstanceOf(ExceptionGroup.class);
        assertThat(report.message()).contains("without join()");
    }

    @Test
    void close_withoutJoin_cancelsAndWaits_andKeepsACancelFromOutside() {
        run(() -> {
            Task<?> me = currentTask();
            try (TaskGroup tg = TaskGroup.open()) {
                tg.createTask(() -> {
                    try {
                        sleep(LONG);
                    } catch (CancelledError e) {
                        me.cancel();
                        sleep(SECOND);
                        trace.add("cleaned up");
                    }
                });
                sleep(Duration.ZERO);
            }
            assertThat(me.cancelling()).isEqualTo(1);
            assertCancelledAtTheNextWait();
            me.uncancel();
        });

        assertThat(trace).containsExactly("cleaned up");
    }

    @Test
    void neverClosed_aFailureAfterItsParent_isReported() {
        run(() -> {
            Task<Void> parent = createTask(() -> {
                TaskGroup.open().createTask(failing(SECOND, "late"));
            });
            parent.await();
            sleep(SECOND);
            sleep(SECOND);
        });

        assertThat(check.takeReport().exception()).hasMessage("late");
    }

    // ---- start

    @Test
    void start_waitsUntilStarted_andTheTaskGoesOnInTheGroup() {
        run(() -> {
            TaskGroup.open(tg -> {
                String value = tg.start(status -> {
                    sleep(SECOND);
                    status.started("ready");
                    sleep(SECOND);
                    trace.add("task ended");
                });
                trace.add(value);
                assertThat(loop.time()).isEqualTo(SECOND.toNanos());
            });
            trace.add("group ended");
        });

        assertThat(trace).containsExactly("ready", "task ended", "group ended");
    }

    @Test
    void start_failsBeforeStarted_throwsItBareAndTheGroupGoesOn() {
        run(() -> TaskGroup.open(tg -> {
            tg.createTask(() -> {
                sleep(LONG);
                trace.add("other");
            });
            assertThatThrownBy(() -> tg.start(_ -> {
                sleep(SECOND);
                throw new Boom("no address");
            })).isInstanceOf(Boom.class).hasMessage("no address");
            assertThat(currentTask().cancelling()).isZero();
        }));

        assertThat(trace).containsExactly("other");
    }

    @Test
    void start_failsAfterStarted_isAFailureOfTheGroup() {
        run(() -> {
            ExceptionGroup group = groupOf(() -> TaskGroup.open(tg -> {
                tg.<String>start(status -> {
                    status.started("ready");
                    throw new Boom("later");
                });
                sleep(LONG);
            }));
            assertThat(messages(group)).containsExactly("later");
        });
    }

    @Test
    void start_endsWithoutStarted_isAnError() {
        run(() -> TaskGroup.open(tg -> {
            assertThatIllegalStateException().isThrownBy(() -> tg.start(_ -> sleep(SECOND)))
                    .withMessageContaining("never called started");
            assertThatThrownBy(() -> tg.start(_ -> currentTask().cancel()))
                    .isInstanceOf(CancelledError.class);
            assertThat(currentTask().cancelling()).isZero();
        }));
    }

    @Test
    void started_twiceOrTooLate_isAnError() {
        run(() -> {
            ExceptionGroup group = groupOf(() -> TaskGroup.open(tg -> {
                tg.<String>start(status -> {
                    status.started("one");
                    status.started("two");
                });
            }));
            assertThat(messages(group)).singleElement().asString()
                    .contains("started was called before");

            TaskGroup.open(tg -> {
                List<TaskStatus<String>> statuses = new ArrayList<>();
                assertThatIllegalStateException().isThrownBy(
                        () -> tg.<String>start(status -> statuses.add(status)));
                assertThatIllegalStateException()
                        .isThrownBy(() -> statuses.getFirst().started("late"))
                        .withMessageContaining("too late");
            });
        });
    }

    @Test
    void start_callerCancelled_cancelsTheTaskOnceAndWaitsForIt() {
        run(() -> {
            Task<Void> runner = createTask(() -> TaskGroup.open(tg -> {
                tg.<String>start(status -> {
                    try {
                        sleep(LONG);
                    } catch (CancelledError e) {
                        sleep(SECOND);
                        status.started("does nothing");
                        trace.add("cleaned up");
                        throw e;
                    }
                });
            }));
            sleep(SECOND);
            runner.cancel("why");
            CancelledError error = catchThrowableOfType(CancelledError.class, runner::await);
            assertThat(error.reason()).isEqualTo("why");
        });

        assertThat(trace).containsExactly("cleaned up");
        assertThat(loop.time()).isEqualTo(2 * SECOND.toNanos());
    }

    @Test
    void start_callerCancelledAndTheTaskFails_throwsThatAndTheCancelComesAgain() {
        run(() -> TaskGroup.open(tg -> {
            Task<?> me = currentTask();
            loop.callLater(SECOND, () -> me.cancel());
            assertThatThrownBy(() -> tg.start(_ -> failWhenCancelled("cleanup")))
                    .isInstanceOf(Boom.class);
            assertThat(me.cancelling()).isEqualTo(1);
            assertCancelledAtTheNextWait();
            me.uncancel();
        }));
    }

    @Test
    void start_groupFailsMeanwhile_cancelsTheTaskOnce() {
        run(() -> {
            ExceptionGroup group = groupOf(() -> TaskGroup.open(tg -> {
                tg.createTask(failing(SECOND, "bang"));
                tg.start(_ -> {
                    try {
                        sleep(LONG);
                    } catch (CancelledError e) {
                        sleep(SECOND);          // cancelled a second time, it would not end
                        trace.add("cleaned up");
                        throw e;
                    }
                });
            }));
            assertThat(messages(group)).containsExactly("bang");
            assertThat(currentTask().cancelling()).isZero();
        });

        assertThat(trace).containsExactly("cleaned up");
    }

    @Test
    void start_byAnotherTask_keepsTheGroupOpen() {
        run(() -> {
            List<Task<String>> starter = new ArrayList<>();
            TaskGroup.open(tg -> {
                starter.add(createTask(() -> tg.start(status -> {
                    sleep(SECOND);
                    status.started("ready");
                    sleep(SECOND);
                    trace.add("task ended");
                })));
                sleep(Duration.ZERO);
            });
            trace.add(starter.getFirst().await());
        });

        assertThat(trace).containsExactly("task ended", "ready");
    }

    @Test
    void start_inAFinishedGroup_isRefused() {
        run(() -> {
            TaskGroup.open(tg -> {
                kept = tg;
            });
            assertThatIllegalStateException()
                    .isThrownBy(() -> kept.start(_ -> trace.add("never")));
        });

        assertThat(trace).isEmpty();
    }

    // ---- many

    @Test
    void manyTasks_inOneGroup_allEnd() {
        int[] ended = {0};
        run(() -> {
            TaskGroup.open(tg -> {
                for (int i = 0; i < 100_000; i++) tg.createTask(() -> ended[0]++);
            });
            assertThat(ended[0]).isEqualTo(100_000);

            TaskGroup.open(tg -> {
                for (int i = 0; i < 20_000; i++) tg.createTask(() -> sleep(LONG));
                sleep(Duration.ZERO);
                tg.cancel();
            });
        });
    }

    @Test
    void manyGroups_eachInATaskOfTheOneAround_areCancelledAsOne() {
        int[] ended = {0};
        run(() -> TaskGroup.open(tg -> {
            loop.callLater(LONG, tg::cancel);
            tg.createTask(() -> nest(10_000, ended));
        }));

        assertThat(ended[0]).isEqualTo(10_000);
        assertThat(loop.time()).isEqualTo(LONG.toNanos());
    }

    private static void nest(int depth, int[] ended) throws ExceptionGroup {
        try {
            if (depth == 1) sleep(LONG.multipliedBy(2));
            else TaskGroup.open(tg -> {
                tg.createTask(() -> nest(depth - 1, ended));
            });
        } finally {
            ended[0]++;
        }
    }

    @Test
    void manyGroups_eachInTheBodyOfTheOneAround_areCancelledAsOne() {
        int[] ended = {0};
        run(() -> TaskGroup.open(tg -> {
            loop.callLater(LONG, tg::cancel);
            nestBodies(200, ended);
        }));

        assertThat(ended[0]).isEqualTo(200);
    }

    private static void nestBodies(int depth, int[] ended) throws ExceptionGroup {
        try {
            if (depth == 1) sleep(LONG.multipliedBy(2));
            else TaskGroup.open(tg -> {
                nestBodies(depth - 1, ended);
            });
        } finally {
            ended[0]++;
        }
    }
}
