package jloop.kernel;

import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.AccessDeniedException;
import java.util.List;
import jloop.poller.Operation;
import org.jspecify.annotations.Nullable;

/// The error numbers behind the exceptions of java.nio.
final class NioErrors {

    /*
     * java.nio keeps the system's words (strerror(3), FormatMessage on Windows) and drops the
     * number. The words are looked at first, since one class stands for several numbers; they may
     * be in the language of the user, so the class decides when no words are known.
     * From the JDK: src/java.base/unix/native/libnio/ch/Net.c, handleSocketError.
     */

    private record Words(String words, int errno) { }

    private static final List<Words> KNOWN = List.of(
            new Words("Connection refused", Errno.ECONNREFUSED),
            new Words("Connection reset", Errno.ECONNRESET),
            new Words("forcibly closed by the remote host", Errno.ECONNRESET),      // Windows
            new Words("Broken pipe", Errno.EPIPE),
            new Words("timed out", Errno.ETIMEDOUT),
            new Words("onnection abort", Errno.ECONNABORTED),
            new Words("connection was aborted", Errno.ECONNABORTED),                // Windows
            new Words("Address already in use", Errno.EADDRINUSE),
            new Words("assign requested address", Errno.EADDRNOTAVAIL),
            new Words("Permission denied", Errno.EACCES),
            new Words("No route to host", Errno.EHOSTUNREACH),
            new Words("Network is unreachable", Errno.ENETUNREACH),
            new Words("Network is down", Errno.ENETDOWN),
            new Words("Too many open files in system", Errno.ENFILE),               // before EMFILE
            new Words("Too many open files", Errno.EMFILE),
            new Words("No buffer space", Errno.ENOBUFS),
            new Words("Cannot allocate memory", Errno.ENOMEM),
            new Words("No such file or directory", Errno.ENOENT),
            new Words("domain path too long", Errno.ENAMETOOLONG),
            new Words("Resource temporarily unavailable", Errno.EAGAIN),
            new Words("Operation not permitted", Errno.EPERM),
            new Words("Operation not supported", Errno.EOPNOTSUPP),
            new Words("Protocol error", Errno.EPROTO),
            new Words("rotocol wrong type", Errno.EPROTOTYPE),
            new Words("not connected", Errno.ENOTCONN),
            new Words("amily not supported", Errno.EAFNOSUPPORT),
            new Words("Message too long", Errno.EMSGSIZE),
            new Words("larger than the internal message buffer", Errno.EMSGSIZE),   // Windows
            new Words("Invalid argument", Errno.EINVAL));

    private NioErrors() { }

    static int errno(Exception e) {
        int errno = byWords(e.getMessage());
        return errno != 0 ? errno : byClass(e);
    }

    private static int byWords(@Nullable String message) {
        if (message == null) return 0;
        for (Words known : KNOWN)
            if (message.contains(known.words)) return known.errno;
        return 0;
    }

    private static int byClass(Exception e) {
        return switch (e) {
            case NoRouteToHostException _ -> Errno.EHOSTUNREACH;
            case PortUnreachableException _ -> Errno.ECONNREFUSED;
            case ConnectException _ -> Errno.ECONNREFUSED;
            case BindException _ -> Errno.EADDRINUSE;
            case ClosedChannelException _ -> Errno.EBADF;
            case AccessDeniedException _ -> Errno.EACCES;
            case NotYetConnectedException _ -> Errno.ENOTCONN;
            case AlreadyConnectedException _ -> Errno.EISCONN;
            case ConnectionPendingException _ -> Errno.EALREADY;
            case AlreadyBoundException _ -> Errno.EINVAL;
            case UnresolvedAddressException _ -> Errno.EINVAL;
            case UnsupportedAddressTypeException _ -> Errno.EAFNOSUPPORT;
            case UnsupportedOperationException _ -> Errno.EOPNOTSUPP;
            case IllegalArgumentException _ -> Errno.EINVAL;
            case RuntimeException misuse -> throw misuse;
            default -> Errno.EIO;
        };
    }
}
