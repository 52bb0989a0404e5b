package jloop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import jloop.poller.Clock;

/// For how long the threads of this process wanted a processor, and had one, in a while that
/// ends.
///
/// What spins wants one all the time; on a busy machine it does not get one all the time. So
/// the time in which a thread waited for a processor counts like that in which it ran. The
/// threads of the JVM's own do not count.
record Usage(Duration whole, Duration wanted, Duration ran) {

    private static final int LITTLE = 20;       // so many times less than a spin would have run

    /// What the threads had wanted at the beginning of a while, or at its end.
    static final class Moment {

        private final long nanos = Clock.SYSTEM.nanos();
        private final Map<Path, Long> wantedNanos = new HashMap<>();
        private final Map<Path, Long> ranNanos = new HashMap<>();

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
                ranNanos.put(thread, Long.parseLong(times[0]));
                wantedNanos.put(thread, Long.parseLong(times[0]) + Long.parseLong(times[1]));
            } catch (IOException _) {           // it has ended meanwhile
            }
        }
    }

    static Usage between(Moment start, Moment end) {
        return new Usage(Duration.ofNanos(end.nanos - start.nanos),
                between(start.wantedNanos, end.wantedNanos),
                between(start.ranNanos, end.ranNanos));
    }

    private static Duration between(Map<Path, Long> start, Map<Path, Long> end) {
        long nanos = 0;
        for (var thread : end.entrySet())
            nanos += thread.getValue() - start.getOrDefault(thread.getKey(), 0L);
        return Duration.ofNanos(nanos);
    }

    /// Whether nothing has spun in a sleep of so long, which may have been longer. Where others
    /// keep each thread waiting for seconds, the little that an idle process has to do looks by
    /// what was wanted like a spin; by what it took it does not.
    boolean isIdle(Duration asked) {
        return wanted.compareTo(whole.dividedBy(3)) < 0
                || ran.compareTo(asked.dividedBy(LITTLE)) < 0;
    }
}
