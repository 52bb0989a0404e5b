package jloop;

/// A coroutine that another thread has made ready, on its way through the [Intake].
final class Arrival extends Handle {

    final Runnable continuation;

    Arrival(Runnable continuation) {
        super(continuation, null);
        this.continuation = continuation;
    }
}
