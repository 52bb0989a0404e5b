package jloop;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One capture of who awaits whom.
final class CallGraph {

    /*
     * asyncio: graph.py, where each future has a set of who awaits it, kept at each await. Here
     * a task knows what it awaits, and that what it depends on; a capture turns that around, for
     * all tasks of the loop. Nothing here recurses, as chains of tasks may be long.
     */

    private final CallGraphOptions options;
    private final Map<Future<?>, List<Task<?>>> awaiters = new HashMap<>();
    private final Map<Future<?>, FutureCallGraph> nodes = new HashMap<>();

    private CallGraph(EventLoop loop, CallGraphOptions options) {
        this.options = options;
        for (Task<?> task : loop.tasks.snapshot()) note(task);
    }

    static @Nullable FutureCallGraph capture(
            @Nullable Future<?> future, CallGraphOptions options) {
        if (future != null) return captureOf(future, options);
        if (CurrentLoop.running() == null)
            throw new IllegalStateException("no running event loop, and no future was given "
                    + "whose call graph to capture");
        Task<?> current = Task.current();
        return current == null ? null : captureOf(current, options);
    }

    static FutureCallGraph captureOf(Future<?> future, CallGraphOptions options) {
        future.loop.checkThread("captureCallGraph");
        return new CallGraph(future.loop, options).build(future);
    }

    /// Notes `awaiter` for all that it waits for.
    private void note(Task<?> awaiter) {
        Future<?> awaited = awaiter.awaitedFuture();
        if (awaited == null) return;
        Set<Future<?>> seen = new HashSet<>();
        Deque<Future<?>> left = new ArrayDeque<>();
        left.push(awaited);
        while (!left.isEmpty()) {
            Future<?> next = left.pop();
            if (!seen.add(next)) continue;
            awaiters.computeIfAbsent(next, _ -> new ArrayList<>()).add(awaiter);
            if (next.done()) continue;
            for (Future<?> other : next.dependsOn()) left.push(other);
        }
    }

    /// A future whose awaiters are being looked at.
    private final class Visit {

        final Future<?> future;
        final Iterator<Task<?>> left;
        final List<FutureCallGraph> awaitedBy = new ArrayList<>();

        Visit(Future<?> future) {
            this.future = future;
            this.left = awaiters.getOrDefault(future, List.of()).iterator();
        }
    }

    private FutureCallGraph build(Future<?> root) {
        Deque<Visit> path = new ArrayDeque<>();
        Set<Future<?>> entered = new HashSet<>();
        path.push(new Visit(root));
        entered.add(root);
        while (true) {
            Visit visit = path.getFirst();
            if (visit.left.hasNext()) {
                Task<?> next = visit.left.next();
                if (entered.add(next)) path.push(new Visit(next));
                else visit.awaitedBy.add(known(next));
                continue;
            }
            path.pop();
            FutureCallGraph node = new FutureCallGraph(
                    visit.future, stack(visit.future), visit.awaitedBy);
            nodes.put(visit.future, node);
            if (path.isEmpty()) return node;
            path.getFirst().awaitedBy.add(node);
        }
    }

    /// The node of `future`, or, if that is still being made, the end of a circle.
    private FutureCallGraph known(Future<?> future) {
        FutureCallGraph node = nodes.get(future);
        return node != null ? node : new FutureCallGraph(future, List.of(), List.of());
    }

    private List<FrameCallGraphEntry> stack(Future<?> future) {
        if (!(future instanceof Task<?> task) || Integer.valueOf(0).equals(options.limit()))
            return List.of();
        List<StackTraceElement> frames = TaskStack.of(task);
        if (task == Task.current())
            frames = frames.subList(Math.min(options.depth(), frames.size()), frames.size());
        return TaskStack.limited(frames, options.limit()).stream()
                .map(FrameCallGraphEntry::new).toList();
    }

    // ---- As text

    private record Part(FutureCallGraph node, int level) { }

    /// A future that was shown already is only named.
    static String format(FutureCallGraph graph) {
        StringBuilder text = new StringBuilder();
        Set<Future<?>> shown = new HashSet<>();
        Deque<Part> left = new ArrayDeque<>();
        left.push(new Part(graph, 0));
        while (!left.isEmpty()) {
            Part part = left.pop();
            FutureCallGraph node = part.node;
            boolean isNew = shown.add(node.future());
            String indent = "    ".repeat(part.level);
            if (!text.isEmpty()) text.append('\n');
            text.append(indent).append("* ").append(name(node.future()));
            if (!isNew) text.append(" (see above)");
            else appendRest(text, node, '\n' + indent);
            if (!isNew) continue;
            for (FutureCallGraph awaiter : node.awaitedBy().reversed())
                left.push(new Part(awaiter, part.level + 1));
        }
        return text.toString();
    }

    private static void appendRest(StringBuilder text, FutureCallGraph node, String newLine) {
        if (!node.callStack().isEmpty()) text.append(newLine).append("  + Call stack:");
        for (FrameCallGraphEntry entry : node.callStack())
            text.append(newLine).append("  |   at ").append(entry.frame());
        if (!node.awaitedBy().isEmpty()) text.append(newLine).append("  + Awaited by:");
    }

    private static String name(Future<?> future) {
        String id = "id=0x" + Integer.toHexString(System.identityHashCode(future)) + ")";
        return future instanceof Task<?> task ? "Task(name='" + task.getName() + "', " + id
                : "Future(" + id;
    }
}
