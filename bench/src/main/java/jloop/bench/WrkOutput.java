package jloop.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Reads what wrk prints with `--latency`.
final class WrkOutput {

    private static final Pattern TOTAL =
            Pattern.compile("(\\d+) requests in ([\\d.]+)(us|ms|s|m|h)");
    private static final Pattern PERCENTILE =
            Pattern.compile("(?m)^\\s*(50|90|99)%\\s+([\\d.]+)(us|ms|s|m|h)");
    private static final Pattern SOCKET_ERRORS = Pattern.compile(
            "Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)");
    private static final Pattern OTHER_ANSWERS =
            Pattern.compile("Non-2xx or 3xx responses: (\\d+)");

    private WrkOutput() {}

    /// `requests`, `seconds`, `errors`, and the latency: `p50Micros`, `p90Micros`, `p99Micros`.
    static Map<String, Double> figures(String printed) throws WindowFailure {
        var total = TOTAL.matcher(printed);
        if (!total.find()) {
            throw new WindowFailure("wrk printed no count of requests: " + printed.strip());
        }
        var figures = new LinkedHashMap<String, Double>();
        figures.put("requests", Double.parseDouble(total.group(1)));
        figures.put("seconds", micros(total.group(2), total.group(3)) / 1e6);
        PERCENTILE.matcher(printed).results().forEach(found -> figures.put(
                "p" + found.group(1) + "Micros", micros(found.group(2), found.group(3))));
        figures.put("errors", sum(SOCKET_ERRORS, printed) + sum(OTHER_ANSWERS, printed));
        return figures;
    }

    private static double micros(String number, String unit) {
        double factor = switch (unit) {
            case "us" -> 1;
            case "ms" -> 1e3;
            case "s" -> 1e6;
            case "m" -> 60e6;
            default -> 3600e6;
        };
        return Double.parseDouble(number) * factor;
    }

    private static double sum(Pattern pattern, String printed) {
        return pattern.matcher(printed).results().mapToDouble(WrkOutput::sumOfGroups).sum();
    }

    private static double sumOfGroups(MatchResult found) {
        double sum = 0;
        for (int i = 1; i <= found.groupCount(); i++) sum += Double.parseDouble(found.group(i));
        return sum;
    }
}
