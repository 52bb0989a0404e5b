package jloop.bench;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/// Median, least and greatest of some numbers; NaN of none. NaNs among them are left out.
record Spread(double median, double min, double max) {

    static Spread of(DoubleStream numbers) {
        double[] sorted = numbers.filter(number -> !Double.isNaN(number)).sorted().toArray();
        if (sorted.length == 0) return new Spread(Double.NaN, Double.NaN, Double.NaN);
        return new Spread(median(sorted), sorted[0], sorted[sorted.length - 1]);
    }

    static double median(double... numbers) {
        double[] sorted = numbers.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        if (sorted.length % 2 == 1) return sorted[middle];
        return (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// The distance of least and greatest, as a share of the median.
    double relative() {
        return (max - min) / median;
    }
}
