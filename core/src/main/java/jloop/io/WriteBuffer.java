package jloop.io;

import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Bytes that are accepted but not sent, oldest first.
final class WriteBuffer {

    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
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
        chunks.add(Arrays.copyOfRange(bytes, from, to));
        sizeBytes += to - from;
    }

    /// The oldest chunk, of which the bytes before [#offset()] are sent; null if there is none.
    byte @Nullable [] first() {
        return chunks.peek();
    }

    int offset() {
        return sentOfFirst;
    }

    /// Counts `count` bytes of the first chunk as sent.
    void sent(int count) {
        byte[] first = chunks.getFirst();
        sentOfFirst += count;
        sizeBytes -= count;
        if (sentOfFirst < first.length) return;
        chunks.removeFirst();
        sentOfFirst = 0;
    }

    void clear() {
        chunks.clear();
        sentOfFirst = 0;
        sizeBytes = 0;
    }
}
