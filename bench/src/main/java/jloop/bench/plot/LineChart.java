package jloop.bench.plot;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import jloop.bench.plot.Svg.Anchor;
import jloop.bench.results.Results;
import jloop.bench.results.Spread;

/// A picture of how a cost grows, on axes of powers: a line for each contestant, its name at
/// the right end. jloop's lines are thick and lie on top.
final class LineChart {

    private static final double WIDTH = 960;
    private static final double MARGIN = 16;
    private static final double LEFT = 64;
    private static final double TOP = 84;
    private static final double NAMES = 220;
    private static final double PLOT = WIDTH - LEFT - NAMES - MARGIN;
    private static final double NAME = 15;
    private static final double TEXT = 12;
    private static final int COLOURS = 6;

    private final String title;
    private final String shown;
    private final String xName;
    private final Map<String, TreeMap<Double, Spread>> lines = new LinkedHashMap<>();

    /// A name at the right end: where its line ends and where there is room for it.
    private static final class End {
        final String name;
        final double x;
        final double wanted;
        double y;

        End(String name, double x, double wanted) {
            this.name = name;
            this.x = x;
            this.wanted = wanted;
            this.y = wanted;
        }
    }

    LineChart(String title, String shown, String xName) {
        this.title = title;
        this.shown = shown;
        this.xName = xName;
    }

    void add(String line, double x, Spread spread) {
        if (!(x > 0) || !(spread.median() > 0)) return;
        lines.computeIfAbsent(line, _ -> new TreeMap<>()).put(x, spread);
    }

    /// True unless there is a line: one point tells nothing of growth.
    boolean isEmpty() {
        return lines.values().stream().noneMatch(points -> points.size() > 1);
    }

    String draw() {
        lines.values().removeIf(points -> points.size() < 2);
        double plot = Math.max(300, (lines.size() + 1) * NAME);
        var svg = new Svg(title, WIDTH, TOP + plot + 58);
        var xs = lines.values().stream().flatMap(points -> points.keySet().stream())
                .distinct().sorted().toList();
        var across = Axis.log(xs.stream().mapToDouble(x -> x));
        var up = up();
        svg.text("title", Anchor.START, MARGIN, 28, title);
        svg.text("quiet", Anchor.START, MARGIN, 47, shown);
        grid(svg, xs, across, up, plot);
        var names = lines.keySet().stream().sorted(
                Comparator.comparing(Results::isOurs)).toList();
        for (var name : names) line(svg, name, across, up, plot);
        ends(svg, across, up, plot);
        return svg.picture();
    }

    private Axis up() {
        var values = lines.values().stream().flatMap(points -> points.values().stream())
                .flatMapToDouble(spread -> DoubleStream.of(spread.min(), spread.max()))
                .toArray();
        return Axis.log(DoubleStream.of(values));
    }

    private void grid(Svg svg, List<Double> xs, Axis across, Axis up, double plot) {
        double bottom = TOP + plot;
        for (double tick : up.ticks()) {
            double y = bottom - up.at(tick) * plot;
            svg.line("grid", LEFT, y, LEFT + PLOT, y);
            svg.text("quiet", Anchor.END, LEFT - 8, y + 4, Numbers.tick(tick));
        }
        for (double x : xs) {
            double place = LEFT + across.at(x) * PLOT;
            svg.line("grid", place, TOP, place, bottom);
            svg.text("quiet", Anchor.MIDDLE, place, bottom + 18, Numbers.tick(x));
        }
        svg.polyline("axis", LEFT, TOP, LEFT, bottom, LEFT + PLOT, bottom);
        svg.text("quiet", Anchor.MIDDLE, LEFT + PLOT / 2, bottom + 40, xName);
    }

    private void line(Svg svg, String name, Axis across, Axis up, double plot) {
        var points = lines.get(name);
        if (points == null) return;
        var path = new ArrayList<Double>();
        var colour = colour(name);
        points.forEach((x, spread) -> {
            double place = LEFT + across.at(x) * PLOT;
            path.add(place);
            path.add(TOP + plot - up.at(spread.median()) * plot);
            svg.line(stroke(colour) + " whisker", place, TOP + plot - up.at(spread.min()) * plot,
                    place, TOP + plot - up.at(spread.max()) * plot);
        });
        svg.polyline(stroke(colour) + (colour < 0 ? " line thick" : " line"),
                path.stream().mapToDouble(place -> place).toArray());
        points.forEach((x, spread) -> svg.circle(fill(colour), LEFT + across.at(x) * PLOT,
                TOP + plot - up.at(spread.median()) * plot, colour < 0 ? 4.5 : 3,
                name + ", " + Numbers.tick(x) + ": " + Numbers.text(spread)));
    }

    private void ends(Svg svg, Axis across, Axis up, double plot) {
        var ends = new ArrayList<End>();
        lines.forEach((name, points) -> ends.add(new End(name,
                LEFT + across.at(points.lastKey()) * PLOT,
                TOP + plot - up.at(points.lastEntry().getValue().median()) * plot)));
        ends.sort(Comparator.comparingDouble((End end) -> end.wanted)
                .thenComparing(end -> end.name));
        spread(ends, TOP + plot);
        for (var end : ends) {
            int colour = colour(end.name);
            double x = LEFT + PLOT;
            svg.polyline("lead", end.x + 7, end.wanted, x + 22, end.y, x + 26, end.y);
            svg.text(colour < 0 ? "ours" : "f" + colour, Anchor.START, x + 30, end.y + 4,
                    Svg.fitted(end.name, TEXT, NAMES - 40));
        }
    }

    /// Moves names apart, and up from the bottom where they would leave the picture.
    private static void spread(List<End> ends, double bottom) {
        double least = Double.NEGATIVE_INFINITY;
        for (var end : ends) {
            end.y = Math.max(end.y, least);
            least = end.y + NAME;
        }
        double most = bottom;
        for (var end : ends.reversed()) {
            end.y = Math.min(end.y, most);
            most = end.y - NAME;
        }
    }

    /// Negative for jloop's own; the others take turns in the order in which they came.
    private int colour(String name) {
        if (Results.isOurs(name)) return -1;
        return (int) lines.keySet().stream().filter(line -> !Results.isOurs(line))
                .takeWhile(line -> !line.equals(name)).count() % COLOURS;
    }

    private static String stroke(int colour) {
        return colour < 0 ? "so" : "s" + colour;
    }

    private static String fill(int colour) {
        return colour < 0 ? "fo" : "f" + colour;
    }
}
