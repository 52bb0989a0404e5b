package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What is to be sent and closed when the ring is entered next: the flows concerned, in order,
/// and a copy of their bytes, outside of the heap.
final class RingOutbox {

    /// So many bytes behind those that are put in are for anything.
    static final int SPARE_BYTES = 64 * 1024;

    private static final int BYTES = 1 << 20;

    final MemorySegment memory = SystemCalls.allocate(BYTES + SPARE_BYTES);
    private @Nullable RingOutflow[] flows = new RingOutflow[64];
    private int count;
    private int end;

    int count() {
        return count;
    }

    /// Adds `flow`, and returns its slot.
    int add(RingOutflow flow) {
        if (count == flows.length) flows = Arrays.copyOf(flows, 2 * count);
        flows[count] = flow;
        return count++;
    }

    /// Takes out the flow of that slot.
    @Nullable RingOutflow remove(int slot) {
        RingOutflow flow = flows[slot];
        flows[slot] = null;
        return flow;
    }

    /// Has `ring` do what is in that slot. Returns whether that is not all: it is closed when
    /// it is known what came of it.
    boolean ask(int slot, Ring ring) {
        RingOutflow flow = flows[slot];
        return flow != null && flow.ask(ring, this, slot);
    }

    /// What is in that slot was not sent, or not all of it.
    void sent(int slot, int result) {
        RingOutflow flow = flows[slot];
        if (flow != null) flow.sent(result, this);
    }

    /// Where the next bytes will be.
    int end() {
        return end;
    }

    boolean hasRoom(int length) {
        return length <= BYTES - end;
    }

    void put(byte[] array, int offset, int length) {
        MemorySegment.copy(array, offset, memory, JAVA_BYTE, end, length);
        end += length;
    }

    /// A copy of `length` bytes in the heap.
    byte[] bytes(int from, int length) {
        byte[] copy = new byte[length];
        MemorySegment.copy(memory, JAVA_BYTE, from, copy, 0, length);
        return copy;
    }

    void clear() {
        Arrays.fill(flows, 0, count, null);
        count = 0;
        end = 0;
    }

    void release() {
        SystemCalls.free(memory);
    }
}
