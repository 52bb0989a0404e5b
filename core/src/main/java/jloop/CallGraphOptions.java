package jloop;

import org.jspecify.annotations.Nullable;

/// How much [Asyncio#captureCallGraph] shows of each stack.
///
/// `depth` is how many frames to skip of the calling task's stack, innermost first: 0 begins
/// with the capturing method itself, 1 with its caller. `limit` is how many frames to keep of
/// each stack: positive the innermost, negative the outermost, 0 none, null all.
public record CallGraphOptions(int depth, @Nullable Integer limit) {

    public static final CallGraphOptions DEFAULT = new CallGraphOptions(1, null);

    public CallGraphOptions {
        if (depth < 0) throw new IllegalArgumentException("depth must be at least 0, not " + depth);
    }

    public CallGraphOptions withDepth(int wanted) {
        return new CallGraphOptions(wanted, limit);
    }

    public CallGraphOptions withLimit(@Nullable Integer wanted) {
        return new CallGraphOptions(depth, wanted);
    }
}
