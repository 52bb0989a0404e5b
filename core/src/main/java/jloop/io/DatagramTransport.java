package jloop.io;

import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// An endpoint of datagrams at the level of callbacks: it tells its [DatagramProtocol] what
/// comes, and sends what it is given.
///
/// Sending never waits. What the system does not take at once is kept, each datagram with its
/// address, and sent in the background; when that is too much, the protocol is told
/// ([DatagramProtocol#pauseWriting()]). Errors are for the protocol too
/// ([DatagramProtocol#errorReceived]), and never end the endpoint.
///
/// **As in asyncio**: `DatagramTransport`.
public interface DatagramTransport extends AutoCloseable {

    /// [#sendto(byte[], SocketAddress)] to the remote address of the endpoint.
    default void sendto(byte[] data) {
        sendto(data, null);
    }

    /// Sends `data`, be it empty, as one datagram to `address`, null for the remote address of
    /// the endpoint, or keeps a copy. Once the endpoint is closed it is dropped, with a warning
    /// in the log from the fifth time on.
    ///
    /// **Errors**: IllegalArgumentException if the endpoint has a remote address and `address`
    /// is another, if it has none and `address` is null, or if `address` is not resolved;
    /// [WriteBufferFullException] if more would be kept than [#setWriteBufferMax] allows.
    default void sendto(byte[] data, @Nullable SocketAddress address) {
        sendto(ByteBuffer.wrap(data), address);
    }

    /// [#sendto(byte[], SocketAddress)] of what remains in `data`, which it consumes.
    void sendto(ByteBuffer data, @Nullable SocketAddress address);

    /// Sets the limits of what is kept, in bytes, of which each datagram has 8 more than its
    /// own. If only one is given, high is four times low; without any they are 64 KiB and
    /// 16 KiB. May pause the protocol at once.
    ///
    /// **Errors**: IllegalArgumentException unless `high >= low >= 0`.
    void setWriteBufferLimits(@Nullable Integer high, @Nullable Integer low);

    WriteBufferLimits getWriteBufferLimits();

    /// The most bytes that may be kept, 64 MiB unless set: a sendto that would exceed it, were
    /// none of its bytes sent at once, is refused with a [WriteBufferFullException] and takes
    /// nothing. It is there for who does not wait when told to pause.
    ///
    /// **Errors**: IllegalArgumentException if it is below 1.
    void setWriteBufferMax(int maxBytes);

    int getWriteBufferMax();

    /// Whether a sendto that is refused aborts the endpoint too. Not unless set.
    void setAbortOnOverflow(boolean aborts);

    /// How many bytes are kept, and 8 for each datagram.
    int getWriteBufferSize();

    /// Stops receiving, and closes the endpoint once what is kept is sent. Then the protocol is
    /// told, with null, in a later turn. Closing again does nothing.
    @Override
    void close();

    /// Closes the endpoint without sending what is kept. The protocol is told as after
    /// [#close()].
    void abort();

    /// True from [#close()] or [#abort()] on.
    boolean isClosing();

    /// Sets who is told from now on.
    void setProtocol(DatagramProtocol protocol);

    DatagramProtocol getProtocol();

    /// What is known under `name`, else null: `sockname`; `peername`, if the socket is
    /// connected; and `socket`, which tells addresses and sets options but sends nothing.
    @Nullable Object getExtraInfo(String name);
}
