package jloop;

import java.net.SocketException;

/// The connection was aborted by the system (ECONNABORTED).
public final class ConnectionAbortedException extends SocketException {

    private static final long serialVersionUID = 1;

    public ConnectionAbortedException(String message) {
        super(message);
    }
}
