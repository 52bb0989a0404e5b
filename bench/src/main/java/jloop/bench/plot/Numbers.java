package jloop.bench.plot;

import java.util.Locale;
import jloop.bench.results.Spread;

/// Numbers as people read them: as many digits as a measurement deserves.
final class Numbers {

    private Numbers() {}

    /// For tables: about three digits, thousands apart.
    static String text(double value) {
        double size = Math.abs(value);
        if (size == 0) return "0";
        if (size < 0.01) return String.format(Locale.ROOT, "%.2g", value);
        return String.format(Locale.ROOT, "%,." + decimals(size) + "f", value);
    }

    /// `median (min-max)`, or the median alone if there is no range to speak of; a dash for
    /// none.
    static String text(Spread spread) {
        if (spread.isNone()) return "–";
        var low = text(spread.min());
        var high = text(spread.max());
        var median = text(spread.median());
        return low.equals(high) ? median : median + " (" + low + "-" + high + ")";
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
}
