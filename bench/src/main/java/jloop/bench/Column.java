package jloop.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/// A further figure of a table: the median of it over the windows that count.
record Column(String title, ToDoubleFunction<Window> figure) {

    static Column of(String title, String figure) {
        return new Column(title, window -> window.figure(figure));
    }

    /// `factor` times one figure for each of another.
    static Column per(String title, String figure, String each, double factor) {
        return new Column(title,
                window -> window.figure(figure) * factor / window.figure(each));
    }

    double of(List<Window> windows) {
        return Spread.of(windows.stream().mapToDouble(figure)).median();
    }
}
