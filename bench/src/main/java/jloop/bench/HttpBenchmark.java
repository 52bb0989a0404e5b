package jloop.bench;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Small answers to small requests, asked for by wrk.
final class HttpBenchmark implements Benchmark {

    private static final String WRK = "wrk";
    private static final double LIMIT_SECONDS = 30;     // beyond the window

    @Override
    public String name() {
        return "http";
    }

    @Override
    public Layout layout() {
        return Layout.HTTP;
    }

    @Override
    public List<Cell> cells(Settings settings) {
        return settings.connectionsOr(64L).stream()
                .map(count -> Cell.of("connections", count))
                .toList();
    }

    @Override
    public double windowSeconds(Settings settings) {
        return settings.seconds() + Lab.AROUND_A_WINDOW_SECONDS;
    }

    @Override
    public boolean takes(Contestant contestant) {
        return contestant.serves().contains(Contestant.HTTP);
    }

    @Override
    public @Nullable String missing(Lab lab) {
        return Command.isOnPath(WRK) ? null : "wrk: not found; apt-get install wrk";
    }

    @Override
    public Subject open(Contestant contestant, Lab lab) throws NotRunnable {
        return new HttpServer(
                contestant, Server.start(contestant, Contestant.HTTP, false, lab), lab);
    }

    private static final class HttpServer implements Subject {

        private final Contestant contestant;
        private final Server server;
        private final Lab lab;

        HttpServer(Contestant contestant, Server server, Lab lab) {
            this.contestant = contestant;
            this.server = server;
            this.lab = lab;
        }

        @Override
        public void warmUp(List<Cell> cells) throws WindowFailure {
            window(cells.getFirst(), contestant.jvm() ? lab.settings().warmUpSeconds() : 1);
        }

        @Override
        public Map<String, Double> measure(Cell cell) throws WindowFailure {
            return window(cell, lab.settings().seconds());
        }

        private Map<String, Double> window(Cell cell, double seconds) throws WindowFailure {
            server.checkAlive();
            long whole = Math.max(1, Math.round(seconds));      // wrk knows no shorter time
            var argv = List.of(
                    WRK, "-t1", "-c" + cell.number("connections"), "-d" + whole + "s", "--latency",
                    "http://127.0.0.1:" + server.address() + "/");
            var accounts = Accounts.open(server.pid(), Lab.SERVER_CORE);
            var printed = lab.run(WRK, argv, Lab.LOAD_CORE, whole + LIMIT_SECONDS);
            var figures = accounts.close();
            figures.putAll(WrkOutput.figures(printed));
            return figures;
        }

        @Override
        public void close() {
            server.close();
        }
    }
}
