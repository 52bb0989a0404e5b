package jloop.bench;

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
/// @param ratio how fast it was beside the control at that time; null without a control, and
///     if it is not steady
/// @param error what went wrong, if nothing was measured
/// @param figures what was measured, by name
record Window(
        int round,
        double atSeconds,
        boolean contended,
        boolean steady,
        @Nullable Double ratio,
        @Nullable String error,
        Map<String, Double> figures) {

    Window {
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }

    Window withRatio(@Nullable Double ratio) {
        return new Window(round, atSeconds, contended, steady, ratio, error, figures);
    }

    Window asUnsteady() {
        return new Window(round, atSeconds, contended, false, null, error, figures);
    }

    boolean isMeasured() {
        return error == null;
    }

    /// A figure, or NaN where there is none of that name.
    double figure(String name) {
        return figures.getOrDefault(name, Double.NaN);
    }
}
