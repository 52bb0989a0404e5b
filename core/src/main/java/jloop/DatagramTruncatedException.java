package jloop;

import java.io.IOException;

/// A datagram was longer than the room for it, and its end is lost. The socket goes on.
public final class DatagramTruncatedException extends IOException {

    private static final long serialVersionUID = 1;

    private final transient Datagram datagram;

    public DatagramTruncatedException(Datagram datagram) {
        super("there was no room for a whole datagram: " + datagram);
        this.datagram = datagram;
    }

    /// What was received of it, how long it was and from whom.
    public Datagram datagram() {
        return datagram;
    }
}
