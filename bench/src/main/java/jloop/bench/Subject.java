package jloop.bench;

import java.util.List;
import java.util.Map;
import jloop.bench.results.Cell;

/// A contestant that is ready to be measured.
interface Subject extends AutoCloseable {

    /// Gives it load until it is as fast as it will be.
    default void warmUp(List<Cell> cells) throws WindowFailure {}

    /// Measures it once. The figure [Contention#OTHERS], or those that it is made of, say how
    /// much other processes disturbed.
    Map<String, Double> measure(Cell cell) throws WindowFailure;

    @Override
    default void close() {}
}
