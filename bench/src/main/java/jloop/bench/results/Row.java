package jloop.bench.results;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/// What was measured of one contestant in one cell.
///
/// @param controlSpread how much the control varied in that cell, as a share of its median; NaN
///     without a control
/// @param refused whether the control was steady around too few of the windows, so that no
///     table shows this row
public record Row(
        String benchmark,
        Cell cell,
        String contestant,
        double controlSpread,
        boolean refused,
        List<Window> windows) {

    public Row {
        windows = List.copyOf(windows);
    }

    public boolean hasControl() {
        return !Double.isNaN(controlSpread);
    }

    /// Whether it is of the same cell.
    public boolean isBeside(Row other) {
        return benchmark.equals(other.benchmark) && cell.equals(other.cell);
    }

    /// The windows that count: of the measured and steady ones those that no other process
    /// disturbed, or, if there is none of these, all.
    public List<Window> counted() {
        var steady = windows.stream().filter(Window::isMeasured).filter(Window::steady).toList();
        var clean = steady.stream().filter(window -> !window.contended()).toList();
        return clean.isEmpty() ? steady : clean;
    }

    /// A figure, over the windows that count.
    public Spread spread(ToDoubleFunction<Window> figure) {
        return Spread.of(counted().stream().mapToDouble(figure));
    }

    /// In how many rounds it had a window that is not unsteady. One that failed is not: to take
    /// it again in a steadier time would not help.
    public long steadyRounds() {
        return windows.stream().filter(Window::steady).mapToInt(Window::round).distinct().count();
    }

    public long unsteady() {
        return windows.stream().filter(window -> !window.steady()).count();
    }

    /// Whether no window was left undisturbed.
    public boolean isContended() {
        return counted().stream().anyMatch(Window::contended);
    }

    /// What went wrong in the windows in which nothing was measured, each thing once.
    public List<String> failures() {
        return windows.stream().flatMap(window -> Stream.ofNullable(window.error())).distinct()
                .toList();
    }
}
