package jloop.io;

import java.net.SocketAddress;
import jloop.Socket;
import jloop.Task;
import org.jspecify.annotations.Nullable;

/// A connection of a [Server], for as long as that counts it.
interface ServerConnection {

    /// What a connection waits for from its peer.
    enum Awaited {
        /// Nothing: the handler is at work, or it does not want to be told more, or there is a
        /// handshake, which has a limit of its own.
        NOTHING,
        /// A message of which nothing has come.
        MESSAGE,
        /// The rest of a message.
        REST
    }

    Awaited awaited();

    /// Whether something is kept for the peer, or a file on its way, to be sent when there is
    /// room.
    boolean isSending();

    Socket socket();

    @Nullable SocketAddress peer();

    /// The task that serves it, if there is one that has begun.
    @Nullable Task<?> handler();

    void close();

    void abort();

    /// Ends it because of a limit.
    void exceeded(ConnectionLimitException why);
}
