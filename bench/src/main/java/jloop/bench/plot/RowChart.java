package jloop.bench.plot;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.DoubleStream;
import jloop.bench.plot.Svg.Anchor;
import jloop.bench.results.Results;
import jloop.bench.results.Spread;

/// A picture with a row for each contestant and a panel for each cell: bars from 0, or dots.
/// jloop's rows have a stripe behind them.
final class RowChart {

    /* Layout, from left to right: names, then the panels side by side, each with its own axis
     * and the medians in figures at its right end. From top to bottom: title, what is shown,
     * key of the marks, titles of the panels, rows, ticks, unit. */

    /// How the values of a panel are shown.
    enum Form { BARS, DOTS }

    /// The key's name of a mark and its spread.
    record Mark(String name, Spread spread) {}

    private static final double WIDTH = 960;
    private static final double MARGIN = 16;
    private static final double ROW = 21;
    private static final double NAMES_MAX = 220;
    private static final double GAP = 26;
    private static final double FIGURE = 52;
    private static final double TEXT = 12;

    private final String title;
    private final String shown;
    private final String unit;
    private final Form form;
    private final boolean isLog;
    private final String control;
    private final double reference;
    private final Map<String, Panel> panels = new LinkedHashMap<>();

    private record Panel(Map<String, List<Mark>> rows) {}

    /// `reference` is a value that gets a line of its own, or NaN; `control` the contestant
    /// that is drawn in grey.
    RowChart(String title, String shown, String unit, Form form, boolean isLog, String control,
            double reference) {
        this.title = title;
        this.shown = shown;
        this.unit = unit;
        this.form = form;
        this.isLog = isLog;
        this.control = control;
        this.reference = reference;
    }

    /// Adds a mark to a row of a panel; both are made when they are new.
    void add(String panel, String contestant, String mark, Spread spread) {
        if (spread.isNone() || isLog && spread.median() <= 0) return;
        panels.computeIfAbsent(panel, _ -> new Panel(new LinkedHashMap<>()))
                .rows().computeIfAbsent(contestant, _ -> new ArrayList<>())
                .add(new Mark(mark, spread));
    }

    boolean isEmpty() {
        return panels.isEmpty();
    }

    /// The picture, its rows in the given order.
    String draw(List<String> order) {
        var rows = order.stream().filter(name -> panels.values().stream()
                .anyMatch(panel -> panel.rows().containsKey(name))).toList();
        var marks = marks();
        double names = MARGIN + Math.min(NAMES_MAX, rows.stream()
                .mapToDouble(row -> Svg.widthOf(row, TEXT) * 1.06).max().orElse(0)) + 12;
        double top = 82 + (marks.size() > 1 ? 24 : 0);
        double height = top + rows.size() * ROW + 54;
        var svg = new Svg(title, WIDTH, height);
        svg.text("title", Anchor.START, MARGIN, 28, title);
        svg.text("quiet", Anchor.START, MARGIN, 47, shown);
        if (marks.size() > 1) key(svg, marks);
        for (int i = 0; i < rows.size(); i++) name(svg, rows.get(i), names, top + i * ROW);
        double room = (WIDTH - MARGIN - names - GAP * (panels.size() - 1)) / panels.size();
        double x = names;
        for (var panel : panels.entrySet()) {
            panel(svg, panel.getKey(), panel.getValue(), rows, marks, x, top, room);
            x += room + GAP;
        }
        svg.text("quiet", Anchor.MIDDLE, (names + WIDTH - MARGIN) / 2, height - 12, unit);
        return svg.picture();
    }

    private List<String> marks() {
        return panels.values().stream()
                .flatMap(panel -> panel.rows().values().stream())
                .flatMap(List::stream).map(Mark::name).distinct().toList();
    }

    private static void key(Svg svg, List<String> marks) {
        double x = MARGIN + 6;
        for (int i = 0; i < marks.size(); i++) {
            shape(svg, "mark", i, marks.size(), x, 64, "");
            svg.text("quiet", Anchor.START, x + 11, 68, marks.get(i));
            x += 40 + Svg.widthOf(marks.get(i), TEXT);
        }
    }

    private static void name(Svg svg, String name, double x, double y) {
        boolean ours = Results.isOurs(name);
        if (ours) svg.rect("stripe", MARGIN / 2, y, WIDTH - MARGIN, ROW, "");
        svg.text(ours ? "ours" : "", Anchor.END, x - 10, y + 15,
                Svg.fitted(name, TEXT, NAMES_MAX));
    }

    private void panel(Svg svg, String name, Panel panel, List<String> rows, List<String> marks,
            double left, double top, double room) {
        boolean figures = marks.size() == 1;
        double width = room - (figures ? FIGURE : 8);
        double bottom = top + rows.size() * ROW;
        var axis = axis(panel, width);
        svg.text("panel", Anchor.START, left, top - 10, Svg.fitted(name, TEXT, room));
        double free = Double.NEGATIVE_INFINITY;
        for (double tick : axis.ticks()) {
            double x = left + axis.at(tick) * width;
            svg.line("grid", x, top, x, bottom);
            double half = Svg.widthOf(Numbers.tick(tick), TEXT) / 2;
            if (x - half < free) continue;
            svg.text("quiet", Anchor.MIDDLE, x, bottom + 17, Numbers.tick(tick));
            free = x + half + 3;
        }
        if (reference >= axis.from() && reference <= axis.to()) {
            double x = left + axis.at(reference) * width;
            svg.line("axis", x, top, x, bottom);
        }
        svg.line("axis", left, bottom, left + width, bottom);
        for (int i = 0; i < rows.size(); i++) {
            double y = top + i * ROW + ROW / 2;
            var found = panel.rows().get(rows.get(i));
            if (found == null) {
                svg.text("quiet", Anchor.START, left + 5, y + 4, "–");
                continue;
            }
            row(svg, rows.get(i), found, marks, axis, left, width, y);
            if (figures) {
                svg.text(Results.isOurs(rows.get(i)) ? "ours" : "quiet", Anchor.END,
                        left + room, y + 4, Numbers.text(found.getFirst().spread().median()));
            }
        }
    }

    private Axis axis(Panel panel, double width) {
        var values = panel.rows().values().stream().flatMap(List::stream).map(Mark::spread)
                .flatMapToDouble(spread -> DoubleStream.of(spread.min(), spread.max()))
                .toArray();
        if (isLog) return Axis.log(DoubleStream.of(values));
        double from = form == Form.BARS ? 0 : Math.min(
                Double.isNaN(reference) ? Double.MAX_VALUE : reference,
                DoubleStream.of(values).min().orElse(0));
        var all = DoubleStream.concat(DoubleStream.of(values),
                DoubleStream.of(Double.isNaN(reference) ? from : reference));
        return Axis.linear(from, all, Math.max(2, (int) (width / 52)));
    }

    private void row(Svg svg, String contestant, List<Mark> found, List<String> marks, Axis axis,
            double left, double width, double y) {
        var look = look(contestant);
        if (found.size() > 1) {
            svg.line(look + " whisker", left + place(found, axis, Math::min) * width, y,
                    left + place(found, axis, Math::max) * width, y);
        }
        for (var mark : found) {
            var spread = mark.spread();
            double x = left + axis.at(spread.median()) * width;
            var tip = contestant + (marks.size() > 1 ? ", " + mark.name() : "") + ": "
                    + Numbers.text(spread) + " " + unit;
            if (form == Form.BARS) svg.rect(look + " bar", left, y - 6, x - left, 12, tip);
            if (marks.size() == 1) whisker(svg, look, spread, axis, left, width, y);
            if (form == Form.DOTS) {
                shape(svg, look, marks.indexOf(mark.name()), marks.size(), x, y, tip);
            }
        }
    }

    private void whisker(Svg svg, String look, Spread spread, Axis axis, double left,
            double width, double y) {
        double from = left + axis.at(spread.min()) * width;
        double to = left + axis.at(spread.max()) * width;
        if (to - from < 0.5) return;
        var line = form == Form.BARS ? "whisker over" : look + " whisker";
        svg.line(line, from, y, to, y);
        svg.line(line, from, y - 3.5, from, y + 3.5);
        svg.line(line, to, y - 3.5, to, y + 3.5);
    }

    private static double place(List<Mark> marks, Axis axis,
            DoubleBinaryOperator choice) {
        return marks.stream().mapToDouble(mark -> axis.at(mark.spread().median()))
                .reduce(choice).orElse(0);
    }

    /// The marks of a row differ in shape: a hollow circle, a circle, a diamond, a triangle,
    /// and again.
    private static void shape(Svg svg, String look, int index, int count, double x, double y,
            String tip) {
        switch (count == 1 ? 1 : index % 4) {
            case 0 -> svg.circle(look + " hollow", x, y, 4, tip);
            case 1 -> svg.circle(look, x, y, 4.2, tip);
            case 2 -> svg.polygon(look, tip, x, y - 5.5, x + 5.5, y, x, y + 5.5, x - 5.5, y);
            default -> svg.polygon(look, tip, x - 5, y - 4.5, x + 5, y, x - 5, y + 4.5);
        }
    }

    private String look(String contestant) {
        if (Results.isOurs(contestant)) return "mark-ours";
        return contestant.equals(control) ? "mark-control" : "mark";
    }
}
