package jloop.poller;

/// A monotonic clock.
@FunctionalInterface
public interface Clock {

    /// The clock of the machine, `System.nanoTime`.
    Clock SYSTEM = System::nanoTime;

    /// Nanoseconds since an arbitrary instant; compare by difference only.
    long nanos();
}
