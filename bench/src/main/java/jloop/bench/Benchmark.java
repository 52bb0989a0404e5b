package jloop.bench;

import java.util.List;
import jloop.bench.results.Cell;
import org.jspecify.annotations.Nullable;

/// Something that contestants are measured by, in turns.
interface Benchmark {

    /// What the command line names it by.
    String name();

    Layout layout();

    /// In which circumstances, one table each.
    List<Cell> cells(Settings settings);

    /// How often each contestant is measured in each cell, unless the command line says.
    default int rounds() {
        return 5;
    }

    /// How long a window takes all in all, about; 0 if that depends on the contestant.
    default double windowSeconds(Settings settings) {
        return 0;
    }

    /// Whether a contestant can be measured by this.
    boolean takes(Contestant contestant);

    /// Whether it can be in one of the cells.
    default boolean takes(Contestant contestant, Cell cell) {
        return takes(contestant);
    }

    /// What this machine lacks for it, with what to install; null if nothing.
    default @Nullable String missing(Lab lab) {
        return null;
    }

    /// Makes a contestant ready, which may mean to start it.
    Subject open(Contestant contestant, Lab lab) throws NotRunnable;
}
