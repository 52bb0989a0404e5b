package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import jloop.io.Server;
import jloop.io.StreamPair;
import jloop.kernel.VirtualPoller;
import jloop.poller.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Loops whose turns somebody else makes.
class EmbeddingTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final List<Object> trace = new CopyOnWriteArrayList<>();     // the watch adds too

    // ---- a plain while

    @Test
    void runOnce_inAWhile_isRunForever() {
        EventLoop loop = check.newLoop();
        loop.createTask(() -> {
            for (int i = 0; i < 3; i++) {
                sleep(Duration.ofSeconds(1));
                trace.add(i);
            }
            loop.stop();
        });

        loop.runForeverSetup();
        while (loop.runOnce()) trace.add("turn");
        loop.runForeverCleanup();

        assertThat(trace).contains(0, 1, 2, "turn");
        assertThat(loop.time()).isEqualTo(Duration.ofSeconds(3).toNanos());
        assertThat(loop.isRunning()).isFalse();
    }

    @Test
    @AsIn("test_base_events.test_custom_run_forever_integration")
    void runOnce_tenTimes_pollsTenTimesAndMakesACallOnce() {
        VirtualPoller virtual = new VirtualPoller();
        SpyPoller poller = new SpyPoller(virtual);
        EventLoop loop = check.watch(new EventLoop(poller, virtual));
        loop.callSoon(() -> trace.add("called"));

        loop.runForeverSetup();
        assertThat(loop.isRunning()).isTrue();
        assertThat(Asyncio.getRunningLoop()).isSameAs(loop);
        for (int i = 0; i < 10; i++) loop.runOnce(Duration.ZERO);
        loop.runForeverCleanup();

        assertThat(poller.timeouts).hasSize(10).containsOnly(0L);
        assertThat(trace).containsExactly("called");
        assertThat(loop.isRunning()).isFalse();
        assertThat(CurrentLoop.running()).isNull();
    }

    @Test
    void runOnce_withALimit_sleepsNoLonger() {
        VirtualPoller virtual = new VirtualPoller();
        SpyPoller poller = new SpyPoller(virtual);
        EventLoop loop = check.watch(new EventLoop(poller, virtual));
        TimerHandle timer = loop.callLater(Duration.ofSeconds(5), () -> trace.add("due"));

        loop.runForeverSetup();
        loop.runOnce(Duration.ofSeconds(1));
        loop.runOnce(Duration.ofSeconds(-1));
        assertThat(trace).isEmpty();
        loop.runOnce();
        loop.runForeverCleanup();

        assertThat(poller.timeouts).containsExactly(1_000_000_000L, 0L, 4_000_000_000L);
        assertThat(timer.when()).isEqualTo(loop.time());
        assertThat(trace).containsExactly("due");
    }

    @Test
    void host_betweenTurns_isTheLoopsThread() {
        EventLoop loop = check.newLoop();

        loop.runForeverSetup();
        loop.runOnce(Duration.ZERO);
        Task<Void> task = createTask(() -> {
            sleep(Duration.ofSeconds(1));
            trace.add("task");
        });
        while (!task.done()) loop.runOnce();
        loop.runForeverCleanup();

        assertThat(trace).containsExactly("task");
    }

    /// What blocks in the JDK goes on when it can, whoever makes the turns.
    @Test
    void coroutine_thatBlocksInTheJdk_goesOnInALaterTurn() {
        EventLoop loop = check.newRealLoop();
        CountDownLatch released = new CountDownLatch(1);
        Task<Void> task = loop.createTask(() -> {
            released.await();
            trace.add("released");
        });

        loop.runForeverSetup();
        loop.runOnce();
        released.countDown();
        while (!task.done()) loop.runOnce(Duration.ofMillis(1));
        loop.runForeverCleanup();

        assertThat(trace).containsExactly("released");
    }

    @Test
    void untilNextTurn_isZeroOrTheNextTimerOrNever() {
        EventLoop loop = check.newLoop();

        loop.runForeverSetup();
        assertThat(loop.untilNextTurn()).isNull();
        TimerHandle timer = loop.callLater(Duration.ofSeconds(3), () -> { });
        assertThat(loop.untilNextTurn()).isEqualTo(Duration.ofSeconds(3));
        loop.callSoon(() -> { });
        assertThat(loop.untilNextTurn()).isEqualTo(Duration.ZERO);
        loop.runOnce();
        assertThat(loop.untilNextTurn()).isEqualTo(Duration.ofSeconds(3));
        timer.cancel();
        loop.runForeverCleanup();
    }

    // ---- errors

    @Test
    void runOnce_withoutSetup_isRefused() {
        EventLoop loop = check.newLoop();
        loop.runForeverCleanup();

        assertThatIllegalStateException().isThrownBy(loop::runOnce)
                .withMessageContaining("runOnce needs runForeverSetup");
    }

    @Test
    void runForever_whileEmbedded_isRefused() {
        EventLoop loop = check.newLoop();
        EventLoop other = check.newLoop();
        loop.runForeverSetup();

        assertThatIllegalStateException().isThrownBy(loop::runForever)
                .withMessageContaining("already running");
        assertThatIllegalStateException().isThrownBy(loop::runForeverSetup)
                .withMessageContaining("already running");
        assertThatIllegalStateException().isThrownBy(other::runForever)
                .withMessageContaining("while another loop is running");
        assertThatIllegalStateException().isThrownBy(loop::close)
                .withMessageContaining("cannot close a running event loop");

        loop.runForeverCleanup();
        loop.runForeverCleanup();
        loop.runUntilComplete(() -> trace.add("runs"));
        assertThat(trace).containsExactly("runs");
    }

    @Test
    void runOnce_withinATurnOrByAnotherThread_isRefused() throws Exception {
        EventLoop loop = check.newLoop();
        loop.callSoon(() -> assertThatIllegalStateException().isThrownBy(loop::runOnce)
                .withMessageContaining("within a turn"));

        loop.runForeverSetup();
        loop.runOnce();
        FutureTask<Object> other = new FutureTask<>(() -> {
            assertThatThrownBy(loop::runOnce).isInstanceOf(WrongThreadException.class);
            assertThatThrownBy(loop::runForeverCleanup).isInstanceOf(WrongThreadException.class);
            return null;
        });
        Thread.ofPlatform().start(other);
        other.get();
        loop.runForeverCleanup();
    }

    @Test
    void keyboardInterrupt_inATurn_comesOutAndTheLoopCanGoOn() {
        EventLoop loop = check.newLoop();
        KeyboardInterrupt interrupt = new KeyboardInterrupt();
        loop.callSoon(() -> {
            throw interrupt;
        });
        loop.callSoon(() -> trace.add("rest"));

        loop.runForeverSetup();
        assertThatThrownBy(loop::runOnce).isSameAs(interrupt);
        assertThat(trace).isEmpty();
        loop.runOnce();
        loop.runForeverCleanup();

        assertThat(trace).containsExactly("rest");
    }

    // ---- a clock that is given

    @Test
    void clock_thatStandsStill_firesNoTimerUntilItIsMoved() {
        long[] now = {0};
        EventLoop loop = check.watch(new EventLoop(() -> now[0]));
        loop.callLater(Duration.ofSeconds(1), () -> trace.add("due"));

        loop.runForeverSetup();
        for (int i = 0; i < 3; i++) loop.runOnce(Duration.ZERO);
        assertThat(trace).isEmpty();
        assertThat(loop.time()).isZero();
        now[0] = 1_000_000_000;
        loop.runOnce(Duration.ZERO);
        loop.runForeverCleanup();

        assertThat(trace).containsExactly("due");
    }

    @Test
    void poller_thatIsWrapped_worksAsTheOneInside() {
        SpyPoller poller = new SpyPoller(EventLoop.newPoller());
        EventLoop loop = check.watch(new EventLoop(poller, Clock.SYSTEM));

        loop.runUntilComplete(() -> echo("through"));

        assertThat(trace).containsExactly("through");
        assertThat(poller.timeouts).isNotEmpty();
    }

    // ---- a toolkit

    /// A toolkit like Swing: a thread that takes what was posted, and does nothing else.
    private static final class Toolkit {

        private final DelayQueue<Post> queue = new DelayQueue<>();
        private final AtomicInteger turns = new AtomicInteger();
        private boolean ended;

        private record Post(Runnable what, long atNanos) implements Delayed {
            @Override
            public long getDelay(TimeUnit unit) {
                return unit.convert(atNanos - Clock.SYSTEM.nanos(), TimeUnit.NANOSECONDS);
            }

            @Override
            public int compareTo(Delayed other) {
                return Long.compare(atNanos, ((Post) other).atNanos);
            }
        }

        void post(Runnable what, Duration delay) {
            queue.add(new Post(what, Clock.SYSTEM.nanos() + delay.toNanos()));
        }

        void embed(EventLoop loop) {
            loop.setWakeCallback(() -> post(() -> turn(loop), Duration.ZERO));
            loop.runForeverSetup();
        }

        private void turn(EventLoop loop) {
            turns.incrementAndGet();
            if (!loop.runOnce(Duration.ZERO)) ended = true;
        }

        void run() throws InterruptedException {
            while (!ended) queue.take().what.run();
        }
    }

    @Test
    void toolkit_thatIsTold_hasTimersSocketsAndOtherThreadsProgress() throws Exception {
        EventLoop loop = check.newRealLoop();
        Toolkit toolkit = new Toolkit();
        loop.createTask(() -> {
            sleep(Duration.ofMillis(5));
            trace.add("timer");
            echo("socket");
            Future<String> answer = loop.createFuture();
            Thread.ofPlatform().start(() -> loop.callSoonThreadsafe(
                    () -> answer.setResult("thread")));
            trace.add(answer.await());
            trace.add(Asyncio.toThread(() -> "executor"));
            loop.stop();
        });

        toolkit.embed(loop);
        toolkit.run();
        loop.runForeverCleanup();

        assertThat(trace).containsExactly("timer", "socket", "thread", "executor");
        assertThat(toolkit.turns.get()).isLessThan(200);        // it is told, it does not spin
    }

    /// A button is pressed: the host calls the loop while its sockets are watched.
    @Test
    void toolkit_thatCallsTheLoopBetweenTurns_isHeard() throws Exception {
        EventLoop loop = check.newRealLoop();
        Toolkit toolkit = new Toolkit();
        toolkit.embed(loop);
        for (int i = 1; i <= 20; i++) {
            int press = i;
            toolkit.post(() -> createTask(() -> {
                sleep(Duration.ZERO);
                trace.add(press);
                if (press == 20) loop.stop();
            }), Duration.ofMillis(press));
        }

        toolkit.run();
        loop.runForeverCleanup();

        assertThat(trace).hasSize(20).contains(1, 10, 20);
    }

    @Test
    void wakeCallback_thatThrows_isReported() {
        EventLoop loop = check.newLoop();
        RuntimeException failure = new IllegalStateException("toolkit is gone");
        loop.callSoon(() -> { });
        loop.setWakeCallback(() -> {
            throw failure;
        });

        loop.runForeverSetup();
        loop.setWakeCallback(null);
        loop.runOnce(Duration.ZERO);
        loop.runForeverCleanup();

        assertThat(check.takeReport().exception()).isSameAs(failure);
    }

    /// The loop stays with the host until its turn is over.
    @Test
    void wakeCallback_setWithinATurn_leavesTheTurnAlone() {
        EventLoop loop = check.newRealLoop();
        loop.runForeverSetup();
        loop.callSoon(() -> {
            loop.setWakeCallback(() -> { });
            long endNanos = Clock.SYSTEM.nanos() + 20_000_000;     // time enough to be lent
            while (Clock.SYSTEM.nanos() < endNanos) Thread.onSpinWait();
            trace.add(loop.carrier.isCurrent());
        });
        loop.runOnce();
        loop.runForeverCleanup();

        assertThat(trace).containsExactly(true);
    }

    @Test
    void runOnce_thatIsRefused_leavesTheLoopWhereItIs() throws Exception {
        EventLoop loop = check.newRealLoop();
        loop.runForeverSetup();
        loop.setWakeCallback(() -> { });
        loop.callSoon(() -> {
            assertThatIllegalStateException().isThrownBy(loop::runOnce);
            trace.add(loop.carrier.isCurrent());
        });
        loop.runOnce();
        loop.setWakeCallback(null);
        assertThat(loop.carrier.isCurrent()).isTrue();
        loop.setWakeCallback(() -> trace.add("woken by " + Thread.currentThread().getName()));
        loop.callSoon(() -> { });
        FutureTask<Object> other = new FutureTask<>(() -> {
            assertThatThrownBy(loop::runOnce).isInstanceOf(WrongThreadException.class);
            return null;
        });
        Thread.ofPlatform().name("other").start(other);
        other.get();
        loop.runForeverCleanup();

        assertThat(trace).contains(true).doesNotContain("woken by other");
    }

    @Test
    @Timeout(30)
    void wakeCallback_thatFailsWithAnError_doesNotEndTheWatch() throws Exception {
        EventLoop loop = check.newRealLoop();
        CompletableFuture<Thread> woken = new CompletableFuture<>();
        Error failure = new AssertionError("toolkit is gone");
        loop.runForeverSetup();
        loop.setWakeCallback(() -> {
            woken.complete(Thread.currentThread());
            throw failure;
        });
        loop.callSoonThreadsafe(() -> trace.add(1));    // takes the loop back from the watch
        Thread watch = woken.get();
        List<ExceptionContext> reports = List.of();
        while (reports.isEmpty()) {                 // the watch reports when it has called
            loop.runOnce();
            reports = check.takeReports();
        }
        assertThat(reports).extracting(ExceptionContext::exception).contains(failure);
        loop.callSoon(() -> trace.add(2));
        loop.setWakeCallback(null);
        loop.runOnce();
        loop.runForeverCleanup();
        watch.join();
        loop.runUntilComplete(() -> sleep(Duration.ZERO));
        check.takeReports();                        // of wake-ups after the first one

        assertThat(trace).containsExactly(1, 2);
    }

    private void echo(String line) throws IOException {
        try (Server server = Asyncio.startServer(
                (reader, writer) -> writer.write(reader.readline()), "127.0.0.1", 0);
                StreamPair pair = Asyncio.openConnection("127.0.0.1", server.port())) {
            pair.writer().write(Rig.bytes(line + "\n"));
            trace.add(Rig.text(pair.reader().readline()).strip());
        }
    }
}
