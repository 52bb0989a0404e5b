package jloop.io;

/// An endpoint of datagrams, and the protocol that was made for it.
public record DatagramEndpoint<P extends DatagramProtocol>(
        DatagramTransport transport, P protocol) implements AutoCloseable {

    /// Closes the transport.
    @Override
    public void close() {
        transport.close();
    }
}
