package jloop.bench;

import java.util.Map;
import jloop.bench.results.Cell;
import org.jspecify.annotations.Nullable;

/// What puts a server under load.
interface Load {

    /// What this machine lacks for it, with what to install; null if nothing.
    @Nullable String missing(Lab lab);

    /// Loads a server for some seconds. Returns what was measured meanwhile.
    Map<String, Double> on(Server server, Cell cell, double seconds, Lab lab)
            throws WindowFailure;
}
