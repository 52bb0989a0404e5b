package jloop;

import java.util.List;
import java.util.Objects;

/// A future, the stack on which it stands if it is a task, innermost frame first, and the tasks
/// that await it, oldest first, each with those that await it in turn.
///
/// Tasks that are reached in several ways are one and the same node. If tasks await each other
/// in a circle, the one that closes it is an end: a node without stack and awaiters.
///
/// **As in asyncio**: `FutureCallGraph`. Of what jloop itself does, the stack shows the methods
/// that were called, as `Future.await` or `Asyncio.timeout`, and not what is inside of them or
/// below the body.
public record FutureCallGraph(
        Future<?> future,
        List<FrameCallGraphEntry> callStack,
        List<FutureCallGraph> awaitedBy) {

    public FutureCallGraph {
        Objects.requireNonNull(future, "future");
        callStack = List.copyOf(callStack);
        awaitedBy = List.copyOf(awaitedBy);
    }

    /// The lines of [Asyncio#formatCallGraph].
    @Override
    public String toString() {
        return CallGraph.format(this);
    }
}
