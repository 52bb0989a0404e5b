package jloop;

/// What [Asyncio#wait] waits for.
public enum ReturnWhen {

    /// The first future that is done, in whatever way.
    FIRST_COMPLETED,

    /// The first future that failed, or all of them. One that is cancelled has not failed.
    FIRST_EXCEPTION,

    /// All futures.
    ALL_COMPLETED
}
