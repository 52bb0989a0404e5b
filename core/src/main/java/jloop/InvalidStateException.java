package jloop;

/// Thrown when a future is asked for what its state does not allow: a result that is not there
/// yet, or a second result.
public final class InvalidStateException extends IllegalStateException {

    private static final long serialVersionUID = 1;

    public InvalidStateException(String message) {
        super(message);
    }
}
