package jloop.io;

/// Serves one connection of a [Server], in a task of its own.
///
/// The connection is closed when it returns. What it throws goes to the loop's exception
/// handler, and the connection is closed then too.
@FunctionalInterface
public interface ConnectionHandler {

    void handle(StreamReader reader, StreamWriter writer) throws Exception;
}
