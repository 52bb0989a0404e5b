package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.gatherReturningExceptions;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.List;
import jloop.Asyncio;
import jloop.CancelledError;
import jloop.EventLoop;
import jloop.Future;
import jloop.Task;
import jloop.scenarios.Trace.Bang;
import jloop.scenarios.Trace.Boom;

/// The twins of `scenarios/gather`.
final class GatherScenarios {

    private static final Duration HUNDRED = Duration.ofSeconds(100);
    private static final Duration ONE = Duration.ofSeconds(1);

    private GatherScenarios() { }

    static void resultsInArgumentOrder(Trace trace) {
        trace.run(() -> trace.out(gather(() -> after(trace, 3, "a"), () -> after(trace, 1, "b"),
                () -> after(trace, 2, "c")).await()));
    }

    private static String after(Trace trace, int seconds, String value) {
        sleep(Duration.ofSeconds(seconds));
        trace.out(value, Trace.now());
        return value;
    }

    static void childrenStartBeforeTheAwait(Trace trace) {
        trace.run(() -> {
            Future<List<Object>> future = gather(() -> child(trace, "a"), () -> child(trace, "b"));
            trace.out("called");
            sleep(Duration.ZERO);
            trace.out("slept", future.done());
            trace.out(future.await());
        });
    }

    private static Object child(Trace trace, String name) {
        trace.out(name);
        return "null";
    }

    static void nothing(Trace trace) {
        trace.run(() -> trace.out(gather(List.<Future<String>>of()).await()));
    }

    static void sameArgumentTwice(Trace trace) {
        trace.run(() -> {
            Future<Integer> future = getRunningLoop().createFuture();
            Future<List<Integer>> both = gather(future, future);
            future.setResult(3);
            trace.out(both.await());
        });
    }

    static void firstFailure(Trace trace) {
        trace.run(() -> {
            try {
                gather(() -> fails(trace, 1, new Boom()), () -> fails(trace, 2, new Bang()))
                        .await(Boom.class);
            } catch (Boom _) {
                trace.out("boom", Trace.now());
            }
            sleep(Duration.ofSeconds(3));
            trace.out("end", Trace.now());
        });
    }

    private static Object fails(Trace trace, int seconds, Exception error) throws Exception {
        sleep(Duration.ofSeconds(seconds));
        trace.out("fails", Trace.now());
        throw error;
    }

    static void exceptionsAsResults(Trace trace) {
        trace.run(() -> {
            Task<String> slow = createTask(() -> sleep(Duration.ofSeconds(2), "slow"));
            Task<Void> failing = createTask(() -> {
                throw new Boom();
            });
            Task<Void> cancelled = createTask(() -> {
                throw new CancelledError(null);
            });
            List<Object> results =
                    gatherReturningExceptions(List.of(failing, slow, cancelled)).await();
            trace.out(results, Trace.now());
        });
    }

    static void childCancelled(Trace trace) {
        trace.run(() -> {
            EventLoop loop = getRunningLoop();
            Future<String> one = loop.createFuture();
            Future<String> two = loop.createFuture();
            Future<List<String>> both = gather(one, two);
            one.cancel();
            try {
                both.await();
            } catch (CancelledError _) {
                trace.out("raised", both.cancelled(), both.done(), two.done());
            }
            two.setResult("");
        });
    }

    private static void cleaning(Trace trace, String name, int cleanup) {
        try {
            sleep(HUNDRED);
        } finally {
            trace.out(name, "cleaning", Trace.now());
            sleep(Duration.ofSeconds(cleanup));
            trace.out(name, "clean", Trace.now());
        }
    }

    static void cancelGoesToTheChildren(Trace trace) {
        trace.run(() -> {
            Future<List<Void>> both = Asyncio.gather(() -> cleaning(trace, "quick", 1),
                    () -> cleaning(trace, "slow", 5));
            sleep(ONE);
            trace.out(both.cancel(), both.done());
            try {
                both.await();
            } catch (CancelledError _) {
                trace.out("cancelled", both.cancelled(), Trace.now());
            }
            sleep(Duration.ofSeconds(10));
        });
    }

    private static void quiet(Trace trace, String name, int cleanup) {
        try {
            sleep(HUNDRED);
        } finally {
            sleep(Duration.ofSeconds(cleanup));
            trace.out(name, "clean", Trace.now());
        }
    }

    static void cancelWithExceptionsAsResults(Trace trace) {
        trace.run(() -> {
            Task<Void> one = createTask(() -> quiet(trace, "quick", 1));
            Task<Void> two = createTask(() -> quiet(trace, "slow", 5));
            Future<List<Object>> both = gatherReturningExceptions(List.of(one, two));
            sleep(ONE);
            both.cancel();
            try {
                both.await();
            } catch (CancelledError _) {
                trace.out("cancelled", Trace.now());
            }
        });
    }

    static void waitingTaskCancelled(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    gather(() -> sleep(HUNDRED), () -> slow(trace)).await();
                } catch (CancelledError e) {
                    trace.out("waiter", Trace.now());
                    throw e;
                }
            });
            sleep(ONE);
            task.cancel();
            try {
                task.await();
            } catch (CancelledError _) {
                trace.out("cancelled", Trace.now());
            }
            sleep(ONE);
        });
    }

    private static void slow(Trace trace) {
        try {
            sleep(HUNDRED);
        } finally {
            sleep(Duration.ofMillis(20));
            trace.out("slow is clean", Trace.now());
        }
    }

    static void cancelWhenAllAreDone(Trace trace) {
        trace.run(() -> {
            Future<Integer> one = getRunningLoop().createFuture();
            Future<Integer> two = getRunningLoop().createFuture();
            Future<List<Integer>> both = gather(one, two);
            one.setResult(1);
            two.setResult(2);
            trace.out(both.done(), both.cancel());
            trace.out(both.await());
        });
    }

    static void swallowingChild(Trace trace) {
        trace.run(() -> {
            Future<List<String>> both = gather(GatherScenarios::stubborn,
                    GatherScenarios::stubborn);
            sleep(ONE);
            both.cancel();
            try {
                trace.out(both.await());
            } catch (CancelledError _) {
                trace.out("cancelled");
            }
        });
    }

    private static String stubborn() {
        try {
            sleep(HUNDRED);
        } catch (CancelledError _) {
            return "mine";
        }
        return "";
    }
}
