package jloop;

import org.jspecify.annotations.Nullable;

/// What an exception handler is told: a message and, as far as known, the exception and who had
/// to do with it.
///
/// **As in asyncio**: the context dictionary of `call_exception_handler`; a missing key is
/// null.
public record ExceptionContext(
        String message,
        @Nullable Throwable exception,
        @Nullable Future<?> future,
        @Nullable Handle handle,
        @Nullable Object source) {

    /// A context of a message and an exception.
    public static ExceptionContext of(String message, @Nullable Throwable exception) {
        return new ExceptionContext(message, exception, null, null, null);
    }

    /// The same about a future or task.
    public ExceptionContext withFuture(Future<?> about) {
        return new ExceptionContext(message, exception, about, handle, source);
    }

    /// The same about a callback.
    public ExceptionContext withHandle(Handle about) {
        return new ExceptionContext(message, exception, future, about, source);
    }

    /// The same about something else: a server, a connection, another context.
    public ExceptionContext withSource(Object about) {
        return new ExceptionContext(message, exception, future, handle, about);
    }
}
