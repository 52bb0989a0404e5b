package jloop.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jloop.bench.results.Cell;

/// The benchmarks in which contestants take turns.
final class Benchmarks {

    static final Benchmark ECHO = new LoadBenchmark(
            "echo", Layout.ECHO, Contestant.ECHO, false,
            settings -> sizesAndConnections(
                    settings.sizesOr(64L, 1024L, 16_384L, 102_400L),
                    settings.connectionsOr(1L, 64L, 1000L)),
            new Generator(Benchmarks::echo));

    static final Benchmark UNIX = new LoadBenchmark(
            "unix", Layout.UNIX, Contestant.ECHO, true,
            settings -> sizesAndConnections(
                    settings.sizesOr(64L, 1024L), settings.connectionsOr(1L, 64L)),
            new Generator(Benchmarks::echo));

    static final Benchmark BULK = new LoadBenchmark(
            "bulk", Layout.BULK, Contestant.SINK, false,
            settings -> Cell.each("size", settings.sizesOr(65_536L)),
            new Generator(cell -> List.of("bulk", "--size", cell.number("size") + "")));

    static final Benchmark CONNECT = new LoadBenchmark(
            "connect", Layout.CONNECT, Contestant.ECHO, false,
            settings -> Cell.each("atOnce", settings.connectionsOr(16L)),
            new Generator(cell -> List.of("connect", "--at-once", cell.number("atOnce") + "")));

    static final Benchmark HTTP = new LoadBenchmark(
            "http", Layout.HTTP, Contestant.HTTP, false,
            settings -> Cell.each("connections", settings.connectionsOr(64L)),
            new Wrk());

    static final Benchmark HOSE = new LoadBenchmark(
            "hose", Layout.HOSE, Contestant.ECHO, false,
            settings -> Cell.each("quiet", settings.connectionsOr(100L)).stream()
                    .flatMap(cell -> Stream.of(cell.and("hose", 0L), cell.and("hose", 1L)))
                    .toList(),
            new Generator(cell -> List.of("hose",
                    "--quiet", cell.number("quiet") + "", "--hose", cell.number("hose") + "")));

    static final List<Benchmark> ALL = List.of(
            ECHO, UNIX, BULK, CONNECT, new IdleBenchmark(), HTTP, HOSE,
            new StartBenchmark(), SchedBenchmark.SCHED, SchedBenchmark.PROCESS,
            SchedBenchmark.FILES);

    private Benchmarks() {}

    private static List<Cell> sizesAndConnections(List<Long> sizes, List<Long> connections) {
        var cells = new ArrayList<Cell>();
        for (var size : sizes) {
            for (var count : connections) {
                cells.add(Cell.of("size", size).and("connections", count));
            }
        }
        return cells;
    }

    private static List<String> echo(Cell cell) {
        return List.of("echo",
                "--conns", cell.number("connections") + "", "--size", cell.number("size") + "");
    }
}
