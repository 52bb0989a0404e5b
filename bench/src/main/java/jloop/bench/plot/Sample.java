package jloop.bench.plot;

import java.util.Arrays;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/// What several rounds gave for one figure: the median, the smallest and the largest.
record Sample(double median, double min, double max) {

    /// The sample of the finite ones among some values; null if there is none.
    static @Nullable Sample of(DoubleStream values) {
        var sorted = values.filter(Double::isFinite).toArray();
        if (sorted.length == 0) return null;
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        double median = sorted.length % 2 == 1
                ? sorted[half]
                : (sorted[half - 1] + sorted[half]) / 2;
        return new Sample(median, sorted[0], sorted[sorted.length - 1]);
    }

    /// True if the ranges of the two have a value in common, so that one cannot tell which of
    /// them is better.
    boolean overlaps(Sample other) {
        return min <= other.max && other.min <= max;
    }

    /// `median (min-max)`, or the median alone if there is no range to speak of.
    String text() {
        var low = Numbers.text(min);
        var high = Numbers.text(max);
        if (low.equals(high)) return Numbers.text(median);
        return Numbers.text(median) + " (" + low + "-" + high + ")";
    }
}
