package jloop.bench;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import jloop.bench.results.BenchFailure;
import jloop.bench.results.Cell;
import jloop.bench.results.Machine;
import jloop.bench.results.Results.Skipped;
import jloop.bench.results.Results;
import jloop.bench.results.ResultsFile;
import jloop.bench.results.Row;

/// A run of some benchmarks: makes everyone ready, has them take turns, prints a table for each
/// cell and writes the results file after each.
final class Suite {

    private final Lab lab;
    private final Contestants contestants;
    private final PrintWriter out;
    private final Path file;
    private String when =
            DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                    ZonedDateTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS));
    private final Machine machine = Machine.here();
    private final SortedMap<String, String> versions = new TreeMap<>();
    private final List<Row> rows = new ArrayList<>();
    private final List<Skipped> skipped = new ArrayList<>();
    private String commit = "";

    /// @param out for the tables
    /// @param file for the results; if it exists, they are added to those of the same commit
    Suite(Lab lab, Contestants contestants, PrintWriter out, Path file) {
        this.lab = lab;
        this.contestants = contestants;
        this.out = out;
        this.file = file;
    }

    /// All benchmarks, in the order in which they run.
    static Set<String> names() {
        var names = new LinkedHashSet<String>();
        for (var benchmark : Benchmarks.ALL) names.add(benchmark.name());
        names.add(Parts.NAME);
        return names;
    }

    static Layout layout(String name) {
        for (var benchmark : Benchmarks.ALL) {
            if (benchmark.name().equals(name)) return benchmark.layout();
        }
        return Layout.PARTS;
    }

    /// Runs the benchmarks of these names.
    void run(Set<String> names) {
        commit = commit();
        if (Files.exists(file)) goOn(ResultsFile.read(file));
        for (var benchmark : Benchmarks.ALL) {
            if (names.contains(benchmark.name()) && !lab.isOver()) run(benchmark);
        }
        if (names.contains(Parts.NAME) && !lab.isOver()) runParts();
        if (lab.isOver()) {
            lab.say("stopped after " + Table.number(lab.settings().minutes())
                    + " minutes; --minutes allows more");
        }
        if (!rows.isEmpty()) lab.say("the results are in " + file);
    }

    private void goOn(Results earlier) {
        if (!earlier.commit().equals(commit) || !earlier.machine().equals(machine)) {
            throw new BenchFailure("%s has the results of commit %s on %s, and not of %s on %s"
                    .formatted(file, earlier.commit(), earlier.machine(), commit, machine));
        }
        when = earlier.when();
        versions.putAll(earlier.versions());
        rows.addAll(earlier.rows());
        skipped.addAll(earlier.skipped());
    }

    private void run(Benchmark benchmark) {
        var missing = benchmark.missing(lab);
        if (missing != null) {
            skip(benchmark.name(), missing);
            return;
        }
        var cells = benchmark.cells(lab.settings());
        var subjects = new LinkedHashMap<Contestant, Subject>();
        try {
            for (var contestant : taking(benchmark)) open(benchmark, contestant, subjects);
            warmUp(benchmark, cells, subjects);
            sayDuration(benchmark, cells.size(), subjects.size());
            for (var cell : cells) {
                if (!lab.isOver()) measure(benchmark, cell, subjects);
            }
        } finally {
            for (var subject : subjects.values()) subject.close();
        }
    }

    /// The contestants of a benchmark, its control first even if nobody asked for it.
    private List<Contestant> taking(Benchmark benchmark) {
        var control = benchmark.layout().control();
        var chosen = contestants.chosen(lab.settings().with()).stream()
                .filter(each -> benchmark.takes(each) && !each.name().equals(control))
                .toList();
        var taking = new ArrayList<Contestant>();
        for (var each : contestants.all()) {
            boolean isControl = each.name().equals(control) && benchmark.takes(each);
            if (isControl && !chosen.isEmpty()) taking.add(each);
        }
        taking.addAll(chosen);
        return taking;
    }

    private void open(
            Benchmark benchmark, Contestant contestant, Map<Contestant, Subject> subjects) {
        if (lab.isOver()) return;
        try {
            subjects.put(contestant, benchmark.open(contestant, lab));
        } catch (NotRunnable e) {
            skip(contestant.name(), String.valueOf(e.getMessage()));
            return;
        }
        if (versions.containsKey(contestant.name())) return;
        var version = lab.version(contestant);
        if (version != null) versions.put(contestant.name(), version);
    }

    private void skip(String name, String why) {
        var skip = new Skipped(name, why);
        if (skipped.contains(skip)) return;
        skipped.add(skip);
        lab.say("skipped: " + name + ": " + why);
    }

    private void warmUp(
            Benchmark benchmark, List<Cell> cells, Map<Contestant, Subject> subjects) {
        for (var each : List.copyOf(subjects.keySet())) {
            if (lab.isOver()) return;
            var subject = subjects.get(each);
            if (subject == null) continue;
            lab.say(benchmark.name() + ": " + each.name() + " gets warm");
            try {
                subject.warmUp(cells);
            } catch (WindowFailure e) {
                skip(each.name(), benchmark.name() + ": " + e.getMessage());
                subject.close();
                subjects.remove(each);
            }
        }
    }

    private void measure(Benchmark benchmark, Cell cell, Map<Contestant, Subject> subjects) {
        var taking = new LinkedHashMap<String, Subject>();
        subjects.forEach((contestant, subject) -> {
            if (benchmark.takes(contestant, cell)) taking.put(contestant.name(), subject);
        });
        if (taking.isEmpty()) return;
        int rounds = lab.settings().roundsOr(benchmark.rounds());
        var turns = new Turns(
                benchmark.layout(),
                rounds,
                lab.stopwatch(),
                lab::calm,
                lab::isOver,
                round -> sayRound(benchmark, cell, round, rounds));
        var more = turns.rows(benchmark.name(), cell, turns.measure(cell, taking));
        report(more, Table.of(benchmark.layout(), more));
    }

    private void sayDuration(Benchmark benchmark, int cells, int contestants) {
        double windowSeconds = benchmark.windowSeconds(lab.settings());
        if (windowSeconds == 0 || contestants == 0) return;
        int rounds = lab.settings().roundsOr(benchmark.rounds());
        lab.say(String.format(Locale.ROOT,
                "%s: %d cells, %d contestants, %d rounds: about %.0f minutes, of %.0f left",
                benchmark.name(), cells, contestants, rounds,
                cells * Turns.windows(contestants, rounds) * windowSeconds / 60,
                lab.minutesLeft()));
    }

    private void sayRound(Benchmark benchmark, Cell cell, int round, int rounds) {
        var which = round < rounds
                ? "round %d of %d".formatted(round + 1, rounds)
                : "further round %d of at most %d, for those whose windows were not steady"
                        .formatted(round + 1 - rounds, Turns.FURTHER * rounds);
        lab.say(String.format(Locale.ROOT, "%s: %s, %.0f minutes left",
                benchmark.name() + (cell.title().isEmpty() ? "" : ": " + cell.title()),
                which, lab.minutesLeft()));
    }

    private void report(List<Row> more, String table) {
        rows.removeIf(row -> more.stream().anyMatch(row::isBeside));     // all of a cell, anew
        rows.addAll(more);
        out.print(table);
        out.flush();
        ResultsFile.write(file, new Results(
                when, commit, machine, versions, Layout.ECHO.control(), rows, skipped));
    }

    private void runParts() {
        lab.say(Parts.NAME + ": JMH runs");
        try {
            var more = Parts.run(lab);
            report(more, Parts.table(more));
        } catch (WindowFailure e) {
            skip(Parts.NAME, String.valueOf(e.getMessage()));
        }
    }

    /// Empty if this is no checkout of git.
    private String commit() {
        var git = List.of("git", "-C", lab.root().toString(),
                "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*");
        try {
            return lab.run("git", git, Lab.BOTH_CORES, 10).strip();
        } catch (WindowFailure e) {
            return "";
        }
    }

    /// All tables of a results file.
    static void report(Results results, PrintWriter out) {
        out.printf("# %s%n%n%s, %d cores, %d MB, %s; commit %s%n", results.when(),
                results.machine().cpu(), results.machine().cores(), results.machine().memoryMb(),
                results.machine().kernel(), results.commit());
        var tables = new LinkedHashMap<List<Object>, List<Row>>();
        for (var row : results.rows()) {
            boolean isPart = row.benchmark().equals(Parts.NAME);
            var key = List.of(row.benchmark(), isPart ? "" : row.cell());
            tables.computeIfAbsent(key, _ -> new ArrayList<>()).add(row);
        }
        for (var table : tables.values()) {
            var name = table.getFirst().benchmark();
            out.print(name.equals(Parts.NAME)
                    ? Parts.table(table)
                    : Table.of(layout(name), table));
        }
        results.versions().forEach((name, version) -> out.printf("%n%s: %s%n", name, version));
        for (var skip : results.skipped()) {
            out.printf("%nskipped: %s: %s%n", skip.contestant(), skip.why());
        }
        out.flush();
    }
}
