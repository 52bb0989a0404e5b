package jloop.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jloop.bench.results.Cell;

/// Cases of a program that prints its own times: each window is a process that does one thing a
/// few times.
final class SchedBenchmark implements Benchmark {

    /// Scheduling without I/O. The calls of one case come from another thread: it needs a core
    /// of its own.
    static final Benchmark SCHED = new SchedBenchmark("sched", Layout.SCHED,
            List.of("spawn", "yield", "pingpong", "timers", "threadsafe", "parked"),
            Set.of("threadsafe"));

    /// Child processes, which need a core beside that of their parent.
    static final Benchmark PROCESS = new SchedBenchmark("process", Layout.PROCESS,
            List.of("cat", "true", "true50"), Set.of("cat", "true", "true50"));

    /// Files, which threads read or the kernel does, beside who asks for it.
    static final Benchmark FILES = new SchedBenchmark("files", Layout.FILES,
            List.of("random64", "into64", "small64"), Set.of("random64", "into64", "small64"));

    private static final int REPETITIONS = 3;       // the first is cold
    private static final double LIMIT_SECONDS = 120;
    private static final long LOOK_MILLIS = 20;

    private final String name;
    private final Layout layout;
    private final List<String> cases;
    private final Set<String> onBothCores;

    private SchedBenchmark(
            String name, Layout layout, List<String> cases, Set<String> onBothCores) {
        this.name = name;
        this.layout = layout;
        this.cases = cases;
        this.onBothCores = onBothCores;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Layout layout() {
        return layout;
    }

    @Override
    public int rounds() {
        return 3;
    }

    @Override
    public List<Cell> cells(Settings settings) {
        return Cell.each("case", settings.cases().isEmpty() ? cases : settings.cases());
    }

    @Override
    public boolean takes(Contestant contestant) {
        return !Collections.disjoint(contestant.sched(), cases);
    }

    @Override
    public boolean takes(Contestant contestant, Cell cell) {
        return contestant.sched().contains(cell.text("case"));
    }

    @Override
    public Subject open(Contestant contestant, Lab lab) throws NotRunnable {
        argv(contestant, cases.getFirst(), lab);        // is there a program?
        return cell -> measure(contestant, cell.text("case"), lab);
    }

    private static List<String> argv(Contestant contestant, String name, Lab lab)
            throws NotRunnable {
        return lab.command(contestant, contestant.schedArgv(),
                Map.of("case", name, "reps", String.valueOf(REPETITIONS)));
    }

    private Map<String, Double> measure(Contestant contestant, String of, Lab lab)
            throws WindowFailure {
        var cores = onBothCores.contains(of) ? Lab.BOTH_CORES : Lab.SERVER_CORE;
        try (var child = lab.start(name, argv(contestant, of, lab), cores)) {
            var accounts = watch(child, cores);
            if (child.await(LIMIT_SECONDS) != 0) {
                throw new WindowFailure(of + " failed: " + child.lastWords());
            }
            return figures(child.printed(), accounts);
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

    /// The figures of each repetition, by their names.
    private static List<Map<String, Double>> repetitions(String printed) throws WindowFailure {
        var repetitions = new ArrayList<Map<String, Double>>();
        for (var line : printed.lines().filter(each -> each.startsWith("{")).toList()) {
            repetitions.add(Lab.figures(line));
        }
        return repetitions;
    }

    /// Those of the best repetition but the first; the time of that is `coldSeconds`.
    static Map<String, Double> figures(String printed, Map<String, Double> accounts)
            throws WindowFailure {
        var repetitions = repetitions(printed);
        if (repetitions.size() < 2) {
            throw new WindowFailure("printed " + repetitions.size() + " repetitions, expected "
                    + REPETITIONS);
        }
        var figures = new LinkedHashMap<>(Collections.min(
                repetitions.subList(1, repetitions.size()),
                Comparator.comparingDouble(SchedBenchmark::seconds)));
        figures.put("seconds", seconds(figures));
        figures.put("coldSeconds", seconds(repetitions.getFirst()));
        figures.keySet().removeAll(List.of("s", "rep"));
        figures.put("cpuSeconds", accounts.getOrDefault("serverCpuSeconds", Double.NaN));
        figures.put("userSeconds", accounts.getOrDefault("serverUserSeconds", Double.NaN));
        figures.put("rssKb", accounts.getOrDefault("serverRssKb", Double.NaN));
        figures.put(Contention.OTHERS, accounts.getOrDefault(Contention.OTHERS, 0.0));
        figures.values().removeIf(value -> value.isNaN());
        return figures;
    }

    private static double seconds(Map<String, Double> repetition) {
        return repetition.getOrDefault("s", Double.NaN);
    }
}
