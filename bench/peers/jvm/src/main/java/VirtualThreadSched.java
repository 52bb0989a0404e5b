import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/// `VirtualThreadSched sched CASE REPETITIONS`: virtual threads on the JDK's own scheduler.
final class VirtualThreadSched {

    private VirtualThreadSched() {}

    public static void main(String[] args) throws Exception {
        Sched.run(args, Map.of(
                "spawn", inVirtualThread(VirtualThreadSched::spawn),
                "yield", inVirtualThread(VirtualThreadSched::yields),
                "pingpong", inVirtualThread(VirtualThreadSched::pingpong),
                "timers", inVirtualThread(VirtualThreadSched::timers),
                "threadsafe", inVirtualThread(VirtualThreadSched::threadsafe),
                "parked", inVirtualThread(VirtualThreadSched::parked)));
    }

    /// Each case begins in a virtual thread, as a program on this scheduler does.
    private static Sched.Case inVirtualThread(Sched.Case body) {
        return () -> start(body).get();
    }

    private static CompletableFuture<Void> start(Sched.Case body) {
        var done = new CompletableFuture<Void>();
        Thread.startVirtualThread(() -> {
            try {
                body.run();
                done.complete(null);
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
            }
        });
        return done;
    }

    private static void spawn() throws InterruptedException {
        var sum = new AtomicLong();
        var left = new CountDownLatch(Sched.SPAWNS);
        for (int i = 0; i < Sched.SPAWNS; i++) {
            int number = i;
            Thread.startVirtualThread(() -> {
                Thread.yield();
                sum.addAndGet(number);
                left.countDown();
            });
        }
        left.await();
        Sched.check(sum.get(), Sched.sumBelow(Sched.SPAWNS));
    }

    private static void yields() throws InterruptedException {
        var threads = new Thread[Sched.YIELDERS];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = Thread.startVirtualThread(() -> {
                for (int turn = 0; turn < Sched.YIELDS_EACH; turn++) Thread.yield();
            });
        }
        for (var thread : threads) thread.join();
    }

    private static void pingpong() throws Exception {
        var there = new LinkedBlockingQueue<Integer>();
        var back = new LinkedBlockingQueue<Integer>();
        var answer = start(() -> {
            for (int i = 0; i < Sched.PINGS; i++) back.put(there.take() + 1);
        });
        var ask = start(() -> {
            for (int i = 0; i < Sched.PINGS; i++) {
                there.put(i);
                Sched.check(back.take(), i + 1);
            }
        });
        answer.get();
        ask.get();
    }

    /// A thread asleep for each timer; the odd half is interrupted.
    private static void timers() throws InterruptedException {
        var fired = new AtomicLong();
        var random = new Random(1);
        var sleepers = new Thread[Sched.TIMERS];
        for (int i = 0; i < sleepers.length; i++) {
            var delay = Duration.ofNanos(random.nextInt(1_000_000) * 1000L);
            sleepers[i] = Thread.startVirtualThread(() -> {
                try {
                    Thread.sleep(delay);
                    fired.incrementAndGet();
                } catch (InterruptedException cancelled) {
                    // as meant
                }
            });
        }
        for (int i = 1; i < sleepers.length; i += 2) sleepers[i].interrupt();
        for (var sleeper : sleepers) sleeper.join();
        // More when some were over before they could be interrupted.
        if (fired.get() < Sched.TIMERS / 2) Sched.check(fired.get(), Sched.TIMERS / 2);
    }

    /// A platform thread puts calls, a virtual thread takes and runs them.
    private static void threadsafe() throws InterruptedException {
        var calls = new LinkedBlockingQueue<Runnable>();
        var count = new long[1];
        var caller = Thread.ofPlatform().name("caller").start(() -> {
            for (int i = 0; i < Sched.CALLS; i++) calls.add(() -> count[0]++);
        });
        for (int i = 0; i < Sched.CALLS; i++) calls.take().run();
        caller.join();
        Sched.check(count[0], Sched.CALLS);
    }

    /// There is one carrier: who has counted itself is parked when another thread runs.
    private static void parked() throws InterruptedException {
        var future = new CompletableFuture<Void>();
        var begun = new AtomicLong();
        var threads = new Thread[Sched.PARKED];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = Thread.startVirtualThread(() -> {
                begun.incrementAndGet();
                future.join();
            });
        }
        while (begun.get() < threads.length) Thread.yield();
        Sched.tellBytesEach();
        future.complete(null);
        for (var thread : threads) thread.join();
    }
}
