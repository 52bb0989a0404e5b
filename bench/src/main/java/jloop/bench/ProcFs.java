package jloop.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What Linux accounts for processes and cores, proc(5).
final class ProcFs {

    private static final double TICKS_PER_SECOND = 100;     // USER_HZ, the same everywhere

    /*
     * /proc/PID/stat, fields counted from 0 after the name, which ends with the last ")":
     *   11 utime, 12 stime: ticks of the whole process, threads that ended included
     */
    private static final int USER_TICKS = 11;
    private static final int SYSTEM_TICKS = 12;

    /// CPU time of a process, in seconds.
    record Cpu(double total, double user) {}

    private ProcFs() {}

    /// Null if there is no such process.
    static @Nullable Cpu cpu(long pid) {
        var stat = text(Path.of("/proc", Long.toString(pid), "stat"));
        int name = stat.lastIndexOf(')');
        if (name < 0) return null;
        var fields = stat.substring(name + 2).split(" ", -1);
        double user = Long.parseLong(fields[USER_TICKS]) / TICKS_PER_SECOND;
        return new Cpu(user + Long.parseLong(fields[SYSTEM_TICKS]) / TICKS_PER_SECOND, user);
    }

    /// How much memory of a process is resident; NaN if there is no such process.
    static double residentKb(long pid) {
        var status = text(Path.of("/proc", Long.toString(pid), "status"));
        for (var line : status.split("\n", -1)) {
            if (line.startsWith("VmRSS:")) return Double.parseDouble(line.replaceAll("\\D", ""));
        }
        return Double.NaN;
    }

    /// The seconds since the machine's start in which a core had nothing to do; NaN where the
    /// system does not say. Time that a hypervisor took from the core is not idle.
    static double idleSeconds(int core) {
        for (var line : text(Path.of("/proc/stat")).split("\n", -1)) {
            if (!line.startsWith("cpu" + core + " ")) continue;
            var fields = line.split(" ", -1);
            return (Long.parseLong(fields[4]) + Long.parseLong(fields[5])) / TICKS_PER_SECOND;
        }
        return Double.NaN;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
