package jloop;

/// Thrown by the immediate form of an operation, if it would have to wait.
public final class WouldBlockException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public WouldBlockException(String message) {
        super(message);
    }
}
