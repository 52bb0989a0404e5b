package jloop.bench;

import java.util.List;
import jloop.bench.results.BenchFailure;

/// How to measure. Empty lists leave the choice to each benchmark.
///
/// @param rounds 0 leaves the choice to each benchmark
/// @param seconds the length of a window
/// @param minutes after these no further window begins
/// @param warmUpSeconds the load that a JVM gets before its first window
record Settings(
        List<String> with,
        int rounds,
        double seconds,
        List<Long> sizes,
        List<Long> connections,
        List<String> cases,
        double minutes,
        double warmUpSeconds) {

    static final double JVM_WARM_UP_SECONDS = 9;

    static final Settings DEFAULT = new Settings(
            List.of(), 0, 1, List.of(), List.of(), List.of(), 120, JVM_WARM_UP_SECONDS);

    Settings {
        with = List.copyOf(with);
        sizes = List.copyOf(sizes);
        connections = List.copyOf(connections);
        cases = List.copyOf(cases);
        check("--rounds", rounds, rounds >= 0, "at least 1");
        check("--seconds", seconds, seconds > 0, "more than 0");
        check("--minutes", minutes, minutes > 0, "more than 0");
        for (long size : sizes) check("--sizes", size, size > 0, "sizes of at least 1 byte");
        for (long count : connections) check("--conns", count, count > 0, "counts of at least 1");
    }

    private static void check(String option, Number found, boolean isRight, String expected) {
        if (isRight) return;
        throw new BenchFailure(option + " is " + found + ", expected " + expected);
    }

    /// Whether it is more about whether everything works than about figures.
    boolean isQuick() {
        return warmUpSeconds < JVM_WARM_UP_SECONDS;
    }

    int roundsOr(int usual) {
        return rounds == 0 ? usual : rounds;
    }

    List<Long> sizesOr(Long... usual) {
        return sizes.isEmpty() ? List.of(usual) : sizes;
    }

    List<Long> connectionsOr(Long... usual) {
        return connections.isEmpty() ? List.of(usual) : connections;
    }
}
