package jloop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import jloop.kernel.Errno;
import jloop.poller.UnixName;

/// The exception for a system call that failed.
final class SocketErrors {

    private SocketErrors() { }

    /// The exception for a negative `result` of `call` on `subject`, as
    /// `connect to /127.0.0.1:1 failed: ECONNREFUSED: connection refused`.
    static IOException of(String call, Object subject, int result) {
        int errno = -result;
        String message = call + " " + subject + " failed: " + Errno.text(errno)
                + hint(call, subject, errno);
        return switch (errno) {
            case Errno.ECONNRESET -> new ConnectionResetException(message);
            case Errno.EPIPE -> new BrokenPipeException(message);
            case Errno.ECONNABORTED -> new ConnectionAbortedException(message);
            case Errno.ENOENT -> new NoSuchFileException(null, null, message);
            case Errno.ECONNREFUSED, Errno.ETIMEDOUT -> new ConnectException(message);
            case Errno.EHOSTUNREACH, Errno.ENETUNREACH -> new NoRouteToHostException(message);
            case Errno.EADDRINUSE -> new BindException(message);
            case Errno.EADDRNOTAVAIL -> new AddressNotAvailableException(message);
            case Errno.EACCES -> call.startsWith("connect") || call.startsWith("open")
                    ? new AccessDeniedException(null, null, message) : new BindException(message);
            case Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM ->
                new ResourceShortageException(message);
            default -> new SocketException(message);
        };
    }

    /// What is behind an error that its name does not tell.
    private static String hint(String call, Object subject, int errno) {
        return switch (subject) {
            case InetSocketAddress _ when errno == Errno.EADDRNOTAVAIL
                    && call.startsWith("connect") ->
                    " (there is no local port left, or no address to connect from)";
            case PipeEnd _ when errno == Errno.ENXIO -> " (nobody has it open for reading)";
            case PipeEnd _ when errno == Errno.EEXIST -> " (this loop has that descriptor already)";
            case UnixDomainSocketAddress _ when errno == Errno.EADDRINUSE ->
                    call.equals("take over")
                            ? " (an open socket has it: stop that server, or choose another path)"
                            : " (there is a file: remove it if nobody needs it, or choose another"
                                    + " path)";
            case UnixName _ when errno == Errno.EOPNOTSUPP ->
                    " (abstract names are for epoll: Linux, with native access)";
            case UnixDomainSocketAddress unix when errno == Errno.ENAMETOOLONG ->
                    " (" + unix.getPath().toString().getBytes(UTF_8).length
                            + " bytes; the path of a UNIX socket has about a hundred)";
            default -> "";
        };
    }
}
