package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/// What a file is, and how it is told from others.
record FileStatus(int mode, long inode, long device, long onDevice) {

    /*
     * struct statx (include/uapi/linux/stat.h), the same everywhere
     *   u16 stx_mode                           28
     *   u64 stx_ino                            32
     *   u64 stx_size                           40
     *   u32 stx_rdev_major, stx_rdev_minor     128, 132
     *   u32 stx_dev_major, stx_dev_minor       136, 140
     *   sizeof                                 256
     */
    private static final int MODE = 28;
    private static final int INODE = 32;
    static final int SIZE = 40;
    private static final int DEVICE = 128;
    private static final int ON_DEVICE = 136;
    static final int STATX_BYTES = 256;

    // inode(7)
    private static final int S_IFMT = 0170000;
    private static final int S_IFIFO = 0010000;
    private static final int S_IFCHR = 0020000;
    private static final int S_IFDIR = 0040000;
    private static final int S_IFREG = 0100000;
    private static final int S_IFSOCK = 0140000;

    // admin-guide/devices.txt: who opens it makes a new terminal.
    private static final int PTMX_MAJOR = 5;
    private static final int PTMX_MINOR = 2;

    static final FileStatus UNKNOWN = new FileStatus(0, 0, 0, 0);
    static final FileStatus FIFO = new FileStatus(S_IFIFO, 0, 0, 0);    // one that we made

    /// From a `struct statx`.
    static FileStatus of(MemorySegment statx) {
        return new FileStatus(statx.get(JAVA_SHORT, MODE) & 0xffff, statx.get(JAVA_LONG, INODE),
                number(statx, DEVICE), number(statx, ON_DEVICE));
    }

    private static long number(MemorySegment statx, int at) {
        return number(statx.get(JAVA_INT, at), statx.get(JAVA_INT, at + 4));
    }

    private static long number(int major, int minor) {
        return (long) major << 32 | minor;
    }

    private boolean is(int type) {
        return (mode & S_IFMT) == type;
    }

    boolean isRegular() {
        return is(S_IFREG);
    }

    boolean isFifo() {
        return is(S_IFIFO);
    }

    boolean isSocket() {
        return is(S_IFSOCK);
    }

    boolean isDevice() {
        return is(S_IFCHR);
    }

    /// Whether it is of a kind that can be waited for.
    boolean isPipe() {
        return isFifo() || isSocket() || isDevice();
    }

    /// Whether to open it once more gives the same file, and does nothing else.
    boolean canBeOpenedAnew() {
        return isFifo() || isDevice() && device != number(PTMX_MAJOR, PTMX_MINOR);
    }

    boolean isSameFile(FileStatus other) {
        return inode == other.inode && onDevice == other.onDevice;
    }

    /// The kind of one that is no pipe.
    String kind() {
        return isRegular() ? "a regular file" : is(S_IFDIR) ? "a directory"
                : "a file of mode 0" + Integer.toOctalString(mode);
    }
}
