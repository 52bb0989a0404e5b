package jloop.bench.plot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import jloop.bench.plot.RowChart.Form;
import jloop.bench.results.Results;
import jloop.bench.results.ResultsFile;

/// The pictures of a file of results. What has no data is left out.
public final class Plots {

    /// One picture: the section of the report that it belongs to, its file name, what it shows
    /// in words, and the SVG text.
    record Picture(String section, String file, String title, String svg) {}

    private static final String LESS_WITHOUT_KERNEL =
            "less is better; the kernel's share is not in it";
    private static final String SPREAD = "Median of the rounds; whiskers from min to max. ";

    private final Results results;
    private final List<Picture> pictures = new ArrayList<>();

    private Plots(Results results) {
        this.results = results;
    }

    /// Draws the pictures of a file of results into a folder, which is made if need be, and
    /// gives their paths. The same results give the same bytes.
    public static List<Path> draw(Path results, Path folder) throws IOException {
        var pictures = of(ResultsFile.read(results));
        Files.createDirectories(folder);
        var paths = new ArrayList<Path>();
        for (var picture : pictures) {
            paths.add(Files.writeString(folder.resolve(picture.file()), picture.svg()));
        }
        return paths;
    }

    /// The pictures, in the order of the report.
    static List<Picture> of(Results results) {
        var plots = new Plots(results);
        Section.of(results).forEach(plots::section);
        return plots.pictures;
    }

    private void section(Section section) {
        switch (section.benchmark()) {
            case "echo", "unix" -> echo(section);
            case "hose" -> hose(section);
            case "parts" -> timers(section);
            case "sched" -> rows(section, "seconds", "Scheduling: seconds on one core", SPREAD
                    + "Logarithmic; less is better.",
                    Figure.SECONDS, Form.DOTS, true);
            case "process" -> rows(section, "seconds", "Child processes: seconds", SPREAD
                    + "Logarithmic; less is better.",
                    Figure.SECONDS, Form.DOTS, true);
            case "files" -> rows(section, "seconds", "Files: seconds", SPREAD
                    + "Logarithmic; less is better.",
                    Figure.SECONDS, Form.DOTS, true);
            case "bulk" -> bars(section, "throughput", "more is better");
            case "idle" -> bars(section, "bytes", LESS_WITHOUT_KERNEL);
            case "connect", "http" -> {
                bars(section, "cpu", "less is better");
                throughput(section);
            }
            case "start" -> rows(section, "seconds", "Start-up: hello world from start to end",
                    SPREAD + "Less is better.", Figure.SECONDS, Form.BARS, false);
            default -> bars(section, "figure", "less is better");
        }
    }

    private void echo(Section section) {
        throughput(section);
        bars(section, "user-cpu", LESS_WITHOUT_KERNEL);
        latency(section);
        growth(section);
    }

    private void throughput(Section section) {
        rows(section, "throughput", section.title() + ": throughput relative to C", SPREAD
                + "Relative to the C control measured next to it; more is better.",
                Figure.RATIO, Form.DOTS, false);
    }

    /// Bars of the figure that counts.
    private void bars(Section section, String kind, String reading) {
        var figure = Figure.of(section.benchmark()).getFirst();
        rows(section, kind, section.title() + ": " + figure.unit(), SPREAD
                + reading.substring(0, 1).toUpperCase(Locale.ROOT) + reading.substring(1) + ".",
                figure, Form.BARS, false);
    }

    private void rows(Section section, String kind, String title, String shown, Figure figure,
            Form form, boolean isLog) {
        var chart = new RowChart(title, shown, figure.unit(), form, isLog, results.control(),
                figure.equals(Figure.RATIO) ? 1 : Double.NaN);
        for (var group : section.groups()) {
            for (var contestant : group.ranking(figure)) {
                chart.add(group.title(), contestant, "", group.spread(contestant, figure));
            }
        }
        if (chart.isEmpty()) return;
        add(section, kind, title, chart.draw(section.order(figure)));
    }

    private void latency(Section section) {
        var title = section.title() + ": latency";
        var chart = new RowChart(title, "Medians of the rounds' percentiles, logarithmic; less "
                + "is better. In a closed loop most of it is queueing: connections / throughput.",
                "µs", Form.DOTS, true, results.control(), Double.NaN);
        for (var group : section.groups()) {
            for (var contestant : group.ranking(Figure.P99)) {
                for (var figure : List.of(Figure.P50, Figure.P90, Figure.P99, Figure.P999)) {
                    chart.add(group.title(), contestant, figure.title().replace(" µs", ""),
                            group.spread(contestant, figure));
                }
            }
        }
        if (chart.isEmpty()) return;
        add(section, "latency", title, chart.draw(section.order(Figure.P99)));
    }

    private void growth(Section section) {
        var title = section.title() + ": cost as connections grow";
        var chart = new LineChart(title, "µs of user-mode CPU per message, logarithmic; "
                + "less is better, and flat is best.", "connections");
        for (var contestant : section.order(Figure.USER)) {
            for (var group : section.groups()) {
                chart.add(contestant, group.cell().quantity("connections"),
                        group.spread(contestant, Figure.USER));
            }
        }
        if (chart.isEmpty()) return;
        add(section, "growth", title, chart.draw());
    }

    private void hose(Section section) {
        var title = "p99 of quiet connections, with and without a fire-hose beside them";
        var chart = new RowChart(title, "Medians of the rounds, logarithmic; the closer together "
                + "the two are, the fairer the server.", "µs (p99)", Form.DOTS, true,
                results.control(), Double.NaN);
        for (var group : section.groups()) {
            boolean with = group.title().contains("with the hose");
            var panel = group.title().replaceAll("(, )?with(out)? the hose", "");
            for (var contestant : group.ranking(Figure.P99)) {
                chart.add(panel, contestant, with ? "with" : "without",
                        group.spread(contestant, Figure.P99));
            }
        }
        if (chart.isEmpty()) return;
        add(section, "latency", title, chart.draw(hoseOrder(section)));
    }

    /// By how they do with the hose.
    private static List<String> hoseOrder(Section section) {
        var order = new ArrayList<String>();
        for (var group : section.groups().reversed()) {
            for (var contestant : group.ranking(Figure.P99)) {
                if (!order.contains(contestant)) order.add(contestant);
            }
        }
        return order;
    }

    /// Of JMH's parts, those about timers that never fire.
    private void timers(Section section) {
        var title = "Timers: one armed and cancelled, by how many are live";
        var chart = new LineChart(title, "ns per operation, logarithmic; less is better, and "
                + "flat is best.", "live timers");
        for (var group : section.groups()) {
            var part = Part.of(group.cell());
            if (!part.type().equals("Timers")) continue;
            group.byContestant().forEach((contestant, row) -> chart.add(part.line(contestant),
                    group.cell().quantity("live"), Figure.NANOS.in(row)));
        }
        if (chart.isEmpty()) return;
        add(section, "timers", title, chart.draw());
    }

    private void add(Section section, String kind, String title, String svg) {
        pictures.add(new Picture(section.key(), section.key() + "-" + kind + ".svg", title, svg));
    }
}
