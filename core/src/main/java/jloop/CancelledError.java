package jloop;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The error that a cancelled task gets where it waits.
///
/// It extends [Error], so `catch (Exception e)` lets it pass. Clean up in `finally`; who
/// catches it and goes on has swallowed the cancellation, see [Task#uncancel()].
///
/// **As in asyncio**: `CancelledError`, a BaseException for the same reason.
public final class CancelledError extends Error {

    private static final long serialVersionUID = 1;
    private static final long UNKNOWN = -1;

    private final transient @Nullable Object reason;
    transient @Nullable Task<?> deliveredTo;        // the last task it was thrown in, by the loop
    transient @Nullable CancelScope owner;          // whose request that was; null: nobody's
    private long bytesSent = UNKNOWN;

    public CancelledError() {
        this(null);
    }

    /// An error whose reason is what was given to [Task#cancel(Object)].
    public CancelledError(@Nullable Object reason) {
        super(reason == null ? null : reason.toString());
        this.reason = reason;
    }

    /// What was given to [Task#cancel(Object)], or null.
    public @Nullable Object reason() {
        return reason;
    }

    /// How many bytes a [EventLoop#sockSendall] or [EventLoop#sockSendfile] had sent when this
    /// ended it; empty if it ended neither, or that had not begun.
    public OptionalLong bytesSent() {
        return bytesSent == UNKNOWN ? OptionalLong.empty() : OptionalLong.of(bytesSent);
    }

    /// Ends a call that has sent so many bytes. Returns this error.
    CancelledError after(long bytesSent) {
        this.bytesSent = bytesSent;
        return this;
    }
}
