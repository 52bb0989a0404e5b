package jloop;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The future of [Asyncio#gather]: the results of several futures, in the order they were
/// given.
final class Gathering<R> extends Future<List<R>> {

    /*
     * asyncio: tasks.gather. The first failure (a cancelled child counts) fails the whole, and
     * the siblings run on. Cancelling the whole cancels the children, and is answered by them:
     * the first one to end so ends the whole, or, if exceptions are results, all of them.
     */

    private final List<Future<?>> given;
    private final Set<Future<?>> children;          // each once
    private final boolean exceptionsAreResults;
    private int pending;
    private boolean cancelRequested;
    private @Nullable Object cancelReason;

    Gathering(EventLoop loop, List<Future<?>> given, boolean exceptionsAreResults) {
        super(loop);
        this.given = List.copyOf(given);
        this.children = new LinkedHashSet<>(given);
        this.exceptionsAreResults = exceptionsAreResults;
        this.pending = children.size();
        for (Future<?> child : children) {
            if (!child.done()) child.listen((CarrierCall) () -> childEnded(child));
        }
        if (children.isEmpty()) finishWith(Collections.emptyList());
        // asyncio: those done already count at once, so that all of them leave nothing to do.
        for (Future<?> child : children) {
            if (child.done()) childEnded(child);
        }
    }

    @Override
    Iterable<? extends Future<?>> dependsOn() {
        return children;
    }

    private void childEnded(Future<?> child) {
        pending--;
        if (done()) {
            child.failureRead();        // as asyncio: nobody else is going to
            return;
        }
        if (!exceptionsAreResults) {
            if (child.cancelled()) {
                failWith(child.cancelledError());
                return;
            }
            Throwable failure = child.exception();
            if (failure != null) {
                failWith(failure);
                return;
            }
        }
        if (pending > 0) return;
        if (cancelRequested) failWith(new CancelledError(cancelReason));
        else finishWith(results());
    }

    @SuppressWarnings("unchecked")      // R is Object where exceptions are results
    private List<R> results() {
        List<R> results = new ArrayList<>(given.size());
        for (Future<?> child : given) results.add((R) outcome(child));
        return results;
    }

    private static @Nullable Object outcome(Future<?> child) {
        if (child.cancelled()) return child.cancelledError();
        Throwable failure = child.exception();
        return failure != null ? failure : child.result();
    }

    /// Cancels every child that is pending. True if any of them took it; the whole is over when
    /// they are.
    @Override
    public boolean cancel(@Nullable Object reason) {
        loop.checkThread("cancel");
        if (done()) return false;
        boolean taken = false;
        for (Future<?> child : children) {
            if (child.cancel(reason)) taken = true;
        }
        if (taken) {
            cancelRequested = true;
            cancelReason = reason;
        }
        return taken;
    }
}
