package jloop.scenarios;

import static jloop.Asyncio.allTasks;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.eagerTaskFactory;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.Objects;
import jloop.CancelledError;
import jloop.ContextVar;
import jloop.EventLoop;
import jloop.ExceptionGroup;
import jloop.Task;
import jloop.TaskGroup;
import jloop.TaskOptions;
import jloop.scenarios.Trace.Boom;

/// The twins of `scenarios/eager`.
final class EagerScenarios {

    private static final TaskOptions EAGER = TaskOptions.DEFAULT.withEagerStart(true);

    private EagerScenarios() { }

    private static TaskOptions eager(TaskOptions options) {
        return options.withEagerStart(true);
    }

    private static Task<?> self() {
        return Objects.requireNonNull(currentTask());
    }

    static void runsAtOnce(Trace trace) {
        trace.run(() -> {
            getRunningLoop().callSoon(() -> trace.out("callback"));
            Task<Void> task = createTask(() -> {
                trace.out("child begins");
                sleep(Duration.ZERO);
                trace.out("child goes on");
            }, EagerScenarios::eager);
            trace.out("created", task.done());
            task.await();
        });
    }

    static void endsAtOnce(Trace trace) {
        trace.run(() -> {
            Task<String> task = createTask(() -> self().getName(),
                    o -> o.withName("eager").withEagerStart(true));
            trace.out(task.done(), task.result(), currentTask() == task);
            Task<Void> failed = createTask(() -> {
                throw new Boom();
            }, EagerScenarios::eager);
            trace.out(failed.done(), failed.exception(), failed.getCoro() == null);
            trace.out(allTasks().size(), task.cancel());
        });
    }

    static void nested(Trace trace) {
        trace.run(() -> {
            createTask(() -> level(trace, 1), EagerScenarios::eager).await();
            sleep(Duration.ZERO);
        });
    }

    private static void level(Trace trace, int n) {
        trace.out("begin", n);
        if (n < 3) createTask(() -> level(trace, n + 1), EagerScenarios::eager);
        trace.out("middle", n);
        sleep(Duration.ZERO);
        trace.out("end", n);
    }

    static void currentTaskAndAllTasks(Trace trace) {
        trace.run(() -> {
            self().setName("main");
            Task<Void> task = createTask(() -> {
                trace.out(self().getName(), allTasks().size());
                sleep(Duration.ZERO);
                trace.out(self().getName(), allTasks().size());
            }, o -> o.withName("child").withEagerStart(true));
            trace.out(self().getName(), allTasks().size());
            task.await();
            trace.out(allTasks().size());
        });
    }

    static void context(Trace trace) {
        ContextVar<String> variable = new ContextVar<>("var", "main's");
        trace.run(() -> {
            createTask(() -> {
                variable.set("child's");
            }, EagerScenarios::eager).await();
            trace.out(variable.get());
        });
    }

    static void cancelledAfterItsStep(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> {
                trace.out("begins");
                sleep(Duration.ofSeconds(10));
            }, EagerScenarios::eager);
            trace.out(task.cancel("reason"));
            try {
                task.await();
            } catch (CancelledError e) {
                trace.out("cancelled", e.reason());
            }
        });
    }

    static void factory(Trace trace) {
        trace.run(() -> {
            getRunningLoop().setTaskFactory(eagerTaskFactory());
            createTask(() -> trace.out("eager"));
            trace.out("between");
            Task<Void> task = createTask(() -> trace.out("not eager"),
                    o -> o.withEagerStart(false));
            trace.out("after");
            task.await();
            gather(() -> trace.out("one"), () -> trace.out("two")).await();
        });
    }

    static void notRunning(Trace trace) {
        EventLoop loop = trace.newLoop();
        Task<String> task = loop.createTask(() -> {
            trace.out("child");
            return "value";
        }, EAGER);
        trace.out("created", task.done());
        trace.out(loop.runUntilComplete(task));
        loop.close();
    }

    static void failingChildOfAGroup(Trace trace) {
        trace.run(() -> {
            try {
                TaskGroup.open(group -> {
                    group.createTask(() -> {
                        trace.out("child fails");
                        throw new Boom();
                    }, EagerScenarios::eager);
                    trace.out("parent goes on");
                    try {
                        sleep(Duration.ofSeconds(10));
                    } catch (CancelledError e) {
                        trace.out("parent cancelled");
                        throw e;
                    }
                });
            } catch (ExceptionGroup e) {
                trace.out(e, self().cancelling());
            }
        });
    }
}
