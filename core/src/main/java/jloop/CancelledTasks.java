package jloop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import jloop.poller.Clock;
import org.jspecify.annotations.Nullable;

/// The tasks of a loop that were cancelled and have not ended, longest ago first.
final class CancelledTasks {

    /*
     * A list through entries of its own, one for a cancelled task, so that a cancel and an end
     * cost O(1) and a task one field. It uses no timer of the loop: the watchdog, which lives on
     * another thread, reads `oldestNanos` and has the loop look when that is long ago. Times are
     * of the machine: a hang is a hang in virtual time too.
     *
     * An entry stays with its task until the task ends or its requests are undone, on the list
     * (`listed`) until it is reported: once.
     */

    static final class Entry {

        private final Task<?> task;
        private final long sinceNanos;
        private @Nullable Entry older;
        private @Nullable Entry newer;
        private boolean listed = true;

        private Entry(Task<?> task) {
            this.task = task;
            this.sinceNanos = Clock.SYSTEM.nanos();
        }
    }

    /// What [#oldestNanos()] is when the list is empty.
    static final long NONE = Long.MIN_VALUE;

    private @Nullable Entry oldest;
    private @Nullable Entry newest;
    private volatile long oldestNanos = NONE;           // loop thread sets; the watchdog reads
    private volatile long limitNanos = Duration.ofSeconds(10).toNanos();    // the same; 0: off

    /// When the request was made that is waited for longest, by [Clock#SYSTEM]; NONE if there
    /// is none.
    @AnyThread
    long oldestNanos() {
        return oldestNanos;
    }

    /// How long a cancelled task may take; 0 for as long as it likes.
    @AnyThread
    long limitNanos() {
        return limitNanos;
    }

    void setLimit(long nanos) {
        limitNanos = nanos;
    }

    void add(Task<?> task) {
        if (task.cancelEntry != null || limitNanos == 0) return;
        Entry entry = new Entry(task);
        task.cancelEntry = entry;
        entry.older = newest;
        if (newest == null) setOldest(entry);
        else newest.newer = entry;
        newest = entry;
    }

    /// Forgets a task that has ended, or that is cancelled no longer.
    void remove(Task<?> task) {
        Entry entry = task.cancelEntry;
        if (entry == null) return;
        task.cancelEntry = null;
        if (entry.listed) unlist(entry);
    }

    private void unlist(Entry entry) {
        entry.listed = false;
        Entry before = entry.older;
        Entry after = entry.newer;
        if (after == null) newest = before;
        else after.older = before;
        if (before == null) setOldest(after);
        else before.newer = after;
    }

    private void setOldest(@Nullable Entry entry) {
        oldest = entry;
        oldestNanos = entry == null ? NONE : entry.sinceNanos;
    }

    /// What to report of the tasks that are overdue at `nowNanos`; each task once.
    List<ExceptionContext> takeOverdue(long nowNanos) {
        List<ExceptionContext> reports = new ArrayList<>();
        long limit = limitNanos;
        for (Entry entry; limit != 0 && (entry = oldest) != null
                && nowNanos - entry.sinceNanos >= limit; ) {
            unlist(entry);
            reports.add(report(entry, nowNanos));
        }
        return reports;
    }

    private static ExceptionContext report(Entry entry, long nowNanos) {
        Duration late = Duration.ofNanos(nowNanos - entry.sinceNanos);
        var stands = new TimeoutException("where it stands " + late + " after it was cancelled");
        stands.setStackTrace(entry.task.getStack());
        return ExceptionContext.of("a cancelled task has not ended", stands)
                .withFuture(entry.task);
    }
}
