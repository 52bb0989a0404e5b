package jloop.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import jloop.bench.results.Cell;
import jloop.bench.results.Spread;

/// How long a program takes from its start to its end, whose work is to say hello.
final class StartBenchmark implements Benchmark {

    private static final int STARTS_MIN = 5;        // in a window, and more in half a second
    private static final double LIMIT_SECONDS = 60;

    /*
     * The shell starts them: a JVM would take longer to start a process than some of them take
     * to run. Its clock has microseconds (bash 5). `times` prints the CPU time of the shell, then
     * that of its children.
     */
    private static final String SCRIPT =
            """
            count=$1; shift
            first=${EPOCHREALTIME/[.,]/}
            for ((i = 0; i < count || begin - first < 500000; i++)); do
              begin=${EPOCHREALTIME/[.,]/}
              "$@" > /dev/null || exit 1
              echo "took $((${EPOCHREALTIME/[.,]/} - begin))"
            done
            times
            """;

    private static final Pattern TOOK = Pattern.compile("took (\\d+)");
    private static final Pattern TIMES =
            Pattern.compile("(\\d+)m([\\d.]+)s (\\d+)m([\\d.]+)s\\s*$");

    @Override
    public String name() {
        return "start";
    }

    @Override
    public Layout layout() {
        return Layout.START;
    }

    @Override
    public List<Cell> cells(Settings settings) {
        return List.of(Cell.EMPTY);
    }

    @Override
    public boolean takes(Contestant contestant) {
        return contestant.starts();
    }

    @Override
    public Subject open(Contestant contestant, Lab lab) throws NotRunnable {
        var argv = lab.command(contestant, contestant.argv(), Map.of());
        try {
            var said = lab.run(contestant.name(), argv, Lab.SERVER_CORE, LIMIT_SECONDS);
            if (said.isBlank()) throw new NotRunnable("says nothing");
        } catch (WindowFailure e) {
            throw new NotRunnable(e.getMessage() + "; needs " + contestant.needs());
        }
        return _ -> measure(argv, lab);
    }

    private static Map<String, Double> measure(List<String> argv, Lab lab) throws WindowFailure {
        var script = new ArrayList<>(
                List.of("bash", "-c", SCRIPT, "bash", String.valueOf(STARTS_MIN)));
        script.addAll(argv);
        double idleBefore = Lab.idle(Lab.SERVER_CORE);
        var stopwatch = new Stopwatch();
        var printed = lab.run("start", script, Lab.SERVER_CORE, LIMIT_SECONDS);
        double seconds = stopwatch.seconds();
        double busy = seconds - (Lab.idle(Lab.SERVER_CORE) - idleBefore);
        return figures(printed, seconds, busy);
    }

    static Map<String, Double> figures(String printed, double seconds, double busy)
            throws WindowFailure {
        var took = TOOK.matcher(printed).results()
                .mapToDouble(found -> Double.parseDouble(found.group(1)) / 1e6)
                .toArray();
        var times = TIMES.matcher(printed);
        if (took.length == 0 || !times.find()) {
            throw new WindowFailure("the shell printed \"" + printed.strip() + "\"");
        }
        double user = Double.parseDouble(times.group(1)) * 60 + Double.parseDouble(times.group(2));
        double system =
                Double.parseDouble(times.group(3)) * 60 + Double.parseDouble(times.group(4));
        var figures = new LinkedHashMap<String, Double>();
        figures.put("seconds", Spread.of(DoubleStream.of(took)).median());
        figures.put("cpuSeconds", (user + system) / took.length);
        figures.put("userSeconds", user / took.length);
        figures.put(Contention.OTHERS, Math.max(0, busy - user - system) / seconds);
        return figures;
    }
}
