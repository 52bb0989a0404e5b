package jloop.bench.plot;

import java.util.List;
import java.util.function.ToDoubleFunction;
import jloop.bench.results.Row;
import jloop.bench.results.Spread;
import jloop.bench.results.Window;

/// A quantity that is worked out of a window: its heading in a table, how a sentence names its
/// unit, and whether more of it is better.
record Figure(String title, String unit, boolean moreIsBetter, ToDoubleFunction<Window> value) {

    static final Figure RATIO = more("x C", "x C", Window::ratio);

    static final Figure USER = user("message");
    static final Figure CPU = cpu("message");
    static final Figure RATE = rate("messages");

    static final Figure P50 = latency("p50", "p50Micros");
    static final Figure P90 = latency("p90", "p90Micros");
    static final Figure P99 = latency("p99", "p99Micros");
    static final Figure P999 = latency("p99.9", "p999Micros");

    static final Figure RSS = less("RSS MiB", "MiB", window -> window.figures()
            .getOrDefault("rssKb", window.figure("serverRssKb")) / 1024);

    static final Figure GIGABYTES =
            more("GB/s", "GB/s", window -> window.per("bytes", "seconds") / 1e9);
    static final Figure CPU_PER_GIGABYTE = less("CPU ms per GB", "ms of CPU per GB",
            window -> window.per("serverCpuSeconds", "bytes") * 1e12);

    static final Figure IDLE_BYTES =
            less("bytes per connection", "bytes per idle connection", "bytesPerConnection");
    static final Figure IDLE_CPU = less("CPU ms in an idle second", "ms of CPU in an idle second",
            window -> window.figure("idleCpuSeconds") * 1e3);

    static final Figure SECONDS = less("seconds", "s", "seconds");
    static final Figure COLD_SECONDS = less("first, cold", "s, cold", "coldSeconds");
    static final Figure CPU_SECONDS = less("CPU seconds", "s of CPU", "cpuSeconds");
    static final Figure BYTES_EACH = less("bytes each", "bytes each", "bytesEach");

    static final Figure NANOS = less("ns per operation", "ns", "score");
    static final Figure ALLOCATED = less("bytes allocated", "bytes", "allocatedBytes");

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
            case "parts" -> List.of(NANOS, ALLOCATED);
            default -> List.of(SECONDS, COLD_SECONDS, CPU_SECONDS, BYTES_EACH, RSS);
        };
    }

    private static Figure user(String what) {
        return less("user µs per " + what, "µs of user CPU per " + what,
                window -> window.figure("serverUserSeconds") / count(window) * 1e6);
    }

    private static Figure cpu(String what) {
        return less("CPU µs per " + what, "µs of CPU per " + what,
                window -> window.figure("serverCpuSeconds") / count(window) * 1e6);
    }

    private static Figure rate(String what) {
        return more(what + "/s", what + "/s", window -> count(window) / window.figure("seconds"));
    }

    private static Figure latency(String name, String key) {
        return less(name + " µs", "µs (" + name + ")", key);
    }

    private static double count(Window window) {
        double count = window.figures().getOrDefault("requests", window.figure("messages"));
        return count > 0 ? count : Double.NaN;
    }

    private static Figure less(String title, String unit, String key) {
        return less(title, unit, window -> window.figure(key));
    }

    private static Figure less(String title, String unit, ToDoubleFunction<Window> value) {
        return new Figure(title, unit, false, value);
    }

    private static Figure more(String title, String unit, ToDoubleFunction<Window> value) {
        return new Figure(title, unit, true, value);
    }

    Spread in(Row row) {
        return row.spread(value);
    }

    /// Negative if the first is the better one. What has no figure comes last.
    int compare(Spread one, Spread other) {
        if (one.isNone() || other.isNone()) return Boolean.compare(one.isNone(), other.isNone());
        int order = Double.compare(one.median(), other.median());
        return moreIsBetter ? -order : order;
    }
}
