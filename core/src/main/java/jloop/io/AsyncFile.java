package jloop.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import jloop.Asyncio;
import jloop.ClosedResourceException;
import jloop.EventLoop;
import jloop.FileJob;
import jloop.Future;
import jloop.Lock;
import jloop.Task;
import jloop.poller.FileOperation;
import jloop.poller.OpenFile;
import org.jspecify.annotations.Nullable;

/// An open file whose methods wait, and never block the loop.
///
/// {@snippet :
/// try (AsyncFile log = AsyncFile.open(path, CREATE, APPEND)) {
///     log.write("started\n".getBytes());
/// }
/// }
///
/// What uses the position (`read`, `write`, `seek` ...) is done one after the other, in the
/// order in which tasks ask; what names a place in the file (`readAt`, `writeAt`) goes on at
/// the same time. Nothing that was written is kept back, so there is nothing to flush.
///
/// **Errors**: IOException, in general a [FileSystemException] that names the file: `No space
/// left on device`. [ClosedResourceException] once it is closed, and for whoever waits then.
/// **Cancellation**: takes effect at once, however slow the disk is. A read that is cancelled
/// has consumed nothing. Of a write some or all may be written, and the position is behind that
/// before the next in line gets its turn.
/// **Virtual time** stands still while a file is read or written.
public final class AsyncFile implements AutoCloseable {

    /*
     * The position is ours, and what lies below has none. So a read that comes too late for who
     * wanted it has moved nothing.
     *
     * `ahead` are bytes that were read and not given out: what readline found behind its line.
     * They begin at `position`. Whatever may change them in the file forgets them.
     *
     * A turn lasts until the last operation of it is over, even if the task that had it was
     * cancelled meanwhile; or until the file is closed, as then nobody begins anything more.
     *
     * What is written is copied before, in blocks: a write that is cancelled goes on, and the
     * array is its owner's again.
     */

    static final int BLOCK_BYTES = 64 * 1024;
    private static final int MAX_BYTES = 256 * 1024;            // at a time
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final byte[] NO_BYTES = {};

    private final EventLoop loop;
    private final Path path;
    private final OpenFile file;
    private final Lock line = new Lock();
    private final Set<FileJob<?>> underWay = new LinkedHashSet<>();
    private final FileJob<Boolean> closing;
    private @Nullable Turn turn;
    private long position;
    private ByteBuffer ahead = NOTHING;
    private boolean closed;

    private AsyncFile(EventLoop loop, Path path, OpenFile file) {
        this.loop = loop;
        this.path = path;
        this.file = file;
        this.closing = loop.fileJob(_ -> closeNow());
    }

    /// Opens the file at `path`: for reading if no options are given, else as
    /// [java.nio.channels.FileChannel#open]. Its position is 0; with APPEND it is its size, and
    /// all writes go to the end.
    ///
    /// **Errors**: NoSuchFileException, FileAlreadyExistsException, AccessDeniedException and
    /// their like. A named pipe is refused: a [jloop.PipeEnd] is for those.
    /// **Cancellation**: a file that is opened all the same is closed.
    public static AsyncFile open(Path path, OpenOption... options) throws IOException {
        return open(path, Set.of(options));
    }

    /// The same with attributes for a file that is created, as its permissions.
    public static AsyncFile open(Path path, Set<? extends OpenOption> options,
            FileAttribute<?>... attributes) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        AsyncFile opened = new AsyncFile(loop, path,
                openBelow(loop, new FileOperation.Open(path, options, List.of(attributes))));
        if (options.contains(StandardOpenOption.APPEND)) opened.seekEnd();
        return opened;
    }

    private static OpenFile openBelow(EventLoop loop, FileOperation.Open open)
            throws IOException {
        try {
            return loop.fileJob(open).await();
        } catch (IOException e) {
            throw WholeFile.named(e, open.path());
        }
    }

    private void seekEnd() throws IOException {
        boolean complete = false;
        try {
            position = size();
            complete = true;
        } finally {
            if (!complete) closing.start();
        }
    }

    // ---- Reading

    /// Reads 1 to `maxBytes` bytes, at most 256 KiB; none at the end of the file, or if none
    /// are asked for.
    public byte[] read(int maxBytes) throws IOException {
        checkCount(maxBytes);
        return inTurn(() -> {
            if (ahead.hasRemaining()) return take(maxBytes);
            byte[] block = block(position, maxBytes, true);
            position += block.length;
            return block;
        });
    }

    /// Reads 1 to `length` bytes into `into` from `offset` on, at most 256 KiB, and returns how
    /// many; 0 at the end of the file, or if none are asked for.
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        return inTurn(() -> {
            int count = Math.min(length, ahead.remaining());
            if (count == 0) {
                count = block(position, into, offset, length, true);
            } else {
                ahead.get(into, offset, count);
                if (!ahead.hasRemaining()) ahead = NOTHING;
            }
            position += count;
            return count;
        });
    }

    /// Reads exactly `count` bytes.
    ///
    /// **Errors**: [IncompleteReadException] with what there was, if the file ends before.
    public byte[] readexactly(int count) throws IOException {
        checkCount(count);
        return inTurn(() -> {
            while (ahead.remaining() < count) {
                if (!fill(count - ahead.remaining()))
                    throw new IncompleteReadException(take(count), count);
            }
            return take(count);
        });
    }

    /// Reads all that is left.
    public byte[] readAll() throws IOException {
        return inTurn(() -> {
            while (fill(MAX_BYTES)) { }
            return take(Integer.MAX_VALUE);
        });
    }

    /// Reads a line, with its line feed; at the end of the file what is left, at last nothing.
    /// For text see [#lines()].
    public byte[] readline() throws IOException {
        return inTurn(() -> {
            int searched = 0;
            do {
                int length = lineLength(searched);
                if (length > 0) return take(length);
                searched = ahead.remaining();
            } while (fill(BLOCK_BYTES));
            return take(searched);
        });
    }

    /// The length of the first line of what was read ahead; 0 if it has no end there.
    private int lineLength(int from) {
        for (int i = ahead.position() + from; i < ahead.limit(); i++) {
            if (ahead.get(i) == '\n') return i + 1 - ahead.position();
        }
        return 0;
    }

    /// The lines from the position on, in UTF-8, without what ends them: a line feed, a
    /// carriage return, or both. They are read in blocks of 64 KiB, and independently: the
    /// position stays where it is.
    ///
    /// **Errors**: what the iterator throws is MalformedInputException and the like if it is no
    /// text, else as of [#readAt].
    public FileLines lines() {
        return lines(StandardCharsets.UTF_8);
    }

    /// The same in another charset.
    public FileLines lines(Charset charset) {
        return new FileLines(this, position, charset, false);
    }

    /// Reads 1 to `maxBytes` bytes from `place` on, at most 256 KiB; none behind the end of the
    /// file. The position takes no part.
    public byte[] readAt(long place, int maxBytes) throws IOException {
        checkCount(maxBytes);
        checkPlace(place);
        checkOpen();
        return block(place, maxBytes, false);
    }

    /// Reads 1 to `length` bytes from `place` on into `into` from `offset` on, at most 256 KiB,
    /// and returns how many; 0 behind the end of the file, or if none are asked for. The
    /// position takes no part.
    public int readAt(long place, byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        checkPlace(place);
        checkOpen();
        return block(place, into, offset, length, false);
    }

    private byte[] block(long place, int maxBytes, boolean inTurn) throws IOException {
        if (maxBytes == 0) return NO_BYTES;
        ByteBuffer now = loop.readNow(file, place, maxBytes);
        return now == null ? blockByJob(place, maxBytes, inTurn) : bytes(now, now.remaining());
    }

    private int block(long place, byte[] into, int offset, int length, boolean inTurn)
            throws IOException {
        if (length == 0) return 0;
        ByteBuffer now = loop.readNow(file, place, length);
        if (now == null) now = ByteBuffer.wrap(blockByJob(place, length, inTurn));
        int count = now.remaining();
        now.get(into, offset, count);
        return count;
    }

    private byte[] blockByJob(long place, int maxBytes, boolean inTurn) throws IOException {
        return carryOut(new FileOperation.Read(file, place, Math.min(maxBytes, MAX_BYTES)),
                inTurn, () -> { });
    }

    private boolean fill(int maxBytes) throws IOException {
        byte[] block = block(position + ahead.remaining(), maxBytes, true);
        if (block.length == 0) return false;
        if (!ahead.hasRemaining()) {
            ahead = ByteBuffer.wrap(block);
            return true;
        }
        int used = ahead.remaining();
        if (ahead.capacity() - ahead.limit() < block.length)
            ahead = ByteBuffer.allocate(WholeFile.grown(used, block.length)).put(ahead).flip();
        int end = ahead.limit();
        ahead.limit(end + block.length).put(end, block);
        return true;
    }

    private byte[] take(int maxBytes) {
        byte[] taken = bytes(ahead, Math.min(maxBytes, ahead.remaining()));
        position += taken.length;
        if (!ahead.hasRemaining()) ahead = NOTHING;
        return taken;
    }

    @SuppressWarnings("ByteBufferBackingArray")     // it was made so
    private static byte[] bytes(ByteBuffer from, int count) {
        if (count > 0 && count == from.capacity() && from.hasArray()) {
            from.position(count);
            return from.array();
        }
        byte[] bytes = new byte[count];
        from.get(bytes);
        return bytes;
    }

    private static void checkCount(int count) {
        if (count < 0) throw new IllegalArgumentException("cannot read " + count + " bytes");
    }

    private static void checkPlace(long place) {
        if (place < 0)
            throw new IllegalArgumentException("a place in a file is at least 0, not " + place);
    }

    // ---- Writing

    /// Writes all of `bytes`, in blocks of 256 KiB, and nobody else in between.
    public void write(byte[] bytes) throws IOException {
        write(bytes, 0, bytes.length);
    }

    /// The same of `length` bytes from `offset`.
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        inTurn(() -> {
            for (int done = 0; done < length; ) {
                int from = offset + done;
                done += writeBlock(Arrays.copyOfRange(bytes, from,
                        from + Math.min(length - done, MAX_BYTES)), position, true);
            }
            return true;
        });
    }

    /// Writes all of `bytes` from `place` on, in blocks of 256 KiB. The position takes no part.
    /// A file that was opened to append has them at its end.
    public void writeAt(long place, byte[] bytes) throws IOException {
        checkPlace(place);
        checkOpen();
        for (int done = 0; done < bytes.length; ) {
            done += writeBlock(Arrays.copyOfRange(bytes, done,
                    Math.min(bytes.length, done + MAX_BYTES)), place + done, false);
        }
    }

    private int writeBlock(byte[] block, long place, boolean inTurn) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(block);
        while (left.hasRemaining()) {
            int before = left.position();
            carryOut(new FileOperation.Write(file, left, place + before), inTurn, () -> {
                ahead = NOTHING;
                if (inTurn) position += left.position() - before;
            });
            if (left.position() == before)
                throw WholeFile.named(new IOException("nothing was written"), path);
        }
        return block.length;
    }

    // ---- The position, and the rest

    /// Moves the position to `place`, which may be behind the end: what is written there leaves
    /// a gap of zeros.
    public void seek(long place) throws IOException {
        checkPlace(place);
        inTurn(() -> {
            position = place;
            ahead = NOTHING;
            return true;
        });
    }

    /// The position: where it is read or written next.
    public long tell() {
        return position;
    }

    /// How many bytes it has now.
    public long size() throws IOException {
        checkOpen();
        return carryOut(_ -> file.size(), false, () -> { });
    }

    /// Cuts it off at `size` bytes, if it is longer. The position stays.
    public void truncate(long size) throws IOException {
        checkPlace(size);
        inTurn(() -> carryOut(_ -> {
            file.truncate(size);
            return true;
        }, true, () -> ahead = NOTHING));
    }

    /// Has the device keep what was written, and all that is known of the file.
    ///
    /// **As in Java**: `FileChannel.force(true)`.
    public void fsync() throws IOException {
        inTurn(() -> carryOut(new FileOperation.Sync(file, true), true, () -> { }));
    }

    /// Has the device keep what was written.
    ///
    /// **As in Java**: `FileChannel.force(false)`.
    public void fdatasync() throws IOException {
        inTurn(() -> carryOut(new FileOperation.Sync(file, false), true, () -> { }));
    }

    /// What it was opened by.
    public Path path() {
        return path;
    }

    public boolean isOpen() {
        return !closed;
    }

    // ---- Closing

    /// Closes it, and waits until that is done: what is under way has to end before. Those who
    /// wait for it meanwhile are told so at once. Closing again does nothing but wait.
    ///
    /// In a callback, which cannot wait, it goes on in the background.
    ///
    /// **Cancellation**: the file is closed all the same, in the background.
    @Override
    public void close() throws IOException {
        if (loop.isClosed()) {
            closeNow();
            return;
        }
        Future<Boolean> end = closing.future();
        if (!closed) beginClosing();
        if (Task.current() == null || end.done()) return;
        Asyncio.wait(List.of(end));
        end.result();
    }

    private void beginClosing() {
        closed = true;
        for (FileJob<?> job : underWay)
            job.abandon(new ClosedResourceException(path + " was closed meanwhile"));
        if (turn != null) turn.end();
        if (underWay.isEmpty()) closing.start();
    }

    private boolean closeNow() throws IOException {
        try {
            file.close();
            return true;
        } catch (IOException e) {
            throw WholeFile.named(e, path);
        }
    }

    // ---- Carrying out

    @FunctionalInterface
    private interface Steps<T> {
        T take() throws IOException;
    }

    /// The right to use the position.
    private final class Turn {

        private boolean isBusy;         // an operation of it is under way
        private boolean isLeft;         // by its task
        private boolean isOver;

        void operated() {
            isBusy = false;
            if (isLeft) end();
        }

        void leave() {
            isLeft = true;
            if (!isBusy) end();
        }

        void end() {
            if (isOver) return;
            isOver = true;
            turn = null;
            line.release();
        }
    }

    private <T> T inTurn(Steps<T> steps) throws IOException {
        line.acquire();
        Turn mine = new Turn();
        turn = mine;
        try {
            checkOpen();
            return steps.take();
        } finally {
            mine.leave();
        }
    }

    /// Waits for `operation`, and has `then` called when that is over, whoever waited for it.
    private <T> T carryOut(FileOperation<T> operation, boolean inTurn, Runnable then)
            throws IOException {
        FileJob<T> job = loop.fileJob(operation);
        Turn holder = inTurn ? turn : null;
        if (holder != null) holder.isBusy = true;
        underWay.add(job);
        try {
            return job.await();
        } catch (IOException e) {
            throw WholeFile.named(e, path);
        } finally {
            job.whenOver(() -> {
                underWay.remove(job);
                then.run();
                if (holder != null) holder.operated();
                if (closed && underWay.isEmpty()) closing.start();
            });
        }
    }

    private void checkOpen() {
        if (closed) throw new ClosedResourceException(path + " is closed");
    }

    @Override
    public String toString() {
        return "<AsyncFile " + path + (closed ? " closed>" : " at " + position + ">");
    }
}
