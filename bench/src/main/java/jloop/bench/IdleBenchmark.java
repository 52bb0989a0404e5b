package jloop.bench;

import java.util.List;
import java.util.Map;
import jloop.bench.results.Cell;
import org.jspecify.annotations.Nullable;

/// What connections cost on which nothing happens: a fresh server each time, for a server that
/// has had connections keeps their memory.
final class IdleBenchmark implements Benchmark {

    private static final double SECONDS = 60;

    @Override
    public String name() {
        return "idle";
    }

    @Override
    public Layout layout() {
        return Layout.IDLE;
    }

    @Override
    public int rounds() {
        return 3;
    }

    @Override
    public List<Cell> cells(Settings settings) {
        return Cell.each("connections", settings.connectionsOr(15_000L));
    }

    @Override
    public boolean takes(Contestant contestant) {
        return contestant.serves().contains(Contestant.ECHO);
    }

    @Override
    public @Nullable String missing(Lab lab) {
        return lab.missingLoadGenerator();
    }

    @Override
    public Subject open(Contestant contestant, Lab lab) throws NotRunnable {
        Server.start(contestant, Contestant.ECHO, false, lab).close();      // can it?
        return cell -> measure(contestant, cell, lab);
    }

    private static Map<String, Double> measure(Contestant contestant, Cell cell, Lab lab)
            throws WindowFailure {
        try (var server = Server.start(contestant, Contestant.ECHO, false, lab)) {
            return lab.load(
                    List.of("idle", server.address(),
                            "--conns", String.valueOf(cell.number("connections")),
                            "--pid", String.valueOf(server.pid())),
                    SECONDS);
        } catch (NotRunnable e) {
            throw new WindowFailure(String.valueOf(e.getMessage()));
        }
    }
}
