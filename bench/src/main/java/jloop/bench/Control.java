package jloop.bench;

import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import jloop.bench.results.Spread;
import jloop.bench.results.Window;
import org.jspecify.annotations.Nullable;

/// The windows of the control in one cell: what they say of the machine, and of how fast a
/// contestant was at the same time.
///
/// Each window of a contestant is judged by its bracket: the nearest window of the control
/// before it and the nearest after it. It is steady if these two differ by at most 15 % of
/// their mean, and its ratio is to that mean. A window that is not steady counts nowhere.
final class Control {

    /// Two windows of the control that differ by more than this share of their mean say that
    /// the machine changed between them.
    static final double DIFFERENCE_MAX = 0.15;

    private final List<Window> windows;     // those that count, in the order of time
    private final Measure measure;
    private final Measure steadiness;

    /// @param steadiness what must not vary much
    Control(List<Window> windows, Measure measure, Measure steadiness) {
        this.windows = windows.stream()
                .sorted(Comparator.comparingDouble(Window::atSeconds)).toList();
        this.measure = measure;
        this.steadiness = steadiness;
    }

    /// Whether there is nothing to judge by.
    boolean isMissing() {
        return windows.isEmpty();
    }

    /// How much the control varied: the distance of its fastest and slowest window, as a share
    /// of the median one. Of more than ten windows the fastest and the slowest tenth are left
    /// out, or a longer run would look worse than a shorter one. NaN if it was not measured.
    double spread() {
        if (windows.isEmpty()) return Double.NaN;
        double[] sorted = windows.stream().mapToDouble(steadiness::of).sorted().toArray();
        int skipped = (sorted.length - 1) / 10;
        return (sorted[sorted.length - 1 - skipped] - sorted[skipped]) / Spread.median(sorted);
    }

    /// Whether it was measured and no two windows that follow one another agree, so that
    /// nothing can be said of the cell.
    boolean isTooUneven() {
        if (windows.isEmpty()) return false;
        for (int i = 1; i < windows.size(); i++) {
            if (agree(windows.get(i - 1), windows.get(i))) return false;
        }
        return true;
    }

    /// A window of a contestant, with its ratio if it is steady. Without a control it stays as
    /// it is, and so does one in which nothing was measured.
    Window judged(Window window) {
        if (isMissing() || !window.isMeasured()) return window;
        var before = before(window);
        var after = after(window);
        if (before == null || after == null || !agree(before, after)) return window.asUnsteady();
        return window.withRatio(ratio(window, Stream.of(before, after)));
    }

    /// A window of the control itself, with its ratio to the one before it and the one after.
    Window compared(Window window) {
        if (!window.isMeasured()) return window;
        var before = Stream.ofNullable(before(window));
        return window.withRatio(
                ratio(window, Stream.concat(before, Stream.ofNullable(after(window)))));
    }

    private @Nullable Window before(Window window) {
        return last(windows, other -> other.atSeconds() < window.atSeconds());
    }

    private @Nullable Window after(Window window) {
        return last(windows.reversed(), other -> other.atSeconds() > window.atSeconds());
    }

    private static @Nullable Window last(List<Window> windows, Predicate<Window> condition) {
        return windows.stream().filter(condition).reduce((_, later) -> later).orElse(null);
    }

    private boolean agree(Window one, Window other) {
        double first = steadiness.of(one);
        double second = steadiness.of(other);
        return Math.abs(first - second) <= DIFFERENCE_MAX * (first + second) / 2;
    }

    /// How fast `window` was beside the mean of `others`, above 1 being faster.
    private double ratio(Window window, Stream<Window> others) {
        double mean = others.mapToDouble(measure::of).average().orElse(Double.NaN);
        double own = measure.of(window);
        double ratio = measure.moreIsBetter() ? own / mean : mean / own;
        return Double.isFinite(ratio) ? ratio : Double.NaN;
    }
}
