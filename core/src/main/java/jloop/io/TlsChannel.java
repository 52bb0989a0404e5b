package jloop.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import jloop.ConnectionResetException;
import org.jspecify.annotations.Nullable;

/// One end of a TLS connection, without the connection: it makes bytes for the peer of ours,
/// and ours of the peer's. It neither waits nor moves them.
///
/// It may run over another one, as TLS within TLS does: then that one is `below`, and what is
/// sent and fed goes through all of them.
final class TlsChannel {

    /*
     *   HANDSHAKE ──shakeHands(), at last open()──▶ OPEN ──close()──▶ CLOSED
     *       └──────────────────close(), a failure────────────────────▲
     *
     * The phase is that of our direction. The peer's has ended when `peerEnded` (its
     * close_notify came) or `eof` (nothing more will be fed; all the worse without the first).
     *
     * What the peer sent waits as it came, in `received` from `start` to `end`, and is
     * decrypted record by record, when somebody reads. So there is nothing decrypted that
     * nobody has, but what was given back (`unread`), and an idle channel holds no buffer:
     * `scratch`, what a record is encrypted or decrypted into, belongs to all the channels of
     * a TlsSide. It is in use within a call only; whoever is sent a part of it copies what
     * cannot go at once.
     *
     * A step of the handshake (`shakeHands`) runs on any thread, and has the channel to itself
     * meanwhile: so its scratch is its own, and it leaves the channel below alone. All else
     * is done on the loop.
     */
    private enum Phase { HANDSHAKE, OPEN, CLOSED }

    /// Takes bytes for the peer. They are the channel's own again when it returns.
    @FunctionalInterface
    interface Wire {
        void send(byte[] bytes, int offset, int length) throws SSLException;
    }

    private static final byte[] NOTHING = {};
    private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);
    private static final int PLAIN_MAX = 15 * 1024;     // that surely fits into a record
    private static final int EMPTY_RECORDS_MAX = 32;    // as OpenSSL

    private final TlsSide side;
    private final @Nullable TlsChannel below;
    private @Nullable SSLEngine made;       // by the first step of the handshake
    private ByteBuffer scratch = NO_BYTES;
    private Phase phase = Phase.HANDSHAKE;
    private byte[] received = NOTHING;
    private int start;
    private int end;
    private int emptyRecords;       // in a row: they cost the peer little, and us as much
    private boolean eof;
    private boolean peerEnded;
    private byte[] unread = NOTHING;        // given back by who read it

    TlsChannel(TlsSide side, @Nullable TlsChannel below) {
        this.side = side;
        this.below = below;
    }

    TlsSide side() {
        return side;
    }

    @Nullable TlsChannel below() {
        return below;
    }

    /// What it encrypts and decrypts by, from the first step of the handshake on.
    SSLEngine engine() {
        return Objects.requireNonNull(made, "engine");
    }

    /// Whether bytes can be written: after the handshake, before our end.
    boolean isOpen() {
        return phase == Phase.OPEN;
    }

    /// Whether there may be something to read without feeding more.
    boolean hasReceived() {
        return start < end || eof || unread.length > 0 || below != null && below.hasReceived();
    }

    // ---- The handshake

    /// Goes on with the handshake as far as it goes, on any thread, and gives what it has to
    /// say to `wire`, for [#pass]. Returns whether it is over; else more has to be fed.
    ///
    /// **Errors**: SSLException if there is to be no connection, after the peer was told why;
    /// ConnectionResetException if the peer has gone.
    boolean shakeHands(Wire wire) throws IOException {
        if (made == null) {
            made = side.engine();
            scratch = TlsSide.room();
        }
        try {
            return agree(made, wire);
        } catch (SSLException e) {
            throw failed(e, wire);
        }
    }

    private boolean agree(SSLEngine engine, Wire wire) throws IOException {
        if (engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING)
            engine.beginHandshake();
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> {
                    runTasks(engine);
                    continue;                   // what they have found wrong is thrown by the next
                }
                case NEED_WRAP -> wrap(NO_BYTES, wire);
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    if (unwrap().getStatus() != Status.BUFFER_UNDERFLOW) break;
                    rejectEof();
                    return false;
                }
                case FINISHED, NOT_HANDSHAKING -> {
                    return true;
                }
            }
            if (engine.isInboundDone())
                throw new ConnectionResetException(
                        "the peer closed the connection in the handshake");
        }
    }

    private static void runTasks(SSLEngine engine) {
        for (Runnable task; (task = engine.getDelegatedTask()) != null; ) task.run();
    }

    private void rejectEof() throws IOException {
        if (eof)
            throw new ConnectionResetException("the connection was lost in the handshake");
    }

    /// Sends what a step of the handshake had to say.
    void pass(byte[] flight, Wire wire) throws SSLException {
        if (flight.length > 0) through(wire).send(flight, 0, flight.length);
    }

    /// Begins to read and write: the handshake is over.
    void open() {
        phase = Phase.OPEN;
        scratch = side.scratch();
    }

    // ---- From the peer

    /// Adds what the peer has sent, which becomes the channel's own; nothing at its end.
    void feed(byte[] bytes) {
        if (below != null) below.feed(bytes);
        else add(bytes);
    }

    /// Has the channel below decrypt a record, if there is one. Returns whether there was.
    boolean pull(Wire wire) throws SSLException {
        byte[] bytes = below == null ? null : below.read(wire);
        if (bytes == null) return false;
        add(bytes);
        return true;
    }

    /// Adds bytes of this channel that were received before there was it.
    void add(byte[] bytes) {
        if (bytes.length == 0) {
            eof = true;
        } else if (start == end) {
            received = bytes;
            start = 0;
            end = bytes.length;
        } else {
            byte[] joined = Arrays.copyOfRange(received, start, end + bytes.length);
            System.arraycopy(bytes, 0, joined, end - start, bytes.length);
            received = joined;
            end = joined.length;
            start = 0;
        }
    }

    /// The bytes of the next record; none at the end, null if more has to be fed.
    ///
    /// **Errors**: SSLException if the peer does not keep to TLS, after it was told, or wants
    /// another handshake; [TruncatedException] at an end without close_notify.
    byte @Nullable [] read(Wire wire) throws SSLException {
        try {
            return nextRecord(wire);
        } catch (SSLException e) {
            throw failed(e, through(wire));
        }
    }

    /// Has the next [#read] return `plain` from `offset` on, of which it was the last.
    void unread(byte[] plain, int offset) {
        unread = Arrays.copyOfRange(plain, offset, plain.length);
    }

    private byte @Nullable [] nextRecord(Wire wire) throws SSLException {
        if (unread.length > 0) {
            byte[] again = unread;
            unread = NOTHING;
            return again;
        }
        while (!peerEnded) {
            SSLEngineResult result = unwrap();
            if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
                if (eof) return raggedEnd();
                if (!pull(wire)) return null;
                continue;
            }
            byte[] plain = decrypted();         // at once: an answer needs the scratch too
            if (engine().isInboundDone()) {
                peerEnded = true;
            } else if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                throw new SSLException("the peer wants to renegotiate, which is refused");
            } else if (result.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                wrap(NO_BYTES, through(wire));  // a new key is due: RFC 8446 §4.6.3
            }
            if (plain.length > 0) return plain;
            if (++emptyRecords > EMPTY_RECORDS_MAX)
                throw new SSLException("more than " + EMPTY_RECORDS_MAX
                        + " records without data, one after the other");
        }
        return NOTHING;
    }

    private byte[] raggedEnd() throws TruncatedException {
        if (!side.options().suppressRaggedEofs()) throw new TruncatedException();
        return NOTHING;
    }

    private byte[] decrypted() {
        if (scratch.position() == 0) return NOTHING;
        emptyRecords = 0;
        byte[] plain = new byte[scratch.position()];
        scratch.flip().get(plain);
        return plain;
    }

    /// Decrypts a record into `scratch`.
    private SSLEngineResult unwrap() throws SSLException {
        ByteBuffer from = ByteBuffer.wrap(received, start, end - start);
        SSLEngineResult result = engine().unwrap(from, scratch.clear());
        start = from.position();
        if (start == end) received = NOTHING;
        if (start == end) start = end = 0;
        return result;
    }

    // ---- To the peer

    /// Encrypts `length` bytes from `offset`, all in one piece if the records are of the usual
    /// size.
    void write(byte[] plain, int offset, int length, Wire wire) throws SSLException {
        Wire down = through(wire);
        ByteBuffer from = ByteBuffer.wrap(plain, offset, length);
        if (length <= PLAIN_MAX) {
            while (from.hasRemaining()) wrap(from, down);
            return;
        }
        int records = length / PLAIN_MAX + 2;
        ByteBuffer all = ByteBuffer.allocate(Math.multiplyExact(records, scratch.capacity()));
        while (from.hasRemaining()) wrap(from, all, down);
        send(all, down);
    }

    /// `wire` by way of the channel below.
    private Wire through(Wire wire) {
        TlsChannel lower = below;
        return lower == null ? wire
                : (bytes, offset, length) -> lower.write(bytes, offset, length, wire);
    }

    /// Encrypts a record and sends it.
    private void wrap(ByteBuffer from, Wire wire) throws SSLException {
        scratch.clear();
        wrap(from, scratch, wire);
        send(scratch, wire);
    }

    /// Encrypts a record. If there is no room for it, sends what is in the way.
    private void wrap(ByteBuffer from, ByteBuffer to, Wire wire) throws SSLException {
        Status status = engine().wrap(from, to).getStatus();
        if (status == Status.BUFFER_OVERFLOW && to.position() > 0) send(to, wire);
        else if (status == Status.BUFFER_OVERFLOW)
            throw new SSLException("the peer sends larger records than TLS allows");
        else if (status == Status.CLOSED && from.hasRemaining())
            throw new SSLException("the connection is closed for writing");
    }

    private static void send(ByteBuffer bytes, Wire wire) throws SSLException {
        int length = bytes.position();
        bytes.clear();
        if (length > 0) wire.send(bytes.array(), bytes.arrayOffset(), length);
    }

    // ---- The end

    /// Ends our direction: the peer is told that nothing more will come. The channel below
    /// stays open.
    void close(Wire wire) throws SSLException {
        if (phase != Phase.CLOSED) endOutput(through(wire));
    }

    private void endOutput(Wire wire) throws SSLException {
        phase = Phase.CLOSED;
        engine().closeOutbound();
        while (!engine().isOutboundDone()) wrap(NO_BYTES, wire);
    }

    /// The same for who ends the connection whether the peer is told or not: in the handshake
    /// it is not.
    void closeAnyway(Wire wire) {
        try {
            if (isOpen()) close(wire);
        } catch (SSLException _) {          // then the peer is not told
        }
    }

    /// Ends our direction because of `why`, of which the peer is told. Returns `why`.
    private SSLException failed(SSLException why, Wire wire) {
        try {
            if (phase != Phase.CLOSED) endOutput(wire);
        } catch (SSLException e) {          // it may be the same again, and it is what matters
            if (e != why) why.addSuppressed(e);
        }
        return why;
    }

    // ---- What there is to know

    /// What is known under `name`, else null.
    @Nullable Object info(String name) {
        if (name.equals("sslcontext")) return side.context();
        SSLEngine engine = made;
        if (phase == Phase.HANDSHAKE || engine == null) return null;
        SSLSession session = engine.getSession();
        return switch (name) {
            case "ssl_object" -> engine;
            case "ssl_session" -> session;
            case "peercert" -> peerCertificate(session);
            case "cipher" -> session.getCipherSuite();
            case "tls_version" -> session.getProtocol();
            case "alpn_protocol" -> emptyToNull(engine.getApplicationProtocol());
            default -> null;
        };
    }

    private static @Nullable Object peerCertificate(SSLSession session) {
        try {
            return session.getPeerCertificates()[0];
        } catch (SSLPeerUnverifiedException _) {        // it has shown none
            return null;
        }
    }

    private static @Nullable String emptyToNull(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }

    @Override
    public String toString() {
        return "<TlsChannel " + phase + (peerEnded ? " peer ended" : "") + ">";
    }
}
