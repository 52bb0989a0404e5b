package jloop;

import java.lang.System.Logger;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The executors of a loop: jobs that run elsewhere, their results brought back.
final class WorkerPool {

    private static final int MAX_THREADS = 32;
    private static final long IDLE_SECONDS = 60;

    private static final int MAX_FRAMES = 10;

    private final EventLoop loop;
    private final Set<Work<?>> running = ConcurrentHashMap.newKeySet();
    private @Nullable ExecutorService shared;
    private boolean isShut;

    WorkerPool(EventLoop loop) {
        this.loop = loop;
    }

    void setDefault(ExecutorService executor) {
        shared = Objects.requireNonNull(executor, "executor");
    }

    <T> Future<T> run(@Nullable Executor executor, Callable<T> job, JobOptions options) {
        Executor target = executor != null ? executor : shared();
        Work<T> work = new Work<>(job, loop.createFuture());
        work.future.addDoneCallback(done -> {
            if (done.cancelled()) work.cancel(options.interruptOnCancel());
        });
        try {
            target.execute(work);
        } catch (Throwable e) {         // it refuses, or there are no more threads to be had
            work.future.failWith(e);
        }
        return work.future;
    }

    /// A job on its way.
    private final class Work<T> extends FutureTask<T> {

        private final Future<T> future;
        private volatile @Nullable Thread worker;       // while it runs

        Work(Callable<T> job, Future<T> future) {
            super(Objects.requireNonNull(job, "job"));
            this.future = future;
        }

        @Override
        public void run() {
            worker = Thread.currentThread();
            running.add(this);
            try {
                super.run();
            } finally {
                running.remove(this);
                worker = null;
            }
        }

        @Override
        protected void done() {
            bringBack(this, future);
        }
    }

    private ExecutorService shared() {
        if (isShut)
            throw new IllegalStateException("the default executor has been shut down");
        ExecutorService pool = shared;
        if (pool == null) {
            pool = newPool(Math.min(MAX_THREADS,
                    Runtime.getRuntime().availableProcessors() + 4), "asyncio_");
            shared = pool;
        }
        return pool;
    }

    /// Up to `threads` of the platform, named by `prefix` and a number, which end when idle.
    static ExecutorService newPool(int threads, String prefix) {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor pool = new ThreadPoolExecutor(threads, threads, IDLE_SECONDS,
                TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
                job -> Thread.ofPlatform().daemon()
                        .name(prefix + number.getAndIncrement()).unstarted(job));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /// On the thread that did the work: a loop closed meanwhile is no concern of it.
    private <T> void bringBack(FutureTask<T> work, Future<T> future) {
        if (loop.isClosed()) return;
        loop.arrive(new Handle((CarrierCall) () -> settle(work, future)));
    }

    private static <T> void settle(FutureTask<T> work, Future<T> future) {
        if (future.done()) return;
        switch (work.state()) {
            case SUCCESS -> future.finishWith(work.resultNow());
            case FAILED -> future.failWith(work.exceptionNow());
            case CANCELLED -> future.finishCancelled(null, null);
            case RUNNING -> throw new AssertionError("done, but running");
        }
    }

    void shutdownDefault(@Nullable Duration timeout) {
        isShut = true;
        ExecutorService pool = shared;
        if (pool == null) return;
        pool.shutdown();
        Future<Boolean> ended = run(job -> Thread.ofPlatform().daemon()
                        .name("jloop-shutdown").start(job),
                () -> pool.awaitTermination(
                        timeout == null ? Long.MAX_VALUE : EventLoop.nanos(timeout),
                        TimeUnit.NANOSECONDS), JobOptions.DEFAULT);
        if (!ended.await()) {
            System.getLogger("jloop").log(Logger.Level.WARNING,
                    "the default executor did not finish its jobs within " + timeout + stands());
            // What has not begun never will: whoever waits for it must be told.
            for (Runnable left : pool.shutdownNow()) {
                if (left instanceof Work<?> work) work.cancel(false);
            }
        }
    }

    /// Where the jobs under way stand, for the log.
    private String stands() {
        StringBuilder text = new StringBuilder();
        for (Work<?> work : running) {
            Thread thread = work.worker;
            if (thread == null) continue;
            text.append("\n").append(thread.getName()).append(" is in");
            Arrays.stream(thread.getStackTrace()).limit(MAX_FRAMES)
                    .forEach(frame -> text.append("\n    ").append(frame));
        }
        return text.toString();
    }

    /// Lets the jobs under way end without waiting for them.
    void close() {
        isShut = true;
        ExecutorService pool = shared;
        if (pool != null) pool.shutdown();
    }
}
