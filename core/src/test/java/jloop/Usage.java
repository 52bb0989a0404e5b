package jloop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import jloop.poller.Clock;

/// For how long the threads of this process wanted a processor, in a while that ends.
///
/// What spins wants one all the time; on a busy machine it does not get one all the time. So
/// the time in which a thread waited for a processor counts like that in which it ran. The
/// threads of the JVM's own do not count.
record Usage(Duration whole, Duration wanted) {

    /// What the threads had wanted at the beginning of a while, or at its end.
    static final class Moment {

        private final long nanos = Clock.SYSTEM.nanos();
        private final Map<Path, Long> wantedNanos = new HashMap<>();

        Moment() {
            try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
                threads.forEach(this::look);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        private void look(Path thread) {
            try {
                String name = Files.readString(thread.resolve("comm"));
                if (name.matches("(?s)(C[12] Comp|GC |G1 |VM |Monitor Defl).*")) return;
                // proc(5): time on a processor, time waited for one, slices.
                String[] times = Files.readString(thread.resolve("schedstat")).split(" ");
                wantedNanos.put(thread, Long.parseLong(times[0]) + Long.parseLong(times[1]));
            } catch (IOException _) {           // it has ended meanwhile
            }
        }
    }

    static Usage between(Moment start, Moment end) {
        long wanted = 0;
        for (var thread : end.wantedNanos.entrySet())
            wanted += thread.getValue() - start.wantedNanos.getOrDefault(thread.getKey(), 0L);
        return new Usage(Duration.ofNanos(end.nanos - start.nanos), Duration.ofNanos(wanted));
    }

    /// Whether nothing has spun.
    boolean isIdle() {
        return wanted.compareTo(whole.dividedBy(3)) < 0;
    }
}
