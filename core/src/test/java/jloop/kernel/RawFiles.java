package jloop.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Files by their numbers, as a program has them that does not know jloop: in blocking mode.
@SuppressWarnings("restricted")
public final class RawFiles {

    private static final int F_SETFD = 2;
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_NOCTTY = 0x100;
    private static final int O_NONBLOCK = 0x800;

    // asm-generic/ioctls.h
    private static final long TIOCGPTN = 0x80045430L;
    private static final long TIOCSPTLCK = 0x40045431L;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle IOCTL = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("ioctl"),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle SOCKETPAIR = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("socketpair"),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));

    private static final MethodHandle DUP2 = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("dup2"),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    private RawFiles() { }

    private interface Call {
        int on(SystemCalls calls, Arena arena) throws Throwable;
    }

    private static int call(Call call) {
        SystemCalls calls = new SystemCalls();
        try (Arena arena = Arena.ofConfined()) {
            return call.on(calls, arena);
        } catch (Throwable e) {
            throw new AssertionError(e);
        } finally {
            calls.release();
        }
    }

    /// A pipe: the end to read from, the end to write to.
    public static int[] pipe() {
        int[] ends = new int[2];
        assertThat(call((calls, arena) -> {
            MemorySegment both = arena.allocate(JAVA_INT, 2);
            int result = calls.pipe2(both, O_CLOEXEC);
            MemorySegment.copy(both, JAVA_INT, 0, ends, 0, 2);
            return result;
        })).isZero();
        return ends;
    }

    /// Two UNIX sockets that are connected.
    public static int[] socketPair() {
        int[] ends = new int[2];
        assertThat(call((_, arena) -> {
            MemorySegment both = arena.allocate(JAVA_INT, 2);
            int kind = SystemCalls.SOCK_STREAM | SystemCalls.SOCK_CLOEXEC;
            int result = (int) SOCKETPAIR.invokeExact(SystemCalls.AF_UNIX, kind, 0, both);
            MemorySegment.copy(both, JAVA_INT, 0, ends, 0, 2);
            return result;
        })).isZero();
        return ends;
    }

    /// A terminal: the side of the program that shows it, the side of those that run in it.
    public static int[] terminal() {
        int master = open("/dev/ptmx");
        int[] number = new int[1];
        assertThat(call((_, arena) -> {
            MemorySegment word = arena.allocate(JAVA_INT);
            int result = (int) IOCTL.invokeExact(master, TIOCSPTLCK, word);     // 0 unlocks
            if (result == 0) result = (int) IOCTL.invokeExact(master, TIOCGPTN, word);
            number[0] = word.get(JAVA_INT, 0);
            return result;
        })).isZero();
        return new int[] {master, open("/dev/pts/" + number[0])};
    }

    public static int open(String path) {
        return open(path, O_RDWR);
    }

    public static int open(String path, int flags) {
        int fd = call((calls, arena) -> calls.open(
                arena.allocateFrom(path), flags | O_CLOEXEC | O_NOCTTY));
        assertThat(fd).as(path).isPositive();
        return fd;
    }

    public static int duplicate(int fd) {
        return duplicate(fd, 3);
    }

    /// With the lowest number that is free, from `least` on.
    public static int duplicate(int fd, int least) {
        int copy = call((calls, _) -> calls.fcntl(fd, SystemCalls.F_DUPFD_CLOEXEC, least));
        assertThat(copy).isPositive();
        return copy;
    }

    /// It stays open in programs that are executed.
    public static void inherit(int fd) {
        assertThat(call((calls, _) -> calls.fcntl(fd, F_SETFD, 0))).isZero();
    }

    /// Makes `number` that of the file `fd` too: dup2(2).
    public static void duplicateAs(int fd, int number) {
        assertThat(call((_, _) -> (int) DUP2.invokeExact(fd, number))).isEqualTo(number);
    }

    public static void write(int fd, String text) {
        assertThat(call((calls, arena) -> {
            byte[] bytes = text.getBytes(ISO_8859_1);
            return calls.write(fd, arena.allocateFrom(JAVA_BYTE,
                    bytes), bytes.length);
        })).isEqualTo(text.length());
    }

    /// What there is, at most 64 KiB; waits if there is nothing.
    public static String read(int fd) {
        StringBuilder text = new StringBuilder();
        int count = call((calls, arena) -> {
            MemorySegment bytes = arena.allocate(64 * 1024);
            int got = calls.read(fd, bytes, 64 * 1024);
            for (int i = 0; i < got; i++)
                text.append((char) (bytes.get(JAVA_BYTE, i) & 0xff));
            return got;
        });
        assertThat(count).isNotNegative();
        return text.toString();
    }

    /// Waits for a child process, and takes its status from whoever has started it.
    public static void reap(long pid) {
        assertThat(call((calls, arena) -> calls.waitid(SystemCalls.P_PID, pid,
                arena.allocate(EpollChild.SIGINFO_BYTES), SystemCalls.WEXITED))).isZero();
    }

    public static void close(int... fds) {
        for (int fd : fds) assertThat(call((calls, _) -> calls.close(fd))).isZero();
    }

    public static boolean isOpen(int fd) {
        return call((calls, _) -> calls.fcntl(fd, SystemCalls.F_GETFL, 0)) >= 0;
    }

    public static boolean blocks(int fd) {
        int flags = call((calls, _) -> calls.fcntl(fd, SystemCalls.F_GETFL, 0));
        assertThat(flags).isNotNegative();
        return (flags & O_NONBLOCK) == 0;
    }

    /// The pipes and terminals that this process has open.
    public static List<String> pipes() {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.map(RawFiles::target)
                    .filter(file -> file.matches("pipe:.*|/dev/pt.*|.*[.]fifo")).sorted().toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException _) {               // the descriptor of the listing itself
            return "gone";
        }
    }

    public static void makeFifo(Path path) throws IOException {
        try {
            Process made = new ProcessBuilder("mkfifo", path.toString())
                    .inheritIO().start();
            assertThat(made.waitFor()).isZero();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertThat(Files.exists(path)).isTrue();
    }
}
