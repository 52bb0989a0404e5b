package jloop;

import java.net.SocketException;

/// Written to a connection whose other side is closed (EPIPE).
public final class BrokenPipeException extends SocketException {

    private static final long serialVersionUID = 1;

    public BrokenPipeException(String message) {
        super(message);
    }
}
