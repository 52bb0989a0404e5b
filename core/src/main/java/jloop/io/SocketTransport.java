package jloop.io;

import java.io.IOException;
import java.lang.System.Logger;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import jloop.Context;
import jloop.EventLoop;
import jloop.Future;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// A [Transport] over a stream socket.
final class SocketTransport implements Transport, ServerConnection {

    /*
     *   NEW ──connected──▶ OPEN ──close──▶ CLOSING ──all sent──▶ LOST ──connectionLost──▶ CLOSED
     *    └──────close────────────────────────▲                    ▲
     *                 abort, failure, from any of them ───────────┘
     *
     * Phases only move forward. connectionLost is scheduled by the one step to LOST, so it comes
     * once, and later than all else. From LOST on nothing is received or sent. Beside the phases:
     * `eofWanted` (writeEof: done when all is sent), `eofSeen` (nothing more will come).
     *
     * A message costs one event, one call, one receive, one send. The reader of the socket has
     * one handle for all its calls, and waits again after each; what is left over after a
     * receive, be it a part of the same message, waits for its turn behind the others.
     *
     * All that the protocol is told by the loop is told in `context`.
     */
    private enum Phase { NEW, OPEN, CLOSING, LOST, CLOSED }

    // A quarter of asyncio's: so long may a connection that floods keep the others waiting.
    private static final int RECEIVE_MAX = 64 * 1024;
    private static final int LOST_WRITES_TO_WARN = 5;
    private static final int UNREAD_MAX = 256 * 1024;       // what asyncio would have received
    private static final int ANY_SIZE = -1;

    private final EventLoop loop;
    private final Socket view;          // for users
    private final Socket socket;
    private final Context context = Context.copyContext();
    private final @Nullable SocketAddress peer;
    private final WriteBuffer unsent = new WriteBuffer();
    private @Nullable Server server;
    private @Nullable BaseProtocol protocol;        // null: the server has yet to make it
    private Phase phase = Phase.NEW;
    private boolean readingPaused;
    private boolean writingPaused;                  // so the protocol was told
    private boolean eofWanted;
    private boolean eofSeen;
    private boolean aborted;
    private int lostWrites;
    private WriteBufferLimits limits = WriteBufferLimits.DEFAULT;

    /// One of `server`, or of none, for a connected socket, which is its own from now on.
    SocketTransport(EventLoop loop, Socket socket, @Nullable Server server) {
        this.loop = loop;
        this.view = socket;
        this.socket = socket.detach("a transport");
        this.server = server;
        this.peer = socket.remoteAddress();
        if (server != null) server.attach(this);
    }

    // ---- The beginning

    /// Has `protocol` told of the connection soon. The future is done when it was.
    @SuppressWarnings("NullAway")           // Void has no other value
    Future<Void> begin(BaseProtocol protocol) {
        setProtocol(protocol);
        Future<Void> told = loop.createFuture();
        loop.callSoon(() -> {
            connected(protocol);
            if (!told.done()) told.setResult(null);
        }, context);
        return told;
    }

    /// Has a protocol made and told of the connection soon.
    void beginWith(Supplier<? extends BaseProtocol> factory) {
        loop.callSoon(() -> {
            if (phase == Phase.NEW) makeProtocol(factory);
        }, context);
    }

    private void makeProtocol(Supplier<? extends BaseProtocol> factory) {
        BaseProtocol made;
        try {
            made = Objects.requireNonNull(factory.get(), "protocol");
            setProtocol(made);
        } catch (Throwable e) {             // all: the connection has nobody to tell it to
            fail("no protocol could be made for a connection", e);
            return;
        }
        connected(made);
    }

    private void connected(BaseProtocol told) {
        if (phase == Phase.NEW) phase = Phase.OPEN;
        try {
            told.connectionMade(this);
        } catch (Throwable e) {             // all, as from the other methods of a protocol
            fail("connectionMade of a protocol failed", e);
        }
        startReading();
    }

    // ---- Receiving

    private void startReading() {
        if (phase == Phase.OPEN && !readingPaused && !eofSeen)
            loop.addReader(socket, this::readable, context);
    }

    private void stopReading() {
        if (phase == Phase.OPEN) loop.removeReader(socket);
    }

    /// Called in each turn in which there is something to receive.
    private void readable() {
        try {
            if (protocol instanceof BufferedProtocol receiver) receiveInto(receiver);
            else if (protocol instanceof Protocol receiver) receiveFor(receiver);
        } catch (IOException e) {
            end(e);
        }
    }

    private void receiveFor(Protocol receiver) throws IOException {
        byte[] received = socket.receiveNow(RECEIVE_MAX);
        if (received == null) return;
        if (received.length == 0) {
            ended();
            return;
        }
        try {
            receiver.dataReceived(ByteBuffer.wrap(received));
        } catch (Throwable e) {             // all: what a protocol throws ends its connection
            fail("dataReceived of a protocol failed", e);
        }
    }

    private void receiveInto(BufferedProtocol receiver) throws IOException {
        ByteBuffer buffer = bufferOf(receiver);
        if (buffer == null || phase != Phase.OPEN) return;
        int start = buffer.position();
        int count = socket.receiveNow(buffer);
        buffer.position(start);
        if (count == Socket.NOTHING_YET) return;
        if (count == 0) {
            ended();
            return;
        }
        try {
            receiver.bufferUpdated(count);
        } catch (Throwable e) {             // all: what a protocol throws ends its connection
            fail("bufferUpdated of a protocol failed", e);
        }
    }

    /// Null if it gave none of use: then the connection has ended.
    private @Nullable ByteBuffer bufferOf(BufferedProtocol receiver) {
        try {
            ByteBuffer buffer = receiver.getBuffer(ANY_SIZE);
            if (!buffer.hasRemaining() || buffer.isReadOnly())
                throw new IllegalStateException(
                        "getBuffer must return a buffer with room, not " + buffer);
            return buffer;
        } catch (Throwable e) {             // all: what a protocol throws ends its connection
            fail("getBuffer of a protocol failed", e);
            return null;
        }
    }

    private void ended() {
        eofSeen = true;
        boolean keepOpen;
        try {
            keepOpen = protocol instanceof BufferedProtocol buffered ? buffered.eofReceived()
                    : protocol instanceof Protocol plain && plain.eofReceived();
        } catch (Throwable e) {             // all: what a protocol throws ends its connection
            fail("eofReceived of a protocol failed", e);
            return;
        }
        if (keepOpen) stopReading();
        else close();
    }

    @Override
    public boolean isReading() {
        return !readingPaused && !isClosing();
    }

    @Override
    public void pauseReading() {
        if (!isReading()) return;
        readingPaused = true;
        stopReading();
    }

    @Override
    public void resumeReading() {
        if (isClosing() || !readingPaused) return;
        readingPaused = false;
        startReading();
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
            awaitWritable();
        }
        unsent.add(bytes, offset + sent, offset + length);
        pauseIfMuch();
    }

    @Override
    public void write(ByteBuffer bytes) {
        if (bytes.hasArray()) {
            write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
            bytes.position(bytes.limit());
        } else if (takes(bytes.remaining())) {
            writeDirect(bytes);
        }
    }

    private void writeDirect(ByteBuffer bytes) {
        if (unsent.isEmpty()) {
            try {
                socket.sendNow(bytes);
            } catch (IOException e) {
                end(e);
                return;
            }
            if (!bytes.hasRemaining()) return;
            awaitWritable();
        }
        unsent.add(bytes);
        pauseIfMuch();
    }

    @Override
    public void writelines(Iterable<ByteBuffer> lines) {
        int total = 0;
        for (ByteBuffer line : lines) total = Math.addExact(total, line.remaining());
        byte[] joined = new byte[total];
        int at = 0;
        for (ByteBuffer line : lines) {
            int count = line.remaining();
            line.get(joined, at, count);
            at += count;
        }
        write(joined);
    }

    /// Whether so many bytes are to be sent at all.
    private boolean takes(int length) {
        if (eofWanted) throw new IllegalStateException("write after writeEof");
        if (length == 0) return false;
        if (phase.compareTo(Phase.LOST) < 0) return true;
        if (++lostWrites >= LOST_WRITES_TO_WARN)
            System.getLogger("jloop").log(Logger.Level.WARNING,
                    "still writing to the connection of {0}, which is lost", peer);
        return false;
    }

    private void awaitWritable() {
        loop.addWriter(socket, this::writable, context);
    }

    /// Called in each turn in which bytes fit, while some are kept.
    private void writable() {
        try {
            unsent.sendBy(socket);
        } catch (IOException e) {
            end(e);
            return;
        }
        resumeIfLittle();           // may write more
        if (!unsent.isEmpty() || phase.compareTo(Phase.LOST) >= 0) return;
        loop.removeWriter(socket);
        if (phase == Phase.CLOSING) lose(null);
        else if (eofWanted) shutdownOutput();
    }

    private void pauseIfMuch() {
        if (writingPaused || unsent.sizeBytes() <= limits.highBytes()) return;
        writingPaused = true;
        try {
            if (protocol != null) protocol.pauseWriting();
        } catch (Throwable e) {             // all: it was told, and the connection lives on
            report("pauseWriting of a protocol failed", e);
        }
    }

    private void resumeIfLittle() {
        if (!writingPaused || unsent.sizeBytes() > limits.lowBytes()) return;
        writingPaused = false;
        try {
            if (protocol != null) protocol.resumeWriting();
        } catch (Throwable e) {             // all: it was told, and the connection lives on
            report("resumeWriting of a protocol failed", e);
        }
    }

    @Override
    public void setWriteBufferLimits(@Nullable Integer high, @Nullable Integer low) {
        limits = WriteBufferLimits.of(high, low);
        pauseIfMuch();
    }

    @Override
    public WriteBufferLimits getWriteBufferLimits() {
        return limits;
    }

    @Override
    public int getWriteBufferSize() {
        return unsent.sizeBytes();
    }

    @Override
    public void writeEof() {
        if (isClosing() || eofWanted) return;
        eofWanted = true;
        if (unsent.isEmpty()) shutdownOutput();
    }

    @Override
    public boolean canWriteEof() {
        return true;
    }

    private void shutdownOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            end(e);
        }
    }

    // ---- The end

    @Override
    public void close() {
        if (isClosing()) return;
        stopReading();
        phase = Phase.CLOSING;
        if (unsent.isEmpty()) lose(null);
    }

    @Override
    public void abort() {
        aborted = true;
        end(null);
    }

    @Override
    public boolean isClosing() {
        return phase.compareTo(Phase.CLOSING) >= 0;
    }

    /// Ends the connection because of what the protocol threw.
    private void fail(String message, Throwable thrown) {
        if (!(thrown instanceof IOException)) report(message, thrown);
        end(thrown);
    }

    private void report(String message, Throwable thrown) {
        Service.report(loop, message, thrown, this);
    }

    /// Ends the connection now, for `why`; null if it was wanted.
    private void end(@Nullable Throwable why) {
        if (phase.compareTo(Phase.LOST) >= 0) return;
        stopReading();
        if (!unsent.isEmpty()) loop.removeWriter(socket);
        unsent.clear();
        lose(why);
    }

    /// Nothing is sent or received any more; the protocol is told soon.
    private void lose(@Nullable Throwable why) {
        phase = Phase.LOST;
        loop.callSoon(() -> lost(why), context);
    }

    private void lost(@Nullable Throwable why) {
        try {
            if (protocol != null) protocol.connectionLost(why);
        } catch (Throwable e) {             // all: it was told, and that was the last
            report("connectionLost of a protocol failed", e);
        } finally {
            phase = Phase.CLOSED;
            // What is left unread makes the system reset the connection, which may cost the peer
            // what was sent to it last.
            if (why == null && !aborted && !eofSeen) socket.discardReceived(UNREAD_MAX);
            socket.close();
            if (server != null) server.detach(this);
            server = null;
        }
    }

    // ---- What there is to know

    @Override
    public void setProtocol(BaseProtocol protocol) {
        if (!(protocol instanceof BufferedProtocol || protocol instanceof Protocol))
            throw new IllegalArgumentException(
                    protocol + " must be a Protocol or a BufferedProtocol");
        this.protocol = protocol;
    }

    @Override
    public BaseProtocol getProtocol() {
        if (protocol == null) throw new IllegalStateException("there is no protocol yet");
        return protocol;
    }

    @Override
    public @Nullable Object getExtraInfo(String name) {
        return switch (name) {
            case "peername" -> peer;
            case "sockname" -> socket.localAddress();
            case "socket" -> view;
            default -> null;
        };
    }

    @Override
    public String toString() {
        return "<Transport " + phase.name().toLowerCase(Locale.ROOT)
                + (readingPaused ? " paused" : "") + " fd=" + socket.fileno() + " peer=" + peer
                + " unsent=" + unsent.sizeBytes() + ">";
    }
}
