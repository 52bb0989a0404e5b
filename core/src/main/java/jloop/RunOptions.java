package jloop;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// How [Asyncio#run] and a [Runner] run. `debug` null keeps the loop's own setting;
/// `loopFactory` null makes a new loop, which is the current one of the thread until the end;
/// `cleanupTimeout` null waits at the end for as long as it takes.
public record RunOptions(
        @Nullable Boolean debug,
        @Nullable Supplier<EventLoop> loopFactory,
        boolean handleSigterm,
        @Nullable Duration cleanupTimeout) {

    public static final RunOptions DEFAULT = new RunOptions(null, null, false, null);

    public RunOptions withDebug(boolean enabled) {
        return new RunOptions(enabled, loopFactory, handleSigterm, cleanupTimeout);
    }

    public RunOptions withLoopFactory(Supplier<EventLoop> factory) {
        return new RunOptions(debug, factory, handleSigterm, cleanupTimeout);
    }

    /// Has a SIGTERM end the run as Ctrl-C does: the first one cancels the main task, what is
    /// left is cleared up, and only then does the JVM end, with its shutdown hooks and the
    /// status 143, as it would have done at once. See [Runner].
    ///
    /// **Unlike asyncio**: there a SIGTERM ends the process without any cleanup.
    public RunOptions withHandleSigterm(boolean enabled) {
        return new RunOptions(debug, loopFactory, enabled, cleanupTimeout);
    }

    /// Has the end of the run wait at most so long for the tasks it has cancelled, and as long
    /// again for the jobs of the default executor. What has not ended by then is reported to
    /// the exception handler, with the stack where it stands, and left behind.
    ///
    /// **Unlike asyncio**: there a task that swallows its cancellation holds the program up for
    /// ever. So it does here unless this is set; and one that computes without ever waiting
    /// holds up its loop in any case.
    public RunOptions withCleanupTimeout(Duration limit) {
        return new RunOptions(debug, loopFactory, handleSigterm, Objects.requireNonNull(limit));
    }
}
