package jloop.bench.results;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/// The circumstances of a measurement: sizes, counts of connections, the name of a case. Values
/// are whole numbers ([Long]) and strings.
public record Cell(Map<String, Object> values) {

    /// One of no circumstances at all.
    public static final Cell EMPTY = new Cell(Map.of());

    public Cell {
        values = new LinkedHashMap<>(values);
    }

    public static Cell of(String key, Object value) {
        return new Cell(Map.of(key, value));
    }

    /// A cell for each value of `key`.
    public static List<Cell> each(String key, List<? extends Object> values) {
        return values.stream().map(value -> of(key, value)).toList();
    }

    public Cell and(String key, Object value) {
        var more = new LinkedHashMap<>(values);
        more.put(key, value);
        return new Cell(more);
    }

    /// Whether all values of `other` are in this one, or there are none.
    public boolean has(Cell other) {
        return values.entrySet().containsAll(other.values.entrySet());
    }

    public Cell without(String key) {
        var fewer = new LinkedHashMap<>(values);
        fewer.remove(key);
        return new Cell(fewer);
    }

    public long number(String key) {
        if (values.get(key) instanceof Long number) return number;
        throw new IllegalArgumentException("no number " + key + " in " + values);
    }

    public String text(String key) {
        if (values.get(key) instanceof String text) return text;
        throw new IllegalArgumentException("no text " + key + " in " + values);
    }

    /// A number, also one that is written as a text; NaN if it is none, or not there.
    public double quantity(String key) {
        try {
            return Double.parseDouble(values.get(key) + "");
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /// As in `1 KiB, 64 connections`.
    public String title() {
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
