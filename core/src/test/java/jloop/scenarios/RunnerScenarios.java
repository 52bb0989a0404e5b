package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.generator;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jloop.AsyncGenerator;
import jloop.CancelledError;
import jloop.ContextVar;
import jloop.EventLoop;
import jloop.Runner;
import jloop.scenarios.Trace.Boom;

/// The twins of `scenarios/runner`.
final class RunnerScenarios {

    private static final Duration HUNDRED = Duration.ofSeconds(100);

    private RunnerScenarios() { }

    private static Runner runner(Trace trace) {
        return new Runner(options -> options.withLoopFactory(trace::newLoop));
    }

    static void sharedContext(Trace trace) {
        ContextVar<String> variable = new ContextVar<>("var", "unset");
        try (Runner runner = runner(trace)) {
            runner.run(() -> {
                variable.set("set by the first");
            });
            trace.out(runner.run(() -> variable.get()));
        }
        trace.out(variable.get());
    }

    static void states(Trace trace) {
        Runner runner = runner(trace);
        runner.close();
        trace.out(runner.run(() -> "ran"));
        EventLoop loop = runner.getLoop();
        trace.out(loop.isClosed(), runner.getLoop() == loop);
        runner.close();
        runner.close();
        trace.out(loop.isClosed());
        for (Runnable call : List.<Runnable>of(runner::getLoop, () -> runner.run(() -> "ran"))) {
            try {
                call.run();
            } catch (IllegalStateException e) {
                trace.out(e);
            }
        }
    }

    static void leftoversAreCancelled(Trace trace) {
        trace.run(() -> {
            createTask(() -> {
                try {
                    sleep(HUNDRED);
                } finally {
                    sleep(Duration.ofSeconds(1));
                    trace.out("left behind", Trace.now());
                }
            });
            sleep(Duration.ZERO);
            return "main is over";
        });
    }

    static void leftoverThatFails(Trace trace) {
        trace.run(() -> {
            createTask(() -> {
                try {
                    sleep(HUNDRED);
                } catch (CancelledError _) {
                    throw new Boom();
                }
            });
            sleep(Duration.ZERO);
        });
        trace.out("after");
    }

    static void mainFails(Trace trace) {
        trace.run(() -> {
            createTask(() -> {
                try {
                    sleep(HUNDRED);
                } finally {
                    trace.out("left behind");
                }
            });
            sleep(Duration.ZERO);
            throw new Boom();
        });
    }

    static void insideARunningLoop(Trace trace) {
        trace.run(() -> {
            try (Runner runner = runner(trace)) {
                runner.run(() -> trace.out("never"));
            } catch (IllegalStateException e) {
                trace.out(e);
            }
        });
    }

    static void severalRuns(Trace trace) {
        try (Runner runner = runner(trace)) {
            runner.run(() -> {
                createTask(() -> {
                    sleep(Duration.ofSeconds(2));
                    trace.out("background", Trace.now());
                });
                sleep(Duration.ofSeconds(1));
                trace.out("first", Trace.now());
            });
            runner.run(() -> {
                sleep(Duration.ofSeconds(3));
                trace.out("second", Trace.now());
            });
        }
    }

    static void generatorsAreClosed(Trace trace) {
        List<AsyncGenerator<Integer>> kept = new ArrayList<>();
        trace.run(() -> {
            createTask(() -> {
                try {
                    sleep(HUNDRED);
                } finally {
                    trace.out("task cancelled");
                }
            });
            kept.add(generator(y -> {
                try {
                    y.yield(1);
                    y.yield(2);
                } finally {
                    sleep(Duration.ofSeconds(1));
                    trace.out("generator closed");
                }
            }));
            trace.out(kept.getFirst().next());
        });
    }
}
