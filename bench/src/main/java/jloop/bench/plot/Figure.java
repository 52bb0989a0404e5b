package jloop.bench.plot;

import java.util.List;
import java.util.function.ToDoubleFunction;
import jloop.bench.plot.Results.Cell;
import jloop.bench.plot.Results.Round;
import org.jspecify.annotations.Nullable;

/// A quantity that is worked out of a round: its heading in a table, how a sentence names its
/// unit, and whether more of it is better.
record Figure(String title, String unit, boolean moreIsBetter, ToDoubleFunction<Round> value) {

    static final Figure RATIO = more("x C", "x C", round -> round.get("ratio"));

    static final Figure USER = user("message");
    static final Figure CPU = cpu("message");
    static final Figure RATE = rate("messages");

    static final Figure P50 = latency("p50", "p50Micros");
    static final Figure P90 = latency("p90", "p90Micros");
    static final Figure P99 = latency("p99", "p99Micros");
    static final Figure P999 = latency("p99.9", "p999Micros");

    static final Figure RSS = less("RSS MiB", "MiB", round -> round.first(
            "serverRssKb", "rssKb") / 1024);

    static final Figure GIGABYTES = more("GB/s", "GB/s",
            round -> round.get("bytes") / round.get("seconds") / 1e9);
    static final Figure CPU_PER_GIGABYTE = less("CPU ms per GB", "ms of CPU per GB",
            round -> round.get("serverCpuSeconds") / round.get("bytes") * 1e12);

    static final Figure IDLE_BYTES = less("bytes per connection", "bytes per idle connection",
            round -> round.get("bytesPerConnection"));
    static final Figure IDLE_CPU = less("CPU ms in an idle second", "ms of CPU in an idle second",
            round -> round.get("idleCpuSeconds") * 1e3);

    static final Figure SECONDS = less("seconds", "s", round -> round.get("seconds"));
    static final Figure COLD_SECONDS =
            less("first, cold", "s, cold", round -> round.get("coldSeconds"));
    static final Figure CPU_SECONDS =
            less("CPU seconds", "s of CPU", round -> round.get("cpuSeconds"));

    static final Figure NANOS = less("ns per operation", "ns", round -> round.first(
            "nanosPerOperation", "nanosPerOp", "nanos", "score"));

    static final Figure ALLOCATED = less("bytes allocated", "bytes", round -> round.first(
            "allocatedBytes", "bytesPerOperation"));
    static final Figure HEAP_BYTES = less("bytes of heap", "bytes of heap",
            round -> round.first("heapBytes", "bytesPerTask"));

    /// The figures of a benchmark's tables. The first is the one that counts.
    static List<Figure> of(String benchmark) {
        return switch (benchmark) {
            case "echo", "unix" -> List.of(USER, CPU, RATIO, RATE, P50, P99, P999, RSS);
            case "bulk" -> List.of(GIGABYTES, RATIO, CPU_PER_GIGABYTE, RSS);
            case "connect" -> List.of(cpu("connection"), user("connection"), RATIO,
                    rate("connections"), P50, P99, RSS);
            case "http" -> List.of(user("request"), cpu("request"), RATIO, rate("requests"), P50,
                    P99, RSS);
            case "idle" -> List.of(IDLE_BYTES, IDLE_CPU, P50, P99, RSS);
            case "hose" -> List.of(P99, P50, P999, RSS);
            case "parts" -> List.of(NANOS, ALLOCATED, HEAP_BYTES);
            default -> List.of(SECONDS, COLD_SECONDS, CPU_SECONDS, RSS);
        };
    }

    private static Figure user(String what) {
        return less("user µs per " + what, "µs of user CPU per " + what,
                round -> round.get("serverUserSeconds") / count(round) * 1e6);
    }

    private static Figure cpu(String what) {
        return less("CPU µs per " + what, "µs of CPU per " + what,
                round -> round.get("serverCpuSeconds") / count(round) * 1e6);
    }

    private static Figure rate(String what) {
        return more(what + "/s", what + "/s", round -> count(round) / round.get("seconds"));
    }

    private static Figure latency(String name, String key) {
        return less(name + " µs", "µs (" + name + ")", round -> round.get(key));
    }

    private static double count(Round round) {
        double count = round.first("messages", "requests", "connections");
        return count > 0 ? count : Double.NaN;
    }

    private static Figure less(String title, String unit, ToDoubleFunction<Round> value) {
        return new Figure(title, unit, false, value);
    }

    private static Figure more(String title, String unit, ToDoubleFunction<Round> value) {
        return new Figure(title, unit, true, value);
    }

    /// What the rounds of a cell gave; null if the cell does not have this figure.
    @Nullable Sample in(Cell cell) {
        return Sample.of(cell.counted().stream().mapToDouble(value));
    }

    /// Negative if the first is the better one. What has no figure comes last.
    int compare(@Nullable Sample one, @Nullable Sample other) {
        if (one == null || other == null) {
            return Boolean.compare(one == null, other == null);
        }
        int order = Double.compare(one.median(), other.median());
        return moreIsBetter ? -order : order;
    }
}
