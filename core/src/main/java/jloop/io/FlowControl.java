package jloop.io;

import jloop.EventLoop;

/// The account of what a connection keeps for sending: by its limits, who writes is told to
/// pause and to go on.
final class FlowControl {

    /// Who writes.
    interface Writer {

        void pauseWriting() throws Exception;

        void resumeWriting() throws Exception;
    }

    private final EventLoop loop;
    private final Writer writer;
    private WriteBufferLimits limits = WriteBufferLimits.DEFAULT;
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
