package jloop;

/// The body of a task: a plain method that waits by calling methods that wait.
///
/// There is no second colour of function: whatever a coroutine calls may suspend it, and the
/// loop runs somebody else meanwhile. What it throws, checked or not, reaches whoever awaits
/// the task as the very same object.
///
/// **As in asyncio**: a coroutine function called with its arguments, not yet awaited.
@FunctionalInterface
public interface Coroutine<T> {

    T run() throws Exception;
}
