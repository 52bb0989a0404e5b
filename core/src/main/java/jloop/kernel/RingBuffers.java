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
     *
     * The kernel takes them in turn, so all that it has go through the cache of the CPU, one after
     * the other. So it has no more of them than it needs: `offered` are its own for now, of
     * `wanted`, and the others are `spare`. When they ran out, twice as many are wanted; when a
     * turn has used less than a quarter of them, on average of a while, half as many.
     */

    static final int BUFFER_BYTES = 4096;
    static final int GROUP = 0;
    private static final int SLAB = 256;                // buffers that are made at once
    private static final int COUNT_MAX = 16 * SLAB;
    private static final int WHILE = 1 << 16;           // buffers that are used
    private static final int ENTRY_BYTES = 16;
    private static final int TAIL = 14;
    private static final int REGISTER_PBUF_RING = 22;
    private static final int REGISTRATION_BYTES = 40;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final VarHandle SHORT = JAVA_SHORT.varHandle();

    private final SystemCalls calls;
    private final MemorySegment entries;
    private final List<MemorySegment> slabs = new ArrayList<>();
    private final int[] spare = new int[COUNT_MAX];
    private int spares;
    private int wanted;
    private int offered;
    private boolean hasGrown;           // in this turn
    private int used;                   // in this while
    private int turns;                  // of this while
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
        wanted = SLAB;
        while (spares > 0) offer(spare[--spares]);
    }

    private MemorySegment map(long bytes) {
        long address = calls.mmap(bytes, MAP_PRIVATE_ANONYMOUS, -1, 0);
        if (address < 0) throw Ring.refused("mmap", (int) address);
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    /// They ran out: the kernel gets more of them, which are made if there are none. False if
    /// it has none, as there are as many as there may be, or no memory.
    boolean grow() {
        if (hasGrown && offered > 0) return true;       // they ran out before that
        hasGrown = true;
        wanted = Math.min(2 * wanted, COUNT_MAX);
        try {
            if (spares == 0 && slabs.size() * SLAB < COUNT_MAX) addSlab();
        } catch (Ring.Refused _) {
            return offered > 0;
        }
        while (offered < wanted && spares > 0) offer(spare[--spares]);
        return offered > 0;
    }

    private void addSlab() {
        int from = slabs.size() * SLAB;
        slabs.add(map((long) BUFFER_BYTES * SLAB));
        for (int id = from; id < from + SLAB; id++) spare[spares++] = id;
    }

    /// How many the kernel has to receive into.
    int offered() {
        return offered;
    }

    /// The kernel has used one.
    void used() {
        offered--;
        used++;
        if (offered < wanted && spares > 0) offer(spare[--spares]);
    }

    /// What was used in one turn is known.
    void endTurn() {
        hasGrown = false;
        turns++;
        if (used < WHILE) return;
        if (4 * used / turns < wanted) wanted = Math.max(wanted / 2, SLAB);
        used = 0;
        turns = 0;
    }

    /// One is free again.
    void give(int id) {
        if (offered < wanted) offer(id);
        else spare[spares++] = id;
    }

    private void offer(int id) {
        offered++;
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
