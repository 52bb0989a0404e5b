package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/// An array of `struct epoll_event` in native memory, to be freed by whoever made it.
final class EpollEvents {

    /*
     * struct epoll_event             x86-64 (packed)    elsewhere
     *   u32  events                        0                0
     *   u64  data                          4                8
     *   sizeof                            12               16
     *
     * From include/uapi/linux/eventpoll.h, EPOLL_PACKED. EpollLayoutTest checks these numbers
     * by a round trip through the kernel.
     */
    private static final boolean PACKED = System.getProperty("os.arch").equals("amd64");
    private static final int EVENTS = 0;
    private static final int DATA = PACKED ? 4 : 8;
    static final int EVENT_BYTES = PACKED ? 12 : 16;

    final int count;
    final MemorySegment memory;

    EpollEvents(int count) {
        this.count = count;
        memory = SystemCalls.allocate((long) count * EVENT_BYTES);
    }

    int events(int index) {
        return memory.get(JAVA_INT_UNALIGNED, (long) index * EVENT_BYTES + EVENTS);
    }

    long data(int index) {
        return memory.get(JAVA_LONG_UNALIGNED, (long) index * EVENT_BYTES + DATA);
    }

    void set(int index, int events, long data) {
        memory.set(JAVA_INT_UNALIGNED, (long) index * EVENT_BYTES + EVENTS, events);
        memory.set(JAVA_LONG_UNALIGNED, (long) index * EVENT_BYTES + DATA, data);
    }

    void free() {
        SystemCalls.free(memory);
    }
}
