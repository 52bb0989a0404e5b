package jloop;

/// By which means of the system the sockets of a loop wait. Behaviour is the same with each;
/// cost is not.
public enum PollerKind {

    /// What the system property `jloop.poller` names (`auto`, `epoll`, `uring` or `nio`), else
    /// the one that is measured to be the best of those that can be had.
    AUTO,

    /// epoll(7), of Linux. Needs `--enable-native-access=jloop` (`=ALL-UNNAMED` on the
    /// class path).
    EPOLL,

    /// io_uring(7), of Linux 6.1 and later, and the same option. Where that is refused, which
    /// is usual in containers, the loop has [#EPOLL], and one line in the log says why. For
    /// many small messages or short connections; larger messages cost more than by epoll.
    URING,

    /// The selectors of java.nio, which are everywhere.
    NIO
}
