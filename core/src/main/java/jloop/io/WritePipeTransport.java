package jloop.io;

import java.io.IOException;
import java.lang.System.Logger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import jloop.BrokenPipeException;
import jloop.EventLoop;
import jloop.PipeEnd;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// The transport of an end of a pipe that is written to.
final class WritePipeTransport extends PipeTransport implements FlowControl.Writer {

    private static final int LOST_WRITES_TO_WARN = 5;
    private static final int UNWANTED_MAX = 64 * 1024;

    private final WriteBuffer unsent = new WriteBuffer();
    private final FlowControl flow;
    private int lostWrites;

    WritePipeTransport(EventLoop loop, PipeEnd end, Socket connected, BaseProtocol protocol) {
        super(loop, end, connected, protocol);
        flow = new FlowControl(loop, this);
    }

    // ---- Whether anybody reads

    @Override
    void start() {
        if (socket.tellsOfHangup()) loop.addReader(socket, this::mayHaveLostReader, context);
    }

    /// Called when whoever reads has gone; of a socket, also when it sends to us, which is for
    /// nobody.
    private void mayHaveLostReader() {
        try {
            byte[] unwanted = socket.receiveNow(UNWANTED_MAX);
            if (unwanted == null || unwanted.length > 0) return;
        } catch (IOException _) {           // of a pipe: it cannot be read from, so that was it
        }
        end(unsent.isEmpty() ? null : new BrokenPipeException(
                "nobody reads any more, and " + unsent.sizeBytes() + " bytes are unsent"));
    }

    // ---- Sending

    @Override
    public void write(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (!takes(length)) return;
        int sent = 0;
        if (unsent.isEmpty()) {
            try {
                sent = socket.sendNow(bytes, offset, length);
            } catch (IOException e) {
                end(e);
                return;
            }
            if (sent == length) return;
            loop.addWriter(socket, this::writable, context);
        }
        unsent.add(bytes, offset + sent, offset + length);
        flow.pauseIfMuch(unsent.sizeBytes());
    }

    @Override
    public void write(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        write(copy);
    }

    @Override
    public void writelines(Iterable<ByteBuffer> lines) {
        List<ByteBuffer> listed = new ArrayList<>();
        lines.forEach(listed::add);
        ByteBuffer[] pieces = listed.toArray(ByteBuffer[]::new);
        if (!takes(WriteBuffer.sizeBytes(pieces))) return;
        try {
            if (unsent.sendOrAdd(socket, pieces)) loop.addWriter(socket, this::writable, context);
            flow.pauseIfMuch(unsent.sizeBytes());
        } catch (IOException e) {
            end(e);
        }
    }

    private boolean takes(long length) {
        if (length == 0) return false;
        if (!isClosing()) {
            flow.rejectOverflow(unsent.sizeBytes(), length);
            return true;
        }
        if (++lostWrites >= LOST_WRITES_TO_WARN)
            System.getLogger("jloop").log(Logger.Level.WARNING,
                    "still writing to {0}, which was closed or is not read any more", this);
        return false;
    }

    /// Called in each turn in which bytes fit, while some are kept.
    private void writable() {
        try {
            unsent.sendBy(socket);
        } catch (IOException e) {
            end(e);
            return;
        }
        flow.resumeIfLittle(unsent.sizeBytes());        // may write more
        if (!unsent.isEmpty() || isLost()) return;
        loop.removeWriter(socket);
        if (phase == Phase.CLOSING) end(null);
    }

    @Override
    public void pauseWriting() throws Exception {
        getProtocol().pauseWriting();
    }

    @Override
    public void resumeWriting() throws Exception {
        getProtocol().resumeWriting();
    }

    @Override
    public void setWriteBufferLimits(@Nullable Integer high, @Nullable Integer low) {
        flow.limit(WriteBufferLimits.of(high, low), unsent.sizeBytes());
    }

    @Override
    public WriteBufferLimits getWriteBufferLimits() {
        return flow.limits();
    }

    @Override
    public void setWriteBufferMax(int maxBytes) {
        flow.bound(maxBytes);
    }

    @Override
    public int getWriteBufferMax() {
        return flow.maxBytes();
    }

    @Override
    public void setAbortOnOverflow(boolean aborts) {
        flow.abortOnOverflow(aborts);
    }

    @Override
    public int getWriteBufferSize() {
        return unsent.sizeBytes();
    }

    // ---- The end

    @Override
    public boolean canWriteEof() {
        return true;
    }

    /// To close it is the only way to end a pipe.
    @Override
    public void writeEof() {
        close();
    }

    @Override
    public void close() {
        if (isClosing()) return;
        phase = Phase.CLOSING;
        if (unsent.isEmpty()) end(null);
    }

    @Override
    void end(@Nullable Throwable why) {
        unsent.clear();
        super.end(why);
    }
}
