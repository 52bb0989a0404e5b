package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.SelectableChannel;
import java.util.List;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.ForeignFile;
import jloop.poller.ForeignFile.Use;
import org.jspecify.annotations.Nullable;

/// How an [EpollPoller] comes by files that it has not opened as sockets. Made when there is
/// the first of them.
final class EpollFiles {

    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int O_ACCMODE = 3;
    private static final int FIRST_NUMBER = 3;      // 0, 1 and 2 are the standard streams
    private static final int STATX_PATH = FileStatus.STATX_BYTES;   // in `words`

    final SystemCalls calls;
    final MemorySegment transfer = SystemCalls.allocate(SystemCalls.CRITICAL_BYTES_MAX);
    private final MemorySegment words = SystemCalls.allocate(FileStatus.STATX_BYTES + 8);
    private final EpollPoller poller;

    EpollFiles(EpollPoller poller) {
        this.poller = poller;
        this.calls = poller.calls;
    }

    void free() {
        SystemCalls.free(transfer);
        SystemCalls.free(words);
    }

    Descriptor adopt(ForeignFile file, Use use) {
        if (use == Use.WATCH) return watch(number(file));
        return switch (file) {
            case ForeignFile.Numbered(int fd) -> take(file, use, fd, null);
            case ForeignFile.Standard(int fd) -> own(file, use, copy(file, use, fd));
            case ForeignFile.Fifo(var path) -> own(file, use, open(path.toString(), use));
            case ForeignFile.Channel(var channel) -> take(file, use, channel);
        };
    }

    // ---- to watch

    private static int number(ForeignFile file) {
        return switch (file) {
            case ForeignFile.Numbered(int fd) -> fd;
            case ForeignFile.Standard(int fd) -> fd;
            case ForeignFile.Channel(var channel) -> number(channel);
            case ForeignFile.Fifo _ -> throw new IllegalArgumentException(file + " is not open");
        };
    }

    /// What it is watched for is said by each operation (EpollSocket.arm).
    private Descriptor watch(int fd) {
        int result = poller.has(fd) ? -Errno.EEXIST
                : poller.control(SystemCalls.EPOLL_CTL_ADD, fd, 0, 0);
        if (result < 0) return poller.socket(result, Family.UNIX);
        EpollSocket socket = poller.socket(fd, Family.UNIX);
        socket.is(new EpollFile(this, fd));
        return socket;
    }

    // ---- to take over

    /// `fd`, which is ours or `-errno`. Closed if it cannot be taken.
    private Descriptor own(ForeignFile file, Use use, int fd) {
        Descriptor taken = null;
        try {
            taken = take(file, use, fd, null);
            return taken;
        } finally {
            if (fd >= 0 && (taken == null || taken.error() < 0)) calls.close(fd);
        }
    }

    private Descriptor take(ForeignFile file, Use use, SelectableChannel channel) {
        int fd = number(channel);
        try {
            channel.configureBlocking(false);
        } catch (IOException e) {
            return poller.socket(-NioErrors.errno(e), Family.UNIX);
        }
        return take(file, use, fd, channel);
    }

    private Descriptor take(ForeignFile file, Use use, int fd,
            @Nullable SelectableChannel channel) {
        int result = fd < 0 ? fd : poller.has(fd) ? -Errno.EEXIST : stat(fd);
        if (result < 0) return poller.socket(result, Family.UNIX);
        EpollFile taken = new EpollFile(this, fd, checked(file), channel);
        int flags = calls.fcntl(fd, SystemCalls.F_GETFL, 0);
        rejectOtherDirection(file, use, flags);
        boolean neverWaits = taken.status.isDevice() && neverWaits(fd);
        result = flags < 0 ? flags : taken.makeNonBlocking(flags);
        if (result < 0) return poller.socket(result, Family.UNIX);
        EpollSocket socket = poller.socket(fd, Family.UNIX);
        socket.is(taken);
        if (neverWaits) socket.neverWaits();
        return socket;
    }

    /// Into `words`.
    private int stat(int fd) {
        MemorySegment noPath = words.asSlice(STATX_PATH);
        noPath.set(JAVA_BYTE, 0, (byte) 0);
        return calls.statx(fd, noPath, SystemCalls.AT_EMPTY_PATH, STATX_BASIC_STATS, words);
    }

    /// What stat has found, if it is any good.
    private FileStatus checked(ForeignFile file) {
        FileStatus found = FileStatus.of(words);
        if (found.isPipe()) return found;
        throw new IllegalArgumentException("a pipe, a socket or a character device was expected, "
                + "but " + file + " is " + found.kind());
    }

    private static void rejectOtherDirection(ForeignFile file, Use use, int flags) {
        boolean reads = use == Use.READ;
        int opposite = reads ? SystemCalls.O_WRONLY : SystemCalls.O_RDONLY;
        if (flags >= 0 && (flags & O_ACCMODE) == opposite)
            throw new IllegalArgumentException("an end to " + (reads ? "read from" : "write to")
                    + " was expected, but " + file + " is for "
                    + (reads ? "writing" : "reading") + " only");
    }

    /// epoll refuses what is always ready, as /dev/null.
    private boolean neverWaits(int fd) {
        int result = poller.control(SystemCalls.EPOLL_CTL_ADD, fd, 0, 0);
        if (result == 0) poller.control(SystemCalls.EPOLL_CTL_DEL, fd, 0, 0);
        return result == -Errno.EPERM;
    }

    // ---- to open

    /// A standard stream once more, as ours, or `-errno`.
    private int copy(ForeignFile file, Use use, int fd) {
        int result = stat(fd);
        if (result < 0) return result;
        if (checked(file).canBeOpenedAnew()) {
            int own = open("/proc/self/fd/" + fd, use);
            if (own >= 0) return own;
        }
        return calls.fcntl(fd, SystemCalls.F_DUPFD_CLOEXEC, FIRST_NUMBER);
    }

    private int open(String path, Use use) {
        int access = use == Use.READ ? SystemCalls.O_RDONLY : SystemCalls.O_WRONLY;
        return poller.openFile(path, access | SystemCalls.O_NOCTTY);
    }

    List<Descriptor> pipe() {
        int result = calls.pipe2(words, SystemCalls.O_NONBLOCK | SystemCalls.O_CLOEXEC);
        if (result < 0) {
            EpollSocket none = poller.socket(result, Family.UNIX);
            return List.of(none, none);
        }
        int reading = words.get(JAVA_INT, 0);
        int writing = words.get(JAVA_INT, 4);
        return List.of(pipeEnd(reading), pipeEnd(writing));
    }

    EpollSocket pipeEnd(int fd) {
        EpollSocket socket = poller.socket(fd, Family.UNIX);
        socket.is(new EpollFile(this, fd, FileStatus.FIFO, null));
        return socket;
    }

    /// Makes those of ours that are this file non-blocking again.
    void makeNonBlocking(FileStatus status) {
        for (EpollFile file : poller.files()) {
            if (file.status.isSameFile(status)) file.makeNonBlocking(file.flags());
        }
    }

    // ---- channels of java.nio

    /// **Errors**: UnsupportedOperationException if java.nio keeps it to itself.
    private static int number(SelectableChannel channel) {
        if (!channel.isOpen()) return -Errno.EBADF;
        try {
            return (int) Class.forName("sun.nio.ch.SelChImpl").getMethod("getFDVal")
                    .invoke(channel);
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            Module ours = EpollFiles.class.getModule();
            throw new UnsupportedOperationException("java.nio hides the descriptor of " + channel
                    + ", which epoll needs: start java with --add-exports java.base/sun.nio.ch="
                    + (ours.isNamed() ? ours.getName() : "ALL-UNNAMED")
                    + " (./jloop run does), or with -Djloop.poller=nio", e);
        }
    }
}
