package jloop.bench.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/// A scale from a quantity to the stretch between 0 and 1, with the places of its ticks.
record Axis(double from, double to, boolean isLog, List<Double> ticks) {

    /// From 0, or from `from`, to a round number that is not below any of the values.
    static Axis linear(double from, DoubleStream values, int tickCount) {
        double max = values.filter(Double::isFinite).max().orElse(from + 1);
        if (!(max > from)) max = from + 1;
        double step = roundStep((max - from) / tickCount);
        double start = Math.floor(from / step + 1e-9) * step;
        long steps = (long) Math.ceil((max - start) / step - 1e-9);
        var ticks = new ArrayList<Double>();
        for (long i = 0; i <= steps; i++) ticks.add(rounded(start + i * step));
        return new Axis(start, ticks.getLast(), false, ticks);
    }

    /// Of powers of ten; values that are not positive have no place on it. With few decades, 2
    /// and 5 have ticks too.
    static Axis log(DoubleStream values) {
        var summary = values.filter(v -> Double.isFinite(v) && v > 0).summaryStatistics();
        if (summary.getCount() == 0) return log(DoubleStream.of(1, 10));
        double low = Math.log10(summary.getMin());
        double high = Math.log10(summary.getMax());
        if (high - low < 0.35) {
            double more = (0.35 - (high - low)) / 2;
            low -= more;
            high += more;
        }
        double from = low - (high - low) * 0.04;
        double to = high + (high - low) * 0.04;
        var ticks = new ArrayList<Double>();
        for (int decade = (int) Math.floor(from); decade <= Math.ceil(to); decade++) {
            for (double digit : digits(to - from)) {
                double tick = rounded(digit * Math.pow(10, decade));
                double place = Math.log10(tick);
                if (place >= from && place <= to) ticks.add(tick);
            }
        }
        return new Axis(Math.pow(10, from), Math.pow(10, to), true, ticks);
    }

    private static double[] digits(double decades) {
        if (decades < 0.7) return new double[] {1, 1.5, 2, 3, 4, 5, 7};
        if (decades < 1.5) return new double[] {1, 2, 5};
        return decades < 2.6 ? new double[] {1, 3} : new double[] {1};
    }

    private static double roundStep(double about) {
        double power = Math.pow(10, Math.floor(Math.log10(about)));
        double digits = about / power;
        if (digits <= 1) return power;
        if (digits <= 2) return 2 * power;
        return digits <= 5 ? 5 * power : 10 * power;
    }

    /// Without the dust of binary fractions: 0.3 for 0.30000000000000004.
    private static double rounded(double value) {
        if (value == 0) return 0;
        double scale = Math.pow(10, 6 - Math.floor(Math.log10(Math.abs(value))));
        return Math.round(value * scale) / scale;
    }

    /// The place of a value, between 0 and 1.
    double at(double value) {
        double place = isLog
                ? (Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from))
                : (value - from) / (to - from);
        return Math.clamp(Double.isNaN(place) ? 0 : place, 0, 1);
    }
}
