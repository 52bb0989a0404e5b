package jloop.io;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import jloop.Asyncio;
import jloop.ConnectionAbortedException;
import jloop.ConnectionResetException;
import jloop.EventLoop;
import jloop.Future;
import jloop.SendfileOptions;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// The sending direction of a connection, and its end.
///
/// [#write] never waits: what the system does not take at once is kept and sent in the
/// background. [#drain()] after it waits while too much is kept, so a peer that reads slowly
/// slows the writer.
public final class StreamWriter implements AutoCloseable {

    /*
     * The end of a connection:
     *
     *   OPEN ──close──▶ CLOSING ──all sent──▶ CLOSED
     *     │                └──────────┐          ▲
     *     └──abort, a write that fails┴──────────┘
     *
     * Over TLS the farewell of the peer is waited for too. Until it comes, somebody receives:
     * the task that reads, if there is one, or else the TlsFarewell, for nobody.
     *
     * Phases only move forward. Writing eof is beside it: `eofWanted`, done when all is sent.
     */
    private enum Phase { OPEN, CLOSING, CLOSED }

    private static final int LOST_WRITES_TO_WARN = 5;
    private static final int UNREAD_MAX = 128 * 1024;       // what asyncio would have received
    private static final int CHUNK_BYTES = 64 * 1024;

    private static final byte[] NOTHING = {};

    private final EventLoop loop;
    private final Socket socket;
    private final StreamReader reader;
    private final boolean accepted;         // by a server
    private final WriteBuffer unsent = new WriteBuffer();
    private final Drainers drainers = new Drainers();
    private final FlowControl flow;
    private @Nullable SocketAddress peer;           // asked for late: most never need it
    private @Nullable ServedStreams served;         // of a server, until it is closed
    private Phase phase = Phase.OPEN;
    private @Nullable String refusal;       // why nothing can be written now
    private boolean sendingFile;
    private boolean eofWanted;
    private int lostWrites;
    private @Nullable IOException failure;
    private @Nullable Future<Void> closed;
    private @Nullable TlsChannel tls;
    private @Nullable TlsFarewell farewell;

    StreamWriter(EventLoop loop, Socket socket, StreamReader reader, boolean accepted) {
        this.accepted = accepted;
        this.loop = loop;
        this.socket = socket;
        this.reader = reader;
        this.flow = new FlowControl(loop, drainers);
    }

    /// The tasks that wait in [#drain()].
    private final class Drainers implements FlowControl.Writer {

        private @Nullable List<Future<Void>> waiting;

        Future<Void> add(Future<Void> drained) {
            if (waiting == null) waiting = new ArrayList<>();
            waiting.add(drained);
            return drained;
        }

        private List<Future<Void>> take() {
            List<Future<Void>> taken = waiting == null ? List.of() : waiting;
            waiting = null;
            return taken;
        }

        @Override
        public void pauseWriting() { }          // they look by themselves

        @Override
        @SuppressWarnings("NullAway")           // Void has no other value
        public void resumeWriting() {
            for (Future<Void> drainer : take()) {
                if (!drainer.done()) drainer.setResult(null);
            }
        }

        @Override
        public void abort() {
            StreamWriter.this.abort();
        }

        void fail(@Nullable IOException why) {
            for (Future<Void> drainer : take()) {
                if (!drainer.done()) drainer.setException(
                        why != null ? why : new ConnectionResetException("connection lost"));
            }
        }
    }

    // ---- Writing

    /// Sends `bytes`, or keeps a copy of what cannot be sent at once. After the connection has
    /// ended they are dropped in silence, as in asyncio; [#drain()] tells.
    ///
    /// **Errors**: IllegalStateException after [#writeEof()], and during a TLS handshake;
    /// [WriteBufferFullException], with nothing taken, if more would be kept than
    /// [#setWriteBufferMax] allows.
    public void write(byte[] bytes) {
        write(bytes, 0, bytes.length);
    }

    /// [#write(byte[])] of `length` bytes from `offset`.
    public void write(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (!takes(length)) return;
        if (tls == null) send(bytes, offset, length);
        else encrypt(tls, bytes, offset, length);
    }

    /// Whether so many bytes are to be sent at all.
    private boolean takes(long length) {
        if (refusal != null) throw new IllegalStateException("write " + refusal);
        if (length == 0) return false;
        if (phase == Phase.OPEN) {
            flow.rejectOverflow(unsent.sizeBytes(), length);
            return true;
        }
        if (++lostWrites == LOST_WRITES_TO_WARN)
            System.getLogger("jloop").log(Logger.Level.WARNING,
                    "still writing to the connection of {0}, which has ended", remoteAddress());
        return false;
    }

    private void send(byte[] bytes, int offset, int length) {
        if (phase == Phase.CLOSED) return;
        int sent = 0;
        if (unsent.isEmpty()) {
            try {
                sent = socket.sendNow(bytes, offset, length);
            } catch (IOException e) {
                fail(e);
                return;
            }
        }
        if (sent < length) keep(bytes, offset + sent, offset + length);
    }

    /// [#write(byte[])] of what remains in `bytes`, which it consumes.
    public void write(ByteBuffer bytes) {
        if (bytes.hasArray()) {
            write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
            bytes.position(bytes.limit());
        } else {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(bytes.position(), copy);
            write(copy);
            bytes.position(bytes.limit());
        }
    }

    /// [#write(byte[])] of all of them as one: those that are short are sent together, and all
    /// are taken or none. Over TLS they share records.
    public void writelines(Iterable<byte[]> lines) {
        List<ByteBuffer> wrapped = new ArrayList<>();
        for (byte[] line : lines) wrapped.add(ByteBuffer.wrap(line));
        ByteBuffer[] pieces = wrapped.toArray(ByteBuffer[]::new);
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
            fail(e);
        }
    }

    private void keep(byte[] bytes, int from, int to) {
        if (unsent.isEmpty()) awaitWritable();
        unsent.add(bytes, from, to);
        flow.pauseIfMuch(unsent.sizeBytes());
    }

    private void awaitWritable() {
        loop.addWriter(socket, this::flush);
        if (served != null) served.keeping();
    }

    /// Called when the socket is writable while something is kept.
    private void flush() {
        try {
            unsent.sendBy(socket);
        } catch (IOException e) {
            fail(e);
            return;
        }
        flow.resumeIfLittle(unsent.sizeBytes());
        if (unsent.isEmpty()) flushed();
    }

    private void flushed() {
        loop.removeWriter(socket);
        if (phase == Phase.CLOSING) {
            endInOrder();
        } else if (eofWanted) {
            shutdownOutput();
        }
    }

    /// Waits while too much is kept; else returns at once. Several tasks may wait.
    ///
    /// **Errors**: what ended the connection, an IOException.
    public void drain() throws IOException {
        IOException received = reader.exception();
        if (received != null) throw received;
        if (phase != Phase.OPEN) {
            Asyncio.sleep(Duration.ZERO);     // lets who closes it get to the end
            throwIfLost();
        }
        if (flow.isPaused()) drainers.add(loop.createFuture()).await();
    }

    private void throwIfLost() throws IOException {
        if (failure != null) throw failure;
        if (phase == Phase.CLOSED) throw new ConnectionResetException("connection lost");
    }

    /// The bounds of what is kept, in bytes: above `highBytes`, [#drain()] waits, until it is
    /// at most `lowBytes`. 64 KiB and 16 KiB unless set.
    ///
    /// **Errors**: IllegalArgumentException unless `highBytes >= lowBytes >= 0`.
    public void setWriteBufferLimits(int highBytes, int lowBytes) {
        flow.limit(new WriteBufferLimits(lowBytes, highBytes), unsent.sizeBytes());
    }

    /// The most bytes that may be kept, 64 MiB unless set: a write that would exceed it, were
    /// none of its bytes sent at once, is refused with a [WriteBufferFullException] and takes
    /// nothing. It is there for who does not [#drain()].
    ///
    /// **Errors**: IllegalArgumentException if it is below 1.
    public void setWriteBufferMax(int maxBytes) {
        flow.bound(maxBytes);
    }

    public int getWriteBufferMax() {
        return flow.maxBytes();
    }

    /// Whether a write that is refused aborts the connection too. Not unless set.
    public void setAbortOnOverflow(boolean aborts) {
        flow.abortOnOverflow(aborts);
    }

    /// How many bytes are kept.
    public int getWriteBufferSize() {
        return unsent.sizeBytes();
    }

    /// Ends the sending direction after what is kept: the peer reads the end of the stream.
    /// Reading goes on. Calling again does nothing.
    ///
    /// **Errors**: UnsupportedOperationException over TLS.
    public void writeEof() {
        if (tls != null)
            throw new UnsupportedOperationException("TLS has no end of one direction only");
        if (phase != Phase.OPEN || eofWanted) return;
        if (refusal != null) throw new IllegalStateException("writeEof " + refusal);
        eofWanted = true;
        refusal = "after writeEof";
        if (unsent.isEmpty()) shutdownOutput();
    }

    /// False over TLS.
    public boolean canWriteEof() {
        return tls == null;
    }

    private void shutdownOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            fail(e);
        }
    }

    /// The same stream for libraries that write to an OutputStream. Its writes wait as
    /// [#drain()] does, so they are for coroutines of the loop; closing it closes the
    /// connection.
    public OutputStream asOutputStream() {
        return new StreamOutput(this);
    }

    // ---- Files

    /// Sends all of `file`, from its beginning. Otherwise as
    /// [#sendfile(FileChannel, UnaryOperator)].
    public long sendfile(FileChannel file) throws IOException {
        return sendfile(file, UnaryOperator.identity());
    }

    /// Sends a part of `file`, as `sendfile(file, o -> o.withOffset(10).withCount(100L))`, and
    /// returns how many bytes that was: behind what was written before, and meanwhile nothing
    /// else can be written. How it is done, its errors and what a cancellation leaves are as
    /// with [EventLoop#sockSendfile(Socket, FileChannel, UnaryOperator)]; over TLS it is always
    /// read and written, 16 KiB at a time.
    ///
    /// **Errors**: also IllegalStateException if the connection was closed or
    /// [#writeEof()] was called, and what ends the connection meanwhile, an IOException.
    public long sendfile(FileChannel file, UnaryOperator<SendfileOptions> options)
            throws IOException {
        return sendAlone(() -> tls == null ? loop.sockSendfile(socket, file, options)
                : FileBlocks.write(loop, file, options.apply(SendfileOptions.DEFAULT),
                        (block, length) -> {
                            awaitSent();
                            encrypt(Objects.requireNonNull(tls), block, 0, length);
                        }));
    }

    /// Sends all of the file at `path`. Otherwise as [#sendfile(Path, UnaryOperator)].
    public long sendfile(Path path) throws IOException {
        return sendfile(path, UnaryOperator.identity());
    }

    /// Sends a part of the file at `path`, which on epoll the system does by itself. Otherwise
    /// as [#sendfile(FileChannel, UnaryOperator)].
    ///
    /// **Errors**: also NoSuchFileException, and IllegalArgumentException if it is not a
    /// regular file.
    public long sendfile(Path path, UnaryOperator<SendfileOptions> options) throws IOException {
        if (tls == null) return sendAlone(() -> loop.sockSendfile(socket, path, options));
        try (FileChannel file = FileChannel.open(path)) {
            return sendfile(file, options);
        }
    }

    private interface Sending {
        long send() throws IOException;
    }

    private long sendAlone(Sending sending) throws IOException {
        if (phase != Phase.OPEN)
            throw new IllegalStateException("sendfile on a connection that was ended");
        if (refusal != null) throw new IllegalStateException("sendfile " + refusal);
        refusal = "while a file is sent";
        sendingFile = true;
        if (served != null) served.keeping();
        try {
            awaitSent();
            return sending.send();
        } catch (SocketException e) {
            fail(e);
            throwIfLost();              // for the first reason
            throw e;
        } finally {
            sendingFile = false;
            refusal = null;
        }
    }

    private void awaitSent() throws IOException {
        unsent.awaitEmpty(loop);
        throwIfLost();
        if (phase != Phase.OPEN)
            throw new ConnectionAbortedException(
                    "the connection was closed before the file was sent");
    }

    // ---- TLS

    /// [#startTls(SSLContext, UnaryOperator)] without options: for who was accepted by a
    /// server, which needs none.
    public void startTls(SSLContext context) throws IOException {
        startTls(context, UnaryOperator.identity());
    }

    /// Goes on with TLS: carries out the handshake, and encrypts what is written and decrypts
    /// what is read from then on. Reader and writer stay the same. What is kept is sent first;
    /// what was received and not read is taken for the beginning of the handshake.
    ///
    /// Who was accepted by a server is the server here too. A client has to say who it expects
    /// ([TlsOptions#withServerHostname]). A connection that is TLS already gets another one
    /// within, as to who is reached by a proxy that speaks TLS too.
    ///
    /// **Errors**: SSLException if no agreement is found, or the certificate of the peer is no
    /// good; ConnectionResetException if the peer goes; [jloop.ConnectionAbortedException] if
    /// it takes too long. The connection is closed then, as it is by a cancellation.
    /// IllegalStateException while somebody reads.
    /// **As in asyncio**: `StreamWriter.start_tls`.
    public void startTls(SSLContext context, UnaryOperator<TlsOptions> options)
            throws IOException {
        TlsOptions chosen = options.apply(TlsOptions.DEFAULT.withContext(context));
        drain();
        startTls(accepted ? TlsSide.server(chosen) : TlsSide.client(chosen, null));
    }

    void startTls(TlsSide side) throws IOException {
        if (phase != Phase.OPEN || eofWanted)
            throw new IllegalStateException("startTls on a connection that was ended");
        if (refusal != null) throw new IllegalStateException("startTls " + refusal);
        byte[] early = reader.beginTls();
        TlsChannel channel = new TlsChannel(side, tls);
        if (early.length > 0) channel.add(early);
        tls = channel;
        refusal = "during the TLS handshake";
        try {
            TlsHandshake.carryOut(channel, this::send,
                    () -> channel.feed(loop.sockRecv(socket, CHUNK_BYTES)));
            if (phase != Phase.OPEN) throw TlsHandshake.closed();
        } catch (SSLException e) {
            failTls(e);
            throw e;
        } finally {
            refusal = null;
            reader.tlsBegun(this);
            if (!channel.isOpen()) abort();
        }
    }

    private void encrypt(TlsChannel channel, byte[] bytes, int offset, int length) {
        try {
            channel.write(bytes, offset, length, this::send);
        } catch (SSLException e) {
            failTls(e);
        }
    }

    /// Waits for a record, for the reader; nothing at the end.
    byte[] receive() throws IOException {
        TlsChannel channel = Objects.requireNonNull(tls);
        try {
            byte[] plain;
            while ((plain = channel.read(this::send)) == null) {
                if (phase != Phase.OPEN) return NOTHING;
                channel.feed(loop.sockRecv(socket, CHUNK_BYTES));
            }
            if (plain.length == 0) close();
            return plain;
        } catch (SSLException e) {
            failTls(e);
            throw e;
        }
    }

    /// The peer was told why: that is to reach it.
    private void failTls(SSLException e) {
        if (phase != Phase.CLOSED) socket.discardReceived(UNREAD_MAX);
        fail(e);
    }

    private void closeTls(TlsChannel channel) {
        if (!channel.isOpen()) {                // in the handshake: there is nothing to end
            end(null);
            return;
        }
        TlsFarewell ours = new TlsFarewell(loop, socket, channel, this::send, this::farewellOver);
        farewell = ours;
        try {
            ours.say(channel.side().options().shutdownTimeout());
        } catch (SSLException e) {
            failTls(e);
        }
        if (!reader.isReading()) ours.receive();        // or else when it does so no more
    }

    /// The task that read does so no more.
    void readerLeft() {
        if (farewell != null) farewell.receive();
    }

    private void farewellOver(@Nullable IOException why) {
        if (why == null) endInOrder();
        else end(why);
    }

    // ---- The end

    /// Closes the connection once what is kept is sent. Who reads from it sees the end of the
    /// stream. Closing again does nothing. Over TLS the peer is told, and its own farewell is
    /// waited for, in the background.
    @Override
    public void close() {
        if (phase != Phase.OPEN) return;
        phase = Phase.CLOSING;
        if (tls != null) closeTls(tls);
        else endInOrder();
    }

    private void endInOrder() {
        if (!unsent.isEmpty() || farewell != null && !farewell.isOver()) return;
        socket.discardReceived(UNREAD_MAX);     // or the peer may lose what we sent
        end(null);
    }

    /// Closes the connection now; what is kept is dropped.
    public void abort() {
        if (phase != Phase.CLOSED) end(null);
    }

    public boolean isClosing() {
        return phase != Phase.OPEN;
    }

    /// Waits until the connection is closed.
    ///
    /// **Errors**: what ended it, an IOException, if that was not [#close()].
    public void waitClosed() throws IOException {
        if (phase != Phase.CLOSED) {
            if (closed == null) closed = loop.createFuture();
            Asyncio.shield(closed).await();
        }
        if (failure != null) throw failure;
    }

    private void fail(IOException e) {
        if (reader.exception() == null) reader.setException(e);
        end(e);
    }

    @SuppressWarnings("NullAway")           // Void has no other value
    private void end(@Nullable IOException why) {
        if (phase == Phase.CLOSED) return;
        phase = Phase.CLOSED;
        failure = why;
        if (farewell != null) farewell.stop();
        unsent.clear();
        peer = remoteAddress();
        socket.close();
        drainers.fail(why);
        if (closed != null) closed.setResult(null);
        if (served != null) served.ended();
        served = null;
    }

    // ---- Of a server

    /// Has `streams`, which are ours, told what happens.
    void setServed(ServedStreams streams) {
        served = streams;
    }

    ServerConnection.Awaited awaited() {
        if (phase != Phase.OPEN || !reader.isReading() || tls != null && !tls.isOpen())
            return ServerConnection.Awaited.NOTHING;
        return reader.buffered() > 0 || tls != null && tls.hasReceived()
                ? ServerConnection.Awaited.REST : ServerConnection.Awaited.MESSAGE;
    }

    boolean isSending() {
        return sendingFile || !unsent.isEmpty();
    }

    Socket socket() {
        return socket;
    }

    /// Ends the connection because of a limit. Over TLS the peer is told, if that fits.
    void exceeded(ConnectionLimitException why) {
        if (tls != null && unsent.isEmpty()) tls.closeAnyway(this::send);
        fail(why);
    }

    // ---- What there is to know

    /// The address of the peer, or null if it was gone before anybody asked.
    public @Nullable SocketAddress remoteAddress() {
        if (peer == null) peer = socket.remoteAddress();
        return peer;
    }

    /// Our own address, or null once the connection is closed.
    public @Nullable SocketAddress localAddress() {
        return socket.localAddress();
    }

    /// What is known under `name`: `peername`, `sockname`, `socket`; over TLS `sslcontext`,
    /// `ssl_session` (an `SSLSession`), `peercert` (the certificate of the peer), `cipher`,
    /// `tls_version`, `alpn_protocol` and `ssl_object` (the `SSLEngine`, to be asked only), of
    /// the innermost TLS; else null.
    public @Nullable Object getExtraInfo(String name) {
        return switch (name) {
            case "peername" -> remoteAddress();
            case "sockname" -> socket.localAddress();
            case "socket" -> socket;
            default -> tls == null ? null : tls.info(name);
        };
    }

    @Override
    public String toString() {
        return "<StreamWriter " + phase.name().toLowerCase(java.util.Locale.ROOT)
                + " " + (peer == null ? socket : "peer=" + peer)
                + " unsent=" + unsent.sizeBytes() + ">";
    }
}
