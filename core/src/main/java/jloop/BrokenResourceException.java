package jloop;

/// Thrown when something cannot be used any more because the other side is gone, as by
/// [SendChannel#send] when all receivers are closed.
public final class BrokenResourceException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public BrokenResourceException(String message) {
        super(message);
    }
}
