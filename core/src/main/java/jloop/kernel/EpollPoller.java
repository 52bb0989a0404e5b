package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import jloop.poller.Child;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.FileDriver;
import jloop.poller.ForeignFile;
import jloop.poller.Operation;
import jloop.poller.Poller;
import jloop.poller.SpawnRequest;
import org.jspecify.annotations.Nullable;

/// The poller of Linux: epoll(7), with an eventfd(2) to be woken by.
public sealed class EpollPoller implements Poller permits UringPoller {

    /*
     * An operation is tried first; only when it would block is its socket registered, edge-
     * triggered, and it stays so until it is closed (see EpollSocket). So a socket costs two or
     * three calls of epoll_ctl in its life, and most receives cost one recv.
     *
     * An event carries the token of a registration: the fd below, a generation above. Whoever is
     * at this fd now has another token if the event is about an fd that was closed and used again
     * (an event may be under way when the fd is closed; a child process may hold the socket open
     * for a moment): such an event is dropped.
     *
     * The eventfd is edge-triggered and never read: every write to it ends one epoll_wait, the
     * one under way or the next. Its token is that of no socket, so its events are dropped too.
     *
     * close() must not let go of the eventfd while another thread is about to write to it: the
     * number may be another file a moment later. `wakers` counts the threads that are inside
     * wake(); close() makes it negative, so that nobody comes in, and waits for those inside.
     */

    static final int EVENTS_MAX = 1024;
    private static final int GATHERED_BYTES = 64 * 1024;
    static final Charset PATHS = Charset.forName(System.getProperty("sun.jnu.encoding"));
    private static final int CLOSED = Integer.MIN_VALUE;
    private static final int GENERATIONS = (1 << 28) - 1;
    private static final long NOBODY = 0;       // generations start at 1
    private static final long NANOS_PER_MILLI = 1_000_000;

    final SystemCalls calls;
    final Sockaddr address = new Sockaddr();        // argument of a call that takes one
    final MemorySegment words = SystemCalls.allocate(16);       // of one that takes a few
    final byte[] gathered = new byte[GATHERED_BYTES];           // of a send of several buffers
    private final EpollEvents event = new EpollEvents(1);       // of epoll_ctl
    private final EpollEvents found = new EpollEvents(EVENTS_MAX);
    final int epoll;
    private final int alarm;
    private final AtomicInteger wakers = new AtomicInteger();   // any thread

    private @Nullable EpollSocket[] sockets = new EpollSocket[64];      // by fd
    private @Nullable EpollFiles files;
    private @Nullable RingFiles ringFiles;
    private final Queue<EpollChild> ended = new ConcurrentLinkedQueue<>();  // any thread adds
    private @Nullable MemorySegment childInfo;
    private int generations;
    private boolean closed;

    /// **Errors**: UncheckedIOException if the kernel has no descriptors to give.
    public EpollPoller() {
        this(new SystemCalls());
    }

    /// A poller that makes its system calls by `calls`, which is then its own.
    ///
    /// **Errors**: UncheckedIOException if the kernel has no descriptors to give.
    public EpollPoller(SystemCalls calls) {
        this.calls = calls;
        epoll = calls.epollCreate1();
        alarm = epoll < 0 ? epoll : calls.eventfd(0);
        int result = alarm < 0 ? alarm
                : control(SystemCalls.EPOLL_CTL_ADD, alarm, SystemCalls.EPOLLIN, NOBODY);
        if (result < 0) {
            release();
            throw new UncheckedIOException(new IOException("epoll: " + Errno.text(-result)));
        }
    }

    @Override
    public Descriptor open(Family family) {
        return open(family, SystemCalls.SOCK_STREAM);
    }

    @Override
    public Descriptor openDatagram(Family family) {
        return open(family, SystemCalls.SOCK_DGRAM);
    }

    @Override
    public Descriptor adopt(ForeignFile file, ForeignFile.Use use) {
        return closed ? socket(-Errno.EBADF, Family.UNIX) : foreign().adopt(file, use);
    }

    @Override
    public List<Descriptor> pipe() {
        Descriptor none = new EpollSocket(this, Family.UNIX, -Errno.EBADF, 0);
        return closed ? List.of(none, none) : foreign().pipe();
    }

    EpollFiles foreign() {
        if (files == null) files = new EpollFiles(this);
        return files;
    }

    @Override
    public Child spawn(SpawnRequest request) {
        return closed ? new EpollChild(this, -Errno.EBADF, request.command().getFirst())
                : EpollSpawn.start(this, request);
    }

    boolean isClosed() {
        return closed;
    }

    /// Where waitid(2) says how a child has ended.
    MemorySegment childInfo() {
        if (childInfo == null) childInfo = SystemCalls.allocate(EpollChild.SIGINFO_BYTES);
        return childInfo;
    }

    /// `child`, for which a thread has waited, has ended. Any thread.
    void ended(EpollChild child) {
        ended.add(child);
        wake();
    }

    private void tellEnded() {
        for (EpollChild child; (child = ended.poll()) != null; ) child.tell();
    }

    private Descriptor open(Family family, int type) {
        int domain = switch (family) {
            case INET -> SystemCalls.AF_INET;
            case INET6 -> SystemCalls.AF_INET6;
            case UNIX -> SystemCalls.AF_UNIX;
        };
        int kind = type | SystemCalls.SOCK_NONBLOCK | SystemCalls.SOCK_CLOEXEC;
        EpollSocket socket =
                socket(closed ? -Errno.EBADF : calls.socket(domain, kind, 0), family);
        if (type == SystemCalls.SOCK_DGRAM) socket.hasDatagrams();
        else equip(socket, family);
        return socket;
    }

    @Override
    public FileDriver fileDriver() {
        return RingFiles.driver(this);
    }

    /// From now on `files` takes part in each poll. 0, or the `-errno` that is against it.
    int serve(RingFiles files, int ring) {
        int result = control(SystemCalls.EPOLL_CTL_ADD, ring, SystemCalls.EPOLLIN, NOBODY);
        if (result == 0) ringFiles = files;
        return result;
    }

    @Override
    public boolean submit(Operation operation) {
        return ((EpollSocket) operation.descriptor).start(operation);
    }

    @Override
    public boolean cancel(Operation operation) {
        return ((EpollSocket) operation.descriptor).cancel(operation);
    }

    @Override
    public void poll(long timeoutNanos) {
        if (closed) throw new IllegalStateException("the poller is closed");
        look(millis(beginFiles(timeoutNanos)));
        completeFiles();
    }

    /// Has files begin what they were asked for: how long a poll may wait.
    final long beginFiles(long timeoutNanos) {
        return ringFiles == null ? timeoutNanos : ringFiles.begin(timeoutNanos);
    }

    final void completeFiles() {
        if (ringFiles != null && !closed) ringFiles.complete();
    }

    /// Waits for events, and dispatches them: how many there were.
    final int look(int timeoutMillis) {
        int count = calls.epollWait(epoll, found.memory, EVENTS_MAX, timeoutMillis);
        if (count < 0 && count != -Errno.EINTR)
            throw new IllegalStateException("epoll_wait failed: " + Errno.text(-count));

        // What is completed may close the poller, and with it the memory of the events.
        for (int i = 0; i < count && !closed; i++) dispatch(found.data(i), found.events(i));
        return count;
    }

    @Override
    public void wake() {
        if (wakers.getAndIncrement() >= 0) calls.eventfdWrite(alarm);
        wakers.getAndDecrement();
    }

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        for (EpollSocket socket : sockets)
            if (socket != null) socket.close();
        if (ringFiles != null) ringFiles.close();
        wakers.getAndAdd(CLOSED);
        while (wakers.get() != CLOSED) Thread.onSpinWait();
        release();
    }

    /// The descriptor of `fd`, which is an open socket or `-errno`.
    EpollSocket socket(int fd, Family family) {
        if (fd < 0) return new EpollSocket(this, family, fd, 0);
        if (fd >= sockets.length)
            sockets = Arrays.copyOf(sockets, Math.max(fd + 1, 2 * sockets.length));
        EpollSocket socket = new EpollSocket(this, family, fd, nextToken(fd));
        EpollSocket before = sockets[fd];
        sockets[fd] = socket;
        if (before != null) before.lost();
        return socket;
    }

    private long nextToken(int fd) {
        generations = generations == GENERATIONS ? 1 : generations + 1;
        return (long) generations << 32 | fd;
    }

    /// Gives a new stream socket what it is to have here.
    void equip(EpollSocket socket, Family family) { }

    /// The stream socket of `fd`, which is one that was accepted.
    EpollSocket accepted(int fd, Family family) {
        EpollSocket socket = socket(fd, family);
        equip(socket, family);
        return socket;
    }

    @Nullable EpollSocket[] sockets() {
        return sockets;
    }

    /// The socket of that token, or null if it was closed.
    final @Nullable EpollSocket find(long token) {
        EpollSocket socket = sockets[(int) token];
        return socket != null && socket.token == token ? socket : null;
    }

    /// What connecting to the UNIX socket at `address` comes to. By a socket of datagrams, of
    /// which no other hears: with one of those it is connected, to one of streams that is open
    /// it cannot be (EPROTOTYPE), whether that listens yet or not.
    int connectOnce(SocketAddress address) {
        int fd = calls.socket(SystemCalls.AF_UNIX, SystemCalls.SOCK_DGRAM
                | SystemCalls.SOCK_NONBLOCK | SystemCalls.SOCK_CLOEXEC, 0);
        if (fd < 0) return fd;
        int size = this.address.put(address, Family.UNIX);
        int result = size < 0 ? size : calls.connect(fd, this.address.memory, size);
        calls.close(fd);
        return result;
    }

    /// The file at `path`, open for reading, or `-errno`. It never waits for a writer, as that
    /// of a named pipe would.
    int openFile(Path path) {
        return openFile(path.toAbsolutePath().toString(), SystemCalls.O_RDONLY);
    }

    /// The file at `path`, open in non-blocking mode with `flags`, or `-errno`.
    int openFile(String path, int flags) {
        byte[] name = bytes(path);
        MemorySegment memory = SystemCalls.allocate(name.length + 1L);
        try {
            MemorySegment.copy(name, 0, memory, JAVA_BYTE, 0, name.length);
            memory.set(JAVA_BYTE, name.length, (byte) 0);
            int all = flags | SystemCalls.O_NONBLOCK | SystemCalls.O_CLOEXEC;
            int fd;
            do fd = closed ? -Errno.EBADF : calls.open(memory, all);
            while (fd == -Errno.EINTR);
            return fd;
        } finally {
            SystemCalls.free(memory);
        }
    }

    /// `text` as the system has it, in names of files and the like.
    static byte[] bytes(String text) {
        return text.getBytes(PATHS);
    }

    /// `socket` is about to be closed. False if its number has been another's for a while.
    @SuppressWarnings("ReferenceEquality")      // this socket, not one like it
    boolean forget(EpollSocket socket, int fd) {
        if (sockets[fd] != socket) return false;
        sockets[fd] = null;
        return true;
    }

    boolean has(int fd) {
        return fd < sockets.length && fd >= 0 && sockets[fd] != null;
    }

    /// The open files among the sockets.
    List<EpollFile> files() {
        List<EpollFile> found = new ArrayList<>();
        for (EpollSocket socket : sockets)
            if (socket != null && socket.file() != null) found.add(socket.file());
        return found;
    }

    /// Has epoll look at a file that is only watched, for `events` now: 0, or why it cannot.
    @SuppressWarnings("ReferenceEquality")      // this socket, not one like it
    int watch(EpollSocket socket, int fd, int events) {
        return sockets[fd] != socket ? -Errno.EEXIST
                : control(SystemCalls.EPOLL_CTL_MOD, fd, events, socket.token);
    }

    /// epoll_ctl(2), edge-triggered.
    int control(int op, int fd, int events, long token) {
        event.set(0, events | SystemCalls.EPOLLET, token);
        return calls.epollCtl(epoll, op, fd, event.memory);
    }

    private void dispatch(long token, int events) {
        EpollSocket socket = find(token);
        if (socket != null) socket.ready(events);
        else if (token == NOBODY && !ended.isEmpty()) tellEnded();
    }

    void release() {
        if (alarm >= 0) calls.close(alarm);
        if (epoll >= 0) calls.close(epoll);
        if (files != null) files.free();
        if (childInfo != null) SystemCalls.free(childInfo);
        address.free();
        SystemCalls.free(words);
        event.free();
        found.free();
        calls.release();
    }

    // Up, never down: a sleep that ends early is repeated until the time has come.
    private static int millis(long nanos) {
        if (nanos <= 0) return 0;
        if (nanos == FOREVER) return -1;
        return (int) Math.min((nanos - 1) / NANOS_PER_MILLI + 1, Integer.MAX_VALUE);
    }
}
