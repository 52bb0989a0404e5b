package jloop.bench.plot;

import java.util.Locale;

/// Numbers as people read them: as many digits as a measurement deserves.
final class Numbers {

    private static final double KIBI = 1024;

    private Numbers() {}

    /// For tables: about three digits, thousands apart.
    static String text(double value) {
        double size = Math.abs(value);
        if (size == 0) return "0";
        if (size < 0.01) return String.format(Locale.ROOT, "%.2g", value);
        return String.format(Locale.ROOT, "%,." + decimals(size) + "f", value);
    }

    private static int decimals(double size) {
        if (size >= 99.95) return 0;
        if (size >= 9.995) return 1;
        return size >= 0.0995 ? 2 : 3;
    }

    /// For axes: `0`, `0.5`, `20`, `5 k`, `1 M`.
    static String tick(double value) {
        double size = Math.abs(value);
        if (size >= 1e9) return trimmed(value / 1e9) + " G";
        if (size >= 1e6) return trimmed(value / 1e6) + " M";
        if (size >= 1e4) return trimmed(value / 1e3) + " k";
        return trimmed(value);
    }

    private static String trimmed(double value) {
        if (value == 0) return "0";
        var text = String.format(Locale.ROOT, "%,.4f", value);
        text = text.replaceAll("\\.?0+$", "");
        return text.equals("0") || text.equals("-0")
                ? String.format(Locale.ROOT, "%.0e", value)
                : text;
    }

    /// A size in bytes: `64 B`, `1 KiB`, `16 KiB`.
    static String bytes(double value) {
        if (value < KIBI) return tick(value) + " B";
        if (value < KIBI * KIBI) return tick(Math.round(value / KIBI * 10) / 10.0) + " KiB";
        return tick(Math.round(value / KIBI / KIBI * 10) / 10.0) + " MiB";
    }
}
