package jloop.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.function.DoubleSupplier;

/// What the guard has found: each figure and its bound, of which the failure of one tells all.
final class Findings {

    private static final int TRIES = 3;

    private record Finding(double found, double bound, boolean atMost) {

        boolean isGood() {
            return atMost ? found <= bound : found >= bound;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%8.3f, %s %.3f%s", found,
                    atMost ? "at most" : "at least", bound, isGood() ? "" : "   <-- BROKEN");
        }
    }

    private final SequencedMap<String, Finding> findings = new LinkedHashMap<>();

    /// Measures until it finds `bound` or less, or has tried three times.
    void atMost(String name, double bound, DoubleSupplier measure) {
        for (int i = 0; i < TRIES && !isGood(name); i++)
            add(name, new Finding(measure.getAsDouble(), bound, true));
    }

    /// Takes note of one try of several that belong together; the best one stays.
    void atMost(String name, double bound, double found) {
        add(name, new Finding(found, bound, true));
    }

    /// The same for what is better the higher it is.
    void atLeast(String name, double bound, double found) {
        add(name, new Finding(found, bound, false));
    }

    private void add(String name, Finding finding) {
        findings.merge(name, finding, (old, now) ->
                now.atMost == now.found < old.found ? now : old);
    }

    private boolean isGood(String name) {
        Finding finding = findings.get(name);
        return finding != null && finding.isGood();
    }

    boolean areGood() {
        return findings.values().stream().allMatch(Finding::isGood);
    }

    /// A line each.
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        findings.forEach((name, finding) ->
                text.append(String.format(Locale.ROOT, "%n%-62s %s", name, finding)));
        return text.toString();
    }
}
