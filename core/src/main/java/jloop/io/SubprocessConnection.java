package jloop.io;

/// A child process at the level of callbacks, and the protocol that was made for it.
public record SubprocessConnection<P extends SubprocessProtocol>(
        SubprocessTransport transport, P protocol) implements AutoCloseable {

    /// Closes the transport, which kills a process that runs still.
    @Override
    public void close() {
        transport.close();
    }
}
