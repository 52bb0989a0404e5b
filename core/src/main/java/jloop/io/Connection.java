package jloop.io;

/// A connection that was made, and the protocol that was made for it.
public record Connection<P extends BaseProtocol>(Transport transport, P protocol)
        implements AutoCloseable {

    /// Closes the transport.
    @Override
    public void close() {
        transport.close();
    }
}
