package jloop.bench.results;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import jloop.bench.results.Results.Skipped;

/// Writes and reads [Results]; bench/README.md describes the file.
public final class ResultsFile {

    /*
     * A window's figures stand beside its own fields in one object, as what a load generator
     * printed does: so a reader needs no more than one level, and a figure must not be called
     * as a field is.
     */
    private static final Set<String> FIELDS_OF_WINDOW =
            Set.of("round", "atSeconds", "contended", "steady", "ratio", "error");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private ResultsFile() {}

    /// Writes a file that is at no time half written.
    public static void write(Path file, Results results) {
        try {
            var parent = file.toAbsolutePath().getParent();
            if (parent != null) Files.createDirectories(parent);
            var unfinished = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(unfinished, text(results));
            Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new BenchFailure("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /// A line for each window, so that a difference of two files can be read.
    private static String text(Results results) throws JsonProcessingException {
        var text = new StringBuilder("{\n");
        member(text, "when", results.when());
        member(text, "commit", results.commit());
        member(text, "machine", results.machine());
        member(text, "versions", results.versions());
        member(text, "control", results.control());
        text.append("\"cells\":[");
        for (int i = 0; i < results.rows().size(); i++) {
            text.append(i == 0 ? "\n" : ",\n");
            row(text, results.rows().get(i));
        }
        text.append("],\n\"skipped\":").append(JSON.writeValueAsString(results.skipped()));
        return text.append("}\n").toString();
    }

    private static void member(StringBuilder text, String name, Object value)
            throws JsonProcessingException {
        text.append('"').append(name).append("\":").append(JSON.writeValueAsString(value));
        text.append(",\n");
    }

    private static void row(StringBuilder text, Row row) throws JsonProcessingException {
        var head = NODES.objectNode().put("benchmark", row.benchmark());
        head.set("cell", JSON.valueToTree(row.cell().values()));
        head.put("contestant", row.contestant());
        if (row.hasControl()) head.put("controlSpread", row.controlSpread());
        head.put("refused", row.refused());
        var opened = JSON.writeValueAsString(head);
        text.append(opened, 0, opened.length() - 1).append(",\"rounds\":[");
        for (int i = 0; i < row.windows().size(); i++) {
            text.append(i == 0 ? "\n  " : ",\n  ");
            text.append(JSON.writeValueAsString(node(row.windows().get(i))));
        }
        text.append("]}");
    }

    private static ObjectNode node(Window window) {
        var node = NODES.objectNode();
        node.put("round", window.round());
        put(node, "atSeconds", window.atSeconds());
        node.put("contended", window.contended());
        if (!window.steady()) node.put("steady", false);
        if (!Double.isNaN(window.ratio())) node.put("ratio", window.ratio());
        if (window.error() != null) node.put("error", window.error());
        window.figures().forEach((name, value) -> put(node, name, value));
        return node;
    }

    private static void put(ObjectNode node, String name, double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) node.put(name, (long) value);
        else node.put(name, value);
    }

    /// Reads what [#write] wrote. A mistake in the file is a [BenchFailure] that says where.
    public static Results read(Path file) {
        var root = json(file);
        if (!root.path("cells").isArray()) {
            throw new BenchFailure(file + ": no results: \"cells\" is "
                    + (root.has("cells") ? root.get("cells") : "missing") + ", expected an array");
        }
        var machine = root.path("machine");
        var rows = new ArrayList<Row>();
        for (var cell : root.path("cells")) rows.add(row(file, rows.size(), cell));
        var skipped = new ArrayList<Skipped>();
        for (var each : root.path("skipped")) {
            skipped.add(new Skipped(each.path("contestant").asText(), each.path("why").asText()));
        }
        var versions = new TreeMap<String, String>();
        root.path("versions").forEachEntry((name, version) ->
                versions.put(name, version.asText()));
        return new Results(
                root.path("when").asText(),
                root.path("commit").asText(),
                new Machine(
                        machine.path("cpu").asText(),
                        machine.path("cores").asInt(),
                        machine.path("kernel").asText(),
                        machine.path("memoryMb").asLong()),
                versions,
                root.path("control").asText(),
                rows,
                skipped);
    }

    /// What is in a file of JSON.
    public static JsonNode json(Path file) {
        try {
            return JSON.readTree(Files.readString(file));
        } catch (JsonProcessingException e) {
            throw new BenchFailure(file + ":" + e.getLocation().getLineNr() + ": not JSON: "
                    + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new BenchFailure("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private static Row row(Path file, int index, JsonNode node) {
        for (var field : List.of("benchmark", "cell", "contestant", "rounds")) {
            if (!node.has(field)) {
                throw new BenchFailure(file + ": cell " + (index + 1) + ": \"" + field
                        + "\" is missing");
            }
        }
        var windows = new ArrayList<Window>();
        for (var round : node.path("rounds")) windows.add(window(round));
        return new Row(
                node.path("benchmark").asText(),
                cell(node.path("cell")),
                node.path("contestant").asText(),
                node.path("controlSpread").asDouble(Double.NaN),
                node.path("refused").asBoolean(),
                windows);
    }

    private static Cell cell(JsonNode node) {
        var values = new LinkedHashMap<String, Object>();
        for (var field : node.properties()) {
            var value = field.getValue();
            values.put(field.getKey(), value.isNumber() ? (Object) value.asLong() : value.asText());
        }
        return new Cell(values);
    }

    private static Window window(JsonNode node) {
        var error = node.get("error");
        return new Window(
                node.path("round").asInt(),
                node.path("atSeconds").asDouble(),
                node.path("contended").asBoolean(),
                node.path("steady").asBoolean(true),
                node.path("ratio").asDouble(Double.NaN),
                error == null ? null : error.asText(),
                figures(node));
    }

    /// The numbers of an object that are no field of a window.
    public static Map<String, Double> figures(JsonNode node) {
        var figures = new LinkedHashMap<String, Double>();
        for (var field : node.properties()) {
            if (field.getValue().isNumber() && !FIELDS_OF_WINDOW.contains(field.getKey())) {
                figures.put(field.getKey(), field.getValue().asDouble());
            }
        }
        return figures;
    }
}
