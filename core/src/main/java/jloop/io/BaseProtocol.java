package jloop.io;

import org.jspecify.annotations.Nullable;

/// What a [Transport] tells of its connection: [Protocol] and [BufferedProtocol] add the bytes.
///
/// The order is [#connectionMade], then what comes, then [#connectionLost], once. One call at a
/// time, as a callback of the loop and in the context of the connection; none may await.
///
/// **Errors**: what a method throws ends the connection, and is given to [#connectionLost]. The
/// exception handler is told, unless it is an IOException; of [#pauseWriting],
/// [#resumeWriting] and [#connectionLost] it is told in any case, and nothing else happens.
/// **As in asyncio**: `BaseProtocol`. **Unlike asyncio**: a [#connectionMade] that throws ends
/// the connection too.
public interface BaseProtocol {

    /// The connection is there.
    default void connectionMade(Transport transport) throws Exception { }

    /// The connection is over: `why` is null after its end in order, [Transport#close()] or
    /// [Transport#abort()].
    default void connectionLost(@Nullable Throwable why) throws Exception { }

    /// More is kept for sending than [Transport#setWriteBufferLimits] allows. Called inside the
    /// write that exceeds it.
    default void pauseWriting() throws Exception { }

    /// The other side of [#pauseWriting]: it is little enough again.
    default void resumeWriting() throws Exception { }
}
