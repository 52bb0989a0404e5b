package jloop.io;

import java.net.SocketException;

/// A server has ended the connection because its peer exceeded one of the [ConnectionLimits].
public final class ConnectionLimitException extends SocketException {

    private static final long serialVersionUID = 1;

    /// What was exceeded: see [ConnectionLimits].
    public enum Limit { FIRST_BYTE, IDLE, DATA_RATE, WRITE_STALL, CONNECTIONS_PER_PEER }

    private final Limit limit;

    ConnectionLimitException(Limit limit, String message) {
        super(message);
        this.limit = limit;
    }

    public Limit limit() {
        return limit;
    }
}
