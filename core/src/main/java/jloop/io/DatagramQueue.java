package jloop.io;

import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// Datagrams that are accepted but not sent, oldest first.
final class DatagramQueue {

    /// One of them; null as address is the peer's.
    @SuppressWarnings("ArrayRecordComponent")       // never compared
    record Unsent(byte[] data, @Nullable SocketAddress to) { }

    // asyncio: what it charges for each, so that empty ones cannot grow without limit.
    private static final int HEADER_BYTES = 8;

    private final Queue<Unsent> queue = new ArrayDeque<>();
    private int sizeBytes;

    int sizeBytes() {
        return sizeBytes;
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }

    /// Adds a copy of what remains in `data`, which it consumes.
    void add(ByteBuffer data, @Nullable SocketAddress to) {
        byte[] copy = new byte[data.remaining()];
        data.get(copy);
        queue.add(new Unsent(copy, to));
        sizeBytes += copy.length + HEADER_BYTES;
    }

    @Nullable Unsent first() {
        return queue.peek();
    }

    void removeFirst() {
        sizeBytes -= queue.remove().data.length + HEADER_BYTES;
    }

    void clear() {
        queue.clear();
        sizeBytes = 0;
    }
}
