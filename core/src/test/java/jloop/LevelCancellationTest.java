package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.failAfter;
import static jloop.Asyncio.moveOnAfter;
import static jloop.Asyncio.moveOnAt;
import static jloop.Asyncio.shielded;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;
import static jloop.Asyncio.timeoutAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Scopes as users see them: cancelled until they are left.
class LevelCancellationTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }

    private long seconds() {
        return TimeUnit.NANOSECONDS.toSeconds(loop.time());
    }

    /// Waits, and tells whether it could.
    private void tryToSleep(Duration delay) {
        try {
            sleep(delay);
            trace.add("slept");
        } catch (CancelledError e) {
            trace.add("cancelled");
        }
    }

    // ---- the scope

    @Test
    void open_notCancelled_runsToItsEnd() {
        run(() -> {
            boolean ended = CancelScope.open(scope -> {
                sleep(SECOND);
                assertThat(scope.cancelCalled()).isFalse();
                assertThat(scope.deadline()).isNull();
                assertThat(scope.shield()).isFalse();
                trace.add(scope);
            });

            assertThat(ended).isTrue();
            CancelScope scope = (CancelScope) trace.getFirst();
            assertThat(scope.cancelCalled()).isFalse();
            assertThat(scope.cancelledCaught()).isFalse();
            assertThat(scope).hasToString("<CancelScope left>");
        });
    }

    @Test
    void open_cancelledFromOutside_endsWhereItWaits() {
        run(() -> {
            CancelScope[] scopes = new CancelScope[1];
            boolean ended = CancelScope.open(scope -> {
                scopes[0] = scope;
                createTask(() -> {
                    sleep(SECOND);
                    scope.cancel("enough");
                    assertThat(scope.cancelCalled()).isTrue();
                    assertThat(scope.cancelledCaught()).isFalse();
                });
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    trace.add(e.reason());
                    throw e;
                }
            });

            assertThat(ended).isFalse();
            assertThat(scopes[0].cancelledCaught()).isTrue();
            assertThat(seconds()).isEqualTo(1);
            sleep(SECOND);                              // it ended with the scope
        });

        assertThat(trace).containsExactly("enough");
    }

    @Test
    void open_cancelledByItselfBeforeItWaits_endsAtTheFirstWait() {
        run(() -> {
            boolean ended = CancelScope.open(scope -> {
                scope.cancel("why");
                trace.add("goes on");
                sleep(Duration.ZERO);
                trace.add("never");
            });
            assertThat(ended).isFalse();
        });

        assertThat(trace).containsExactly("goes on");
    }

    @Test
    void open_cancelledAndNotWaiting_runsToItsEnd() {
        run(() -> {
            assertThat(CancelScope.open(scope -> scope.cancel())).isTrue();
            sleep(SECOND);
        });
    }

    @Test
    void open_whoseBodyCatches_getsAnotherErrorAtEachWait() {
        run(() -> CancelScope.open(scope -> {
            scope.cancel("why");
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> sleep(SECOND)).isInstanceOf(CancelledError.class)
                        .hasMessage("why");
            }
            assertThatThrownBy(() -> loop.createFuture().await())
                    .isInstanceOf(CancelledError.class);
            assertThat(currentTask().cancelling()).isZero();
            trace.add("end");
        }));

        assertThat(trace).containsExactly("end");
        assertThat(loop.time()).isZero();
    }

    @Test
    void open_whoseBodyThrowsSomethingElse_letsThatPass() {
        run(() -> {
            assertThatThrownBy(() -> CancelScope.open(scope -> {
                scope.cancel();
                try {
                    sleep(SECOND);
                } catch (CancelledError e) {
                    throw new IOException("other", e);
                }
            })).isInstanceOf(IOException.class).hasMessage("other");
            sleep(SECOND);
        });
    }

    @Test
    void open_withTheTaskCancelledToo_letsThatPass() {
        Task<Void> task = loop.createTask(() -> CancelScope.open(scope -> {
            scope.cancel();
            currentTask().cancel("task");
            sleep(SECOND);
        }) ? null : null);

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(task.cancelled()).isTrue();
    }

    /// The error of the task is on its way when the scope is cancelled, and cleanup gets the
    /// scope's.
    @Test
    void open_cancelledDuringCleanupOfATaskThatIsCancelled_letsTheTasksErrorPass() {
        Task<Void> task = loop.createTask(() -> {
            CancelScope.open(scope -> {
                try {
                    currentTask().cancel("task");
                    sleep(SECOND);
                } finally {
                    scope.cancel("scope");
                    tryToSleep(SECOND);
                }
            });
            trace.add("never");
        });

        assertThatThrownBy(() -> loop.runUntilComplete(task)).hasMessage("task");
        assertThat(trace).containsExactly("cancelled");
    }

    @Test
    void open_awaitingATaskThatRefuses_waitsForIt() {
        run(() -> {
            Task<String> stubborn = createTask(() -> {
                while (true) {
                    try {
                        sleep(LONG);
                        return "done";
                    } catch (CancelledError e) {
                        trace.add("refused");
                    }
                }
            });
            boolean ended = moveOnAfter(SECOND, () -> trace.add(stubborn.await()));
            assertThat(ended).isTrue();
            assertThat(seconds()).isEqualTo(101);
        });

        assertThat(trace).containsExactly("refused", "done");
        assertThat(loop.swallowedCancellations()).isEqualTo(1);      // by the stubborn one
    }

    @Test
    void open_outsideOfATask_isRefused() {
        assertThatIllegalStateException().isThrownBy(() -> CancelScope.open(_ -> { }));
        loop.callSoon(() -> {
            assertThatIllegalStateException().isThrownBy(() -> CancelScope.open(_ -> { }))
                    .withMessageContaining("CancelScope.open waits");
            trace.add("refused");
            loop.stop();
        });
        loop.runForever();

        assertThat(trace).containsExactly("refused");
    }

    @Test
    void leave_byAnotherTask_isRefused() {
        run(() -> CancelScope.open(scope -> {
            createTask(() -> {
                assertThatIllegalStateException().isThrownBy(() -> scope.leave(null))
                        .withMessageContaining("by the task that entered it");
                trace.add("refused");
            }).await();
        }));

        assertThat(trace).containsExactly("refused");
    }

    @Test
    void cancel_ofAScopeThatIsLeft_doesNothing() {
        run(() -> {
            List<CancelScope> left = new ArrayList<>();
            CancelScope.open(left::add);
            CancelScope scope = left.getFirst();

            scope.cancel();
            scope.setDeadline(loop.time() + 1);
            scope.setShield(true);

            assertThat(scope.cancelCalled()).isFalse();
            sleep(SECOND);
        });
    }

    @Test
    void cancel_fromAnotherThread_isRefused() throws InterruptedException {
        List<Throwable> thrown = new ArrayList<>();
        run(() -> CancelScope.open(scope -> {
            Thread thread = Thread.ofPlatform().start(() -> {
                for (Runnable call : List.<Runnable>of(scope::cancel,
                        () -> scope.setDeadline(1L), () -> scope.setShield(true))) {
                    try {
                        call.run();
                    } catch (WrongThreadException e) {
                        thrown.add(e);
                    }
                }
            });
            thread.join();
        }));

        assertThat(thrown).hasSize(3);
    }

    // ---- deadlines

    @Test
    void moveOnAfter_theDeadline_leavesTheBody() {
        run(() -> {
            assertThat(moveOnAfter(SECOND, () -> sleep(LONG))).isFalse();
            assertThat(seconds()).isEqualTo(1);
            assertThat(moveOnAfter(LONG, () -> sleep(SECOND))).isTrue();
            assertThat(moveOnAfter(null, () -> sleep(LONG))).isTrue();
            assertThat(moveOnAt(loop.time() + SECOND.toNanos(), () -> sleep(LONG))).isFalse();
            assertThat(seconds()).isEqualTo(103);
        });
    }

    @Test
    void moveOnAfter_zeroOrLess_throwsAtTheFirstWait() {
        run(() -> {
            for (Duration limit : List.of(Duration.ZERO, SECOND.negated())) {
                assertThat(moveOnAfter(limit, scope -> {
                    assertThat(scope.cancelCalled()).isTrue();
                    trace.add("begun");
                    sleep(Duration.ZERO);
                    trace.add("never");
                })).isFalse();
            }
            assertThat(moveOnAt(loop.time() - 1, () -> trace.add("no wait"))).isTrue();
        });

        assertThat(trace).containsExactly("begun", "begun", "no wait");
    }

    @Test
    void moveOnAfter_nested_holdsBothDeadlines() {
        run(() -> {
            assertThat(moveOnAfter(SECOND, () -> {
                moveOnAfter(LONG, () -> sleep(LONG));
                trace.add("never");
            })).isFalse();
            assertThat(seconds()).isEqualTo(1);
            assertThat(moveOnAfter(LONG, () -> {
                assertThat(moveOnAfter(SECOND, () -> sleep(LONG))).isFalse();
                sleep(SECOND);
                trace.add("outer goes on");
            })).isTrue();
        });

        assertThat(trace).containsExactly("outer goes on");
    }

    @Test
    void moveOnAfter_nestedWithEqualDeadlines_leavesBoth() {
        run(() -> {
            boolean outer = moveOnAfter(SECOND, () -> {
                trace.add(moveOnAfter(SECOND, () -> sleep(LONG)));
                sleep(Duration.ZERO);
                trace.add("never");
            });
            assertThat(outer).isFalse();
        });

        assertThat(trace).isSubsetOf(false);            // by the outer, or by both one by one
    }

    @Test
    void deadline_seenBeforeTheLoopSeesIt_counts() {
        run(() -> {
            long when = loop.time() + SECOND.toNanos();
            CancelScope.open(scope -> {
                scope.setDeadline(when);
                assertThat(scope.cancelCalled()).isFalse();
                scope.setDeadline(loop.time());
                assertThat(scope.cancelCalled()).isTrue();
            });
        });
    }

    @Test
    void setDeadline_earlierLaterAndNone_moves() {
        run(() -> {
            boolean ended = moveOnAfter(LONG, scope -> {
                long now = loop.time();
                assertThat(scope.deadline()).isEqualTo(now + LONG.toNanos());
                scope.setDeadline(now + SECOND.toNanos());
                assertThat(loop.timerCount()).isEqualTo(1);
                loop.callLater(Duration.ofMillis(500),
                        () -> scope.setDeadline(now + 3 * SECOND.toNanos()));
                sleep(LONG);
            });
            assertThat(ended).isFalse();
            assertThat(seconds()).isEqualTo(3);

            assertThat(moveOnAfter(SECOND, scope -> {
                scope.setDeadline(null);
                assertThat(scope.deadline()).isNull();
                sleep(LONG);
            })).isTrue();
        });
    }

    @Test
    void setDeadline_past_cancelsAtOnceAndForGood() {
        run(() -> assertThat(CancelScope.open(scope -> {
            loop.callLater(SECOND, () -> {
                scope.setDeadline(loop.time() - 1);
                scope.setDeadline(loop.time() + LONG.toNanos());
                scope.setDeadline(null);
            });
            tryToSleep(LONG);
            assertThat(seconds()).isEqualTo(1);
            sleep(SECOND);
        })).isFalse());

        assertThat(trace).containsExactly("cancelled");
    }

    @Test
    void failAfter_theDeadline_throwsTimeoutException() {
        run(() -> {
            assertThatThrownBy(() -> failAfter(SECOND, () -> {
                tryToSleep(LONG);
                sleep(LONG);
            })).isInstanceOf(TimeoutException.class).hasCauseInstanceOf(CancelledError.class);
            assertThat(seconds()).isEqualTo(1);
            assertThat(failAfter(SECOND, () -> "in time")).isEqualTo("in time");
            assertThat(failAfter(null, () -> sleep(LONG, (String) null))).isNull();
            assertThatThrownBy(() -> failAfter(Duration.ZERO, () -> sleep(LONG)))
                    .isInstanceOf(TimeoutException.class);
        });

        assertThat(trace).containsExactly("cancelled");
    }

    @Test
    void failAfter_withTheTaskCancelled_isNoTimeout() {
        Task<String> task = loop.createTask(() -> failAfter(SECOND, () -> sleep(LONG, "late")));
        loop.callLater(Duration.ofMillis(1), task::cancel);

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
    }

    @Test
    void timeoutAt_aTime_isATimeout() {
        run(() -> {
            assertThatThrownBy(() -> timeoutAt(SECOND.toNanos(), () -> sleep(LONG)))
                    .isInstanceOf(TimeoutException.class);
            assertThat(seconds()).isEqualTo(1);
            assertThat(timeoutAt(LONG.toNanos(), () -> "in time")).isEqualTo("in time");
        });
    }

    @Test
    void moveOnAfter_aroundATimeout_letsEachKeepItsOwn() {
        run(() -> {
            assertThat(moveOnAfter(SECOND, () -> timeout(LONG, () -> sleep(LONG)))).isFalse();
            assertThat(currentTask().cancelling()).isZero();
            assertThatThrownBy(() -> moveOnAfter(LONG, () -> timeout(SECOND, () -> sleep(LONG))))
                    .isInstanceOf(TimeoutException.class);
            assertThatThrownBy(() -> timeout(SECOND, () -> {
                moveOnAfter(LONG, () -> sleep(LONG));
            })).isInstanceOf(TimeoutException.class);
            assertThat(currentTask().cancelling()).isZero();
        });
    }

    // ---- shields

    @Test
    void shielded_cancelledFromOutside_isToldAtItsEnd() {
        Task<Void> task = loop.createTask(() -> {
            trace.add(shielded(() -> sleep(Duration.ofSeconds(2), "whole")));
            sleep(SECOND);
            trace.add("never");
        });
        loop.callLater(SECOND, () -> task.cancel());

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(trace).containsExactly("whole");
        assertThat(seconds()).isEqualTo(2);
    }

    /// Cleanup that waits, in a scope that is cancelled already.
    @Test
    void shielded_inACancelledScope_canWait() {
        run(() -> {
            assertThat(moveOnAfter(SECOND, () -> {
                try {
                    sleep(LONG);
                } finally {
                    shielded(() -> tryToSleep(SECOND));
                    tryToSleep(SECOND);
                }
            })).isFalse();
            assertThat(seconds()).isEqualTo(2);
        });

        assertThat(trace).containsExactly("slept", "cancelled");
    }

    /// What was requested before the shield was entered, and not told yet, waits too.
    @Test
    void shielded_enteredWithARequestToBeTold_keepsItOff() {
        Task<Void> task = loop.createTask(() -> {
            currentTask().cancel("why");
            shielded(() -> tryToSleep(SECOND));
            CancelScope.open(scope -> {
                scope.cancel();
                shielded(() -> tryToSleep(SECOND));
            });
            sleep(SECOND);
        });

        assertThatThrownBy(() -> loop.runUntilComplete(task)).hasMessage("why");
        assertThat(trace).containsExactly("slept", "slept");
    }

    @Test
    void shielded_withALimit_endsByThat() {
        Task<Void> task = loop.createTask(() -> {
            trace.add(shielded(Duration.ofSeconds(3), () -> tryToSleep(SECOND)));
            trace.add(shielded(SECOND, () -> sleep(LONG)));
            sleep(SECOND);
        });
        loop.callLater(Duration.ofMillis(1), () -> task.cancel());

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(trace).containsExactly("slept", true, false);
        assertThat(seconds()).isEqualTo(2);
    }

    @Test
    void setShield_loweredWhileCancelled_deliversAtOnce() {
        run(() -> assertThat(moveOnAfter(SECOND, () -> CancelScope.open(inner -> {
            inner.setShield(true);
            loop.callLater(Duration.ofSeconds(5), () -> inner.setShield(false));
            tryToSleep(LONG);
            trace.add(seconds());
        }))).isTrue());

        assertThat(trace).containsExactly("cancelled", 5L);
    }

    @Test
    void setShield_loweredWhileTheTaskIsCancelled_deliversAtOnce() {
        Task<Void> task = loop.createTask(() -> {
            CancelScope.open(scope -> {
                scope.setShield(true);
                scope.setShield(true);
                loop.callLater(Duration.ofSeconds(5), () -> scope.setShield(false));
                sleep(LONG);
            });
        });
        loop.callLater(SECOND, () -> task.cancel("why"));

        assertThatThrownBy(() -> loop.runUntilComplete(task)).hasMessage("why");
        assertThat(seconds()).isEqualTo(5);
    }

    @Test
    void setShield_raisedInTime_keepsOff() {
        run(() -> CancelScope.open(outer -> CancelScope.open(inner -> {
            loop.callLater(SECOND, () -> {
                inner.setShield(true);
                outer.cancel();
            });
            tryToSleep(Duration.ofSeconds(2));
            inner.setShield(false);
            tryToSleep(SECOND);
        })));

        assertThat(trace).containsExactly("slept", "cancelled");
    }

    /// A task that is shielded, or that waits for one that refuses, takes no turns.
    @Test
    void shielded_cancelledOverAndOver_takesNoTurns() {
        run(() -> {
            Task<Void> task = createTask(() -> shielded(() -> sleep(LONG)));
            sleep(SECOND);
            for (int i = 0; i < 100; i++) task.cancel();
            assertThat(loop.ready.isEmpty()).isTrue();
            sleep(SECOND);
            assertThat(loop.ready.isEmpty()).isTrue();
            assertThat(loop.timerCount()).isEqualTo(1);
            assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
        });

        assertThat(seconds()).isEqualTo(100);
    }

    // ---- depth

    @Test
    void scopes_tenThousandNested_areCancelledAndLeft() {
        run(() -> {
            CancelScope outermost = null;
            Task<?> me = currentTask();
            List<CancelScope> scopes = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                CancelScope scope = i % 3 == 0 ? CancelScope.enterEdge(me)
                        : CancelScope.enterLevel(me);
                scope.setDeadline(LONG.toNanos() + i);
                scopes.add(scope);
                if (i % 1000 == 0) sleep(Duration.ofMillis(1));
            }
            CancelledError thrown = null;
            try {
                scopes.get(1).cancel();
                sleep(LONG);
            } catch (CancelledError e) {
                thrown = e;
            }
            for (CancelScope scope : scopes.reversed()) trace.add(scope.leave(thrown));
            sleep(SECOND);
        });

        assertThat(trace).filteredOn(caught -> caught.equals(true)).hasSize(1);
        assertThat(trace.get(9_998)).isEqualTo(true);
        assertThat(loop.timerCount()).isZero();
    }

    @Test
    void moveOnAfter_hundredsDeep_endsAllBodiesAtOnce() {
        run(() -> {
            nest(300);
            assertThat(loop.timerCount()).isZero();
        });
        assertThat(seconds()).isEqualTo(1);
    }

    private void nest(int depth) {
        if (depth == 0) sleep(LONG);
        else moveOnAfter(SECOND, () -> nest(depth - 1));
    }

    // ---- blocking calls of the JDK

    @Test
    void cancel_ofAScopeThatBlocksInTheJdk_interruptsIt() {
        EventLoop real = check.newRealLoop();
        CountDownLatch never = new CountDownLatch(1);
        real.runUntilComplete(() -> {
            boolean ended = moveOnAfter(Duration.ofMillis(20), () -> {
                never.await();
                trace.add("never");
            });
            assertThat(ended).isFalse();
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            sleep(Duration.ofMillis(1));
        });

        assertThat(trace).isEmpty();
    }

    /// Cleanup by blocking calls works: one interrupt for one cancellation. The next wait
    /// throws.
    @Test
    void block_againInACancelledScope_isNotInterrupted() {
        EventLoop real = check.newRealLoop();
        CountDownLatch never = new CountDownLatch(1);
        real.runUntilComplete(() -> {
            boolean ended = moveOnAfter(Duration.ofMillis(20), () -> {
                try {
                    never.await();
                } finally {
                    trace.add(never.await(1, TimeUnit.MILLISECONDS));
                    Thread.sleep(1);
                    tryToSleep(SECOND);
                }
            });
            assertThat(ended).isFalse();
        });

        assertThat(trace).containsExactly(false, "cancelled");
    }

    @Test
    void interrupt_thatTheBodySwallowed_isGoneWithTheScope() {
        EventLoop real = check.newRealLoop();
        CountDownLatch never = new CountDownLatch(1);
        real.runUntilComplete(() -> {
            CancelScope.open(scope -> {
                real.callLater(Duration.ofMillis(5), () -> scope.cancel());
                try {
                    never.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();         // as one does
                }
            });
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            never.await(1, TimeUnit.MILLISECONDS);
            sleep(Duration.ofMillis(1));
            trace.add("goes on");
        });

        assertThat(trace).containsExactly("goes on");
    }

    @Test
    void block_behindAShield_isNotInterrupted() {
        EventLoop real = check.newRealLoop();
        CountDownLatch never = new CountDownLatch(1);
        Task<Void> task = real.createTask(() -> {
            shielded(() -> {
                trace.add(never.await(40, TimeUnit.MILLISECONDS));
            });
            never.await(1, TimeUnit.MILLISECONDS);
            sleep(SECOND);
        });
        real.callLater(Duration.ofMillis(10), () -> task.cancel());

        assertThatThrownBy(() -> real.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(trace).containsExactly(false);
    }
}
