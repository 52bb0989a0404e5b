package jloop;

/// Thrown when something is used that was closed on this side: before, or while it waited.
public final class ClosedResourceException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public ClosedResourceException(String message) {
        super(message);
    }
}
