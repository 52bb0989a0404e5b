package jloop.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import jloop.bench.results.Cell;
import jloop.bench.results.Row;
import jloop.bench.results.Window;

/// Measures contestants in one cell, in turns, so that what the machine does meanwhile happens
/// to all of them alike.
final class Turns {

    /*
     * A round measures everyone once, A B C, and rounds follow one another, A B C A B C. The
     * control has a window before the first and after each three of the others, and at the end
     * of a round: so each window of the others has one of the control before and one after it,
     * not far off, by which Control judges it. Whoever has too few steady windows after the
     * rounds that were asked for is measured in further ones.
     */
    private static final int BETWEEN_CONTROLS = 3;

    /// Who has fewer steady windows than this is not reported; of fewer rounds, than rounds.
    static final int ENOUGH = 3;

    /// How many further rounds there may be, in multiples of those that were asked for.
    static final int FURTHER = 2;

    /// A window that others disturbed is taken again, up to this many in all.
    static final int TRIES = 3;

    private final Layout layout;
    private final int rounds;
    private final Stopwatch stopwatch;
    private final Runnable calm;
    private final BooleanSupplier isOver;
    private final IntConsumer onRound;

    /// @param layout names the control, which need not be there, and what must be steady
    /// @param calm waits until the machine is quiet
    /// @param isOver whether no further window may begin
    /// @param onRound is told each round that begins; further ones have higher numbers
    Turns(
            Layout layout,
            int rounds,
            Stopwatch stopwatch,
            Runnable calm,
            BooleanSupplier isOver,
            IntConsumer onRound) {
        this.layout = layout;
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
        for (int round = 0; round < rounds + FURTHER * rounds; round++) {
            var taking = round < rounds ? List.copyOf(subjects.keySet()) : again(cell, windows);
            if (taking.isEmpty()) return windows;
            onRound.accept(round);
            for (var name : order(taking)) {
                if (isOver.getAsBoolean()) return windows;
                take(cell, round, of(subjects, name), of(windows, name));
            }
        }
        return windows;
    }

    /// Those that have too few steady windows, with the control; none if all have enough.
    private List<String> again(Cell cell, Map<String, List<Window>> windows) {
        var again = new ArrayList<String>();
        for (var row : rows("", cell, windows)) {
            boolean isControl = row.contestant().equals(layout.control());
            if (!isControl && row.steadyRounds() < enough()) again.add(row.contestant());
        }
        if (!again.isEmpty()) again.addFirst(layout.control());
        return again;
    }

    private int enough() {
        return Math.min(ENOUGH, rounds);
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
        var control = layout.control();
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
            boolean contended = Contention.isContended(figures);
            return new Window(round, at, contended, true, Double.NaN, null, figures);
        } catch (WindowFailure e) {
            var why = String.valueOf(e.getMessage());
            return new Window(round, at, false, true, Double.NaN, why, Map.of());
        }
    }

    /// The rows of a cell: the windows, judged by those of the control.
    List<Row> rows(String benchmark, Cell cell, Map<String, List<Window>> windows) {
        var own = windows.getOrDefault(layout.control(), List.of());
        var counted = new Row(benchmark, cell, layout.control(), Double.NaN, false, own).counted();
        var control = new Control(counted, layout.measure(), layout.steadiness());
        var rows = new ArrayList<Row>();
        windows.forEach((name, taken) -> rows.add(name.equals(layout.control())
                ? row(benchmark, cell, name, control, taken, control::compared)
                : row(benchmark, cell, name, control, taken, control::judged)));
        return rows;
    }

    private Row row(
            String benchmark,
            Cell cell,
            String name,
            Control control,
            List<Window> taken,
            UnaryOperator<Window> judge) {
        var windows = taken.stream().map(judge).toList();
        var row = new Row(benchmark, cell, name, control.spread(), control.isTooUneven(), windows);
        boolean isControl = name.equals(layout.control());
        if (isControl || control.isMissing() || row.steadyRounds() >= enough()) return row;
        return new Row(benchmark, cell, name, control.spread(), true, windows);
    }
}
