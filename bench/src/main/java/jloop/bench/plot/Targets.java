package jloop.bench.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import jloop.bench.results.Cell;
import jloop.bench.results.Results;
import jloop.bench.results.Spread;

/// What jloop must reach, and what of it was measured.
final class Targets {

    /// A kind of work with its demands, in words and as checks.
    private record Target(String work, String must, String aim, List<Check> checks) {}

    /// One figure of one contestant in one cell, and its limits. An aim that is relative names
    /// the rival that is to be reached.
    private record Check(String label, String benchmark, Cell cell,
            String contestant, Figure figure, double must, double aim, String rival) {

        Spread measured(Results results) {
            return measured(results, contestant);
        }

        /// The worst of the cells that fit, so that "flat" is about the highest.
        private Spread measured(Results results, String name) {
            return results.rows().stream()
                    .filter(row -> row.benchmark().equals(benchmark) && !row.refused())
                    .filter(row -> row.contestant().equals(name) && row.cell().has(cell))
                    .map(figure::in).filter(spread -> !spread.isNone())
                    .max(figure::compare).orElse(Spread.NONE);
        }

        boolean reachesMust(Spread spread) {
            return reaches(spread, must);
        }

        boolean reachesAim(Spread spread, Results results) {
            var limit = measured(results, rival);
            if (!limit.isNone()) return figure.compare(spread, limit) <= 0;
            return rival.isEmpty() && reaches(spread, aim);
        }

        private boolean reaches(Spread spread, double limit) {
            return figure.moreIsBetter() ? spread.median() >= limit : spread.median() <= limit;
        }
    }

    private static final List<Target> TARGETS = List.of(
            echo("TCP echo 1 KiB, streams in coroutines", "jloop-streams", "netty-epoll",
                    "1.00 x C and 0.60 µs of user CPU at 64 connections; 0.95 x C and 0.80 µs at "
                            + "1,000", "ahead of Netty epoll at both", 1.00, 0.60, 0.95, 0.80),
            echo("the same through a Protocol", "jloop-protocol", "tokio",
                    "1.03 x C, 0.45 µs; 1.00 x C, 0.60 µs", "level with tokio",
                    1.03, 0.45, 1.00, 0.60),
            sched("1e7 yields (`sleep(ZERO)`, 100 tasks), one core", "yield", 1.25, 1.0),
            sched("spawn 1e6 tasks that yield once", "spawn", 0.8, 0.5),
            sched("queue ping-pong 1e6", "pingpong", 0.45, 0.25),
            sched("1e6 timers set, half cancelled", "timers", 1.0, 0.5),
            part("`callSoon` + run, 100 a turn", "Calls.callSoon100", 30, 10),
            sched("`callSoonThreadsafe` 2e6 from another thread", "threadsafe", 0.10, 0.03),
            new Target("a timer armed and cancelled, 1,000 to 1,000,000 live", "60 ns, flat",
                    "30 ns", List.of(new Check("at the worst", "parts",
                            Cell.of(Part.KEY, "Timers.armAndCancel"), "jloop", Figure.NANOS, 60, 30,
                            ""))),
            new Target("a parked task", "1 KB of heap", "", List.of(new Check("", "sched",
                    Cell.of("case", "parked"), "jloop", Figure.BYTES_EACH, 1000, Double.NaN, ""))),
            new Target("an idle stream connection beyond the kernel's 4.3 KB", "2.0 KB", "1.3 KB",
                    List.of(new Check("", "idle", Cell.EMPTY, "jloop-streams", Figure.IDLE_BYTES,
                            2000, 1300, ""))),
            new Target("`./jloop run` of hello world, second start", "0.25 s",
                    "0.10 s, as `python3` with asyncio", List.of(new Check("", "start", Cell.EMPTY,
                            "start-jloop", Figure.SECONDS, 0.25, 0.10, ""))));

    private Targets() {}

    private static Target echo(String work, String contestant, String rival, String must,
            String aim, double ratio64, double user64, double ratio1000, double user1000) {
        var checks = new ArrayList<Check>();
        for (long connections : List.of(64L, 1000L)) {
            boolean few = connections == 64;
            var cell = Cell.of("size", 1024L).and("connections", connections);
            var label = "at " + (few ? "64" : "1,000");
            checks.add(new Check(label, "echo", cell, contestant, Figure.RATIO,
                    few ? ratio64 : ratio1000, Double.NaN, rival));
            checks.add(new Check(label, "echo", cell, contestant, Figure.USER,
                    few ? user64 : user1000, Double.NaN, rival));
        }
        return new Target(work, must, aim, checks);
    }

    private static Target sched(String work, String name, double must, double aim) {
        return new Target(work, limit(must, "s"), limit(aim, "s"), List.of(new Check("", "sched",
                Cell.of("case", name), "jloop", Figure.SECONDS, must, aim, "")));
    }

    private static Target part(String work, String name, double must, double aim) {
        return new Target(work, limit(must, "ns"), limit(aim, "ns"), List.of(new Check("", "parts",
                Cell.of(Part.KEY, name), "jloop", Figure.NANOS, must, aim, "")));
    }

    private static String limit(double value, String unit) {
        return Numbers.tick(value) + " " + unit;
    }

    /// The table of what must be reached, with what was measured.
    static String markdown(Results results) {
        return """
                | work | must reach | aim | measured | verdict |
                |---|---|---|---|---|
                """ + TARGETS.stream().map(target -> row(target, results))
                .collect(Collectors.joining()) + "\n";
    }

    private static String row(Target target, Results results) {
        return "| " + String.join(" | ", target.work(), target.must(), target.aim(),
                measured(target, results), verdict(target, results)) + " |\n";
    }

    private static String measured(Target target, Results results) {
        return target.checks().stream()
                .map(check -> {
                    var spread = check.measured(results);
                    return spread.isNone() ? "" : Numbers.text(spread) + " " + check.figure().unit()
                            + (check.label().isEmpty() ? "" : " " + check.label());
                })
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining("; "));
    }

    private static String verdict(Target target, Results results) {
        var missed = new ArrayList<String>();
        boolean aim = true;
        for (var check : target.checks()) {
            var spread = check.measured(results);
            if (spread.isNone()) return "not measured";
            aim &= check.reachesAim(spread, results);
            if (!check.reachesMust(spread)) missed.add(check.figure().unit() + " " + check.label());
        }
        if (!missed.isEmpty()) {
            return "**missed**" + (target.checks().size() == 1
                    ? "" : ": " + String.join(", ", missed));
        }
        return aim ? "reached, the aim too" : "reached";
    }
}
