package jloop.bench.plot;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import jloop.bench.results.Cell;
import jloop.bench.results.Results;
import jloop.bench.results.Row;
import jloop.bench.results.Spread;

/// A stretch of the report: a benchmark, or a message size of one, with its cells in order.
record Section(String key, String title, String benchmark, List<Group> groups) {

    /// One cell of a benchmark with all its contestants; `title` tells it from the others of
    /// its section, and `place` from all.
    record Group(String title, String place, Cell cell, Map<String, Row> byContestant) {

        Spread spread(String contestant, Figure figure) {
            var row = byContestant.get(contestant);
            return row == null ? Spread.NONE : figure.in(row);
        }

        /// The contestants that have the figure, best first.
        List<String> ranking(Figure figure) {
            return byContestant.keySet().stream()
                    .filter(contestant -> !spread(contestant, figure).isNone())
                    .sorted(order(figure)).toList();
        }

        Comparator<String> order(Figure figure) {
            return Comparator.comparing(
                            (String contestant) -> spread(contestant, figure), figure::compare)
                    .thenComparing(Comparator.naturalOrder());
        }
    }

    /// The control of scheduling, which does none: it says how steady the machine is.
    private static final String NO_CONTESTANT = "fixed-work";

    private static final List<String> ORDER = List.of("echo", "unix", "bulk", "connect", "http",
            "hose", "idle", "sched", "process", "files", "start", "parts");

    /// Numbers by their value and before words, which stay in the order of the file.
    private static final Comparator<Cell> BY_NUMBERS = (one, other) -> {
        var keys = new TreeSet<>(one.values().keySet());
        keys.addAll(other.values().keySet());
        return keys.stream()
                .mapToInt(key -> Double.compare(one.quantity(key), other.quantity(key)))
                .filter(order -> order != 0).findFirst().orElse(0);
    };

    /// The sections of a report, in the order in which they are read.
    static List<Section> of(Results results) {
        return of(results, false);
    }

    /// What the sections would have shown, had it not been refused.
    static List<Section> refused(Results results) {
        return of(results, true);
    }

    private static List<Section> of(Results results, boolean refused) {
        var sections = new ArrayList<Section>();
        results.rows().stream()
                .filter(row -> row.refused() == refused)
                .filter(row -> !row.contestant().equals(NO_CONTESTANT))
                .collect(Collectors.groupingBy(
                        Row::benchmark, LinkedHashMap::new, Collectors.toList()))
                .entrySet().stream()
                .sorted(Comparator.comparingInt(entry -> place(entry.getKey())))
                .forEach(entry -> add(sections, entry.getKey(), entry.getValue()));
        return sections;
    }

    private static void add(List<Section> sections, String benchmark, List<Row> rows) {
        if (!benchmark.equals("echo") && !benchmark.equals("unix")) {
            sections.add(of(slug(benchmark), title(benchmark), benchmark, "", rows));
            return;
        }
        rows.stream()
                .collect(Collectors.groupingBy(
                        row -> row.cell().number("size"), TreeMap::new, Collectors.toList()))
                .forEach((size, some) -> sections.add(of(benchmark + "-" + size,
                        title(benchmark) + ", " + Cell.of("size", size).title(), benchmark,
                        "size", some)));
    }

    private static int place(String benchmark) {
        int place = ORDER.indexOf(benchmark);
        return place < 0 ? ORDER.size() : place;
    }

    /// `shared` is the key that all cells have in common, which their titles need not say.
    private static Section of(String key, String title, String benchmark, String shared,
            List<Row> rows) {
        var cells = new LinkedHashMap<Cell, Map<String, Row>>();
        rows.forEach(row -> cells.computeIfAbsent(row.cell(), _ -> new LinkedHashMap<>())
                .put(row.contestant(), row));
        var groups = cells.entrySet().stream()
                .sorted(Map.Entry.comparingByKey(BY_NUMBERS))
                .map(entry -> group(title, entry.getKey(), shared, entry.getValue()))
                .toList();
        return new Section(key, title, benchmark, groups);
    }

    private static Group group(String section, Cell cell, String shared, Map<String, Row> rows) {
        var title = title(cell.without(shared));
        var place = section + (title.isEmpty() ? "" : ", " + title);
        return new Group(title, place, cell, rows);
    }

    /// As [Cell#title] has it, but for the section that is about nothing but the hose.
    private static String title(Cell cell) {
        if (!cell.values().containsKey("hose")) return cell.title();
        return String.format(Locale.ROOT, "%,d quiet, %s the hose",
                cell.number("quiet"), cell.number("hose") == 0 ? "without" : "with");
    }

    private static String title(String benchmark) {
        return switch (benchmark) {
            case "echo" -> "TCP echo";
            case "unix" -> "Echo over UNIX sockets";
            case "bulk" -> "Bulk, one way";
            case "connect" -> "Connect, one echo, close";
            case "http" -> "HTTP/1.1, hello";
            case "hose" -> "Quiet connections beside a fire-hose";
            case "idle" -> "Idle connections";
            case "sched" -> "Scheduling";
            case "process" -> "Child processes";
            case "files" -> "Files";
            case "start" -> "Start-up";
            case "parts" -> "Parts, by JMH";
            default -> benchmark;
        };
    }

    /// What may stand in a file name and in a link, and nothing else.
    static String slug(String text) {
        var slug = text.replaceAll("[^A-Za-z0-9]+", "-").replaceAll("^-|-$", "");
        return slug.isEmpty() ? "x" + Integer.toHexString(text.hashCode()) : slug;
    }

    /// All contestants, ordered by how they did in the group that tells most: of connection
    /// counts the middle one, else the first. Those that are not in it come last.
    List<String> order(Figure figure) {
        var main = groups.get(main());
        var ranked = new ArrayList<>(main.ranking(figure));
        for (var group : groups) {
            for (var contestant : group.ranking(figure)) {
                if (!ranked.contains(contestant)) ranked.add(contestant);
            }
        }
        return ranked;
    }

    private int main() {
        for (int i = 0; i < groups.size(); i++) {
            if (groups.get(i).cell().quantity("connections") == 64) return i;
        }
        return 0;
    }
}
