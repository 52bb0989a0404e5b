package jloop.bench.plot;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jloop.bench.plot.Section.Group;
import jloop.bench.results.Results;
import jloop.bench.results.Row;

/// The tables of a file of results, as Markdown: each with jloop's rows beside the peers', the
/// best first. A figure is the median of the rounds, with the smallest and the largest behind
/// it.
final class Tables {

    private Tables() {}

    /// The tables of one section, one for each cell.
    static String tables(Section section) {
        if (section.benchmark().equals("parts")) return parts(section);
        return section.groups().stream()
                .map(group -> table(section.benchmark(), group))
                .filter(table -> !table.isEmpty())
                .collect(Collectors.joining());
    }

    private static String table(String benchmark, Group group) {
        var figures = figures(benchmark, group.byContestant().values());
        if (figures.isEmpty()) return "";
        var title = group.title().isEmpty() ? "" : "**" + cell(group.title()) + "**\n\n";
        var text = new StringBuilder(title).append(head("contestant", List.of(), figures));
        group.byContestant().values().stream()
                .sorted(Comparator.comparing(Row::contestant, group.order(figures.getFirst())))
                .map(row -> line(name(row.contestant()), Stream.of(), row, figures))
                .forEach(text::append);
        return text.append('\n').append(faults(group)).toString();
    }

    /// JMH's benchmarks are no contestants in the same work: a table for each class of them,
    /// its rows by their parameters and then by what they cost.
    private static String parts(Section section) {
        var tables = new TreeMap<String, List<PartRow>>();
        for (var group : section.groups()) {
            var part = Part.of(group.cell());
            group.byContestant().values().forEach(row -> tables
                    .computeIfAbsent(part.type(), _ -> new ArrayList<>())
                    .add(new PartRow(part, row)));
        }
        var text = new StringBuilder();
        tables.forEach((type, rows) -> text.append(partTable(type, rows)));
        return text.toString();
    }

    private record PartRow(Part part, Row row) {

        String name() {
            var method = cell(part.method());
            boolean isOurs = Results.isOurs(row.contestant()) && !part.isControl();
            return isOurs ? "**" + method + "**" : method;
        }

        String parameter(String key) {
            double number = part.parameters().quantity(key);
            var value = part.parameters().values().getOrDefault(key, "");
            return Double.isNaN(number) ? cell(value + "")
                    : String.format(Locale.ROOT, "%,.0f", number);
        }
    }

    private static String partTable(String type, List<PartRow> rows) {
        var figures = figures("parts", rows.stream().map(PartRow::row).toList());
        if (figures.isEmpty()) return "";
        var keys = rows.stream().flatMap(row -> row.part().parameters().values().keySet().stream())
                .distinct().sorted().toList();
        var order = Comparator.<PartRow>comparingInt(row -> 0);
        for (var key : keys) {
            order = order.thenComparingDouble(row -> row.part().parameters().quantity(key));
        }
        order = order.thenComparing(row -> figures.getFirst().in(row.row()),
                figures.getFirst()::compare);
        var text = new StringBuilder("**").append(cell(type)).append("**\n\n")
                .append(head("part", keys, figures));
        for (var row : rows.stream().sorted(order).toList()) {
            text.append(line(row.name(), keys.stream().map(row::parameter), row.row(), figures));
        }
        return text.append('\n').toString();
    }

    /// The figures of a benchmark that at least one of the rows has.
    private static List<Figure> figures(String benchmark, Collection<Row> rows) {
        return Figure.of(benchmark).stream()
                .filter(figure -> rows.stream().anyMatch(row -> !figure.in(row).isNone()))
                .toList();
    }

    private static String head(String first, List<String> keys, List<Figure> figures) {
        var titles = Stream.concat(keys.stream().map(Tables::cell),
                figures.stream().map(Figure::title));
        return line(Stream.concat(Stream.of(first), titles))
                + "|---|" + "---:|".repeat(keys.size() + figures.size()) + "\n";
    }

    private static String line(String name, Stream<String> values, Row row, List<Figure> figures) {
        var texts = figures.stream().map(figure -> Numbers.text(figure.in(row)));
        return line(Stream.concat(Stream.of(name), Stream.concat(values, texts)));
    }

    private static String line(Stream<String> cells) {
        return cells.collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    /// A contestant in a table: jloop's own are bold.
    static String name(String contestant) {
        return Results.isOurs(contestant)
                ? "**" + cell(contestant) + "**"
                : cell(contestant);
    }

    /// What went wrong in the rounds, which figures do not show.
    private static String faults(Group group) {
        var faults = new ArrayList<String>();
        group.byContestant().values().forEach(row -> {
            var found = new ArrayList<String>();
            double errors = sum(row, "errors");
            double wrong = sum(row, "mismatches");
            if (errors > 0 || wrong > 0) {
                found.add("errors: " + Numbers.tick(errors)
                        + ", wrong answers: " + Numbers.tick(wrong));
            }
            row.failures().forEach(failure -> found.add(cell(failure)));
            if (row.isContended()) found.add("disturbed by other processes in every round");
            found.forEach(fault -> faults.add(cell(row.contestant()) + " (" + fault + ")"));
        });
        return faults.isEmpty() ? "" : "Not in order: " + String.join(", ", faults) + ".\n\n";
    }

    private static double sum(Row row, String figure) {
        return row.windows().stream()
                .mapToDouble(window -> window.figures().getOrDefault(figure, 0.0)).sum();
    }

    /// Where, when and with what it was measured, and what was left out.
    static String about(Results results) {
        var machine = results.machine();
        var text = new StringBuilder("### What was measured\n\n* measured: ")
                .append(cell(results.when()))
                .append("\n* commit: `").append(cell(results.commit()))
                .append("`\n* machine: cpu ").append(cell(machine.cpu()))
                .append(", cores ").append(machine.cores())
                .append(", kernel ").append(cell(machine.kernel()))
                .append(", memoryMb ").append(machine.memoryMb())
                .append("\n* control: ").append(cell(results.control())).append('\n');
        results.versions().forEach((contestant, version) -> text.append("* ")
                .append(cell(contestant)).append(": ").append(cell(version)).append('\n'));
        var leftOut = leftOut(results);
        if (!leftOut.isEmpty()) text.append("\n### What was left out\n\n").append(leftOut);
        return text.append('\n').toString();
    }

    /// What was refused or could not be measured, a sentence each.
    private static String leftOut(Results results) {
        var text = new StringBuilder();
        for (var section : Section.refused(results)) {
            for (var group : section.groups()) {
                text.append("* There are no figures of ").append(listed(group))
                        .append(" in *").append(cell(group.place()))
                        .append("*, because the control varied too much around their windows.\n");
            }
        }
        for (var skip : results.skipped()) {
            text.append("* ").append(name(skip.contestant())).append(" was not measured (")
                    .append(cell(skip.why())).append(").\n");
        }
        return text.toString();
    }

    /// As in `a, b and c`.
    private static String listed(Group group) {
        return group.byContestant().keySet().stream().map(Tables::name)
                .collect(Collectors.joining(", ")).replaceFirst(", (?!.*, )", " and ");
    }

    /// A text as it can stand in a cell of a table: on one line, and not as markup.
    static String cell(String text) {
        return text.strip().replaceAll("\\s+", " ").replace("\\", "\\\\").replace("|", "\\|")
                .replace("<", "&lt;").replace("[", "\\[").replace("*", "\\*").replace("`", "'");
    }
}
