package jloop;

/// The system cannot send this file by itself, and to read and write it was not allowed
/// ([SendfileOptions#withFallback]). Nothing was sent.
///
/// **As in asyncio**: `SendfileNotAvailableError`.
public final class SendfileNotAvailableException extends IllegalStateException {

    private static final long serialVersionUID = 1;

    public SendfileNotAvailableException(String message) {
        super(message);
    }
}
