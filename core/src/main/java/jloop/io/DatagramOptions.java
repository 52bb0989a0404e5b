package jloop.io;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// Where datagrams are received and sent to. At least one address, the family or a socket must
/// be given.
///
/// `localAddress`: what to bind to; without, the system chooses. `remoteAddress`: the only one
/// to send to and to hear. `family`: the only one to be used. `reusePort`: whether several
/// endpoints may share the address. `allowBroadcast`: whether broadcast addresses may be sent
/// to; then everybody is heard. `socket`: a datagram socket to take over, in place of all else.
///
/// Addresses may be names that are yet to be resolved
/// ([InetSocketAddress#createUnresolved]), or those of UNIX sockets.
public record DatagramOptions(
        @Nullable SocketAddress localAddress, @Nullable SocketAddress remoteAddress,
        @Nullable StandardProtocolFamily family, boolean reusePort, boolean allowBroadcast,
        @Nullable Socket socket) {

    public static final DatagramOptions DEFAULT =
            new DatagramOptions(null, null, null, false, false, null);

    public DatagramOptions withLocalAddress(@Nullable SocketAddress address) {
        return new DatagramOptions(
                address, remoteAddress, family, reusePort, allowBroadcast, socket);
    }

    /// Port 0 takes any free one.
    public DatagramOptions withLocalAddress(String host, int port) {
        return withLocalAddress(InetSocketAddress.createUnresolved(host, port));
    }

    public DatagramOptions withRemoteAddress(@Nullable SocketAddress address) {
        return new DatagramOptions(
                localAddress, address, family, reusePort, allowBroadcast, socket);
    }

    public DatagramOptions withRemoteAddress(String host, int port) {
        return withRemoteAddress(InetSocketAddress.createUnresolved(host, port));
    }

    public DatagramOptions withFamily(@Nullable StandardProtocolFamily only) {
        return new DatagramOptions(
                localAddress, remoteAddress, only, reusePort, allowBroadcast, socket);
    }

    public DatagramOptions withReusePort(boolean shared) {
        return new DatagramOptions(
                localAddress, remoteAddress, family, shared, allowBroadcast, socket);
    }

    public DatagramOptions withAllowBroadcast(boolean allowed) {
        return new DatagramOptions(
                localAddress, remoteAddress, family, reusePort, allowed, socket);
    }

    public DatagramOptions withSocket(@Nullable Socket given) {
        return new DatagramOptions(
                localAddress, remoteAddress, family, reusePort, allowBroadcast, given);
    }
}
