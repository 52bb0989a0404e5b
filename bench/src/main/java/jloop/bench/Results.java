package jloop.bench;

import java.util.List;
import java.util.Map;

/// A run of the benchmarks, as its file has it.
///
/// @param when the time of its start, as in ISO 8601
/// @param commit what was measured, empty if git does not know
/// @param versions of the contestants, by name
/// @param control the contestant that most benchmarks compare with
record Results(
        String when,
        String commit,
        Machine machine,
        Map<String, String> versions,
        String control,
        List<Row> rows,
        List<Skipped> skipped) {

    Results {
        versions = Map.copyOf(versions);
        rows = List.copyOf(rows);
        skipped = List.copyOf(skipped);
    }
}
