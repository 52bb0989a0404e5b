package jloop;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import jloop.kernel.Errno;

/// The exception for a system call that failed.
final class SocketErrors {

    private SocketErrors() { }

    /// The exception for a negative `result` of `call` on `subject`, as
    /// `connect to /127.0.0.1:1 failed: ECONNREFUSED: connection refused`.
    static IOException of(String call, Object subject, int result) {
        int errno = -result;
        String message = call + " " + subject + " failed: " + Errno.text(errno);
        return switch (errno) {
            case Errno.ECONNRESET -> new ConnectionResetException(message);
            case Errno.EPIPE -> new BrokenPipeException(message);
            case Errno.ECONNABORTED -> new ConnectionAbortedException(message);
            case Errno.ECONNREFUSED, Errno.ETIMEDOUT -> new ConnectException(message);
            case Errno.EHOSTUNREACH, Errno.ENETUNREACH -> new NoRouteToHostException(message);
            case Errno.EADDRINUSE, Errno.EADDRNOTAVAIL, Errno.EACCES -> new BindException(message);
            case Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM ->
                new ResourceShortageException(message);
            default -> new SocketException(message);
        };
    }
}
