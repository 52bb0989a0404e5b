package jloop;

import java.net.SocketException;

/// The peer reset the connection (ECONNRESET).
public final class ConnectionResetException extends SocketException {

    private static final long serialVersionUID = 1;

    public ConnectionResetException(String message) {
        super(message);
    }
}
