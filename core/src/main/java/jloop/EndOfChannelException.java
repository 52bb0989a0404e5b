package jloop;

/// Thrown by [ReceiveChannel#receive()] when all items were received and all senders are
/// closed, so that no more can come.
public final class EndOfChannelException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public EndOfChannelException(String message) {
        super(message);
    }
}
