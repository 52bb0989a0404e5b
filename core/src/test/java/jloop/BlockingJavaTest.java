package jloop;

import static jloop.Asyncio.createTask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import jloop.io.Server;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Calls of the JDK that block, in a hundred coroutines at once: the loop runs on beside them.
@Tag("slow")
class BlockingJavaTest {

    private static final int MANY = 100;
    private static final Duration TICK = Duration.ofMillis(10);
    private static final Duration LATE = Duration.ofMillis(100);
    private static final Duration MUCH_TIME = Duration.ofMinutes(2);
    private static final int NAP_MILLIS = 50;
    private static final int TRIES = 10;

    /// The first time is late: it loads the classes.
    @BeforeAll
    static void loadClasses() {
        Rig.run(rig -> delayOfCancelling(rig, () -> Thread.sleep(60_000)));
    }

    /// Runs `body` in a hundred coroutines, and sees that a timer of the loop is never late.
    private static void inMany(VoidCoroutine body) {
        Rig.run(rig -> inMany(rig, body));
    }

    private static void inMany(Rig rig, VoidCoroutine body) {
        checkNotLate(rig, () -> {
            Ticker ticker = new Ticker();
            List<Task<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < MANY; i++) tasks.add(createTask(body));
            for (Task<Void> task : tasks) task.await();
            return ticker.stop();
        });
    }

    private static void checkNotLate(Rig rig, Supplier<Duration> lateness) {
        checkOnceLessThan(LATE, rig, lateness);
    }

    /// Sees that what `measure` tells is less than `limit` in one of a few tries. A loop that
    /// blocks takes longer each time; a machine that others use does so now and then.
    private static void checkOnceLessThan(Duration limit, Rig rig, Supplier<Duration> measure) {
        rig.allow(MUCH_TIME);
        List<Duration> tries = new ArrayList<>();
        do tries.add(measure.get());
        while (tries.getLast().compareTo(limit) >= 0 && tries.size() < TRIES);
        assertThat(tries.getLast()).as("the last of %s", tries).isLessThan(limit);
    }

    /// Runs `body` many times before its time counts: it loads hundreds of classes, which
    /// blocks the thread that does it, and until it is compiled it is slow.
    private static void warmUp(VoidCoroutine body) {
        for (int round = 0; round < 3; round++) {
            List<Task<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < MANY; i++) tasks.add(createTask(body));
            for (Task<Void> task : tasks) task.await();
        }
    }

    /// A coroutine that wakes every 10 ms and notes how late it was at worst, by the fault of
    /// the loop: what the machine took for others does not count.
    private static final class Ticker {

        private final Task<Void> task = createTask(this::tick);
        private long worstNanos;

        private void tick() {
            while (true) {
                Rig.Stopwatch watch = new Rig.Stopwatch();
                try {
                    Asyncio.sleep(TICK);
                } finally {
                    worstNanos = Math.max(worstNanos, watch.nanos() - TICK.toNanos());
                }
            }
        }

        /// How late it was at worst.
        Duration stop() {
            Asyncio.sleep(TICK);
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
            return Duration.ofNanos(worstNanos);
        }
    }

    // ---- Side by side

    @Test
    void threadSleep_inMany_passesTogether() {
        Rig.run(rig -> {
            inMany(rig, () -> Thread.sleep(NAP_MILLIS));

            checkOnceLessThan(Duration.ofMillis(MANY * NAP_MILLIS / 2), rig, () -> {
                long start = rig.loop.time();
                List<Task<Void>> tasks = new ArrayList<>();
                for (int i = 0; i < MANY; i++)
                    tasks.add(createTask(() -> Thread.sleep(NAP_MILLIS)));
                for (Task<Void> task : tasks) task.await();
                Duration taken = Duration.ofNanos(rig.loop.time() - start);
                assertThat(taken).isGreaterThanOrEqualTo(Duration.ofMillis(NAP_MILLIS));
                return taken;
            });
        });
    }

    @Test
    void reentrantLock_underContention_excludes() {
        ReentrantLock lock = new ReentrantLock();
        AtomicInteger inside = new AtomicInteger();
        inMany(() -> {
            lock.lock();
            try {
                assertThat(inside.incrementAndGet()).isEqualTo(1);
                Thread.sleep(2);
                inside.decrementAndGet();
            } finally {
                lock.unlock();
            }
        });
    }

    @Test
    void synchronized_underContention_excludes() {
        Object monitor = new Object();
        AtomicInteger inside = new AtomicInteger();
        inMany(() -> {
            synchronized (monitor) {
                assertThat(inside.incrementAndGet()).isEqualTo(1);
                Thread.sleep(2);
                inside.decrementAndGet();
            }
        });
    }

    @Test
    void objectWait_inMany_isNotified() {
        Object monitor = new Object();
        AtomicInteger waiting = new AtomicInteger();
        inMany(() -> {
            synchronized (monitor) {
                if (waiting.incrementAndGet() == MANY) monitor.notifyAll();
                while (waiting.get() < MANY) monitor.wait(5000);
            }
        });
    }

    @Test
    void arrayBlockingQueue_betweenCoroutines_handsOverInOrder() {
        Rig.run(rig -> {
            ArrayBlockingQueue<Integer> queue = new ArrayBlockingQueue<>(1);
            List<Integer> taken = new CopyOnWriteArrayList<>();
            Task<Void> taker = createTask(() -> {
                while (true) taken.add(queue.take());       // how many depends on the tries
            });

            AtomicInteger number = new AtomicInteger();
            inMany(rig, () -> queue.put(number.getAndIncrement()));

            rig.await("the last", () -> taken.size() == number.get());
            taker.cancel();
            assertThatThrownBy(taker::await).isInstanceOf(CancelledError.class);
            assertThat(taken).hasSizeGreaterThanOrEqualTo(MANY).doesNotHaveDuplicates();
        });
    }

    @Test
    void completableFuture_getWithATimeout_timesOut() {
        CompletableFuture<String> never = new CompletableFuture<>();
        inMany(() -> assertThatThrownBy(() -> never.get(NAP_MILLIS, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class));
    }

    @Test
    void completableFuture_completedElsewhere_isGot() {
        CompletableFuture<String> result = new CompletableFuture<>();
        result.completeOnTimeout("done", NAP_MILLIS, TimeUnit.MILLISECONDS);
        inMany(() -> assertThat(result.get(60, TimeUnit.SECONDS)).isEqualTo("done"));
    }

    @Test
    void javaNetSocket_toAServerOfTheSameLoop_isServed() {
        Rig.run(rig -> {
            Server server = Asyncio.startServer(
                    (reader, writer) -> writer.write(reader.readline()), "127.0.0.1", 0);
            try (server) {
                int port = server.port();
                VoidCoroutine ask = () -> {
                    try (java.net.Socket socket = new java.net.Socket("127.0.0.1", port)) {
                        socket.getOutputStream().write(Rig.bytes("hello\n"));
                        assertThat(Rig.text(socket.getInputStream().readAllBytes()))
                                .isEqualTo("hello\n");
                    }
                };
                warmUp(ask);
                inMany(rig, ask);
            }
            server.waitClosed();
        });
    }

    @Test
    void httpClient_send_inMany_getsItsAnswers() throws Exception {
        var threads = Executors.newFixedThreadPool(4);
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), MANY);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            byte[] body = Rig.bytes("hello");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
        try {
            Rig.run(rig -> {
                try (HttpClient client = HttpClient.newHttpClient()) {
                    VoidCoroutine get = () -> assertThat(client.send(
                            HttpRequest.newBuilder(uri).build(),
                            BodyHandlers.ofString()).body()).isEqualTo("hello");
                    warmUp(get);
                    inMany(rig, get);
                }
            });
        } finally {
            server.stop(0);
            threads.shutdownNow();
        }
    }

    // ---- To cancel it

    /// Cancels a hundred coroutines that block in `body`, and sees them end by that.
    private static void cancelMany(Rig rig, VoidCoroutine body) {
        checkNotLate(rig, () -> delayOfCancelling(rig, body));
    }

    private static Duration delayOfCancelling(Rig rig, VoidCoroutine body) {
        Ticker ticker = new Ticker();
        AtomicInteger begun = new AtomicInteger();
        AtomicInteger beyond = new AtomicInteger();
        List<Task<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            tasks.add(createTask(() -> {
                begun.incrementAndGet();
                body.run();
                beyond.incrementAndGet();
            }));
        }
        rig.await("all to begin", () -> begun.get() == MANY);
        Asyncio.sleep(TICK);

        for (Task<Void> task : tasks) task.cancel();
        rig.await("all to end", () -> tasks.stream().allMatch(Task::done));

        assertThat(tasks).allMatch(Task::cancelled);
        assertThat(beyond.get()).as("tasks that went on").isZero();
        return ticker.stop();
    }

    @Test
    void cancel_inThreadSleep_endsTheTask() {
        Rig.run(rig -> cancelMany(rig, () -> Thread.sleep(60_000)));
    }

    @Test
    void cancel_inTake_endsTheTask() {
        ArrayBlockingQueue<String> queue = new ArrayBlockingQueue<>(1);
        Rig.run(rig -> cancelMany(rig, () -> queue.take()));
    }

    @Test
    void cancel_inGetWithATimeout_endsTheTask() {
        CompletableFuture<String> never = new CompletableFuture<>();
        Rig.run(rig -> cancelMany(rig, () -> never.get(60, TimeUnit.SECONDS)));
    }

    @Test
    void cancel_inObjectWait_endsTheTask() {
        Object monitor = new Object();
        Rig.run(rig -> cancelMany(rig, () -> {
            synchronized (monitor) {
                while (true) monitor.wait();
            }
        }));
    }

    @Test
    void cancel_inLockInterruptibly_endsTheTask() {
        ReentrantLock lock = new ReentrantLock();
        Rig.run(rig -> {
            lock.lock();
            try {
                cancelMany(rig, lock::lockInterruptibly);
            } finally {
                lock.unlock();
            }
        });
    }

    @Test
    void cancel_inSocketRead_endsTheTask() {
        Rig.run(rig -> {
            Server silent = Asyncio.startServer((reader, _) -> reader.readAll(), "127.0.0.1", 0);
            try (silent) {
                int port = silent.port();
                cancelMany(rig, () -> {
                    try (java.net.Socket socket = new java.net.Socket("127.0.0.1", port)) {
                        int _ = socket.getInputStream().read();
                    }
                });
            }
            silent.waitClosed();
        });
    }

    @Test
    void cancel_inHttpClientSend_endsTheTask() {
        Rig.run(rig -> {
            Server silent = Asyncio.startServer((reader, _) -> reader.readAll(), "127.0.0.1", 0);
            try (silent; HttpClient client = HttpClient.newHttpClient()) {
                URI uri = URI.create("http://127.0.0.1:" + silent.port() + "/");
                VoidCoroutine get = () -> client.send(HttpRequest.newBuilder(uri).build(),
                        BodyHandlers.ofString());
                warmUp(() -> assertThatThrownBy(() -> Asyncio.timeout(TICK, get))
                        .isInstanceOf(TimeoutException.class));
                cancelMany(rig, get);
                client.shutdownNow();
            }
            silent.abortClients();
            silent.waitClosed();
        });
    }

    /// What cannot be interrupted goes on until it has its lock; the next wait then tells.
    @Test
    void cancel_inLock_arrivesAtTheNextWait() {
        Rig.run(rig -> {
            ReentrantLock lock = new ReentrantLock();
            lock.lock();
            arrivesAtTheNextWait(rig, lock::unlock, () -> {
                lock.lock();
                lock.unlock();
            });
        });
    }

    @Test
    void cancel_inSynchronized_arrivesAtTheNextWait() throws Exception {
        Object monitor = new Object();
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch letGo = new CountDownLatch(1);
        Thread holder = Thread.ofPlatform().start(() -> {
            synchronized (monitor) {
                held.countDown();
                awaitUninterruptibly(letGo);
            }
        });
        held.await();
        try {
            Rig.run(rig -> arrivesAtTheNextWait(rig, letGo::countDown, () -> {
                synchronized (monitor) {
                    Thread.onSpinWait();
                }
            }));
        } finally {
            letGo.countDown();
        }
        holder.join();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException _) {      // nobody means it
            }
        }
    }

    private static void arrivesAtTheNextWait(Rig rig, Runnable unlock, VoidCoroutine body)
            {
        AtomicInteger begun = new AtomicInteger();
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger beyond = new AtomicInteger();
        List<Task<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            tasks.add(createTask(() -> {
                begun.incrementAndGet();
                body.run();
                inside.incrementAndGet();
                Asyncio.sleep(TICK);
                beyond.incrementAndGet();
            }));
        }
        rig.await("all to begin", () -> begun.get() == MANY);
        Asyncio.sleep(TICK);
        for (Task<Void> task : tasks) task.cancel();
        Asyncio.sleep(TICK);
        assertThat(tasks).as("still without their lock").noneMatch(Task::done);

        unlock.run();
        rig.await("all to end", () -> tasks.stream().allMatch(Task::done));

        assertThat(tasks).allMatch(Task::cancelled);
        assertThat(inside.get()).isEqualTo(MANY);
        assertThat(beyond.get()).isZero();
    }

    // ---- Beside the loop's own waits

    @Test
    void park_unparkedByAnotherCoroutine_goesOn() {
        Rig.run(rig -> {
            AtomicReference<Thread> parked = new AtomicReference<>();
            AtomicBoolean released = new AtomicBoolean();
            Task<String> parking = createTask(() -> {
                parked.set(Thread.currentThread());
                while (!released.get()) LockSupport.park();
                Asyncio.sleep(Duration.ZERO);
                return "released";
            });
            rig.await("its beginning", () -> parked.get() != null);
            Asyncio.sleep(TICK);
            assertThat(parking.done()).isFalse();

            released.set(true);
            LockSupport.unpark(parked.get());

            assertThat(parking.await()).isEqualTo("released");
        });
    }

    @Test
    void timeout_overABlockingCall_endsIt() {
        Rig.run(rig -> {
            assertThatThrownBy(() -> Asyncio.timeout(TICK, () -> Thread.sleep(60_000)))
                    .isInstanceOf(TimeoutException.class);
            Asyncio.sleep(TICK);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        });
    }

    @Test
    void callback_thatBlocks_doesNotHoldTheOthersUp() {
        Rig.run(rig -> {
            List<String> trace = new CopyOnWriteArrayList<>();
            CountDownLatch latch = new CountDownLatch(1);
            rig.loop.callSoon(() -> {
                awaitUninterruptibly(latch);
                trace.add("blocked one");
            });
            rig.loop.callSoon(() -> trace.add("next"));
            rig.await("the next callback", () -> trace.contains("next"));
            assertThat(trace).containsExactly("next");

            latch.countDown();
            rig.await("the blocked callback", () -> trace.size() == 2);
        });
    }
}
