package jloop;

/// There is no such process any more: it has ended, and its owner knows.
///
/// **As in asyncio**: `ProcessLookupError`. **Unlike asyncio**: an IllegalStateException, as
/// only who has not looked can get it.
public final class ProcessLookupException extends IllegalStateException {

    private static final long serialVersionUID = 1;

    public ProcessLookupException(String message) {
        super(message);
    }
}
