package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The order of what a loop does, turn by turn.
class LoopTurnTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    // ---- calls

    @Test
    @AsIn({"test_events.test_call_soon", "test_base_events.test_call_soon"})
    void callSoon_severalTimes_callsEachOnceInOrder() {
        for (int i = 0; i < 1000; i++) {
            int number = i;
            loop.callSoon(() -> trace.add(number));
        }

        runOneTurn();
        runOneTurn();

        assertThat(trace).isEqualTo(IntStream.range(0, 1000).boxed().toList());
    }

    @Test
    @AsIn("test_base_events.test__run_once_schedule_handle")
    void callSoon_fromACall_waitsForTheNextTurn() {
        loop.callSoon(() -> {
            trace.add("first");
            loop.callSoon(() -> trace.add("next turn"));
        });
        loop.callSoon(() -> trace.add("second"));

        runOneTurn();
        assertThat(trace).containsExactly("first", "second");

        runOneTurn();
        assertThat(trace).containsExactly("first", "second", "next turn");
    }

    @Test
    @AsIn("test_events.test_call_soon_threadsafe_same_thread")
    void callSoonThreadsafe_onTheLoop_keepsTheOrderWithCallSoon() {
        loop.callSoon(() -> {
            loop.callSoonThreadsafe(() -> trace.add("threadsafe 1"));
            loop.callSoonThreadsafe(() -> trace.add("threadsafe 2"));
            loop.callSoon(() -> trace.add("soon"));
            loop.callLater(Duration.ZERO, () -> trace.add("timer"));
        });

        runOneTurn();
        runOneTurn();

        assertThat(trace).containsExactly("threadsafe 1", "threadsafe 2", "soon", "timer");
    }

    @Test
    void callSoonThreadsafe_beforeTheRun_keepsTheOrderWithCallSoon() {
        loop.callSoon(() -> trace.add(1));
        loop.callSoonThreadsafe(() -> trace.add(2));
        loop.callSoon(() -> trace.add(3));

        runOneTurn();

        assertThat(trace).containsExactly(1, 2, 3);
    }

    @Test
    void callSoonThreadsafe_beforeTheRun_keepsTheOrderWithCreateTask() {
        loop.callSoonThreadsafe(() -> trace.add("threadsafe"));
        loop.createTask(() -> trace.add("task"));

        runOneTurn();

        assertThat(trace).containsExactly("threadsafe", "task");
    }

    /// Scenario 1 of the surface list.
    @Test
    void dueTimers_comeAfterWhatWasReady() {
        loop.callSoon(() -> {
            loop.callSoon(() -> trace.add("a"));
            loop.callLater(Duration.ZERO, () -> trace.add("b"));
            loop.callSoon(() -> trace.add("c"));
        });

        runOneTurn();
        runOneTurn();

        assertThat(trace).containsExactly("a", "c", "b");
    }

    @Test
    @AsIn("test_events.test_handle")
    void cancel_ofAHandle_keepsTheCallFromBeingMade() {
        Handle handle = loop.callSoon(() -> trace.add("never"));
        loop.callSoon(() -> trace.add("other"));
        assertThat(handle.cancelled()).isFalse();

        handle.cancel();
        handle.cancel();
        runOneTurn();

        assertThat(handle.cancelled()).isTrue();
        assertThat(trace).containsExactly("other");
    }

    @Test
    void cancel_byAnEarlierCallOfTheSameTurn_keepsTheCallFromBeingMade() {
        Handle[] later = new Handle[1];
        loop.callSoon(() -> later[0].cancel());
        later[0] = loop.callSoon(() -> trace.add("never"));

        runOneTurn();

        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn("test_events.test_call_soon_threadsafe_handle_cancel_same_thread")
    void cancel_byItsOwnCall_changesNothingButSaysSo() {
        Handle[] own = new Handle[1];
        own[0] = loop.callSoon(() -> {
            own[0].cancel();
            trace.add("ran to its end");
        });

        runOneTurn();

        assertThat(trace).containsExactly("ran to its end");
        assertThat(own[0].cancelled()).isTrue();
    }

    @Test
    @AsIn("test_events.test_handle_weakref")
    void cancel_ofAHandle_forgetsTheCall() throws Exception {
        byte[] captured = new byte[10];
        WeakReference<byte[]> reference = new WeakReference<>(captured);
        Handle handle = keeping(captured);
        captured = null;

        handle.cancel();

        for (int i = 0; i < 50 && reference.get() != null; i++) System.gc();
        assertThat(reference.get()).isNull();
        runOneTurn();
    }

    private Handle keeping(byte[] captured) {
        return loop.callSoon(() -> trace.add(captured.length));
    }

    @Test
    @AsIn("test_events.test_handle_repr")
    void handle_toString_tellsItsState() {
        Runnable call = new Runnable() {
            @Override
            public void run() { }

            @Override
            public String toString() {
                return "greet";
            }
        };
        Handle cancelled = loop.callSoon(call);
        Handle done = loop.callSoon(call);
        assertThat(done).hasToString("<Handle greet>");

        cancelled.cancel();
        runOneTurn();

        assertThat(cancelled).hasToString("<Handle cancelled>");
        assertThat(done).hasToString("<Handle done>");
    }

    // ---- tasks

    @Test
    void createTask_fromATask_startsInTheNextTurnInOrder() {
        loop.runUntilComplete(() -> {
            createTask(() -> trace.add("one"));
            loop.callSoon(() -> trace.add("call"));
            createTask(() -> trace.add("two"));
            trace.add("creator goes on");
            sleep(Duration.ZERO);
            trace.add("after");
        });

        assertThat(trace).containsExactly("creator goes on", "one", "call", "two", "after");
    }

    /// Scenario 4 of the surface list.
    @Test
    @AsIn("test_tasks.test_sleep_zero")
    void sleepZero_inTwoTasks_alternates() {
        loop.runUntilComplete(() -> {
            for (String name : List.of("T1", "T2")) {
                createTask(() -> {
                    for (String step : List.of("a", "b", "c")) {
                        trace.add(name + step);
                        sleep(Duration.ZERO);
                    }
                });
            }
            for (int i = 0; i < 5; i++) sleep(Duration.ZERO);
        });

        assertThat(trace).containsExactly("T1a", "T2a", "T1b", "T2b", "T1c", "T2c");
    }

    @Test
    void sleepZero_yieldsExactlyOneTurn() {
        loop.runUntilComplete(() -> {
            countTurns(4);
            sleep(Duration.ZERO);
            trace.add("1st");
            sleep(Duration.ofSeconds(-1));
            trace.add("2nd");
            sleep(Duration.ZERO, "value");
            trace.add("3rd");
            sleep(Duration.ZERO);
        });

        assertThat(trace).containsExactly("turn 1", "1st", "turn 2", "2nd", "turn 3", "3rd",
                "turn 4");
    }

    private void countTurns(int count) {
        loop.callSoon(new Runnable() {
            private int turn;

            @Override
            public void run() {
                trace.add("turn " + ++turn);
                if (turn < count) loop.callSoon(this);
            }
        });
    }

    /// Scenario 3 of the surface list.
    @Test
    void setResult_beforeACallSoon_wakesTheWaiterFirst() {
        loop.runUntilComplete(() -> {
            Future<Integer> future = loop.createFuture();
            Task<?> waiter = createTask(() -> {
                trace.add("W" + future.await());
            });
            sleep(Duration.ZERO);
            future.setResult(1);
            loop.callSoon(() -> trace.add("z"));
            trace.add("step goes on");
            waiter.await();
        });

        assertThat(trace).containsExactly("step goes on", "W1", "z");
    }

    /// Scenario 5 of the surface list.
    @Test
    @AsIn("test_futures.test_yield_from_twice")
    void await_ofADoneFuture_letsNobodyElseRun() {
        loop.runUntilComplete(() -> {
            Future<Integer> done = loop.createFuture();
            done.setResult(1);
            createTask(() -> trace.add("other"));
            trace.add("before");
            done.await();
            done.await();
            trace.add("after");
            sleep(Duration.ZERO);
        });

        assertThat(trace).containsExactly("before", "after", "other");
    }

    @Test
    void calls_betweenContinuations_keepTheirPlaces() {
        loop.runUntilComplete(() -> {
            for (int i = 0; i < 3; i++) {
                int number = i;
                loop.callSoon(() -> trace.add("call " + number));
                createTask(() -> trace.add("task " + number));
            }
            sleep(Duration.ZERO);
        });

        assertThat(trace).containsExactly(
                "call 0", "task 0", "call 1", "task 1", "call 2", "task 2");
    }

    @Test
    void batch_isWhatWasReadyAtItsStart_evenIfItGrowsWithoutEnd() {
        Runnable[] again = new Runnable[1];
        again[0] = () -> {
            trace.add("again");
            loop.callSoon(again[0]);
        };
        loop.callSoon(again[0]);
        loop.callLater(Duration.ZERO, () -> trace.add("timer"));
        loop.callSoonThreadsafe(() -> trace.add("threadsafe"));

        runOneTurn();

        assertThat(trace).containsExactly("again", "threadsafe", "timer");
        check.expectLeftovers();
    }

    @Test
    void turn_withMoreThanTheFirstCapacity_keepsTheOrder() {
        List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            int number = i;
            expected.add(number);
            if (i % 3 == 0) loop.createTask(() -> trace.add(number));
            else loop.callSoon(() -> trace.add(number));
        }

        runOneTurn();

        assertThat(trace).isEqualTo(expected);
    }

    private void runOneTurn() {
        loop.stop();
        loop.runForever();
    }
}
