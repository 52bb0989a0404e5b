package jloop;

import java.net.SocketException;

/// The system is out of something that comes back when somebody gives it up: file descriptors
/// (EMFILE, ENFILE) or memory for sockets (ENOBUFS, ENOMEM).
public final class ResourceShortageException extends SocketException {

    private static final long serialVersionUID = 1;

    public ResourceShortageException(String message) {
        super(message);
    }
}
