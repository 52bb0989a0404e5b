package jloop.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What was measured of one contestant in one cell.
///
/// @param controlSpread how much the control varied in that cell, as [Control#spread] has it;
///     null without a control
/// @param refused whether that was too much, so that no table shows this row
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

    /// The windows that count: the measured ones that no other process disturbed, or, if there
    /// is none of these, all that were measured.
    List<Window> counted() {
        var measured = windows.stream().filter(Window::isMeasured).toList();
        var clean = measured.stream().filter(window -> !window.contended()).toList();
        return clean.isEmpty() ? measured : clean;
    }

    /// Whether no window was left undisturbed.
    boolean isContended() {
        return counted().stream().anyMatch(Window::contended);
    }
}
