package jloop.io;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// What a [DatagramTransport] tells of its endpoint.
///
/// The order is [#connectionMade], then what comes, then [#connectionLost], once. One call at a
/// time, as a callback of the loop and in the context of the endpoint; none may await.
///
/// **Errors**: what [#connectionMade] throws ends the endpoint. Of what the others throw the
/// exception handler is told, and the endpoint goes on.
/// **As in asyncio**: `DatagramProtocol`. **Unlike asyncio**: a [#connectionMade] that throws
/// ends the endpoint.
public interface DatagramProtocol {

    /// The endpoint is there.
    default void connectionMade(DatagramTransport transport) throws Exception { }

    /// A datagram has come, which may be empty. `data` is new and the receiver's to keep;
    /// `from` has no path if the sender is a UNIX socket that is not bound.
    default void datagramReceived(ByteBuffer data, SocketAddress from) throws Exception { }

    /// To send or to receive has failed, be it that the peer's system says nobody is there (a
    /// ConnectException), or that a datagram of more than 256 KiB has come, which a UNIX socket
    /// may send (a [jloop.DatagramTruncatedException]). The endpoint goes on. Called inside the
    /// sendto that fails.
    default void errorReceived(IOException failure) throws Exception { }

    /// The endpoint is over: `why` is null after [DatagramTransport#close()] or
    /// [DatagramTransport#abort()].
    default void connectionLost(@Nullable Throwable why) throws Exception { }

    /// More is kept for sending than [DatagramTransport#setWriteBufferLimits] allows. Called
    /// inside the sendto that exceeds it.
    default void pauseWriting() throws Exception { }

    /// The other side of [#pauseWriting]: it is little enough again.
    default void resumeWriting() throws Exception { }
}
