package jloop.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What was measured of one contestant in one cell.
///
/// @param controlSpread how much the control varied in that cell, as [Control#spread] has it;
///     null without a control
/// @param refused whether the control was steady around too few of the windows, so that no
///     table shows this row
record Row(
        String benchmark,
        Cell cell,
        String contestant,
        @Nullable Double controlSpread,
        boolean refused,
        List<Window> windows) {

    Row {
        windows = List.copyOf(windows);
    }

    /// The windows that count: of the measured and steady ones those that no other process
    /// disturbed, or, if there is none of these, all.
    List<Window> counted() {
        var steady = windows.stream().filter(Window::isMeasured).filter(Window::steady).toList();
        var clean = steady.stream().filter(window -> !window.contended()).toList();
        return clean.isEmpty() ? steady : clean;
    }

    /// In how many rounds it had a window that is not unsteady. One that failed is not: to take
    /// it again in a steadier time would not help.
    long steadyRounds() {
        return windows.stream().filter(Window::steady).mapToInt(Window::round).distinct().count();
    }

    long unsteady() {
        return windows.stream().filter(window -> !window.steady()).count();
    }

    /// Whether no window was left undisturbed.
    boolean isContended() {
        return counted().stream().anyMatch(Window::contended);
    }
}
