package jloop;

import static jloop.Asyncio.runCoroutineThreadsafe;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What other threads may do with a loop, and what they may not: a loop that runs in a thread
/// of its own, seen from the test's.
class ThreadRulesTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newRealLoop();
    private final List<Object> trace = new ArrayList<>();
    private Thread runner;

    private void startLoop() throws InterruptedException {
        CountDownLatch running = new CountDownLatch(1);
        loop.callSoon(running::countDown);
        runner = Thread.ofPlatform().name("loop-runner").start(loop::runForever);
        running.await();
    }

    @AfterEach
    void stopLoop() throws InterruptedException {
        if (runner == null) return;
        loop.callSoonThreadsafe(loop::stop);
        runner.join();
    }

    @Test
    @AsIn({"test_base_events.test_check_thread", "uv:test_base.test_check_thread"})
    void loopCalls_fromAnotherThread_areRefusedWithBothNames() throws Exception {
        Future<Integer> future = loop.createFuture();
        Task<Integer> task = loop.createTask(() -> future.await());
        startLoop();
        Map<String, Runnable> calls = new LinkedHashMap<>();
        calls.put("callSoon", () -> loop.callSoon(() -> trace.add("never")));
        calls.put("callLater", () -> loop.callLater(Duration.ZERO, () -> trace.add("never")));
        calls.put("callAt", () -> loop.callAt(0, () -> trace.add("never")));
        calls.put("createTask", () -> loop.createTask(() -> trace.add("never")));
        calls.put("stop", loop::stop);
        calls.put("setResult", () -> future.setResult(1));
        calls.put("setException", () -> future.setException(new IOException()));
        calls.put("cancel", future::cancel);
        calls.put("cancel ", task::cancel);
        calls.put("addDoneCallback", () -> future.addDoneCallback(_ -> { }));
        calls.put("removeDoneCallback", () -> future.removeDoneCallback(_ -> { }));
        calls.put("runInExecutor", () -> loop.runInExecutor(null, () -> 1));
        calls.put("allTasks", () -> Asyncio.allTasks(loop));
        calls.put("shutdownAsyncgens", loop::shutdownAsyncgens);
        calls.put("callExceptionHandler",
                () -> loop.callExceptionHandler(ExceptionContext.of("no", null)));

        calls.forEach((name, call) -> assertThatExceptionOfType(WrongThreadException.class)
                .as(name).isThrownBy(call::run)
                .withMessageContaining(name.strip() + " was called on")
                .withMessageContaining(Thread.currentThread().getName())
                .withMessageContaining("the loop runs on").withMessageContaining("loop-runner")
                .withMessageContaining("use callSoonThreadsafe"));

        loop.callSoonThreadsafe(() -> future.setResult(1));
        assertThat(runCoroutineThreadsafe(() -> task.await(), loop).get()).isEqualTo(1);
        assertThat(trace).isEmpty();
    }

    @Test
    void loopCalls_whileItDoesNotRun_areFreeToAll() {
        loop.callSoon(() -> trace.add("soon"));
        loop.callLater(Duration.ZERO, () -> trace.add("later"));
        Future<Integer> future = loop.createFuture();
        future.setResult(1);

        loop.stop();
        loop.runForever();

        assertThat(trace).containsExactly("soon", "later");
    }

    @Test
    void anyThreadCalls_fromAnotherThread_work() throws Exception {
        startLoop();

        assertThat(loop.isRunning()).isTrue();
        assertThat(loop.isClosed()).isFalse();
        assertThat(loop.getDebug()).isFalse();
        assertThat(loop.time()).isNotZero();
        assertThat(loop.toString()).contains("running=true");
        assertThat(loop.level()).isEqualTo(Carrier.level());
    }

    @Test
    void await_inAnotherThread_isRefused() throws Exception {
        Future<Integer> future = loop.createFuture();
        startLoop();

        assertThatIllegalStateException().isThrownBy(future::await)
                .withMessageContaining("only a coroutine");
        assertThatIllegalStateException().isThrownBy(() -> sleep(Duration.ZERO))
                .withMessage("no running event loop");
    }

    // ---- runCoroutineThreadsafe

    @Test
    @AsIn("test_tasks.test_run_coroutine_threadsafe")
    void runCoroutineThreadsafe_givesTheResult() throws Exception {
        startLoop();

        assertThat(runCoroutineThreadsafe(() -> {
            sleep(Duration.ofMillis(1));
            return Asyncio.getRunningLoop() == loop;
        }, loop).get()).isTrue();
        runCoroutineThreadsafe(() -> {
            sleep(Duration.ZERO);
        }, loop).join();
    }

    @Test
    @AsIn("test_tasks.test_run_coroutine_threadsafe_with_exception")
    void runCoroutineThreadsafe_ofAFailure_givesItAsTheCause() throws Exception {
        IOException failure = new IOException("no");
        startLoop();

        assertThatThrownBy(() -> runCoroutineThreadsafe(() -> {
            throw failure;
        }, loop).get()).isInstanceOf(ExecutionException.class).cause().isSameAs(failure);
    }

    @Test
    @AsIn("test_tasks.test_run_coroutine_threadsafe_with_timeout")
    void runCoroutineThreadsafe_waitedForTooShort_goesOnUntilCancelled() throws Exception {
        startLoop();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        CompletableFuture<Void> result = runCoroutineThreadsafe(() -> {
            try {
                begun.countDown();
                sleep(Duration.ofHours(1));
            } finally {
                cancelled.countDown();
            }
        }, loop);
        assertThatThrownBy(() -> result.get(1, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);
        begun.await();

        assertThat(result.cancel(true)).isTrue();

        cancelled.await();
        assertThatThrownBy(result::get).isInstanceOf(CancellationException.class);
        assertThat(runCoroutineThreadsafe(() -> Asyncio.allTasks().size(), loop).get())
                .isEqualTo(1);
    }

    @Test
    @AsIn("test_tasks.test_run_coroutine_threadsafe_task_cancelled")
    void runCoroutineThreadsafe_ofATaskThatIsCancelled_isCancelled() throws Exception {
        startLoop();
        CompletableFuture<Void> result = runCoroutineThreadsafe(() -> {
            Asyncio.currentTask().cancel();
            sleep(Duration.ofHours(1));
        }, loop);

        assertThatThrownBy(result::get).isInstanceOf(CancellationException.class);
        assertThat(result.isCancelled()).isTrue();
    }

    @Test
    @AsIn("test_tasks.test_run_coroutine_threadsafe_and_cancel")
    void cancel_beforeTheTaskIsMade_keepsItFromBeingMade() {
        CompletableFuture<Boolean> result =
                runCoroutineThreadsafe(() -> trace.add("never"), loop);
        result.cancel(false);

        loop.stop();
        loop.runForever();

        assertThat(trace).isEmpty();
        assertThat(Asyncio.allTasks(loop)).isEmpty();
    }

    @Test
    @AsIn("test_tasks.test_run_coroutine_threadsafe_task_factory_exception")
    void runCoroutineThreadsafe_withAFactoryThatFails_tellsBothSides() {
        IllegalArgumentException failure = new IllegalArgumentException("factory");
        loop.setTaskFactory(new TaskFactory() {
            @Override
            public <T> Task<T> create(EventLoop of, Coroutine<T> body, TaskOptions options) {
                throw failure;
            }
        });
        CompletableFuture<Integer> result = runCoroutineThreadsafe(() -> 1, loop);

        loop.stop();
        loop.runForever();

        assertThatThrownBy(result::get).cause().isSameAs(failure);
        assertThat(check.takeReport().exception()).isSameAs(failure);
    }

    /// asyncio would wait for ever.
    @Test
    void get_inACallbackOfTheLoop_isRefused() {
        loop.callSoon(() -> {
            CompletableFuture<Integer> result = runCoroutineThreadsafe(() -> 5, loop);
            result.thenAccept(trace::add);
            assertThatIllegalStateException().isThrownBy(result::join)
                    .withMessageContaining("a callback of the loop cannot wait");
            assertThatIllegalStateException().isThrownBy(result::get);
            assertThatIllegalStateException().isThrownBy(() -> result.get(1, TimeUnit.HOURS));
        });

        loop.stop();
        loop.runForever();
        for (int i = 0; i < 3; i++) {
            loop.stop();
            loop.runForever();
        }

        assertThat(trace).containsExactly(5);
    }

    @Test
    void get_inACoroutineOfTheLoop_waitsWhileTheLoopRuns() {
        int result = loop.runUntilComplete(() -> runCoroutineThreadsafe(() -> {
            sleep(Duration.ofMillis(1));
            return 5;
        }, loop).get());

        assertThat(result).isEqualTo(5);
    }

    @Test
    void get_inACoroutineOfAnotherLoop_waitsWhileThatOneRuns() throws Exception {
        startLoop();
        EventLoop mine = check.newRealLoop();
        CountDownLatch ticks = new CountDownLatch(3);

        int result = mine.runUntilComplete(() -> {
            Task<Void> ticker = Asyncio.createTask(() -> {
                while (true) {
                    ticks.countDown();
                    sleep(Duration.ofMillis(1));
                }
            });
            int five = runCoroutineThreadsafe(() -> {
                Asyncio.timeout(Duration.ofSeconds(20), () -> {
                    while (ticks.getCount() > 0) sleep(Duration.ofMillis(1));
                });
                return 5;
            }, loop).get();
            ticker.cancel();
            return five;
        });

        mine.stop();
        mine.runForever();
        assertThat(result).isEqualTo(5);
    }
}
