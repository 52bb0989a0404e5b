package jloop;

/// A [Semaphore] that never has more permits than at first: one release too many is an error.
///
/// **As in asyncio**: `BoundedSemaphore`.
public final class BoundedSemaphore extends Semaphore {

    private final int bound;

    /// A semaphore of one permit.
    public BoundedSemaphore() {
        this(1);
    }

    /// A semaphore of `permits` permits, and never more.
    ///
    /// **Errors**: IllegalArgumentException if negative.
    public BoundedSemaphore(int permits) {
        super(permits);
        this.bound = permits;
    }

    /// Gives a permit back.
    ///
    /// **Errors**: IllegalArgumentException, asyncio's ValueError, if all permits are there.
    @Override
    public void release() {
        if (permits() >= bound)
            throw new IllegalArgumentException("released more often than acquired: " + this
                    + " has all its permits, " + bound);
        super.release();
    }
}
