package jloop.io;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A connection at the level of callbacks: it tells its [Protocol] what comes, and sends what
/// is written.
///
/// Writing never waits. What the system does not take at once is kept and sent in the
/// background; when that is too much, the protocol is told ([BaseProtocol#pauseWriting()]).
///
/// **As in asyncio**: `Transport`.
public interface Transport extends AutoCloseable {

    /// Sends `bytes`, or keeps a copy of what cannot be sent at once. Once the connection is
    /// lost they are dropped, with a warning in the log from the fifth time on.
    ///
    /// **Errors**: IllegalStateException after [#writeEof()]; [WriteBufferFullException], with
    /// nothing taken, if more would be kept than [#setWriteBufferMax] allows.
    default void write(byte[] bytes) {
        write(bytes, 0, bytes.length);
    }

    /// [#write(byte[])] of `length` bytes from `offset`.
    void write(byte[] bytes, int offset, int length);

    /// [#write(byte[])] of what remains in `bytes`, which it consumes.
    void write(ByteBuffer bytes);

    /// [#write(ByteBuffer)] of all of them as one: those that are short are sent together, and
    /// all are taken or none.
    void writelines(Iterable<ByteBuffer> lines);

    /// Ends our direction once what is kept is sent: the peer reads the end of the stream.
    /// Receiving goes on. Does nothing the second time, or when closing.
    ///
    /// **Errors**: UnsupportedOperationException over TLS.
    void writeEof();

    /// Whether [#writeEof()] can be called: not over TLS.
    boolean canWriteEof();

    /// Sets the limits of what is kept, in bytes. If only one is given, high is four times low;
    /// without any they are 64 KiB and 16 KiB. May pause the protocol at once.
    ///
    /// **Errors**: IllegalArgumentException unless `high >= low >= 0`.
    void setWriteBufferLimits(@Nullable Integer high, @Nullable Integer low);

    WriteBufferLimits getWriteBufferLimits();

    /// The most bytes that may be kept, 64 MiB unless set: a write that would exceed it, were
    /// none of its bytes sent at once, is refused with a [WriteBufferFullException] and takes
    /// nothing. It is there for who does not wait when told to pause.
    ///
    /// **Errors**: IllegalArgumentException if it is below 1.
    void setWriteBufferMax(int maxBytes);

    int getWriteBufferMax();

    /// Whether a write that is refused aborts the connection too. Not unless set.
    void setAbortOnOverflow(boolean aborts);

    /// How many bytes are kept.
    int getWriteBufferSize();

    /// Whether bytes are received: neither paused nor closing.
    boolean isReading();

    /// Stops receiving until [#resumeReading()]; the peer will feel it. Pausing twice, or when
    /// closing, does nothing.
    void pauseReading();

    /// Receives again. Does nothing if not paused, or when closing.
    void resumeReading();

    /// Says whether a part of a message has come whose rest is to follow. A server that demands
    /// a minimum rate does so while this is said; see [ConnectionLimits]. Elsewhere it does
    /// nothing.
    default void setMidMessage(boolean midMessage) { }

    /// Stops receiving, and closes the connection once what is kept is sent. Then the protocol
    /// is told, with null, in a later turn. Closing again does nothing. Over TLS the peer is
    /// told, and its own farewell waited for.
    @Override
    void close();

    /// Closes the connection without sending what is kept. The protocol is told as after
    /// [#close()].
    void abort();

    /// True from [#close()], [#abort()], or a failure, on.
    boolean isClosing();

    /// Sets who is told from now on: bytes are then received for a [Protocol], or into the
    /// buffers of a [BufferedProtocol].
    ///
    /// **Errors**: IllegalArgumentException if it is neither.
    void setProtocol(BaseProtocol protocol);

    BaseProtocol getProtocol();

    /// What is known under `name`, else null. Of a socket: `peername`, `sockname`, and
    /// `socket`, which tells addresses and sets options but moves no bytes. Of TLS the same as
    /// by [StreamWriter#getExtraInfo].
    @Nullable Object getExtraInfo(String name);
}
