package jloop.kernel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Memory outside of the heap, in blocks that are used again and again; of as many bytes at
/// most as sixteen threads would have.
///
/// **Threads**: one at a time.
final class Blocks {

    static final int BYTES_MAX = 256 * 1024;            // of a block
    private static final int BYTES_MIN = 4 * 1024;
    private static final int FACTOR_BITS = 2;           // from one size to the next
    private static final int IN_USE_MAX = 16 * BYTES_MAX;
    private static final int IDLE_MAX = 4 * BYTES_MAX;

    /// A block, with what it looks like to java.nio.
    record Block(MemorySegment memory, ByteBuffer bytes, int size) {

        static Block of(int size) {
            MemorySegment memory = SystemCalls.allocate((long) BYTES_MIN << FACTOR_BITS * size);
            return new Block(memory, memory.asByteBuffer(), size);
        }

        long address() {
            return memory.address();
        }
    }

    private final List<ArrayDeque<Block>> idle = List.of(new ArrayDeque<>(), new ArrayDeque<>(),
            new ArrayDeque<>(), new ArrayDeque<>());
    private int inUseBytes;
    private int idleBytes;

    /// A block of `bytes` or more, which are `BYTES_MAX` at most; null if too many are in use.
    @Nullable Block take(int bytes) {
        int size = (Integer.SIZE + 1 - Integer.numberOfLeadingZeros((bytes - 1) / BYTES_MIN))
                / FACTOR_BITS;
        if (inUseBytes + (BYTES_MIN << FACTOR_BITS * size) > IN_USE_MAX) return null;
        Block block = idle.get(size).poll();
        if (block == null) block = Block.of(size);
        else idleBytes -= block.bytes.capacity();
        inUseBytes += block.bytes.capacity();
        return block;
    }

    void giveBack(Block block) {
        int capacity = block.bytes.capacity();
        inUseBytes -= capacity;
        if (idleBytes + capacity > IDLE_MAX) {
            SystemCalls.free(block.memory);
            return;
        }
        idleBytes += capacity;
        idle.get(block.size).push(block);
    }

    int inUseBytes() {
        return inUseBytes;
    }

    /// Frees those that nobody uses.
    void free() {
        for (ArrayDeque<Block> blocks : idle)
            for (Block block; (block = blocks.poll()) != null; ) SystemCalls.free(block.memory);
    }
}
