package jloop;

/// A [Coroutine] without a result. Its task's result is null.
@FunctionalInterface
public interface VoidCoroutine {

    void run() throws Exception;

    /// The same body as a [Coroutine] that returns null.
    @SuppressWarnings("NullAway")           // Void has no other value
    default Coroutine<Void> returningNull() {
        return () -> {
            run();
            return null;
        };
    }
}
