package jloop;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// How [Asyncio#run] runs. `debug` null keeps the loop's own setting; `loopFactory` null makes
/// a new loop, which is the current one of the thread while it runs.
public record RunOptions(
        @Nullable Boolean debug,
        @Nullable Supplier<EventLoop> loopFactory) {

    public static final RunOptions DEFAULT = new RunOptions(null, null);

    public RunOptions withDebug(boolean enabled) {
        return new RunOptions(enabled, loopFactory);
    }

    public RunOptions withLoopFactory(Supplier<EventLoop> factory) {
        return new RunOptions(debug, factory);
    }
}
