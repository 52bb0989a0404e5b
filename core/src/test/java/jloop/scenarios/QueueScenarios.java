package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.waitFor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import jloop.Asyncio;
import jloop.CancelledError;
import jloop.EventLoop;
import jloop.Future;
import jloop.LifoQueue;
import jloop.PriorityQueue;
import jloop.Queue;
import jloop.QueueEmptyException;
import jloop.QueueFullException;
import jloop.QueueShutDownException;
import jloop.Task;
import org.jspecify.annotations.Nullable;

/// The twins of `scenarios/queues`.
final class QueueScenarios {

    private QueueScenarios() { }

    static void itemTakenByAnother(Trace trace) {
        trace.run(() -> {
            Queue<Integer> queue = new Queue<>(1);
            Task<Void> task = createTask(() -> trace.out("getter got", queue.get()));
            sleep(Duration.ZERO);
            queue.putNowait(1);
            trace.out("taken", queue.getNowait());
            sleep(Duration.ZERO);
            sleep(Duration.ZERO);
            trace.out(task.done());
            queue.putNowait(2);
            task.await();
        });
    }

    static void order(Trace trace) {
        trace.run(() -> {
            List<Queue<Integer>> queues =
                    List.of(new Queue<>(), new LifoQueue<>(), new PriorityQueue<>());
            for (Queue<Integer> queue : queues) {
                for (int n : new int[] {2, 3, 1}) queue.putNowait(n);
                trace.out(List.of(queue.get(), queue.get(), queue.get()));
            }
        });
    }

    static void putWaitsWhileFull(Trace trace) {
        trace.run(() -> {
            Queue<Integer> queue = new Queue<>(1);
            List<Task<Void>> tasks = new ArrayList<>();
            for (int n = 1; n <= 3; n++) {
                int number = n;
                tasks.add(createTask(() -> {
                    queue.put(number);
                    trace.out("put", number);
                }));
            }
            sleep(Duration.ZERO);
            trace.out(queue.full(), queue.qsize());
            for (int i = 0; i < 3; i++) {
                trace.out("got", queue.get());
                sleep(Duration.ZERO);
            }
            gather(tasks).await();
        });
    }

    static void nowait(Trace trace) {
        trace.run(() -> {
            Queue<String> queue = new Queue<>(1);
            try {
                queue.getNowait();
            } catch (QueueEmptyException e) {
                trace.out(e);
            }
            queue.putNowait("a");
            try {
                queue.putNowait("b");
            } catch (QueueFullException e) {
                trace.out(e);
            }
            trace.out(queue.getNowait(), queue.empty());
        });
    }

    static void getFromAFilledQueueDoesNotYield(Trace trace) {
        trace.run(() -> {
            getRunningLoop().callSoon(() -> trace.out("callback"));
            Queue<Integer> queue = new Queue<>(2);
            queue.put(1);
            queue.put(2);
            trace.out(queue.get(), queue.get());
            sleep(Duration.ZERO);
        });
    }

    private static void getter(Trace trace, Queue<String> queue, String name) {
        try {
            trace.out(name, queue.get());
        } catch (CancelledError e) {
            trace.out(name, "cancelled");
            throw e;
        }
    }

    static void cancelledGetterLosesNothing(Trace trace) {
        trace.run(() -> {
            Queue<String> queue = new Queue<>();
            Task<Void> one = createTask(() -> getter(trace, queue, "one"));
            Task<Void> two = createTask(() -> getter(trace, queue, "two"));
            sleep(Duration.ZERO);
            queue.putNowait("item");
            one.cancel();
            Asyncio.wait(List.of(one, two));
            trace.out(one.cancelled(), two.cancelled(), queue.qsize());
        });
    }

    static void cancelledPutter(Trace trace) {
        trace.run(() -> {
            Queue<Integer> queue = new Queue<>(1);
            queue.putNowait(0);
            Task<Void> one = createTask(() -> {
                queue.put(1);
                trace.out("put", 1);
            });
            Task<Void> two = createTask(() -> {
                queue.put(2);
                trace.out("put", 2);
            });
            sleep(Duration.ZERO);
            trace.out(queue.getNowait());
            one.cancel();
            Asyncio.wait(List.of(one, two));
            trace.out(one.cancelled(), queue.getNowait(), queue.qsize());
        });
    }

    static void join(Trace trace) {
        trace.run(() -> {
            Queue<Integer> queue = new Queue<>();
            queue.join();
            trace.out("fresh", Trace.now());
            for (int n = 1; n <= 3; n++) queue.putNowait(n);
            Task<Void> one = createTask(() -> work(queue));
            Task<Void> two = createTask(() -> work(queue));
            queue.join();
            trace.out("joined", Trace.now());
            one.cancel();
            two.cancel();
            try {
                queue.taskDone();
            } catch (IllegalArgumentException e) {
                trace.out(e);
            }
        });
    }

    @SuppressWarnings("InfiniteLoopStatement")      // until it is cancelled
    private static void work(Queue<Integer> queue) {
        while (true) {
            sleep(Duration.ofSeconds(queue.get()));
            queue.taskDone();
        }
    }

    static void shutdown(Trace trace) {
        trace.run(() -> {
            Queue<Integer> queue = new Queue<>();
            queue.putNowait(1);
            queue.putNowait(2);
            queue.shutdown();
            attempt(trace, queue::getNowait);
            attempt(trace, queue::getNowait);
            attempt(trace, queue::getNowait);
            attempt(trace, () -> put(queue));
            try {
                queue.get();
            } catch (QueueShutDownException e) {
                trace.out("get", e);
            }
            try {
                queue.put(1);
            } catch (QueueShutDownException e) {
                trace.out("put", e);
            }
        });
    }

    private static @Nullable Object put(Queue<Integer> queue) {
        queue.putNowait(3);
        return null;
    }

    private static void attempt(Trace trace, Callable<? extends @Nullable Object> call)
            throws Exception {
        try {
            trace.out(call.call());
        } catch (QueueShutDownException e) {
            trace.out(e);
        }
    }

    static void shutdownWakesAll(Trace trace) {
        trace.run(() -> {
            Queue<Integer> empty = new Queue<>();
            Queue<Integer> full = new Queue<>(1);
            full.putNowait(0);
            List<Task<Void>> tasks = new ArrayList<>();
            for (int n = 1; n <= 2; n++) tasks.add(untilShut(trace, "get " + n, empty::get));
            for (int n = 1; n <= 2; n++) {
                int number = n;
                tasks.add(untilShut(trace, "put " + n, () -> full.put(number)));
            }
            sleep(Duration.ZERO);
            empty.shutdown();
            full.shutdown();
            gather(tasks).await();
            trace.out(full.getNowait());
        });
    }

    private static Task<Void> untilShut(Trace trace, String name, Runnable wait) {
        return createTask(() -> {
            try {
                wait.run();
                trace.out(name);
            } catch (QueueShutDownException e) {
                trace.out(name, e);
            }
        });
    }

    static void shutdownImmediate(Trace trace) {
        trace.run(() -> {
            Queue<Integer> queue = new Queue<>();
            for (int n = 1; n <= 3; n++) queue.putNowait(n);
            trace.out(queue.get());
            Task<Void> joined = createTask(() -> queue.join());
            sleep(Duration.ZERO);
            queue.shutdown(true);
            trace.out(queue.empty());
            sleep(Duration.ZERO);
            sleep(Duration.ZERO);
            trace.out("joined", joined.done());
            queue.taskDone();
            joined.await();
            trace.out("joined", joined.done());
        });
    }

    static void otherLoop(Trace trace) {
        Queue<Integer> queue = new Queue<>();
        for (int i = 0; i < 2; i++) {
            EventLoop loop = trace.newLoop();
            Task<Integer> task = loop.createTask(
                    () -> waitFor(() -> queue.get(), Duration.ofSeconds(1)));
            trace.out(failure(loop, task));
            loop.close();
        }
    }

    private static @Nullable Throwable failure(EventLoop loop, Future<?> future) {
        try {
            loop.runUntilComplete(future);
        } catch (Throwable e) {
            return e instanceof TimeoutException || e instanceof IllegalStateException ? e : null;
        }
        return null;
    }
}
