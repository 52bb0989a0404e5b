package jloop.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.Linker.Option;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The system calls of Linux that jloop makes: the one table of them. Every call returns what
/// the kernel says, or `-errno`; what each does is in its manual page.
///
/// A test gives a poller a subclass that fails some calls. Without one, this is the only class
/// of its kind that is loaded, and every call is a direct one.
///
/// **Threads**: one at a time, as calls share the place where errno is kept, except
/// [#eventfdWrite(int)].
@SuppressWarnings("restricted")
public class SystemCalls {

    /*
     * Linkage. A native call from Java is a thread-state transition, a few nanoseconds, unless it
     * is `critical`: then the garbage collector waits until it is back. So a call that never
     * waits and is made often is critical, and every other call is plain. Only critical calls may
     * be given an array of the heap; one moves at most CRITICAL_BYTES_MAX.
     *
     * Shape. Java builds code for every new combination of argument types, 7 ms at the start of a
     * program. So all calls but two have the shape of syscall(2): words in, word out, and those
     * with fewer arguments ignore the rest. Arguments and result of such a call travel in
     * registers, of which a function reads those that it declares. recv and send take arrays of
     * the heap, which have no address to pass as a word; they are built when first needed. So
     * are the calls for child processes: one handle of six words for all of them, which is told
     * the function too.
     *
     * errno is captured in the very call (the JVM may change it right after), into `state`.
     */

    // socket(2), address_families(7)
    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int SOCK_STREAM = 1;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOCK_CLOEXEC = 0x80000;

    // recv(2), send(2), shutdown(2)
    static final int MSG_TRUNC = 0x20;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_WAITALL = 0x100;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int SHUT_WR = 1;

    // socket(7), tcp(7), ipv6(7)
    static final int SOL_SOCKET = 1;
    static final int SO_REUSEADDR = 2;
    static final int SO_ERROR = 4;
    static final int SO_BROADCAST = 6;
    static final int SO_SNDBUF = 7;
    static final int SO_RCVBUF = 8;
    static final int SO_KEEPALIVE = 9;
    static final int SO_LINGER = 13;
    static final int SO_REUSEPORT = 15;
    static final int SO_MEMINFO = 55;
    static final int IPPROTO_TCP = 6;
    static final int TCP_NODELAY = 1;
    static final int IPPROTO_IPV6 = 41;
    static final int IPV6_V6ONLY = 26;

    // poll(2), epoll_ctl(2)
    static final int POLLIN = 0x1;
    static final int POLLOUT = 0x4;
    static final int EPOLLIN = 0x1;
    static final int EPOLLPRI = 0x2;
    static final int EPOLLOUT = 0x4;
    static final int EPOLLERR = 0x8;
    static final int EPOLLHUP = 0x10;
    static final int EPOLLRDHUP = 0x2000;
    static final int EPOLLET = 1 << 31;
    static final int EPOLL_CTL_ADD = 1;
    static final int EPOLL_CTL_DEL = 2;
    static final int EPOLL_CTL_MOD = 3;

    // open(2), fcntl(2)
    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_NOCTTY = 0x100;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;
    static final int AT_FDCWD = -100;
    static final int AT_EMPTY_PATH = 0x1000;
    static final int F_GETFL = 3;
    static final int F_SETFL = 4;
    static final int F_DUPFD_CLOEXEC = 1030;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_EXCL = 0x80;
    static final int O_TRUNC = 0x200;
    static final int O_APPEND = 0x400;
    static final int O_DSYNC = 0x1000;
    static final int O_SYNC = 0x101000;

    // waitid(2), posix_spawnattr_setflags(3)
    static final int P_PID = 1;
    static final int P_PIDFD = 3;
    static final int WNOHANG = 1;
    static final int WEXITED = 4;
    static final int WNOWAIT = 0x1000000;
    static final int POSIX_SPAWN_SETPGROUP = 0x2;
    static final int POSIX_SPAWN_SETSIGDEF = 0x4;
    static final int POSIX_SPAWN_SETSIGMASK = 0x8;
    static final int POSIX_SPAWN_SETSID = 0x80;

    /// The most that one recv or send moves: the garbage collector waits for it, some 50
    /// microseconds.
    static final int CRITICAL_BYTES_MAX = 256 * 1024;

    private static final int WORDS_BYTES = 256;

    // epoll_create1(2), eventfd(2): their flags have the values of SOCK_NONBLOCK and
    // SOCK_CLOEXEC.
    private static final int CLOEXEC = SOCK_CLOEXEC;
    private static final int NONBLOCK = SOCK_NONBLOCK;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final FunctionDescriptor WORDS = FunctionDescriptor.of(
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final Option ERRNO_KEPT = Option.captureCallState("errno");
    private static final long ERRNO =
            Option.captureStateLayout().byteOffset(PathElement.groupElement("errno"));

    private static final MethodHandle SOCKET = plain("socket");
    private static final MethodHandle BIND = plain("bind");
    private static final MethodHandle LISTEN = plain("listen");
    private static final MethodHandle ACCEPT4 = plain("accept4");
    private static final MethodHandle CONNECT = plain("connect");
    private static final MethodHandle SHUTDOWN = plain("shutdown");
    private static final MethodHandle CLOSE = plain("close");
    private static final MethodHandle SETSOCKOPT = plain("setsockopt");
    private static final MethodHandle GETSOCKOPT = plain("getsockopt");
    private static final MethodHandle GETSOCKNAME = plain("getsockname");
    private static final MethodHandle GETPEERNAME = plain("getpeername");
    private static final MethodHandle EVENTFD = plain("eventfd");
    private static final MethodHandle EPOLL_CREATE1 = plain("epoll_create1");
    private static final MethodHandle EPOLL_WAIT = plain("epoll_wait");

    private static final MethodHandle EPOLL_WAIT_NOW = critical("epoll_wait");
    private static final MethodHandle EPOLL_CTL = critical("epoll_ctl");
    private static final MethodHandle POLL = critical("poll");
    private static final MethodHandle EVENTFD_WRITE = critical("eventfd_write");
    private static final MethodHandle MALLOC = critical("malloc");
    private static final MethodHandle FREE = critical("free");

    // Where calls of any thread leave an errno that nobody reads.
    private static final MemorySegment UNREAD =
            Arena.global().allocate(Option.captureStateLayout());

    private final MemorySegment state = allocate(Option.captureStateLayout().byteSize());

    public int socket(int domain, int type, int protocol) {
        return call(SOCKET, domain, type, protocol, 0, 0);
    }

    public int bind(int fd, MemorySegment address, int size) {
        return call(BIND, fd, address.address(), size, 0, 0);
    }

    public int listen(int fd, int backlog) {
        return call(LISTEN, fd, backlog, 0, 0, 0);
    }

    public int accept4(int fd, MemorySegment address, MemorySegment size, int flags) {
        return call(ACCEPT4, fd, address.address(), size.address(), flags, 0);
    }

    public int connect(int fd, MemorySegment address, int size) {
        return call(CONNECT, fd, address.address(), size, 0, 0);
    }

    /// recv(2) that never waits, into `array` from `offset` on. `size` is at most
    /// `CRITICAL_BYTES_MAX`.
    public int recv(int fd, byte[] array, int offset, int size) {
        MemorySegment bytes = bytes(array, offset, size);
        try {
            return result((long) Bytes.RECV.invokeExact(
                    state, fd, bytes, (long) size, MSG_DONTWAIT));
        } catch (Throwable e) {
            throw thrownByLinker(e);
        }
    }

    /// send(2) that never waits and raises no SIGPIPE, of `array` from `offset` on. `size` is
    /// at most `CRITICAL_BYTES_MAX`.
    public int send(int fd, byte[] array, int offset, int size) {
        MemorySegment bytes = bytes(array, offset, size);
        try {
            return result((long) Bytes.SEND.invokeExact(
                    state, fd, bytes, (long) size, MSG_DONTWAIT | MSG_NOSIGNAL));
        } catch (Throwable e) {
            throw thrownByLinker(e);
        }
    }

    /// recv(2) that never waits, into memory outside of the heap. `size` is at most
    /// `CRITICAL_BYTES_MAX`.
    public int recv(int fd, MemorySegment bytes, int size) {
        assert bytes.isNative() && size <= bytes.byteSize() : bytes;
        try {
            return result((long) Bytes.RECV.invokeExact(
                    state, fd, bytes, (long) size, MSG_DONTWAIT));
        } catch (Throwable e) {
            throw thrownByLinker(e);
        }
    }

    /// send(2) that never waits and raises no SIGPIPE, of memory outside of the heap. `size` is
    /// at most `CRITICAL_BYTES_MAX`.
    public int send(int fd, MemorySegment bytes, int size) {
        assert bytes.isNative() && size <= bytes.byteSize() : bytes;
        try {
            return result((long) Bytes.SEND.invokeExact(
                    state, fd, bytes, (long) size, MSG_DONTWAIT | MSG_NOSIGNAL));
        } catch (Throwable e) {
            throw thrownByLinker(e);
        }
    }

    /// recvfrom(2) of a datagram that never waits, otherwise as [#recv(int, byte[], int, int)].
    /// Returns its size, which may be more than `size`.
    public int recvfrom(int fd, byte[] array, int offset, int size, MemorySegment address,
            MemorySegment addressSize) {
        MemorySegment bytes = bytes(array, offset, size);
        try {
            return result((long) Bytes.RECVFROM.invokeExact(state, fd, bytes, (long) size,
                    MSG_DONTWAIT | MSG_TRUNC, address.address(), addressSize.address()));
        } catch (Throwable e) {
            throw thrownByLinker(e);
        }
    }

    /// sendto(2) that never waits, otherwise as [#send(int, byte[], int, int)].
    public int sendto(int fd, byte[] array, int offset, int size, MemorySegment address,
            int addressSize) {
        MemorySegment bytes = bytes(array, offset, size);
        try {
            return result((long) Bytes.SENDTO.invokeExact(state, fd, bytes, (long) size,
                    MSG_DONTWAIT | MSG_NOSIGNAL, address.address(), (long) addressSize));
        } catch (Throwable e) {
            throw thrownByLinker(e);
        }
    }

    /// open(2). A new file may be read and written by all whom the umask lets. `path` ends with
    /// a NUL.
    public int open(MemorySegment path, int flags) {
        return call(Files.OPEN, path.address(), flags, 0666, 0, 0);
    }

    public int fcntl(int fd, int command, int argument) {
        return call(Files.FCNTL, fd, command, argument, 0, 0);
    }

    /// statx(2) of an open file. `path` is empty, so no more than its NUL.
    public int statx(int fd, MemorySegment path, int flags, int mask, MemorySegment result) {
        return call(Files.STATX, fd, path.address(), flags, mask, result.address());
    }

    /// pipe2(2) into two ints.
    public int pipe2(MemorySegment ends, int flags) {
        return call(Files.PIPE2, ends.address(), flags, 0, 0, 0);
    }

    /// read(2), which waits if the file is in blocking mode.
    public int read(int fd, MemorySegment bytes, int size) {
        assert size <= bytes.byteSize() : bytes;
        return call(Files.READ, fd, bytes.address(), size, 0, 0);
    }

    /// write(2), which waits if the file is in blocking mode. The JVM ignores SIGPIPE.
    public int write(int fd, MemorySegment bytes, int size) {
        assert size <= bytes.byteSize() : bytes;
        return call(Files.WRITE, fd, bytes.address(), size, 0, 0);
    }

    /// pread(2), which waits for the disk.
    public int pread(int fd, MemorySegment bytes, int size, long position) {
        assert size <= bytes.byteSize() : bytes;
        return call(Places.PREAD, fd, bytes.address(), size, position, 0);
    }

    /// preadv2(2) into the one piece that `vector` names; ENOSYS where the C library has none.
    public int preadv2(int fd, MemorySegment vector, long position, int flags) {
        if (Vectors.PREADV2 == null) return -Errno.ENOSYS;
        return call(Vectors.PREADV2, fd, vector.address(), 1, position, flags);
    }

    /// pwrite(2), which waits for the disk.
    public int pwrite(int fd, MemorySegment bytes, int size, long position) {
        assert size <= bytes.byteSize() : bytes;
        return call(Places.PWRITE, fd, bytes.address(), size, position, 0);
    }

    public int ftruncate(int fd, long size) {
        return call(Places.FTRUNCATE, fd, size, 0, 0, 0);
    }

    /// fsync(2) if `metadata`, else fdatasync(2).
    public int fsync(int fd, boolean metadata) {
        return call(metadata ? Places.FSYNC : Places.FDATASYNC, fd, 0, 0, 0, 0);
    }

    /// posix_spawn(3). `environment` is the address of an array, 0 for that of this process.
    public int posixSpawn(MemorySegment pid, MemorySegment path, MemorySegment actions,
            MemorySegment attributes, MemorySegment arguments, long environment) {
        return -childCall(Children.POSIX_SPAWN, pid.address(), path.address(), actions.address(),
                attributes.address(), arguments.address(),
                environment == 0 ? Children.environment() : environment);
    }

    /// Says something of a child that is to be started: `-ENOSYS` if this system cannot.
    public int spawnSetting(SpawnSetting setting, MemorySegment of, long a, long b) {
        return setting.function == 0 ? -Errno.ENOSYS
                : -childCall(
                        MemorySegment.ofAddress(setting.function), of.address(), a, b, 0, 0, 0);
    }

    /// pidfd_open(2), close-on-exec.
    public int pidfdOpen(long pid) {
        return childCall(Children.SYSCALL, Children.PIDFD_OPEN, pid, 0, 0, 0, 0);
    }

    /// pidfd_send_signal(2).
    public int pidfdSendSignal(int pidfd, int signal) {
        return childCall(Children.SYSCALL, Children.PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0, 0);
    }

    /// kill(2).
    public int kill(long pid, int signal) {
        return childCall(Children.KILL, pid, signal, 0, 0, 0, 0);
    }

    /// waitid(2), which waits unless `options` have WNOHANG. `info` is a siginfo_t.
    public int waitid(int type, long id, MemorySegment info, int options) {
        return childCall(Children.WAITID, type, id, info.address(), options, 0, 0);
    }

    public int shutdown(int fd, int how) {
        return call(SHUTDOWN, fd, how, 0, 0, 0);
    }

    /// The descriptor is given back whatever the result.
    public int close(int fd) {
        return call(CLOSE, fd, 0, 0, 0, 0);
    }

    public int setsockopt(int fd, int level, int name, MemorySegment value, int size) {
        return call(SETSOCKOPT, fd, level, name, value.address(), size);
    }

    public int getsockopt(int fd, int level, int name, MemorySegment value, MemorySegment size) {
        return call(GETSOCKOPT, fd, level, name, value.address(), size.address());
    }

    public int getsockname(int fd, MemorySegment address, MemorySegment size) {
        return call(GETSOCKNAME, fd, address.address(), size.address(), 0, 0);
    }

    public int getpeername(int fd, MemorySegment address, MemorySegment size) {
        return call(GETPEERNAME, fd, address.address(), size.address(), 0, 0);
    }

    /// sendfile(2) of the file `in` from `position` on, which is in memory of 8 bytes. Waits
    /// for the disk, if it has to, but not for `out`, a socket that is non-blocking.
    public int sendfile(int out, int in, MemorySegment position, int size) {
        return call(Files.SENDFILE, out, in, position.address(), size, 0);
    }

    /// poll(2) of `count` descriptors that never waits.
    public int poll(MemorySegment descriptors, int count) {
        return call(POLL, descriptors.address(), count, 0, 0, 0);
    }

    public int eventfd(int initial) {
        return call(EVENTFD, initial, NONBLOCK | CLOEXEC, 0, 0, 0);
    }

    /// Adds 1. Any thread.
    public void eventfdWrite(int fd) {
        try {
            // The result is of no use: if the counter is full, whoever polls it is awake anyway.
            long _ = (long) EVENTFD_WRITE.invokeExact(UNREAD, (long) fd, 1L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw thrownByLinker(e);
        }
    }

    public int epollCreate1() {
        return call(EPOLL_CREATE1, CLOEXEC, 0, 0, 0, 0);
    }

    public int epollCtl(int epoll, int op, int fd, MemorySegment event) {
        return call(EPOLL_CTL, epoll, op, fd, event.address(), 0);
    }

    /// `timeoutMillis` of -1 waits for ever.
    public int epollWait(int epoll, MemorySegment events, int count, int timeoutMillis) {
        return timeoutMillis == 0
                ? call(EPOLL_WAIT_NOW, epoll, events.address(), count, 0, 0)
                : call(EPOLL_WAIT, epoll, events.address(), count, timeoutMillis, 0);
    }

    /// io_uring_setup(2).
    public int uringSetup(int entries, MemorySegment params) {
        return result(ringCall(
                Rings.SYSCALL, Rings.SETUP, entries, params.address(), 0, 0, 0, 0));
    }

    /// io_uring_enter(2), with IORING_ENTER_EXT_ARG: `argument` is 0 or its address.
    public int uringEnter(int ring, int submitted, int awaited, int flags, long argument,
            int size) {
        return result(ringCall(
                Rings.SYSCALL, Rings.ENTER, ring, submitted, awaited, flags, argument, size));
    }

    /// io_uring_register(2).
    public int uringRegister(int ring, int what, MemorySegment argument, int count) {
        return result(ringCall(
                Rings.SYSCALL, Rings.REGISTER, ring, what, argument.address(), count, 0, 0));
    }

    /// mmap(2) of what is read and written: an address, or `-errno`.
    public long mmap(long bytes, int flags, int fd, long offset) {
        long address = ringCall(Rings.MMAP, 0, bytes, Rings.PROT_READ_WRITE, flags, fd, offset, 0);
        return address == -1 ? result(-1) : address;
    }

    /// munmap(2).
    public int munmap(MemorySegment mapped) {
        int returned = (int) ringCall(
                Rings.MUNMAP, mapped.address(), mapped.byteSize(), 0, 0, 0, 0, 0);
        return result(returned);
    }

    /// A table for another thread, which releases it. Any thread, also after [#release()].
    public SystemCalls another() {
        return new SystemCalls();
    }

    /// Frees what this table holds; it must not be used afterwards.
    public void release() {
        free(state);
    }

    /// malloc(3): memory of no arena, so that any thread may use it, without a check.
    static MemorySegment allocate(long bytes) {
        long address;
        try {
            address = (long) MALLOC.invokeExact(UNREAD, bytes, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw thrownByLinker(e);
        }
        if (address == 0) throw new OutOfMemoryError("malloc of " + bytes + " bytes failed");
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    /// free(3).
    static void free(MemorySegment memory) {
        try {
            long _ = (long) FREE.invokeExact(UNREAD, memory.address(), 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw thrownByLinker(e);
        }
    }

    /// strerror_r(3): the words of the system for `errno`. Any thread.
    static String words(int errno) {
        MemorySegment text = allocate(WORDS_BYTES);
        try {
            long _ = (long) Places.STRERROR.invokeExact(
                    UNREAD, (long) errno, text.address(), (long) WORDS_BYTES, 0L, 0L);
            return text.getString(0, EpollPoller.PATHS);
        } catch (Throwable e) {
            throw thrownByLinker(e);
        } finally {
            free(text);
        }
    }

    private int call(MethodHandle function, long a, long b, long c, long d, long e) {
        try {
            // All these return an int: the other half of the register is anything.
            int returned = (int) (long) function.invokeExact(state, a, b, c, d, e);
            return result(returned);
        } catch (Throwable thrown) {
            throw thrownByLinker(thrown);
        }
    }

    private int childCall(
            MemorySegment function, long a, long b, long c, long d, long e, long f) {
        try {
            int returned =
                    (int) (long) Children.CALL.invokeExact(function, state, a, b, c, d, e, f);
            return result(returned);
        } catch (Throwable thrown) {
            throw thrownByLinker(thrown);
        }
    }

    private long ringCall(MemorySegment function,
            long a, long b, long c, long d, long e, long f, long g) {
        try {
            return (long) Rings.CALL.invokeExact(function, state, a, b, c, d, e, f, g);
        } catch (Throwable thrown) {
            throw thrownByLinker(thrown);
        }
    }

    private int result(long returned) {
        return returned >= 0 ? (int) returned : -state.get(JAVA_INT, ERRNO);
    }

    // The bounds check stands between a wrong length and the heap.
    private static MemorySegment bytes(byte[] array, int offset, int size) {
        assert size <= CRITICAL_BYTES_MAX : size;
        Objects.checkFromIndexSize(offset, size, array.length);
        MemorySegment whole = MemorySegment.ofArray(array);
        return offset == 0 ? whole : whole.asSlice(offset, size);
    }

    private static MethodHandle plain(String name) {
        return LINKER.downcallHandle(symbol(name), WORDS, ERRNO_KEPT);
    }

    private static MethodHandle critical(String name) {
        return LINKER.downcallHandle(symbol(name), WORDS, ERRNO_KEPT, Option.critical(false));
    }

    private static MemorySegment symbol(String name) {
        return LINKER.defaultLookup().findOrThrow(name);
    }

    // A downcall throws nothing but what the linker itself may: a stack overflow, say.
    private static Error thrownByLinker(Throwable thrown) {
        return thrown instanceof Error error ? error : new AssertionError(thrown);
    }

    /// The calls for files that are no sockets: most programs have none.
    private static final class Files {

        // open and fcntl take "..." after their first two arguments, which on Linux travels as
        // any other argument does.
        static final MethodHandle OPEN = plain("open");
        static final MethodHandle SENDFILE = plain("sendfile");
        static final MethodHandle FCNTL = plain("fcntl");
        static final MethodHandle STATX = plain("statx");
        static final MethodHandle PIPE2 = plain("pipe2");
        static final MethodHandle READ = plain("read");
        static final MethodHandle WRITE = plain("write");
    }

    /// The calls for files at given places, by threads that may wait.
    private static final class Places {

        static final MethodHandle PREAD = plain("pread");
        static final MethodHandle PWRITE = plain("pwrite");
        static final MethodHandle FTRUNCATE = plain("ftruncate");
        static final MethodHandle FSYNC = plain("fsync");
        static final MethodHandle FDATASYNC = plain("fdatasync");
        static final MethodHandle STRERROR = plain("__xpg_strerror_r");     // that of POSIX
    }

    private static final class Vectors {

        // Not critical: no flag forbids what a file system does along with a read.
        static final @Nullable MethodHandle PREADV2 = LINKER.defaultLookup().find("preadv2")
                .map(symbol -> LINKER.downcallHandle(symbol, WORDS, ERRNO_KEPT)).orElse(null);
    }

    /// The functions of the C library that say what posix_spawn(3) is to do.
    public enum SpawnSetting {
        ACTIONS_INIT("posix_spawn_file_actions_init"),
        ACTIONS_DESTROY("posix_spawn_file_actions_destroy"),
        DUP2("posix_spawn_file_actions_adddup2"),
        CLOSE("posix_spawn_file_actions_addclose"),
        CLOSE_FROM("posix_spawn_file_actions_addclosefrom_np"),
        CHDIR("posix_spawn_file_actions_addchdir_np"),
        ATTRIBUTES_INIT("posix_spawnattr_init"),
        ATTRIBUTES_DESTROY("posix_spawnattr_destroy"),
        FLAGS("posix_spawnattr_setflags"),
        GROUP("posix_spawnattr_setpgroup"),
        DEFAULT_SIGNALS("posix_spawnattr_setsigdefault"),
        SIGNAL_MASK("posix_spawnattr_setsigmask");

        private final long function;        // its address, or 0

        SpawnSetting(String name) {
            function = LINKER.defaultLookup().find(name).map(MemorySegment::address).orElse(0L);
        }
    }

    /// The calls for child processes.
    private static final class Children {

        static final MethodHandle CALL = LINKER.downcallHandle(
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                        JAVA_LONG, JAVA_LONG),
                ERRNO_KEPT);
        static final MemorySegment POSIX_SPAWN = symbol("posix_spawn");
        static final MemorySegment KILL = symbol("kill");
        static final MemorySegment WAITID = symbol("waitid");
        static final MemorySegment SYSCALL = symbol("syscall");
        private static final MemorySegment ENVIRON = symbol("environ").reinterpret(Long.BYTES);

        // The same on all machines.
        static final long PIDFD_SEND_SIGNAL = 424;
        static final long PIDFD_OPEN = 434;

        static long environment() {
            return ENVIRON.get(JAVA_LONG, 0);
        }
    }

    /// The calls for io_uring(7), by one handle of seven words.
    private static final class Rings {

        static final MethodHandle CALL = LINKER.downcallHandle(
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                        JAVA_LONG, JAVA_LONG, JAVA_LONG),
                ERRNO_KEPT);
        static final MemorySegment SYSCALL = symbol("syscall");
        static final MemorySegment MMAP = symbol("mmap");
        static final MemorySegment MUNMAP = symbol("munmap");
        static final int PROT_READ_WRITE = 3;

        // The same on all machines.
        static final long SETUP = 425;
        static final long ENTER = 426;
        static final long REGISTER = 427;
    }

    /// The calls that move bytes of the heap.
    private static final class Bytes {

        // recvfrom(3) and sendto(3) of glibc are cancellation points of pthreads: two locked
        // instructions around each call, a seventh of its cost. syscall(2) is none.
        private static final String ARCH = System.getProperty("os.arch");
        static final MethodHandle RECVFROM = switch (ARCH) {
            case "amd64" -> numbered(45);
            case "aarch64" -> numbered(207);
            default -> named("recvfrom");
        };
        static final MethodHandle SENDTO = switch (ARCH) {
            case "amd64" -> numbered(44);
            case "aarch64" -> numbered(206);
            default -> named("sendto");
        };
        static final MethodHandle RECV = withoutAddress(RECVFROM);
        static final MethodHandle SEND = withoutAddress(SENDTO);

        private static MethodHandle named(String name) {
            return LINKER.downcallHandle(symbol(name),
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT,
                            JAVA_LONG, JAVA_LONG),
                    ERRNO_KEPT, Option.critical(true));
        }

        private static MethodHandle numbered(long number) {
            MethodHandle syscall = LINKER.downcallHandle(symbol("syscall"),
                    FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG,
                            JAVA_INT, JAVA_LONG, JAVA_LONG),
                    ERRNO_KEPT, Option.critical(true), Option.firstVariadicArg(1));
            return MethodHandles.insertArguments(syscall, 1, number);
        }

        /// The short form, recv(2) or send(2).
        private static MethodHandle withoutAddress(MethodHandle call) {
            return MethodHandles.insertArguments(call, 5, 0L, 0L);
        }
    }
}
