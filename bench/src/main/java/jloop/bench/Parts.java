package jloop.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jloop.bench.results.BenchFailure;
import jloop.bench.results.Cell;
import jloop.bench.results.Row;
import jloop.bench.results.Window;

/// Runs JMH on the package `jloop.bench.parts`, in a JVM of its own, and reads what it found.
final class Parts {

    static final String NAME = "parts";

    private static final String CONTESTANT = "jloop";
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Map<String, Double> NANOS_PER_UNIT =
            Map.of("ns", 1.0, "us", 1e3, "ms", 1e6, "s", 1e9);

    private Parts() {}

    /// The command of JMH that writes its results to `file`.
    static List<String> command(Path file, Settings settings) {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "--sun-misc-unsafe-memory-access=allow",    // JMH uses it
                "-cp", System.getProperty("java.class.path"),
                "org.openjdk.jmh.Main",
                "-rf", "json", "-rff", file.toString(), "-prof", "gc", "-foe", "true",
                "-bm", "avgt", "-tu", "ns", "-to", "60s",
                "-jvmArgs", String.join(" ", jvmOptions())));
        command.addAll(settings.isQuick()
                ? List.of("-f", "1", "-wi", "1", "-w", "300ms", "-r", "300ms")
                : List.of("-f", "3", "-wi", "4", "-w", "500ms", "-r", "500ms"));
        command.addAll(List.of("-i", settings.roundsOr(settings.isQuick() ? 2 : 5) + ""));
        command.addAll(settings.cases());
        if (settings.cases().isEmpty()) command.add("jloop\\.bench\\.parts\\..*");
        return command;
    }

    /// What the JVM of a part is started with: as `./jloop run` starts programs, on a heap of
    /// fixed size, and with one carrier for the virtual threads of the JDK, which are compared
    /// with one loop.
    static List<String> jvmOptions() {
        var options = new ArrayList<>(List.of(
                "-XX:+UseSerialGC", "-Xms1g", "-Xmx1g",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djdk.pollerMode=1",
                "-Djloop.watchdog=0",
                "-Djdk.virtualThreadScheduler.parallelism=1",
                "-Djdk.virtualThreadScheduler.maxPoolSize=1",
                "-XX:CompileCommand=quiet"));
        for (var methods : List.of("jloop*::*", "java.lang.VirtualThread*::*",
                "jdk.internal.vm.Continuation*::*", "java.lang.Thread::runWith")) {
            options.add("-XX:CompileCommand=CompileThresholdScaling," + methods + ",0.02");
        }
        return options;
    }

    static List<Row> run(Lab lab) throws WindowFailure {
        var file = lab.target().resolve("jmh.json");
        try {
            Files.createDirectories(lab.target());
            Files.deleteIfExists(file);
            lab.run("jmh", command(file, lab.settings()), Lab.BOTH_CORES,
                    Math.max(1, lab.minutesLeft() * 60));
            if (!Files.exists(file)) throw new WindowFailure("JMH found nothing to run");
            return rows(Files.readString(file));
        } catch (IOException e) {
            throw new BenchFailure("cannot use " + file + ": " + e.getMessage(), e);
        }
    }

    /// One row for each benchmark and its parameters, one window for each iteration.
    static List<Row> rows(String json) throws WindowFailure {
        var rows = new ArrayList<Row>();
        try {
            for (var result : JSON.readTree(json)) rows.add(row(result));
        } catch (JsonProcessingException e) {
            throw new WindowFailure("JMH wrote no JSON: " + e.getOriginalMessage());
        }
        return rows;
    }

    private static Row row(JsonNode result) {
        var values = new LinkedHashMap<String, Object>();
        values.put("part", result.path("benchmark").asText().replace("jloop.bench.parts.", ""));
        for (var each : result.path("params").properties()) {
            values.put(each.getKey(), each.getValue().asText());
        }
        var metric = result.path("primaryMetric");
        var unit = metric.path("scoreUnit").asText();
        var allocated = result.path("secondaryMetrics").path(ALLOCATED).path("score");
        var windows = new ArrayList<Window>();
        for (var fork : metric.path("rawData")) {
            for (var score : fork) {
                var figures = new LinkedHashMap<String, Double>();
                figures.put("score", nanos(score.asDouble(), unit));
                if (allocated.isNumber()) figures.put("allocatedBytes", allocated.asDouble());
                windows.add(Window.of(windows.size(), 0, figures));
            }
        }
        return new Row(NAME, new Cell(values), CONTESTANT, Double.NaN, false, windows);
    }

    /// Nanoseconds for each operation, of a score in `us/op`, say, or `ops/s`.
    private static double nanos(double score, String unit) {
        boolean isRate = unit.startsWith("ops/");
        var time = isRate ? unit.substring("ops/".length()) : unit.replace("/op", "");
        double nanos = NANOS_PER_UNIT.getOrDefault(time, Double.NaN);
        return isRate ? nanos / score : nanos * score;
    }

    /// All parts in one table.
    static String table(List<Row> rows) {
        var text = new StringBuilder("\n### ").append(NAME).append("\n\n");
        text.append("| part | ns | min–max | bytes allocated | iterations |\n");
        text.append("|---|---|---|---|---|\n");
        for (var row : rows) {
            var speed = row.spread(Layout.PARTS.measure()::of);
            text.append("| ").append(row.cell().title())
                    .append(" | ").append(Table.number(speed.median()))
                    .append(" | ").append(Table.range(speed))
                    .append(" | ").append(Table.number(
                            Layout.PARTS.columns().getFirst().of(row)))
                    .append(" | ").append(row.counted().size()).append(" |\n");
        }
        return text.toString();
    }
}
