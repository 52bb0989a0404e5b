package jloop.bench.parts;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.locks.LockSupport;
import jloop.EventLoop;
import jloop.Future;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// Calls from another thread, as fast as it can, and there and back. The controls: a queue that
/// is looked at all the time, a queue whose taker sleeps, an executor of one thread.
public class ThreadsafeCalls {

    private static final int COUNT = 100_000;
    private static final int TRIPS = 2_000;

    public ThreadsafeCalls() { }

    /// The thread that calls.
    @State(Scope.Thread)
    public static class Other {

        final ExecutorService thread = Executors.newSingleThreadExecutor();

        public Other() { }

        @TearDown
        public void end() {
            thread.shutdown();
        }
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void callSoonThreadsafe(OneLoop state, Other other) {
        callFrom(other.thread, state.loop, COUNT);
    }

    /// Has `thread` give `loop` so many calls, and runs it until they are made.
    public static void callFrom(ExecutorService thread, EventLoop loop, int count) {
        Future<Boolean> over = loop.createFuture();
        Runnable call = new Runnable() {

            private int made;

            @Override
            public void run() {
                if (++made == count) over.setResult(true);
            }
        };
        var _ = thread.submit(() -> {
            for (int i = 0; i < count; i++) loop.callSoonThreadsafe(call);
        });
        loop.runUntilComplete(over);
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void concurrentQueue(Other other) {
        rawCallFrom(other.thread, COUNT);
    }

    /// The same by a ConcurrentLinkedQueue that the caller of this method never stops to drain.
    public static void rawCallFrom(ExecutorService thread, int count) {
        ConcurrentLinkedQueue<Runnable> queue = new ConcurrentLinkedQueue<>();
        int[] made = {0};
        var _ = thread.submit(() -> {
            for (int i = 0; i < count; i++) queue.add(() -> made[0]++);
        });
        while (made[0] < count) {
            Runnable next = queue.poll();
            if (next == null) Thread.onSpinWait();
            else next.run();
        }
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void transferQueue(Other other) throws InterruptedException {
        LinkedTransferQueue<Runnable> queue = new LinkedTransferQueue<>();
        int[] made = {0};
        var _ = other.thread.submit(() -> {
            for (int i = 0; i < COUNT; i++) queue.add(() -> made[0]++);
        });
        while (made[0] < COUNT) queue.take().run();
    }

    /// The caller sleeps until the loop has made its call, and the loop until the caller calls.
    @Benchmark
    @OperationsPerInvocation(TRIPS)
    public void thereAndBack(OneLoop state, Other other) {
        EventLoop loop = state.loop;
        Future<Boolean> over = loop.createFuture();
        var _ = other.thread.submit(() -> {
            Thread caller = Thread.currentThread();
            for (int i = 0; i < TRIPS; i++) {
                Answer answer = new Answer(caller);
                loop.callSoonThreadsafe(answer);
                answer.await();
            }
            loop.callSoonThreadsafe(() -> over.setResult(true));
        });
        loop.runUntilComplete(over);
    }

    private static final class Answer implements Runnable {

        private final Thread caller;
        private volatile boolean given;

        Answer(Thread caller) {
            this.caller = caller;
        }

        @Override
        public void run() {
            given = true;
            LockSupport.unpark(caller);
        }

        void await() {
            while (!given) LockSupport.park(this);
        }
    }

    @Benchmark
    @OperationsPerInvocation(TRIPS)
    public void executorThereAndBack(Other other)
            throws InterruptedException, ExecutionException {
        for (int i = 0; i < TRIPS; i++) other.thread.submit(() -> { }).get();
    }
}
