package jloop;

/// Thrown by [Queue#putNowait] if there is no room.
public final class QueueFullException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public QueueFullException(String message) {
        super(message);
    }
}
