package jloop;

/// Makes the tasks of a loop, see [EventLoop#setTaskFactory].
@FunctionalInterface
public interface TaskFactory {

    /// A task of `loop` for `coroutine`, usually by [Task#Task(EventLoop, Coroutine,
    /// TaskOptions)].
    <T> Task<T> create(EventLoop loop, Coroutine<T> coroutine, TaskOptions options);
}
