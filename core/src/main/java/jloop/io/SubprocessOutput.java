package jloop.io;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

/// What a child process has written, as [Subprocess#communicate()] returns it: each null unless
/// it came by a pipe.
@SuppressWarnings("ArrayRecordComponent")       // as from a reader: an array, not a view of one
public record SubprocessOutput(byte @Nullable [] stdout, byte @Nullable [] stderr) {

    /// The standard output as text in UTF-8; empty if it did not come by a pipe.
    public String text() {
        return stdout == null ? "" : new String(stdout, UTF_8);
    }

    @Override
    public String toString() {
        return "<SubprocessOutput stdout=" + size(stdout) + " stderr=" + size(stderr) + ">";
    }

    private static String size(byte @Nullable [] bytes) {
        return bytes == null ? "none" : bytes.length + " bytes";
    }
}
