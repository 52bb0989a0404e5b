package jloop.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import jloop.Socket;
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
        keep(Arrays.copyOfRange(bytes, from, to));
    }

    /// Adds a copy of what remains in `bytes`, which it consumes.
    void add(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        keep(copy);
    }

    private void keep(byte[] chunk) {
        if (chunks == null) chunks = new ArrayDeque<>();
        chunks.add(chunk);
        sizeBytes += chunk.length;
    }

    /// Sends by `socket` what fits right now.
    void sendBy(Socket socket) throws IOException {
        ArrayDeque<byte[]> queue = chunks;
        while (queue != null && !queue.isEmpty()) {
            byte[] first = queue.getFirst();
            int count = socket.sendNow(first, sentOfFirst, first.length - sentOfFirst);
            if (count == 0) return;
            sentOfFirst += count;
            sizeBytes -= count;
            if (sentOfFirst == first.length) {
                queue.removeFirst();
                sentOfFirst = 0;
            }
        }
        chunks = null;
    }

    void clear() {
        chunks = null;
        sentOfFirst = 0;
        sizeBytes = 0;
    }
}
