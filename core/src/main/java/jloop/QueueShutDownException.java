package jloop;

/// Thrown when an item is put into a queue that is shut down, or wanted from one that is shut
/// down and empty. See [Queue#shutdown(boolean)].
public final class QueueShutDownException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public QueueShutDownException(String message) {
        super(message);
    }
}
