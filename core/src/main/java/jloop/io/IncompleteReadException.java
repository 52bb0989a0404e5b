package jloop.io;

import java.io.EOFException;
import java.util.OptionalInt;

/// The stream ended before a read was complete.
public final class IncompleteReadException extends EOFException {

    private static final long serialVersionUID = 1;
    private static final int UNDEFINED = -1;

    private final byte[] partial;
    private final int expected;

    IncompleteReadException(byte[] partial) {
        this(partial, UNDEFINED);
    }

    IncompleteReadException(byte[] partial, int expected) {
        super(partial.length + " bytes read on a total of "
                + (expected == UNDEFINED ? "undefined" : expected) + " expected bytes");
        this.partial = partial;
        this.expected = expected;
    }

    /// What was read before the end. It is no longer in the stream.
    public byte[] partial() {
        return partial.clone();
    }

    /// How many bytes were asked for; empty if it was a separator.
    public OptionalInt expected() {
        return expected == UNDEFINED ? OptionalInt.empty() : OptionalInt.of(expected);
    }
}
