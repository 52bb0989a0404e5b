package jloop.bench.parts;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import jloop.EventLoop;
import jloop.Handle;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// Timers that never fire, as most time limits: armed and cancelled beside many live ones. The
/// controls `pool...` do it with a ScheduledThreadPoolExecutor that removes what is cancelled.
public class Timers {

    private static final int COUNT = 20_000;
    private static final int SOONEST_MILLIS = 3_600_000;

    public Timers() { }

    /// Timers of a loop, due at random within an hour from an hour on.
    @State(Scope.Thread)
    public static class Live {

        @Param({"1000", "10000", "100000", "1000000"})
        public int live;

        private final SplittableRandom random = new SplittableRandom(1);
        private final EventLoop loop = new EventLoop();
        private Handle[] timers = {};

        public Live() { }

        /// So many of them.
        public static Live of(int live) {
            Live made = new Live();
            made.live = live;
            made.arm();
            return made;
        }

        @Setup
        public void arm() {
            timers = new Handle[live];
            for (int i = 0; i < live; i++) timers[i] = armOne();
        }

        private Handle armOne() {
            return loop.callLater(randomDelay(random), Timers::nothing);
        }

        /// Arms a timer and cancels it, `count` times.
        public void armAndCancel(int count) {
            loop.runUntilComplete(() -> {
                for (int i = 0; i < count; i++) armOne().cancel();
            });
        }

        /// Cancels a timer that lives, any of them, and arms another, `count` times.
        public void replace(int count) {
            loop.runUntilComplete(() -> {
                for (int i = 0; i < count; i++) {
                    int victim = random.nextInt(live);
                    timers[victim].cancel();
                    timers[victim] = armOne();
                }
            });
        }

        @TearDown
        public void close() {
            for (Handle timer : timers) timer.cancel();
            loop.close();
        }
    }

    private static void nothing() { }

    private static Duration randomDelay(SplittableRandom random) {
        return Duration.ofMillis(SOONEST_MILLIS + random.nextInt(SOONEST_MILLIS));
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void armAndCancel(Live state) {
        state.armAndCancel(COUNT);
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void cancelAnyAndArm(Live state) {
        state.replace(COUNT);
    }

    /// The same of the JDK.
    @State(Scope.Thread)
    public static class Pool {

        @Param({"1000", "10000", "100000", "1000000"})
        public int live;

        private final SplittableRandom random = new SplittableRandom(1);
        private final ScheduledThreadPoolExecutor pool = new ScheduledThreadPoolExecutor(1);
        private ScheduledFuture<?>[] timers = {};

        public Pool() { }

        @Setup
        public void arm() {
            pool.setRemoveOnCancelPolicy(true);
            timers = new ScheduledFuture<?>[live];
            for (int i = 0; i < live; i++) timers[i] = armOne();
        }

        private ScheduledFuture<?> armOne() {
            long nanos = randomDelay(random).toNanos();
            return pool.schedule(Timers::nothing, nanos, TimeUnit.NANOSECONDS);
        }

        @TearDown
        public void close() {
            pool.shutdownNow();
        }
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void poolArmAndCancel(Pool state) {
        for (int i = 0; i < COUNT; i++) state.armOne().cancel(false);
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void poolCancelAnyAndArm(Pool state) {
        for (int i = 0; i < COUNT; i++) {
            int victim = state.random.nextInt(state.live);
            state.timers[victim].cancel(false);
            state.timers[victim] = state.armOne();
        }
    }
}
