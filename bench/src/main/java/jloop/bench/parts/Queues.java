package jloop.bench.parts;

import java.util.concurrent.LinkedTransferQueue;
import jloop.EventLoop;
import jloop.Queue;
import jloop.Task;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/// Ping-pong of two tasks over two queues. An operation is there and back. The controls: two
/// bare threads that park by turns, and two virtual threads of the JDK with queues of the JDK.
public class Queues {

    private static final int COUNT = 50_000;
    private static final Integer BALL = 1;

    public Queues() { }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void pingPong(OneLoop state) {
        pingPong(state.loop, COUNT);
    }

    /// So many times there and back.
    public static void pingPong(EventLoop loop, int count) {
        Queue<Integer> there = new Queue<>();
        Queue<Integer> back = new Queue<>();
        loop.runUntilComplete(() -> {
            Task<Void> other = loop.createTask(() -> {
                for (int i = 0; i < count; i++) back.put(there.get());
            });
            for (int i = 0; i < count; i++) {
                there.put(BALL);
                back.get();
            }
            other.await();
        });
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void rawPingPong() {
        Switches.rawParks(2 * COUNT);
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void jdkPingPong() throws InterruptedException {
        LinkedTransferQueue<Integer> there = new LinkedTransferQueue<>();
        LinkedTransferQueue<Integer> back = new LinkedTransferQueue<>();
        Thread other = Thread.startVirtualThread(() -> pass(there, back, false));
        Thread.startVirtualThread(() -> pass(back, there, true)).join();
        other.join();
    }

    private static void pass(LinkedTransferQueue<Integer> from, LinkedTransferQueue<Integer> to,
            boolean begins) {
        try {
            if (begins) to.add(BALL);
            for (int i = 1; i < COUNT; i++) to.add(from.take());
            from.take();
            if (!begins) to.add(BALL);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
