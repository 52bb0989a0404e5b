package jloop.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import jloop.bench.results.Cell;
import jloop.bench.results.Window;

/// Windows for tests, of benchmark `echo`: a second each, one message counting 1.
final class Windows {

    static final Cell CELL = Cell.of("size", 1024L).and("connections", 64L);

    private Windows() {}

    static Window of(int round, double atSeconds, double messages) {
        return Window.of(round, atSeconds, figures(messages));
    }

    static Window contended(int round, double atSeconds, double messages) {
        return new Window(round, atSeconds, true, true, Double.NaN, null, figures(messages));
    }

    static Window failed(int round, String error) {
        return new Window(round, round, false, true, Double.NaN, error, Map.of());
    }

    /// A window a second, from the first one on.
    static List<Window> each(double... messages) {
        return IntStream.range(0, messages.length).mapToObj(i -> of(i, i, messages[i])).toList();
    }

    static Map<String, Double> figures(double messages) {
        var figures = new LinkedHashMap<String, Double>();
        figures.put("messages", messages);
        figures.put("seconds", 1.0);
        return figures;
    }
}
