package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.run;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import jloop.Asyncio;
import jloop.CancelledError;
import jloop.ContextVar;
import jloop.EventLoop;
import jloop.Task;
import jloop.scenarios.Trace.Boom;

/// The twins of `scenarios/threads`.
final class ThreadScenarios {

    private ThreadScenarios() { }

    static void toThread(Trace trace) {
        ContextVar<String> variable = new ContextVar<>("var", "unset");
        run(() -> {
            variable.set("the caller's");
            trace.out(Asyncio.toThread(() -> "result"));
            trace.out(Asyncio.toThread(() -> variable.get()));
            trace.out(getRunningLoop().runInExecutor(null, () -> variable.get()).await());
            try {
                Asyncio.toThread(() -> {
                    throw new Boom();
                });
            } catch (Exception e) {
                trace.out(e);
            }
        });
    }

    static void runCoroutineThreadsafe(Trace trace) throws Exception {
        EventLoop loop = new EventLoop();
        Thread thread = Thread.ofPlatform().start(loop::runForever);
        trace.out(Asyncio.runCoroutineThreadsafe(() -> 42, loop).get());
        try {
            Asyncio.runCoroutineThreadsafe(() -> {
                throw new Boom();
            }, loop).get();
        } catch (ExecutionException e) {
            trace.out(e.getCause());
        }
        List<String> inside = new CopyOnWriteArrayList<>();
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Void> future =
                Asyncio.runCoroutineThreadsafe(() -> sleeps(inside, begun), loop);
        begun.await();
        trace.out(future.cancel(false));
        try {
            future.get();
        } catch (CancellationException _) {
            trace.out("cancelled");
        }
        Asyncio.runCoroutineThreadsafe(() -> sleep(Duration.ofMillis(10)), loop).get();
        trace.out(inside);
        loop.callSoonThreadsafe(loop::stop);
        thread.join();
        loop.close();
    }

    private static void sleeps(List<String> inside, CountDownLatch begun) {
        begun.countDown();
        try {
            sleep(Duration.ofSeconds(1000));
        } catch (CancelledError e) {
            inside.add("cancelled inside");
            throw e;
        }
    }

    static void cancelOfARunningJob(Trace trace) {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        run(() -> {
            Task<Void> task = createTask(() -> Asyncio.toThread(() -> {
                begun.countDown();
                go.await();
                trace.out("job ends");
            }));
            Asyncio.toThread(() -> begun.await());
            task.cancel();
            try {
                task.await();
            } catch (CancelledError _) {
                trace.out("cancelled");
            }
            go.countDown();
        });
        trace.out("over");
    }
}
