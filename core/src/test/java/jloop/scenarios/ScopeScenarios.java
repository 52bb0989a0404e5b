package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.shielded;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import jloop.Asyncio;
import jloop.CancelScope;
import jloop.CancelledError;
import jloop.TaskGroup;
import jloop.scenarios.Trace.Boom;

/// The twins of `scenarios/scopes`.
final class ScopeScenarios {

    private static final Duration TEN = Duration.ofSeconds(10);
    private static final long SECOND = 1_000_000_000;       // of the loop's clock

    private ScopeScenarios() { }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    /// Runs `body` in a scope with a deadline, and returns the scope.
    private static CancelScope scope(long seconds, CancelScope.Body body) {
        AtomicReference<CancelScope> seen = new AtomicReference<>();
        Asyncio.moveOnAfter(seconds(seconds), scope -> {
            seen.set(scope);
            body.run(scope);
        });
        return Objects.requireNonNull(seen.get());
    }

    static void moveOnAfter(Trace trace) {
        trace.run(() -> {
            CancelScope cut = scope(1, _ -> {
                sleep(TEN);
                trace.out("never");
            });
            trace.out(cut.cancelledCaught(), Trace.now());
            CancelScope inTime = scope(10, _ -> sleep(seconds(1)));
            trace.out(inTime.cancelledCaught(), Trace.now());
        });
    }

    static void cancelledBeforeTheFirstWait(Trace trace) {
        trace.run(() -> {
            AtomicReference<CancelScope> seen = new AtomicReference<>();
            CancelScope.open(scope -> {
                seen.set(scope);
                scope.cancel();
                trace.out("still here");
                sleep(Duration.ZERO);
                trace.out("never");
            });
            trace.out(seen.get().cancelCalled(), seen.get().cancelledCaught());
        });
    }

    static void everyWaitThrows(Trace trace) {
        trace.run(() -> {
            CancelScope scope = scope(1, _ -> {
                for (int n = 0; n < 3; n++) {
                    try {
                        sleep(TEN);
                    } catch (CancelledError _) {
                        trace.out("cancelled", n, Trace.now());
                    }
                }
                trace.out("body ends");
            });
            trace.out(scope.cancelCalled(), scope.cancelledCaught());
            sleep(seconds(1));
            trace.out("after", Trace.now());
        });
    }

    static void swallowed(Trace trace) {
        trace.run(() -> {
            CancelScope scope = scope(1, _ -> {
                try {
                    sleep(TEN);
                } catch (CancelledError _) {
                    return;
                }
            });
            trace.out(scope.cancelCalled(), scope.cancelledCaught());
        });
    }

    static void outerDeadlineFirst(Trace trace) {
        trace.run(() -> {
            AtomicReference<CancelScope> inner = new AtomicReference<>();
            CancelScope outer = scope(1, _ -> {
                Asyncio.moveOnAfter(seconds(5), scope -> {
                    inner.set(scope);
                    sleep(TEN);
                });
                trace.out("never");
            });
            trace.out(outer.cancelledCaught(), inner.get().cancelledCaught(),
                    inner.get().cancelCalled(), Trace.now());
        });
    }

    static void innerDeadlineFirst(Trace trace) {
        trace.run(() -> {
            AtomicReference<CancelScope> inner = new AtomicReference<>();
            CancelScope outer = scope(5, _ -> {
                inner.set(scope(1, _ -> sleep(TEN)));
                trace.out("inner left", Trace.now());
                sleep(seconds(1));
            });
            trace.out(outer.cancelledCaught(), inner.get().cancelledCaught(), Trace.now());
        });
    }

    static void shieldAgainstAnOuterDeadline(Trace trace) {
        trace.run(() -> {
            CancelScope outer = scope(1, _ -> {
                shielded(() -> {
                    sleep(seconds(3));
                    trace.out("shielded", Trace.now());
                });
                trace.out("shield left", Trace.now());
                sleep(TEN);
                trace.out("never");
            });
            trace.out(outer.cancelledCaught(), Trace.now());
        });
    }

    static void shieldWithADeadline(Trace trace) {
        trace.run(() -> {
            CancelScope outer = scope(1, _ -> {
                try {
                    sleep(TEN);
                } finally {
                    boolean ended = shielded(seconds(2), () -> {
                        sleep(TEN);
                        trace.out("never");
                    });
                    trace.out("cleaned up", !ended, Trace.now());
                }
            });
            trace.out(outer.cancelledCaught(), Trace.now());
        });
    }

    static void deadlineMoved(Trace trace) {
        trace.run(() -> {
            scope(1, later -> {
                move(later, 5);
                sleep(seconds(3));
                trace.out("later", Trace.now());
            });
            CancelScope earlier = scope(50, scope -> {
                move(scope, -49);
                sleep(TEN);
            });
            trace.out("earlier", earlier.cancelledCaught(), Trace.now());
            CancelScope past = scope(50, scope -> {
                move(scope, -100);
                sleep(TEN);
            });
            trace.out("past", past.cancelledCaught(), Trace.now());
        });
    }

    private static void move(CancelScope scope, long seconds) {
        scope.setDeadline(Objects.requireNonNull(scope.deadline()) + seconds * SECOND);
    }

    static void shieldDroppedWhileCancelled(Trace trace) {
        trace.run(() -> {
            AtomicReference<CancelScope> inner = new AtomicReference<>();
            CancelScope outer = scope(1, _ -> CancelScope.open(shield -> {
                inner.set(shield);
                shield.setShield(true);
                getRunningLoop().callLater(seconds(3), () -> shield.setShield(false));
                try {
                    sleep(TEN);
                } finally {
                    trace.out("let in", Trace.now());
                }
            }));
            trace.out(outer.cancelledCaught(), inner.get().cancelledCaught());
        });
    }

    static void cancelledByAnotherTask(Trace trace) {
        trace.run(() -> {
            AtomicReference<CancelScope> seen = new AtomicReference<>();
            CancelScope.open(scope -> {
                seen.set(scope);
                createTask(() -> {
                    sleep(seconds(1));
                    scope.cancel();
                });
                sleep(TEN);
            });
            trace.out(seen.get().cancelledCaught(), Trace.now());
        });
    }

    static void cancelledAfterItWasLeft(Trace trace) {
        trace.run(() -> {
            AtomicReference<CancelScope> seen = new AtomicReference<>();
            CancelScope.open(scope -> {
                seen.set(scope);
                sleep(seconds(1));
            });
            seen.get().cancel();
            sleep(seconds(1));
            trace.out(seen.get().cancelledCaught(), Trace.now());
        });
    }

    static void anotherError(Trace trace) {
        trace.run(() -> {
            AtomicReference<CancelScope> seen = new AtomicReference<>();
            try {
                Asyncio.moveOnAfter(seconds(1), scope -> {
                    seen.set(scope);
                    try {
                        sleep(TEN);
                    } catch (CancelledError _) {
                        Trace.sneak(new Boom());
                    }
                });
            } catch (Exception e) {
                trace.out(e, seen.get().cancelledCaught());
            }
            sleep(seconds(1));
        });
    }

    static void failAfter(Trace trace) {
        trace.run(() -> {
            try {
                Asyncio.failAfter(seconds(1), () -> sleep(TEN));
            } catch (TimeoutException _) {
                trace.out("too slow", Trace.now());
            }
            CancelScope scope = scope(1, _ -> {
                try {
                    Asyncio.failAfter(seconds(5), () -> sleep(TEN));
                } catch (TimeoutException _) {
                    trace.out("never");
                }
            });
            trace.out(scope.cancelledCaught(), Trace.now());
        });
    }

    static void finallyNeedsAShield(Trace trace) {
        trace.run(() -> {
            scope(1, _ -> {
                try {
                    sleep(TEN);
                } finally {
                    try {
                        sleep(seconds(1));
                        trace.out("never");
                    } finally {
                        shielded(() -> {
                            sleep(seconds(1));
                            trace.out("clean", Trace.now());
                        });
                    }
                }
            });
            trace.out("left", Trace.now());
        });
    }

    static void groupCancelled(Trace trace) {
        trace.run(() -> {
            TaskGroup.open(group -> {
                group.createTask(() -> {
                    try {
                        sleep(seconds(100));
                    } finally {
                        trace.out("child", "cancelled", Trace.now());
                    }
                });
                sleep(seconds(1));
                group.cancel();
                sleep(TEN);
                trace.out("never");
            });
            trace.out("left", Trace.now());
        });
    }

    static void groupCancelledUnderATimeout(Trace trace) {
        trace.run(() -> {
            CancelScope scope = scope(2, _ -> {
                TaskGroup.open(group -> {
                    group.createTask(() -> {
                        try {
                            sleep(seconds(100));
                        } finally {
                            sleep(seconds(5));
                            trace.out("clean", Trace.now());
                        }
                    });
                    sleep(seconds(1));
                    group.cancel();
                });
                trace.out("group left", Trace.now());
                sleep(seconds(1));
                trace.out("never");
            });
            trace.out(scope.cancelledCaught(), Trace.now());
        });
    }
}
