package jloop;

import java.time.Duration;
import jloop.kernel.Errno;

/// A while in which the system has no buffers for what a socket sends (ENOBUFS, ENOMEM).
/// Nothing tells of its end, and the socket may well be writable: to send is tried again after
/// a pause, a longer one each time.
///
/// libuv: uv__try_write takes ENOBUFS for EAGAIN, and tries again in each turn.
final class BufferShortage {

    private static final Duration PAUSE = Duration.ofMillis(1);
    private static final Duration PAUSE_MAX = Duration.ofMillis(50);

    private Duration pause = PAUSE;
    private long untilNanos;

    /// Whether the `result` of a send tells of one.
    static boolean isOne(int result) {
        return result == -Errno.ENOBUFS || result == -Errno.ENOMEM;
    }

    /// One more send has failed at `nowNanos`.
    void goesOn(long nowNanos) {
        untilNanos = nowNanos + pause.toNanos();
        if (pause.compareTo(PAUSE_MAX) < 0) pause = pause.multipliedBy(2);
    }

    /// When to try again.
    long untilNanos() {
        return untilNanos;
    }
}
