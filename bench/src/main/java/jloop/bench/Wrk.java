package jloop.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import jloop.bench.results.Cell;
import org.jspecify.annotations.Nullable;

/// wrk, which asks for small answers by small requests.
final class Wrk implements Load {

    private static final String WRK = "wrk";
    private static final double LIMIT_SECONDS = 30;     // beyond the window

    private static final Pattern TOTAL =
            Pattern.compile("(\\d+) requests in ([\\d.]+)(us|ms|s|m|h)");
    private static final Pattern PERCENTILE =
            Pattern.compile("(?m)^\\s*(50|90|99)%\\s+([\\d.]+)(us|ms|s|m|h)");
    private static final Pattern SOCKET_ERRORS = Pattern.compile(
            "Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)");
    private static final Pattern OTHER_ANSWERS =
            Pattern.compile("Non-2xx or 3xx responses: (\\d+)");

    @Override
    public @Nullable String missing(Lab lab) {
        return Command.isOnPath(WRK) ? null : "wrk: not found; apt-get install wrk";
    }

    @Override
    public Map<String, Double> on(Server server, Cell cell, double seconds, Lab lab)
            throws WindowFailure {
        long whole = Math.max(1, Math.round(seconds));      // wrk knows no shorter time
        var argv = List.of(
                WRK, "-t1", "-c" + cell.number("connections"), "-d" + whole + "s", "--latency",
                "http://127.0.0.1:" + server.address() + "/");
        var accounts = Accounts.open(server.pid(), Lab.SERVER_CORE);
        var printed = lab.run(WRK, argv, Lab.LOAD_CORE, whole + LIMIT_SECONDS);
        var figures = accounts.close();
        figures.putAll(figures(printed));
        return figures;
    }

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
        return pattern.matcher(printed).results().mapToDouble(Wrk::sumOfGroups).sum();
    }

    private static double sumOfGroups(MatchResult found) {
        double sum = 0;
        for (int i = 1; i <= found.groupCount(); i++) sum += Double.parseDouble(found.group(i));
        return sum;
    }
}
