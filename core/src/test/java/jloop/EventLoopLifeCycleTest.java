package jloop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class EventLoopLifeCycleTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    // ---- run and stop

    @Test
    void runForever_stoppedByACallback_returns() {
        loop.callSoon(() -> {
            trace.add(loop.isRunning());
            loop.stop();
        });

        loop.runForever();

        assertThat(trace).containsExactly(true);
        assertThat(loop.isRunning()).isFalse();
    }

    @Test
    void runForever_again_goesOn() {
        for (int i = 0; i < 3; i++) {
            int run = i;
            loop.callSoon(() -> trace.add(run));
            loop.callSoon(loop::stop);
            loop.runForever();
        }

        assertThat(trace).containsExactly(0, 1, 2);
    }

    @Test
    @AsIn("test_windows_events.test_loop_restart")
    void runForever_againByAnotherThread_goesOn() throws Exception {
        runOneTurn();
        var other = new FutureTask<>(() -> loop.runUntilComplete(() -> Thread.currentThread()
                .isVirtual()));

        Thread.ofPlatform().name("other").start(other);

        assertThat(other.get()).isTrue();
        loop.runUntilComplete(() -> trace.add("here"));
        assertThat(trace).containsExactly("here");
    }

    @Test
    void runForever_byAVirtualThread_runs() throws Exception {
        var other = new FutureTask<>(() -> loop.runUntilComplete(() -> {
            Asyncio.sleep(Duration.ofSeconds(1));
            return 5;
        }));

        Thread.ofVirtual().start(other);

        assertThat(other.get()).isEqualTo(5);
    }

    @Test
    @AsIn("test_events.test_get_running_loop_already_running")
    void runForever_whileItRuns_isRefused() {
        loop.callSoon(() -> {
            assertThatIllegalStateException().isThrownBy(loop::runForever)
                    .withMessageContaining("this event loop is already running");
            trace.add("refused");
            loop.stop();
        });

        loop.runForever();

        assertThat(trace).containsExactly("refused");
    }

    @Test
    @AsIn("test_base_events.test_running_loop_within_a_loop")
    void runForever_withinAnotherLoop_isRefused() {
        EventLoop other = check.newLoop();

        loop.runUntilComplete(() -> {
            assertThatIllegalStateException().isThrownBy(other::runForever)
                    .withMessageContaining("while another loop is running");
            trace.add("refused");
        });

        assertThat(trace).containsExactly("refused");
        assertThat(other.isRunning()).isFalse();
    }

    @Test
    @AsIn("test_base_events.test_run_forever_pre_stopped")
    void stop_beforeARun_hasItMakeOneTurn() {
        loop.stop();
        loop.callSoon(() -> {
            trace.add("a");
            loop.callSoon(() -> trace.add("b"));
        });

        loop.runForever();
        assertThat(trace).containsExactly("a");

        runOneTurn();
        assertThat(trace).containsExactly("a", "b");
    }

    @Test
    void stop_inABatch_letsItRunAndKeepsTheRest() {
        loop.callSoon(() -> {
            loop.stop();
            trace.add("stop");
            loop.callSoon(() -> trace.add("scheduled meanwhile"));
        });
        loop.callSoon(() -> trace.add("same batch"));

        loop.runForever();
        assertThat(trace).containsExactly("stop", "same batch");

        runOneTurn();
        assertThat(trace).containsExactly("stop", "same batch", "scheduled meanwhile");
    }

    @Test
    void stop_isForOneRunOnly() {
        runOneTurn();

        loop.runUntilComplete(() -> {
            for (int i = 0; i < 3; i++) Asyncio.sleep(Duration.ZERO);
            trace.add("whole");
        });

        assertThat(trace).containsExactly("whole");
    }

    // ---- runUntilComplete

    @Test
    @AsIn("test_events.test_run_until_complete")
    void runUntilComplete_ofACoroutine_returnsItsResult() {
        String result = loop.runUntilComplete(() -> {
            Asyncio.sleep(Duration.ofSeconds(10));
            return "done";
        });

        assertThat(result).isEqualTo("done");
        assertThat(loop.time()).isEqualTo(Duration.ofSeconds(10).toNanos());
    }

    @Test
    void runUntilComplete_ofAFailure_throwsTheSameObject() {
        IOException failure = new IOException("no");

        assertThatThrownBy(() -> loop.runUntilComplete(() -> {
            throw failure;
        })).isSameAs(failure);
    }

    @Test
    void runUntilComplete_ofADoneFuture_returnsItsResult() {
        Future<Integer> future = loop.createFuture();
        future.setResult(3);

        assertThat(loop.runUntilComplete(future)).isEqualTo(3);
    }

    @Test
    @AsIn("test_base_events.test_run_until_complete_loop")
    void runUntilComplete_ofAFutureOfAnotherLoop_isRefused() {
        Future<Integer> future = check.newLoop().createFuture();

        assertThatIllegalArgumentException().isThrownBy(() -> loop.runUntilComplete(future))
                .withMessageContaining("belongs to another loop");
    }

    @Test
    @AsIn("test_events.test_run_until_complete_nesting")
    void runUntilComplete_whileItRuns_isRefusedBeforeATaskIsMade() {
        loop.runUntilComplete(() -> {
            assertThatIllegalStateException()
                    .isThrownBy(() -> loop.runUntilComplete(() -> trace.add("never")))
                    .withMessageContaining("already running");
            assertThat(Asyncio.allTasks()).hasSize(1);
        });

        assertThat(trace).isEmpty();
    }

    /// Scenario 23 of the surface list.
    @Test
    @AsIn({"test_events.test_run_until_complete_stopped",
        "test_tasks.test_stop_while_run_in_complete"})
    void runUntilComplete_stoppedBefore_saysSoAndCanBeFinishedLater() {
        Task<String> main = loop.createTask(() -> {
            loop.stop();
            Asyncio.sleep(Duration.ofSeconds(1));
            return "finished";
        });

        assertThatIllegalStateException().isThrownBy(() -> loop.runUntilComplete(main))
                .withMessageContaining("event loop stopped before");
        assertThat(main.done()).isFalse();

        assertThat(loop.runUntilComplete(main)).isEqualTo("finished");
    }

    @Test
    @AsIn("test_base_events.test_run_until_complete_loop_orphan_future_close_loop")
    void runUntilComplete_leftByAFatalError_leavesNoCallbackThatStopsALaterRun() {
        Future<Integer> future = loop.createFuture();
        loop.callSoon(() -> {
            throw new KeyboardInterrupt();
        });
        assertThatThrownBy(() -> loop.runUntilComplete(future))
                .isInstanceOf(KeyboardInterrupt.class);

        future.setResult(1);
        loop.callSoon(() -> loop.callSoon(() -> {
            trace.add("second turn");
            loop.stop();
        }));
        loop.runForever();

        assertThat(trace).containsExactly("second turn");
    }

    @Test
    @AsIn("test_base_events.test_run_until_complete_baseexception")
    void runUntilComplete_ofATaskThatThrowsKeyboardInterrupt_throwsItAndLeavesNoStop() {
        KeyboardInterrupt interrupt = new KeyboardInterrupt();
        Task<Void> task = loop.createTask(() -> {
            throw interrupt;
        });

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isSameAs(interrupt);
        assertThat(task.done()).isTrue();
        assertThat(task.exception()).isSameAs(interrupt);

        loop.callSoon(() -> loop.callSoon(() -> {
            trace.add("second turn");
            loop.stop();
        }));
        loop.runForever();
        assertThat(trace).containsExactly("second turn");
    }

    @Test
    void runUntilComplete_ofATaskThatThrowsSystemExit_throwsItWithItsStatus() {
        assertThatThrownBy(() -> loop.runUntilComplete(() -> {
            Asyncio.sleep(Duration.ZERO);
            throw new SystemExit(3);
        })).isInstanceOfSatisfying(SystemExit.class,
                exit -> assertThat(exit.status()).isEqualTo(3));
    }

    // ---- what tears through

    /// Scenario 22 of the surface list.
    @Test
    @AsIn("test_base_events.test_run_forever_keyboard_interrupt")
    void keyboardInterrupt_inACallback_endsTheRunAndKeepsTheRestQueued() {
        KeyboardInterrupt interrupt = new KeyboardInterrupt();
        loop.callSoon(() -> {
            throw interrupt;
        });
        loop.callSoon(() -> trace.add(1));
        loop.callSoon(() -> trace.add(2));

        assertThatThrownBy(loop::runForever).isSameAs(interrupt);
        assertThat(trace).isEmpty();
        assertThat(loop.isRunning()).isFalse();

        runOneTurn();
        assertThat(trace).containsExactly(1, 2);
    }

    @Test
    void systemExit_inATimer_endsTheRun() {
        loop.callLater(Duration.ofSeconds(1), () -> {
            throw new SystemExit(7);
        });

        assertThatThrownBy(loop::runForever).isInstanceOf(SystemExit.class)
                .hasMessage("exit status 7");
    }

    // ---- close

    @Test
    @AsIn("test_events.test_close")
    void close_twice_isOnce() {
        loop.close();
        loop.close();

        assertThat(loop.isClosed()).isTrue();
        assertThat(loop.isRunning()).isFalse();
    }

    @Test
    @AsIn("test_events.test_close_running_event_loop")
    void close_whileItRuns_isRefused() {
        loop.runUntilComplete(() -> {
            assertThatIllegalStateException().isThrownBy(loop::close)
                    .withMessageContaining("cannot close a running event loop");
        });

        assertThat(loop.isClosed()).isFalse();
    }

    @Test
    @AsIn("test_base_events.test_close")
    void calls_afterClose_areRefused() {
        Future<Integer> future = loop.createFuture();
        future.setResult(1);
        loop.close();

        for (Runnable call : List.<Runnable>of(
                loop::runForever,
                () -> loop.runUntilComplete(future),
                () -> loop.runUntilComplete(() -> 1),
                () -> loop.callSoon(() -> { }),
                () -> loop.callSoonThreadsafe(() -> { }),
                () -> loop.callLater(Duration.ZERO, () -> { }),
                () -> loop.callAt(0, () -> { }),
                () -> loop.createTask(() -> 1),
                () -> loop.runInExecutor(null, () -> 1),
                () -> loop.shutdownAsyncgens(),
                () -> Asyncio.runCoroutineThreadsafe(() -> 1, loop))) {
            assertThatIllegalStateException().isThrownBy(call::run)
                    .withMessage("event loop is closed");
        }
    }

    @Test
    void createFuture_afterClose_works() {
        loop.close();

        Future<Integer> future = loop.createFuture();
        future.addDoneCallback(_ -> trace.add("never called"));
        future.setResult(1);

        assertThat(future.result()).isEqualTo(1);
        assertThat(trace).isEmpty();
    }

    @Test
    void close_withCallsAndTimersScheduled_dropsThem() {
        check.expectLeftovers();
        loop.callSoon(() -> trace.add("soon"));
        loop.callSoonThreadsafe(() -> trace.add("threadsafe"));
        TimerHandle timer = loop.callLater(Duration.ofSeconds(1), () -> trace.add("later"));

        loop.close();
        timer.cancel();

        assertThat(loop.timerCount()).isZero();
        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn("test_tasks.test_log_destroyed_pending_task")
    void close_withAPendingTask_reportsItAndLeavesItPending() {
        Task<Void> waiter = loop.createTask(() -> {
            loop.<Void>createFuture().await();
        });
        runOneTurn();
        loop.close();

        ExceptionContext report = check.takeReport();
        assertThat(report.message()).isEqualTo("task was destroyed but it is pending");
        assertThat(report.future()).isSameAs(waiter);
        assertThat(waiter.done()).isFalse();
    }

    @Test
    void close_afterARun_reportsNothingOfWhatIsDone() {
        loop.runUntilComplete(() -> trace.add("done"));
        loop.close();

        assertThat(check.takeReports()).isEmpty();
    }

    // ---- other

    @Test
    void toString_tellsWhatItDoes() {
        assertThat(loop).hasToString("<EventLoop running=false closed=false debug=false>");
        loop.runUntilComplete(() ->
                trace.add(loop.toString()));
        loop.setDebug(true);
        loop.close();

        assertThat(trace).containsExactly("<EventLoop running=true closed=false debug=false>");
        assertThat(loop).hasToString("<EventLoop running=false closed=true debug=true>");
    }

    @Test
    void level_isTheOneAskedFor() {
        assertThat(loop.level()).hasToString(System.getProperty("jloop.level", "OPENED"));
    }

    @Test
    void loops_inThreadsOfTheirOwn_runAtTheSameTime() throws Exception {
        EventLoop other = check.newRealLoop();
        EventLoop here = check.newRealLoop();
        var result = new FutureTask<>(() -> other.runUntilComplete(() -> {
            Future<Integer> answer = other.createFuture();
            here.callSoonThreadsafe(() -> other.callSoonThreadsafe(() -> answer.setResult(42)));
            int value = answer.await();
            here.callSoonThreadsafe(here::stop);
            return value;
        }));
        here.callSoon(() -> Thread.ofPlatform().name("other").start(result));

        here.runForever();

        assertThat(result.get()).isEqualTo(42);
    }

    @Test
    void runOnce_withAVirtualPoller_doesNotSleep() {
        VirtualPoller poller = new VirtualPoller();
        EventLoop quick = check.newLoop(poller);
        quick.callLater(Duration.ofDays(365), quick::stop);

        quick.runForever();

        assertThat(poller.nanos()).isEqualTo(Duration.ofDays(365).toNanos());
    }

    /// asyncio's idiom: stop, then run, makes one turn.
    private void runOneTurn() {
        loop.stop();
        loop.runForever();
    }
}
