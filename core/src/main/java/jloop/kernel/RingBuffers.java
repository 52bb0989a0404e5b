package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/// Buffers that a [Ring] receives into: the kernel takes the next one for each receive that got
/// something, and it is the kernel's again when what it holds was taken out.
@SuppressWarnings("restricted")
final class RingBuffers {

    /*
     * struct io_uring_buf (16 bytes): u64 addr 0, u32 len 8, u16 bid 12. The last two bytes of
     * the first one are the tail of them all (struct io_uring_buf_ring). To be given to
     * io_uring_register(2): struct io_uring_buf_reg (40): u64 ring_addr 0, u32 ring_entries 8,
     * u16 bgid 12.
     *
     * Their addresses are the kernel's to write to until the ring has nothing under way.
     */

    static final int BUFFER_BYTES = 4096;
    static final int GROUP = 0;
    private static final int SLAB = 256;                // buffers that are made at once
    private static final int COUNT_MAX = 16 * SLAB;
    private static final int ENTRY_BYTES = 16;
    private static final int TAIL = 14;
    private static final int REGISTER_PBUF_RING = 22;
    private static final int REGISTRATION_BYTES = 40;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final VarHandle SHORT = JAVA_SHORT.varHandle();

    private final SystemCalls calls;
    private final MemorySegment entries;
    private final List<MemorySegment> slabs = new ArrayList<>();
    private short tail;

    /// **Errors**: UncheckedIOException if the kernel refuses them.
    RingBuffers(SystemCalls calls, Ring ring) {
        this.calls = calls;
        entries = map((long) ENTRY_BYTES * COUNT_MAX);
        MemorySegment registration = SystemCalls.allocate(REGISTRATION_BYTES);
        registration.fill((byte) 0);
        registration.set(JAVA_LONG, 0, entries.address());
        registration.set(JAVA_INT, 8, COUNT_MAX);
        registration.set(JAVA_SHORT, 12, (short) GROUP);
        int result = calls.uringRegister(ring.fd, REGISTER_PBUF_RING, registration, 1);
        SystemCalls.free(registration);
        if (result < 0) {
            release();
            throw Ring.refused("io_uring_register of buffers", result);
        }
        try {
            addSlab();
        } catch (Ring.Refused e) {
            release();
            throw e;
        }
    }

    private MemorySegment map(long bytes) {
        long address = calls.mmap(bytes, MAP_PRIVATE_ANONYMOUS, -1, 0);
        if (address < 0) throw Ring.refused("mmap", (int) address);
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    /// Makes more of them: false if there are as many as there may be, or no memory.
    boolean grow() {
        if (slabs.size() * SLAB == COUNT_MAX) return false;
        try {
            addSlab();
            return true;
        } catch (Ring.Refused _) {
            return false;
        }
    }

    private void addSlab() {
        int from = slabs.size() * SLAB;
        slabs.add(map((long) BUFFER_BYTES * SLAB));
        for (int id = from; id < from + SLAB; id++) give(id);
    }

    /// Gives one to the kernel.
    void give(int id) {
        long at = (long) ENTRY_BYTES * (tail & (COUNT_MAX - 1));
        entries.set(JAVA_LONG, at, slabs.get(id / SLAB).address() + offset(id));
        entries.set(JAVA_INT, at + 8, BUFFER_BYTES);
        entries.set(JAVA_SHORT, at + 12, (short) id);
        SHORT.setRelease(entries, (long) TAIL, ++tail);
    }

    void copy(int id, int from, byte[] array, int offset, int count) {
        MemorySegment.copy(
                slabs.get(id / SLAB), JAVA_BYTE, offset(id) + from, array, offset, count);
    }

    private static long offset(int id) {
        return (long) BUFFER_BYTES * (id % SLAB);
    }

    void release() {
        calls.munmap(entries);
        slabs.forEach(calls::munmap);
    }
}
