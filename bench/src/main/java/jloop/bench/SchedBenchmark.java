package jloop.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jloop.bench.results.Cell;
import jloop.bench.results.Spread;

/// Scheduling without I/O: each window is a process that does one thing a few times.
final class SchedBenchmark implements Benchmark {

    static final String THREADSAFE = "threadsafe";

    private static final List<String> CASES =
            List.of("spawn", "yield", "pingpong", "timers", THREADSAFE);

    private static final int REPETITIONS = 3;       // the first is cold
    private static final double LIMIT_SECONDS = 120;
    private static final long LOOK_MILLIS = 20;

    @Override
    public String name() {
        return "sched";
    }

    @Override
    public Layout layout() {
        return Layout.SCHED;
    }

    @Override
    public int rounds() {
        return 3;
    }

    @Override
    public List<Cell> cells(Settings settings) {
        return Cell.each("case", settings.cases().isEmpty() ? CASES : settings.cases());
    }

    @Override
    public boolean takes(Contestant contestant) {
        return !contestant.sched().isEmpty();
    }

    @Override
    public boolean takes(Contestant contestant, Cell cell) {
        return contestant.sched().contains(cell.text("case"));
    }

    @Override
    public Subject open(Contestant contestant, Lab lab) throws NotRunnable {
        argv(contestant, "spawn", lab);         // is there a program?
        return cell -> measure(contestant, cell.text("case"), lab);
    }

    private static List<String> argv(Contestant contestant, String name, Lab lab)
            throws NotRunnable {
        return lab.command(contestant, contestant.schedArgv(),
                Map.of("case", name, "reps", String.valueOf(REPETITIONS)));
    }

    private static Map<String, Double> measure(Contestant contestant, String name, Lab lab)
            throws WindowFailure {
        // The calls come from another thread: it needs a core of its own.
        var cores = name.equals(THREADSAFE) ? Lab.BOTH_CORES : Lab.SERVER_CORE;
        try (var child = lab.start("sched", argv(contestant, name, lab), cores)) {
            var accounts = watch(child, cores);
            if (child.await(LIMIT_SECONDS) != 0) {
                throw new WindowFailure(name + " failed: " + child.lastWords());
            }
            return figures(seconds(child.printed()), accounts);
        } catch (NotRunnable e) {
            throw new WindowFailure(String.valueOf(e.getMessage()));
        }
    }

    /// Looks at a process until it ends: nobody says afterwards what it took.
    private static Map<String, Double> watch(Child child, String cores) throws WindowFailure {
        var waited = new Stopwatch();
        var accounts = Accounts.open(child.pid(), cores);
        var last = new LinkedHashMap<String, Double>();
        while (!child.hasEndedAfter(LOOK_MILLIS)) {
            if (waited.seconds() > LIMIT_SECONDS) {
                throw new WindowFailure("not done after " + Table.number(LIMIT_SECONDS) + " s");
            }
            try {
                var now = accounts.close();
                now.values().removeIf(value -> value.isNaN());     // it is about to end
                last.putAll(now);
            } catch (WindowFailure e) {
                break;          // ended just now
            }
        }
        return last;
    }

    private static List<Double> seconds(String printed) throws WindowFailure {
        var seconds = new ArrayList<Double>();
        for (var line : printed.strip().lines().toList()) {
            if (!line.startsWith("{")) continue;
            seconds.add(Lab.figures(line).getOrDefault("s", Double.NaN));
        }
        return seconds;
    }

    /// `seconds` of the best repetition but the first, which is `coldSeconds`.
    static Map<String, Double> figures(List<Double> seconds, Map<String, Double> accounts)
            throws WindowFailure {
        if (seconds.size() < 2) {
            throw new WindowFailure("printed " + seconds.size() + " repetitions, expected "
                    + REPETITIONS);
        }
        var later = seconds.subList(1, seconds.size()).stream().mapToDouble(each -> each);
        var figures = new LinkedHashMap<String, Double>();
        figures.put("seconds", Spread.of(later).min());
        figures.put("coldSeconds", seconds.getFirst());
        figures.put("cpuSeconds", accounts.getOrDefault("serverCpuSeconds", Double.NaN));
        figures.put("userSeconds", accounts.getOrDefault("serverUserSeconds", Double.NaN));
        figures.put("rssKb", accounts.getOrDefault("serverRssKb", Double.NaN));
        figures.put(Contention.OTHERS, accounts.getOrDefault(Contention.OTHERS, 0.0));
        figures.values().removeIf(value -> value.isNaN());
        return figures;
    }
}
