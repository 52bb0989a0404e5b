package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import jloop.CancelledError;
import jloop.Task;
import jloop.Timeout;
import jloop.scenarios.Trace.Boom;
import org.jspecify.annotations.Nullable;

/// The twins of `scenarios/timeouts`.
final class TimeoutScenarios {

    private static final long SECOND = 1_000_000_000;       // of the loop's clock

    private TimeoutScenarios() { }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static int cancelling() {
        return Objects.requireNonNull(currentTask()).cancelling();
    }

    private static long in(long seconds) {
        return getRunningLoop().time() + seconds * SECOND;
    }

    static void basic(Trace trace) {
        trace.run(() -> {
            Timeout timeout = Timeout.in(seconds(1));
            try {
                timeout.run(() -> sleep(seconds(10), ""));
            } catch (TimeoutException _) {
                trace.out("timeout", Trace.now(), timeout.expired());
            }
            trace.out(cancelling());
        });
    }

    static void inTime(Trace trace) {
        trace.run(() -> {
            Timeout timeout = Timeout.in(seconds(10));
            trace.out(timeout.run(() -> sleep(seconds(1), "value")));
            trace.out(timeout.expired(), Trace.now());
            sleep(seconds(20));
            trace.out(Trace.now());
        });
    }

    static void never(Trace trace) {
        trace.run(() -> {
            Timeout timeout = Timeout.in(null);
            timeout.run(() -> sleep(seconds(1000), ""));
            trace.out(timeout.when(), timeout.expired(), Trace.now());
        });
    }

    static void bodySwallows(Trace trace) {
        trace.run(() -> {
            Timeout timeout = Timeout.in(Duration.ofMillis(50));
            timeout.run(() -> {
                try {
                    sleep(seconds(10));
                } catch (CancelledError _) {
                    trace.out("caught", cancelling());
                }
                return "";
            });
            trace.out(timeout.expired(), cancelling());
            sleep(Duration.ZERO);
        });
    }

    static void zero(Trace trace) {
        trace.run(() -> {
            try {
                Timeout.in(Duration.ZERO).run(() -> {
                    trace.out("begun");
                    sleep(seconds(10));
                    trace.out("never");
                    return "";
                });
            } catch (TimeoutException _) {
                trace.out("timeout", Trace.now());
            }
        });
    }

    static void zeroAndSleepZero(Trace trace) {
        trace.run(() -> {
            Timeout timeout = Timeout.in(Duration.ZERO);
            try {
                timeout.run(() -> {
                    sleep(Duration.ZERO);
                    trace.out("after one yield");
                    return "";
                });
            } catch (TimeoutException _) {
                trace.out("timeout");
            }
            trace.out(timeout.expired());
        });
    }

    static void zeroWithoutAWait(Trace trace) {
        trace.run(() -> {
            Timeout timeout = Timeout.in(seconds(-1));
            timeout.run(() -> {
                trace.out("body");
                return "";
            });
            trace.out(timeout.expired());
        });
    }

    static void equalDeadlines(Trace trace) {
        trace.run(() -> {
            long when = in(1);
            Timeout outer = Timeout.at(when);
            Timeout inner = Timeout.at(when);
            try {
                outer.run(() -> {
                    try {
                        return inner.run(() -> sleep(seconds(10), ""));
                    } catch (TimeoutException _) {
                        trace.out("inner raised");
                    } catch (CancelledError e) {
                        trace.out("inner let it pass");
                        throw e;
                    }
                    return "";
                });
            } catch (TimeoutException _) {
                trace.out("outer raised");
            }
            trace.out(outer.expired(), inner.expired(), cancelling());
        });
    }

    static void innerFirst(Trace trace) {
        trace.run(() -> {
            Timeout outer = Timeout.in(seconds(10));
            outer.run(() -> {
                try {
                    Timeout.in(seconds(1)).run(() -> sleep(seconds(100), ""));
                } catch (TimeoutException _) {
                    trace.out("inner", Trace.now());
                }
                sleep(seconds(1));
                return "";
            });
            trace.out(outer.expired(), Trace.now());
        });
    }

    static void outerFirst(Trace trace) {
        trace.run(() -> {
            try {
                Timeout.in(seconds(1)).run(() -> {
                    Timeout inner = Timeout.in(seconds(10));
                    try {
                        return inner.run(() -> sleep(seconds(100), ""));
                    } finally {
                        trace.out("inner", inner.expired(), Trace.now());
                    }
                });
            } catch (TimeoutException _) {
                trace.out("outer", Trace.now());
            }
        });
    }

    static void outsideCancelToo(Trace trace) {
        trace.run(() -> {
            Task<String> task = createTask(() -> Timeout.in(seconds(1)).run(() -> {
                try {
                    sleep(seconds(10));
                } finally {
                    sleep(seconds(5));
                    trace.out("never");
                }
                return "";
            }));
            sleep(seconds(2));
            task.cancel();
            try {
                task.await();
            } catch (CancelledError _) {
                trace.out("cancelled", task.cancelling());
            }
        });
    }

    static void cancelledBeforeTheDeadline(Trace trace) {
        trace.run(() -> {
            Task<String> task = createTask(
                    () -> Timeout.in(seconds(10)).run(() -> sleep(seconds(100), "")));
            sleep(seconds(1));
            task.cancel();
            try {
                task.await();
            } catch (CancelledError _) {
                trace.out("cancelled", Trace.now());
            }
        });
    }

    static void whileBeingCancelled(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    sleep(seconds(10));
                } finally {
                    cleanUp(trace);
                }
            });
            sleep(seconds(1));
            task.cancel();
            try {
                task.await();
            } catch (CancelledError _) {
                trace.out("cancelled", Trace.now());
            }
        });
    }

    private static void cleanUp(Trace trace) {
        try {
            Timeout.in(seconds(1)).run(() -> sleep(seconds(10), ""));
        } catch (TimeoutException _) {
            trace.out("timeout", Trace.now(), cancelling());
        }
    }

    static void foreignException(Trace trace) {
        trace.run(() -> {
            Timeout timeout = Timeout.in(seconds(1));
            AtomicReference<@Nullable Exception> caught = new AtomicReference<>();
            try {
                timeout.run(() -> {
                    try {
                        return sleep(seconds(10), "");
                    } catch (CancelledError _) {
                        throw new Boom();
                    }
                });
            } catch (Exception e) {
                caught.set(e);
            }
            trace.out(caught.get(), timeout.expired(), cancelling());
            sleep(Duration.ZERO);
        });
    }

    static void ownTimeoutError(Trace trace) {
        trace.run(() -> {
            Timeout timeout = Timeout.in(seconds(10));
            try {
                timeout.run(() -> {
                    throw new TimeoutException();
                });
            } catch (TimeoutException _) {
                trace.out("timeout", timeout.expired());
            }
        });
    }

    static void reschedule(Trace trace) {
        trace.run(() -> {
            Timeout later = Timeout.in(seconds(1));
            later.run(timeout -> {
                timeout.reschedule(in(10));
                return sleep(seconds(5), "");
            });
            trace.out(later.expired(), Trace.now());
            moved(trace, "earlier", 1);
            moved(trace, "past", -1);
            Timeout never = Timeout.in(seconds(1));
            never.run(timeout -> {
                timeout.reschedule(null);
                return sleep(seconds(50), "");
            });
            trace.out(never.when(), Trace.now());
        });
    }

    private static void moved(Trace trace, String where, long seconds) {
        try {
            Timeout.in(seconds(100)).run(timeout -> {
                timeout.reschedule(in(seconds));
                return sleep(seconds(50), "");
            });
        } catch (TimeoutException _) {
            trace.out(where, Trace.now());
        }
    }

    static void rescheduleWhenNotActive(Trace trace) {
        trace.run(() -> {
            Timeout created = Timeout.in(seconds(10));
            attempt(trace, created);
            created.run(() -> "");
            attempt(trace, created);
            try {
                created.run(() -> {
                    trace.out("never");
                    return "";
                });
            } catch (IllegalStateException e) {
                trace.out("entered twice", e);
            }
            Timeout expiring = Timeout.in(seconds(1));
            try {
                expiring.run(() -> {
                    try {
                        return sleep(seconds(10), "");
                    } finally {
                        attempt(trace, expiring);
                    }
                });
            } catch (TimeoutException _) {
                attempt(trace, expiring);
            }
        });
    }

    private static void attempt(Trace trace, Timeout timeout) {
        try {
            timeout.reschedule(null);
        } catch (IllegalStateException e) {
            trace.out(e);
        }
    }

    static void earlierCancelIsNotSwallowed(Trace trace) {
        trace.run(() -> {
            Task<String> task = createTask(() -> {
                Objects.requireNonNull(currentTask()).cancel();
                return Timeout.in(Duration.ZERO).run(() -> sleep(seconds(10), ""));
            });
            try {
                task.await(TimeoutException.class);
            } catch (CancelledError _) {
                trace.out("cancelled");
            } catch (TimeoutException _) {
                trace.out("timeout", task.cancelling());
            }
        });
    }
}
