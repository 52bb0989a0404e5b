package jloop.bench.plot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A file of results, as far as pictures and tables need it. Reading is forgiving: a key that
/// is missing leaves out what depends on it, and an unknown one is nobody's concern.
record Results(
        String when,
        String commit,
        String control,
        Map<String, String> machine,
        Map<String, String> versions,
        List<Cell> cells,
        List<Skip> skipped) {

    /// The control of scheduling, which does none: it says how steady the machine is.
    private static final String NO_CONTESTANT = "fixed-work";

    /// No results at all.
    static final Results NONE =
            new Results("", "", "", Map.of(), Map.of(), List.of(), List.of());

    /// What one contestant did in one cell of a benchmark, round by round. The name of a cell
    /// is the values that tell it from the others, for example `size` and `connections`;
    /// `failures` says why in some rounds nothing was measured.
    record Cell(String benchmark, Map<String, String> name, String contestant,
            List<Round> rounds, List<String> failures) {

        /// The rounds that count: of the steady ones those that no neighbour disturbed, or all
        /// if there is none.
        List<Round> counted() {
            var steady = rounds.stream().filter(Round::steady).toList();
            var clean = steady.stream().filter(round -> !round.contended()).toList();
            return clean.isEmpty() ? steady : clean;
        }

        boolean is(String key, String value) {
            return value.equals(name.get(key));
        }

        /// A value of the name that is a number; NaN if it is none.
        double number(String key) {
            try {
                return Double.parseDouble(name.getOrDefault(key, "NaN"));
            } catch (NumberFormatException notANumber) {
                return Double.NaN;
            }
        }
    }

    /// One window of load: its numbers by their keys. It is not steady if the control changed
    /// too much around it.
    record Round(boolean contended, boolean steady, Map<String, Double> values) {

        /// NaN if there is none.
        double get(String key) {
            return values.getOrDefault(key, Double.NaN);
        }

        /// The first of some keys that there is.
        double first(String... keys) {
            for (var key : keys) {
                if (values.containsKey(key)) return get(key);
            }
            return Double.NaN;
        }
    }

    /// A contestant that did not take part.
    record Skip(String contestant, String why) {}

    static Results read(Path file) throws IOException {
        var root = new ObjectMapper().readTree(file.toFile());
        if (!root.path("cells").isArray()) {
            throw new IOException(file + " is no file of results: it has no array \"cells\"");
        }
        var cells = new ArrayList<Cell>();
        var skipped = new ArrayList<Skip>();
        root.path("skipped").forEach(skip -> skipped.add(
                new Skip(skip.path("contestant").asText(), skip.path("why").asText())));
        for (var cell : root.path("cells")) {
            if (cell.path("contestant").asText().equals(NO_CONTESTANT)) continue;
            if (cell.path("refused").asBoolean()) {
                skipped.add(refusal(cell));
            } else {
                cells.add(cell(cell));
            }
        }
        return new Results(root.path("when").asText(), root.path("commit").asText(),
                root.path("control").asText(), texts(root.path("machine")),
                new TreeMap<>(texts(root.path("versions"))), cells, skipped);
    }

    private static Skip refusal(JsonNode cell) {
        var where = Section.describe(texts(cell.path("cell")), "");
        return new Skip(cell.path("contestant").asText(), cell.path("benchmark").asText()
                + (where.isEmpty() ? "" : ", " + where) + ": the control varied too much");
    }

    private static Cell cell(JsonNode cell) {
        var rounds = new ArrayList<Round>();
        var failures = new ArrayList<String>();
        for (var round : cell.path("rounds")) {
            var failure = round.path("error").asText();
            if (failure.isEmpty()) {
                rounds.add(round(round));
            } else {
                failures.add(failure);
            }
        }
        return new Cell(cell.path("benchmark").asText(), texts(cell.path("cell")),
                cell.path("contestant").asText(), rounds, failures);
    }

    private static Round round(JsonNode round) {
        var values = new LinkedHashMap<String, Double>();
        round.properties().forEach(entry -> {
            var value = entry.getValue();
            if (value.isNumber()) values.put(entry.getKey(), value.asDouble());
        });
        return new Round(round.path("contended").asBoolean(), round.path("steady").asBoolean(true),
                values);
    }

    private static Map<String, String> texts(JsonNode object) {
        var texts = new LinkedHashMap<String, String>();
        object.properties().forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
        return texts;
    }

    /// The cells of a benchmark, in the order of the file.
    List<Cell> of(String benchmark) {
        return cells.stream().filter(cell -> cell.benchmark().equals(benchmark)).toList();
    }

    /// jloop's own contestants are `jloop`, `jloop-...` and `start-jloop`.
    static boolean isOurs(String contestant) {
        return contestant.matches("(start-)?jloop([^a-z].*)?");
    }
}
