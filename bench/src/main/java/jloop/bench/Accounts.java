package jloop.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/// What a process and its cores did between two moments, by the system's own accounts.
final class Accounts {

    private final long pid;
    private final String cores;
    private final Stopwatch stopwatch = new Stopwatch();
    private final ProcFs.Cpu before;
    private final double idleBefore;

    private Accounts(long pid, String cores, ProcFs.Cpu before) {
        this.pid = pid;
        this.cores = cores;
        this.before = before;
        this.idleBefore = Lab.idle(cores);
    }

    /// From now on, the process `pid` on `cores`.
    static Accounts open(long pid, String cores) throws WindowFailure {
        return new Accounts(pid, cores, cpu(pid));
    }

    /// Until now: `serverCpuSeconds`, `serverUserSeconds`, `serverRssKb` and
    /// [Contention#OTHERS].
    Map<String, Double> close() throws WindowFailure {
        double seconds = stopwatch.seconds();
        var after = cpu(pid);
        var figures = new LinkedHashMap<String, Double>();
        figures.put("serverCpuSeconds", after.total() - before.total());
        figures.put("serverUserSeconds", after.user() - before.user());
        figures.put("serverRssKb", ProcFs.residentKb(pid));
        figures.put(Contention.OTHERS, others(seconds, after.total() - before.total()));
        return figures;
    }

    private double others(double seconds, double own) {
        int count = cores.split(",", -1).length;
        double busy = count * seconds - (Lab.idle(cores) - idleBefore);
        return Double.isNaN(busy) ? 0 : Math.max(0, busy - own) / (count * seconds);
    }

    private static ProcFs.Cpu cpu(long pid) throws WindowFailure {
        var cpu = ProcFs.cpu(pid);
        if (cpu == null) throw new WindowFailure("the process has ended");
        return cpu;
    }
}
