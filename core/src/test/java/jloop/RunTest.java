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
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Asyncio.run: a loop for one coroutine, and everything cleared up behind it.
class RunTest {

    private static final Duration LONG = Duration.ofSeconds(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final List<Object> trace = new ArrayList<>();

    /// A run with virtual time whose loop is watched.
    private final UnaryOperator<RunOptions> virtual = o -> o.withLoopFactory(check::newLoop);

    @Test
    @AsIn("test_runners.test_asyncio_run_return")
    void run_ofACoroutine_returnsItsResult() {
        assertThat(Asyncio.run(() -> {
            sleep(Duration.ZERO);
            return 42;
        })).isEqualTo(42);
    }

    @Test
    void run_ofAVoidCoroutine_runsIt() {
        Asyncio.run(() -> {
            trace.add("ran");
        });

        assertThat(trace).containsExactly("ran");
    }

    @Test
    @AsIn("test_runners.test_asyncio_run_raises")
    void run_thatFails_throwsTheSameObject() {
        IOException failure = new IOException("no");

        assertThatThrownBy(() -> Asyncio.run(() -> {
            throw failure;
        })).isSameAs(failure);
    }

    @Test
    void run_closesItsLoop() {
        EventLoop loop = Asyncio.run(Asyncio::getRunningLoop);

        assertThat(loop.isClosed()).isTrue();
        assertThat(Asyncio.run(Asyncio::getRunningLoop)).isNotSameAs(loop);
    }

    @Test
    @AsIn("test_runners.test_asyncio_run_from_running_loop")
    void run_withinARun_isRefused() {
        Asyncio.run(() -> {
            assertThatIllegalStateException().isThrownBy(() -> Asyncio.run(() -> {
                trace.add("never");
            })).withMessageContaining("run cannot be called from a running event loop");
        }, virtual);

        assertThat(trace).isEmpty();
    }

    @Test
    void run_withinACallback_isRefused() {
        EventLoop loop = check.newLoop();
        loop.callSoon(() -> {
            assertThatIllegalStateException().isThrownBy(() -> Asyncio.run(() -> 1));
            trace.add("refused");
            loop.stop();
        });

        loop.runForever();

        assertThat(trace).containsExactly("refused");
    }

    // ---- options

    @Test
    @AsIn({"test_runners.test_asyncio_run_loop_factory",
        "test_runners.test_asyncio_run_set_event_loop"})
    void run_withALoopFactory_usesItAndLeavesTheCurrentLoopAlone() {
        List<EventLoop> made = new ArrayList<>();

        EventLoop used = Asyncio.run(Asyncio::getRunningLoop, o -> o.withLoopFactory(() -> {
            made.add(check.newLoop());
            return made.getFirst();
        }));

        assertThat(made).containsExactly(used);
        assertThat(used.isClosed()).isTrue();
    }

    @Test
    @AsIn("test_runners.test_asyncio_run_debug")
    void run_withDebug_setsItOnTheLoop() {
        for (boolean debug : List.of(true, false)) {
            assertThat(Asyncio.run(() -> Asyncio.getRunningLoop().getDebug(),
                    o -> o.withDebug(debug))).isEqualTo(debug);
        }
    }

    // ---- clearing up

    @Test
    @AsIn("test_runners.test_asyncio_run_cancels_hanging_tasks")
    void run_withTasksLeft_cancelsAndAwaitsThem() {
        List<Task<Void>> left = new ArrayList<>();
        Asyncio.run(() -> {
            for (int i = 0; i < 3; i++) {
                int number = i;
                left.add(createTask(() -> {
                    try {
                        sleep(LONG);
                    } finally {
                        sleep(Duration.ofSeconds(1));
                        trace.add("cleaned up " + number);
                    }
                }));
            }
            sleep(Duration.ZERO);
            trace.add("main ends");
        }, virtual);

        assertThat(left).allMatch(Task::cancelled);
        assertThat(trace).containsExactly(
                "main ends", "cleaned up 0", "cleaned up 1", "cleaned up 2");
    }

    @Test
    @AsIn("test_runners.test_asyncio_run_reports_hanging_tasks_errors")
    void run_withATaskLeftThatFails_reportsIt() {
        IOException failure = new IOException("cleaning up");
        Task<?>[] left = new Task<?>[1];
        int result = Asyncio.run(() -> {
            left[0] = createTask(() -> {
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    throw failure;
                }
            });
            sleep(Duration.ZERO);
            return 5;
        }, virtual);

        assertThat(result).isEqualTo(5);
        ExceptionContext report = check.takeReport();
        assertThat(report.message()).isEqualTo("unhandled exception during the shutdown of run");
        assertThat(report.exception()).isSameAs(failure);
        assertThat(report.future()).isSameAs(left[0]);
    }

    @Test
    void run_thatFails_clearsUpAllTheSame() {
        assertThatThrownBy(() -> Asyncio.run(() -> {
            createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    trace.add("cleaned up");
                }
            });
            sleep(Duration.ZERO);
            throw new IOException("no");
        }, virtual)).isInstanceOf(IOException.class);

        assertThat(trace).containsExactly("cleaned up");
    }

    @Test
    void run_endedByKeyboardInterruptOfATask_clearsUpAndThrowsIt() {
        KeyboardInterrupt interrupt = new KeyboardInterrupt();

        assertThatThrownBy(() -> Asyncio.run(() -> {
            createTask(() -> {
                sleep(Duration.ofSeconds(1));
                throw interrupt;
            });
            try {
                sleep(LONG);
            } finally {
                trace.add("main cleaned up");
            }
        }, virtual)).isSameAs(interrupt);

        assertThat(trace).containsExactly("main cleaned up");
    }

    @Test
    void run_endedBySystemExitOfACallback_clearsUpAndThrowsIt() {
        assertThatThrownBy(() -> Asyncio.run(() -> {
            Asyncio.getRunningLoop().callSoon(() -> {
                throw new SystemExit(4);
            });
            try {
                sleep(LONG);
            } finally {
                trace.add("main cleaned up");
            }
        }, virtual)).isInstanceOf(SystemExit.class);

        assertThat(trace).containsExactly("main cleaned up");
    }

    @Test
    void run_withATaskThatMakesAnotherWhileItIsCancelled_doesNotHang() {
        Asyncio.run(() -> {
            createTask(() -> {
                try {
                    sleep(LONG);
                } finally {
                    createTask(() -> trace.add("late")).await();
                }
            });
            sleep(Duration.ZERO);
        }, virtual);

        assertThat(trace).containsExactly("late");
    }

    @Test
    void run_thatUsedTheExecutor_waitsForItsJobs() {
        Asyncio.run(() -> {
            Asyncio.runInExecutor(null, () -> {
                synchronized (trace) {
                    return trace.add(Thread.currentThread().getName());
                }
            });
        });

        synchronized (trace) {
            assertThat(trace).containsExactly("asyncio_0");
        }
    }

    @Test
    void run_cancelledByItself_throwsCancelledError() {
        assertThatThrownBy(() -> Asyncio.run(() -> {
            Asyncio.currentTask().cancel("why");
            sleep(LONG);
        }, virtual)).isInstanceOf(CancelledError.class).hasMessage("why");
    }

    /// A huge result is nobody's to print.
    @Test
    @AsIn("test_runners.test_no_repr_is_call_on_the_task_result")
    void run_ofAnything_doesNotDescribeItsResult() {
        class Secret {
            @Override
            public String toString() {
                throw new AssertionError("described");
            }
        }

        assertThat(Asyncio.run(Secret::new, virtual) != null).isTrue();
    }
}
