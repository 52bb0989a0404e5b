package jloop;

import org.jspecify.annotations.Nullable;

/// The failures of a loop's futures that nobody has read, oldest first: a list through the
/// failures themselves.
final class UnreadFailures {

    private final EventLoop loop;
    private @Nullable Failure oldest;
    private @Nullable Failure newest;

    UnreadFailures(EventLoop loop) {
        this.loop = loop;
    }

    void add(Failure failure) {
        failure.older = newest;
        if (newest == null) oldest = failure;
        else newest.newer = failure;
        newest = failure;
    }

    /// Removes a failure that is in the list.
    void remove(Failure failure) {
        Failure before = failure.older;
        Failure after = failure.newer;
        if (before == null) oldest = after;
        else before.newer = after;
        if (after == null) newest = before;
        else after.older = before;
        failure.older = null;
        failure.newer = null;
    }

    /// Tells the exception handler of one, unless it was read or told meanwhile.
    void tell(Failure failure) {
        if (!failure.isUnread()) return;
        failure.read();
        loop.report(failure.context());
    }

    /// Tells of all that are left, in the order in which they failed.
    void tellAll() {
        for (Failure next = oldest; next != null; next = oldest) {
            if (next.isUnread()) tell(next);
            else remove(next);
        }
    }

    boolean isEmpty() {
        return oldest == null;
    }
}
