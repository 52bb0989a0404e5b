package jloop;

import org.jspecify.annotations.Nullable;

/// The wait of a task for the end of others that it is responsible for: a cancellation
/// interrupts it, and it is taken up again.
final class EndOfTasks {

    private final EventLoop loop;
    private final Iterable<? extends Future<?>> tasks;
    private @Nullable Future<Void> come;            // while somebody waits

    /// `tasks` is looked at whenever somebody asks what is waited for.
    EndOfTasks(EventLoop loop, Iterable<? extends Future<?>> tasks) {
        this.loop = loop;
        this.tasks = tasks;
    }

    /// It has come.
    @SuppressWarnings("NullAway")           // Void has no other value
    void come() {
        Future<Void> waited = come;
        if (waited != null && !waited.done()) waited.finishWith(null);
    }

    /// Waits until it comes, or until a cancellation does. `seen` is told of that; returns it,
    /// or null.
    @Nullable CancelledError await(Cancellations seen) {
        Future<Void> end = new DependentFuture<>(loop, tasks);
        come = end;
        try {
            if (seen.any()) end.awaitRegardless();
            else end.await();
            return null;
        } catch (CancelledError e) {
            seen.add(e);
            return e;
        } finally {
            come = null;
        }
    }
}
