package jloop.bench.plot;

import jloop.bench.results.Cell;
import jloop.bench.results.Results;

/// A benchmark of JMH: `Timers.armAndCancel`, with its parameters.
record Part(String type, String method, Cell parameters) {

    /// What a cell of `parts` calls the name of its benchmark.
    static final String KEY = "part";

    static Part of(Cell cell) {
        var words = cell.text(KEY).split("\\.", -1);
        return new Part(words.length < 2 ? "" : words[words.length - 2], words[words.length - 1],
                cell.without(KEY));
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
