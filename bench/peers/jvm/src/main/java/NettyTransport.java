import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.io.IOException;
import java.net.SocketAddress;

/// What Netty reads and writes with: `nio`, `epoll` or `uring`.
record NettyTransport(
        String name,
        IoHandlerFactory handler,
        Class<? extends ServerChannel> tcp,
        Class<? extends ServerChannel> unix) {

    static NettyTransport of(String name) {
        return switch (name) {
            case "nio" -> new NettyTransport(name, NioIoHandler.newFactory(),
                    NioServerSocketChannel.class, NioServerDomainSocketChannel.class);
            case "epoll" -> new NettyTransport(name, EpollIoHandler.newFactory(),
                    EpollServerSocketChannel.class, EpollServerDomainSocketChannel.class);
            // Without a ring of buffers for the kernel to choose from: an echo with one loses bytes
            // when its peer reads slowly (4.2.18).
            case "uring" -> new NettyTransport(name, IoUringIoHandler.newFactory(),
                    IoUringServerSocketChannel.class, IoUringServerDomainSocketChannel.class);
            default -> throw new IllegalArgumentException("no transport " + name);
        };
    }

    /// Whether it can still write when the peer has shut its side down.
    boolean allowsHalfClosure(String address) {
        return !(name.equals("nio") && Address.isUnix(address));
    }

    Class<? extends ServerChannel> channel(String address) {
        return Address.isUnix(address) ? unix : tcp;
    }

    /// Native transports have a class of their own for the address of a unix socket.
    SocketAddress address(String address) throws IOException {
        if (name.equals("nio") || !Address.isUnix(address)) return Address.of(address);
        return new DomainSocketAddress(Address.freePath(address));
    }
}
