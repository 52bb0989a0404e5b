package jloop.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jloop.Asyncio;
import jloop.BrokenPipeException;
import jloop.ChildProcess;
import jloop.ConnectionResetException;
import jloop.EventLoop;
import jloop.ExceptionContext;
import jloop.PipeEnd;
import jloop.Task;
import jloop.poller.Redirect;
import org.jspecify.annotations.Nullable;

/// A child process, with streams for coroutines.
///
/// It is a scope too: [#close()] ends the process if it has not ended yet, so that none is left
/// behind by an exception or a cancellation.
///
/// {@snippet :
/// try (var child = createSubprocessExec(List.of("sort"),
///         o -> o.withStdin(Redirect.PIPE).withStdout(Redirect.PIPE))) {
///     String sorted = child.communicate("b\na\n".getBytes()).text();
/// }
/// }
///
/// **As in asyncio**: `asyncio.subprocess.Process`. **Unlike asyncio**: what nobody reads is
/// not received, so it stays in the pipe, 64 KiB on Linux, and then the process waits.
public final class Subprocess implements AutoCloseable {

    static final Duration KILLED_WITHIN = Duration.ofSeconds(5);
    private static final int PIECE_BYTES = 64 * 1024;
    private static final byte[] NOTHING = {};

    private final EventLoop loop;
    private final ChildProcess child;
    private final SubprocessOptions options;
    private final @Nullable StreamWriter stdin;
    private final @Nullable StreamReader stdout;
    private final @Nullable StreamReader stderr;

    Subprocess(EventLoop loop, ChildProcess child, SubprocessOptions options)
            throws IOException {
        this.loop = loop;
        this.child = child;
        this.options = options;
        PipeEnd input = child.stdin();
        this.stdin = input == null ? null : Pipes.openWrite(input);
        this.stdout = reader(child.stdout());
        this.stderr = reader(child.stderr());
    }

    private @Nullable StreamReader reader(@Nullable PipeEnd end) throws IOException {
        return end == null ? null : Pipes.openRead(end, options.limitBytes());
    }

    // ---- What there is to know

    public long pid() {
        return child.pid();
    }

    /// Null while it runs, else its exit code, or the negative number of the signal that has
    /// ended it; 255 if somebody else has reaped it.
    public @Nullable Integer returncode() {
        return child.returncode();
    }

    /// What is written to its standard input, if that is a [Redirect#PIPE]; else null. The
    /// process reads its end when this is closed.
    public @Nullable StreamWriter stdin() {
        return stdin;
    }

    /// What it writes to its standard output, if that is a [Redirect#PIPE]; else null.
    public @Nullable StreamReader stdout() {
        return stdout;
    }

    /// The same of its standard error.
    public @Nullable StreamReader stderr() {
        return stderr;
    }

    // ---- To wait

    /// Waits until the process has ended, and returns its [#returncode()]. Several tasks may
    /// wait.
    ///
    /// A process that writes more to a pipe than that holds, while nobody reads, never ends:
    /// see [#communicate()].
    ///
    /// **Cancellation**: the process goes on.
    /// **Unlike asyncio**: 3.14 waits for the end of its pipes too, which other processes may
    /// keep open. Who wants that reads them to their end.
    public int await() {
        return child.await();
    }

    /// [#communicate(byte[])] without input: closes its standard input, if that is a pipe.
    public SubprocessOutput communicate() throws IOException {
        return communicate(NOTHING);
    }

    /// Sends `input` to its standard input and closes that, reads what it writes to pipes until
    /// their ends, all at the same time, and waits until the process has ended. That it does
    /// not read all of the input is no error.
    ///
    /// **Cancellation**: the process goes on; what was read is lost.
    public SubprocessOutput communicate(byte[] input) throws IOException {
        Task<byte[]> out = Asyncio.createTask(() -> readAll(stdout));
        Task<byte[]> err = Asyncio.createTask(() -> readAll(stderr));
        try {
            feed(input);
            byte[] output = out.await(IOException.class);
            byte[] errors = err.await(IOException.class);
            await();
            return new SubprocessOutput(stdout == null ? null : output,
                    stderr == null ? null : errors);
        } finally {
            out.cancel();
            err.cancel();
        }
    }

    private void feed(byte[] input) throws IOException {
        StreamWriter writer = stdin;
        if (writer == null) return;
        try {
            writer.asOutputStream().write(input);
            writer.drain();
        } catch (BrokenPipeException | ConnectionResetException e) {
            // It has read what it wants.
        }
        writer.close();
    }

    private static byte[] readAll(@Nullable StreamReader reader) throws IOException {
        return reader == null ? NOTHING : reader.readAll();
    }

    // ---- Signals

    /// Sends it a signal. If it has ended and the loop does not know yet, nothing happens.
    ///
    /// **Errors**: [jloop.ProcessLookupException] once [#returncode()] is known;
    /// IllegalArgumentException if there is no such signal; UncheckedIOException if it may not
    /// be signalled by us; UnsupportedOperationException if the poller of the loop cannot send
    /// that one.
    public void sendSignal(int number) {
        child.sendSignal(number);
    }

    /// Asks it to end: SIGTERM. Errors as [#sendSignal].
    public void terminate() {
        child.terminate();
    }

    /// Ends it: SIGKILL. Errors as [#sendSignal].
    public void kill() {
        child.kill();
    }

    // ---- The scope

    /// Ends the process if it runs still, and waits for that: asks it to ([#terminate()]),
    /// kills it after the grace of its options, closes its pipes. What it writes meanwhile is
    /// thrown away. Closing again does nothing.
    ///
    /// **Cancellation**: what comes meanwhile counts afterwards.
    @Override
    public void close() {
        if (returncode() == null) Asyncio.shielded(this::end);
        if (stdin != null) stdin.abort();
        closeEnd(child.stdout());
        closeEnd(child.stderr());
    }

    private static void closeEnd(@Nullable PipeEnd end) {
        if (end != null) end.close();
    }

    private void end() {
        List<Task<Void>> readers = new ArrayList<>();
        for (StreamReader reader : new @Nullable StreamReader[] {stdout, stderr})
            if (reader != null) readers.add(Asyncio.createTask(() -> discard(reader)));
        try {
            if (!options.grace().isZero()) {
                signalled(ChildProcess.SIGTERM);
                if (hasEndedWithin(options.grace())) return;
            }
            UncheckedIOException refused = signalled(ChildProcess.SIGKILL);
            if (!hasEndedWithin(KILLED_WITHIN))
                loop.callExceptionHandler(ExceptionContext.of(
                        "child process was killed and has not ended", refused)
                        .withSource(this));
        } finally {
            for (Task<Void> reader : readers) reader.cancel();
        }
    }

    /// Null, or why it may not be signalled, as one that has become another user.
    private @Nullable UncheckedIOException signalled(int number) {
        try {
            sendSignal(number);
            return null;
        } catch (UncheckedIOException e) {
            return e;
        }
    }

    private boolean hasEndedWithin(Duration limit) {
        return Asyncio.moveOnAfter(limit, () -> child.await()) || returncode() != null;
    }

    private static void discard(StreamReader reader) {
        try {
            while (reader.read(PIECE_BYTES).length > 0) { }
        } catch (IOException | IllegalStateException e) {
            // Its end, or somebody else reads.
        }
    }

    @Override
    public String toString() {
        return "<Subprocess " + pid()
                + (returncode() == null ? "" : " returncode=" + returncode()) + ">";
    }
}
