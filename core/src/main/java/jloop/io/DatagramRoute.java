package jloop.io;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// A datagram socket, and the only address that it sends to, or null if to any. It may have one
/// without being connected: then it hears everybody.
record DatagramRoute(Socket socket, @Nullable SocketAddress remote, boolean isConnected) {

    DatagramRoute(Socket socket, @Nullable SocketAddress remote) {
        this(socket, remote, socket.remoteAddress() != null);
    }

    /// Where to send what is meant for `address`: null for the peer of a connected socket.
    ///
    /// **Errors**: IllegalArgumentException if it cannot be sent there.
    @Nullable SocketAddress to(@Nullable SocketAddress address) {
        if (remote != null && address != null && !address.equals(remote))
            throw new IllegalArgumentException(
                    "the address must be null or " + remote + ", not " + address);
        if (isConnected) return null;
        SocketAddress to = address == null ? remote : address;
        if (to == null)
            throw new IllegalArgumentException("an address is needed: " + socket
                    + " is not connected");
        if (to instanceof InetSocketAddress inet && inet.isUnresolved())
            throw new IllegalArgumentException(inet + " must be resolved");
        return to;
    }
}
