package jloop.bench;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import jloop.bench.results.Cell;
import org.jspecify.annotations.Nullable;

/// Servers under load.
///
/// @param kind what the server does, as in [Contestant#serves]
/// @param unix whether over unix sockets
/// @param cells which cells there are
record LoadBenchmark(
        String name,
        Layout layout,
        String kind,
        boolean unix,
        Function<Settings, List<Cell>> cells,
        Load load)
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
        return load.missing(lab);
    }

    @Override
    public Subject open(Contestant contestant, Lab lab) throws NotRunnable {
        var server = Server.start(contestant, kind, unix, lab);
        return new LoadedServer(server, contestant.jvm(), load, lab);
    }

    private record LoadedServer(Server server, boolean jvm, Load load, Lab lab)
            implements Subject {

        /// A JVM goes round the cells in short pieces: that connections end, and others begin,
        /// is what its compiler has to have seen, or it compiles again when it is measured.
        @Override
        public void warmUp(List<Cell> cells) throws WindowFailure {
            if (!jvm) {
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
            return load.on(server, cell, seconds, lab);
        }

        @Override
        public void close() {
            server.close();
        }
    }
}
