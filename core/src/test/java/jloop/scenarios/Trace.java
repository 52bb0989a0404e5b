package jloop.scenarios;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.NoSuchElementException;
import jloop.Asyncio;
import jloop.Coroutine;
import jloop.EventLoop;
import jloop.ExceptionContext;
import jloop.InvalidStateException;
import jloop.ThrowableGroup;
import jloop.VoidCoroutine;
import jloop.kernel.VirtualPoller;
import org.jspecify.annotations.Nullable;

/// What a scenario prints, in the words of its Python twin, and the loop in virtual time that
/// it runs on: `scenario.py` in Java.
public final class Trace {

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final StringBuilder text = new StringBuilder();
    private final List<EventLoop> loops = new ArrayList<>();

    /// What a scenario throws of its own.
    public static final class Boom extends Exception {
        private static final long serialVersionUID = 1;
    }

    /// And another one.
    public static final class Bang extends Exception {
        private static final long serialVersionUID = 1;
    }

    /// One line of the trace.
    public void out(@Nullable Object... values) {
        List<String> words = new ArrayList<>();
        for (Object value : values) words.add(text(value));
        text.append(String.join(" ", words)).append('\n');
    }

    private static String text(@Nullable Object value) {
        return switch (value) {
            case Throwable e -> kind(e);
            case Collection<?> all -> all.stream().map(Trace::text)
                    .collect(Collectors.joining(", ", "[", "]"));
            case null, default -> String.valueOf(value);
        };
    }

    /// The exception's type as Python calls it, and for a group what it holds.
    public static String kind(Throwable e) {
        String name = e.getClass().getSimpleName();
        return switch (e) {
            case ThrowableGroup group -> group.exceptions().stream().map(Trace::kind)
                    .collect(Collectors.joining(", ", name + "(", ")"));
            case InvalidStateException _ -> "InvalidStateError";
            case TimeoutException _ -> "TimeoutError";
            case NoSuchElementException _ -> "LookupError";
            default -> switch (name) {
                case "IllegalStateException", "WrongThreadException" -> "RuntimeError";
                case "IllegalArgumentException" -> "ValueError";
                case "BrokenBarrierException" -> "BrokenBarrierError";
                case "QueueEmptyException" -> "QueueEmpty";
                case "QueueFullException" -> "QueueFull";
                case "QueueShutDownException" -> "QueueShutDown";
                default -> name;
            };
        };
    }

    /// Virtual milliseconds of the running loop.
    public static long now() {
        return Asyncio.getRunningLoop().time() / NANOS_PER_MILLI;
    }

    /// A loop that prints what its exception handler is told.
    public EventLoop newLoop() {
        VirtualPoller poller = new VirtualPoller();
        EventLoop loop = new EventLoop(poller, poller);
        loop.setExceptionHandler((_, context) -> told(context));
        loops.add(loop);
        return loop;
    }

    private void told(ExceptionContext context) {
        Throwable exception = context.exception();
        out("handler:", exception == null ? "no exception" : exception);
    }

    /// [Asyncio#run] of `main`; prints what it returns or throws.
    public <T> void run(Coroutine<T> main) {
        T result;
        try {
            result = Asyncio.run(main, options -> options.withLoopFactory(this::newLoop));
        } catch (Throwable e) {
            out("raised", e);
            return;
        }
        if (result != null) out("returned", result);
    }

    /// The same for a coroutine without a result.
    public void run(VoidCoroutine main) {
        run(() -> {
            main.run();
            return null;
        });
    }

    /// Throws `e`, checked or not, where a callback may not.
    public static void sneak(Throwable e) {
        Trace.<RuntimeException>rethrow(e);
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> void rethrow(Throwable e) throws X {
        throw (X) e;
    }

    /// [#run] in debug mode.
    public void runInDebug(VoidCoroutine main) {
        Asyncio.run(main, options -> options.withLoopFactory(this::newLoop).withDebug(true));
    }

    /// Everything printed so far.
    String text() {
        return text.toString();
    }

    /// Closes loops that the scenario left open.
    void close() {
        for (EventLoop loop : loops) loop.close();
    }
}
