package jloop.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/// The circumstances of a measurement: sizes, counts of connections, the name of a case. Values
/// are whole numbers ([Long]) and strings.
record Cell(Map<String, Object> values) {

    Cell {
        values = new LinkedHashMap<>(values);
    }

    static Cell of(String key, Object value) {
        return new Cell(Map.of(key, value));
    }

    Cell and(String key, Object value) {
        var more = new LinkedHashMap<>(values);
        more.put(key, value);
        return new Cell(more);
    }

    long number(String key) {
        if (values.get(key) instanceof Long number) return number;
        throw new IllegalArgumentException("no number " + key + " in " + values);
    }

    String text(String key) {
        if (values.get(key) instanceof String text) return text;
        throw new IllegalArgumentException("no text " + key + " in " + values);
    }

    /// As in `1 KiB, 64 connections`.
    String title() {
        var title = new StringJoiner(", ");
        values.forEach((key, value) -> title.add(words(key, value)));
        return title.toString();
    }

    private static String words(String key, Object value) {
        if (!(value instanceof Long number)) return isName(key) ? value + "" : key + " " + value;
        return switch (key) {
            case "size" -> bytes(number);
            case "connections" -> counted(number, "connection");
            case "quiet" -> counted(number, "quiet connection");
            case "hose" -> number == 0 ? "nothing else" : "one that never pauses";
            case "atOnce" -> number + " at once";
            default -> key + " " + grouped(number);
        };
    }

    private static boolean isName(String key) {
        return key.equals("case") || key.equals("part");
    }

    private static String counted(long number, String noun) {
        return grouped(number) + " " + noun + (number == 1 ? "" : "s");
    }

    private static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String bytes(long number) {
        if (number >= 1 << 20 && number % (1 << 20) == 0) return (number >> 20) + " MiB";
        if (number >= 1 << 10 && number % (1 << 10) == 0) return (number >> 10) + " KiB";
        return grouped(number) + " B";
    }
}
