package jloop.bench.parts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.Future;
import jloop.Task;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// 100,000 tasks that wait are cancelled at once, until the last one is done. The control
/// interrupts bare virtual threads that are parked.
///
/// What is allocated per operation includes the tasks, which are made outside of the time.
public class CancelStorm {

    private static final int COUNT = 100_000;

    public CancelStorm() { }

    /// Tasks that wait.
    @State(Scope.Thread)
    public static class Waiting extends OneLoop {

        private final List<Task<Void>> tasks = new ArrayList<>();

        public Waiting() { }

        @Setup(Level.Invocation)
        public void make() {
            tasks.clear();
            for (int i = 0; i < COUNT; i++) {
                tasks.add(loop.createTask(() -> {
                    Future<Void> never = loop.createFuture();
                    never.await();
                }));
            }
            loop.runUntilComplete(() -> Asyncio.sleep(Duration.ZERO));
        }
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void cancelAll(Waiting state) {
        EventLoop loop = state.loop;
        loop.runUntilComplete(() -> {
            for (Task<Void> task : state.tasks) task.cancel();
            for (Task<Void> task : state.tasks) awaitEnd(task);
        });
    }

    private static void awaitEnd(Task<Void> task) {
        while (!task.done()) Asyncio.sleep(Duration.ZERO);
        if (!task.cancelled()) throw new AssertionError(task + " was not cancelled");
    }

    /// Bare threads that are parked.
    @State(Scope.Thread)
    public static class Parked {

        private final RawThreads raw = new RawThreads();
        private final List<Thread> threads = new ArrayList<>();
        private int ended;

        public Parked() { }

        @Setup(Level.Invocation)
        public void make() {
            threads.clear();
            ended = 0;
            for (int i = 0; i < COUNT; i++) {
                threads.add(raw.start(() -> {
                    while (!Thread.currentThread().isInterrupted()) LockSupport.park();
                    ended++;
                }));
            }
            raw.run();
        }
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void rawInterruptAll(Parked state) {
        for (Thread thread : state.threads) thread.interrupt();
        state.raw.run();
        if (state.ended != COUNT) throw new AssertionError(state.ended + " have ended");
    }
}
