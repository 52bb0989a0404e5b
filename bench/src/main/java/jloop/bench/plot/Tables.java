package jloop.bench.plot;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import jloop.bench.plot.Results.Cell;
import jloop.bench.plot.Results.Round;
import jloop.bench.plot.Section.Group;

/// The tables of a file of results, as Markdown.
public final class Tables {

    private Tables() {}

    /// All tables, each with jloop's rows beside the peers', the best first. A figure is the
    /// median of the rounds, with the smallest and the largest behind it.
    public static String markdown(Path results) throws IOException {
        return markdown(Results.read(results));
    }

    static String markdown(Results results) {
        var text = new StringBuilder();
        for (var section : Section.of(results)) {
            text.append("### ").append(cell(section.title())).append("\n\n")
                    .append(tables(section));
        }
        return text + about(results);
    }

    /// The tables of one section, one for each cell.
    static String tables(Section section) {
        if (section.benchmark().equals("parts")) return parts(section);
        return section.groups().stream()
                .map(group -> table(section.benchmark(), group))
                .filter(table -> !table.isEmpty())
                .collect(Collectors.joining());
    }

    private static String table(String benchmark, Group group) {
        var figures = Figure.of(benchmark).stream()
                .filter(figure -> !group.ranking(figure).isEmpty()).toList();
        if (figures.isEmpty()) return "";
        var text = new StringBuilder();
        if (!group.title().isEmpty()) {
            text.append("**").append(cell(group.title())).append("**\n\n");
        }
        text.append("| contestant |");
        figures.forEach(figure -> text.append(' ').append(figure.title()).append(" |"));
        text.append("\n|---|").append("---:|".repeat(figures.size())).append('\n');
        group.byContestant().keySet().stream()
                .sorted(group.order(figures.getFirst()))
                .forEach(contestant -> text.append(row(group, contestant, figures)));
        return text.append('\n').append(faults(group)).toString();
    }

    /// JMH's benchmarks are no contestants in the same work: a table for each class of them,
    /// its rows by their parameters and then by what they cost.
    private static String parts(Section section) {
        var tables = new TreeMap<String, List<PartRow>>();
        for (var group : section.groups()) {
            if (group.name().containsKey("unit")) continue;         // no nanoseconds
            group.byContestant().forEach((contestant, cell) -> tables
                    .computeIfAbsent(Part.of(cell).type(), _ -> new ArrayList<>())
                    .add(new PartRow(Part.of(cell), contestant, cell)));
        }
        var text = new StringBuilder();
        tables.forEach((type, rows) -> text.append(partTable(type, rows)));
        return text.toString();
    }

    private record PartRow(Part part, String contestant, Cell cell) {

        boolean isOurs() {
            return Results.isOurs(contestant) && !part.isControl();
        }
    }

    private static String partTable(String type, List<PartRow> rows) {
        var figures = Figure.of("parts").stream().filter(figure ->
                rows.stream().anyMatch(row -> figure.in(row.cell()) != null)).toList();
        if (figures.isEmpty()) return "";
        var keys = rows.stream().flatMap(row -> row.part().parameters().keySet().stream())
                .distinct().sorted().toList();
        var order = Comparator.<PartRow>comparingInt(row -> 0);
        for (var key : keys) {
            order = order.thenComparingDouble(row -> row.cell().number(key));
        }
        order = order.thenComparing(row -> figures.getFirst().in(row.cell()),
                figures.getFirst()::compare);
        var text = new StringBuilder("**").append(cell(type)).append("**\n\n| part |");
        keys.forEach(key -> text.append(' ').append(cell(key)).append(" |"));
        figures.forEach(figure -> text.append(' ').append(figure.title()).append(" |"));
        text.append("\n|---|").append("---:|".repeat(keys.size() + figures.size())).append('\n');
        for (var row : rows.stream().sorted(order).toList()) {
            text.append(partRow(row, keys, figures));
        }
        return text.append('\n').toString();
    }

    private static String partRow(PartRow row, List<String> keys, List<Figure> figures) {
        var cells = new ArrayList<String>();
        var method = cell(row.part().method());
        cells.add(row.isOurs() ? "**" + method + "**" : method);
        for (var key : keys) {
            cells.add(cell(Section.thousands(row.part().parameters().getOrDefault(key, ""))));
        }
        for (var figure : figures) {
            var sample = figure.in(row.cell());
            cells.add(sample == null ? "–" : sample.text());
        }
        return "| " + String.join(" | ", cells) + " |\n";
    }

    private static String row(Group group, String contestant, List<Figure> figures) {
        var row = new StringBuilder("| ").append(name(contestant)).append(" |");
        for (var figure : figures) {
            var sample = group.sample(contestant, figure);
            row.append(sample == null ? " – |" : " " + sample.text() + " |");
        }
        return row.append('\n').toString();
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
        group.byContestant().forEach((contestant, cell) -> {
            double wrong = sum(cell.rounds(), "mismatches");
            double errors = sum(cell.rounds(), "errors");
            if (wrong > 0 || errors > 0) {
                faults.add(cell(contestant) + " (errors: " + Numbers.tick(errors)
                        + ", wrong answers: " + Numbers.tick(wrong) + ")");
            }
            cell.failures().stream().distinct().forEach(failure ->
                    faults.add(cell(contestant) + " (" + cell(failure) + ")"));
            var counted = cell.counted();
            if (counted.stream().allMatch(Round::contended) && !counted.isEmpty()) {
                faults.add(cell(contestant) + " (disturbed by other processes in every round)");
            }
        });
        return faults.isEmpty() ? "" : "Not in order: " + String.join(", ", faults) + ".\n\n";
    }

    private static double sum(List<Round> rounds, String key) {
        return rounds.stream().mapToDouble(round -> round.first(key))
                .filter(Double::isFinite).sum();
    }

    /// Where, when and with what it was measured, and who did not take part.
    static String about(Results results) {
        var lines = new ArrayList<String>();
        if (!results.when().isEmpty()) lines.add("* measured: " + cell(results.when()));
        if (!results.commit().isEmpty()) lines.add("* commit: `" + cell(results.commit()) + "`");
        if (!results.machine().isEmpty()) {
            lines.add("* machine: " + results.machine().entrySet().stream()
                    .map(entry -> entry.getKey() + " " + cell(entry.getValue()))
                    .collect(Collectors.joining(", ")));
        }
        if (!results.control().isEmpty()) lines.add("* control: " + cell(results.control()));
        results.versions().forEach((contestant, version) ->
                lines.add("* " + cell(contestant) + ": " + cell(version)));
        results.skipped().forEach(skip -> lines.add("* not measured: " + cell(skip.contestant())
                + ", " + cell(skip.why())));
        if (lines.isEmpty()) return "";
        return "### What was measured\n\n" + String.join("\n", lines) + "\n\n";
    }

    /// A text as it can stand in a cell of a table: on one line, and not as markup.
    static String cell(String text) {
        return text.strip().replaceAll("\\s+", " ").replace("\\", "\\\\").replace("|", "\\|")
                .replace("<", "&lt;").replace("[", "\\[").replace("*", "\\*").replace("`", "'");
    }
}
