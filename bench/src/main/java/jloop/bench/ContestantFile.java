package jloop.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import jloop.bench.results.BenchFailure;
import jloop.bench.results.ResultsFile;
import org.jspecify.annotations.Nullable;

/// Reads a file of `bench/contestants`: an array of objects, one for each contestant.
final class ContestantFile {

    private static final Set<String> FIELDS = fields();
    private static final List<String> KINDS =
            List.of(Contestant.ECHO, Contestant.SINK, Contestant.HTTP);

    private final Path file;
    private final String family;
    private String place;       // of what is being read, for messages

    private ContestantFile(Path file) {
        this.file = file;
        this.family = file.getFileName().toString().replaceFirst("\\.json$", "");
        this.place = file.toString();
    }

    /// The contestants of a file. A mistake in it is a [BenchFailure] that names the file, the
    /// contestant and the field, and says what was expected.
    static List<Contestant> read(Path file) {
        return new ContestantFile(file).read();
    }

    private static Set<String> fields() {
        var fields = new LinkedHashSet<String>();
        for (var field : Contestant.class.getRecordComponents()) fields.add(field.getName());
        return fields;
    }

    private List<Contestant> read() {
        var root = ResultsFile.json(file);
        if (!root.isArray()) throw wrong("an array of objects", root);
        var contestants = new ArrayList<Contestant>();
        for (int i = 0; i < root.size(); i++) {
            place = file + ": contestant " + (i + 1);
            contestants.add(contestant(root.get(i)));
        }
        return contestants;
    }

    private Contestant contestant(JsonNode node) {
        if (!node.isObject()) throw wrong("an object", node);
        var name = text(node, "name", null);
        place = file + ": " + name;
        for (var fields = node.fieldNames(); fields.hasNext(); ) {
            var field = fields.next();
            if (!FIELDS.contains(field)) {
                throw new BenchFailure(place + ": unknown field \"" + field + "\", expected one of "
                        + String.join(", ", FIELDS));
            }
        }
        var contestant = new Contestant(
                name,
                text(node, "title", name),
                text(node, "family", family),
                flag(node, "jvm"),
                Set.copyOf(kinds(node)),
                flag(node, "unix"),
                Set.copyOf(texts(node, "sched")),
                texts(node, "argv"),
                texts(node, "schedArgv"),
                texts(node, "version"),
                text(node, "needs", "see bench/README.md"),
                flag(node, "onlyIfAsked"));
        check(contestant);
        return contestant;
    }

    private void check(Contestant contestant) {
        if (!contestant.name().matches("[a-zA-Z0-9][a-zA-Z0-9.-]*")) {
            throw new BenchFailure(place + ": \"name\" is \"" + contestant.name()
                    + "\", expected letters, digits, dots and hyphens");
        }
        if (!contestant.serves().isEmpty()) {
            requirePlaceholder("argv", contestant.argv(), "{kind}");
            requirePlaceholder("argv", contestant.argv(), "{address}");
        }
        if (!contestant.sched().isEmpty()) {
            requirePlaceholder("schedArgv", contestant.schedArgv(), "{case}");
        }
        if (contestant.starts() && contestant.argv().isEmpty()) {
            throw new BenchFailure(place + ": \"argv\" is missing, expected an array of strings");
        }
    }

    private void requirePlaceholder(String field, List<String> argv, String placeholder) {
        if (argv.stream().noneMatch(word -> word.contains(placeholder))) {
            throw new BenchFailure(place + ": \"" + field + "\" is " + argv
                    + ", expected a command with " + placeholder);
        }
    }

    private List<String> kinds(JsonNode node) {
        var kinds = texts(node, "serves");
        for (var kind : kinds) {
            if (!KINDS.contains(kind)) {
                throw new BenchFailure(place + ": \"serves\" names \"" + kind
                        + "\", expected " + String.join(", ", KINDS));
            }
        }
        return kinds;
    }

    private String text(JsonNode node, String field, @Nullable String otherwise) {
        var value = node.get(field);
        if (value == null && otherwise != null) return otherwise;
        if (value == null || !value.isTextual()) throw wrong(field, "a string", value);
        return value.asText();
    }

    private boolean flag(JsonNode node, String field) {
        var value = node.get(field);
        if (value == null) return false;
        if (!value.isBoolean()) throw wrong(field, "true or false", value);
        return value.asBoolean();
    }

    private List<String> texts(JsonNode node, String field) {
        var value = node.get(field);
        if (value == null) return List.of();
        if (!value.isArray()) throw wrong(field, "an array of strings", value);
        var texts = new ArrayList<String>();
        for (var text : value) {
            if (!text.isTextual()) throw wrong(field, "an array of strings", value);
            texts.add(text.asText());
        }
        return texts;
    }

    private BenchFailure wrong(String expected, JsonNode found) {
        return new BenchFailure(place + ": " + found + ", expected " + expected);
    }

    private BenchFailure wrong(
            String field, String expected, @Nullable JsonNode found) {
        var is = found == null ? "is missing" : "is " + found;
        return new BenchFailure(place + ": \"" + field + "\" " + is + ", expected " + expected);
    }
}
