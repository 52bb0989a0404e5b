package jloop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
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
///
/// On a busy machine any step may be a slow one: reports count that name the culprit.
class WatchdogTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration LIMIT = Duration.ofMillis(40);
    private static final int TRIES = 30;
    private static final String GUILTY = "task guilty";

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
        return only(kind, "");
    }

    private Report only(Kind kind, String culprit) {
        List<Report> found = of(kind, culprit);
        assertThat(found).as("of %s", reports).hasSize(1);
        return found.getFirst();
    }

    private List<Report> of(Kind kind, String culprit) {
        return reports.stream()
                .filter(r -> r.kind() == kind && r.message().contains(culprit)).toList();
    }

    private static boolean shows(Report report, String method) {
        return report.stack().stream().anyMatch(f -> f.getMethodName().equals(method));
    }

    private static TaskOptions guilty(TaskOptions options) {
        return options.withName("guilty");
    }

    private void runGuilty(VoidCoroutine body) {
        loop.runUntilComplete(() -> Asyncio.createTask(body, WatchdogTest::guilty).await());
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
        runGuilty(() -> {
            for (int i = 0; i < TRIES && !isTold(Kind.SLOW, GUILTY, "spinUntil"); i++) {
                int before = of(Kind.SLOW, GUILTY).size();
                Asyncio.sleep(Duration.ZERO);       // a step is told of once
                spinUntil(() -> of(Kind.SLOW, GUILTY).size() > before);
            }
        });
        loop.runUntilComplete(() -> sleepUntil(() -> !of(Kind.ENDED, GUILTY).isEmpty()));

        assertThat(of(Kind.SLOW, GUILTY)).anySatisfy(slow -> {
            assertThat(slow.message()).startsWith("event loop blocked for ");
            assertThat(slow.stack()).extracting(StackTraceElement::getMethodName)
                    .contains("spinUntil");
        });
    }

    /// Whether there is a report of `culprit` while it was in `method`, not a moment before.
    private boolean isTold(Kind kind, String culprit, String method) {
        return of(kind, culprit).stream().anyMatch(r -> shows(r, method));
    }

    @Test
    void task_thatCameBackFromABlockingCall_isToldWithItsName() {
        runGuilty(() -> {
            LockSupport.parkNanos(1_000_000);
            loop.checkThread("this");       // back in the loop's hands at every level
            spinUntil(() -> !of(Kind.SLOW, GUILTY).isEmpty());
        });
    }

    @Test
    void callback_thatKeepsTheLoop_isToldWithItsFrameWhileItRuns() {
        loop.runUntilComplete(() -> {
            for (int i = 0; i < TRIES && !isTold(Kind.SLOW, "a callback", "spinUntil"); i++) {
                int before = of(Kind.SLOW, "a callback").size();
                Event over = new Event();
                loop.callSoon(() -> {
                    spinUntil(() -> of(Kind.SLOW, "a callback").size() > before);
                    over.set();
                });
                over.await();
            }
            sleepUntil(() -> !of(Kind.ENDED, "a callback").isEmpty());
        });

        assertThat(of(Kind.SLOW, "a callback")).anySatisfy(slow -> {
            assertThat(slow.message()).contains("a callback jloop")
                    .contains("WatchdogTest.lambda");
            assertThat(slow.stack()).extracting(StackTraceElement::getMethodName)
                    .contains("spinUntil");
        });
    }

    @Test
    void step_thatGoesOn_isToldOnce() {
        runGuilty(() -> {
            long start = Clock.SYSTEM.nanos();
            spinUntil(() -> Clock.SYSTEM.nanos() - start > 5 * LIMIT.toNanos());
            spinUntil(() -> !of(Kind.SLOW, GUILTY).isEmpty());
        });

        only(Kind.SLOW, GUILTY);
    }

    @Test
    void virtualTime_isWatchedInRealTime() {
        EventLoop virtual = watched(check.newLoop());

        virtual.runUntilComplete(() -> spinUntil(() -> isTold(Kind.SLOW)));
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
        assertThat(reports).filteredOn(r -> shows(r, "poll")).isEmpty();
        assertThat(other).isNotNull();
    }

    /// As long as none of them was slow for a pause of the machine's.
    @Test
    void manyShortSteps_areNobodysFault() {
        for (int i = 0; i < TRIES; i++) {
            List<Report> told = new CopyOnWriteArrayList<>();
            EventLoop own = watched(check.newRealLoop());
            own.watch.sink = told::add;
            if (longestOfManySteps(own) > LIMIT.toNanos() / 2) continue;
            assertThat(told).filteredOn(r -> r.kind() != Kind.JUMP).isEmpty();
            return;
        }
        throw new AssertionError("a pause of the machine's each time");
    }

    private static long longestOfManySteps(EventLoop loop) {
        long begin = Clock.SYSTEM.nanos();
        long[] longest = {0, begin};
        Runnable step = () -> {
            long now = Clock.SYSTEM.nanos();
            longest[0] = Math.max(longest[0], now - longest[1]);
            longest[1] = now;
        };
        loop.runUntilComplete(() -> {
            while (longest[1] - begin < 5 * LIMIT.toNanos()) {
                Asyncio.sleep(Duration.ZERO);
                step.run();
            }
        });
        step.run();
        return longest[0];
    }

    private static volatile BooleanSupplier enough = () -> true;

    /// A class initializer has a native frame below it: nothing that waits in it can leave.
    static final class Waiting {
        static final boolean DONE = waitUntilEnough();

        private Waiting() { }
    }

    static final class WaitingToo {
        static final boolean DONE = waitUntilEnough();

        private WaitingToo() { }
    }

    static final class WaitingAsWell {
        static final boolean DONE = waitUntilEnough();

        private WaitingAsWell() { }
    }

    private static boolean waitUntilEnough() {
        for (int i = 0; i < 40 && !enough.getAsBoolean(); i++)
            LockSupport.parkNanos(500_000_000);
        return true;
    }

    /// In the first of them, unless its step was found slow before it waited.
    @Test
    void strand_thatWaitsInAClassInitializer_isToldAsPinned() {
        boolean isHooked = loop.level() != Level.HANDOFF;   // there the others go on meanwhile
        for (BooleanSupplier initializer : List.<BooleanSupplier>of(() -> Waiting.DONE,
                () -> WaitingToo.DONE, () -> WaitingAsWell.DONE)) {
            int before = reports.size();
            enough = () -> !isHooked || reports.stream().skip(before)
                    .anyMatch(r -> r.message().contains(GUILTY));

            runGuilty(() -> assertThat(initializer.getAsBoolean()).isTrue());

            if (!isHooked || isTold(Kind.PINNED, GUILTY, "waitUntilEnough")) break;
        }
        if (!isHooked) return;
        assertThat(of(Kind.PINNED, GUILTY)).anySatisfy(pinned -> {
            assertThat(pinned.message()).contains("cannot leave its carrier");
            assertThat(pinned.stack()).extracting(StackTraceElement::getMethodName)
                    .contains("waitUntilEnough");
        });
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

        watch.look(() -> 0, 0);
        watch.look(Duration.ofSeconds(3)::toNanos, Duration.ofSeconds(3).toNanos());
        assertThat(reports).isEmpty();
        watch.look(Duration.ofSeconds(4)::toNanos, 0);

        assertThat(only(Kind.SLOW).message()).contains("blocked for 1000 ms");
        watch.tellJump(Duration.ofSeconds(3).toNanos());
        assertThat(only(Kind.JUMP).message()).contains("nothing ran for 3000 ms");
        loop.ready.nothingRuns();
    }

    /// It may stand still between its look at the clock and that at the loop.
    @Test
    void lateness_amidALook_isNoStepsFault() {
        Watch watch = loop.watch;
        Iterator<Integer> seconds = List.of(0, 3, 3, 3, 4, 4).iterator();
        Clock clock = () -> Duration.ofSeconds(seconds.next()).toNanos();
        loop.ready.add("a step");
        loop.ready.drop();

        watch.look(clock, 0);
        watch.look(clock, 0);
        assertThat(reports).isEmpty();
        watch.look(clock, 0);

        assertThat(only(Kind.SLOW).message()).contains("blocked for 1000 ms");
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
            Asyncio.sleep(Duration.ZERO);       // a step is told of once
            spinUntil(() -> isTold(Kind.SLOW));
        });
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
                if (name(thread).equals("jloop-watchdog"))
                    return Long.parseLong(
                            Files.readString(thread.resolve("schedstat")).split(" ")[0]);
            }
        }
        throw new AssertionError("there is no watchdog");
    }

    private static String name(Path thread) {
        try {
            return Files.readString(thread.resolve("comm")).strip();
        } catch (IOException _) {               // it has ended meanwhile
            return "";
        }
    }
}
