package jloop.io;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Bytes that are accepted but not sent, oldest first.
final class WriteBuffer {

    private @Nullable ArrayDeque<byte[]> chunks;        // null while empty: most are, always
    private int sentOfFirst;
    private int sizeBytes;

    int sizeBytes() {
        return sizeBytes;
    }

    boolean isEmpty() {
        return sizeBytes == 0;
    }

    /// Adds a copy of `bytes[from, to)`.
    void add(byte[] bytes, int from, int to) {
        if (chunks == null) chunks = new ArrayDeque<>();
        chunks.add(Arrays.copyOfRange(bytes, from, to));
        sizeBytes += to - from;
    }

    /// Adds a copy of what remains in `bytes`, which it consumes.
    void add(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        if (chunks == null) chunks = new ArrayDeque<>();
        chunks.add(copy);
        sizeBytes += copy.length;
    }

    /// The oldest chunk, of which the bytes before [#offset()] are sent; null if there is none.
    byte @Nullable [] first() {
        return chunks == null ? null : chunks.peek();
    }

    int offset() {
        return sentOfFirst;
    }

    /// Counts `count` bytes of the first chunk as sent.
    void sent(int count) {
        ArrayDeque<byte[]> queue = chunks;
        if (queue == null) throw new IllegalStateException("sent what was never kept: " + count);
        sentOfFirst += count;
        sizeBytes -= count;
        if (sentOfFirst < queue.getFirst().length) return;
        queue.removeFirst();
        sentOfFirst = 0;
        if (queue.isEmpty()) chunks = null;
    }

    void clear() {
        chunks = null;
        sentOfFirst = 0;
        sizeBytes = 0;
    }
}
