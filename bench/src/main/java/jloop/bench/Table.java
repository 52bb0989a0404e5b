package jloop.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import jloop.bench.results.Row;
import jloop.bench.results.Spread;
import jloop.bench.results.Window;

/// The rows of one cell as a table in Markdown, or the reason why there is none.
final class Table {

    private static final String NONE = "-";

    private Table() {}

    /// `rows` are all of one cell.
    static String of(Layout all, List<Row> rows) {
        var layout = all.of(rows);
        var first = rows.getFirst();
        var text = new StringBuilder("\n### ").append(first.benchmark());
        var title = first.cell().title();
        if (!title.isEmpty()) text.append(": ").append(title);
        if (first.hasControl()) text.append(steadiness(layout, rows));
        text.append("\n\n");
        if (rows.stream().allMatch(Row::refused)) {
            return text.append(refusal(layout, rows)).append('\n').toString();
        }

        boolean hasControl = first.hasControl();
        line(text, head(layout, hasControl));
        line(text, head(layout, hasControl).stream().map(_ -> "---").toList());
        for (var row : rows) {
            if (!row.refused()) line(text, cells(layout, row, hasControl));
        }
        remarks(layout, rows).forEach(remark -> text.append('\n').append(remark).append('\n'));
        return text.toString();
    }

    private static String steadiness(Layout layout, List<Row> rows) {
        return String.format(Locale.ROOT,
                " (%s varied by %.0f %%; windows left out as unsteady: %d)",
                layout.control(), 100 * rows.getFirst().controlSpread(),
                rows.stream().mapToLong(Row::unsteady).sum());
    }

    private static void line(StringBuilder text, List<String> cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    private static List<String> head(Layout layout, boolean hasControl) {
        var head = new ArrayList<>(List.of("contestant", layout.measure().title(), "min–max"));
        if (hasControl) head.add("speed, " + layout.control() + " = 1 (min–max)");
        for (var column : layout.columns()) head.add(column.title());
        head.add(hasControl ? "windows (contended, unsteady)" : "windows (contended)");
        return head;
    }

    private static List<String> cells(Layout layout, Row row, boolean hasControl) {
        var speed = row.spread(layout.measure()::of);
        var cells = new ArrayList<String>();
        cells.add(row.contestant() + (row.isContended() ? " *" : ""));
        cells.add(number(speed.median()));
        cells.add(range(speed));
        if (hasControl) cells.add(ratio(row.spread(Window::ratio)));
        for (var column : layout.columns()) cells.add(number(column.of(row)));
        long contended = row.windows().stream().filter(Window::contended).count();
        cells.add(row.windows().size() + " (" + contended
                + (hasControl ? ", " + row.unsteady() : "") + ")");
        return cells;
    }

    static String range(Spread spread) {
        return number(spread.min()) + "–" + number(spread.max());
    }

    private static String ratio(Spread ratios) {
        if (ratios.isNone()) return NONE;
        return String.format(Locale.ROOT, "%.2f (%.2f–%.2f)",
                ratios.median(), ratios.min(), ratios.max());
    }

    private static String refusal(Layout layout, List<Row> rows) {
        var text = String.format(Locale.ROOT,
                "Not reported: no two windows of the control %s that follow one another differ by"
                        + " at most %.0f %%, so that a comparison says nothing.",
                layout.control(), 100 * Control.DIFFERENCE_MAX);
        for (var row : rows) {
            if (!row.contestant().equals(layout.control())) continue;
            var steady = layout.steadiness();
            var range = row.spread(steady::of);
            text += " It had " + number(range.min()) + " to " + number(range.max()) + " "
                    + steady.title() + ".";
        }
        return text + " The samples are in the results file.";
    }

    private static String refusal(Layout layout, Row row) {
        long measured = row.windows().stream().filter(Window::isMeasured).count();
        return String.format(Locale.ROOT,
                "Not reported: %s. The control %s was steady around only %d of its %d windows."
                        + " The samples are in the results file.",
                row.contestant(), layout.control(), measured - row.unsteady(), measured);
    }

    private static List<String> remarks(Layout layout, List<Row> rows) {
        var remarks = new ArrayList<String>();
        if (!layout.control().isEmpty() && !rows.getFirst().hasControl()) {
            remarks.add("No control was measured: nothing says how steady the machine was.");
        }
        if (rows.stream().anyMatch(Row::isContended)) {
            remarks.add("\\* other processes took more of its core than they may in every window.");
        }
        for (var row : rows) {
            if (row.refused()) remarks.add(refusal(layout, row));
        }
        for (var row : rows) {
            row.failures().stream().limit(1).forEach(failure ->
                    remarks.add(row.contestant() + ": " + failure));
        }
        return remarks;
    }

    /// As in `1,234,567`, `123`, `12.3`, `1.23` and `0.0123`: three figures that say something.
    static String number(double number) {
        double size = Math.abs(number);
        if (Double.isNaN(number)) return NONE;
        if (size >= 100 || number == Math.rint(number) && size < 1e15) {
            return String.format(Locale.ROOT, "%,.0f", number);
        }
        if (size >= 10) return String.format(Locale.ROOT, "%.1f", number);
        if (size >= 0.1) return String.format(Locale.ROOT, "%.2f", number);
        return String.format(Locale.ROOT, "%.4f", number);
    }
}
