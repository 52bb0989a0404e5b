package jloop.bench.results;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// A run of the benchmarks, as its file has it.
///
/// @param when the time of its start, as in ISO 8601
/// @param commit what was measured, empty if git does not know
/// @param versions of the contestants, by name
/// @param control the contestant that most benchmarks compare with
public record Results(
        String when,
        String commit,
        Machine machine,
        SortedMap<String, String> versions,
        String control,
        List<Row> rows,
        List<Skipped> skipped) {

    /// A contestant, or a benchmark, that could not be measured.
    public record Skipped(String contestant, String why) {}

    public Results {
        versions = Collections.unmodifiableSortedMap(new TreeMap<>(versions));
        rows = List.copyOf(rows);
        skipped = List.copyOf(skipped);
    }

    /// jloop's own contestants are `jloop`, `jloop-...` and `start-jloop`.
    public static boolean isOurs(String contestant) {
        return contestant.matches("(start-)?jloop([^a-z].*)?");
    }
}
