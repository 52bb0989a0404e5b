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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import jloop.Asyncio;
import jloop.CancelledError;
import jloop.ContextVar;
import jloop.EventLoop;
import jloop.Future;
import jloop.Handle;
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

    static void aSleepingLoopIsWoken(Trace trace) {
        run(() -> {
            EventLoop loop = getRunningLoop();
            Future<String> future = loop.createFuture();
            Thread thread = Thread.ofPlatform().start(() -> {
                LockSupport.parkNanos(20_000_000);
                loop.callSoonThreadsafe(() -> future.setResult("from the thread"));
            });
            Asyncio.timeout(Duration.ofSeconds(30), () -> trace.out(future.await()));
            thread.join();
        });
    }

    static void jobEndsAfterTheLoop(Trace trace) {
        CountDownLatch go = new CountDownLatch(1);
        EventLoop loop = new EventLoop();
        Future<Boolean> future;
        try (ExecutorService pool = Executors.newSingleThreadExecutor()) {
            future = loop.runInExecutor(pool, () -> go.await(30, TimeUnit.SECONDS));
            loop.runUntilComplete(() -> sleep(Duration.ZERO));
            loop.close();
            go.countDown();
        }
        trace.out("over", future.done());
    }

    static void noLoopInAThread(Trace trace) throws Exception {
        Thread thread = Thread.ofPlatform().start(() -> {
            for (Runnable attempt : List.<Runnable>of(Asyncio::getEventLoop,
                    Asyncio::getRunningLoop)) {
                try {
                    attempt.run();
                } catch (IllegalStateException e) {
                    trace.out(e);
                }
            }
            EventLoop loop = Asyncio.newEventLoop();
            Asyncio.setEventLoop(loop);
            trace.out(Asyncio.getEventLoop() == loop);
            Asyncio.setEventLoop(null);
            loop.close();
        });
        thread.join();
    }

    static void cancelledWhileItRuns(Trace trace) throws Exception {
        EventLoop loop = new EventLoop();
        Thread thread = Thread.ofPlatform().start(loop::runForever);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Handle handle = loop.callSoonThreadsafe(() -> {
            begun.countDown();
            awaitUninterruptibly(go);
            trace.out("call ends");
        });
        begun.await();
        Thread releaser = Thread.ofPlatform().start(() -> {
            LockSupport.parkNanos(50_000_000);
            go.countDown();
        });
        handle.cancel();
        trace.out("cancelled", handle.cancelled());
        releaser.join();
        loop.callSoonThreadsafe(loop::stop);
        thread.join();
        loop.close();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
