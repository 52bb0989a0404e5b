package jloop;

/// A [Coroutine] without a result. Its task's result is null.
@FunctionalInterface
public interface VoidCoroutine {

    void run() throws Exception;

    /// The same body as a [Coroutine] that returns null.
    default Coroutine<Void> returningNull() {
        return WithoutResult.of(this);
    }
}
