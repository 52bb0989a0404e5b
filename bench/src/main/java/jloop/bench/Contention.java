package jloop.bench;

import java.util.Map;

/// Whether other processes, or other guests of the machine, took a contestant's core.
final class Contention {

    /// The share of a window in which the contestant's core worked for others.
    static final String OTHERS = "othersShare";

    /// A window in which others took more does not count.
    static final double OTHERS_MAX = 0.12;

    private Contention() {}

    /// The share that others took: given, or what is left of the window without the time of the
    /// contestant and the idle time of its core. 0 if the figures do not say.
    static double others(Map<String, Double> figures) {
        var given = figures.get(OTHERS);
        if (given != null) return given;
        var seconds = figures.get("seconds");
        var own = figures.get("serverCpuSeconds");
        var idle = figures.get("core0IdleSeconds");
        if (seconds == null || own == null || idle == null) return 0;
        return Math.max(0, seconds - own - idle) / seconds;
    }

    static boolean isContended(Map<String, Double> figures) {
        return others(figures) > OTHERS_MAX;
    }
}
