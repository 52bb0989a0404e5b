package jloop.kernel;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntSupplier;

/// System calls of which some fail to order: the n-th of a kind, counted from 1, with a chosen
/// errno. Sends can be cut short too; receives cannot, as the kernel never does that while
/// there is more.
public class FaultySystemCalls extends SystemCalls {

    public enum Call {
        SOCKET, BIND, LISTEN, ACCEPT4, CONNECT, RECV, SEND, RECVFROM, SENDTO, OPEN, SENDFILE,
        SHUTDOWN, CLOSE, SETSOCKOPT, GETSOCKOPT, GETSOCKNAME, GETPEERNAME, POLL, EVENTFD,
        EPOLL_CREATE1, EPOLL_CTL, EPOLL_CTL_DEL, EPOLL_WAIT, FCNTL, STATX, PIPE2, READ, WRITE,
        SPAWN_SETTING, POSIX_SPAWN, PIDFD_OPEN, PIDFD_SEND_SIGNAL, KILL, WAITID,
        URING_SETUP, URING_ENTER, URING_REGISTER, MMAP, MUNMAP, PREAD, PREADV2, PWRITE,
        FTRUNCATE, FSYNC
    }

    private record Fault(Call call, int from, int to, int errno) { }

    private final Map<Call, Integer> counts;            // those of files by any thread
    private final List<Fault> faults;

    /// How many bytes one send takes at most, though there be room.
    public int sentMax = Integer.MAX_VALUE;

    public FaultySystemCalls() {
        counts = new ConcurrentHashMap<>();
        faults = new CopyOnWriteArrayList<>();
    }

    private FaultySystemCalls(FaultySystemCalls shared) {
        counts = shared.counts;
        faults = shared.faults;
    }

    /// One to which the same happens.
    @Override
    public SystemCalls another() {
        return new FaultySystemCalls(this);
    }

    /// The n-th `call` fails.
    public final FaultySystemCalls fail(Call call, int nth, int errno) {
        return fail(call, nth, nth, errno);
    }

    /// Every `call` from the `from`-th to the `to`-th fails.
    public final FaultySystemCalls fail(Call call, int from, int to, int errno) {
        faults.add(new Fault(call, from, to, errno));
        return this;
    }

    /// From now on nothing fails.
    public final void heal() {
        faults.clear();
    }

    public final int count(Call call) {
        return counts.getOrDefault(call, 0);
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        return unlessFaulty(Call.SOCKET, () -> super.socket(domain, type, protocol));
    }

    @Override
    public int bind(int fd, MemorySegment address, int size) {
        return unlessFaulty(Call.BIND, () -> super.bind(fd, address, size));
    }

    @Override
    public int listen(int fd, int backlog) {
        return unlessFaulty(Call.LISTEN, () -> super.listen(fd, backlog));
    }

    @Override
    public int accept4(int fd, MemorySegment address, MemorySegment size, int flags) {
        return unlessFaulty(Call.ACCEPT4, () -> super.accept4(fd, address, size, flags));
    }

    @Override
    public int connect(int fd, MemorySegment address, int size) {
        return unlessFaulty(Call.CONNECT, () -> super.connect(fd, address, size));
    }

    @Override
    public int recv(int fd, byte[] array, int offset, int size) {
        return unlessFaulty(Call.RECV, () -> super.recv(fd, array, offset, size));
    }

    @Override
    public int send(int fd, byte[] array, int offset, int size) {
        int less = Math.min(size, sentMax);
        return unlessFaulty(Call.SEND, () -> super.send(fd, array, offset, less));
    }

    @Override
    public int recv(int fd, MemorySegment bytes, int size) {
        return unlessFaulty(Call.RECV, () -> super.recv(fd, bytes, size));
    }

    @Override
    public int send(int fd, MemorySegment bytes, int size) {
        int less = Math.min(size, sentMax);
        return unlessFaulty(Call.SEND, () -> super.send(fd, bytes, less));
    }

    @Override
    public int recvfrom(int fd, byte[] array, int offset, int size, MemorySegment address,
            MemorySegment addressSize) {
        return unlessFaulty(Call.RECVFROM,
                () -> super.recvfrom(fd, array, offset, size, address, addressSize));
    }

    @Override
    public int sendto(int fd, byte[] array, int offset, int size, MemorySegment address,
            int addressSize) {
        return unlessFaulty(Call.SENDTO,
                () -> super.sendto(fd, array, offset, size, address, addressSize));
    }

    @Override
    public int sendfile(int out, int in, MemorySegment position, int size) {
        int less = Math.min(size, sentMax);
        return unlessFaulty(Call.SENDFILE, () -> super.sendfile(out, in, position, less));
    }

    @Override
    public int shutdown(int fd, int how) {
        return unlessFaulty(Call.SHUTDOWN, () -> super.shutdown(fd, how));
    }

    // As on Linux, a close that fails has closed all the same (close(2), "Dealing with errors").
    @Override
    public int close(int fd) {
        int result = super.close(fd);
        return unlessFaulty(Call.CLOSE, () -> result);
    }

    @Override
    public int setsockopt(int fd, int level, int name, MemorySegment value, int size) {
        return unlessFaulty(Call.SETSOCKOPT, () -> super.setsockopt(fd, level, name, value, size));
    }

    @Override
    public int getsockopt(int fd, int level, int name, MemorySegment value, MemorySegment size) {
        return unlessFaulty(Call.GETSOCKOPT, () -> super.getsockopt(fd, level, name, value, size));
    }

    @Override
    public int getsockname(int fd, MemorySegment address, MemorySegment size) {
        return unlessFaulty(Call.GETSOCKNAME, () -> super.getsockname(fd, address, size));
    }

    @Override
    public int getpeername(int fd, MemorySegment address, MemorySegment size) {
        return unlessFaulty(Call.GETPEERNAME, () -> super.getpeername(fd, address, size));
    }

    @Override
    public int poll(MemorySegment descriptors, int count) {
        return unlessFaulty(Call.POLL, () -> super.poll(descriptors, count));
    }

    @Override
    public int eventfd(int initial) {
        return unlessFaulty(Call.EVENTFD, () -> super.eventfd(initial));
    }

    @Override
    public int epollCreate1() {
        return unlessFaulty(Call.EPOLL_CREATE1, super::epollCreate1);
    }

    @Override
    public int epollCtl(int epoll, int op, int fd, MemorySegment event) {
        Call call = op == EPOLL_CTL_DEL ? Call.EPOLL_CTL_DEL : Call.EPOLL_CTL;
        return unlessFaulty(call, () -> super.epollCtl(epoll, op, fd, event));
    }

    @Override
    public int epollWait(int epoll, MemorySegment events, int count, int timeoutMillis) {
        return unlessFaulty(Call.EPOLL_WAIT,
                () -> super.epollWait(epoll, events, count, timeoutMillis));
    }

    @Override
    public int open(MemorySegment path, int flags) {
        return unlessFaulty(Call.OPEN, () -> super.open(path, flags));
    }

    @Override
    public int fcntl(int fd, int command, int argument) {
        return unlessFaulty(Call.FCNTL, () -> super.fcntl(fd, command, argument));
    }

    @Override
    public int statx(int fd, MemorySegment path, int flags, int mask, MemorySegment result) {
        return unlessFaulty(Call.STATX, () -> super.statx(fd, path, flags, mask, result));
    }

    @Override
    public int pipe2(MemorySegment ends, int flags) {
        return unlessFaulty(Call.PIPE2, () -> super.pipe2(ends, flags));
    }

    @Override
    public int read(int fd, MemorySegment bytes, int size) {
        return unlessFaulty(Call.READ, () -> super.read(fd, bytes, size));
    }

    @Override
    public int write(int fd, MemorySegment bytes, int size) {
        int less = Math.min(size, sentMax);
        return unlessFaulty(Call.WRITE, () -> super.write(fd, bytes, less));
    }

    // What is destroyed is free whatever the result.
    @Override
    public int spawnSetting(SpawnSetting setting, MemorySegment of, long a, long b) {
        return switch (setting) {
            case ACTIONS_DESTROY, ATTRIBUTES_DESTROY -> super.spawnSetting(setting, of, a, b);
            default -> unlessFaulty(
                    Call.SPAWN_SETTING, () -> super.spawnSetting(setting, of, a, b));
        };
    }

    @Override
    public int posixSpawn(MemorySegment pid, MemorySegment path, MemorySegment actions,
            MemorySegment attributes, MemorySegment arguments, long environment) {
        return unlessFaulty(Call.POSIX_SPAWN, () -> super.posixSpawn(
                pid, path, actions, attributes, arguments, environment));
    }

    @Override
    public int pidfdOpen(long pid) {
        return unlessFaulty(Call.PIDFD_OPEN, () -> super.pidfdOpen(pid));
    }

    @Override
    public int pidfdSendSignal(int pidfd, int signal) {
        return unlessFaulty(Call.PIDFD_SEND_SIGNAL, () -> super.pidfdSendSignal(pidfd, signal));
    }

    @Override
    public int kill(long pid, int signal) {
        return unlessFaulty(Call.KILL, () -> super.kill(pid, signal));
    }

    @Override
    public int waitid(int type, long id, MemorySegment info, int options) {
        return unlessFaulty(Call.WAITID, () -> super.waitid(type, id, info, options));
    }

    @Override
    public int pread(int fd, MemorySegment bytes, int size, long position) {
        return unlessFaulty(Call.PREAD, () -> super.pread(fd, bytes, size, position));
    }

    @Override
    public int preadv2(int fd, MemorySegment vector, long position, int flags) {
        return unlessFaulty(Call.PREADV2, () -> super.preadv2(fd, vector, position, flags));
    }

    @Override
    public int pwrite(int fd, MemorySegment bytes, int size, long position) {
        return unlessFaulty(Call.PWRITE, () -> super.pwrite(fd, bytes, size, position));
    }

    @Override
    public int ftruncate(int fd, long size) {
        return unlessFaulty(Call.FTRUNCATE, () -> super.ftruncate(fd, size));
    }

    @Override
    public int fsync(int fd, boolean metadata) {
        return unlessFaulty(Call.FSYNC, () -> super.fsync(fd, metadata));
    }

    @Override
    public int uringSetup(int entries, MemorySegment params) {
        return unlessFaulty(Call.URING_SETUP, () -> super.uringSetup(entries, params));
    }

    @Override
    public int uringEnter(int ring, int submitted, int awaited, int flags, long argument,
            int size) {
        return unlessFaulty(Call.URING_ENTER,
                () -> super.uringEnter(ring, submitted, awaited, flags, argument, size));
    }

    @Override
    public int uringRegister(int ring, int what, MemorySegment argument, int count) {
        return unlessFaulty(Call.URING_REGISTER,
                () -> super.uringRegister(ring, what, argument, count));
    }

    @Override
    public long mmap(long bytes, int flags, int fd, long offset) {
        int fault = unlessFaulty(Call.MMAP, () -> 0);
        return fault < 0 ? fault : super.mmap(bytes, flags, fd, offset);
    }

    /// Done whatever the result.
    @Override
    public int munmap(MemorySegment mapped) {
        int result = super.munmap(mapped);
        return unlessFaulty(Call.MUNMAP, () -> result);
    }

    private int unlessFaulty(Call call, IntSupplier real) {
        int nth = counts.merge(call, 1, Integer::sum);
        for (Fault fault : faults)
            if (fault.call == call && fault.from <= nth && nth <= fault.to) return -fault.errno;
        return real.getAsInt();
    }
}
