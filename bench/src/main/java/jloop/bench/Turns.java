package jloop.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/// Measures contestants in one cell, in turns, so that what the machine does meanwhile happens
/// to all of them alike.
final class Turns {

    /*
     * A round measures everyone once, A B C, and rounds follow one another, A B C A B C. The
     * control has a window before the first and after each four of the others: machines drift
     * within a round, and a ratio is to the two windows of the control that are nearest in time.
     */
    private static final int BETWEEN_CONTROLS = 4;

    /// A window that others disturbed is taken again, up to this many in all.
    static final int TRIES = 3;

    private final String control;
    private final int rounds;
    private final Stopwatch stopwatch;
    private final Runnable calm;
    private final BooleanSupplier isOver;
    private final IntConsumer onRound;

    /// @param control the name of the control, which need not be there
    /// @param calm waits until the machine is quiet
    /// @param isOver whether no further window may begin
    /// @param onRound is told each round that begins
    Turns(
            String control,
            int rounds,
            Stopwatch stopwatch,
            Runnable calm,
            BooleanSupplier isOver,
            IntConsumer onRound) {
        this.control = control;
        this.rounds = rounds;
        this.stopwatch = stopwatch;
        this.calm = calm;
        this.isOver = isOver;
        this.onRound = onRound;
    }

    /// The windows of each, by name, in the order in which they were taken.
    Map<String, List<Window>> measure(Cell cell, Map<String, Subject> subjects) {
        var windows = new LinkedHashMap<String, List<Window>>();
        for (var name : subjects.keySet()) windows.put(name, new ArrayList<>());
        for (int round = 0; round < rounds; round++) {
            onRound.accept(round);
            for (var name : order(List.copyOf(subjects.keySet()))) {
                if (isOver.getAsBoolean()) return windows;
                take(cell, round, of(subjects, name), of(windows, name));
            }
        }
        return windows;
    }

    /// How many windows there are at least in a cell with so many contestants, the control
    /// among them.
    static int windows(int contestants, int rounds) {
        int others = contestants - 1;
        int controls = (others + BETWEEN_CONTROLS - 1) / BETWEEN_CONTROLS + 1;
        return rounds * (others + controls);
    }

    /// One round, by name.
    List<String> order(List<String> names) {
        boolean hasControl = names.contains(control);
        var order = new ArrayList<String>();
        int others = 0;
        for (var name : names) {
            if (name.equals(control)) continue;
            if (hasControl && others % BETWEEN_CONTROLS == 0) order.add(control);
            order.add(name);
            others++;
        }
        if (hasControl) order.add(control);
        return order;
    }

    private static <V> V of(Map<String, V> map, String name) {
        return Objects.requireNonNull(map.get(name), name);
    }

    private void take(Cell cell, int round, Subject subject, List<Window> windows) {
        for (int i = 0; i < TRIES; i++) {
            calm.run();
            var window = window(cell, round, subject);
            windows.add(window);
            if (!window.contended()) return;
        }
    }

    private Window window(Cell cell, int round, Subject subject) {
        double at = stopwatch.seconds();
        try {
            var figures = subject.measure(cell);
            return new Window(round, at, Contention.isContended(figures), null, null, figures);
        } catch (WindowFailure e) {
            return new Window(round, at, false, null, String.valueOf(e.getMessage()), Map.of());
        }
    }

    /// The rows of a cell: the windows, with their ratios to those of the control.
    static List<Row> rows(
            Benchmark benchmark, Cell cell, Map<String, List<Window>> windows) {
        var layout = benchmark.layout();
        var controls = windows.getOrDefault(layout.control(), List.of());
        var row = new Row(benchmark.name(), cell, layout.control(), null, false, controls);
        var control = new Control(row.counted(), layout.measure(), layout.steadiness());
        var rows = new ArrayList<Row>();
        windows.forEach((name, own) -> rows.add(new Row(
                benchmark.name(),
                cell,
                name,
                control.spread(),
                control.isTooUneven(),
                own.stream().map(window -> window.withRatio(control.ratio(window))).toList())));
        return rows;
    }
}
