package jloop;

/// The two ends of one pipe: what is written to the one can be read from the other.
public record PipePair(PipeEnd reading, PipeEnd writing) implements AutoCloseable {

    /// Closes both ends, as [PipeEnd#close()].
    @Override
    public void close() {
        writing.close();
        reading.close();
    }
}
