package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A loop for several coroutines in turn. What signals do to it is in [SignalTest].
class RunnerTest {

    private static final Duration LONG = Duration.ofSeconds(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final List<Object> trace = new ArrayList<>();

    /// A runner in virtual time whose loop is watched.
    private Runner newRunner() {
        return new Runner(o -> o.withLoopFactory(check::newLoop));
    }

    // ---- run

    @Test
    @AsIn("test_runners.test_run")
    void run_severalTimes_usesOneLoop() {
        try (Runner runner = newRunner()) {
            EventLoop loop = runner.getLoop();

            assertThat(runner.run(Asyncio::getRunningLoop)).isSameAs(loop);
            assertThat(runner.run(Asyncio::getRunningLoop)).isSameAs(loop);
            assertThat(loop.isClosed()).isFalse();
        }
    }

    @Test
    @AsIn("test_runners.test_run_future")
    void run_ofAFuture_waitsForIt() {
        try (Runner runner = newRunner()) {
            Future<String> future = runner.getLoop().createFuture();
            runner.getLoop().callLater(LONG, () -> future.setResult("done"));

            assertThat(runner.run(future)).isEqualTo("done");
        }
    }

    @Test
    void run_thatFails_throwsTheSameObjectAndCanRunAgain() {
        IOException failure = new IOException("no");
        try (Runner runner = newRunner()) {
            assertThatThrownBy(() -> runner.run(() -> {
                throw failure;
            })).isSameAs(failure);

            assertThat(runner.run(() -> 5)).isEqualTo(5);
        }
    }

    @Test
    void run_withTasksLeft_letsThemGoOnInTheNextRun() {
        try (Runner runner = newRunner()) {
            runner.run(() -> {
                createTask(() -> {
                    sleep(Duration.ofSeconds(1));
                    trace.add("left");
                });
            });
            assertThat(trace).isEmpty();

            runner.run(() -> sleep(Duration.ofSeconds(2)));
        }
        assertThat(trace).containsExactly("left");
    }

    @Test
    @AsIn("test_runners.test_recursive_run")
    void run_withinARun_isRefusedAndRunsNothing() {
        try (Runner runner = newRunner()) {
            runner.run(() -> {
                assertThatIllegalStateException()
                        .isThrownBy(() -> runner.run(() -> trace.add("never")))
                        .withMessageContaining("run cannot be called from a running event loop");
                assertThat(Asyncio.allTasks()).hasSize(1);
            });
        }
        assertThat(trace).isEmpty();
    }

    // ---- context

    private static final ContextVar<String> COLOUR = new ContextVar<>("colour", "none");

    /// Scenario 24 of the surface list.
    @Test
    @AsIn("test_runners.test_run_keeps_context")
    void run_again_seesWhatTheFirstRunSet() {
        try (Runner runner = newRunner()) {
            runner.run(() -> {
                COLOUR.set("blue");
            });

            assertThat(runner.run(() -> COLOUR.get())).isEqualTo("blue");
        }
        assertThat(COLOUR.get()).isEqualTo("none");
    }

    @Test
    void context_isCopiedWhenTheLoopIsMade() {
        ContextVar.Token<String> token = COLOUR.set("before");
        try (Runner runner = newRunner()) {
            runner.getLoop();
            COLOUR.set("after");

            assertThat(runner.run(() -> COLOUR.get())).isEqualTo("before");
        } finally {
            COLOUR.reset(token);
        }
    }

    @Test
    void run_inAContextGiven_usesThatVeryOne() {
        Context own = new Context();
        try (Runner runner = newRunner()) {
            runner.run(() -> {
                COLOUR.set("red");
            }, own);

            assertThat(runner.run(() -> COLOUR.get())).isEqualTo("none");
            assertThat(own.get(COLOUR)).isEqualTo("red");
        }
    }

    // ---- states

    @Test
    void getLoop_makesItOnce() {
        try (Runner runner = newRunner()) {
            assertThat(runner.getLoop()).isSameAs(runner.getLoop());
        }
    }

    @Test
    @AsIn("test_runners.test_explicit_close")
    void runner_afterClose_isOfNoUse() {
        Runner runner = newRunner();
        EventLoop loop = runner.getLoop();
        runner.close();

        assertThat(loop.isClosed()).isTrue();
        assertThatIllegalStateException().isThrownBy(runner::getLoop)
                .withMessage("runner is closed");
        assertThatIllegalStateException().isThrownBy(() -> runner.run(() -> trace.add("never")))
                .withMessage("runner is closed");
        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn("test_runners.test_double_close")
    void close_twice_isOnce() {
        Runner runner = newRunner();
        runner.getLoop();
        runner.close();
        runner.close();

        assertThatIllegalStateException().isThrownBy(runner::getLoop);
    }

    @Test
    void close_beforeAnyUse_leavesItUsable() {
        Runner runner = newRunner();
        runner.close();

        assertThat(runner.run(() -> 5)).isEqualTo(5);
        runner.close();
        assertThatIllegalStateException().isThrownBy(runner::getLoop);
    }

    // ---- options

    @Test
    @AsIn("test_runners.test_custom_factory")
    void loopFactory_isAskedOnceAndLeavesTheCurrentLoopAlone() throws Exception {
        List<EventLoop> made = new ArrayList<>();
        var elsewhere = new FutureTask<>(() -> {
            try (Runner runner = new Runner(o -> o.withLoopFactory(() -> {
                made.add(check.newLoop());
                return made.getFirst();
            }))) {
                runner.run(() -> sleep(Duration.ZERO));
                runner.run(() -> sleep(Duration.ZERO));
                assertThatIllegalStateException().isThrownBy(Asyncio::getEventLoop);
            }
            return null;
        });
        Thread.ofPlatform().name("other").start(elsewhere);
        elsewhere.get();

        assertThat(made).hasSize(1);
    }

    @Test
    @AsIn("test_runners.test_set_event_loop_called_once")
    void loop_withoutAFactory_isTheCurrentOneUntilClose() throws Exception {
        var elsewhere = new FutureTask<>(() -> {
            try (Runner runner = new Runner()) {
                EventLoop loop = runner.getLoop();
                assertThat(Asyncio.getEventLoop()).isSameAs(loop);
                Asyncio.setEventLoop(null);
                runner.run(() -> sleep(Duration.ZERO));
                assertThatIllegalStateException().isThrownBy(Asyncio::getEventLoop);
                Asyncio.setEventLoop(loop);
            }
            assertThatIllegalStateException().isThrownBy(Asyncio::getEventLoop);
            return null;
        });
        Thread.ofPlatform().name("other").start(elsewhere);
        elsewhere.get();
    }

    @Test
    @AsIn({"test_runners.test_debug", "test_runners.test_non_debug"})
    void debug_isSetOnTheLoop() {
        for (boolean debug : List.of(true, false)) {
            try (Runner runner = new Runner(o -> o.withDebug(debug))) {
                assertThat(runner.getLoop().getDebug()).isEqualTo(debug);
            }
        }
    }

    // ---- the end

    /// Edge 77.
    @Test
    void close_cancelsTasksThenShutsTheExecutorAndThenClosesTheLoop() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        Runner runner = new Runner();
        EventLoop loop = runner.getLoop();
        runner.run(() -> {
            createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    // The executor still takes jobs while tasks clean up.
                    trace.add(Asyncio.toThread(() -> "task, with a thread"));
                    released.countDown();
                }
            });
            Asyncio.runInExecutor(null, () -> {
                released.await();
                return null;
            }).addDoneCallback(_ -> trace.add("job"));
            sleep(Duration.ZERO);
        });

        runner.close();
        trace.add(loop.isClosed());

        assertThat(trace).containsExactly("task, with a thread", "job", true);
    }

    @Test
    void close_thatIsInterruptedByAFatalError_closesTheLoopAllTheSame() {
        KeyboardInterrupt interrupt = new KeyboardInterrupt();
        Runner runner = newRunner();
        EventLoop loop = runner.getLoop();
        runner.run(() -> {
            createTask(() -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    throw interrupt;
                }
            });
            sleep(Duration.ZERO);
        });

        assertThatThrownBy(runner::close).isSameAs(interrupt);

        assertThat(loop.isClosed()).isTrue();
        assertThatIllegalStateException().isThrownBy(runner::getLoop);
    }

    // ---- a limit for the end

    @Test
    void cleanupTimeout_ofATaskThatEndsInTime_changesNothing() {
        Asyncio.run(() -> {
            createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    sleep(Duration.ofSeconds(4));
                    trace.add("cleaned up");
                }
            });
            sleep(Duration.ZERO);
        }, o -> o.withLoopFactory(check::newLoop).withCleanupTimeout(Duration.ofSeconds(5)));

        assertThat(trace).containsExactly("cleaned up");
    }

    /// Row 121 of the faults.
    @Test
    void cleanupTimeout_ofATaskThatSwallowsItsCancellation_reportsWhereItStandsAndGoesOn() {
        Task<?>[] left = new Task<?>[1];
        EventLoop loop = check.newLoop();
        Asyncio.run(() -> {
            createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    trace.add("the other cleaned up");
                }
            });
            left[0] = createTask(() -> stubborn());
            sleep(Duration.ZERO);
        }, o -> o.withLoopFactory(() -> loop).withCleanupTimeout(Duration.ofSeconds(5)));

        assertThat(trace).containsExactly("the other cleaned up");
        assertThat(loop.time()).isEqualTo(Duration.ofSeconds(5).toNanos());
        ExceptionContext report = check.takeReport();
        assertThat(report.message()).isEqualTo(
                "task did not end within PT5S of its cancellation, and is abandoned");
        assertThat(report.future()).isSameAs(left[0]);
        assertThat(report.exception().getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals("stubborn"));
    }

    private static void stubborn() {
        while (true) {
            try {
                sleep(Duration.ofSeconds(1));
            } catch (CancelledError e) {
                continue;
            }
        }
    }

    @Test
    void cleanupTimeout_ofAJobThatDoesNotEnd_goesOnWithoutIt() {
        CountDownLatch never = new CountDownLatch(1);

        Asyncio.run(() -> {
            Asyncio.runInExecutor(null, () -> {
                never.await();
                return null;
            });
        }, o -> o.withCleanupTimeout(Duration.ofMillis(10)));

        assertThat(never.getCount()).isOne();
    }
}
