package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.util.concurrent.atomic.AtomicInteger;
import jloop.poller.OpenFile;
import org.jspecify.annotations.Nullable;

/// A regular file that an io_uring has opened, by its number. Threads do what is left to them
/// by system calls, with the errors of a FileChannel.
final class RingFile implements OpenFile {

    /*
     * The number must not be given back while it is used: it may be another file's a moment
     * later. `users` counts who uses it; close() makes it negative, so that nobody comes in, and
     * the last one to leave gives it back.
     */

    private static final int CLOSED = Integer.MIN_VALUE;
    private static final int STATX_SIZE = 0x200;

    final int fd;
    private final int flags;                                    // of open(2)
    private final SystemCalls calls;                            // to make others of
    private final CachedReads cached;
    private final AtomicInteger users = new AtomicInteger();    // any thread

    RingFile(int fd, int flags, SystemCalls calls, CachedReads cached) {
        this.fd = fd;
        this.flags = flags;
        this.calls = calls;
        this.cached = cached;
    }

    boolean isReadable() {
        return (flags & SystemCalls.O_WRONLY) == 0;
    }

    boolean isWritable() {
        return (flags & (SystemCalls.O_WRONLY | SystemCalls.O_RDWR)) != 0;
    }

    /// False if it is closed. Else its number is in use until [#leave()].
    boolean enter() {
        return users.getAndUpdate(count -> count < 0 ? count : count + 1) >= 0;
    }

    void leave() {
        if (users.decrementAndGet() == CLOSED) giveBack();
    }

    @Override
    public void close() throws IOException {
        if (users.getAndUpdate(count -> count | CLOSED) != 0) return;
        int result = giveBack();
        if (result < 0 && result != -Errno.EINTR) throw failure(result);
    }

    private int giveBack() {
        SystemCalls mine = calls.another();
        try {
            return mine.close(fd);
        } finally {
            mine.release();
        }
    }

    static IOException failure(int result) {
        return new IOException(SystemCalls.words(-result));
    }

    @Override
    public @Nullable ByteBuffer readNow(long position, int count) {
        if (!isReadable() || position < 0 || !enter()) return null;
        try {
            return cached.read(fd, position, count);
        } finally {
            leave();
        }
    }

    // ---- By a thread

    private interface Call {
        int make(SystemCalls calls);
    }

    private int call(Call call) throws IOException {
        if (!enter()) throw new ClosedChannelException();
        SystemCalls mine = calls.another();
        try {
            int result;
            do result = call.make(mine);
            while (result == -Errno.EINTR);
            if (result < 0) throw failure(result);
            return result;
        } finally {
            mine.release();
            leave();
        }
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
        checkPosition(position);
        if (!isReadable()) throw new NonReadableChannelException();
        if (into.isReadOnly()) throw new IllegalArgumentException("Read-only buffer");
        int size = into.remaining();
        MemorySegment memory = SystemCalls.allocate(size + 1L);
        try {
            int count = call(calls -> calls.pread(fd, memory, size, position));
            into.put(memory.asByteBuffer().limit(count));
            return count == 0 && size > 0 ? -1 : count;
        } finally {
            SystemCalls.free(memory);
        }
    }

    @Override
    public int write(ByteBuffer from, long position) throws IOException {
        checkPosition(position);
        checkWritable();
        int size = from.remaining();
        MemorySegment memory = SystemCalls.allocate(size + 1L);
        try {
            memory.asByteBuffer().put(from.duplicate());
            int count = call(calls -> calls.pwrite(fd, memory, size, position));
            from.position(from.position() + count);
            return count;
        } finally {
            SystemCalls.free(memory);
        }
    }

    @Override
    public long size() throws IOException {
        MemorySegment status = SystemCalls.allocate(FileStatus.STATX_BYTES + 1L);
        try {
            MemorySegment noPath = status.asSlice(FileStatus.STATX_BYTES);
            noPath.set(JAVA_BYTE, 0, (byte) 0);
            call(calls -> calls.statx(fd, noPath, SystemCalls.AT_EMPTY_PATH, STATX_SIZE, status));
            return status.get(JAVA_LONG, FileStatus.SIZE);
        } finally {
            SystemCalls.free(status);
        }
    }

    @Override
    public void truncate(long size) throws IOException {
        checkPosition(size);
        checkWritable();
        if (size < size()) call(calls -> calls.ftruncate(fd, size));
    }

    @Override
    public void sync(boolean metadata) throws IOException {
        call(calls -> calls.fsync(fd, metadata));
    }

    private void checkWritable() {
        if (!isWritable()) throw new NonWritableChannelException();
    }

    private static void checkPosition(long position) {
        if (position < 0) throw new IllegalArgumentException("Negative position");
    }
}
