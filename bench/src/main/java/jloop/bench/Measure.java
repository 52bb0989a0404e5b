package jloop.bench;

import java.util.function.ToDoubleFunction;
import jloop.bench.results.Window;

/// The one figure that a benchmark is about.
///
/// @param title the head of its column, unit included
/// @param moreIsBetter false for times and sizes
/// @param figure takes it from a window; NaN if it is not there
record Measure(String title, boolean moreIsBetter, ToDoubleFunction<Window> figure) {

    double of(Window window) {
        return figure.applyAsDouble(window);
    }
}
