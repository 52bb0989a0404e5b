package jloop.bench;

import java.util.function.ToDoubleFunction;
import jloop.bench.results.Row;
import jloop.bench.results.Window;

/// A further figure of a table: the median of it over the windows that count.
record Column(String title, ToDoubleFunction<Window> figure) {

    static Column of(String title, String figure) {
        return new Column(title, window -> window.figure(figure));
    }

    /// `factor` times one figure for each of another.
    static Column per(String title, String figure, String each, double factor) {
        return new Column(title, window -> factor * window.per(figure, each));
    }

    double of(Row row) {
        return row.spread(figure).median();
    }
}
