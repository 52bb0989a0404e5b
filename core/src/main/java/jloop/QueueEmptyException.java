package jloop;

/// Thrown by [Queue#getNowait()] if there is no item.
public final class QueueEmptyException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public QueueEmptyException(String message) {
        super(message);
    }
}
