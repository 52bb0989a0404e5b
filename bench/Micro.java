import module java.base;

import jloop.EventLoop;
import jloop.Future;
import jloop.Handle;
import jloop.Queue;
import jloop.Task;

import static jloop.Asyncio.*;

/// The scheduling benchmarks: `java ... Micro.java CASE [REPETITIONS]`, with CASE one of
/// `spawn`, `yield`, `pingpong`, `timers`, `threadsafe`, `callsoon`, `armcancel`. Prints the
/// seconds of each repetition as a line of JSON; the first one is cold.
public class Micro {

    static long sum;

    public static void main(String[] arguments) {
        String name = arguments[0];
        int repetitions = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 4;
        for (int i = 0; i < repetitions; i++) {
            long began = System.nanoTime();
            switch (name) {
                case "spawn" -> run(() -> spawn(1_000_000));
                case "yield" -> run(() -> yields(100, 100_000));
                case "pingpong" -> run(() -> pingpong(1_000_000));
                case "timers" -> run(() -> timers(1_000_000));
                case "threadsafe" -> run(() -> threadsafe(2_000_000));
                case "callsoon" -> run(() -> callSoon(100, 10_000_000));
                case "armcancel" -> run(() -> armCancel());
                default -> throw new IllegalArgumentException("no such case: " + name);
            }
            report(name, i, System.nanoTime() - began);
        }
    }

    static void report(String name, int repetition, long nanos) {
        System.out.println("{\"case\":\"" + name + "\",\"rep\":" + repetition
                + ",\"s\":" + nanos / 1e9 + "}");
    }

    static void check(long found, long expected) {
        if (found != expected) throw new AssertionError(found + ", not " + expected);
    }

    /// Tasks that yield once.
    static void spawn(int count) {
        sum = 0;
        List<Task<Void>> tasks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int number = i;
            tasks.add(createTask(() -> {
                sleep(Duration.ZERO);
                sum += number;
            }));
        }
        for (Task<Void> task : tasks) task.await();
        check(sum, (long) count * (count - 1) / 2);
    }

    /// A few tasks that do nothing but yield.
    static void yields(int tasks, int each) {
        List<Task<Void>> all = new ArrayList<>();
        for (int i = 0; i < tasks; i++) {
            all.add(createTask(() -> {
                for (int n = 0; n < each; n++) sleep(Duration.ZERO);
            }));
        }
        gather(all).await();
    }

    /// Two tasks and two queues.
    static void pingpong(int count) {
        Queue<Integer> there = new Queue<>();
        Queue<Integer> back = new Queue<>();
        gather(() -> {
            for (int i = 0; i < count; i++) back.put(there.get() + 1);
        }, () -> {
            for (int i = 0; i < count; i++) {
                there.put(i);
                check(back.get(), i + 1);
            }
        }).await();
    }

    /// Timers at random within a second, every second one cancelled.
    static void timers(int count) {
        EventLoop loop = getRunningLoop();
        Future<Void> over = loop.createFuture();
        Random random = new Random(1);
        int[] fired = {0};
        Handle[] handles = new Handle[count];
        Runnable callback = () -> {
            if (++fired[0] == count / 2) over.setResult(null);
        };
        for (int i = 0; i < count; i++)
            handles[i] = loop.callLater(Duration.ofNanos(random.nextInt(1_000_000) * 1000L),
                    callback);
        for (int i = 1; i < count; i += 2) handles[i].cancel();
        over.await();
    }

    /// Calls from another thread.
    static void threadsafe(int count) throws InterruptedException {
        EventLoop loop = getRunningLoop();
        Future<Void> over = loop.createFuture();
        int[] made = {0};
        Runnable callback = () -> {
            if (++made[0] == count) over.setResult(null);
        };
        Thread other = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < count; i++) loop.callSoonThreadsafe(callback);
        });
        over.await();
        other.join();
    }

    /// Chains of calls, `width` of them a turn.
    static void callSoon(int width, int count) {
        EventLoop loop = getRunningLoop();
        Future<Void> over = loop.createFuture();
        Runnable[] self = {null};
        int[] made = {0};
        self[0] = () -> {
            if (++made[0] <= count - width) loop.callSoon(self[0]);
            else if (made[0] == count) over.setResult(null);
        };
        for (int i = 0; i < width; i++) loop.callSoon(self[0]);
        over.await();
    }

    /// A timer armed and cancelled beside 1,000, 10,000 ... live ones; prints nanoseconds each.
    static void armCancel() {
        EventLoop loop = getRunningLoop();
        Random random = new Random(1);
        List<Handle> live = new ArrayList<>();
        Runnable nothing = () -> { };
        for (int size = 1_000; size <= 1_000_000; size *= 10) {
            while (live.size() < size)
                live.add(loop.callLater(Duration.ofMillis(60_000 + random.nextInt(60_000)),
                        nothing));
            int rounds = 2_000_000;
            long best = Long.MAX_VALUE;
            for (int k = 0; k < 3; k++) {
                long began = System.nanoTime();
                for (int i = 0; i < rounds; i++)
                    loop.callLater(Duration.ofMillis(30_000 + (i * 7919L) % 60_000), nothing)
                            .cancel();
                best = Math.min(best, System.nanoTime() - began);
            }
            System.out.println(size + " live: " + best / rounds + " ns");
        }
        for (Handle handle : live) handle.cancel();
    }
}
