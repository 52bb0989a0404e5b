package jloop;

/// How a job runs in another thread. `interruptOnCancel` false lets a job that is cancelled
/// while it runs run on.
public record JobOptions(boolean interruptOnCancel) {

    public static final JobOptions DEFAULT = new JobOptions(false);

    /// Interrupts the thread of the job if its future is cancelled while it runs. Whoever waits
    /// gets the cancellation at once in any case, and does not wait for the job to end.
    ///
    /// **Unlike asyncio**: there a job cannot be stopped.
    public JobOptions withInterruptOnCancel(boolean enabled) {
        return new JobOptions(enabled);
    }
}
