package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import jloop.Asyncio;
import jloop.BaseExceptionGroup;
import jloop.CancelledError;
import jloop.Context;
import jloop.ContextVar;
import jloop.ExceptionGroup;
import jloop.KeyboardInterrupt;
import jloop.Task;
import jloop.TaskGroup;
import jloop.ThrowableGroup;
import jloop.scenarios.Trace.Bang;
import jloop.scenarios.Trace.Boom;
import org.jspecify.annotations.Nullable;

/// The twins of `scenarios/groups`.
final class GroupScenarios {

    private static final Duration HUNDRED = Duration.ofSeconds(100);

    private GroupScenarios() { }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static int cancelling() {
        return Objects.requireNonNull(currentTask()).cancelling();
    }

    private static void boom() throws Boom {
        throw new Boom();
    }

    private static void bang() throws Bang {
        throw new Bang();
    }

    private static void interrupted() {
        throw new KeyboardInterrupt();
    }

    private static void endsLoudly(Trace trace, String text) {
        try {
            sleep(HUNDRED);
        } finally {
            trace.out(text);
        }
    }

    static void waitsForAll(Trace trace) {
        trace.run(() -> {
            List<Task<String>> tasks = TaskGroup.open(group -> {
                Task<String> one = group.createTask(() -> child(trace, 2, "one"));
                Task<String> two = group.createTask(() -> child(trace, 1, "two"));
                trace.out("body ends");
                return List.of(one, two);
            });
            trace.out(tasks.get(0).result(), tasks.get(1).result(), Trace.now());
        });
    }

    private static String child(Trace trace, int seconds, String name) {
        sleep(seconds(seconds));
        trace.out(name, Trace.now());
        return name;
    }

    static void withoutChildren(Trace trace) {
        trace.run(() -> {
            getRunningLoop().callSoon(() -> trace.out("callback"));
            TaskGroup.open(_ -> {
                trace.out("body");
            });
            trace.out("after");
            sleep(Duration.ZERO);
        });
    }

    static void childFailsInTheBody(Trace trace) {
        trace.run(() -> {
            try {
                TaskGroup.open(group -> {
                    group.createTask(() -> failsAfter(1));
                    group.createTask(() -> siblingOf(trace));
                    try {
                        sleep(HUNDRED);
                    } catch (CancelledError e) {
                        trace.out("body cancelled", cancelling());
                        throw e;
                    }
                });
            } catch (ExceptionGroup e) {
                trace.out(e, cancelling(), Trace.now());
            }
        });
    }

    private static void failsAfter(int seconds) throws Boom {
        sleep(seconds(seconds));
        boom();
    }

    private static void siblingOf(Trace trace) {
        try {
            sleep(HUNDRED);
        } catch (CancelledError e) {
            trace.out("sibling cancelled", Trace.now());
            throw e;
        }
    }

    private static void failsWhenCancelled() throws Boom {
        try {
            sleep(HUNDRED);
        } catch (CancelledError _) {
            boom();
        }
    }

    static void childFailsAndParentWasCancelled(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    TaskGroup.open(group -> {
                        group.createTask(GroupScenarios::failsWhenCancelled);
                        sleep(HUNDRED);
                    });
                } catch (ExceptionGroup e) {
                    trace.out(e, cancelling());
                }
                sleep(seconds(1));
                trace.out("went on");
            });
            sleep(seconds(1));
            task.cancel();
            outcome(trace, task, "cancelled");
        });
    }

    private static void outcome(Trace trace, Task<?> task, String text) {
        try {
            task.await();
        } catch (CancelledError _) {
            trace.out(text, task.cancelling());
        }
    }

    static void errorThenCancel(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                try {
                    TaskGroup.open(group -> {
                        group.createTask(() -> cleansUp(2));
                        group.createTask(GroupScenarios::boom);
                        sleep(HUNDRED);
                    });
                } catch (ExceptionGroup e) {
                    trace.out(e, cancelling());
                }
                try {
                    sleep(seconds(1));
                    trace.out("went on");
                } finally {
                    trace.out("cancelling", cancelling());
                }
            });
            sleep(seconds(1));
            task.cancel();
            outcome(trace, task, "cancelled");
        });
    }

    private static void cleansUp(int seconds) {
        try {
            sleep(HUNDRED);
        } finally {
            sleep(seconds(seconds));
        }
    }

    private static void cleansUp(Trace trace, String name, int seconds) {
        try {
            sleep(HUNDRED);
        } finally {
            sleep(seconds(seconds));
            trace.out(name, Trace.now());
        }
    }

    static void outsideCancel(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> TaskGroup.open(group -> {
                group.createTask(() -> cleansUp(trace, "one", 1));
                group.createTask(() -> cleansUp(trace, "two", 2));
            }));
            sleep(seconds(1));
            task.cancel();
            try {
                task.await();
            } catch (CancelledError _) {
                trace.out("cancelled", Trace.now(), task.cancelling());
            }
        });
    }

    static void cancelledChildIsNoError(Trace trace) {
        trace.run(() -> {
            List<Task<?>> tasks = TaskGroup.open(group -> {
                Task<Void> one = group.createTask(() -> sleep(HUNDRED));
                Task<String> two = group.createTask(() -> sleep(seconds(2), "two"));
                sleep(seconds(1));
                one.cancel();
                return List.of(one, two);
            });
            trace.out(tasks.get(0).cancelled(), tasks.get(1).result(), Trace.now());
        });
    }

    static void bodyFails(Trace trace) {
        trace.run(() -> {
            try {
                TaskGroup.open(group -> {
                    group.createTask(() -> endsLoudly(trace, "child cancelled"));
                    sleep(Duration.ZERO);
                    boom();
                });
            } catch (ExceptionGroup e) {
                trace.out(e);
            }
        });
    }

    static void bodyAndChildrenFail(Trace trace) {
        trace.run(() -> {
            try {
                TaskGroup.open(group -> {
                    group.createTask(() -> {
                        try {
                            sleep(HUNDRED);
                        } catch (CancelledError _) {
                            bang();
                        }
                    });
                    sleep(Duration.ZERO);
                    boom();
                });
            } catch (ExceptionGroup e) {
                trace.out(e);
            }
        });
    }

    static void nested(Trace trace) {
        trace.run(() -> {
            try {
                TaskGroup.open(group -> {
                    group.createTask(() -> TaskGroup.open(inner -> {
                        inner.createTask(GroupScenarios::boom);
                        inner.createTask(GroupScenarios::bang);
                    }));
                    sleep(HUNDRED);
                });
            } catch (ExceptionGroup e) {
                trace.out(e, cancelling());
            }
        });
    }

    static void bothLevelsFail(Trace trace) {
        trace.run(() -> {
            try {
                TaskGroup.open(outer -> {
                    outer.createTask(GroupScenarios::boom);
                    try {
                        TaskGroup.open(inner -> {
                            inner.createTask(GroupScenarios::bang);
                            sleep(HUNDRED);
                        });
                    } finally {
                        trace.out("inner left", cancelling());
                    }
                });
            } catch (ExceptionGroup e) {
                trace.out(e, cancelling());
            }
        });
    }

    static void createTaskWhileExiting(Trace trace) {
        trace.run(() -> {
            TaskGroup over = TaskGroup.open(group -> {
                group.createTask(() -> {
                    sleep(seconds(1));
                    group.createTask(() -> child(trace, 1, "late"));
                });
                return group;
            });
            trace.out("over", Trace.now());
            refused(trace, over);
        });
    }

    private static void refused(Trace trace, TaskGroup group) {
        try {
            group.createTask(() -> trace.out("never"));
        } catch (IllegalStateException e) {
            trace.out(e);
        }
    }

    static void createTaskAfterAFailure(Trace trace) {
        trace.run(() -> {
            try {
                TaskGroup.open(group -> {
                    group.createTask(GroupScenarios::boom);
                    try {
                        sleep(seconds(10));
                    } catch (CancelledError e) {
                        refused(trace, group);
                        throw e;
                    }
                });
            } catch (ExceptionGroup e) {
                trace.out(e);
            }
        });
    }

    static void keyboardInterrupt(Trace trace) {
        trace.run(() -> {
            try {
                TaskGroup.open(group -> {
                    group.createTask(() -> endsLoudly(trace, "child ended"));
                    sleep(Duration.ZERO);
                    interrupted();
                });
            } catch (KeyboardInterrupt e) {
                trace.out("bare", e);
            }
        });
    }

    static void timeoutAround(Trace trace) {
        trace.run(() -> {
            try {
                Asyncio.timeout(seconds(1), () -> TaskGroup.open(group -> {
                    group.createTask(() -> {
                        try {
                            sleep(HUNDRED);
                        } finally {
                            sleep(seconds(1));
                            trace.out("child ended", Trace.now());
                        }
                    });
                }));
            } catch (TimeoutException e) {
                trace.out(e, Trace.now(), cancelling());
            }
        });
    }

    static void timeoutInAChild(Trace trace) {
        trace.run(() -> {
            try {
                TaskGroup.open(group -> {
                    group.createTask(() -> Asyncio.timeout(seconds(1), () -> sleep(HUNDRED)));
                    sleep(HUNDRED);
                });
            } catch (ExceptionGroup e) {
                trace.out(e, Trace.now());
            }
        });
    }

    static void repeatedCancelsWhileWaiting(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> TaskGroup.open(group -> {
                group.createTask(() -> {
                    try {
                        sleep(HUNDRED);
                    } catch (CancelledError e) {
                        trace.out("cancelled", Trace.now());
                        sleep(seconds(5));
                        trace.out("clean", Trace.now());
                        throw e;
                    }
                });
            }));
            for (int i = 0; i < 3; i++) {
                sleep(seconds(1));
                task.cancel();
            }
            try {
                task.await();
            } catch (CancelledError _) {
                trace.out("parent", Trace.now(), task.cancelling());
            }
        });
    }

    static void bodySwallowsTheGroupsCancel(Trace trace) {
        trace.run(() -> {
            try {
                TaskGroup.open(group -> {
                    group.createTask(GroupScenarios::boom);
                    try {
                        sleep(HUNDRED);
                    } catch (CancelledError _) {
                        trace.out("swallowed");
                    }
                    sleep(seconds(1));
                    trace.out("body ends", cancelling());
                });
            } catch (ExceptionGroup e) {
                trace.out(e, cancelling());
            }
        });
    }

    static void bodyReplacesTheCancel(Trace trace) {
        trace.run(() -> {
            try {
                TaskGroup.open(group -> {
                    group.createTask(GroupScenarios::boom);
                    try {
                        sleep(HUNDRED);
                    } catch (CancelledError _) {
                        bang();
                    }
                });
            } catch (ExceptionGroup e) {
                trace.out(e, cancelling());
            }
        });
    }

    static void selfCancelInTheBody(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                TaskGroup.open(group -> {
                    group.createTask(() -> endsLoudly(trace, "child ended"));
                    sleep(Duration.ZERO);
                    Objects.requireNonNull(currentTask()).cancel();
                });
                trace.out("never");
            });
            outcome(trace, task, "cancelled");
        });
    }

    static void enteredTwice(Trace trace) {
        trace.run(() -> {
            TaskGroup group = TaskGroup.open();
            group.join();
            try {
                group.join();
            } catch (IllegalStateException e) {
                trace.out(e);
            }
        });
    }

    static void namesAndContext(Trace trace) {
        ContextVar<String> variable = new ContextVar<>("var", "default");
        trace.run(() -> {
            Context context = Context.copyContext();
            context.run(() -> variable.set("given"));
            TaskGroup.open(group -> {
                group.createTask(() -> trace.out(
                        Objects.requireNonNull(currentTask()).getName(), variable.get()),
                        o -> o.withName("child").withContext(context));
            });
        });
    }

    static void split(Trace trace) {
        ExceptionGroup group = new ExceptionGroup("all", List.of(new Boom(),
                new ExceptionGroup("inner", List.of(new Bang(), new Boom())),
                new IllegalArgumentException()));
        ThrowableGroup.Split split = group.split(Boom.class);
        trace.out(whole(split.matched()));
        trace.out(whole(split.rest()));
        trace.out(whole(group.subgroup(Bang.class)));
        trace.out(group.subgroup(java.io.IOException.class));
        trace.out(group.subgroup(_ -> true) == group);
        trace.out(new BaseExceptionGroup("mixed", List.of(new Boom(), new KeyboardInterrupt())));
        try {
            trace.out(new ExceptionGroup("none", List.of()));
        } catch (IllegalArgumentException e) {
            trace.out(e);
        }
    }

    private static Throwable whole(@Nullable ThrowableGroup group) {
        return Objects.requireNonNull(group).asThrowable();
    }

    static void manyTasks(Trace trace) {
        trace.run(() -> {
            int[] total = {0};
            TaskGroup.open(group -> {
                for (int i = 0; i < 10_000; i++) {
                    int n = i;
                    group.createTask(() -> {
                        sleep(Duration.ZERO);
                        total[0] += n;
                    });
                }
            });
            trace.out(total[0]);
        });
    }
}
