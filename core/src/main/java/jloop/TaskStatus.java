package jloop;

/// By what a task tells the caller of [TaskGroup#start] that it is ready.
public sealed interface TaskStatus<V> permits TaskStart {

    /// Ends [TaskGroup#start], which returns `value`. From now on the task is one of the group
    /// as any other. Does nothing if the caller of `start` was cancelled meanwhile: the task is
    /// being cancelled too.
    ///
    /// **Errors**: IllegalStateException if called before, or after the end of the task.
    void started(V value);
}
