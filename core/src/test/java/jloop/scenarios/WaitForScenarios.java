package jloop.scenarios;

import static jloop.Asyncio.allTasks;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.waitFor;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import jloop.Asyncio;
import jloop.CancelledError;
import jloop.Future;
import jloop.Task;
import jloop.scenarios.Trace.Boom;
import org.jspecify.annotations.Nullable;

/// The twins of `scenarios/waitfor`.
final class WaitForScenarios {

    private WaitForScenarios() { }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    static void result(Trace trace) {
        trace.run(() -> {
            Task<?> me = Objects.requireNonNull(currentTask());
            trace.out(waitFor(() -> inSameTask(trace, me), seconds(10)));
            trace.out(waitFor(() -> inSameTask(trace, me), null));
        });
    }

    private static int inSameTask(Trace trace, Task<?> caller) {
        trace.out(currentTask() == caller, allTasks().size());
        return 5;
    }

    static void timeout(Trace trace) {
        trace.run(() -> {
            try {
                waitFor(() -> {
                    try {
                        sleep(seconds(10));
                    } finally {
                        trace.out("cancelled", Trace.now());
                    }
                }, seconds(1));
            } catch (TimeoutException _) {
                trace.out("timeout", Trace.now());
            }
        });
    }

    static void waitsForTheCleanup(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    sleep(seconds(10));
                } finally {
                    sleep(seconds(5));
                }
            });
            try {
                waitFor(task, seconds(1));
            } catch (TimeoutException _) {
                trace.out("timeout", Trace.now(), task.done());
            }
        });
    }

    static void swallowed(Trace trace) {
        trace.run(() -> {
            Task<String> task = createTask(() -> {
                try {
                    return sleep(seconds(10), "");
                } catch (CancelledError _) {
                    return "value";
                }
            });
            trace.out(waitFor(task, seconds(1)), Trace.now());
        });
    }

    static void anotherError(Trace trace) {
        trace.run(() -> {
            try {
                waitFor(() -> {
                    try {
                        return sleep(seconds(10), "");
                    } catch (CancelledError _) {
                        throw new Boom();
                    }
                }, seconds(1));
            } catch (Exception e) {
                trace.out(e);
            }
        });
    }

    static void zeroNeverStarts(Trace trace) {
        trace.run(() -> {
            for (Duration limit : new Duration[] {Duration.ZERO, seconds(-1)}) {
                try {
                    waitFor(() -> trace.out("never"), limit);
                } catch (TimeoutException _) {
                    trace.out("timeout");
                }
            }
        });
    }

    static void zeroAndDone(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            future.setResult("there");
            trace.out(waitFor(future, Duration.ZERO));
        });
    }

    static void callerCancelled(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    sleep(seconds(100));
                } finally {
                    trace.out("inner", Trace.now());
                }
            });
            Task<@Nullable Void> outer = createTask(() -> waitFor(task, seconds(50)));
            sleep(seconds(1));
            outer.cancel();
            try {
                outer.await();
            } catch (CancelledError _) {
                trace.out("outer", task.cancelled());
            }
        });
    }

    static void cancelledAsTheResultComes(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            Task<String> task = createTask(() -> waitFor(future, seconds(10)));
            sleep(Duration.ZERO);
            future.setResult("result");
            task.cancel();
            try {
                trace.out(task.await());
            } catch (CancelledError _) {
                trace.out("cancelled");
            }
            trace.out(future.result());
        });
    }

    static void doneFutureAndCancel(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            future.setResult("result");
            Task<Void> task = createTask(() -> {
                Objects.requireNonNull(currentTask()).cancel();
                trace.out(waitFor(future, seconds(10)));
                sleep(Duration.ZERO);
                trace.out("never");
            });
            try {
                task.await();
            } catch (CancelledError _) {
                trace.out("cancelled");
            }
        });
    }

    static void shielded(Trace trace) {
        trace.run(() -> {
            Task<String> inner = createTask(() -> sleep(seconds(5), "value"));
            for (int limit : new int[] {0, 1}) {
                try {
                    waitFor(Asyncio.shield(inner), seconds(limit));
                } catch (TimeoutException _) {
                    trace.out("timeout", inner.done(), Trace.now());
                }
            }
            trace.out(inner.await());
        });
    }
}
