package jloop.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/// A part of a file that is being sent, and how far that has got.
public final class FilePart {

    private final long start;
    private final long countMax;
    private long sentBytes;

    /// From `start` on; `count` bytes, or all to the end of the file if that is null, or comes
    /// first.
    public FilePart(long start, @Nullable Long count) {
        this.start = start;
        this.countMax = count == null ? Long.MAX_VALUE - start : count;
    }

    public long sentBytes() {
        return sentBytes;
    }

    /// Where the file is to be read next.
    public long position() {
        return start + sentBytes;
    }

    /// How much to send next, if at most `max`; 0 when all was.
    public int length(int max) {
        return (int) Math.min(max, countMax - sentBytes);
    }

    public void sent(int count) {
        sentBytes += count;
    }

    /// Reads what comes next into `block`: how many bytes, or none at the end. Blocks for the
    /// disk.
    public int read(FileChannel file, byte[] block) throws IOException {
        ByteBuffer room = ByteBuffer.wrap(block, 0, length(block.length));
        return room.hasRemaining() ? Math.max(file.read(room, position()), 0) : 0;
    }

    /// Moves the position of `file` to behind the last byte that was sent, if one was.
    public void leave(FileChannel file) throws IOException {
        if (sentBytes > 0 && file.isOpen()) file.position(position());
    }
}
