import module java.base;

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
///     callsoon        10,000,000 calls, 100 a turn, each made by one before
///     armcancel       2,000,000 timers armed and cancelled at once, beside 1,000 ... 1,000,000
///
/// Prints the seconds of each repetition as a line of JSON; the first one is cold. SCALE, 1 if
/// not given, multiplies the counts.
public class Sched {

    static double scale = 1;
    static long sum;

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
            case "callsoon" -> () -> callSoon(100, scaled(10_000_000));
            case "armcancel" -> () -> armCancel(scaled(2_000_000), scaled(1_000_000));
            default -> throw new IllegalArgumentException("no such case: " + name);
        };
        for (int i = 0; i < repetitions; i++) {
            long began = System.nanoTime();
            run(benchmark);
            report(name, i, System.nanoTime() - began);
        }
    }

    static int scaled(int count) {
        return Math.max(2, (int) (count * scale));
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

    /// Timers armed and cancelled at once, beside ever more live ones.
    static void armCancel(int count, int liveMax) {
        EventLoop loop = getRunningLoop();
        Random random = new Random(1);
        Runnable nothing = () -> { };
        List<Handle> live = new ArrayList<>();
        for (int size = Math.min(1_000, liveMax); size <= liveMax; size *= 10) {
            while (live.size() < size)
                live.add(loop.callLater(Duration.ofMillis(60_000 + random.nextInt(60_000)),
                        nothing));
            long began = System.nanoTime();
            for (int i = 0; i < count; i++)
                loop.callLater(Duration.ofMillis(30_000 + (i * 7919L) % 60_000), nothing).cancel();
            System.out.println("{\"case\":\"armcancel\",\"live\":" + size
                    + ",\"nanosEach\":" + (System.nanoTime() - began) / count + "}");
        }
        for (Handle handle : live) handle.cancel();
    }
}
