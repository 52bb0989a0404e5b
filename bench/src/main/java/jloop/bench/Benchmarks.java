package jloop.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The benchmarks in which contestants take turns.
final class Benchmarks {

    static final Benchmark ECHO = new LoadBenchmark(
            "echo", Layout.ECHO, Contestant.ECHO, false,
            settings -> sizesAndConnections(
                    settings.sizesOr(64L, 1024L, 16_384L, 102_400L),
                    settings.connectionsOr(1L, 64L, 1000L)),
            Benchmarks::echo);

    static final Benchmark UNIX = new LoadBenchmark(
            "unix", Layout.UNIX, Contestant.ECHO, true,
            settings -> sizesAndConnections(
                    settings.sizesOr(64L, 1024L), settings.connectionsOr(1L, 64L)),
            Benchmarks::echo);

    static final Benchmark BULK = new LoadBenchmark(
            "bulk", Layout.BULK, Contestant.SINK, false,
            settings -> settings.sizesOr(65_536L).stream()
                    .map(size -> Cell.of("size", size))
                    .toList(),
            cell -> List.of("bulk", "--size", cell.number("size") + ""));

    static final Benchmark CONNECT = new LoadBenchmark(
            "connect", Layout.CONNECT, Contestant.ECHO, false,
            settings -> settings.connectionsOr(16L).stream()
                    .map(count -> Cell.of("atOnce", count))
                    .toList(),
            cell -> List.of("connect", "--at-once", cell.number("atOnce") + ""));

    static final Benchmark HOSE = new LoadBenchmark(
            "hose", Layout.HOSE, Contestant.ECHO, false,
            settings -> settings.connectionsOr(100L).stream()
                    .map(count -> Cell.of("quiet", count))
                    .flatMap(cell -> Stream.of(cell.and("hose", 0L), cell.and("hose", 1L)))
                    .toList(),
            cell -> List.of("hose",
                    "--quiet", cell.number("quiet") + "", "--hose", cell.number("hose") + ""));

    static final List<Benchmark> ALL = List.of(
            ECHO, UNIX, BULK, CONNECT, new IdleBenchmark(), new HttpBenchmark(), HOSE,
            new StartBenchmark(), new SchedBenchmark());

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
