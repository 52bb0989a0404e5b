package jloop.scenarios;

import static jloop.Asyncio.asCompleted;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeoutException;
import jloop.Coroutine;
import jloop.Future;
import jloop.Task;
import jloop.scenarios.Trace.Boom;

/// The twins of `scenarios/ascompleted`.
final class AsCompletedScenarios {

    private AsCompletedScenarios() { }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static Task<Integer> sleeping(int seconds) {
        return createTask(() -> sleep(seconds(seconds), seconds));
    }

    private static Task<String> sleeping(int seconds, String value) {
        return createTask(() -> sleep(seconds(seconds), value));
    }

    static void inOrderOfCompletion(Trace trace) {
        trace.run(() -> {
            List<Task<Integer>> tasks = List.of(sleeping(3), sleeping(1), sleeping(2));
            for (Coroutine<Integer> next : asCompleted(tasks).coroutines())
                trace.out(next.run(), Trace.now());
        });
    }

    static void whateverIsAwaited(Trace trace) {
        trace.run(() -> {
            Iterator<Coroutine<Integer>> both =
                    asCompleted(List.of(sleeping(1), sleeping(2))).coroutines().iterator();
            Coroutine<Integer> first = both.next();
            Coroutine<Integer> second = both.next();
            trace.out(second.run(), Trace.now());
            trace.out(first.run(), Trace.now());
        });
    }

    static void timeout(Trace trace) {
        trace.run(() -> {
            List<Task<Integer>> tasks = List.of(sleeping(1), sleeping(5), sleeping(6));
            for (Coroutine<Integer> next : asCompleted(tasks, seconds(3)).coroutines()) {
                try {
                    trace.out(next.run(), Trace.now());
                } catch (TimeoutException _) {
                    trace.out("timeout", Trace.now());
                }
            }
            trace.out(tasks.stream().map(Task::done).toList());
            trace.out(tasks.get(2).await());
        });
    }

    static void iterated(Trace trace) {
        trace.run(() -> {
            Task<String> one = sleeping(3, "one");
            Task<String> two = sleeping(1, "two");
            for (Future<String> task : asCompleted(List.of(one, two)))
                trace.out(task == one, task == two, task.result(), Trace.now());
        });
    }

    static void iteratedTimeout(Trace trace) {
        trace.run(() -> {
            Task<String> one = sleeping(1, "one");
            Task<String> two = sleeping(9, "two");
            try {
                for (Future<String> task : asCompleted(List.of(one, two), seconds(3)))
                    trace.out(task.result(), Trace.now());
            } catch (Throwable e) {
                trace.out(e instanceof TimeoutException ? "timeout" : e, Trace.now(), two.done());
            }
            two.await();
        });
    }

    static void failure(Trace trace) {
        trace.run(() -> {
            Task<String> failing = createTask(() -> {
                sleep(seconds(1));
                throw new Boom();
            });
            List<Task<String>> tasks = List.of(sleeping(2, "late"), failing);
            for (Coroutine<String> next : asCompleted(tasks).coroutines()) {
                try {
                    trace.out(next.run(), Trace.now());
                } catch (Boom e) {
                    trace.out(e, Trace.now());
                }
            }
        });
    }
}
