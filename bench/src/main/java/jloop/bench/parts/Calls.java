package jloop.bench.parts;

import java.util.ArrayDeque;
import jloop.EventLoop;
import jloop.Future;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/// `callSoon` and the call: each call gives the next, with 1 or 100 of them in a turn. The
/// controls do it with a queue of Runnables and nothing else.
public class Calls {

    private static final int COUNT = 100_000;

    public Calls() { }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void callSoon1(OneLoop state) {
        chain(state.loop, 1, COUNT);
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void callSoon100(OneLoop state) {
        chain(state.loop, 100, COUNT);
    }

    /// Makes `count` calls, `width` of them a turn.
    public static void chain(EventLoop loop, int width, int count) {
        Future<Boolean> over = loop.createFuture();
        Runnable call = new Runnable() {

            private int made;

            @Override
            public void run() {
                if (++made <= count - width) loop.callSoon(this);
                else if (made == count) over.setResult(true);
            }
        };
        for (int i = 0; i < width; i++) loop.callSoon(call);
        loop.runUntilComplete(over);
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void queue1() {
        rawChain(1, COUNT);
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void queue100() {
        rawChain(100, COUNT);
    }

    /// [#chain] on a queue of Runnables, made anew for each call as a user's lambdas are.
    public static void rawChain(int width, int count) {
        ArrayDeque<Runnable> queue = new ArrayDeque<>();
        RawChain chain = new RawChain(queue, count - width);
        for (int i = 0; i < width; i++) queue.add(() -> chain.call());
        for (Runnable next; (next = queue.poll()) != null; ) next.run();
    }

    private static final class RawChain {

        private final ArrayDeque<Runnable> queue;
        private final int toAdd;
        private int made;

        RawChain(ArrayDeque<Runnable> queue, int toAdd) {
            this.queue = queue;
            this.toAdd = toAdd;
        }

        void call() {
            if (++made <= toAdd) queue.add(() -> call());
        }
    }
}
