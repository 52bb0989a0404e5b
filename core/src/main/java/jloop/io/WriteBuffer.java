package jloop.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import jloop.EventLoop;
import jloop.Future;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// Bytes that are accepted but not sent, oldest first.
final class WriteBuffer {

    /*
     * Each chunk has what is to be sent between its position and its limit, and behind the limit
     * room for more: of the last one, bytes that come later take it. What many small writes
     * leave behind is so sent by few calls, and no vector of buffers is needed. A new chunk has
     * room for as much again as is kept, up to ROOM_BYTES: at most half of it is unused.
     */
    private static final int ROOM_BYTES = 64 * 1024;

    private @Nullable ArrayDeque<ByteBuffer> chunks;        // null while empty: most are, always
    private int sizeBytes;
    private @Nullable Future<Void> emptied;                 // somebody waits for it

    int sizeBytes() {
        return sizeBytes;
    }

    boolean isEmpty() {
        return sizeBytes == 0;
    }

    /// Adds a copy of `bytes[from, to)`.
    void add(byte[] bytes, int from, int to) {
        add(ByteBuffer.wrap(bytes, from, to - from));
    }

    /// Adds a copy of what remains in `bytes`, which it consumes.
    void add(ByteBuffer bytes) {
        ByteBuffer last = chunks == null ? null : chunks.peekLast();
        if (last != null) append(bytes, last);
        if (!bytes.hasRemaining()) return;
        if (chunks == null) chunks = new ArrayDeque<>();
        int room = Math.min(sizeBytes, ROOM_BYTES);
        ByteBuffer chunk = ByteBuffer.allocate(Math.max(bytes.remaining(), room)).limit(0);
        append(bytes, chunk);
        chunks.add(chunk);
    }

    /// Sends by `socket` what fits right now, if nothing is kept, and adds a copy of the rest.
    /// Returns whether bytes are kept now where there were none before.
    boolean sendOrAdd(Socket socket, ByteBuffer[] pieces) throws IOException {
        boolean isFirst = isEmpty();
        if (isFirst) socket.sendNow(pieces);
        for (ByteBuffer piece : pieces) add(piece);
        return isFirst && !isEmpty();
    }

    static long sizeBytes(ByteBuffer[] pieces) {
        long size = 0;
        for (ByteBuffer piece : pieces) size += piece.remaining();
        return size;
    }

    /// What remains in `pieces`, which it consumes.
    static byte[] joined(ByteBuffer[] pieces) {
        byte[] joined = new byte[Math.toIntExact(sizeBytes(pieces))];
        int size = 0;
        for (ByteBuffer piece : pieces) {
            int count = piece.remaining();      // none the second time, if one is there twice
            piece.get(joined, size, count);
            size += count;
        }
        return size == joined.length ? joined : Arrays.copyOf(joined, size);
    }

    /// As much as there is room for.
    private void append(ByteBuffer bytes, ByteBuffer chunk) {
        int end = chunk.limit();
        int count = Math.min(bytes.remaining(), chunk.capacity() - end);
        chunk.limit(end + count).put(end, bytes, bytes.position(), count);
        bytes.position(bytes.position() + count);
        sizeBytes += count;
    }

    /// Sends by `socket` what fits right now.
    void sendBy(Socket socket) throws IOException {
        ArrayDeque<ByteBuffer> queue = chunks;
        while (queue != null && !queue.isEmpty()) {
            ByteBuffer first = queue.getFirst();
            int count = socket.sendNow(first);
            if (count == 0) return;
            sizeBytes -= count;
            if (!first.hasRemaining()) queue.removeFirst();
        }
        clear();
    }

    /// Waits until all is sent, or dropped. One task at a time.
    void awaitEmpty(EventLoop loop) {
        if (isEmpty()) return;
        emptied = loop.createFuture();
        emptied.await();
    }

    @SuppressWarnings("NullAway")           // Void has no other value
    void clear() {
        chunks = null;
        sizeBytes = 0;
        if (emptied != null && !emptied.done()) emptied.setResult(null);
        emptied = null;
    }
}
