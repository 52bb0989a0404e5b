package jloop.kernel;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.Pipe.SinkChannel;
import java.nio.channels.Pipe.SourceChannel;
import java.nio.channels.SelectableChannel;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A child process by way of java.lang.Process, whose pipes end in channels that a selector
/// can wait for.
final class JavaChild {

    /*
     * A pipe of java.lang.Process blocks, and shows no channel. So each has a pump: a thread that
     * moves its bytes to a pipe of java.nio, or from there. A pump that finds one side closed
     * closes the other: the end passes through, and so does pressure, as both sides are bounded.
     *
     * The exit is told by onExit, on a thread of the JDK. When it comes, the JDK has reaped.
     *
     * What the JDK does not let us do better:
     *   - It tells a child that was ended by signal n from one that has exited with 128+n as
     *     little as a shell does: both are taken for the former.
     *   - When the child has exited, the JDK closes its side of the pipes. What a grandchild that
     *     has inherited them writes later is lost.
     *   - A read of a pipe cannot be called off: if a grandchild holds one, its pump lives until
     *     the grandchild ends or writes. It is a daemon, and nobody waits for it.
     *   - Process.destroy closes the streams, and waits for a pump that writes: so signals go by
     *     the ProcessHandle, which closes nothing.
     */

    private static final int SIGNAL_BASE = 128;         // what shells add to the signal's number
    private static final int SIGNAL_MAX = 64;
    private static final int PIPE_BYTES = 64 * 1024;

    private static final boolean HAS_SIGNALS =
            !System.getProperty("os.name", "").startsWith("Windows");

    private static final Pattern ERROR_NUMBER = Pattern.compile("error[:=] ?(\\d+)");

    private final Process process;
    private final @Nullable Pipe input;
    private final @Nullable Pipe output;
    private final @Nullable Pipe errors;

    /// Starts a child as `builder` says. `exited` is called with the return code, once, on any
    /// thread.
    ///
    /// **Errors**: IOException whose number [#errno(IOException)] tells; nothing is left then.
    JavaChild(ProcessBuilder builder, IntConsumer exited) throws IOException {
        Pipe[] made = new Pipe[3];
        Process started = null;
        try {
            if (builder.redirectInput() == Redirect.PIPE) made[0] = Pipe.open();
            if (builder.redirectOutput() == Redirect.PIPE) made[1] = Pipe.open();
            if (builder.redirectError() == Redirect.PIPE && !builder.redirectErrorStream())
                made[2] = Pipe.open();
            started = builder.start();
            process = started;
            input = made[0];
            output = made[1];
            errors = made[2];
            for (int i = 0; i < made.length; i++) {
                SelectableChannel end = end(i);
                if (end != null) end.configureBlocking(false);
            }
            pump();
        } catch (Throwable e) {             // all: also that there are no threads to be had
            for (Pipe pipe : made) close(pipe);
            if (started != null) started.toHandle().destroyForcibly();
            throw e;
        }
        var _ = process.onExit().thenAccept(ended -> {
            if (input != null) close(input.source());       // nobody is there to read it
            exited.accept(returnCode(ended.exitValue()));
        });
    }

    private static void close(@Nullable Pipe pipe) {
        if (pipe == null) return;
        close(pipe.source());
        close(pipe.sink());
    }

    private static void close(Closeable channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // As with close(2): whatever it reports, the descriptor is gone.
        }
    }

    private void pump() {
        if (input != null) start("stdin", () -> feed(input.source(), process.getOutputStream()));
        if (output != null) start("stdout", () -> drain(process.getInputStream(), output.sink()));
        if (errors != null) start("stderr", () -> drain(process.getErrorStream(), errors.sink()));
    }

    private void start(String stream, Runnable pump) {
        Thread.ofPlatform().daemon().inheritInheritableThreadLocals(false)
                .name("jloop-" + stream + "-" + process.pid()).start(pump);
    }

    private static void feed(SourceChannel from, OutputStream to) {
        ByteBuffer buffer = ByteBuffer.allocate(PIPE_BYTES);
        try (from; to) {
            while (from.read(buffer.clear()) >= 0) {
                to.write(buffer.array(), 0, buffer.position());
                to.flush();
            }
        } catch (IOException e) {
            // The child reads no more, or is gone: whoever writes next is told.
        }
    }

    private static void drain(InputStream from, SinkChannel to) {
        byte[] bytes = new byte[PIPE_BYTES];
        try (from; to) {
            for (int count; (count = from.read(bytes)) >= 0; ) {
                ByteBuffer rest = ByteBuffer.wrap(bytes, 0, count);
                while (rest.hasRemaining()) to.write(rest);
            }
        } catch (IOException e) {
            // Nobody reads any more: the child is told when it writes next.
        }
    }

    long pid() {
        return process.pid();
    }

    /// The loop's end of stream 0, 1 or 2 of the child, not blocking; null if that is no pipe.
    @Nullable SelectableChannel end(int stream) {
        return switch (stream) {
            case 0 -> input == null ? null : input.sink();
            case 1 -> output == null ? null : output.source();
            default -> errors == null ? null : errors.source();
        };
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// Has it end: at once if `forcibly` (SIGKILL), otherwise as it likes (SIGTERM). Does
    /// nothing if it has ended; never hits another process that has its number by now.
    void destroy(boolean forcibly) {
        if (!process.isAlive()) return;
        ProcessHandle handle = process.toHandle();
        if (forcibly) handle.destroyForcibly();
        else handle.destroy();
    }

    /// Waits until it has ended and was reaped, a second at most, whoever interrupts.
    void awaitEnd() {
        boolean interrupted = Thread.interrupted();
        try {
            process.waitFor(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;             // a second one: the caller is in a hurry
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    /// asyncio's return code: that of exit, or the number of the signal below zero.
    static int returnCode(int exitValue) {
        boolean signalled = HAS_SIGNALS
                && exitValue > SIGNAL_BASE && exitValue <= SIGNAL_BASE + SIGNAL_MAX;
        return signalled ? SIGNAL_BASE - exitValue : exitValue;
    }

    /// The error number of a start that failed: java.lang.ProcessBuilder has it in its words.
    static int errno(IOException e) {
        Matcher matcher = ERROR_NUMBER.matcher(String.valueOf(e.getMessage()));
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : NioErrors.errno(e);
    }
}
