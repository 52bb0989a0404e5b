package jloop;

import static jloop.Asyncio.sleep;
import static jloop.Asyncio.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Work of other threads, in real time.
class ExecutorTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newRealLoop();
    private final List<Object> trace = new ArrayList<>();

    @Test
    @AsIn({"test_threads.test_to_thread", "test_threads.test_to_thread_once"})
    void toThread_carriesTheJobOutElsewhereAndOnce() {
        AtomicInteger calls = new AtomicInteger();

        String name = loop.runUntilComplete(() -> toThread(() -> {
            calls.incrementAndGet();
            return Thread.currentThread().getName();
        }));

        assertThat(name).isEqualTo("asyncio_0");
        assertThat(calls).hasValue(1);
    }

    @Test
    @AsIn("test_threads.test_to_thread_exception")
    void toThread_ofAJobThatFails_throwsTheSameObject() {
        IOException failure = new IOException("no");

        assertThatThrownBy(() -> loop.runUntilComplete(() -> {
            toThread(() -> {
                throw failure;
            });
        })).isSameAs(failure);
    }

    @Test
    @AsIn("test_threads.test_to_thread_concurrent")
    void toThread_byTasks_runsTheJobsAtTheSameTime() {
        CyclicBarrier together = new CyclicBarrier(3);
        Callable<Integer> job = together::await;

        loop.runUntilComplete(() -> {
            List<Integer> order = Asyncio.<Integer>gather(
                    () -> toThread(job), () -> toThread(job), () -> toThread(job)).await();
            assertThat(order).containsExactlyInAnyOrder(0, 1, 2);
        });
    }

    @Test
    void toThread_meanwhile_theLoopRunsOn() {
        CountDownLatch released = new CountDownLatch(1);

        loop.runUntilComplete(() -> {
            Task<Void> job = Asyncio.createTask(() -> toThread(() -> released.await()));
            for (int i = 0; i < 3; i++) {
                sleep(Duration.ofMillis(1));
                trace.add(i);
            }
            released.countDown();
            job.await();
        });

        assertThat(trace).containsExactly(0, 1, 2);
    }

    @Test
    @AsIn("test_events.test_run_in_executor")
    void runInExecutor_ofAnExecutorGiven_usesIt() {
        List<Runnable> handed = new ArrayList<>();

        int result = loop.runUntilComplete(() -> {
            Future<Integer> future = loop.runInExecutor(handed::add, () -> 5);
            sleep(Duration.ZERO);
            assertThat(future.done()).isFalse();
            Thread.ofPlatform().name("own").start(handed.getFirst());
            return future.await();
        });

        assertThat(result).isEqualTo(5);
    }

    @Test
    @AsIn("test_base_events.test_set_default_executor")
    void setDefaultExecutor_hasItCarryOutTheJobs() {
        ExecutorService own = Executors.newSingleThreadExecutor(
                job -> Thread.ofPlatform().name("own").unstarted(job));
        loop.setDefaultExecutor(own);

        loop.runUntilComplete(() -> {
            trace.add(toThread(() -> Thread.currentThread().getName()));
            loop.shutdownDefaultExecutor(null);
        });

        assertThat(trace).containsExactly("own");
        assertThat(own.isTerminated()).isTrue();
    }

    // ---- cancelling

    @Test
    @AsIn("test_tasks.test_task_cancel_waiter_future")
    void cancel_ofAJobThatHasNotBegun_callsItOff() {
        List<Runnable> handed = new ArrayList<>();

        loop.runUntilComplete(() -> {
            Future<Boolean> future = loop.runInExecutor(handed::add, () -> trace.add("never"));
            future.cancel();
            sleep(Duration.ZERO);
            sleep(Duration.ZERO);
            handed.getFirst().run();
            assertThat(future.cancelled()).isTrue();
        });

        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn("test_events.test_run_in_executor_cancel")
    void cancel_ofAJobThatRuns_letsItRunOnAndLosesItsResult() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);

        loop.runUntilComplete(() -> {
            Future<Integer> future = loop.runInExecutor(null, () -> {
                begun.countDown();
                released.await();
                over.countDown();
                return 5;
            });
            begun.await();
            assertThat(future.cancel()).isTrue();
            released.countDown();
            over.await();
            sleep(Duration.ofMillis(1));
            assertThat(future.cancelled()).isTrue();
        });

        assertThat(over.getCount()).isZero();
    }

    @Test
    void cancel_ofATaskInToThread_endsTheTaskAtOnce() {
        CountDownLatch released = new CountDownLatch(1);
        Task<Void> task = loop.createTask(() -> toThread(() -> released.await()));
        loop.callLater(Duration.ofMillis(1), task::cancel);

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);

        released.countDown();
    }

    // ---- the end

    @Test
    @AsIn("uv:test_base.test_shutdown_default_executor")
    void shutdownDefaultExecutor_waitsForItsJobsWhileTheLoopRunsOn() {
        CountDownLatch released = new CountDownLatch(1);

        loop.runUntilComplete(() -> {
            Future<String> job = loop.runInExecutor(null, () -> {
                released.await();
                return "job over";
            });
            job.addDoneCallback(done -> trace.add(done.result()));
            loop.callLater(Duration.ofMillis(1), released::countDown);
            loop.shutdownDefaultExecutor(null);
            trace.add("shut down");
        });

        assertThat(trace).containsExactly("job over", "shut down");
    }

    @Test
    void shutdownDefaultExecutor_withoutOne_isAtOnce() {
        loop.runUntilComplete(() -> loop.shutdownDefaultExecutor(null));
        loop.runUntilComplete(() -> loop.shutdownDefaultExecutor(Duration.ZERO));

        assertThat(loop.isClosed()).isFalse();
    }

    @Test
    @AsIn("test_base_events.test_shutdown_default_executor_timeout")
    void shutdownDefaultExecutor_pastItsLimit_interruptsTheJobsAndGoesOn() {
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);

        loop.runUntilComplete(() -> {
            loop.runInExecutor(null, () -> {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                }
                return null;
            });
            loop.shutdownDefaultExecutor(Duration.ofMillis(10));
            interrupted.await();
        });

        assertThat(interrupted.getCount()).isZero();
    }

    @Test
    void runInExecutor_afterTheShutdown_isRefusedButForOthers() {
        loop.runUntilComplete(() -> {
            loop.shutdownDefaultExecutor(null);
            assertThatIllegalStateException().isThrownBy(() -> toThread(() -> 1))
                    .withMessage("the default executor has been shut down");
            trace.add(loop.runInExecutor(
                    job -> Thread.ofPlatform().name("own").start(job), () -> 5).await());
        });

        assertThat(trace).containsExactly(5);
    }

    /// Edge 76: it must not throw in the thread of the pool either.
    @Test
    void job_thatEndsAfterTheLoopIsClosed_concernsNobody() throws Exception {
        List<Throwable> thrown = new ArrayList<>();
        CountDownLatch closed = new CountDownLatch(1);
        Thread[] worker = new Thread[1];
        loop.callSoon(() -> {
            loop.runInExecutor(job -> worker[0] = Thread.ofPlatform().name("own")
                    .uncaughtExceptionHandler((_, e) -> thrown.add(e)).start(job), () -> {
                        closed.await();
                        return 5;
                    });
            loop.stop();
        });
        loop.runForever();

        loop.close();
        closed.countDown();

        worker[0].join();
        assertThat(thrown).isEmpty();
    }

    // ---- faults

    /// Row 109 of the faults, as the next two.
    @Test
    void executor_thatRefuses_failsTheFuture() {
        loop.runUntilComplete(() -> {
            Future<Integer> future = loop.runInExecutor(_ -> {
                throw new RejectedExecutionException("full");
            }, () -> 1);
            assertThatThrownBy(future::await).hasMessage("full");
        });
    }

    @Test
    void executor_withoutAThread_failsTheFuture() {
        loop.runUntilComplete(() -> {
            Future<Integer> future = loop.runInExecutor(_ -> {
                throw new OutOfMemoryError("unable to create native thread");
            }, () -> 1);
            assertThatThrownBy(future::await).isInstanceOf(OutOfMemoryError.class);
        });
    }

    @Test
    void job_thatThrowsAnError_failsWithIt() {
        AssertionError error = new AssertionError("job");
        loop.runUntilComplete(() -> {
            assertThatThrownBy(() -> toThread(() -> {
                throw error;
            })).isSameAs(error);
        });
    }

    @Test
    void interruptOnCancel_interruptsAJobThatRuns() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);

        loop.runUntilComplete(() -> {
            Task<Void> task = Asyncio.createTask(() -> toThread(() -> {
                begun.countDown();
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                }
            }, o -> o.withInterruptOnCancel(true)));
            while (begun.getCount() > 0) sleep(Duration.ofMillis(1));
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
            interrupted.await();
        });

        assertThat(interrupted.getCount()).isZero();
    }

    /// Rows 106 and 108: what waits behind a job that never ends is told.
    @Test
    void shutdownDefaultExecutor_pastItsLimit_cancelsWhatHasNotBegun() {
        CountDownLatch never = new CountDownLatch(1);
        loop.setDefaultExecutor(Executors.newSingleThreadExecutor());

        loop.runUntilComplete(() -> {
            Future<Void> stuck = loop.runInExecutor(null, () -> {
                never.await();
                return null;
            });
            Future<Integer> queued = loop.runInExecutor(null, () -> 5);
            loop.shutdownDefaultExecutor(Duration.ofMillis(10));
            assertThatThrownBy(queued::await).isInstanceOf(CancelledError.class);
            assertThatThrownBy(stuck::await).isInstanceOf(InterruptedException.class);
        });
    }

    // ---- the loop as an executor

    @Test
    void execute_byAnotherThread_callsOnTheLoop() {
        loop.runUntilComplete(() -> {
            Future<EventLoop> ran = loop.createFuture();
            CompletableFuture.supplyAsync(() -> 5).thenAcceptAsync(
                    _ -> ran.setResult(Asyncio.getRunningLoop()), loop);
            assertThat(ran.await()).isSameAs(loop);
        });
    }

    @Test
    void execute_afterClose_isRejected() {
        loop.close();

        assertThatThrownBy(() -> loop.execute(() -> { }))
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessage("event loop is closed");
    }
}
