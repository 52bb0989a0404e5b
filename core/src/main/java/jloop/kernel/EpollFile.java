package jloop.kernel;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.SelectableChannel;
import org.jspecify.annotations.Nullable;

/// What an [EpollSocket] is that was not made as one: a pipe, a terminal, another device, or a
/// socket that somebody else has opened.
final class EpollFile {

    /*
     * Blocking mode is a property of the open file, which processes share: a terminal that was
     * made non-blocking is so for the shell too, and for System.out, which then loses what the
     * terminal does not take at once. So
     *
     *   a standard stream  is opened anew, which gives an open file of our own; where that cannot
     *                      be done (a terminal of another user) it is duplicated, and shared
     *   a socket           is left as it is: its calls have MSG_DONTWAIT
     *   anything else      becomes non-blocking, and blocking again when it is closed; what of
     *                      ours shares it becomes non-blocking once more, and heir to that duty
     *
     * Whatever its mode, somebody may change it. So bytes are moved by plain calls, by way of
     * memory outside of the heap: a call that waits must not keep the garbage collector waiting.
     */

    final int fd;
    final FileStatus status;
    final boolean isWatched;                        // only that
    private final EpollFiles files;
    private final @Nullable SelectableChannel channel;      // whose fd it is, or null
    private boolean blocksAtEnd;                    // it is to be put back into blocking mode

    EpollFile(EpollFiles files, int fd, FileStatus status, @Nullable SelectableChannel channel) {
        this.files = files;
        this.fd = fd;
        this.status = status;
        this.isWatched = false;
        this.channel = channel;
    }

    /// One that is only watched.
    EpollFile(EpollFiles files, int fd) {
        this.files = files;
        this.fd = fd;
        this.status = FileStatus.UNKNOWN;
        this.isWatched = true;
        this.channel = null;
    }

    /// Those of open(2), or `-errno`.
    int flags() {
        return files.calls.fcntl(fd, SystemCalls.F_GETFL, 0);
    }

    /// Its flags are these. 0 or `-errno`.
    int makeNonBlocking(int flags) {
        if (status.isSocket() || (flags & SystemCalls.O_NONBLOCK) != 0) return 0;
        int result = files.calls.fcntl(
                fd, SystemCalls.F_SETFL, flags | SystemCalls.O_NONBLOCK);
        blocksAtEnd |= result == 0;
        return result;
    }

    /// The other end of a terminal that is gone is the end of the stream.
    int read(MemorySegment bytes, int size) {
        if (status.isSocket()) return files.calls.recv(fd, bytes, size);
        int got = files.calls.read(fd, bytes, size);
        return got == -Errno.EIO && status.isDevice() ? 0 : got;
    }

    int read(byte[] array, int offset, int size) {
        int got = read(files.transfer, size);
        if (got > 0) MemorySegment.copy(files.transfer, 0, heap(array), offset, got);
        return got;
    }

    int write(MemorySegment bytes, int size) {
        return status.isSocket() ? files.calls.send(fd, bytes, size)
                : files.calls.write(fd, bytes, size);
    }

    int write(byte[] array, int offset, int size) {
        MemorySegment.copy(heap(array), offset, files.transfer, 0, size);
        return write(files.transfer, size);
    }

    private static MemorySegment heap(byte[] array) {
        return MemorySegment.ofArray(array);
    }

    void close() {
        if (blocksAtEnd) makeBlocking();
        if (channel == null) files.calls.close(fd);
        else close(channel);
    }

    private void makeBlocking() {
        int flags = flags();
        if (flags < 0) return;
        files.calls.fcntl(fd, SystemCalls.F_SETFL, flags & ~SystemCalls.O_NONBLOCK);
        files.makeNonBlocking(status);
    }

    private static void close(SelectableChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // As with close(2): whatever it reports, the descriptor is gone.
        }
    }
}
