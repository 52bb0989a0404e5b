package jloop.kernel;

import java.util.Map;

/// The error numbers of Linux (asm-generic/errno.h) that jloop tells apart. All pollers speak
/// these numbers, whatever the system calls them.
public final class Errno {

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int E2BIG = 7;
    public static final int ENOEXEC = 8;
    public static final int EBADF = 9;
    public static final int ECHILD = 10;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ETXTBSY = 26;
    public static final int ENOSPC = 28;
    public static final int EPIPE = 32;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ELOOP = 40;
    public static final int EPROTO = 71;
    public static final int ENOTSOCK = 88;
    public static final int EDESTADDRREQ = 89;
    public static final int EMSGSIZE = 90;
    public static final int EPROTOTYPE = 91;
    public static final int EOPNOTSUPP = 95;
    public static final int EAFNOSUPPORT = 97;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ENETDOWN = 100;
    public static final int ENETUNREACH = 101;
    public static final int ECONNABORTED = 103;
    public static final int ECONNRESET = 104;
    public static final int ENOBUFS = 105;
    public static final int EISCONN = 106;
    public static final int ENOTCONN = 107;
    public static final int ETIMEDOUT = 110;
    public static final int ECONNREFUSED = 111;
    public static final int EHOSTUNREACH = 113;
    public static final int EALREADY = 114;
    public static final int EINPROGRESS = 115;
    public static final int ECANCELED = 125;

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(EPERM, "EPERM: operation not permitted"),
            Map.entry(ENOENT, "ENOENT: no such file or directory"),
            Map.entry(ESRCH, "ESRCH: no such process"),
            Map.entry(EINTR, "EINTR: interrupted by a signal"),
            Map.entry(EIO, "EIO: input/output error"),
            Map.entry(ENXIO, "ENXIO: no such device or address"),
            Map.entry(E2BIG, "E2BIG: arguments and environment are too long"),
            Map.entry(ENOEXEC, "ENOEXEC: not a program"),
            Map.entry(EBADF, "EBADF: not an open descriptor"),
            Map.entry(ECHILD, "ECHILD: no such child"),
            Map.entry(EAGAIN, "EAGAIN: would block"),
            Map.entry(ENOMEM, "ENOMEM: out of memory"),
            Map.entry(EACCES, "EACCES: permission denied"),
            Map.entry(EBUSY, "EBUSY: busy"),
            Map.entry(EEXIST, "EEXIST: exists already"),
            Map.entry(ENOTDIR, "ENOTDIR: not a directory"),
            Map.entry(EISDIR, "EISDIR: is a directory"),
            Map.entry(EINVAL, "EINVAL: invalid argument"),
            Map.entry(ENFILE, "ENFILE: too many open files in the system"),
            Map.entry(EMFILE, "EMFILE: too many open files"),
            Map.entry(ETXTBSY, "ETXTBSY: the program is being written"),
            Map.entry(ENOSPC, "ENOSPC: no space left"),
            Map.entry(EPIPE, "EPIPE: broken pipe"),
            Map.entry(ENAMETOOLONG, "ENAMETOOLONG: name too long"),
            Map.entry(ENOSYS, "ENOSYS: not known to this system"),
            Map.entry(ELOOP, "ELOOP: too many symbolic links"),
            Map.entry(EPROTO, "EPROTO: protocol error"),
            Map.entry(ENOTSOCK, "ENOTSOCK: not a socket"),
            Map.entry(EDESTADDRREQ, "EDESTADDRREQ: no address to send to"),
            Map.entry(EMSGSIZE, "EMSGSIZE: message too long"),
            Map.entry(EPROTOTYPE, "EPROTOTYPE: wrong type of socket"),
            Map.entry(EOPNOTSUPP, "EOPNOTSUPP: not supported by the socket"),
            Map.entry(EAFNOSUPPORT, "EAFNOSUPPORT: address family not supported"),
            Map.entry(EADDRINUSE, "EADDRINUSE: address already in use"),
            Map.entry(EADDRNOTAVAIL, "EADDRNOTAVAIL: address not available"),
            Map.entry(ENETDOWN, "ENETDOWN: network is down"),
            Map.entry(ENETUNREACH, "ENETUNREACH: network is unreachable"),
            Map.entry(ECONNABORTED, "ECONNABORTED: connection aborted"),
            Map.entry(ECONNRESET, "ECONNRESET: connection reset by peer"),
            Map.entry(ENOBUFS, "ENOBUFS: no buffer space"),
            Map.entry(EISCONN, "EISCONN: already connected"),
            Map.entry(ENOTCONN, "ENOTCONN: not connected"),
            Map.entry(ETIMEDOUT, "ETIMEDOUT: timed out"),
            Map.entry(ECONNREFUSED, "ECONNREFUSED: connection refused"),
            Map.entry(EHOSTUNREACH, "EHOSTUNREACH: no route to host"),
            Map.entry(EALREADY, "EALREADY: already under way"),
            Map.entry(EINPROGRESS, "EINPROGRESS: under way"),
            Map.entry(ECANCELED, "ECANCELED: called off"));

    private Errno() { }

    /// The name of an error number with a few words, as `EMFILE: too many open files`.
    public static String text(int errno) {
        return NAMES.getOrDefault(errno, "errno " + errno);
    }
}
