package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Whether this process may have an io_uring(7), and one that can do what its poller needs: the
/// kernel is asked by making one, as its version does not tell what else forbids it.
public final class RingProbe {

    private static final Path PROC = Path.of("/proc");
    private static final int ENTRIES = 8;
    private static final long FOREVER = Long.MAX_VALUE;

    // io_uring_register(2)
    private static final int REGISTER_PBUF_RING = 22;
    private static final int BUFFERS_BYTES = 40;

    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int PAGE = 4096;

    /// The operations that the poller asks for. That a receive goes on by itself (6.0), the
    /// kernel does not tell; but a ring that does nothing by itself came after it (6.1).
    private enum Operation {
        POLL_ADD(Ring.OP_POLL_ADD), ACCEPT(Ring.OP_ACCEPT), ASYNC_CANCEL(Ring.OP_ASYNC_CANCEL),
        CONNECT(Ring.OP_CONNECT), CLOSE(Ring.OP_CLOSE), SEND(Ring.OP_SEND), RECV(Ring.OP_RECV);

        private final int number;

        Operation(int number) {
            this.number = number;
        }
    }

    private final SystemCalls calls;
    private final Path proc;

    /// `proc` is where proc(5) is.
    RingProbe(SystemCalls calls, Path proc) {
        this.calls = calls;
        this.proc = proc;
    }

    /// Why this JVM can have no ring, with what to do about it; null if it can.
    public static @Nullable String refusal() {
        return Answer.REFUSAL;
    }

    /// What refused a ring, with what to do about it: of a poller that could not be made though
    /// there is no [#refusal()], as the memory for one more is too much.
    public static String text(UncheckedIOException refused) {
        return refused instanceof Ring.Refused ring ? text(ring, PROC)
                : String.valueOf(refused.getMessage());
    }

    /// Asks the kernel. What it refuses is told as in [#refusal()].
    @Nullable String ask() {
        Ring ring;
        try {
            ring = new Ring(calls, ENTRIES, true);
        } catch (Ring.Refused e) {
            return text(e, proc);
        } catch (IllegalStateException e) {
            return e.getMessage();
        }
        try {
            List<Operation> missing = Arrays.stream(Operation.values())
                    .filter(operation -> !ring.knows(operation.number)).toList();
            if (!missing.isEmpty()) return "io_uring of " + kernel() + " lacks " + missing;
            ring.ask(Ring.OP_NOP, -1, 0, 0, 0, 0, 0);
            check("io_uring_enter", ring.enter(1, FOREVER));
            registerBuffers(ring);
            return null;
        } catch (Ring.Refused e) {
            return text(e, proc);
        } finally {
            ring.release();
        }
    }

    /// Gives the kernel a ring of buffers, of which it may choose, with none in it.
    @SuppressWarnings("restricted")
    private void registerBuffers(Ring ring) {
        long address = calls.mmap(PAGE, MAP_PRIVATE_ANONYMOUS, -1, 0);
        if (address < 0) throw Ring.refused("mmap", (int) address);
        MemorySegment buffers = SystemCalls.allocate(BUFFERS_BYTES);
        try {
            buffers.fill((byte) 0);
            buffers.set(JAVA_LONG, 0, address);
            buffers.set(JAVA_INT, 8, ENTRIES);
            check("io_uring_register of buffers",
                    calls.uringRegister(ring.fd, REGISTER_PBUF_RING, buffers, 1));
        } finally {
            SystemCalls.free(buffers);
            calls.munmap(MemorySegment.ofAddress(address).reinterpret(PAGE));
        }
    }

    private static void check(String call, int result) {
        if (result < 0) throw Ring.refused(call, result);
    }

    // ---- Why, and what to do

    private static String text(Ring.Refused refused, Path proc) {
        return refused.what + switch (refused.errno) {
            case Errno.EPERM -> forbidden(proc);
            case Errno.EACCES -> "; a security module (SELinux, say) forbids it";
            case Errno.ENOSYS -> "; " + kernel() + " has no io_uring, or a seccomp profile or"
                    + " sandbox hides it";
            case Errno.EINVAL -> "; " + kernel() + " is too old: 6.1 or later is needed";
            case Errno.ENOMEM, Errno.EAGAIN -> "; memory that may be locked (ulimit -l): "
                    + lockable(proc) + "; raise that, or the memory limit of the container";
            default -> "";
        };
    }

    private static String forbidden(Path proc) {
        String disabled = read(proc.resolve("sys/kernel/io_uring_disabled")).strip();
        return switch (disabled) {
            case "1" -> "; kernel.io_uring_disabled is 1: run as a member of the group"
                    + " kernel.io_uring_group, or set it to 0 by sysctl";
            case "2" -> "; kernel.io_uring_disabled is 2: set it to 0 by sysctl";
            default -> "; a seccomp profile forbids it, as those of containers do: give one that"
                    + " allows io_uring_setup, io_uring_enter and io_uring_register";
        };
    }

    private static String lockable(Path proc) {
        return read(proc.resolve("self/limits")).lines()
                .filter(line -> line.startsWith("Max locked memory"))
                .map(line -> line.split(" {2,}", -1)[1] + " bytes")
                .findFirst().orElse("unknown");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException _) {       // there since Linux 6.6, or /proc is not mounted
            return "";
        }
    }

    private static String kernel() {
        return "kernel " + System.getProperty("os.version");
    }

    /// Asked once in a JVM, when somebody wants to know.
    private static final class Answer {

        static final @Nullable String REFUSAL = ask();

        private static @Nullable String ask() {
            SystemCalls calls = new SystemCalls();
            try {
                return new RingProbe(calls, PROC).ask();
            } finally {
                calls.release();
            }
        }
    }
}
