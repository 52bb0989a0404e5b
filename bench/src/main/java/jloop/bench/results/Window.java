package jloop.bench.results;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A stretch of time in which one contestant was measured.
///
/// @param round counted from 0; a window that was taken again has the same one
/// @param atSeconds when it began, from the start of the run
/// @param contended whether other processes took the contestant's core for too long
/// @param steady false if the control changed too much around it, so that it counts nowhere
/// @param ratio how fast it was beside the control at that time; NaN without a control, and
///     if it is not steady
/// @param error what went wrong, if nothing was measured
/// @param figures what was measured, by name
public record Window(
        int round,
        double atSeconds,
        boolean contended,
        boolean steady,
        double ratio,
        @Nullable String error,
        Map<String, Double> figures) {

    public Window {
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }

    /// A window that others did not disturb, and of which no control has said anything yet.
    public static Window of(int round, double atSeconds, Map<String, Double> figures) {
        return new Window(round, atSeconds, false, true, Double.NaN, null, figures);
    }

    public Window withRatio(double ratio) {
        return new Window(round, atSeconds, contended, steady, ratio, error, figures);
    }

    public Window asUnsteady() {
        return new Window(round, atSeconds, contended, false, Double.NaN, error, figures);
    }

    public boolean isMeasured() {
        return error == null;
    }

    /// A figure, or NaN where there is none of that name.
    public double figure(String name) {
        return figures.getOrDefault(name, Double.NaN);
    }

    /// One figure for each of another.
    public double per(String name, String each) {
        return figure(name) / figure(each);
    }
}
