package jloop;

import java.util.ArrayList;
import java.util.List;

/// One call of [TaskGroup#start].
final class TaskStart<V> implements TaskStatus<V> {

    /*
     *   STARTING ──started──▶ STARTED                the task is the group's
     *       └──the task ends, or the caller is cancelled──▶ what it ends with is the caller's
     */

    private final Task<?> caller;
    private final List<Task<?>> child = new ArrayList<>(1);
    private final Future<V> ready;
    private final EndOfTasks end;
    private boolean told;
    private boolean started;

    TaskStart(Task<?> caller) {
        this.caller = caller;
        this.ready = new DependentFuture<>(caller.loop, child);
        this.end = new EndOfTasks(caller.loop, child);
    }

    @Override
    public void started(V value) {
        ready.loop.checkThread("started");
        if (told)
            throw new IllegalStateException("started was called before, by " + child);
        if (!child.isEmpty() && child.getFirst().done())
            throw new IllegalStateException("started comes too late: its task has ended, "
                    + child.getFirst());
        told = true;
        if (ready.done()) return;
        started = true;
        ready.finishWith(value);
    }

    /// True if what the task ends with is the group's to know, not the caller's.
    boolean isOver() {
        return started;
    }

    /// The task has ended without a word.
    void ended(Task<?> task) {
        end.come();
        if (ready.done()) return;
        if (task.cancelled()) ready.failWith(task.cancelledError());
        else ready.failWith(failureOf(task));
    }

    private static Throwable failureOf(Task<?> task) {
        Throwable failure = task.failureRead();
        return failure != null ? failure : new IllegalStateException(
                "the task has ended and never called started: " + task);
    }

    /// Waits until `task` calls [#started], and returns its value.
    V await(TaskGroup group, Task<?> task) {
        child.add(task);
        try {
            return ready.await();
        } catch (CancelledError e) {
            if (started) throw e;
            Cancellations seen = new Cancellations(caller, null);
            seen.add(e);
            group.callOff(task, e.reason());
            while (!task.done()) end.await(seen);
            Throwable failure = task.failureRead();
            if (failure == null) throw e;
            seen.redeliver();
            throw Outcomes.<RuntimeException>rethrow(failure);
        }
    }
}
