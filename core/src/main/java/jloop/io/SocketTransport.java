package jloop.io;

import java.io.IOException;
import java.lang.System.Logger;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import jloop.ConnectionAbortedException;
import jloop.Context;
import jloop.EventLoop;
import jloop.Future;
import jloop.SendfileOptions;
import jloop.Socket;
import jloop.Task;
import org.jspecify.annotations.Nullable;

/// A [Transport] over a stream socket.
final class SocketTransport implements Transport, ServerConnection, FlowControl.Writer {

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
     * Over TLS (`tls`) the handshake comes first, in a task, which receives by itself: until it
     * is over nobody else does. CLOSING then lasts until the peer has ended its direction too
     * (`farewell`). What the protocol was not given, because it paused, stays in `tls`,
     * encrypted but for the rest of a record.
     *
     * All that the protocol is told by the loop is told in `context`.
     */
    private enum Phase { NEW, OPEN, CLOSING, LOST, CLOSED }

    // asyncio's is 256: so long may a connection that floods keep the others waiting. More in
    // one go was no faster when measured (docs/performance.md, beside a fire-hose).
    private static final int RECEIVE_MAX = 16 * 1024;
    private static final int RECEIVE_MAX_TLS = 64 * 1024;       // a record is 16 KiB and a little
    private static final int LOST_WRITES_TO_WARN = 5;
    private static final int UNREAD_MAX = 256 * 1024;       // what asyncio would have received
    private static final int ANY_SIZE = -1;

    private final EventLoop loop;
    private final Socket view;          // for users
    private final Socket socket;
    private final Context context = Context.copyContext();
    private @Nullable SocketAddress peer;           // asked for late: most never need it
    private final WriteBuffer unsent = new WriteBuffer();
    private final FlowControl flow;
    private @Nullable Server server;
    private @Nullable BaseProtocol protocol;        // null: the server has yet to make it
    private Phase phase = Phase.NEW;
    private boolean readingPaused;
    private @Nullable String refusal;               // why nothing can be written now
    private boolean sendingFile;
    private boolean eofWanted;
    private boolean eofSeen;
    private boolean midMessage;                     // so the protocol has said
    private boolean aborted;
    private int lostWrites;
    private @Nullable TlsChannel tls;
    private boolean handshaking;
    private @Nullable TlsFarewell farewell;

    /// One of `server`, or of none, for a connected socket, which is its own from now on.
    SocketTransport(EventLoop loop, Socket socket, @Nullable Server server) {
        this.loop = loop;
        this.view = socket;
        this.socket = socket.detach("a transport");
        this.server = server;
        this.flow = new FlowControl(loop, this);
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

    /// The same, after a handshake, which this waits for. That it failed is told to nobody but
    /// in debug mode, as by asyncio: anybody can make it fail.
    void beginWith(Supplier<? extends BaseProtocol> factory, TlsSide side) {
        try {
            startTls(side);
            if (server != null) server.secured(this);
            beginWith(factory);
        } catch (IOException e) {
            if (loop.getDebug()) report("the TLS handshake of a connection failed", e);
        }
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
        if (phase != Phase.OPEN || readingPaused || handshaking) return;
        if (!eofSeen) loop.addReader(socket, this::readable, context);
        if (tls != null && tls.hasReceived()) loop.callSoon(this::decrypt, context);
    }

    private void stopReading() {
        if (phase == Phase.OPEN) loop.removeReader(socket);
    }

    /// Called in each turn in which there is something to receive.
    private void readable() {
        try {
            if (tls != null) receiveFor(tls);
            else if (protocol instanceof BufferedProtocol receiver) receiveInto(receiver);
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
        give(receiver, received);
    }

    private void give(Protocol receiver, byte[] received) {
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
        int end = buffer.limit();
        if (end - start > RECEIVE_MAX) buffer.limit(start + RECEIVE_MAX);
        int count = socket.receiveNow(buffer);
        buffer.limit(end).position(start);
        if (count == Socket.NOTHING_YET) return;
        if (count == 0) {
            ended();
            return;
        }
        tellUpdated(receiver, count);
    }

    private void tellUpdated(BufferedProtocol receiver, int count) {
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
        if (keepOpen && tls == null) stopReading();
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
        if (tls == null) send(bytes, offset, length);
        else encrypt(tls, bytes, offset, length);
    }

    private void send(byte[] bytes, int offset, int length) {
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
        flow.pauseIfMuch(unsent.sizeBytes());
    }

    @Override
    public void write(ByteBuffer bytes) {
        if (bytes.hasArray()) {
            write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
            bytes.position(bytes.limit());
        } else if (tls != null) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(bytes.position(), copy);
            write(copy);
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
        flow.pauseIfMuch(unsent.sizeBytes());
    }

    @Override
    public void writelines(Iterable<ByteBuffer> lines) {
        List<ByteBuffer> listed = new ArrayList<>();
        lines.forEach(listed::add);
        ByteBuffer[] pieces = listed.toArray(ByteBuffer[]::new);
        if (!takes(WriteBuffer.sizeBytes(pieces))) return;
        if (tls == null) {
            send(pieces);
        } else {
            byte[] joined = WriteBuffer.joined(pieces);
            encrypt(tls, joined, 0, joined.length);
        }
    }

    private void send(ByteBuffer[] pieces) {
        try {
            if (unsent.sendOrAdd(socket, pieces)) awaitWritable();
            flow.pauseIfMuch(unsent.sizeBytes());
        } catch (IOException e) {
            end(e);
        }
    }

    /// Whether so many bytes are to be sent at all.
    private boolean takes(long length) {
        if (refusal != null) throw new IllegalStateException("write " + refusal);
        if (length == 0) return false;
        if (phase.compareTo(Phase.LOST) < 0 && (tls == null || tls.isOpen())) {
            flow.rejectOverflow(unsent.sizeBytes(), length);
            return true;
        }
        if (++lostWrites >= LOST_WRITES_TO_WARN)
            System.getLogger("jloop").log(Logger.Level.WARNING,
                    "still writing to the connection of {0}, which is lost", peer());
        return false;
    }

    private void awaitWritable() {
        loop.addWriter(socket, this::writable, context);
        if (server != null) server.keeping();
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
        if (!unsent.isEmpty() || phase.compareTo(Phase.LOST) >= 0) return;
        loop.removeWriter(socket);
        if (phase == Phase.CLOSING) loseIfOver();
        else if (eofWanted) shutdownOutput();
    }

    @Override
    public void pauseWriting() throws Exception {
        if (protocol != null) protocol.pauseWriting();
    }

    @Override
    public void resumeWriting() throws Exception {
        if (protocol != null) protocol.resumeWriting();
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

    @Override
    public void writeEof() {
        if (tls != null)
            throw new UnsupportedOperationException("TLS has no end of one direction only");
        if (isClosing() || eofWanted) return;
        if (refusal != null) throw new IllegalStateException("writeEof " + refusal);
        eofWanted = true;
        refusal = "after writeEof";
        if (unsent.isEmpty()) shutdownOutput();
    }

    @Override
    public boolean canWriteEof() {
        return tls == null;
    }

    private void shutdownOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            end(e);
        }
    }

    // ---- Files

    /// What [Transports#sendfile(Transport, FileChannel, SendfileOptions)] does.
    long sendFile(FileChannel file, SendfileOptions options) throws IOException {
        return sendAlone(() -> tls == null ? loop.sockSendfile(socket, file, _ -> options)
                : FileBlocks.write(loop, file, options, (block, length) -> {
                    awaitSent();
                    encrypt(Objects.requireNonNull(tls), block, 0, length);
                }));
    }

    /// The same of the file at `path`.
    long sendFile(Path path, SendfileOptions options) throws IOException {
        if (tls == null) return sendAlone(() -> loop.sockSendfile(socket, path, _ -> options));
        try (FileChannel file = FileChannel.open(path)) {
            return sendFile(file, options);
        }
    }

    private interface Sending {
        long send() throws IOException;
    }

    /// Behind what was written before; meanwhile nothing else is, and nothing is received.
    private long sendAlone(Sending sending) throws IOException {
        if (isClosing()) throw new IllegalStateException("sendfile on a connection that closes");
        if (refusal != null) throw new IllegalStateException("sendfile " + refusal);
        boolean wasReading = isReading();
        pauseReading();
        refusal = "while a file is sent";
        sendingFile = true;
        if (server != null) server.keeping();
        try {
            awaitSent();
            return sending.send();
        } catch (SocketException e) {
            end(e);
            throw e;
        } finally {
            sendingFile = false;
            refusal = null;
            if (wasReading) resumeReading();
        }
    }

    private void awaitSent() throws IOException {
        unsent.awaitEmpty(loop);
        if (isClosing())
            throw new ConnectionAbortedException(
                    "the connection was closed before the file was sent");
    }

    // ---- TLS

    /// Waits for the handshake; the connection ends if it fails.
    void startTls(TlsSide side) throws IOException {
        if (isClosing() || eofWanted || handshaking)
            throw new IllegalStateException("startTls on a connection that "
                    + (handshaking ? "is in a handshake" : "was ended"));
        if (refusal != null) throw new IllegalStateException("startTls " + refusal);
        stopReading();
        TlsChannel channel = new TlsChannel(side, tls);
        tls = channel;
        handshaking = true;
        refusal = "during the TLS handshake";
        try {
            TlsHandshake.carryOut(channel, this::send,
                    () -> channel.feed(loop.sockRecv(socket, RECEIVE_MAX_TLS)));
            if (isClosing()) throw TlsHandshake.closed();
        } catch (SSLException e) {
            failTls(e);
            throw e;
        } catch (IOException e) {
            end(e);
            throw e;
        } finally {
            if (!channel.isOpen()) end(null);
            handshaking = false;
            refusal = null;
        }
    }

    /// The same, in the middle of a connection, which `told` hears of from then on.
    void startTls(TlsSide side, BaseProtocol told) throws IOException {
        setProtocol(told);
        flow.handOver();
        startTls(side);
        readingPaused = false;
        startReading();
    }

    private void encrypt(TlsChannel channel, byte[] bytes, int offset, int length) {
        try {
            channel.write(bytes, offset, length, this::send);
        } catch (SSLException e) {
            failTls(e);
        }
    }

    /// The peer was told why: that is to reach it.
    private void failTls(SSLException e) {
        if (phase.compareTo(Phase.LOST) < 0) {
            if (!handshaking) stopReading();
            socket.discardReceived(UNREAD_MAX);
        }
        end(e);
    }

    private void receiveFor(TlsChannel channel) throws IOException {
        byte[] received = socket.receiveNow(RECEIVE_MAX_TLS);
        if (received == null) return;
        channel.feed(received);
        if (received.length == 0) {
            eofSeen = true;
            loop.removeReader(socket);
        }
        decrypt();
    }

    /// Gives the protocol what there is, until it pauses; nobody, once we are closing.
    private void decrypt() {
        TlsChannel channel = Objects.requireNonNull(tls);
        try {
            byte[] plain;
            while (isReceiving() && (plain = channel.read(this::send)) != null) {
                if (plain.length == 0) ended();
                else if (protocol instanceof BufferedProtocol receiver) giveInto(receiver, plain);
                else if (protocol instanceof Protocol receiver) give(receiver, plain);
            }
        } catch (SSLException e) {
            failTls(e);
        }
    }

    private boolean isReceiving() {
        return phase == Phase.OPEN && !readingPaused && !handshaking;
    }

    private void giveInto(BufferedProtocol receiver, byte[] plain) {
        ByteBuffer buffer = bufferOf(receiver);
        if (buffer == null) return;
        int count = Math.min(buffer.remaining(), plain.length);
        buffer.duplicate().put(plain, 0, count);
        if (count < plain.length) Objects.requireNonNull(tls).unread(plain, count);
        tellUpdated(receiver, count);
    }

    private void closeTls(TlsChannel channel) {
        TlsFarewell ours = new TlsFarewell(loop, socket, channel, this::send, this::farewellOver);
        farewell = ours;
        stopReading();
        phase = Phase.CLOSING;
        try {
            ours.say(channel.side().options().shutdownTimeout());
        } catch (SSLException e) {
            failTls(e);
        }
        ours.receive();
    }

    private void farewellOver(@Nullable IOException why) {
        if (why == null) loseIfOver();
        else end(why);
    }

    // ---- The end

    @Override
    public void close() {
        if (isClosing()) return;
        if (handshaking) {
            end(null);
        } else if (tls != null) {
            closeTls(tls);
        } else {
            stopReading();
            phase = Phase.CLOSING;
            loseIfOver();
        }
    }

    private void loseIfOver() {
        if (phase == Phase.CLOSING && unsent.isEmpty()
                && (farewell == null || farewell.isOver())) lose(null);
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
        if (!handshaking) stopReading();
        if (!unsent.isEmpty()) loop.removeWriter(socket);
        unsent.clear();
        lose(why);
    }

    /// Nothing is sent or received any more; the protocol is told soon.
    private void lose(@Nullable Throwable why) {
        phase = Phase.LOST;
        if (farewell != null) farewell.stop();
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
            peer = peer();
            socket.close();
            if (server != null) server.detach(this);
            server = null;
        }
    }

    // ---- Of a server

    @Override
    public Awaited awaited() {
        if (phase != Phase.OPEN || readingPaused || handshaking || eofSeen) return Awaited.NOTHING;
        return midMessage || tls != null && tls.hasReceived() ? Awaited.REST : Awaited.MESSAGE;
    }

    @Override
    public void setMidMessage(boolean midMessage) {
        this.midMessage = midMessage;
    }

    @Override
    public boolean isSending() {
        return sendingFile || !unsent.isEmpty();
    }

    @Override
    public Socket socket() {
        return socket;
    }

    @Override
    public @Nullable SocketAddress peer() {
        if (peer == null) peer = socket.remoteAddress();
        return peer;
    }

    @Override
    public @Nullable Task<?> handler() {
        return null;
    }

    @Override
    public void exceeded(ConnectionLimitException why) {
        if (tls != null && unsent.isEmpty()) tls.closeAnyway(this::send);
        end(why);
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
            case "peername" -> peer();
            case "sockname" -> socket.localAddress();
            case "socket" -> view;
            default -> tls == null ? null : tls.info(name);
        };
    }

    @Override
    public String toString() {
        return "<Transport " + phase.name().toLowerCase(Locale.ROOT)
                + (readingPaused ? " paused " : " ") + (peer == null ? socket : "peer=" + peer)
                + " unsent=" + unsent.sizeBytes() + ">";
    }
}
