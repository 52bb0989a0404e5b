package jloop.bench.parts;

import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import jloop.Event;
import jloop.EventLoop;
import jloop.Future;
import jloop.Task;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/// A coroutine that gives way to others: by `sleep(ZERO)`, or until a future or an event wakes
/// it. The controls `raw...` do the same with bare virtual threads.
public class Switches {

    private static final int COUNT = 100_000;
    private static final int TASKS = 100;

    public Switches() { }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void yieldAlone(OneLoop state) {
        state.loop.runUntilComplete(() -> yieldTimes(COUNT));
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void yieldAmong100(OneLoop state) {
        yieldAmong(state.loop, TASKS, COUNT / TASKS);
    }

    /// So many tasks yield `each` times.
    public static void yieldAmong(EventLoop loop, int tasks, int each) {
        loop.runUntilComplete(() -> {
            Task<?>[] all = new Task<?>[tasks];
            for (int i = 0; i < tasks; i++) all[i] = loop.createTask(() -> yieldTimes(each));
            for (Task<?> task : all) task.await();
        });
    }

    private static void yieldTimes(int count) {
        for (int i = 0; i < count; i++) sleep(Duration.ZERO);
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void rawYieldAlone() {
        rawYieldAmong(1, COUNT);
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void rawYieldAmong100() {
        rawYieldAmong(TASKS, COUNT / TASKS);
    }

    /// So many bare threads yield `each` times.
    @SuppressWarnings("ThreadPriorityCheck")    // the scheduler is a queue: a yield is exact
    public static void rawYieldAmong(int threads, int each) {
        RawThreads raw = new RawThreads();
        for (int i = 0; i < threads; i++) {
            raw.start(() -> {
                for (int n = 0; n < each; n++) Thread.yield();
            });
        }
        raw.run();
    }

    /// Two tasks by turns set the future that the other waits for. An operation is one wait and
    /// one wake-up.
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void awaitFuture(OneLoop state) {
        EventLoop loop = state.loop;
        Slot slot = new Slot();
        loop.runUntilComplete(() -> {
            Task<Void> other = loop.createTask(() -> slot.take(loop, COUNT / 2));
            slot.take(loop, COUNT / 2);
            slot.release();
            other.await();
            slot.future = null;
        });
    }

    private static final class Slot {

        @Nullable Future<Boolean> future;          // of the one who waits

        void take(EventLoop loop, int count) {
            for (int i = 0; i < count; i++) {
                release();
                Future<Boolean> mine = loop.createFuture();
                future = mine;
                mine.await();
            }
        }

        void release() {
            Future<Boolean> others = future;
            if (others != null) others.setResult(true);
        }
    }

    /// The same with an [Event] each.
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void awaitEvent(OneLoop state) {
        EventLoop loop = state.loop;
        Event there = new Event();
        Event back = new Event();
        loop.runUntilComplete(() -> {
            Task<Void> other = loop.createTask(() -> {
                for (int i = 0; i < COUNT / 2; i++) {
                    awaitAndClear(there);
                    back.set();
                }
            });
            for (int i = 0; i < COUNT / 2; i++) {
                there.set();
                awaitAndClear(back);
            }
            other.await();
        });
    }

    private static void awaitAndClear(Event event) {
        event.await();
        event.clear();
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void rawParkUnpark() {
        rawParks(COUNT);
    }

    /// Two bare threads by turns wake the other and park; `count` parks in all.
    public static void rawParks(int count) {
        RawThreads raw = new RawThreads();
        Thread[] threads = new Thread[2];
        boolean[] mayRun = {true, false};
        for (int i = 0; i < 2; i++) {
            int own = i;
            threads[i] = raw.newThread(() -> {
                for (int n = 0; n < count / 2; n++) {
                    while (!mayRun[own]) LockSupport.park();
                    mayRun[own] = false;
                    mayRun[1 - own] = true;
                    LockSupport.unpark(threads[1 - own]);
                }
            });
        }
        for (Thread thread : threads) thread.start();
        raw.run();
    }
}
