package jloop;

import java.util.Objects;

/// One frame of a call stack in a [FutureCallGraph].
///
/// **Unlike asyncio**: it does not tell a coroutine's frame from another's, as Java has no such
/// difference.
public record FrameCallGraphEntry(StackTraceElement frame) {

    public FrameCallGraphEntry {
        Objects.requireNonNull(frame, "frame");
    }
}
