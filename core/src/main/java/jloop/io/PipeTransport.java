package jloop.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import jloop.Context;
import jloop.EventLoop;
import jloop.Future;
import jloop.PipeEnd;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// A [Transport] over one end of a pipe, so of one direction: what belongs to the other is not
/// supported.
abstract sealed class PipeTransport implements Transport
        permits ReadPipeTransport, WritePipeTransport {

    /*
     * The phases are those of SocketTransport:
     *
     *   NEW ──connected──▶ OPEN ──close──▶ CLOSING ──all sent──▶ LOST ──connectionLost──▶ CLOSED
     *    └──────close────────────────────────▲                    ▲
     *                 abort, failure, from any of them ───────────┘
     *
     * All that the protocol is told by the loop is told in `context`.
     */
    enum Phase { NEW, OPEN, CLOSING, LOST, CLOSED }

    final EventLoop loop;
    final Socket socket;
    final Context context = Context.copyContext();
    Phase phase = Phase.NEW;
    @Nullable Throwable lostBy;
    private final PipeEnd end;
    private BaseProtocol protocol;

    /// `connected` is that of `end`, and the transport's own from now on.
    PipeTransport(EventLoop loop, PipeEnd end, Socket connected, BaseProtocol protocol) {
        this.loop = loop;
        this.end = end;
        this.socket = connected.detach("a transport");
        this.protocol = protocol;
    }

    // ---- The beginning

    /// Has the protocol told soon. The future is done when it was.
    @SuppressWarnings("NullAway")           // Void has no other value
    Future<Void> begin() {
        Future<Void> told = loop.createFuture();
        loop.callSoon(() -> {
            connected();
            if (!told.done()) told.setResult(null);
        }, context);
        return told;
    }

    private void connected() {
        if (phase == Phase.NEW) phase = Phase.OPEN;
        try {
            protocol.connectionMade(this);
        } catch (Throwable e) {             // all: what a protocol throws ends its connection
            fail("connectionMade of a protocol failed", e);
        }
        if (phase.compareTo(Phase.LOST) < 0) start();
    }

    /// Begins to watch the pipe.
    abstract void start();

    // ---- The end

    @Override
    public boolean isClosing() {
        return phase.compareTo(Phase.CLOSING) >= 0;
    }

    boolean isLost() {
        return phase.compareTo(Phase.LOST) >= 0;
    }

    @Override
    public void abort() {
        end(null);
    }

    /// Ends the connection because of what the protocol threw.
    void fail(String message, Throwable thrown) {
        if (!(thrown instanceof IOException)) report(message, thrown);
        end(thrown);
    }

    void report(String message, Throwable thrown) {
        Service.report(loop, message, thrown, this);
    }

    /// Ends the connection now, for `why`; null if it was wanted. The protocol is told soon.
    void end(@Nullable Throwable why) {
        if (isLost()) return;
        phase = Phase.LOST;
        lostBy = why;
        loop.removeReader(socket);
        loop.removeWriter(socket);
        loop.callSoon(this::lost, context);
    }

    private void lost() {
        try {
            protocol.connectionLost(lostBy);
        } catch (Throwable e) {             // all: it was told, and that was the last
            report("connectionLost of a protocol failed", e);
        } finally {
            phase = Phase.CLOSED;
            socket.close();
        }
    }

    // ---- What there is to know

    @Override
    public void setProtocol(BaseProtocol protocol) {
        this.protocol = protocol;
    }

    @Override
    public BaseProtocol getProtocol() {
        return protocol;
    }

    @Override
    public @Nullable Object getExtraInfo(String name) {
        return name.equals("pipe") ? end : null;
    }

    @Override
    public String toString() {
        return "<" + getClass().getSimpleName() + " " + phase.name().toLowerCase(Locale.ROOT)
                + " " + socket + ">";
    }

    // ---- The other direction

    @Override
    public void write(byte[] bytes, int offset, int length) {
        throw unsupported("write");
    }

    @Override
    public void write(ByteBuffer bytes) {
        throw unsupported("write");
    }

    @Override
    public void writelines(Iterable<ByteBuffer> lines) {
        throw unsupported("writelines");
    }

    @Override
    public void writeEof() {
        throw unsupported("writeEof");
    }

    @Override
    public boolean canWriteEof() {
        return false;
    }

    @Override
    public void setWriteBufferLimits(@Nullable Integer high, @Nullable Integer low) {
        throw unsupported("setWriteBufferLimits");
    }

    @Override
    public WriteBufferLimits getWriteBufferLimits() {
        throw unsupported("getWriteBufferLimits");
    }

    @Override
    public void setWriteBufferMax(int maxBytes) {
        throw unsupported("setWriteBufferMax");
    }

    @Override
    public int getWriteBufferMax() {
        throw unsupported("getWriteBufferMax");
    }

    @Override
    public void setAbortOnOverflow(boolean aborts) {
        throw unsupported("setAbortOnOverflow");
    }

    @Override
    public int getWriteBufferSize() {
        return 0;
    }

    @Override
    public boolean isReading() {
        return false;
    }

    @Override
    public void pauseReading() {
        throw unsupported("pauseReading");
    }

    @Override
    public void resumeReading() {
        throw unsupported("resumeReading");
    }

    private UnsupportedOperationException unsupported(String verb) {
        return new UnsupportedOperationException(
                verb + ": a pipe has one direction, and this is the other: " + this);
    }
}
