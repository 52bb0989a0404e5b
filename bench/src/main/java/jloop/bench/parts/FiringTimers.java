package jloop.bench.parts;

import java.util.PriorityQueue;
import java.util.SplittableRandom;
import jloop.EventLoop;
import jloop.Future;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/// Timers that fire: armed in random order, all due by the next turn, so that nothing sleeps.
/// The control is a PriorityQueue that is filled and emptied.
public class FiringTimers {

    private static final int COUNT = 100_000;
    private static final int WITHIN_NANOS = 1_000_000_000;

    public FiringTimers() { }

    /// What a timer calls.
    private static final class Countdown implements Runnable {

        private final Future<Boolean> over;
        private int left = COUNT;

        Countdown(Future<Boolean> over) {
            this.over = over;
        }

        @Override
        public void run() {
            if (--left == 0) over.setResult(true);
        }
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void atRandomTimes(OneLoop state) {
        EventLoop loop = state.loop;
        SplittableRandom random = new SplittableRandom(1);
        Future<Boolean> over = loop.createFuture();
        Countdown call = new Countdown(over);
        loop.runUntilComplete(() -> {
            long now = loop.time();
            for (int i = 0; i < COUNT; i++)
                loop.callAt(now - random.nextInt(WITHIN_NANOS), call);
            over.await();
        });
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void atTheSameTime(OneLoop state) {
        EventLoop loop = state.loop;
        Future<Boolean> over = loop.createFuture();
        Countdown call = new Countdown(over);
        loop.runUntilComplete(() -> {
            long now = loop.time();
            for (int i = 0; i < COUNT; i++) loop.callAt(now, call);
            over.await();
        });
    }

    private record Due(long when, Runnable call) implements Comparable<Due> {

        @Override
        public int compareTo(Due other) {
            return Long.compare(when, other.when);
        }
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public int priorityQueue() {
        PriorityQueue<Due> queue = new PriorityQueue<>();
        SplittableRandom random = new SplittableRandom(1);
        int[] made = {0};
        for (int i = 0; i < COUNT; i++)
            queue.add(new Due(random.nextInt(WITHIN_NANOS), () -> made[0]++));
        for (Due next; (next = queue.poll()) != null; ) next.call().run();
        return made[0];
    }
}
