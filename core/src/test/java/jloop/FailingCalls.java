package jloop;

import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.Locale;
import jloop.kernel.Errno;
import jloop.kernel.FaultySystemCalls;

/// System calls of which some fail: one call that is chosen by its name and number, and every
/// one that would open more sockets than there may be.
public final class FailingCalls extends FaultySystemCalls {

    /// How many sockets may be open at once.
    public int socketsMax = Integer.MAX_VALUE;

    private final BitSet open = new BitSet();
    private Call call = Call.SOCKET;
    private int failing = Integer.MAX_VALUE;        // the number of the call that is to fail

    public FailingCalls() { }

    /// Has the `nth` call of `name` from now on, counted from 1, fail with `errno`.
    public void fail(String name, int nth, int errno) {
        failNext(name.equals("accept") ? Call.ACCEPT4
                : Call.valueOf(name.toUpperCase(Locale.ROOT)), nth, errno);
    }

    /// The same of a `call`; what was to fail before is not to any more.
    public void failNext(Call call, int nth, int errno) {
        heal();
        this.call = call;
        failing = count(call) + nth;
        fail(call, failing, errno);
    }

    public void failNothing() {
        heal();
        failing = Integer.MAX_VALUE;
    }

    /// Whether the call that was to fail was made.
    public boolean hasFailed() {
        return count(call) >= failing;
    }

    public int socketCount() {
        return open.cardinality();
    }

    /// How many calls were made, without those that only wait.
    public int made() {
        int all = 0;
        for (Call each : Call.values()) all += count(each);
        return all - count(Call.EPOLL_WAIT);
    }

    private int opened(int fd) {
        if (fd >= 0) open.set(fd);
        return fd;
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        return socketCount() >= socketsMax ? -Errno.EMFILE
                : opened(super.socket(domain, type, protocol));
    }

    /// As Linux does it: without a descriptor to give it does not look whether anybody waits.
    @Override
    public int accept4(int fd, MemorySegment address, MemorySegment size, int flags) {
        return socketCount() >= socketsMax ? -Errno.EMFILE
                : opened(super.accept4(fd, address, size, flags));
    }

    @Override
    public int close(int fd) {
        open.clear(fd);
        return super.close(fd);
    }
}
