package jloop.bench.results;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/// Median, least and greatest of some numbers, of which those that are not finite are left out.
public record Spread(double median, double min, double max) {

    /// The one of no numbers.
    public static final Spread NONE = new Spread(Double.NaN, Double.NaN, Double.NaN);

    public static Spread of(DoubleStream numbers) {
        double[] sorted = numbers.filter(Double::isFinite).sorted().toArray();
        if (sorted.length == 0) return NONE;
        return new Spread(median(sorted), sorted[0], sorted[sorted.length - 1]);
    }

    public static double median(double... numbers) {
        double[] sorted = numbers.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        if (sorted.length % 2 == 1) return sorted[middle];
        return (sorted[middle - 1] + sorted[middle]) / 2;
    }

    public boolean isNone() {
        return Double.isNaN(median);
    }

    /// Whether the ranges of the two have a value in common, so that one cannot tell which of
    /// them is better.
    public boolean overlaps(Spread other) {
        return min <= other.max && other.min <= max;
    }
}
