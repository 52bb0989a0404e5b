package jloop;

import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import jloop.kernel.Errno;
import jloop.kernel.SystemCalls;

/// System calls of which some fail: one call that is chosen by its name and number, and every
/// one that would open more sockets than there may be. Sends can be cut short; receives cannot,
/// as the kernel never does that while there is more.
public final class FailingCalls extends SystemCalls {

    /// How many sockets may be open at once.
    public int socketsMax = Integer.MAX_VALUE;

    /// How many bytes one send takes at most.
    public int sentMax = Integer.MAX_VALUE;

    private final BitSet open = new BitSet();
    private String name = "none";
    private int nth;
    private int errno;
    private int seen;
    private int injected;
    private int made;

    public FailingCalls() { }

    /// Has the `nth` call of `name` from now on, counted from 1, fail with `errno`.
    public void fail(String name, int nth, int errno) {
        this.name = name;
        this.nth = nth;
        this.errno = errno;
        seen = 0;
        injected = 0;
    }

    public void failNothing() {
        fail("none", 0, 0);
    }

    /// Whether the call that was to fail was made.
    public boolean hasFailed() {
        return injected > 0;
    }

    public int socketCount() {
        return open.cardinality();
    }

    /// How many calls were made of those that can fail, and of poll.
    public int made() {
        return made;
    }

    private boolean fails(String call) {
        made++;
        if (!call.equals(name) || ++seen != nth) return false;
        injected++;
        return true;
    }

    private int opened(int fd) {
        if (fd >= 0) open.set(fd);
        return fd;
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        if (fails("socket")) return -errno;
        if (socketCount() >= socketsMax) return -Errno.EMFILE;
        return opened(super.socket(domain, type, protocol));
    }

    /// As Linux does it: without a descriptor to give it does not look whether anybody waits.
    @Override
    public int accept4(int fd, int flags) {
        if (fails("accept")) return -errno;
        if (socketCount() >= socketsMax) return -Errno.EMFILE;
        return opened(super.accept4(fd, flags));
    }

    @Override
    public int connect(int fd, MemorySegment address, int size) {
        return fails("connect") ? -errno : super.connect(fd, address, size);
    }

    @Override
    public int bind(int fd, MemorySegment address, int size) {
        return fails("bind") ? -errno : super.bind(fd, address, size);
    }

    @Override
    public int listen(int fd, int backlog) {
        return fails("listen") ? -errno : super.listen(fd, backlog);
    }

    @Override
    public int recv(int fd, byte[] array, int offset, int size) {
        return fails("recv") ? -errno : super.recv(fd, array, offset, size);
    }

    @Override
    public int send(int fd, byte[] array, int offset, int size) {
        return fails("send") ? -errno
                : super.send(fd, array, offset, Math.min(size, sentMax));
    }

    @Override
    public int recvfrom(int fd, byte[] array, int offset, int size, MemorySegment address,
            MemorySegment addressSize) {
        return fails("recvfrom") ? -errno
                : super.recvfrom(fd, array, offset, size, address, addressSize);
    }

    @Override
    public int sendto(int fd, byte[] array, int offset, int size, MemorySegment address,
            int addressSize) {
        return fails("sendto") ? -errno
                : super.sendto(fd, array, offset, size, address, addressSize);
    }

    @Override
    public int recv(int fd, MemorySegment bytes, int size) {
        return fails("recv") ? -errno : super.recv(fd, bytes, size);
    }

    @Override
    public int send(int fd, MemorySegment bytes, int size) {
        return fails("send") ? -errno : super.send(fd, bytes, Math.min(size, sentMax));
    }

    @Override
    public int shutdown(int fd, int how) {
        return fails("shutdown") ? -errno : super.shutdown(fd, how);
    }

    @Override
    public int setsockopt(int fd, int level, int option, MemorySegment value, int size) {
        return fails("setsockopt") ? -errno
                : super.setsockopt(fd, level, option, value, size);
    }

    @Override
    public int poll(MemorySegment descriptors, int count) {
        return fails("poll") ? -errno : super.poll(descriptors, count);
    }

    @Override
    public int epollCtl(int epoll, int op, int fd, MemorySegment event) {
        return fails("epoll_ctl") ? -errno : super.epollCtl(epoll, op, fd, event);
    }

    /// The descriptor is given back whatever close says.
    @Override
    public int close(int fd) {
        open.clear(fd);
        int result = super.close(fd);
        return fails("close") ? -errno : result;
    }
}
