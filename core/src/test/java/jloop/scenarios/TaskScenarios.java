package jloop.scenarios;

import static jloop.Asyncio.allTasks;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import jloop.CancelledError;
import jloop.EventLoop;
import jloop.Future;
import jloop.KeyboardInterrupt;
import jloop.Task;
import jloop.scenarios.Trace.Boom;

/// The twins of `scenarios/tasks`.
final class TaskScenarios {

    private static final Duration TEN = Duration.ofSeconds(10);
    private static final Duration ONE = Duration.ofSeconds(1);
    private static final Duration ZERO = Duration.ZERO;

    private TaskScenarios() { }

    private static Task<?> self() {
        return Objects.requireNonNull(currentTask());
    }

    /// Waits until `task` has ended, however it ends.
    private static void end(Task<?> task) {
        Future<Void> ended = getRunningLoop().createFuture();
        task.addDoneCallback(_ -> ended.setResult(null));
        ended.await();
    }

    static void twoTasksTakeTurns(Trace trace) {
        trace.run(() -> {
            Task<Void> one = createTask(() -> steps(trace, "one"));
            Task<Void> two = createTask(() -> steps(trace, "two"));
            one.await();
            two.await();
        });
    }

    private static void steps(Trace trace, String name) {
        trace.out(name, "a");
        sleep(ZERO);
        trace.out(name, "b");
        sleep(ZERO);
        trace.out(name, "c");
    }

    static void cancelBeforeFirstStep(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    trace.out("never");
                } finally {
                    trace.out("never either");
                }
            });
            trace.out(task.cancel());
            trace.out(task.cancelled());
            sleep(ZERO);
            trace.out(task.cancelled());
        });
    }

    static void awaitDoneFutureDoesNotYield(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> trace.out("other"));
            Future<Integer> done = getRunningLoop().createFuture();
            done.setResult(1);
            trace.out("before");
            trace.out(done.await());
            trace.out("after");
            task.await();
        });
    }

    static void awaitDoneTaskDoesNotYield(Trace trace) {
        trace.run(() -> {
            Task<Integer> first = createTask(() -> value(trace, 1));
            sleep(ZERO);
            Task<Integer> second = createTask(() -> value(trace, 2));
            trace.out("got", first.await());
            trace.out("second done", second.done());
            trace.out("got", second.await());
        });
    }

    private static int value(Trace trace, int value) {
        trace.out("value", value);
        return value;
    }

    static void wakeUpIsQueuedBeforeWhatFollows(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            Task<Void> task = createTask(() -> {
                future.await();
                trace.out("waiter");
            });
            sleep(ZERO);
            future.setResult("");
            getRunningLoop().callSoon(() -> trace.out("callback"));
            trace.out("step ends");
            task.await();
            sleep(ZERO);
        });
    }

    static void cancelTwiceInOneStep(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    sleep(TEN);
                } catch (CancelledError _) {
                    trace.out("cancelled", self().cancelling());
                }
                sleep(ZERO);
                trace.out("went on");
            });
            sleep(ZERO);
            trace.out(task.cancel(), task.cancel());
            task.await();
            trace.out(task.cancelled(), task.cancelling());
        });
    }

    static void awaitedTaskSwallowsTheCancel(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                Task<Integer> inner = createTask(() -> stubborn(trace));
                trace.out("got", inner.await());
                sleep(ZERO);
                trace.out("still alive", self().cancelling());
            });
            sleep(ZERO);
            sleep(ZERO);
            task.cancel();
            task.await();
            trace.out("cancelled", task.cancelled());
        });
    }

    private static int stubborn(Trace trace) {
        try {
            sleep(TEN);
        } catch (CancelledError _) {
            trace.out("swallowed");
        }
        return 5;
    }

    static void deliveryIsByTheAwaitedFuture(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            Task<Void> task = createTask(() -> {
                try {
                    future.await();
                } finally {
                    trace.out("finally");
                }
            });
            sleep(ZERO);
            task.cancel();
            trace.out("future", future.cancelled(), "task", task.cancelled(),
                    "done", task.done());
            sleep(ZERO);
            trace.out("task", task.cancelled());
        });
    }

    static void selfCancelThenAwait(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            Task<Void> task = createTask(() -> {
                self().cancel();
                trace.out("future cancelled", future.cancelled());
                try {
                    future.await();
                } catch (CancelledError e) {
                    trace.out("caught", future.cancelled());
                    throw e;
                }
            });
            end(task);
            trace.out(task.cancelled());
        });
    }

    static void selfCancelThenAwaitATask(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    sleep(TEN);
                } catch (CancelledError e) {
                    trace.out("inner cancelled");
                    throw e;
                }
            });
            sleep(ZERO);
            Task<Void> outer = createTask(() -> {
                self().cancel();
                try {
                    task.await();
                } catch (CancelledError _) {
                    trace.out("outer cancelled");
                }
            });
            outer.await();
            trace.out(task.cancelled(), outer.cancelled());
        });
    }

    static void selfCancelThenReturn(Trace trace) {
        trace.run(() -> {
            Task<Integer> task = createTask(() -> {
                self().cancel();
                return 42;
            });
            try {
                trace.out(task.await());
            } catch (CancelledError _) {
                trace.out("cancelled");
            }
            trace.out(task.cancelled());
        });
    }

    static void uncancelClearsAnUndeliveredCancel(Trace trace) {
        trace.run(() -> {
            Task<?> task = self();
            trace.out(task.uncancel());
            task.cancel();
            task.cancel();
            trace.out(task.cancelling());
            trace.out(task.uncancel());
            trace.out(task.uncancel());
            sleep(ZERO);
            trace.out("not cancelled", task.cancelling());
        });
    }

    static void uncancelAfterTheEnd(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> sleep(TEN));
            sleep(ZERO);
            task.cancel();
            end(task);
            trace.out(task.cancelled(), task.cancelling());
            trace.out(task.uncancel());
            trace.out(task.cancelled(), task.cancelling());
        });
    }

    static void cancelOfADoneTask(Trace trace) {
        trace.run(() -> {
            Task<Integer> task = createTask(() -> 3);
            task.await();
            trace.out(task.cancel(), task.cancelling(), task.cancelled(), task.result());
        });
    }

    static void cancelInFinally(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    sleep(TEN);
                } finally {
                    trace.out("cleaning");
                    try {
                        sleep(TEN);
                    } finally {
                        trace.out("interrupted", self().cancelling());
                    }
                }
            });
            sleep(ZERO);
            task.cancel();
            sleep(ZERO);
            trace.out("again", task.cancel());
            end(task);
            trace.out(task.cancelled());
        });
    }

    static void finallyMayAwait(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    sleep(TEN);
                } finally {
                    sleep(ONE);
                    trace.out("one", Trace.now());
                    sleep(ONE);
                    trace.out("two", Trace.now());
                }
            });
            sleep(Duration.ofSeconds(5));
            task.cancel();
            end(task);
            trace.out(task.cancelled(), Trace.now());
        });
    }

    static void cancelCatchingAndReturning(Trace trace) {
        trace.run(() -> {
            Task<Integer> task = createTask(() -> {
                try {
                    sleep(TEN);
                    return 0;
                } catch (CancelledError _) {
                    return 12;
                }
            });
            sleep(ZERO);
            task.cancel();
            trace.out(task.await(), task.cancelled(), task.cancelling());
        });
    }

    static void cancelThenAnotherError(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    sleep(TEN);
                } catch (CancelledError _) {
                    throw new Boom();
                }
            });
            sleep(ZERO);
            task.cancel();
            try {
                task.await(Boom.class);
            } catch (Boom _) {
                trace.out("boom");
            }
            trace.out(task.cancelled(), task.exception());
        });
    }

    static void ownCancelledError(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                throw new CancelledError(null);
            });
            try {
                task.await();
            } catch (CancelledError _) {
                trace.out("cancelled");
            }
            trace.out(task.cancelled(), task.cancelling());
        });
    }

    static void innerFutureCancelled(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            Task<Void> task = createTask(() -> {
                try {
                    future.await();
                } catch (CancelledError e) {
                    trace.out("error", self().cancelling());
                    throw e;
                }
            });
            sleep(ZERO);
            future.cancel();
            end(task);
            trace.out(task.cancelled(), task.cancelling());
        });
    }

    static void cancelBothTaskAndInnerFuture(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            Task<Void> task = createTask(() -> {
                try {
                    future.await();
                } catch (CancelledError _) {
                    trace.out("error", self().cancelling());
                }
                sleep(ZERO);
                trace.out("went on");
            });
            sleep(ZERO);
            future.cancel();
            trace.out(task.cancel());
            end(task);
            trace.out(task.cancelled());
        });
    }

    static void cancelWhenTheResultIsThere(Trace trace) {
        trace.run(() -> {
            Future<Integer> future = getRunningLoop().createFuture();
            Task<Void> task = createTask(() -> {
                try {
                    trace.out("result", future.await());
                } catch (CancelledError e) {
                    trace.out("cancelled");
                    throw e;
                }
            });
            sleep(ZERO);
            future.setResult(7);
            trace.out(task.cancel());
            end(task);
            trace.out(task.cancelled(), future.result());
        });
    }

    static void cancelMessage(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            Task<Void> task = createTask(() -> {
                try {
                    future.await();
                } catch (CancelledError e) {
                    trace.out("inside", e.reason());
                    throw e;
                }
            });
            sleep(ZERO);
            task.cancel("because");
            try {
                task.await();
            } catch (CancelledError e) {
                trace.out("outside", e.reason());
            }
            try {
                future.result();
            } catch (CancelledError e) {
                trace.out("future", e.reason());
            }
        });
    }

    static void cancelMessageReplaced(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> trace.out("never"));
            task.cancel("first");
            task.cancel("second");
            try {
                task.await();
            } catch (CancelledError e) {
                trace.out(e.reason(), task.cancelling());
            }
        });
    }

    static void sleepCancelledFreesItsTimer(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> sleep(Duration.ofSeconds(1000)));
            sleep(ONE);
            task.cancel();
            end(task);
            trace.out(task.cancelled(), Trace.now());
        });
    }

    static void sleepZeroIsOneTurn(Trace trace) {
        trace.run(() -> {
            EventLoop loop = getRunningLoop();
            loop.callSoon(() -> loop.callSoon(() -> trace.out("third")));
            loop.callSoon(() -> trace.out("first"));
            sleep(ZERO);
            trace.out("second");
            sleep(ZERO);
            trace.out("fourth");
        });
    }

    static void sleepNegative(Trace trace) {
        trace.run(() -> {
            getRunningLoop().callSoon(() -> trace.out("callback"));
            trace.out(sleep(Duration.ofSeconds(-5), "result"), Trace.now());
        });
    }

    static void names(Trace trace) {
        trace.run(() -> {
            Task<Void> first = createTask(() -> sleep(ZERO));
            Task<Void> named = createTask(() -> sleep(ZERO), o -> o.withName("reader"));
            Task<Void> second = createTask(() -> sleep(ZERO));
            trace.out(named.getName(), number(second) - number(first));
            named.setName("writer");
            trace.out(named.getName());
            gather(first, named, second).await();
        });
    }

    private static long number(Task<?> task) {
        return Long.parseLong(task.getName().substring("Task-".length()));
    }

    static void currentTaskAndAllTasks(Trace trace) {
        trace.run(() -> {
            self().setName("main");
            Task<Void> task = createTask(
                    () -> trace.out("child", self().getName(), allTasks().size()),
                    o -> o.withName("child"));
            trace.out(allTasks().size());
            getRunningLoop().callSoon(() -> trace.out("callback", currentTask()));
            task.await();
            trace.out(self().getName(), allTasks().size());
            sleep(ZERO);
        });
    }

    static void awaitingItself(Trace trace) {
        trace.run(() -> {
            try {
                self().await();
            } catch (IllegalStateException e) {
                trace.out(e);
            }
            trace.out("alive");
        });
    }

    static void failureGoesToEveryWaiter(Trace trace) {
        Boom boom = new Boom();
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                sleep(ONE);
                throw boom;
            });
            Task<Void> first = createTask(() -> waitsFor(task, trace, "first", boom));
            Task<Void> second = createTask(() -> waitsFor(task, trace, "second", boom));
            first.await();
            second.await();
        });
    }

    private static void waitsFor(Task<Void> task, Trace trace, String name, Boom boom) {
        try {
            task.await(Boom.class);
        } catch (Boom e) {
            trace.out(name, e == boom);
        }
    }

    static void setResultOfATask(Trace trace) {
        trace.run(() -> {
            Task<String> task = createTask(() -> sleep(ZERO, "own"));
            List<Runnable> attempts = List.of(() -> task.setResult("1"),
                    () -> task.setException(new IllegalArgumentException()));
            for (Runnable attempt : attempts) {
                try {
                    attempt.run();
                } catch (IllegalStateException e) {
                    trace.out(e);
                }
            }
            trace.out(task.await());
        });
    }

    static void endedInOneTurn(Trace trace) {
        trace.run(() -> {
            Task<Void> first = createTask(() -> trace.out("leaf"));
            Task<Void> second = createTask(() -> {
                first.await();
                trace.out("second");
            });
            Task<Void> third = createTask(() -> {
                second.await();
                trace.out("third");
            });
            getRunningLoop().callSoon(() -> tick(trace, 1, List.of(first, second, third)));
            third.await();
            for (int i = 0; i < 5; i++) sleep(ZERO);
        });
    }

    private static void tick(Trace trace, int turn, List<Task<Void>> tasks) {
        trace.out("turn", turn, tasks.get(0).done(), tasks.get(1).done(), tasks.get(2).done());
        if (turn < 5) getRunningLoop().callSoon(() -> tick(trace, turn + 1, tasks));
    }

    static void keyboardInterruptInATask(Trace trace) {
        EventLoop loop = trace.newLoop();
        Task<Void> task = loop.createTask(() -> {
            throw new KeyboardInterrupt();
        });
        Task<Void> main = loop.createTask(() -> sleep(TEN));
        try {
            loop.runUntilComplete(main);
        } catch (KeyboardInterrupt e) {
            trace.out("run raised", e);
        }
        trace.out(task.done(), task.exception(), main.done());
        main.cancel();
        try {
            loop.runUntilComplete(main);
        } catch (CancelledError _) {
            trace.out("main cancelled");
        }
        loop.close();
    }

    static void interruptWhileCancelled(Trace trace) {
        EventLoop loop = trace.newLoop();
        Task<Void> task = loop.createTask(() -> {
            try {
                sleep(TEN);
            } catch (CancelledError _) {
                throw new KeyboardInterrupt();
            }
        });
        loop.callSoon(() -> loop.callSoon(task::cancel));
        try {
            loop.runUntilComplete(task);
        } catch (KeyboardInterrupt e) {
            trace.out("run raised", e);
        }
        trace.out(task.done(), task.cancelled(), task.exception());
        loop.close();
    }

    static void exceptExceptionLetsACancelPass(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> swallowing(trace));
            sleep(ONE);
            task.cancel();
            end(task);
            trace.out(task.cancelled());
        });
    }

    @SuppressWarnings({"InfiniteLoopStatement", "CatchAndPrintStackTrace"})
    private static void swallowing(Trace trace) {
        while (true) {
            try {
                sleep(TEN);
            } catch (Exception e) {
                trace.out("swallowed", e);
            }
        }
    }

    static void debugDoesNotChangeTheOrder(Trace trace) {
        trace.runInDebug(() -> {
            EventLoop loop = getRunningLoop();
            trace.out(loop.getDebug());
            Future<String> future = loop.createFuture();
            Task<Void> a = createTask(() -> inDebug(trace, "a", future));
            Task<Void> b = createTask(() -> inDebug(trace, "b", future));
            loop.callSoon(() -> trace.out("soon"));
            loop.callLater(ONE, () -> {
                trace.out("later", Trace.now());
                future.setResult("done");
            });
            gather(a, b).await();
        });
    }

    private static void inDebug(Trace trace, String name, Future<String> future) {
        trace.out(name, "begins");
        sleep(ZERO);
        trace.out(name, future.await());
    }

    static void stronglyHeld(Trace trace) {
        trace.run(() -> {
            createTask(() -> getRunningLoop().createFuture().await());
            sleep(ZERO);
            System.gc();
            trace.out("tasks", allTasks().size());
        });
    }
}
