package jloop.poller;

import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// An open socket of one [Poller]. Calls that never wait are methods here; those that may are
/// [Operation]s.
///
/// Every method returns 0 (or what it says) or `-errno`.
public abstract class Descriptor {

    /// The operation under way in the direction of reading, or null. The poller that made this
    /// descriptor keeps it.
    protected @Nullable Operation reading;

    /// The same of the direction of writing.
    protected @Nullable Operation writing;

    /// A descriptor without an operation under way.
    protected Descriptor() { }

    /// True if an operation is under way in the direction of `kind`.
    public final boolean isBusy(Operation.Kind kind) {
        return (kind.reads ? reading : writing) != null;
    }

    /// 0, or `-errno` if the socket could not be opened: then no other method may be called. Of
    /// a file that is only watched, also why it cannot be watched any more.
    public abstract int error();

    public abstract int bind(SocketAddress address);

    public abstract int listen(int backlog);

    /// Sends what fits right now: how many bytes, or `-EAGAIN`. Must not be called while an
    /// operation is sending.
    public abstract int sendNow(byte[] array, int offset, int length);

    /// Receives what is there right now: how many bytes, 0 at the end of the stream, or
    /// `-EAGAIN`. Must not be called while an operation is receiving.
    public abstract int receiveNow(byte[] array, int offset, int length);

    /// False if a receive now is known to find nothing, so that whoever would wait can do
    /// without asking: what tells of more is still to come.
    public boolean mayReceive() {
        return true;
    }

    /// Whether READABLE of an end that is written to tells that whoever reads from the other
    /// one has gone.
    public boolean tellsOfHangup() {
        return true;
    }

    /// Sends these bytes as one datagram, right now: to `to`, or to the peer if null. Returns
    /// how many, or `-EAGAIN`. For a socket of [Poller#openDatagram] alone. `to` is resolved.
    public int sendTo(byte[] array, int offset, int length, @Nullable SocketAddress to) {
        throw new UnsupportedOperationException(this + " has no datagrams");
    }

    /// Receives one datagram that is there right now, whose [#sender()] is then known: how many
    /// bytes it has, be it 0, or `-EAGAIN`. If they are more than `length`, the others are
    /// lost. For a socket of [Poller#openDatagram] alone.
    public int receiveFrom(byte[] array, int offset, int length) {
        throw new UnsupportedOperationException(this + " has no datagrams");
    }

    /// How many datagrams were dropped so far for want of room, or -1 if nobody knows.
    public long dropped() {
        return -1;
    }

    /// Who sent the datagram that was received last. Of a UNIX socket that is not bound, an
    /// address without a path.
    public @Nullable SocketAddress sender() {
        return null;
    }

    /// [#receiveNow(byte[], int, int)] into what remains of `buffer`, whose position it moves.
    public final int receiveNow(ByteBuffer buffer) {
        int result = buffer.hasArray()
                ? receiveNow(buffer.array(), buffer.arrayOffset() + buffer.position(),
                        buffer.remaining())
                : receiveDirect(buffer);
        if (result > 0) buffer.position(buffer.position() + result);
        return result;
    }

    /// [#sendNow(byte[], int, int)] of what remains in `buffer`, whose position it moves.
    public final int sendNow(ByteBuffer buffer) {
        int result = buffer.hasArray()
                ? sendNow(buffer.array(), buffer.arrayOffset() + buffer.position(),
                        buffer.remaining())
                : sendDirect(buffer);
        if (result > 0) buffer.position(buffer.position() + result);
        return result;
    }

    /// [#sendNow(ByteBuffer)] of one buffer after the other, as far as they fit: how many bytes
    /// in all, or `-EAGAIN`. Bytes remain in one of them at least. This one sends each by
    /// itself; a poller that can do better does.
    public int sendNow(ByteBuffer[] buffers) {
        int sent = 0;
        for (ByteBuffer buffer : buffers) {
            int result = buffer.hasRemaining() ? sendNow(buffer) : 0;
            if (result < 0) return sent > 0 ? sent : result;
            sent += result;
            if (buffer.hasRemaining()) break;
        }
        return sent;
    }

    /// Opens the file at `path` for [#sendFile(int, long, int)]: its number, to be given to
    /// [#closeFile(int)] at last, or `-EOPNOTSUPP` if this poller knows files by their channels
    /// only, or not at all.
    public int openFile(Path path) {
        return NOT_SUPPORTED;
    }

    /// Sends what fits right now of a file, from `position` on and at most `length` bytes: how
    /// many, 0 at the end of the file, or `-EAGAIN`. Otherwise as
    /// [#sendNow(byte[], int, int)].
    public int sendFile(int file, long position, int length) {
        return NOT_SUPPORTED;
    }

    /// Closes what [#openFile] has opened.
    public void closeFile(int file) { }

    /// [#sendFile(int, long, int)] of a file by its channel, whose position stays as it is; or
    /// `-EOPNOTSUPP` if this poller cannot.
    public int sendFile(FileChannel file, long position, int length) {
        return NOT_SUPPORTED;
    }

    private static final int NOT_SUPPORTED = -95;       // EOPNOTSUPP

    /// Receives into what remains of a buffer without an array. Leaves its position.
    protected int receiveDirect(ByteBuffer buffer) {
        byte[] copy = new byte[buffer.remaining()];
        int result = receiveNow(copy, 0, copy.length);
        if (result > 0) buffer.put(buffer.position(), copy, 0, result);
        return result;
    }

    /// Sends what remains in a buffer without an array, be it direct or read-only. Leaves its
    /// position.
    protected int sendDirect(ByteBuffer buffer) {
        byte[] copy = new byte[buffer.remaining()];
        buffer.get(buffer.position(), copy);
        return sendNow(copy, 0, copy.length);
    }

    /// Ends the sending direction: the peer reads the end of the stream (shutdown(2), SHUT_WR).
    public abstract int shutdownOutput();

    public abstract int setOption(Option option, int value);

    public abstract int getOption(Option option);

    /// The address this socket is bound to, or null if unknown.
    public abstract @Nullable SocketAddress localAddress();

    /// The address of the peer, or null if there is none.
    public abstract @Nullable SocketAddress remoteAddress();

    /// What tells the file of a UNIX socket that is at `address` now from any other that was or
    /// will be there, or null if there is none: of an abstract name, for example.
    public abstract @Nullable Object fileKey(SocketAddress address);

    /// Removes the file at `address` if it is that of a UNIX socket and has that key; if
    /// `fileKey` is null, if no open socket has it any more. `-ENOENT` if there is no such
    /// file, `-ENOTSOCK` if it is of another kind, `-EADDRINUSE` if an open socket has it.
    public abstract int unlink(SocketAddress address, @Nullable Object fileKey);

    /// The number by which people know it (a file descriptor where there is one), or -1.
    public abstract int number();

    public abstract boolean isOpen();

    /// Closes it. An operation under way is called off: its owner is told with `-EBADF` through
    /// [Operation#completed()] within this call. Closing again does nothing.
    public abstract void close();

    /// The socket options that jloop uses, those of socket(7), ip(7), ipv6(7) and tcp(7).
    public enum Option {
        REUSE_ADDRESS, REUSE_PORT, KEEP_ALIVE, NO_DELAY, SEND_BUFFER, RECEIVE_BUFFER, LINGER,
        V6_ONLY, BROADCAST
    }
}
