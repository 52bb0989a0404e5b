package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.stream.IntStream;

/// The two queues of an io_uring(7), in memory that the kernel shares: what it is asked to do,
/// and what it has done.
///
/// **Threads**: one at a time; one that is [#isOwned] is entered by the first alone.
final class Ring {

    /*
     * struct io_uring_params (120 bytes)    struct io_uring_sqe (64)     struct io_uring_cqe (16)
     *   u32 sq_entries         0              u8  opcode        0          u64 user_data    0
     *   u32 cq_entries         4              u8  flags         1          s32 res          8
     *   u32 flags              8              u16 ioprio        2          u32 flags       12
     *   u32 features          20              s32 fd            4
     *   sq: head              40              u64 off           8        struct
     *       tail              44              u64 addr         16        io_uring_getevents_arg
     *       ring_mask         48              u32 len          24          u64 sigmask      0
     *       flags             56              u32 op_flags     28          u32 sigmask_sz   8
     *       array             64              u64 user_data    32          u32 min_wait    12
     *   cq: head              80              u16 buf_group    40          u64 ts          16
     *       tail              84
     *       cqes             100
     *
     * From include/uapi/linux/io_uring.h. The numbers of the queues are offsets into one mapping
     * (IORING_FEAT_SINGLE_MMAP).
     *
     * The kernel takes what stands between head and tail of the first queue, in that order, when
     * it is entered; all of it, whatever becomes of one (SUBMIT_ALL). What it has done it puts
     * into the second one at any time, or, if the ring is owned (DEFER_TASKRUN), only while its
     * owner enters: less work, no interrupts, and nothing is received or accepted that nobody
     * would see. Such a ring refuses every other thread with EEXIST.
     *
     * It is not registered with its owner (REGISTER_RING_FDS), which would spare each call a look
     * into the table of descriptors: who has it so keeps it, with all that it has under way,
     * whoever closes its descriptor, and nobody else can take that back.
     */

    // io_uring_setup(2)
    private static final int SETUP_CQSIZE = 1 << 3;
    private static final int SETUP_CLAMP = 1 << 4;
    private static final int SETUP_R_DISABLED = 1 << 6;
    private static final int SETUP_SUBMIT_ALL = 1 << 7;
    private static final int SETUP_SINGLE_ISSUER = 1 << 12;
    private static final int SETUP_DEFER_TASKRUN = 1 << 13;
    private static final int SETUP_NO_SQARRAY = 1 << 16;
    private static final int SHARED = SETUP_SUBMIT_ALL | SETUP_CLAMP | SETUP_CQSIZE;
    private static final int OWNED =
            SHARED | SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN | SETUP_R_DISABLED;
    private static final int FEATURES = 1 | 1 << 1 | 1 << 2 | 1 << 8;   // SINGLE_MMAP, NODROP,
    private static final int PARAMS_BYTES = 120;                        // SUBMIT_STABLE, EXT_ARG

    // io_uring_enter(2)
    private static final int ENTER_GETEVENTS = 1;
    private static final int ENTER_EXT_ARG = 1 << 3;
    private static final int ENTER = ENTER_GETEVENTS | ENTER_EXT_ARG;
    private static final int ARG_BYTES = 24;
    private static final int ARG_TIMESPEC = 16;

    // io_uring_register(2)
    private static final int REGISTER_PROBE = 8;
    private static final int PROBED_OPERATIONS = 256;
    private static final int PROBE_BYTES = 8;           // of each, behind as many of two heads
    private static final int PROBE_FLAGS = 2;
    private static final int PROBE_SUPPORTED = 1;
    private static final int REGISTER_ENABLE_RINGS = 12;

    private static final int SQ_CQ_OVERFLOW = 1 << 1;
    private static final int SQE_BYTES = 64;
    private static final int CQE_BYTES = 16;
    private static final int FLAGS = 1;
    private static final int PRIORITY = 2;
    private static final int DATA = 32;
    private static final int GROUP = 40;

    // mmap(2)
    private static final int MAP_SHARED_POPULATE = 0x8001;
    private static final long OFFSET_SQES = 0x1000_0000L;

    // Operations, io_uring_enter(2)
    static final int OP_NOP = 0;
    static final int OP_FSYNC = 3;
    static final int OP_POLL_ADD = 6;
    static final int OP_ACCEPT = 13;
    static final int OP_ASYNC_CANCEL = 14;
    static final int OP_CONNECT = 16;
    static final int OP_OPENAT = 18;
    static final int OP_CLOSE = 19;
    static final int OP_STATX = 21;
    static final int OP_READ = 22;
    static final int OP_WRITE = 23;
    static final int OP_SEND = 26;
    static final int OP_RECV = 27;

    static final int SQE_BUFFER_SELECT = 1 << 5;
    static final int SQE_SKIP_SUCCESS = 1 << 6;

    static final int CQE_F_BUFFER = 1;
    static final int CQE_F_MORE = 2;

    private static final VarHandle INT = JAVA_INT.varHandle();
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    /// What is told of one completion.
    interface Completions {
        void completed(long data, int result, int flags);
    }

    /// The kernel refuses a call that there can be no ring without.
    static final class Refused extends UncheckedIOException {

        private static final long serialVersionUID = 1;

        final String what;
        final int errno;

        private Refused(String what, int errno) {
            super(new IOException(what));
            this.what = what;
            this.errno = errno;
        }
    }

    final int fd;
    final boolean isOwned;
    final int entries;
    private final SystemCalls calls;
    private final MemorySegment argument;
    private final MemorySegment queues;
    private final MemorySegment submissions;
    private final int sqHead;
    private final int sqTail;
    private final int sqFlags;
    private final int cqHead;
    private final int cqTail;
    private final int cqes;
    private final int sqMask;
    private final int cqMask;
    private boolean isDisabled;
    private int tail;

    /// **Errors**: [Refused] by the kernel; IllegalStateException if it lacks what this class
    /// relies on.
    Ring(SystemCalls calls, int wanted, boolean isOwned) {
        this.calls = calls;
        this.isOwned = isOwned;
        MemorySegment params = SystemCalls.allocate(PARAMS_BYTES);
        try {
            fd = set(params, wanted, isOwned ? OWNED : SHARED);
            int flags = params.get(JAVA_INT, 8);
            isDisabled = (flags & SETUP_R_DISABLED) != 0;
            entries = params.get(JAVA_INT, 0);
            int completions = params.get(JAVA_INT, 4);
            sqMask = entries - 1;
            cqMask = completions - 1;
            sqHead = params.get(JAVA_INT, 40);
            sqTail = params.get(JAVA_INT, 44);
            sqFlags = params.get(JAVA_INT, 56);
            cqHead = params.get(JAVA_INT, 80);
            cqTail = params.get(JAVA_INT, 84);
            cqes = params.get(JAVA_INT, 100);
            int array = params.get(JAVA_INT, 64);
            boolean hasArray = (flags & SETUP_NO_SQARRAY) == 0;
            long bytes = Math.max(cqes + (long) CQE_BYTES * completions,
                    hasArray ? array + (long) Integer.BYTES * entries : 0);
            queues = map(bytes, 0);
            submissions = map((long) SQE_BYTES * entries, OFFSET_SQES);
            argument = SystemCalls.allocate(ARG_BYTES + 2 * Long.BYTES);
            for (int i = 0; hasArray && i < entries; i++)
                queues.set(JAVA_INT, array + (long) Integer.BYTES * i, i);
        } finally {
            SystemCalls.free(params);
        }
    }

    private int set(MemorySegment params, int wanted, int flags) {
        int result = set(params, wanted, flags | SETUP_NO_SQARRAY, calls);
        if (result == -Errno.EINVAL) result = set(params, wanted, flags, calls);    // before 6.6
        if (result < 0) throw refused("io_uring_setup", result);
        if ((params.get(JAVA_INT, 20) & FEATURES) == FEATURES) return result;
        calls.close(result);
        throw new IllegalStateException("io_uring of this kernel lacks features: has "
                + Integer.toHexString(params.get(JAVA_INT, 20)) + ", expected "
                + Integer.toHexString(FEATURES));
    }

    private static int set(MemorySegment params, int wanted, int flags, SystemCalls calls) {
        params.fill((byte) 0);
        params.set(JAVA_INT, 4, 8 * wanted);
        params.set(JAVA_INT, 8, flags);
        return calls.uringSetup(wanted, params);
    }

    @SuppressWarnings("restricted")
    private MemorySegment map(long bytes, long offset) {
        long address = calls.mmap(bytes, MAP_SHARED_POPULATE, fd, offset);
        if (address > 0) return MemorySegment.ofAddress(address).reinterpret(bytes);
        if (offset > 0) calls.munmap(queues);
        calls.close(fd);
        throw refused("mmap", (int) address);
    }

    static Refused refused(String call, int result) {
        return new Refused(call + ": " + Errno.text(-result), -result);
    }

    /// Whether this kernel knows all these operations.
    boolean knows(int... operations) {
        MemorySegment probe = SystemCalls.allocate(PROBE_BYTES * (2L + PROBED_OPERATIONS));
        try {
            probe.fill((byte) 0);
            int result = calls.uringRegister(fd, REGISTER_PROBE, probe, PROBED_OPERATIONS);
            if (result < 0) throw refused("io_uring_register", result);
            return IntStream.of(operations).allMatch(operation -> isKnown(probe, operation));
        } finally {
            SystemCalls.free(probe);
        }
    }

    private static boolean isKnown(MemorySegment probe, int operation) {
        long at = PROBE_BYTES * (2L + operation) + PROBE_FLAGS;
        return (probe.get(JAVA_SHORT, at) & PROBE_SUPPORTED) != 0;
    }

    // ---- What is asked

    /// Asks for `operation`: what it means with these, io_uring_enter(2) says. Returns where it
    /// stands, for [#flag], [#priority] and [#group], until the next one is asked for.
    long ask(int operation, int file, long offset, long address, int length, int flags,
            long data) {
        if (!hasRoom(1)) submit();
        if (!hasRoom(1)) throw new IllegalStateException("io_uring takes nothing more");
        long at = (long) SQE_BYTES * (tail++ & sqMask);
        submissions.set(JAVA_LONG, at, operation | (long) file << 32);
        submissions.set(JAVA_LONG, at + 8, offset);
        submissions.set(JAVA_LONG, at + 16, address);
        submissions.set(JAVA_LONG, at + 24, length | (long) flags << 32);
        submissions.set(JAVA_LONG, at + DATA, data);
        submissions.set(JAVA_LONG, at + 40, 0);
        submissions.set(JAVA_LONG, at + 48, 0);
        submissions.set(JAVA_LONG, at + 56, 0);
        return at;
    }

    /// Does not ask for the last one, which the kernel has not taken, and returns its data.
    long takeBack() {
        return submissions.get(JAVA_LONG, (long) SQE_BYTES * (--tail & sqMask) + DATA);
    }

    /// How many were asked for so far; may overflow.
    int count() {
        return tail;
    }

    /// Whether the kernel has taken the first `count`.
    boolean hasTaken(int count) {
        return head() - count >= 0;
    }

    void flag(long at, int flags) {
        submissions.set(JAVA_BYTE, at + FLAGS, (byte) flags);
    }

    void priority(long at, int flags) {
        submissions.set(JAVA_SHORT, at + PRIORITY, (short) flags);
    }

    void group(long at, int group) {
        submissions.set(JAVA_SHORT, at + GROUP, (short) group);
    }

    /// Whether there is room for `count` more.
    boolean hasRoom(int count) {
        return asked() + count <= entries;
    }

    /// How many were asked for and not yet submitted.
    int asked() {
        return tail - head();
    }

    private int head() {
        return (int) INT.getAcquire(queues, (long) sqHead);
    }

    /// Whether it is an owned one that nobody has entered.
    boolean isDisabled() {
        return isDisabled;
    }

    /// Has the kernel begin all that was asked for.
    int submit() {
        return enter(0, 0);
    }

    /// Submits all, and waits until there are `awaited` completions or `nanos` have passed;
    /// with none awaited it looks without waiting. 0 or more, or `-errno`.
    int enter(int awaited, long nanos) {
        if (isDisabled) enable();
        INT.setRelease(queues, (long) sqTail, tail);
        boolean ends = awaited > 0 && nanos != Long.MAX_VALUE;
        if (ends) {
            argument.set(JAVA_LONG, ARG_BYTES, nanos / NANOS_PER_SECOND);
            argument.set(JAVA_LONG, ARG_BYTES + 8, nanos % NANOS_PER_SECOND);
        }
        argument.set(JAVA_LONG, 0, 0);
        argument.set(JAVA_LONG, 8, 0);
        argument.set(JAVA_LONG, ARG_TIMESPEC, ends ? argument.address() + ARG_BYTES : 0);
        return calls.uringEnter(fd, asked(), awaited, ENTER, argument.address(), ARG_BYTES);
    }

    /// Its owner is the thread that does this.
    private void enable() {
        int result = calls.uringRegister(fd, REGISTER_ENABLE_RINGS, MemorySegment.NULL, 0);
        if (result < 0) throw refused("io_uring_register", result);
        isDisabled = false;
    }

    // ---- What is done

    boolean hasCompleted() {
        return (int) INT.get(queues, (long) cqHead) != (int) INT.getAcquire(queues, (long) cqTail);
    }

    /// Whether completions wait outside for room, which the next [#enter] makes them take.
    boolean hasOverflowed() {
        return ((int) INT.getAcquire(queues, (long) sqFlags) & SQ_CQ_OVERFLOW) != 0;
    }

    /// Where the completions that are there end: what comes later is not before it.
    int end() {
        return (int) INT.getAcquire(queues, (long) cqTail);
    }

    /// Looks at all completions before `end`, and leaves them there.
    void look(int end, Completions target) {
        for (int i = (int) INT.get(queues, (long) cqHead); i != end; i++) {
            long at = at(i);
            target.completed(data(at), result(at), flags(at));
        }
    }

    /// Takes the first completion, if it is before `end`: false if there is none.
    boolean take(int end, Completions target) {
        int head = (int) INT.get(queues, (long) cqHead);
        if (head == end) return false;
        long at = at(head);
        long data = data(at);
        int result = result(at);
        int flags = flags(at);
        INT.setRelease(queues, (long) cqHead, head + 1);    // the kernel may reuse its place
        target.completed(data, result, flags);
        return true;
    }

    private long at(int index) {
        return cqes + (long) CQE_BYTES * (index & cqMask);
    }

    private long data(long at) {
        return queues.get(JAVA_LONG, at);
    }

    private int result(long at) {
        return queues.get(JAVA_INT, at + 8);
    }

    private int flags(long at) {
        return queues.get(JAVA_INT, at + 12);
    }

    /// Gives it back to the kernel, which calls off what is under way.
    void release() {
        calls.close(fd);
        calls.munmap(queues);
        calls.munmap(submissions);
        SystemCalls.free(argument);
    }
}
