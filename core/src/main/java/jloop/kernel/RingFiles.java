package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.FileSystems;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Arrays;
import java.util.Set;
import jloop.kernel.Blocks.Block;
import jloop.poller.FileCompletion;
import jloop.poller.FileDriver;
import jloop.poller.FileOperation;
import jloop.poller.OpenFile;
import org.jspecify.annotations.Nullable;

/// Carries out what is asked of regular files by an io_uring of its own, made when first
/// needed: opens, reads, writes and syncs them without a thread. All else is left to threads,
/// and all of it where the kernel has no such ring.
final class RingFiles implements FileDriver, Ring.Completions {

    /*
     * A request has a place in `underWay`, which is what its completion names, and a block of
     * memory: both are the kernel's until that completion has come, whoever waits for it. What
     * was cancelled is no exception: its completion says what has become of it.
     *
     * What is asked for in one turn is submitted at once, by the poll after it; what the page
     * cache has is then there as well. The poller's epoll watches the ring, so that what comes
     * later ends its sleep.
     *
     * There is no queue of ours. When the places, the memory or the queue of the ring are used
     * up, threads take what is over; and so they do with what the kernel gives back untouched:
     * interrupted, or called off as the thread that had submitted it has ended. Errors of open
     * are left to them too: to open again brings the exception of java.nio.
     */

    static final int PLACES = 256;
    private static final int ENTRIES = 64;
    private static final int SCRATCH_BYTES = 16 * 1024;
    private static final byte[] NO_BYTES = {};
    private static final long NOBODY = -1;
    private static final long RETRY_NANOS = 1_000_000;
    private static final int CLOSE_ROUNDS = 20;
    private static final long CLOSE_NANOS = 50_000_000;         // a round

    private static final int[] OPERATIONS = {
        Ring.OP_FSYNC, Ring.OP_ASYNC_CANCEL, Ring.OP_OPENAT, Ring.OP_STATX, Ring.OP_READ,
        Ring.OP_WRITE,
    };
    private static final int FSYNC_DATASYNC = 1;

    private static final int STATX_TYPE = 1;
    private static final int NEW_FILE_MODE = 0666;
    private static final Set<StandardOpenOption> OPTIONS = Set.of(StandardOpenOption.READ,
            StandardOpenOption.WRITE, StandardOpenOption.APPEND, StandardOpenOption.CREATE,
            StandardOpenOption.CREATE_NEW, StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.SPARSE, StandardOpenOption.SYNC, StandardOpenOption.DSYNC);

    private final EpollPoller poller;
    private final boolean isRequired;
    private final int entries;
    private final Blocks blocks = new Blocks();
    private final CachedReads cached;
    private byte[] scratch = NO_BYTES;                          // of those that have a ring
    private final @Nullable Request<?>[] underWay = new Request<?>[PLACES];
    private final int[] places = new int[PLACES];               // the free ones, from `count` on
    private int count;                                          // of requests under way
    private int asks;                                           // so far
    private @Nullable Ring ring;
    private boolean isRefused;                                  // there is none, or no more

    RingFiles(EpollPoller poller, boolean isRequired, int entries) {
        this.poller = poller;
        this.isRequired = isRequired;
        this.entries = entries;
        this.cached = new CachedReads(poller.calls);
        for (int i = 0; i < PLACES; i++) places[i] = i;
    }

    /// The driver that the system property `jloop.files` names.
    static FileDriver driver(EpollPoller poller) {
        String wanted = System.getProperty("jloop.files", "auto");
        return switch (wanted) {
            case "auto" -> new RingFiles(poller, false, ENTRIES);
            case "ring" -> new RingFiles(poller, true, ENTRIES);
            case "threads" -> FileDriver.CHANNELS;
            default -> throw new IllegalArgumentException(
                    "jloop.files must be auto, ring or threads, not " + wanted);
        };
    }

    @Override
    public OpenFile open(Path path, Set<? extends OpenOption> options,
            FileAttribute<?>... attributes) throws IOException {
        return FileDriver.CHANNELS.open(path, options, attributes);
    }

    // ---- What is asked for

    @Override
    public <T> boolean submit(FileOperation<T> operation, FileCompletion<T> completion) {
        Request<?> request = request(operation, completion);
        if (request == null || isRefused || count == PLACES || poller.isClosed()) return false;
        Ring ring = ring();
        return ring != null && hasRoom(ring) && begin(ring, request);
    }

    @SuppressWarnings("unchecked")          // what an operation brings, its completion takes
    private @Nullable Request<?> request(FileOperation<?> operation,
            FileCompletion<?> completion) {
        return switch (operation) {
            case FileOperation.Read(RingFile file, long position, int maxBytes)
                when file.isReadable() && fits(maxBytes, position) ->
                new Read((FileCompletion<byte[]>) completion, file, position, maxBytes);
            case FileOperation.Write(RingFile file, ByteBuffer from, long position)
                when file.isWritable() && fits(from.remaining(), position) ->
                new Write((FileCompletion<Integer>) completion, file, from, position);
            case FileOperation.Sync(RingFile file, boolean metadata) ->
                new Sync((FileCompletion<Boolean>) completion, file, metadata);
            case FileOperation.Open open when canOpen(open) ->
                new Open((FileCompletion<OpenFile>) completion, open.path(), open.options());
            default -> null;
        };
    }

    private static boolean fits(int bytes, long position) {
        return position >= 0 && bytes > 0 && bytes <= Blocks.BYTES_MAX;
    }

    /// Only paths of the system itself; and not those whose name is no text, which a path
    /// keeps to itself.
    private static boolean canOpen(FileOperation.Open open) {
        Set<? extends OpenOption> options = open.options();
        boolean appends = options.contains(StandardOpenOption.APPEND);
        return open.attributes().isEmpty() && OPTIONS.containsAll(options)
                && !(appends && options.contains(StandardOpenOption.READ))
                && !(appends && options.contains(StandardOpenOption.TRUNCATE_EXISTING))
                && open.path().getFileSystem() == FileSystems.getDefault()
                && open.path().getClass().getModule() == Object.class.getModule()
                && open.path().toString().indexOf('\ufffd') < 0;
    }

    /// The ring; null if there is none to be had.
    private @Nullable Ring ring() {
        if (ring != null) return ring;
        try {
            ring = made();
            scratch = new byte[SCRATCH_BYTES];
        } catch (UncheckedIOException | IllegalStateException e) {
            if (isRequired) throw e;
            isRefused = true;
        }
        return ring;
    }

    private Ring made() {
        Ring made = new Ring(poller.calls, entries, false);
        boolean complete = false;
        try {
            int result = made.knows(OPERATIONS)
                    ? poller.serve(this, made.fd) : -Errno.ENOSYS;
            if (result < 0) throw Ring.refused("io_uring for files", result);
            complete = true;
            return made;
        } finally {
            if (!complete) made.release();
        }
    }

    private static boolean hasRoom(Ring ring) {
        return ring.hasRoom(1) || ring.submit() >= 0 && ring.hasRoom(1);
    }

    private boolean begin(Ring ring, Request<?> request) {
        if (request.bytes > 0) {
            request.block = blocks.take(request.bytes);
            if (request.block == null) return false;
        }
        if (request.file != null && !request.file.enter()) {
            giveBack(request);
            return false;
        }
        request.place = places[count++];
        underWay[request.place] = request;
        request.begin();
        ask(ring, request);
        return true;
    }

    private void ask(Ring ring, Request<?> request) {
        request.ask(ring);
        request.number = ++asks;
    }

    @Override
    public void cancel(FileCompletion<?> completion) {
        for (Request<?> request : underWay) {
            if (request != null && request.completion == completion) cancel(request);
        }
    }

    private void cancel(Request<?> request) {
        Ring ring = this.ring;
        request.isCancelled = true;
        if (ring == null || isRefused || !hasRoom(ring)) return;
        long at = ring.ask(Ring.OP_ASYNC_CANCEL, -1, 0, request.place, 0, 0, NOBODY);
        ring.flag(at, Ring.SQE_SKIP_SUCCESS);
        asks++;
    }

    // ---- What is done

    /// Before the poller sleeps: has the kernel begin what was asked for, and returns for how
    /// long to sleep.
    long begin(long timeoutNanos) {
        Ring ring = this.ring;
        if (ring == null) return timeoutNanos;
        if (!isRefused && (ring.asked() > 0 || ring.hasOverflowed())) {
            int result = ring.submit();
            boolean isPassing = result >= 0 || result == -Errno.EINTR
                    || result == -Errno.EAGAIN || result == -Errno.EBUSY;
            if (!isPassing) giveUp(ring);
        }
        if (ring.hasCompleted()) return 0;
        boolean isStuck = !isRefused && ring.asked() > 0;
        return isStuck ? Math.min(timeoutNanos, RETRY_NANOS) : timeoutNanos;
    }

    /// The kernel takes no more: what it has not taken is for threads.
    private void giveUp(Ring ring) {
        isRefused = true;
        int taken = asks - ring.asked();
        for (Request<?> request : underWay) {
            if (request != null && request.number - taken > 0) {
                end(request);
                request.completion.refused();
            }
        }
    }

    /// Completes what is over.
    void complete() {
        Ring ring = this.ring;
        if (ring == null) return;
        int end = ring.end();
        while (ring.take(end, this)) { }
    }

    @Override
    public void completed(long data, int result, int flags) {
        Request<?> request = data == NOBODY ? null : underWay[(int) data];
        Ring ring = this.ring;
        if (request == null || ring == null) return;
        if (request.goesOn(result) && !isRefused && hasRoom(ring)) {
            ask(ring, request);
            return;
        }
        request.take(result);
        end(request);
        request.tell(result);
    }

    /// It is over: what it had is there for others.
    private void end(Request<?> request) {
        underWay[request.place] = null;
        places[--count] = request.place;
        giveBack(request);
        if (request.file != null) request.file.leave();
    }

    private void giveBack(Request<?> request) {
        if (request.block != null) blocks.giveBack(request.block);
        request.block = null;
    }

    /// Calls off all that is under way and waits for its end, for a second at most. What does
    /// not end, keeps its memory.
    void close() {
        cached.close();
        Ring ring = this.ring;
        if (ring == null) return;
        for (Request<?> request : underWay) {
            if (request != null && !request.isCancelled) cancel(request);
        }
        for (int rounds = 0; count > 0 && rounds < CLOSE_ROUNDS; ) {
            ring.enter(1, CLOSE_NANOS);
            if (!ring.hasCompleted()) rounds++;
            complete();
        }
        isRefused = true;
        this.ring = null;
        ring.release();
        blocks.free();
    }

    int count() {
        return count;
    }

    int inUseBytes() {
        return blocks.inUseBytes();
    }

    // ---- Requests

    /// What the kernel was asked for.
    private abstract static class Request<T> {

        final FileCompletion<T> completion;
        final @Nullable RingFile file;          // whose number it uses
        final int bytes;                        // of memory
        @Nullable Block block;
        int place;
        int number;                             // of its last ask
        boolean isCancelled;

        Request(FileCompletion<T> completion, @Nullable RingFile file, int bytes) {
            this.completion = completion;
            this.file = file;
            this.bytes = bytes;
        }

        /// Puts into the block what the kernel is to find there.
        void begin() { }

        /// Asks for what comes next.
        abstract void ask(Ring ring);

        /// Whether there is more to ask for after `result`.
        boolean goesOn(int result) {
            return false;
        }

        /// Takes what the kernel has put into the block.
        void take(int result) { }

        /// Tells of the end.
        void tell(int result) {
            switch (-result) {
                case Errno.EINTR, Errno.EAGAIN, Errno.ECANCELED -> completion.refused();
                default -> completion.failed(RingFile.failure(result));
            }
        }

        final Block block() {
            if (block == null) throw new AssertionError("no memory");
            return block;
        }
    }

    private final class Read extends Request<byte[]> {

        private final int fd;
        private final long position;
        private byte[] read = NO_BYTES;

        Read(FileCompletion<byte[]> completion, RingFile file, long position, int maxBytes) {
            super(completion, file, maxBytes);
            this.fd = file.fd;
            this.position = position;
        }

        @Override
        void ask(Ring ring) {
            ring.ask(Ring.OP_READ, fd, position, block().address(), bytes, 0, place);
        }

        @Override
        void take(int result) {
            if (result > 0 && !isCancelled) read = copied(block().bytes(), result);
        }

        @Override
        void tell(int result) {
            if (result < 0) super.tell(result);
            else completion.completed(read);
        }
    }

    /// By way of an array that is there, as one that is a copy of another is not cleared first.
    private byte[] copied(ByteBuffer bytes, int count) {
        if (count > scratch.length) {
            byte[] all = new byte[count];
            bytes.get(0, all);
            return all;
        }
        bytes.get(0, scratch, 0, count);
        return Arrays.copyOf(scratch, count);
    }

    private static final class Write extends Request<Integer> {

        private final ByteBuffer from;
        private final int start;
        private final int fd;
        private final long position;

        Write(FileCompletion<Integer> completion, RingFile file, ByteBuffer from, long position) {
            super(completion, file, from.remaining());
            this.fd = file.fd;
            this.from = from;
            this.start = from.position();
            this.position = position;
        }

        @Override
        void begin() {
            block().bytes().put(0, from, start, bytes);
        }

        @Override
        void ask(Ring ring) {
            ring.ask(Ring.OP_WRITE, fd, position, block().address(), bytes, 0, place);
        }

        @Override
        void tell(int result) {
            if (result < 0) {
                super.tell(result);
            } else {
                from.position(start + result);
                completion.completed(result);
            }
        }
    }

    private static final class Sync extends Request<Boolean> {

        private final int fd;
        private final boolean metadata;

        Sync(FileCompletion<Boolean> completion, RingFile file, boolean metadata) {
            super(completion, file, 0);
            this.fd = file.fd;
            this.metadata = metadata;
        }

        @Override
        void ask(Ring ring) {
            ring.ask(Ring.OP_FSYNC, fd, 0, 0, 0, metadata ? 0 : FSYNC_DATASYNC, place);
        }

        @Override
        void tell(int result) {
            if (result < 0) super.tell(result);
            else completion.completed(true);
        }
    }

    /// Looks what there is, and opens it if it is a regular file, or a new one: to open a named
    /// pipe may wait for ever, and has others believe that there is a reader.
    private final class Open extends Request<OpenFile> {

        private final byte[] path;
        private final int flags;
        private boolean isLookedAt;

        Open(FileCompletion<OpenFile> completion, Path path,
                Set<? extends OpenOption> options) {
            byte[] name = EpollPoller.bytes(path.toAbsolutePath().toString());
            super(completion, null, FileStatus.STATX_BYTES + name.length + 1);
            this.path = name;
            this.flags = flags(options);
        }

        // As java.nio: an option that needs another one is nothing without it.
        private static int flags(Set<? extends OpenOption> options) {
            boolean appends = options.contains(StandardOpenOption.APPEND);
            int flags = SystemCalls.O_CLOEXEC;
            if (options.contains(StandardOpenOption.SYNC)) flags |= SystemCalls.O_SYNC;
            if (options.contains(StandardOpenOption.DSYNC)) flags |= SystemCalls.O_DSYNC;
            if (!appends && !options.contains(StandardOpenOption.WRITE)) return flags;
            flags |= options.contains(StandardOpenOption.READ)
                    ? SystemCalls.O_RDWR : SystemCalls.O_WRONLY;
            if (appends) flags |= SystemCalls.O_APPEND;
            if (options.contains(StandardOpenOption.TRUNCATE_EXISTING))
                flags |= SystemCalls.O_TRUNC;
            if (options.contains(StandardOpenOption.CREATE_NEW))
                flags |= SystemCalls.O_CREAT | SystemCalls.O_EXCL;
            if (options.contains(StandardOpenOption.CREATE)) flags |= SystemCalls.O_CREAT;
            return flags;
        }

        @Override
        void begin() {
            MemorySegment name = block().memory().asSlice(FileStatus.STATX_BYTES);
            MemorySegment.copy(path, 0, name, JAVA_BYTE, 0, path.length);
            name.set(JAVA_BYTE, path.length, (byte) 0);
        }

        @Override
        void ask(Ring ring) {
            long status = block().address();
            long name = status + FileStatus.STATX_BYTES;
            int here = SystemCalls.AT_FDCWD;
            if (isLookedAt) ring.ask(Ring.OP_OPENAT, here, 0, name, NEW_FILE_MODE, flags, place);
            else ring.ask(Ring.OP_STATX, here, status, name, STATX_TYPE, 0, place);
        }

        @Override
        boolean goesOn(int result) {
            if (isLookedAt || isCancelled) return false;
            isLookedAt = result == 0 && FileStatus.of(block().memory()).isRegular()
                    || result == -Errno.ENOENT && (flags & SystemCalls.O_CREAT) != 0;
            return isLookedAt;
        }

        @Override
        void tell(int result) {
            if (isLookedAt && result >= 0)
                completion.completed(new RingFile(result, flags, poller.calls, cached));
            else completion.refused();
        }
    }
}
