package jloop.io;

import java.io.IOException;
import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// Opens connections and servers at the level of callbacks: what [Asyncio#createConnection] and
/// [Asyncio#createServer] do.
public final class Transports {

    private Transports() { }

    /// Connects to an address of `host`.
    public static <P extends BaseProtocol> Connection<P> connect(Supplier<P> factory,
            String host, int port, ConnectOptions options) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        return take(loop, factory, Streams.connect(loop, host, port, options));
    }

    /// Connects to a UNIX socket.
    public static <P extends BaseProtocol> Connection<P> connectUnix(
            Supplier<P> factory, SocketAddress address) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        return take(loop, factory, Streams.connectUnix(loop, address));
    }

    /// Takes over a socket that is connected.
    public static <P extends BaseProtocol> Connection<P> take(Supplier<P> factory, Socket socket)
            throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        Streams.checkConnected(socket);
        return take(loop, factory, socket);
    }

    /// Makes the protocol and its transport, and waits until they know each other.
    private static <P extends BaseProtocol> Connection<P> take(
            EventLoop loop, Supplier<P> factory, Socket socket) {
        SocketTransport transport = new SocketTransport(loop, socket, null);
        boolean complete = false;
        try {
            P protocol = Objects.requireNonNull(factory.get(), "protocol");
            transport.begin(protocol).await();
            complete = true;
            return new Connection<>(transport, protocol);
        } finally {
            if (!complete) transport.close();
        }
    }

    /// Listens on every address of `hosts`.
    public static Server serve(Supplier<? extends BaseProtocol> factory,
            List<? extends @Nullable String> hosts, int port, ServerOptions options)
            throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        List<Socket> bound = Streams.listeners(loop, hosts, port, options);
        return Streams.serve(loop, new ProtocolService(loop, factory), bound, options);
    }

    /// Takes over a socket that is bound.
    public static Server serve(Supplier<? extends BaseProtocol> factory, Socket bound,
            ServerOptions options) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        return Streams.serve(loop, new ProtocolService(loop, factory),
                List.of(Streams.listener(bound, options)), options);
    }

    /// Listens at a path or an abstract name.
    public static Server serveUnix(Supplier<? extends BaseProtocol> factory,
            SocketAddress address, ServerOptions options) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        List<Socket> bound = List.of(Streams.unixListener(loop, address, options));
        return Streams.serve(loop, new ProtocolService(loop, factory), bound, options);
    }
}
