package jloop.poller;

/// A monotonic clock.
@FunctionalInterface
public interface Clock {

    /// The clock of the machine, `System.nanoTime`.
    Clock SYSTEM = System::nanoTime;

    /// Nanoseconds since an arbitrary instant; compare by difference only.
    long nanos();

    /// Keeps a clock from moving by itself, as one for tests does, while another thread works
    /// for the loop. Counts; [#release()] is called as often. Any thread.
    default void hold() { }

    /// Ends a [#hold()]. Who has something for the loop hands it over first, then releases.
    default void release() { }
}
