package jloop.kernel;

/// A queue of bytes with room for so many and no more.
final class ByteRing {

    /*
     * The bytes lie at first, first + 1, ... modulo the length of the array, which grows as it is
     * needed: most connections of a test carry little.
     *
     * Invariants (ByteRingTest.check):
     *   I1  0 <= size <= bytes.length <= limitBytes
     *   I2  0 <= first < bytes.length, or both are 0
     */

    private static final int FIRST_BYTES = 256;
    private static final byte[] NOTHING = {};

    private final int limitBytes;
    private byte[] bytes = NOTHING;
    private int first;
    private int size;

    ByteRing(int limitBytes) {
        if (limitBytes < 1)
            throw new IllegalArgumentException("limit must be at least 1 byte, not " + limitBytes);
        this.limitBytes = limitBytes;
    }

    boolean isEmpty() {
        return size == 0;
    }

    boolean isFull() {
        return size == limitBytes;
    }

    /// Adds what fits; returns how many bytes that was.
    int put(byte[] from, int offset, int length) {
        int count = Math.min(length, limitBytes - size);
        if (count == 0) return 0;
        makeRoom(size + count);
        int end = place(size);
        int straight = Math.min(count, bytes.length - end);
        System.arraycopy(from, offset, bytes, end, straight);
        System.arraycopy(from, offset + straight, bytes, 0, count - straight);
        size += count;
        return count;
    }

    /// Removes up to `length` of the oldest bytes; returns how many.
    int take(byte[] to, int offset, int length) {
        int count = Math.min(length, size);
        if (count == 0) return 0;
        int straight = Math.min(count, bytes.length - first);
        System.arraycopy(bytes, first, to, offset, straight);
        System.arraycopy(bytes, 0, to, offset + straight, count - straight);
        first = place(count);
        size -= count;
        return count;
    }

    private int place(int index) {
        int toEnd = bytes.length - first;       // first + index could overflow
        return index < toEnd ? first + index : index - toEnd;
    }

    private void makeRoom(int needed) {
        if (needed <= bytes.length) return;
        long wanted = Math.max(Math.max(needed, 2L * bytes.length), FIRST_BYTES);
        var larger = new byte[(int) Math.min(wanted, limitBytes)];
        int held = size;
        take(larger, 0, held);
        bytes = larger;
        first = 0;
        size = held;
    }
}
