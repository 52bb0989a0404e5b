package jloop.bench;

import java.util.Comparator;
import java.util.List;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/// The windows of the control in one cell: what they say of the machine, and of how fast a
/// contestant was at the same time.
final class Control {

    /// No cell is reported whose control varied by more than this.
    static final double SPREAD_MAX = 0.15;

    private static final int NEAREST = 2;

    private final List<Window> windows;     // those that count
    private final Measure measure;
    private final Measure steadiness;

    /// @param steadiness what must not vary much
    Control(List<Window> windows, Measure measure, Measure steadiness) {
        this.windows = windows;
        this.measure = measure;
        this.steadiness = steadiness;
    }

    /// How much the control varied: the distance of its fastest and slowest window, as a share
    /// of the median one. Of more than ten windows the fastest and the slowest tenth are left
    /// out, or a longer run would look worse than a shorter one. Null if it was not measured.
    @Nullable Double spread() {
        if (windows.isEmpty()) return null;
        double[] sorted = windows.stream().mapToDouble(steadiness::of).sorted().toArray();
        int skipped = (sorted.length - 1) / 10;
        return (sorted[sorted.length - 1 - skipped] - sorted[skipped]) / Spread.median(sorted);
    }

    boolean isTooUneven() {
        var spread = spread();
        return spread != null && spread > SPREAD_MAX;
    }

    /// How fast `window` was beside the two windows of the control that are nearest in time,
    /// above 1 being faster; null without a control. A window of the control itself is compared
    /// with two others.
    @Nullable Double ratio(Window window) {
        if (!window.isMeasured()) return null;
        var nearest = windows.stream()
                .filter(other -> other.atSeconds() != window.atSeconds())
                .sorted(Comparator.comparingDouble(other -> apart(other, window)))
                .limit(NEAREST)
                .mapToDouble(measure::of)
                .average();
        if (nearest.isEmpty()) return null;
        double own = measure.of(window);
        double others = nearest.getAsDouble();
        double ratio = measure.moreIsBetter() ? own / others : others / own;
        return Double.isFinite(ratio) ? ratio : null;
    }

    private static double apart(Window a, Window b) {
        return Math.abs(a.atSeconds() - b.atSeconds());
    }

    /// The ratios of the windows that count.
    static Spread ratios(List<Window> counted) {
        return Spread.of(counted.stream().flatMapToDouble(window -> {
            var ratio = window.ratio();
            return ratio == null ? DoubleStream.empty() : DoubleStream.of(ratio);
        }));
    }
}
