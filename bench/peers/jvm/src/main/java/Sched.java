import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Map;

/// What the scheduling programs share: `PROGRAM sched CASE REPETITIONS`.
final class Sched {

    static final int SPAWNS = 1_000_000;
    static final int YIELDERS = 100;
    static final int YIELDS_EACH = 100_000;
    static final int PINGS = 1_000_000;
    static final int TIMERS = 1_000_000;
    static final int CALLS = 2_000_000;
    static final int PARKED = 1_000_000;

    private static long heapBefore;
    private static long uncountedNanos;
    private static String more = "";

    interface Case {
        void run() throws Exception;
    }

    private Sched() {}

    /// Runs the case of the arguments, and prints a line of JSON for each repetition.
    static void run(String[] args, Map<String, Case> cases) throws Exception {
        var chosen = cases.get(args[1]);
        if (chosen == null) throw new IllegalArgumentException("no case " + args[1]);
        heapBefore = liveHeap();
        for (int repetition = 0; repetition < Integer.parseInt(args[2]); repetition++) {
            long start = System.nanoTime();
            uncountedNanos = 0;
            chosen.run();
            double seconds = (System.nanoTime() - start - uncountedNanos) / 1e9;
            System.out.printf(Locale.ROOT, "{\"case\":\"%s\",\"rep\":%d,\"s\":%.6f%s}%n",
                    args[1], repetition, seconds, more);
        }
    }

    /// Bytes of heap in use, after a collection, the time of which does not count.
    private static long liveHeap() {
        long start = System.nanoTime();
        System.gc();
        long bytes = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        uncountedNanos += System.nanoTime() - start;
        return bytes;
    }

    /// To be called when all are parked.
    static void tellBytesEach() {
        more = ",\"bytesEach\":" + (liveHeap() - heapBefore) / PARKED;
    }

    static long sumBelow(long count) {
        return count * (count - 1) / 2;
    }

    static void check(long found, long expected) {
        if (found != expected) throw new AssertionError(found + ", expected " + expected);
    }
}
