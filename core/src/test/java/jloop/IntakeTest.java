package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import jloop.poller.Clock;
import jloop.kernel.EpollPoller;
import jloop.kernel.NioPoller;
import jloop.poller.Poller;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The way in for other threads: with real threads and a poller that really sleeps.
class IntakeTest {

    private static final int THREADS = 16;
    private static final int CALLS = 2_000;         // of each thread

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final SpyPoller spy = new SpyPoller(kernelPoller());
    private final EventLoop loop = check.watch(new EventLoop(spy, Clock.SYSTEM));

    private static Poller kernelPoller() {
        return System.getProperty("os.name").equals("Linux") ? new EpollPoller() : new NioPoller();
    }

    // ---- the queue alone

    private final Intake intake = new Intake();
    private final ReadyQueue ready = new ReadyQueue();

    private List<Object> taken() {
        intake.moveTo(ready);
        List<Object> entries = new ArrayList<>();
        for (Object entry; (entry = ready.peek()) != null; ready.drop()) entries.add(entry);
        return entries;
    }

    @Test
    void moveTo_ofAnEmptyOne_movesNothing() {
        assertThat(intake.isEmpty()).isTrue();
        assertThat(taken()).isEmpty();
    }

    @Test
    void moveTo_isInTheOrderOfAdding() {
        List<Handle> handles = new ArrayList<>();
        for (int i = 0; i < 5; i++) handles.add(new Handle(() -> { }));

        handles.forEach(intake::add);

        assertThat(intake.isEmpty()).isFalse();
        assertThat(taken()).isEqualTo(handles);
        assertThat(intake.isEmpty()).isTrue();
        assertThat(taken()).isEmpty();
    }

    @Test
    void add_bySixteenThreads_losesNoneAndKeepsTheOrderOfEach() throws Exception {
        int[] expected = new int[THREADS];

        List<Thread> threads = startAll((thread, call) -> intake.add(new Handle(() -> {
            if (expected[thread]++ != call) throw new AssertionError("out of order");
        })));
        for (int taken = 0; taken < THREADS * CALLS; ) {
            List<Object> handles = taken();
            for (Object handle : handles) ((Handle) handle).run();
            taken += handles.size();
        }

        for (Thread thread : threads) thread.join();
        assertThat(taken()).isEmpty();
        assertThat(intake.isEmpty()).isTrue();
        assertThat(expected).containsOnly(CALLS);
    }

    // ---- with a loop

    @Test
    @AsIn({"test_events.test_call_soon_threadsafe",
        "uv:test_base.test_call_soon_threadsafe_safety"})
    void callSoonThreadsafe_bySixteenThreads_losesNoneAndKeepsTheOrderOfEach() throws Exception {
        int[] expected = new int[THREADS];
        int[] all = new int[1];

        List<Thread> threads = startAll((thread, call) -> loop.callSoonThreadsafe(() -> {
            if (expected[thread]++ != call) throw new AssertionError("out of order");
            if (++all[0] == THREADS * CALLS) loop.stop();
        }));
        loop.runForever();

        for (Thread thread : threads) thread.join();
        assertThat(expected).containsOnly(CALLS);
        assertThat(spy.wakes.get()).isLessThanOrEqualTo(spy.timeouts.size());
    }

    /// Each message wakes a loop that has just gone to sleep again: the narrow place between
    /// the last look and the sleep.
    @Test
    void callSoonThreadsafe_toALoopAboutToSleep_isNeverLost() throws Exception {
        int rounds = 3_000;
        int[] count = new int[1];
        Thread other = Thread.ofPlatform().name("pinger").start(() -> {
            for (int i = 0; i < rounds; i++) {
                CountDownLatch arrived = new CountDownLatch(1);
                loop.callSoonThreadsafe(() -> {
                    count[0]++;
                    arrived.countDown();
                });
                awaitLatch(arrived);
            }
            loop.callSoonThreadsafe(loop::stop);
        });

        loop.runForever();

        other.join();
        assertThat(count[0]).isEqualTo(rounds);
    }

    @Test
    void callSoonThreadsafe_toALoopThatIsAwake_wakesNobody() {
        loop.callSoon(() -> {
            Thread other = Thread.ofPlatform().name("busy").start(() -> {
                for (int i = 0; i < 1000; i++) loop.callSoonThreadsafe(() -> { });
                loop.callSoonThreadsafe(loop::stop);
            });
            while (other.isAlive()) Thread.onSpinWait();
        });

        loop.runForever();

        assertThat(spy.wakes.get()).isZero();
    }

    @Test
    void callSoonThreadsafe_onTheLoopItself_wakesNobody() {
        loop.callSoon(() -> loop.callSoonThreadsafe(loop::stop));

        loop.runForever();

        assertThat(spy.wakes.get()).isZero();
    }

    @Test
    void callSoonThreadsafe_beforeTheRun_isCalledInIt() {
        List<Object> trace = new ArrayList<>();
        Thread other = Thread.ofPlatform().name("early").start(() -> {
            loop.callSoonThreadsafe(() -> trace.add("early"));
            loop.callSoonThreadsafe(loop::stop);
        });
        while (other.isAlive()) Thread.onSpinWait();

        loop.runForever();

        assertThat(trace).containsExactly("early");
    }

    @Test
    @AsIn("test_events.test_call_soon_threadsafe_handle_cancel_other_thread")
    void cancel_ofAThreadsafeHandleBeforeItsCall_keepsItFromBeingMade() {
        List<Object> trace = new ArrayList<>();
        loop.callSoonThreadsafe(() -> trace.add("never")).cancel();
        loop.callSoonThreadsafe(loop::stop);

        loop.runForever();

        assertThat(trace).isEmpty();
    }

    @Test
    void callSoonThreadsafe_wakesALoopThatSleepsTowardsATimer() {
        TimerHandle far = loop.callLater(Duration.ofHours(1), () -> { });
        Thread.ofPlatform().name("waker").start(() -> loop.callSoonThreadsafe(loop::stop));

        loop.runForever();

        far.cancel();
        assertThat(loop.isRunning()).isFalse();
    }

    private interface Step {
        void run(int thread, int call);
    }

    private static List<Thread> startAll(Step step) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int number = i;
            threads.add(Thread.ofPlatform().name("adder-" + i).start(() -> {
                for (int call = 0; call < CALLS; call++) step.run(number, call);
            }));
        }
        return threads;
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
