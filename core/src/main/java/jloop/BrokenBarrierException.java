package jloop;

/// Thrown to those who wait at a [Barrier] that is aborted or reset, and to those who come to
/// one that was aborted.
///
/// **As in asyncio**: `BrokenBarrierError`.
public final class BrokenBarrierException extends IllegalStateException {

    private static final long serialVersionUID = 1;

    public BrokenBarrierException(String message) {
        super(message);
    }
}
