package jloop.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Servers under the load generator.
///
/// @param kind what the server does, as in [Contestant#serves]
/// @param unix whether over unix sockets
/// @param cells which cells there are
/// @param load the arguments of the load generator for a cell: its mode, then options
record LoadBenchmark(
        String name,
        Layout layout,
        String kind,
        boolean unix,
        Function<Settings, List<Cell>> cells,
        Function<Cell, List<String>> load)
        implements Benchmark {

    private static final double WARM_UP_SECONDS = 0.5;      // of what is no JVM
    private static final double WARM_UP_SECONDS_MIN = 0.3;  // for each cell
    private static final double WARM_UP_PIECE_SECONDS = 1;

    @Override
    public List<Cell> cells(Settings settings) {
        return cells.apply(settings);
    }

    @Override
    public double windowSeconds(Settings settings) {
        return settings.seconds() + Lab.AROUND_A_WINDOW_SECONDS;
    }

    @Override
    public boolean takes(Contestant contestant) {
        return contestant.serves().contains(kind) && (contestant.unix() || !unix);
    }

    @Override
    public @Nullable String missing(Lab lab) {
        return lab.missingLoadGenerator();
    }

    @Override
    public Subject open(Contestant contestant, Lab lab) throws NotRunnable {
        return new LoadedServer(contestant, Server.start(contestant, kind, unix, lab), lab);
    }

    private final class LoadedServer implements Subject {

        private final Contestant contestant;
        private final Server server;
        private final Lab lab;

        LoadedServer(Contestant contestant, Server server, Lab lab) {
            this.contestant = contestant;
            this.server = server;
            this.lab = lab;
        }

        /// A JVM goes round the cells in short pieces: that connections end, and others begin,
        /// is what its compiler has to have seen, or it compiles again when it is measured.
        @Override
        public void warmUp(List<Cell> cells) throws WindowFailure {
            if (!contestant.jvm()) {
                window(cells.getFirst(), WARM_UP_SECONDS);
                return;
            }
            double seconds = lab.settings().warmUpSeconds();
            int turns = (int) Math.ceil(seconds / cells.size() / WARM_UP_PIECE_SECONDS);
            double each = Math.max(WARM_UP_SECONDS_MIN, seconds / cells.size() / turns);
            for (int i = 0; i < turns; i++) {
                for (var cell : cells) window(cell, each);
            }
        }

        @Override
        public Map<String, Double> measure(Cell cell) throws WindowFailure {
            return window(cell, lab.settings().seconds());
        }

        private Map<String, Double> window(Cell cell, double seconds) throws WindowFailure {
            server.checkAlive();
            var arguments = load.apply(cell);
            var argv = new ArrayList<String>();
            argv.add(arguments.getFirst());
            argv.add(server.address());
            argv.addAll(arguments.subList(1, arguments.size()));
            argv.addAll(List.of(
                    "--seconds", decimal(seconds),
                    "--warmup", decimal(Lab.LOAD_WARM_UP_SECONDS),
                    "--pid", String.valueOf(server.pid())));
            return lab.load(argv, seconds);
        }

        private static String decimal(double number) {
            return String.format(Locale.ROOT, "%.3f", number);
        }

        @Override
        public void close() {
            server.close();
        }
    }
}
