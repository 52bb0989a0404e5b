package jloop.io;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import jloop.PollerKind;
import org.jspecify.annotations.Nullable;

/// Of what a [LoopGroup] is made.
///
/// `loops`: how many. `threadFactory`: makes their threads, which must be of the platform; null
/// for threads named `jloop-0` and so on, which keep the JVM alive until the group is closed.
/// `cleanupTimeout`: how long the end waits for tasks that it has cancelled, and again for what
/// those leave behind; null for as long as it takes. `poller`: of which kind theirs are.
public record LoopGroupOptions(
        int loops,
        @Nullable ThreadFactory threadFactory,
        @Nullable Duration cleanupTimeout,
        PollerKind poller) {

    /// A loop for each processor.
    public static final LoopGroupOptions DEFAULT = new LoopGroupOptions(
            Runtime.getRuntime().availableProcessors(), null, null, PollerKind.AUTO);

    public LoopGroupOptions {
        if (loops < 1)
            throw new IllegalArgumentException("a group needs at least 1 loop, not " + loops);
    }

    public LoopGroupOptions withLoops(int count) {
        return new LoopGroupOptions(count, threadFactory, cleanupTimeout, poller);
    }

    public LoopGroupOptions withThreadFactory(ThreadFactory factory) {
        return new LoopGroupOptions(
                loops, Objects.requireNonNull(factory), cleanupTimeout, poller);
    }

    /// As [jloop.RunOptions#withCleanupTimeout].
    public LoopGroupOptions withCleanupTimeout(Duration limit) {
        return new LoopGroupOptions(
                loops, threadFactory, Objects.requireNonNull(limit), poller);
    }

    public LoopGroupOptions withPoller(PollerKind kind) {
        return new LoopGroupOptions(loops, threadFactory, cleanupTimeout, kind);
    }
}
