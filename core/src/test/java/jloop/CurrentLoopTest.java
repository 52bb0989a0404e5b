package jloop;

import static jloop.Asyncio.getEventLoop;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.setEventLoop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class CurrentLoopTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    @Test
    @AsIn("test_events.test_get_event_loop_returns_running_loop")
    void getRunningLoop_inTasksAndCallbacks_isTheLoop() {
        assertThatIllegalStateException().isThrownBy(Asyncio::getRunningLoop)
                .withMessage("no running event loop");
        loop.callSoon(() -> trace.add(getRunningLoop()));
        loop.callLater(Duration.ZERO, () -> trace.add(getEventLoop()));

        loop.runUntilComplete(() -> {
            trace.add(getRunningLoop());
            Asyncio.sleep(Duration.ofSeconds(1));
            trace.add(getEventLoop());
        });

        assertThat(trace).containsExactly(loop, loop, loop, loop);
        assertThatIllegalStateException().isThrownBy(Asyncio::getRunningLoop);
    }

    @Test
    void getRunningLoop_inADoneCallbackAndAnExceptionHandler_isTheLoop() {
        loop.setExceptionHandler((_, _) -> trace.add(getRunningLoop()));
        Future<Integer> future = loop.createFuture();
        future.addDoneCallback(_ -> {
            trace.add(getRunningLoop());
            throw new IllegalStateException();
        });
        future.setResult(1);

        loop.stop();
        loop.runForever();

        assertThat(trace).containsExactly(loop, loop);
    }

    @Test
    @AsIn({"test_events.test_set_event_loop", "test_events.test_get_event_loop_after_set_none"})
    void setEventLoop_isForOneThread() throws Exception {
        inAThread(() -> {
            setEventLoop(loop);
            assertThat(getEventLoop()).isSameAs(loop);
            assertThatIllegalStateException().isThrownBy(Asyncio::getRunningLoop);
            assertThat(inAThread(CurrentLoopTest::message)).contains("no current event loop");
            setEventLoop(null);
            assertThat(message()).contains("no current event loop");
            return null;
        });
    }

    @Test
    @AsIn("test_events.test_get_event_loop_thread")
    void getEventLoop_inAThreadWithoutOne_namesTheThreadAndTheRemedy() throws Exception {
        assertThat(inAThread(CurrentLoopTest::message))
                .contains("no current event loop in thread other")
                .contains("setEventLoop(newEventLoop())");
    }

    private static String message() {
        try {
            return "a loop: " + getEventLoop();
        } catch (IllegalStateException e) {
            return e.getMessage();
        }
    }

    @Test
    void getEventLoop_whileAnotherRuns_isTheRunningOne() throws Exception {
        EventLoop other = check.newLoop();
        inAThread(() -> {
            setEventLoop(other);
            loop.runUntilComplete(() -> trace.add(getEventLoop()));
            assertThat(getEventLoop()).isSameAs(other);
            return null;
        });

        assertThat(trace).containsExactly(loop);
    }

    @Test
    @AsIn("test_events.test_new_event_loop")
    void newEventLoop_isNew_andNotSet() throws Exception {
        inAThread(() -> {
            try (EventLoop made = Asyncio.newEventLoop();
                    EventLoop second = Asyncio.newEventLoop()) {
                assertThat(made).isNotSameAs(second);
                assertThat(message()).contains("no current event loop");
                assertThat(made.isRunning()).isFalse();
            }
            return null;
        });
    }

    @Test
    void run_setsTheLoopAndTakesItBack() throws Exception {
        inAThread(() -> {
            EventLoop seen = Asyncio.run(Asyncio::getEventLoop);
            assertThat(seen.isClosed()).isTrue();
            assertThat(message()).contains("no current event loop");
            return null;
        });
    }

    @Test
    void getRunningLoop_inAnotherThreadMeanwhile_isNone() {
        loop.runUntilComplete(() -> {
            trace.add(Asyncio.toThread(() -> {
                try {
                    return getRunningLoop();
                } catch (IllegalStateException e) {
                    return e.getMessage();
                }
            }));
        });

        assertThat(trace).containsExactly("no running event loop");
    }

    @Test
    void ensureFuture_withASetLoop_makesATaskOfIt() throws Exception {
        Task<Integer> task = inAThread(() -> {
            setEventLoop(loop);
            return Asyncio.ensureFuture(() -> 5);
        });

        assertThat(loop.runUntilComplete(task)).isEqualTo(5);
    }

    private static <T> T inAThread(Callable<T> body) throws Exception {
        FutureTask<T> task = new FutureTask<>(body);
        Thread.ofPlatform().name("other").start(task);
        return task.get();
    }
}
