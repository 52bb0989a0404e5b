package jloop.bench.plot;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import jloop.bench.plot.Results.Cell;
import org.jspecify.annotations.Nullable;

/// A stretch of the report: a benchmark, or a message size of one, with its cells in order.
record Section(String key, String title, String benchmark, List<Group> groups) {

    /// One cell of a benchmark with all its contestants.
    record Group(String title, Map<String, String> name, Map<String, Cell> byContestant) {

        @Nullable Sample sample(String contestant, Figure figure) {
            var cell = byContestant.get(contestant);
            return cell == null ? null : figure.in(cell);
        }

        /// The contestants that have the figure, best first.
        List<String> ranking(Figure figure) {
            return byContestant.keySet().stream()
                    .filter(contestant -> sample(contestant, figure) != null)
                    .sorted(order(figure)).toList();
        }

        Comparator<String> order(Figure figure) {
            return Comparator.<String, @Nullable Sample>comparing(
                            contestant -> sample(contestant, figure), figure::compare)
                    .thenComparing(Comparator.naturalOrder());
        }
    }

    private static final List<String> ORDER = List.of("echo", "unix", "bulk", "connect", "http",
            "hose", "idle", "sched", "start", "parts");

    private static final Comparator<Map<String, String>> BY_NUMBERS = (one, other) -> {
        var keys = new TreeSet<>(one.keySet());
        keys.addAll(other.keySet());
        for (var key : keys) {
            int order = compare(one.getOrDefault(key, ""), other.getOrDefault(key, ""));
            if (order != 0) return order;
        }
        return 0;
    };

    /// Numbers by their value and before words, which stay in the order of the file.
    private static int compare(String one, String other) {
        return Double.compare(rank(one), rank(other));
    }

    private static double rank(String value) {
        return value.matches("\\d{1,15}") ? Double.parseDouble(value) : Double.MAX_VALUE;
    }

    /// The sections of a report, in the order in which they are read.
    static List<Section> of(Results results) {
        var benchmarks = results.cells().stream().map(Cell::benchmark).distinct()
                .sorted(Comparator.comparingInt(Section::place)).toList();
        var sections = new ArrayList<Section>();
        for (var benchmark : benchmarks) {
            var cells = results.of(benchmark);
            if (benchmark.equals("echo") || benchmark.equals("unix")) {
                bySize(cells).forEach((size, some) -> sections.add(new Section(
                        benchmark + "-" + slug(size), echoTitle(benchmark, size), benchmark,
                        groups(some, "size"))));
            } else {
                sections.add(new Section(slug(benchmark), title(benchmark), benchmark,
                        groups(cells, "")));
            }
        }
        return sections;
    }

    private static int place(String benchmark) {
        int place = ORDER.indexOf(benchmark);
        return place < 0 ? ORDER.size() : place;
    }

    private static Map<String, List<Cell>> bySize(List<Cell> cells) {
        return cells.stream()
                .sorted(Comparator.comparingDouble(cell -> cell.number("size")))
                .collect(Collectors.groupingBy(cell -> cell.name().getOrDefault("size", ""),
                        LinkedHashMap::new, Collectors.toList()));
    }

    /// `shared` is the key that all cells have in common, which their titles need not say.
    private static List<Group> groups(List<Cell> cells, String shared) {
        var groups = new LinkedHashMap<Map<String, String>, Map<String, Cell>>();
        cells.forEach(cell -> groups.computeIfAbsent(cell.name(), _ -> new LinkedHashMap<>())
                .put(cell.contestant(), cell));
        return groups.entrySet().stream()
                .sorted(Map.Entry.comparingByKey(BY_NUMBERS))
                .map(entry -> new Group(describe(entry.getKey(), shared), entry.getKey(),
                        entry.getValue()))
                .toList();
    }

    /// `1 KiB, 64 connections` for the name of a cell.
    static String describe(Map<String, String> name, String shared) {
        return name.entrySet().stream().filter(entry -> !entry.getKey().equals(shared))
                .map(entry -> describe(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String describe(String key, String value) {
        return switch (key) {
            case "size" -> size(value);
            case "connections", "conns" -> thousands(value)
                    + (value.equals("1") ? " connection" : " connections");
            case "atOnce" -> thousands(value) + " at once";
            case "quiet" -> thousands(value) + " quiet";
            case "hose" -> value.equals("0") || value.equals("false")
                    ? "without the hose" : "with the hose";
            case "case", "name" -> value;
            default -> key + " " + thousands(value);
        };
    }

    static String thousands(String value) {
        return value.matches("\\d{1,15}") ? String.format(Locale.ROOT, "%,d",
                Long.parseLong(value)) : value;
    }

    private static String size(String value) {
        return value.matches("\\d{1,15}") ? Numbers.bytes(Double.parseDouble(value)) : value;
    }

    private static String echoTitle(String benchmark, String size) {
        return (benchmark.equals("echo") ? "TCP echo" : "Echo over UNIX sockets")
                + (size.isEmpty() ? "" : ", " + size(size));
    }

    private static String title(String benchmark) {
        return switch (benchmark) {
            case "bulk" -> "Bulk, one way";
            case "connect" -> "Connect, one echo, close";
            case "http" -> "HTTP/1.1, hello";
            case "hose" -> "Quiet connections beside a fire-hose";
            case "idle" -> "Idle connections";
            case "sched" -> "Scheduling";
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
            if ("64".equals(groups.get(i).name().get("connections"))) return i;
        }
        return 0;
    }
}
