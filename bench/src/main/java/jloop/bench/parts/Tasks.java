package jloop.bench.parts;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import jloop.EventLoop;
import jloop.Task;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/// A task that does nothing: created and awaited. The controls: `raw...` bare virtual threads
/// on a trivial scheduler, `jdk...` those of the JDK.
public class Tasks {

    private static final int COUNT = 20_000;
    private static final Integer NOTHING = 0;

    public Tasks() { }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void createAndAwait(OneLoop state) {
        EventLoop loop = state.loop;
        loop.runUntilComplete(() -> {
            for (int i = 0; i < COUNT; i++) loop.createTask(() -> NOTHING).await();
        });
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void createAllThenAwait(OneLoop state) {
        EventLoop loop = state.loop;
        loop.runUntilComplete(() -> {
            List<Task<?>> tasks = new ArrayList<>(COUNT);
            for (int n = 0; n < COUNT; n++) tasks.add(loop.createTask(() -> NOTHING));
            for (Task<?> task : tasks) task.await();
        });
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void rawCreateAndAwait() {
        RawThreads raw = new RawThreads();
        raw.start(() -> {
            Thread creator = Thread.currentThread();
            for (int i = 0; i < COUNT; i++) {
                boolean[] over = {false};
                raw.start(() -> {
                    over[0] = true;
                    LockSupport.unpark(creator);
                });
                while (!over[0]) LockSupport.park();
            }
        });
        raw.run();
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public int rawCreateAllThenAwait() {
        RawThreads raw = new RawThreads();
        int[] over = {0};
        for (int i = 0; i < COUNT; i++) raw.start(() -> over[0]++);
        raw.run();
        return over[0];
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void jdkCreateAndAwait() throws InterruptedException {
        Thread.startVirtualThread(() -> {
            try {
                for (int i = 0; i < COUNT; i++) Thread.startVirtualThread(() -> { }).join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }).join();
    }
}
