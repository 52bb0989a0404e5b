package jloop.io;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;
import jloop.EventLoop;
import jloop.Future;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// The receiving direction of a connection.
///
/// One task reads at a time. Lines and the like may be `limitBytes` long, 64 KiB unless asked
/// otherwise; plain reads are not bounded by it.
///
/// **Errors**: what ended the connection, an IOException, thrown by each read once what was
/// received before is read. IllegalStateException for a second reader at the same time.
/// **Cancellation**: a read that is cancelled has consumed nothing.
/// **Unlike asyncio**: bytes are received when somebody reads, straight to where they are
/// wanted, so an idle connection holds no buffer, and a slow reader is felt by the peer at
/// once.
public final class StreamReader {

    /*
     * Bytes wait in `buffer` between `start` and `end` when a read received more than it
     * returned, or when they were fed. When all of them are read the buffer is given up.
     *
     * Two sources: a socket, received from on demand, or whoever calls feedData (tests, and
     * layers that have the bytes already); then `fed` is what a reader waits for. Over TLS a
     * record is received and decrypted at a time, by the other direction, which may have to
     * answer.
     */

    static final int DEFAULT_LIMIT = 64 * 1024;
    private static final int CHUNK_BYTES = 64 * 1024;
    private static final byte[] NOTHING = {};
    private static final byte[] LINE_FEED = {'\n'};

    private final EventLoop loop;
    private final int limitBytes;
    private final @Nullable Socket socket;
    private byte[] buffer = NOTHING;
    private int start;
    private int end;
    private boolean eof;
    private boolean closesAtEnd;
    private boolean reading;                    // somebody waits for bytes
    private @Nullable IOException failure;
    private @Nullable Future<Void> fed;
    private @Nullable StreamWriter decrypter;   // of TLS: it receives for us; else null

    /// A reader of what is fed to it.
    public StreamReader(EventLoop loop, int limitBytes) {
        this(loop, null, limitBytes);
    }

    StreamReader(EventLoop loop, @Nullable Socket socket, int limitBytes) {
        checkLimit(limitBytes);
        this.loop = loop;
        this.socket = socket;
        this.limitBytes = limitBytes;
    }

    static void checkLimit(int limitBytes) {
        if (limitBytes < 1)
            throw new IllegalArgumentException("limit must be at least 1, not " + limitBytes);
    }

    // ---- Reading

    /// Waits for bytes and returns 1 to `maxBytes` of them; none at the end of the stream, or
    /// if none are asked for.
    public byte[] read(int maxBytes) throws IOException {
        if (maxBytes < 0)
            throw new IllegalArgumentException("cannot read " + maxBytes + " bytes");
        if (maxBytes == 0) return NOTHING;
        rejectSecond("read");
        if (buffered() > 0) return take(Math.min(maxBytes, buffered()));
        Socket source = socket;
        if (source == null || decrypter != null) {
            fill("read");
            return take(Math.min(maxBytes, buffered()));
        }
        return receive(source, maxBytes, "read");
    }

    /// Waits for bytes and puts 1 to `length` of them into `into`. Returns how many, or -1 at
    /// the end of the stream.
    ///
    /// `into` is written to just before this returns, never while it waits: all readers of a
    /// loop may share one array, so that a connection that is idle holds none.
    ///
    /// **As in Java**: `InputStream.read`. asyncio has no such call; it saves a copy.
    public int readInto(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (length == 0) return 0;
        rejectSecond("readInto");
        Socket source = socket;
        if (buffered() == 0) {
            if (source != null && decrypter == null)
                return receiveInto(source, into, offset, length);
            fill("readInto");
        }
        int count = Math.min(length, buffered());
        if (count == 0) return -1;
        System.arraycopy(buffer, start, into, offset, count);
        skip(count);
        return count;
    }

    /// Everything up to the end of the stream, however much it is.
    public byte[] readAll() throws IOException {
        while (fill("readAll")) { }
        return take(buffered());
    }

    /// Exactly `count` bytes.
    ///
    /// **Errors**: [IncompleteReadException] with what there was, if the stream ends before.
    public byte[] readexactly(int count) throws IOException {
        if (count < 0)
            throw new IllegalArgumentException("cannot read " + count + " bytes");
        rejectSecond("readexactly");
        throwFailureIfDry();
        while (buffered() < count) {
            if (!fill("readexactly")) throw new IncompleteReadException(take(buffered()), count);
        }
        return take(count);
    }

    /// A line, with its line feed; at the end of the stream what is left, at last nothing.
    ///
    /// **Errors**: IllegalArgumentException if the line is longer than the limit; it is
    /// dropped, or, if its end was not received yet, what was received of it.
    public byte[] readline() throws IOException {
        try {
            return readuntil(LINE_FEED);
        } catch (IncompleteReadException e) {
            return e.partial();
        } catch (LimitOverrunException e) {
            boolean endIsThere = e.consumed() < buffered()
                    && buffer[start + e.consumed()] == LINE_FEED[0];
            skip(endIsThere ? e.consumed() + 1 : buffered());
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /// The bytes up to the first of `separators`, and that one: the one that ends first counts,
    /// the shorter of two that end together.
    ///
    /// **Errors**: [IncompleteReadException] with what there was, if the stream ends before;
    /// [LimitOverrunException] if more than the limit lies before the separator: then all stays
    /// in the stream. IllegalArgumentException if there is no separator, or an empty one.
    public byte[] readuntil(byte[]... separators) throws IOException {
        byte[][] byLength = checked(separators);
        int longest = byLength[byLength.length - 1].length;
        rejectSecond("readuntil");
        throwFailureIfDry();
        int from = 0;
        while (true) {
            Match match = Match.first(buffer, start, end, from, byLength);
            if (match != null) {
                if (match.at() > limitBytes)
                    throw new LimitOverrunException(
                            "separator is found, but chunk is longer than limit", match.at());
                return take(match.end());
            }
            if (buffered() >= byLength[0].length) {
                from = Math.max(0, buffered() + 1 - longest);
                if (from > limitBytes)
                    throw new LimitOverrunException(
                            "separator is not found, and chunk exceed the limit", from);
            }
            if (!fill("readuntil")) throw new IncompleteReadException(take(buffered()));
        }
    }

    private static byte[][] checked(byte[][] separators) {
        if (separators.length == 0)
            throw new IllegalArgumentException("separator should contain at least one element");
        byte[][] byLength = separators.clone();
        Arrays.sort(byLength, Comparator.comparingInt(separator -> separator.length));
        if (byLength[0].length == 0)
            throw new IllegalArgumentException("separator should be at least one-byte string");
        return byLength;
    }

    /// True if the stream has ended and all of it is read.
    public boolean atEof() {
        return eof && buffered() == 0;
    }

    /// The same stream for libraries that read from an InputStream. Its reads wait like those
    /// here, so they are for coroutines of the loop.
    public InputStream asInputStream() {
        return new StreamInput(this);
    }

    int buffered() {
        return end - start;
    }

    // ---- Receiving

    /// Waits until there are more bytes in the buffer. Returns false at the end of the stream.
    private boolean fill(String verb) throws IOException {
        Socket source = socket;
        if (source == null) {
            int before = buffered();
            awaitFed(verb);
            return buffered() > before;
        }
        byte[] chunk = receive(source, CHUNK_BYTES, verb);
        append(chunk);
        return chunk.length > 0;
    }

    private byte[] receive(Socket source, int maxBytes, String verb) throws IOException {
        if (eof) return NOTHING;
        begin(verb);
        try {
            byte[] received = decrypter == null
                    ? loop.sockRecv(source, maxBytes) : decrypter.receive();
            if (received.length == 0) ended();
            return received;
        } catch (IOException e) {
            if (endedByClose()) return NOTHING;
            failure = e;
            throw e;
        } finally {
            reading = false;
            if (decrypter != null) decrypter.readerLeft();
        }
    }

    private int receiveInto(Socket source, byte[] into, int offset, int length)
            throws IOException {
        if (eof) return -1;
        begin("readInto");
        try {
            int count = loop.sockRecvInto(source, into, offset, length);
            if (count > 0) return count;
            ended();
            return -1;
        } catch (IOException e) {
            if (endedByClose()) return -1;
            failure = e;
            throw e;
        } finally {
            reading = false;
        }
    }

    private void ended() {
        eof = true;
        if (closesAtEnd && socket != null) socket.close();
    }

    /// From now on it closes its source when that has ended: nobody else does.
    void closeAtEnd() {
        closesAtEnd = true;
    }

    /// Our own side has closed the connection: its readers see the end of the stream.
    private boolean endedByClose() throws IOException {
        if (socket == null || socket.isOpen()) return false;
        throwFailure();
        eof = true;
        return true;
    }

    @SuppressWarnings("NullAway")           // Void has no other value
    private void awaitFed(String verb) throws IOException {
        if (eof) return;
        begin(verb);
        try {
            Future<Void> more = loop.createFuture();
            fed = more;
            more.await();
        } finally {
            fed = null;
            reading = false;
        }
    }

    private void begin(String verb) throws IOException {
        throwFailure();
        rejectSecond(verb);
        reading = true;
    }

    /// Also where bytes are there: they may be the beginning of what the first reader waits
    /// for.
    private void rejectSecond(String verb) {
        if (reading)
            throw new IllegalStateException(verb
                    + "() called while another coroutine is already waiting for incoming data");
    }

    private void throwFailureIfDry() throws IOException {
        if (buffered() == 0) throwFailure();
    }

    private void throwFailure() throws IOException {
        if (failure != null) throw failure;
    }

    // ---- TLS

    /// Keeps everybody from reading, and returns what was received and not read: the peer may
    /// have begun already.
    byte[] beginTls() {
        rejectSecond("startTls");
        reading = true;
        return take(buffered());
    }

    /// Lets readers go on, with what `writer` decrypts.
    void tlsBegun(StreamWriter writer) {
        reading = false;
        decrypter = writer;
    }

    boolean isReading() {
        return reading;
    }

    // ---- Feeding

    /// Adds `bytes` to what can be read.
    ///
    /// **Errors**: IllegalStateException after [#feedEof()].
    public void feedData(byte[] bytes) {
        if (eof) throw new IllegalStateException("data fed after the end of the stream");
        if (bytes.length == 0) return;
        append(bytes.clone());
        wakeReader();
    }

    /// Ends the stream.
    public void feedEof() {
        eof = true;
        wakeReader();
    }

    /// What ended the connection, or null.
    public @Nullable IOException exception() {
        return failure;
    }

    /// Fails the stream: whoever reads gets `exception`.
    public void setException(IOException exception) {
        failure = exception;
        Future<Void> waiting = fed;
        if (waiting != null && !waiting.done()) waiting.setException(exception);
    }

    @SuppressWarnings("NullAway")           // Void has no other value
    private void wakeReader() {
        Future<Void> waiting = fed;
        if (waiting != null && !waiting.done()) waiting.setResult(null);
    }

    // ---- The buffer

    private byte[] take(int count) {
        if (count == 0) return NOTHING;
        byte[] taken;
        if (start == 0 && count == buffer.length) {
            taken = buffer;
            buffer = NOTHING;
            end = 0;
        } else {
            taken = Arrays.copyOfRange(buffer, start, start + count);
            skip(count);
        }
        return taken;
    }

    private void skip(int count) {
        start += count;
        if (start < end) return;
        buffer = NOTHING;
        start = 0;
        end = 0;
    }

    /// Adds `bytes`, which become the buffer's own.
    private void append(byte[] bytes) {
        if (buffered() == 0) {
            buffer = bytes;
            start = 0;
            end = bytes.length;
            return;
        }
        if (end + bytes.length > buffer.length) makeRoom(bytes.length);
        System.arraycopy(bytes, 0, buffer, end, bytes.length);
        end += bytes.length;
    }

    private void makeRoom(int count) {
        int used = buffered();
        byte[] roomy = new byte[Math.max(2 * used, used + count)];
        System.arraycopy(buffer, start, roomy, 0, used);
        buffer = roomy;
        start = 0;
        end = used;
    }

    @Override
    public String toString() {
        return "<StreamReader " + buffered() + " bytes" + (eof ? " eof" : "")
                + (limitBytes == DEFAULT_LIMIT ? "" : " limit=" + limitBytes)
                + (failure == null ? "" : " exception=" + failure) + ">";
    }
}
