package jloop.io;

import jloop.EventLoop;

/// The account of what a connection keeps for sending: who writes is told to pause and to go on
/// by its limits, and a write that would exceed its bound is refused.
final class FlowControl {

    /*
     * The limits and the bound are different things. Above the high limit everything is taken
     * still, and who writes had better wait. Above the bound nothing is: it is there for who
     * does not wait, and takes no part in the pairs of pause and resume.
     */

    /// Who writes.
    interface Writer {

        void pauseWriting() throws Exception;

        void resumeWriting() throws Exception;

        /// Ends the connection; what is kept is dropped.
        void abort();
    }

    static final int MAX_BYTES = 64 * 1024 * 1024;

    private final EventLoop loop;
    private final Writer writer;
    private WriteBufferLimits limits = WriteBufferLimits.DEFAULT;
    private int maxBytes = MAX_BYTES;
    private boolean abortsOnOverflow;
    private boolean paused;                     // so who writes was told

    FlowControl(EventLoop loop, Writer writer) {
        this.loop = loop;
        this.writer = writer;
    }

    boolean isPaused() {
        return paused;
    }

    WriteBufferLimits limits() {
        return limits;
    }

    /// Sets the limits while `keptBytes` are kept.
    void limit(WriteBufferLimits chosen, int keptBytes) {
        limits = chosen;
        pauseIfMuch(keptBytes);
    }

    int maxBytes() {
        return maxBytes;
    }

    void bound(int bytes) {
        if (bytes < 1)
            throw new IllegalArgumentException(
                    "at least 1 byte must be allowed to be kept, not " + bytes);
        maxBytes = bytes;
    }

    void abortOnOverflow(boolean aborts) {
        abortsOnOverflow = aborts;
    }

    /// Refuses to take `length` bytes beside those that are kept, if that is too much.
    void rejectOverflow(int keptBytes, long length) {
        if (length > maxBytes - keptBytes) overflow(keptBytes, length);
    }

    private void overflow(int keptBytes, long length) {
        if (abortsOnOverflow) writer.abort();
        throw new WriteBufferFullException("a write of " + length + " bytes is refused: "
                + keptBytes + " are kept already, and at most " + maxBytes + " may be"
                + (abortsOnOverflow ? "; the connection is aborted" : ""));
    }

    /// More is kept than before.
    void pauseIfMuch(int keptBytes) {
        if (paused || keptBytes <= limits.highBytes()) return;
        paused = true;
        tellPaused();
    }

    /// Somebody else writes from now on, who will be told when to resume.
    void handOver() {
        if (paused) tellPaused();
    }

    private void tellPaused() {
        try {
            writer.pauseWriting();
        } catch (Throwable e) {             // all: it was told, and the connection lives on
            Service.report(loop, "pauseWriting of a protocol failed", e, writer);
        }
    }

    /// Less is kept than before.
    void resumeIfLittle(int keptBytes) {
        if (!paused || keptBytes > limits.lowBytes()) return;
        paused = false;
        try {
            writer.resumeWriting();
        } catch (Throwable e) {             // all: it was told, and the connection lives on
            Service.report(loop, "resumeWriting of a protocol failed", e, writer);
        }
    }
}
