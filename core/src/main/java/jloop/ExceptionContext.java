package jloop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an exception handler is told: a message and, as far as known, the exception and who had
/// to do with it; in debug mode also where the future was made and the callback scheduled,
/// innermost frame first.
///
/// **As in asyncio**: the context dictionary of `call_exception_handler`; a missing key is
/// null. **Unlike asyncio**: a future that was collected is described by `source`.
public record ExceptionContext(
        String message,
        @Nullable Throwable exception,
        @Nullable Future<?> future,
        @Nullable Handle handle,
        @Nullable Object source,
        @Nullable List<StackTraceElement> sourceTraceback,
        @Nullable List<StackTraceElement> handleTraceback) {

    /// A context of a message and an exception.
    public static ExceptionContext of(String message, @Nullable Throwable exception) {
        return new ExceptionContext(message, exception, null, null, null, null, null);
    }

    /// The same about a future or task.
    public ExceptionContext withFuture(Future<?> about) {
        return new ExceptionContext(message, exception, about, handle, source,
                about.sourceTraceback(), handleTraceback);
    }

    /// The same about a callback.
    public ExceptionContext withHandle(Handle about) {
        return new ExceptionContext(message, exception, future, about, source,
                sourceTraceback, DebugMode.traceOf(about.call()));
    }

    /// The same about something else: a server, a connection, another context.
    public ExceptionContext withSource(Object about) {
        return new ExceptionContext(message, exception, future, handle, about,
                sourceTraceback, handleTraceback);
    }

    ExceptionContext withSourceTraceback(@Nullable List<StackTraceElement> trace) {
        return new ExceptionContext(message, exception, future, handle, source,
                trace, handleTraceback);
    }

    ExceptionContext withHandleTraceback(@Nullable List<StackTraceElement> trace) {
        return new ExceptionContext(message, exception, future, handle, source,
                sourceTraceback, trace);
    }
}
