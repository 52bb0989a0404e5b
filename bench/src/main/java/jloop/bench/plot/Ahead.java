package jloop.bench.plot;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Collectors;
import jloop.bench.plot.Section.Group;
import jloop.bench.results.Results;

/// Where a peer is ahead of jloop, cell by cell, as Markdown.
final class Ahead {

    private final StringBuilder rows = new StringBuilder();
    private int compared;
    private int behind;
    private int clearlyBehind;

    private Ahead() {}

    static String markdown(Results results) {
        var ahead = new Ahead();
        for (var section : Section.of(results)) {
            if (section.benchmark().equals("parts")) continue;
            for (var group : section.groups()) {
                for (var figure : figures(section.benchmark())) {
                    ahead.compare(group, figure);
                }
            }
        }
        return ahead.text();
    }

    /// The figures in which it counts to be ahead.
    private static List<Figure> figures(String benchmark) {
        var all = Figure.of(benchmark);
        return switch (benchmark) {
            case "echo", "unix" -> List.of(Figure.USER, Figure.RATIO, Figure.P99);
            case "connect", "http" -> List.of(all.getFirst(), Figure.RATIO);
            default -> List.of(all.getFirst());
        };
    }

    private void compare(Group group, Figure figure) {
        var ranking = group.ranking(figure);
        var ours = ranking.stream().filter(Results::isOurs).toList();
        if (ours.isEmpty() || ours.size() == ranking.size()) return;
        compared++;
        count(ours.getFirst(), group, figure);
        var told = new LinkedHashSet<String>();
        var parts = new ArrayList<String>();
        for (var one : ours) {
            var ahead = aheadOf(one, group, figure);
            ahead.removeIf(told::contains);
            told.addAll(ahead);
            if (ahead.isEmpty()) continue;
            parts.add("of " + figureOf(one, one, group, figure) + ": " + ahead.stream()
                    .map(peer -> figureOf(peer, one, group, figure))
                    .collect(Collectors.joining(", ")));
        }
        if (parts.isEmpty()) return;
        rows.append("| ").append(Tables.cell(group.place())).append(" | ")
                .append(figure.title()).append(" | ").append(String.join("; ", parts))
                .append(" |\n");
    }

    private void count(String best, Group group, Figure figure) {
        var ahead = aheadOf(best, group, figure);
        if (ahead.isEmpty()) return;
        behind++;
        boolean clear = ahead.stream().anyMatch(peer -> !isClose(peer, best, group, figure));
        if (clear) clearlyBehind++;
    }

    private static boolean isClose(String one, String other, Group group, Figure figure) {
        return group.spread(one, figure).overlaps(group.spread(other, figure));
    }

    /// The peers that do better than `one`, the best first.
    private static List<String> aheadOf(String one, Group group, Figure figure) {
        return group.ranking(figure).stream()
                .filter(peer -> !Results.isOurs(peer))
                .filter(peer -> figure.compare(group.spread(peer, figure),
                        group.spread(one, figure)) < 0)
                .collect(Collectors.toCollection(ArrayList::new));
    }

    /// A name with its median, and a `~` if its range and that of `rival` overlap.
    private static String figureOf(String name, String rival, Group group, Figure figure) {
        double median = group.spread(name, figure).median();
        boolean close = !name.equals(rival) && isClose(name, rival, group, figure);
        return Tables.name(name) + " " + Numbers.text(median) + (close ? "~" : "");
    }

    private String text() {
        if (compared == 0) return "";
        var summary = "In " + behind + " of " + compared
                + " comparisons a peer is ahead of the best of jloop's contestants, in "
                + clearlyBehind + " of them by more than the spread of the rounds. C counts as a "
                + "peer.";
        if (rows.isEmpty()) return summary + "\n\n";
        return summary + """
                 A line names, for each of jloop's contestants, the peers that have a better \
                median and that no better one of jloop's was behind already; ~ says that the \
                ranges from min to max overlap, so that another run may see it the other way \
                round.

                | where | figure | ahead |
                |---|---|---|
                """ + rows + "\n";
    }
}
