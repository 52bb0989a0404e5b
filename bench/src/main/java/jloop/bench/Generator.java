package jloop.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import jloop.bench.results.Cell;
import org.jspecify.annotations.Nullable;

/// The load generator in one of its modes.
///
/// @param arguments its arguments for a cell: its mode, then options
record Generator(Function<Cell, List<String>> arguments) implements Load {

    @Override
    public @Nullable String missing(Lab lab) {
        return lab.missingLoadGenerator();
    }

    @Override
    public Map<String, Double> on(Server server, Cell cell, double seconds, Lab lab)
            throws WindowFailure {
        var argv = new ArrayList<>(arguments.apply(cell));
        argv.add(1, server.address());
        argv.addAll(List.of(
                "--seconds", decimal(seconds),
                "--warmup", decimal(Lab.LOAD_WARM_UP_SECONDS),
                "--pid", String.valueOf(server.pid())));
        return lab.load(argv, seconds);
    }

    private static String decimal(double number) {
        return String.format(Locale.ROOT, "%.3f", number);
    }
}
