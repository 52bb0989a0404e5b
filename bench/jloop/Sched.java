import module java.base;

import java.lang.management.ManagementFactory;

import jloop.EventLoop;
import jloop.Future;
import jloop.Handle;
import jloop.Queue;
import jloop.Task;
import jloop.VoidCoroutine;

import static jloop.Asyncio.*;

/// What the loop costs without any I/O: `./jloop run bench/jloop/Sched.java sched CASE
/// REPETITIONS [SCALE]`, with CASE one of
///
///     spawn           1,000,000 tasks that yield once
///     yield           100 tasks that yield 100,000 times
///     pingpong        1,000,000 numbers there and back, by two tasks and two queues
///     timers          1,000,000 timers within a second, every other one cancelled
///     threadsafe      2,000,000 calls from another thread
///     parked          1,000,000 tasks that wait for one future, and the heap that each holds
///
/// Prints the seconds of each repetition as a line of JSON; the first one is cold. SCALE, 1 if
/// not given, multiplies the counts.
public class Sched {

    static double scale = 1;
    static long sum;
    static long heapBefore;
    static long uncountedNanos;
    static String more = "";

    public static void main(String[] arguments) {
        if (arguments.length < 3 || !arguments[0].equals("sched")) {
            System.err.println("usage: Sched sched CASE REPETITIONS [SCALE]");
            System.exit(2);
        }
        String name = arguments[1];
        int repetitions = Integer.parseInt(arguments[2]);
        if (arguments.length > 3) scale = Double.parseDouble(arguments[3]);
        VoidCoroutine benchmark = switch (name) {
            case "spawn" -> () -> spawn(scaled(1_000_000));
            case "yield" -> () -> yields(100, scaled(100_000));
            case "pingpong" -> () -> pingpong(scaled(1_000_000));
            case "timers" -> () -> timers(scaled(1_000_000));
            case "threadsafe" -> () -> threadsafe(scaled(2_000_000));
            case "parked" -> () -> parked(scaled(1_000_000));
            default -> throw new IllegalArgumentException("no such case: " + name);
        };
        heapBefore = liveHeap();
        for (int i = 0; i < repetitions; i++) {
            uncountedNanos = 0;
            long began = System.nanoTime();
            run(benchmark);
            report(name, i, System.nanoTime() - began - uncountedNanos);
        }
    }

    static int scaled(int count) {
        return Math.max(2, (int) (count * scale));
    }

    static void report(String name, int repetition, long nanos) {
        System.out.println("{\"case\":\"" + name + "\",\"rep\":" + repetition
                + ",\"s\":" + nanos / 1e9 + more + "}");
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

    /// Tasks that wait for one future, until all do and their heap is known.
    static void parked(int count) {
        Future<Void> future = getRunningLoop().createFuture();
        List<Task<Void>> tasks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) tasks.add(createTask(() -> future.await()));
        sleep(Duration.ZERO);           // they have begun
        more = ",\"bytesEach\":" + (liveHeap() - heapBefore) / count;
        future.setResult(null);
        for (Task<Void> task : tasks) task.await();
    }

    /// Bytes, after a collection, the time of which does not count.
    static long liveHeap() {
        long began = System.nanoTime();
        System.gc();
        long bytes = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        uncountedNanos += System.nanoTime() - began;
        return bytes;
    }
}
