package jloop.bench.plot;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import jloop.bench.plot.Results.Cell;

/// A benchmark of JMH: `Timers.armAndCancel`, and its parameters.
record Part(String type, String method, Map<String, String> parameters) {

    /// Under which of these a cell has the name of its benchmark.
    private static final List<String> KEYS = List.of("part", "benchmark", "name", "case");

    static Part of(Cell cell) {
        return of(cell.name());
    }

    static Part of(Map<String, String> name) {
        var key = KEYS.stream().filter(name::containsKey).findFirst().orElse("");
        var words = name.getOrDefault(key, "").split("\\.", -1);
        var parameters = name.entrySet().stream()
                .filter(entry -> !entry.getKey().equals(key))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        return new Part(words.length < 2 ? "" : words[words.length - 2], words[words.length - 1],
                parameters);
    }

    String name() {
        return type.isEmpty() ? method : type + "." + method;
    }

    /// Controls bear the name of what they measure before that of the work: `poolArmAndCancel`.
    boolean isControl() {
        return method.matches("(pool|raw|jdk|queue|priority|concurrent|transfer|executor"
                + "|nothing)([A-Z0-9].*)?");
    }

    /// The name of the part's line in a picture, which tells jloop's own from the controls.
    String line(String contestant) {
        return isControl() || !Results.isOurs(contestant)
                ? (Results.isOurs(contestant) ? "" : contestant + ", ") + method
                : "jloop, " + method;
    }
}
