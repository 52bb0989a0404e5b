package jloop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import jloop.Watch.Kind;
import jloop.Watch.Report;
import jloop.kernel.VirtualPoller;
import jloop.poller.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Real time, as the watchdog knows no other; each test ends as soon as it was told.
class WatchdogTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration LIMIT = Duration.ofMillis(40);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final List<Report> reports = new CopyOnWriteArrayList<>();
    private final EventLoop loop = watched(check.newRealLoop());

    private EventLoop watched(EventLoop loop) {
        loop.setWatchdogThreshold(LIMIT);
        loop.watch.sink = reports::add;
        return loop;
    }

    private boolean isTold(Kind kind) {
        return reports.stream().anyMatch(r -> r.kind() == kind);
    }

    private Report only(Kind kind) {
        List<Report> found = reports.stream().filter(r -> r.kind() == kind).toList();
        assertThat(found).as("of %s", reports).hasSize(1);
        return found.getFirst();
    }

    /// Keeps a processor busy; that it comes back before its limit is the proof of most tests.
    private static void spinUntil(BooleanSupplier condition) {
        long start = Clock.SYSTEM.nanos();
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
            assertThat(Clock.SYSTEM.nanos() - start).as("waited in vain")
                    .isLessThan(PATIENCE.toNanos());
        }
    }

    private void sleepUntil(BooleanSupplier condition) {
        long start = Clock.SYSTEM.nanos();
        while (!condition.getAsBoolean()) {
            Asyncio.sleep(Duration.ofMillis(5));
            assertThat(Clock.SYSTEM.nanos() - start).as("waited in vain")
                    .isLessThan(PATIENCE.toNanos());
        }
    }

    // ---- steps

    @Test
    void task_thatKeepsTheLoop_isToldWithItsFrameWhileItRuns() {
        loop.runUntilComplete(() -> {
            Asyncio.createTask(() -> spinUntil(() -> isTold(Kind.SLOW)),
                    o -> o.withName("guilty")).await();
            sleepUntil(() -> isTold(Kind.ENDED));
        });

        Report slow = only(Kind.SLOW);
        assertThat(slow.message()).startsWith("event loop blocked for ").contains("task guilty");
        assertThat(slow.stack()).extracting(StackTraceElement::getMethodName)
                .contains("spinUntil");
        assertThat(only(Kind.ENDED).message()).contains("task guilty");
    }

    @Test
    void task_thatCameBackFromABlockingCall_isToldWithItsName() {
        loop.runUntilComplete(() -> Asyncio.createTask(() -> {
            LockSupport.parkNanos(1_000_000);
            loop.checkThread("this");       // back in the loop's hands at every level
            spinUntil(() -> isTold(Kind.SLOW));
        }, o -> o.withName("guilty")).await());

        assertThat(only(Kind.SLOW).message()).contains("task guilty");
    }

    @Test
    void callback_thatKeepsTheLoop_isToldWithItsFrameWhileItRuns() {
        loop.callSoon(() -> spinUntil(() -> isTold(Kind.SLOW)));
        loop.runUntilComplete(() -> sleepUntil(() -> isTold(Kind.ENDED)));

        Report slow = only(Kind.SLOW);
        assertThat(slow.message()).contains("a callback jloop").contains("WatchdogTest.lambda");
        assertThat(slow.stack()).extracting(StackTraceElement::getMethodName)
                .contains("spinUntil");
    }

    @Test
    void step_thatGoesOn_isToldOnce() {
        loop.runUntilComplete(() -> {
            long start = Clock.SYSTEM.nanos();
            spinUntil(() -> Clock.SYSTEM.nanos() - start > 5 * LIMIT.toNanos());
            spinUntil(() -> isTold(Kind.SLOW));
        });

        only(Kind.SLOW);
    }

    @Test
    void virtualTime_isWatchedInRealTime() {
        EventLoop virtual = watched(check.newLoop());

        virtual.runUntilComplete(() -> spinUntil(() -> isTold(Kind.SLOW)));

        only(Kind.SLOW);
    }

    @Test
    void virtualTime_thatWaitsForAnotherThread_isNotBlamed() {
        VirtualPoller poller = new VirtualPoller();
        EventLoop virtual = watched(check.newLoop(poller));
        Future<String> future = virtual.createFuture();
        Thread other = Thread.ofPlatform().start(() -> {
            long end = Clock.SYSTEM.nanos() + 5 * LIMIT.toNanos();
            while (Clock.SYSTEM.nanos() < end) LockSupport.parkNanos(1_000_000);
            virtual.callSoonThreadsafe(() -> future.setResult("here"));
        });

        assertThat(virtual.runUntilComplete(future)).isEqualTo("here");
        assertThat(reports).filteredOn(r -> r.kind() != Kind.JUMP).isEmpty();
        assertThat(other).isNotNull();
    }

    @Test
    void manyShortSteps_areNobodysFault() {
        loop.runUntilComplete(() -> {
            long end = Clock.SYSTEM.nanos() + 5 * LIMIT.toNanos();
            while (Clock.SYSTEM.nanos() < end) Asyncio.sleep(Duration.ZERO);
        });

        assertThat(reports).filteredOn(r -> r.kind() != Kind.JUMP).isEmpty();
    }

    private static volatile BooleanSupplier enough = () -> true;

    /// A class initializer has a native frame below it: nothing that waits in it can leave.
    static final class Waiting {
        static final boolean DONE = waitUntilEnough();

        private Waiting() { }

        private static boolean waitUntilEnough() {
            for (int i = 0; i < 40 && !enough.getAsBoolean(); i++)
                LockSupport.parkNanos(500_000_000);
            return true;
        }
    }

    @Test
    void strand_thatWaitsInAClassInitializer_isToldAsPinned() {
        boolean isHooked = loop.level() != Level.HANDOFF;   // there the others go on meanwhile
        enough = () -> !isHooked || isTold(Kind.PINNED);

        loop.runUntilComplete(() -> assertThat(Waiting.DONE).isTrue());

        if (!isHooked) return;
        Report pinned = only(Kind.PINNED);
        assertThat(pinned.message()).contains("cannot leave its carrier");
        assertThat(pinned.stack()).extracting(StackTraceElement::getMethodName)
                .contains("waitUntilEnough");
    }

    // ---- lost wake-ups

    @Test
    void wakeUp_thatIsLost_isMadeUpForAndTold() {
        SpyPoller spy = new SpyPoller(Rig.Kind.EPOLL.poller());
        EventLoop deaf = watched(check.watch(new EventLoop(spy, Clock.SYSTEM)));
        Future<String> future = deaf.createFuture();
        Thread other = Thread.ofPlatform().start(() -> {
            spinUntil(() -> spy.polls);
            spy.wakesToLose.set(1);
            deaf.callSoonThreadsafe(() -> future.setResult("here"));
        });

        assertThat(deaf.runUntilComplete(future)).isEqualTo("here");
        assertThat(only(Kind.LOST_WAKE).message()).contains("although calls wait for it");
        assertThat(other).isNotNull();
    }

    // ---- jumps

    @Test
    void lateness_ofTheWatchdogItself_isNoStepsFault() {
        Watch watch = loop.watch;
        loop.ready.add("a step");
        loop.ready.drop();

        watch.look(0, 0);
        watch.look(Duration.ofSeconds(3).toNanos(), Duration.ofSeconds(3).toNanos());
        assertThat(reports).isEmpty();
        watch.look(Duration.ofSeconds(4).toNanos(), 0);

        assertThat(only(Kind.SLOW).message()).contains("blocked for 1000 ms");
        watch.tellJump(Duration.ofSeconds(3).toNanos());
        assertThat(only(Kind.JUMP).message()).contains("nothing ran for 3000 ms");
        loop.ready.nothingRuns();
    }

    // ---- on and off

    @Test
    void off_tellsNothing() {
        loop.setWatchdogThreshold(null);

        loop.runUntilComplete(() -> {
            long start = Clock.SYSTEM.nanos();
            spinUntil(() -> Clock.SYSTEM.nanos() - start > 5 * LIMIT.toNanos());
        });

        assertThat(reports).isEmpty();
        assertThat(loop.getWatchdogThreshold()).isNull();
    }

    @Test
    void on_whileTheLoopRuns_takesEffect() {
        loop.setWatchdogThreshold(null);

        loop.runUntilComplete(() -> {
            loop.setWatchdogThreshold(LIMIT);
            Asyncio.sleep(Duration.ZERO);
            spinUntil(() -> isTold(Kind.SLOW));
        });

        only(Kind.SLOW);
    }

    @Test
    void threshold_isAHundredMillisecondsAtFirstAndMustBePositive() {
        assertThat(check.newLoop().getWatchdogThreshold()).isEqualTo(Duration.ofMillis(100));
        assertThatThrownBy(() -> loop.setWatchdogThreshold(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be positive");
    }

    @Test
    void sink_thatThrows_doesNotEndTheWatch() {
        loop.watch.sink = report -> {
            reports.add(report);
            throw new IllegalStateException("no");
        };

        loop.runUntilComplete(() -> {
            spinUntil(() -> isTold(Kind.SLOW));
            sleepUntil(() -> isTold(Kind.ENDED));
            reports.clear();
            spinUntil(() -> isTold(Kind.SLOW));
        });

        only(Kind.SLOW);
    }

    @Test
    void idleLoop_costsTheWatchdogNextToNothing() {
        loop.setWatchdogThreshold(Duration.ofMillis(100));
        loop.runUntilComplete(() -> {
            Asyncio.sleep(Duration.ofMillis(100));
            long least = Long.MAX_VALUE;
            for (int i = 0; i < 3; i++) {
                long before = watchdogCpuNanos();
                Asyncio.sleep(Duration.ofMillis(300));
                least = Math.min(least, watchdogCpuNanos() - before);
            }
            assertThat(least).as("CPU time of 300 idle ms").isLessThan(3_000_000);
        });
    }

    private static long watchdogCpuNanos() throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            for (Path thread : threads.toList()) {
                if (Files.readString(thread.resolve("comm")).strip().equals("jloop-watchdog"))
                    return Long.parseLong(
                            Files.readString(thread.resolve("schedstat")).split(" ")[0]);
            }
        }
        throw new AssertionError("there is no watchdog");
    }
}
