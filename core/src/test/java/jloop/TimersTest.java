package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import jloop.poller.Clock;
import jloop.kernel.EpollPoller;
import jloop.poller.Poller;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TimersTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final VirtualPoller virtual = new VirtualPoller();
    private final SpyPoller spy = new SpyPoller(virtual);
    private final EventLoop loop = check.watch(new EventLoop(spy, virtual));
    private final List<Object> trace = new ArrayList<>();

    @Test
    @AsIn({"test_events.test_call_later", "test_base_events.test_call_later"})
    void callLater_severalDelays_callsWhenTheyHavePassed() {
        for (int seconds : List.of(3, 1, 2)) {
            loop.callLater(Duration.ofSeconds(seconds), () -> trace.add(loop.time()));
        }

        runFor(Duration.ofSeconds(5));

        assertThat(trace).containsExactly(1_000_000_000L, 2_000_000_000L, 3_000_000_000L);
    }

    @Test
    @AsIn("test_base_events.test_call_later_negative_delays")
    void callLater_negativeDelays_goesByTime() {
        loop.callLater(Duration.ofSeconds(-1), () -> trace.add("a second late"));
        loop.callLater(Duration.ofSeconds(-2), () -> trace.add("two seconds late"));
        loop.callLater(Duration.ZERO, () -> trace.add("in time"));

        runFor(Duration.ZERO);

        assertThat(trace).containsExactly("two seconds late", "a second late", "in time");
        assertThat(loop.time()).isZero();
    }

    /// Scenario 27 of the surface list. Unlike asyncio, whose order is that of its heap.
    @Test
    void callAt_theSameTimeForEight_callsInTheOrderOfCreation() {
        for (int i = 0; i < 8; i++) {
            int number = i;
            loop.callAt(5, () -> trace.add(number));
        }

        runFor(Duration.ofNanos(5));

        assertThat(trace).isEqualTo(IntStream.range(0, 8).boxed().toList());
    }

    @Test
    @AsIn("test_base_events.test_time_and_call_at")
    void callAt_aTime_callsThenAndNotBefore() {
        TimerHandle timer = loop.callAt(1_234_567, () -> trace.add(loop.time()));

        runFor(Duration.ofSeconds(1));

        assertThat(trace).containsExactly(1_234_567L);
        assertThat(timer.when()).isEqualTo(1_234_567L);
    }

    @Test
    void callAt_thePast_callsInTheNextTurn() {
        runFor(Duration.ofSeconds(1));

        loop.callAt(0, () -> trace.add("past"));
        runOneTurn();

        assertThat(trace).containsExactly("past");
    }

    @Test
    void cancel_ofATimer_leavesNothingBehind() {
        List<TimerHandle> timers = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            timers.add(loop.callLater(Duration.ofMillis(i), () -> trace.add("never")));
        }
        assertThat(loop.timerCount()).isEqualTo(1000);

        for (TimerHandle timer : timers) timer.cancel();

        assertThat(loop.timerCount()).isZero();
        runFor(Duration.ofSeconds(2));
        assertThat(trace).isEmpty();
        assertThat(timers).allMatch(TimerHandle::cancelled);
    }

    @Test
    void cancel_ofATimerThatIsDueButNotCalledYet_keepsItFromBeingCalled() {
        TimerHandle[] second = new TimerHandle[1];
        loop.callAt(5, () -> second[0].cancel());
        second[0] = loop.callAt(5, () -> trace.add("never"));

        runFor(Duration.ofNanos(10));

        assertThat(trace).isEmpty();
    }

    @Test
    void timer_setByATimerForNow_waitsForTheNextTurn() {
        loop.callAt(5, () -> {
            trace.add("first");
            loop.callAt(5, () -> trace.add("next turn"));
            loop.callSoon(() -> trace.add("soon"));
        });
        loop.callAt(5, () -> trace.add("second"));

        runFor(Duration.ofNanos(10));

        assertThat(trace).containsExactly("first", "second", "soon", "next turn");
    }

    @Test
    @AsIn("uv:test_base.test_big_call_later_timeout")
    void callLater_ofForever_neitherOverflowsNorSpins() {
        TimerHandle forever = loop.callLater(
                Duration.ofSeconds(Long.MAX_VALUE, 999_999_999), () -> trace.add("never"));
        TimerHandle past = loop.callLater(
                Duration.ofSeconds(Long.MIN_VALUE), () -> trace.add("past"));

        runFor(Duration.ofDays(1000));
        forever.cancel();

        assertThat(trace).containsExactly("past");
        assertThat(past.when()).isLessThanOrEqualTo(loop.time());
        assertThat(spy.timeouts).hasSizeLessThan(2000);
    }

    @Test
    @AsIn("test_base_events.test__run_once")
    void poll_sleepsUntilTheNextTimerAndAtMostADay() {
        loop.callLater(Duration.ofHours(30), loop::stop);

        loop.runForever();

        assertThat(spy.timeouts).contains(Duration.ofHours(24).toNanos(),
                Duration.ofHours(6).toNanos());
        assertThat(spy.timeouts.stream().filter(nanos -> nanos > 0)).hasSize(2);
    }

    @Test
    void poll_whileSomethingIsReadyOrTheLoopStops_doesNotSleep() {
        loop.callLater(Duration.ofHours(1), () -> trace.add("timer")).cancel();
        loop.callSoon(loop::stop);
        loop.runForever();
        loop.stop();
        loop.runForever();

        assertThat(spy.timeouts).containsOnly(0L);
    }

    @Test
    void timers_ofALoopThatWasStopped_areKept() {
        loop.callLater(Duration.ofSeconds(2), () -> trace.add("kept"));
        runFor(Duration.ofSeconds(1));
        assertThat(trace).isEmpty();

        runFor(Duration.ofSeconds(1));

        assertThat(trace).containsExactly("kept");
    }

    @Test
    @AsIn({"test_events.test_when", "test_events.test_timer_comparison", "test_events.test_hash"})
    void timerHandles_compareByTimeThenCreation() {
        TimerHandle late = loop.callAt(20, () -> { });
        TimerHandle early = loop.callAt(10, () -> { });
        TimerHandle twin = loop.callAt(10, () -> { });

        assertThat(List.of(late, twin, early).stream().sorted()).containsExactly(early, twin, late);
        assertThat(early).isNotEqualTo(twin).hasSameHashCodeAs(twin);
        runFor(Duration.ofNanos(20));
    }

    @Test
    @AsIn("test_events.test_timer_repr")
    void timerHandle_toString_tellsItsState() {
        TimerHandle timer = loop.callLater(Duration.ofSeconds(1), () -> { });
        timer.cancel();

        assertThat(timer).hasToString("<TimerHandle cancelled when=" + timer.when() + ">");
    }

    @Test
    @AsIn("test_tasks.test_sleep")
    void sleep_ofSeveralTasks_wakesEachInTime() {
        loop.runUntilComplete(() -> {
            List<Task<Void>> sleepers = new ArrayList<>();
            for (int seconds : List.of(3, 1, 2)) {
                sleepers.add(Asyncio.createTask(() -> {
                    Asyncio.sleep(Duration.ofSeconds(seconds));
                    trace.add(seconds + " at " + loop.time() / 1_000_000_000);
                }));
            }
            for (Task<Void> sleeper : sleepers) sleeper.await();
        });

        assertThat(trace).containsExactly("1 at 1", "2 at 2", "3 at 3");
    }

    @Test
    void sleep_withAResult_returnsIt() {
        assertThat(loop.runUntilComplete(() -> Asyncio.sleep(Duration.ofSeconds(1), "result")))
                .isEqualTo("result");
    }

    /// With a kernel's clock, a timer is never early, and the loop does not spin to be in time.
    @Test
    @AsIn("test_events.test_timeout_rounding")
    void sleep_fiveTinyOnes_takesFewTurnsAndIsNeverEarly() {
        SpyPoller kernel = new SpyPoller(kernelPoller());
        EventLoop real = check.watch(new EventLoop(kernel, Clock.SYSTEM));
        List<Long> early = new ArrayList<>();

        real.runUntilComplete(() -> {
            for (long nanos : List.of(10_000_000L, 1_000_000L, 100_000L, 10_000L, 1_000L)) {
                long start = real.time();
                Asyncio.sleep(Duration.ofNanos(nanos));
                long took = real.time() - start;
                if (took < nanos) early.add(nanos - took);
            }
        });

        assertThat(early).isEmpty();
        assertThat(kernel.timeouts).hasSizeLessThanOrEqualTo(20);
    }

    private static Poller kernelPoller() {
        String os = System.getProperty("os.name");
        return os.equals("Linux") ? new EpollPoller() : new jloop.kernel.NioPoller();
    }

    @Test
    void time_isRead_anew() {
        EventLoop real = check.newRealLoop();

        real.callSoon(() -> {
            long start = real.time();
            while (real.time() == start) Thread.onSpinWait();
            trace.add("moved within one call");
            real.stop();
        });
        real.runForever();

        assertThat(trace).hasSize(1);
    }

    private void runFor(Duration time) {
        loop.callLater(time, () -> loop.callSoon(() -> loop.callSoon(loop::stop)));
        loop.runForever();
    }

    private void runOneTurn() {
        loop.stop();
        loop.runForever();
    }
}
