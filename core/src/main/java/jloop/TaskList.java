package jloop;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The tasks of a loop that are not done, oldest first: a list through the tasks themselves, so
/// that being held costs no memory.
final class TaskList {

    private @Nullable Task<?> oldest;
    private @Nullable Task<?> newest;
    private int size;

    int size() {
        return size;
    }

    void add(Task<?> task) {
        task.older = newest;
        if (newest == null) oldest = task;
        else newest.newer = task;
        newest = task;
        size++;
    }

    /// Removes a task that is in the list.
    void remove(Task<?> task) {
        Task<?> before = task.older;
        Task<?> after = task.newer;
        if (before == null) oldest = after;
        else before.newer = after;
        if (after == null) newest = before;
        else after.older = before;
        task.older = null;
        task.newer = null;
        size--;
    }

    /// The strand of the task that `continuation` goes on with, or null. Called by another
    /// thread while that one step goes on: it may miss a task, but comes to an end.
    @Nullable Strand find(Runnable continuation) {
        int left = 2 * size + 1;
        for (Task<?> task = newest; task != null && left > 0; task = task.older, left--) {
            if (task.strand.continuation == continuation) return task.strand;
        }
        return null;
    }

    /// The tasks as they are now, oldest first.
    Set<Task<?>> snapshot() {
        Set<Task<?>> all = new LinkedHashSet<>(2 * size);
        for (Task<?> task = oldest; task != null; task = task.newer) all.add(task);
        return all;
    }
}
