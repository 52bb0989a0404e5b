package jloop;

import java.io.PrintStream;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where a coroutine stands, in those frames that say something to who wrote it.
final class TaskStack {

    /*
     * What a thread's stack has more of:
     *
     *   VirtualThread.park, Strand.suspend, Task.blockOn     how a method of ours waits: cut
     *   Future.await, Lock.acquire, Asyncio.sleep            that method: kept
     *   ...                                                  the coroutine
     *   Timeout.run, Asyncio.timeout                         the one that was called: kept
     *   ...
     *   Task.carryOut, Strand.run, VirtualThread.run         how the loop runs it: cut
     *
     * So of adjacent frames of ours only the outermost stays. A task that blocks in the JDK has
     * none at the top, and loses none. A generator's body stands on a thread of its own above
     * who asks it: the two are joined.
     */

    private static final String OUR_PACKAGES = TaskStack.class.getPackageName() + ".";
    private static final Set<String> CARRIERS = Set.of(Strand.class.getName(),
            Task.class.getName(), GeneratorStrand.class.getName(), WithoutResult.class.getName());

    private TaskStack() { }

    /// The frames of a task, innermost first. None if it is done or has not begun.
    static List<StackTraceElement> of(Task<?> task) {
        List<StackTraceElement> frames = new ArrayList<>();
        for (Strand strand = task.strand; strand != null; strand = strand.below()) {
            Thread thread = strand.thread;
            if (thread != null && strand.phase != Strand.Phase.NEW)
                frames.addAll(trimmed(thread.getStackTrace()));
        }
        return frames;
    }

    /// What [Task#getStack(int)] returns; all frames if `limit` is null.
    static List<StackTraceElement> of(Task<?> task, @Nullable Integer limit) {
        Throwable failure = task.failure();
        if (failure == null) return limited(of(task), limit == null ? null : Math.max(limit, 0));
        List<StackTraceElement> frames = List.of(failure.getStackTrace());
        frames = frames.subList(0, endOfBody(frames));
        return limited(frames, limit == null ? null : -Math.max(limit, 0));
    }

    /// At most `limit` frames, the innermost ones; if it is negative, the outermost.
    static <T> List<T> limited(List<T> frames, @Nullable Integer limit) {
        if (limit == null) return frames;
        int size = frames.size();
        return limit < 0 ? frames.subList(Math.max(0, size + limit), size)
                : frames.subList(0, Math.min(limit, size));
    }

    static void print(Task<?> task, @Nullable Integer limit, PrintStream out) {
        List<StackTraceElement> frames = of(task, limit);
        Throwable failure = task.failure();
        StringBuilder text = new StringBuilder(failure != null ? "Exception of "
                : frames.isEmpty() ? "No stack for " : "Stack for ").append(task);
        if (failure != null || !frames.isEmpty()) text.append(" (innermost call first):");
        if (failure != null) text.append(System.lineSeparator()).append(failure);
        for (StackTraceElement frame : frames)
            text.append(System.lineSeparator()).append("    at ").append(frame);
        out.println(text);
    }

    private static List<StackTraceElement> trimmed(StackTraceElement[] stack) {
        List<StackTraceElement> frames = List.of(stack);
        frames = frames.subList(beginOfOurs(frames), endOfBody(frames));
        List<StackTraceElement> kept = new ArrayList<>();
        boolean isOurs = false;
        for (StackTraceElement frame : frames.reversed()) {
            boolean isCaller = isOurs;
            isOurs = isOurs(frame);
            if (!isOurs || !isCaller) kept.add(frame);
        }
        return kept.reversed();
    }

    /// The index of the first frame that is not of the JDK, if it is ours; else 0.
    private static int beginOfOurs(List<StackTraceElement> frames) {
        int first = 0;
        while (first < frames.size() && isOfTheJdk(frames.get(first))) first++;
        return first < frames.size() && isOurs(frames.get(first)) ? first : 0;
    }

    /// The index after the body's frame; all of them if no strand ran it.
    private static int endOfBody(List<StackTraceElement> frames) {
        int end = frames.size();
        while (end > 0 && !isStrandsRun(frames.get(end - 1))) end--;
        if (end == 0) return frames.size();
        while (end > 0 && isCarrying(frames.get(end - 1))) end--;
        return end;
    }

    /// True of what may stand below a body, which some wrap into a lambda.
    private static boolean isCarrying(StackTraceElement frame) {
        return CARRIERS.contains(outermostClass(frame))
                || frame.getMethodName().startsWith("lambda$") && isOurs(frame);
    }

    private static boolean isStrandsRun(StackTraceElement frame) {
        return frame.getClassName().equals(Strand.class.getName())
                && frame.getMethodName().equals("run");
    }

    private static boolean isOfTheJdk(StackTraceElement frame) {
        return "java.base".equals(frame.getModuleName());
    }

    /// By where it was loaded from too, as others may have classes in packages of ours: tests.
    private static boolean isOurs(StackTraceElement frame) {
        String name = frame.getClassName();
        if (!name.startsWith(OUR_PACKAGES)) return false;
        try {
            Class<?> found = Class.forName(name, false, TaskStack.class.getClassLoader());
            return Objects.equals(source(found), source(TaskStack.class));
        } catch (ClassNotFoundException _) {
            return false;
        }
    }

    private static @Nullable Object source(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        return source == null ? null : String.valueOf(source.getLocation());
    }

    private static String outermostClass(StackTraceElement frame) {
        String name = frame.getClassName();
        int nested = name.indexOf('$');
        return nested < 0 ? name : name.substring(0, nested);
    }
}
