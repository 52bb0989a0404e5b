package jloop.io;

import java.io.IOException;

/// No separator was found within the limit of the stream. The bytes are still in the stream.
public final class LimitOverrunException extends IOException {

    private static final long serialVersionUID = 1;

    private final int consumed;

    LimitOverrunException(String message, int consumed) {
        super(message);
        this.consumed = consumed;
    }

    /// How many bytes can be skipped without skipping a part of a separator.
    public int consumed() {
        return consumed;
    }
}
