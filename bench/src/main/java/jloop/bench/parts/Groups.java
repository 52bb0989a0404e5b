package jloop.bench.parts;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.Task;
import jloop.TaskGroup;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// Children that do nothing, waited for together: 100,000 in one group, or in groups of ten. An
/// operation is a child. The controls: bare virtual threads that the last one ends, and
/// `invokeAll` of an executor with a virtual thread each.
@State(Scope.Thread)
public class Groups {

    private static final int COUNT = 100_000;
    private static final Integer NOTHING = 0;

    @Param({"10", "100000"})
    public int children;

    public Groups() { }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void gather(OneLoop state) {
        EventLoop loop = state.loop;
        loop.runUntilComplete(() -> {
            for (int left = COUNT; left > 0; left -= children) {
                List<Task<Integer>> tasks = new ArrayList<>(children);
                for (int i = 0; i < children; i++) tasks.add(loop.createTask(() -> NOTHING));
                Asyncio.gather(tasks).await();
            }
        });
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void taskGroup(OneLoop state) {
        state.loop.runUntilComplete(() -> {
            for (int left = COUNT; left > 0; left -= children) {
                TaskGroup.open(group -> {
                    for (int i = 0; i < children; i++) group.createTask(() -> NOTHING);
                });
            }
        });
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void rawGroup() {
        RawThreads raw = new RawThreads();
        raw.start(() -> {
            Thread parent = Thread.currentThread();
            for (int left = COUNT; left > 0; left -= children) {
                int[] running = {children};
                for (int i = 0; i < children; i++) {
                    raw.start(() -> {
                        if (--running[0] == 0) LockSupport.unpark(parent);
                    });
                }
                while (running[0] > 0) LockSupport.park();
            }
        });
        raw.run();
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void jdkInvokeAll() throws InterruptedException {
        List<Callable<Integer>> calls = Collections.nCopies(children, () -> NOTHING);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int left = COUNT; left > 0; left -= children) threads.invokeAll(calls);
        }
    }
}
