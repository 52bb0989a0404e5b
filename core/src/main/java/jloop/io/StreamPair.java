package jloop.io;

/// The two directions of a connection. Closing the pair closes the connection.
public record StreamPair(StreamReader reader, StreamWriter writer) implements AutoCloseable {

    @Override
    public void close() {
        writer.close();
    }
}
