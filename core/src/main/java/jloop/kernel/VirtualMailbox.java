package jloop.kernel;

import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/// The datagrams that wait to be received at a virtual socket.
final class VirtualMailbox {

    /*
     * While there is any room, a datagram of any size goes in, as in the kernel. If there is none
     * it is lost over UDP; over UNIX its sender waits, and is told of room if it is connected to
     * here. An empty datagram takes room too.
     */
    @SuppressWarnings("ArrayRecordComponent")       // never compared
    private record Letter(byte[] data, SocketAddress from) { }

    private static final int ENVELOPE_BYTES = 8;

    private final Queue<Letter> letters = new ArrayDeque<>();
    private final SequencedSet<VirtualSocket> waiting = new LinkedHashSet<>();      // to send here
    private final int limitBytes;
    private int sizeBytes;
    private long dropped;
    private int error;          // below zero: the next call reports it, once
    private @Nullable SocketAddress peer;       // the only one to be heard; null for anybody
    private @Nullable SocketAddress sender;     // of the letter taken last

    VirtualMailbox(int limitBytes) {
        this.limitBytes = limitBytes;
    }

    @Nullable SocketAddress peer() {
        return peer;
    }

    void connect(SocketAddress to) {
        peer = to;
    }

    @Nullable SocketAddress sender() {
        return sender;
    }

    void fail(int errno) {
        error = -errno;
    }

    boolean hasFailed() {
        return error != 0;
    }

    /// The error, which is forgotten, or 0.
    int takeError() {
        int taken = error;
        error = 0;
        return taken;
    }

    boolean isReadable() {
        return error != 0 || !letters.isEmpty();
    }

    boolean hasRoom() {
        return sizeBytes < limitBytes;
    }

    /// There was no room for one.
    void drop() {
        dropped++;
    }

    long dropped() {
        return dropped;
    }

    /// Tells `socket` when there may be room.
    void await(VirtualSocket socket) {
        waiting.add(socket);
    }

    void put(byte[] array, int offset, int length, SocketAddress from) {
        letters.add(new Letter(Arrays.copyOfRange(array, offset, offset + length), from));
        sizeBytes += length + ENVELOPE_BYTES;
    }

    /// How many bytes the oldest datagram has, of which `length` were received, or `-errno`.
    int take(byte[] array, int offset, int length) {
        if (error != 0) return takeError();
        Letter letter = letters.poll();
        if (letter == null) return -Errno.EAGAIN;
        sizeBytes -= letter.data.length + ENVELOPE_BYTES;
        sender = letter.from;
        tellWaiting();
        System.arraycopy(letter.data, 0, array, offset, Math.min(length, letter.data.length));
        return letter.data.length;
    }

    void tellWaiting() {
        while (!waiting.isEmpty()) waiting.removeFirst().mayWrite();
    }
}
