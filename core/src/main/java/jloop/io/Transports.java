package jloop.io;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.SendfileOptions;
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
        TlsSide side = options.tlsSide(host);
        return take(loop, factory, Streams.connect(loop, host, port, options), side);
    }

    /// Connects to a UNIX socket.
    public static <P extends BaseProtocol> Connection<P> connectUnix(
            Supplier<P> factory, SocketAddress address, ConnectOptions options)
            throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        TlsSide side = options.tlsSide(null);
        return take(loop, factory, Streams.connectUnix(loop, address), side);
    }

    /// Takes over a socket that is connected.
    public static <P extends BaseProtocol> Connection<P> take(
            Supplier<P> factory, Socket socket, ConnectOptions options) throws IOException {
        return take(factory, socket, options.tlsSide(null));
    }

    /// Takes over a socket that was accepted.
    public static <P extends BaseProtocol> Connection<P> takeAccepted(
            Supplier<P> factory, Socket socket, @Nullable TlsOptions tls) throws IOException {
        return take(factory, socket, tls == null ? null : TlsSide.server(tls));
    }

    private static <P extends BaseProtocol> Connection<P> take(
            Supplier<P> factory, Socket socket, @Nullable TlsSide side) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        Streams.checkConnected(socket);
        return take(loop, factory, socket, side);
    }

    /// Makes the protocol and its transport, and waits until they know each other.
    private static <P extends BaseProtocol> Connection<P> take(EventLoop loop,
            Supplier<P> factory, Socket socket, @Nullable TlsSide side) throws IOException {
        SocketTransport transport = new SocketTransport(loop, socket, null);
        boolean complete = false;
        try {
            if (side != null) transport.startTls(side);
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
        Service service = new ProtocolService(loop, factory, options.tlsSide());
        List<Socket> bound = Streams.listeners(loop, hosts, port, options);
        return Streams.serve(loop, service, bound, options);
    }

    /// Takes over a socket that is bound.
    public static Server serve(Supplier<? extends BaseProtocol> factory, Socket bound,
            ServerOptions options) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        return Streams.serve(loop, new ProtocolService(loop, factory, options.tlsSide()),
                List.of(Streams.listener(bound, options)), options);
    }

    /// Listens at a path or an abstract name.
    public static Server serveUnix(Supplier<? extends BaseProtocol> factory,
            SocketAddress address, ServerOptions options) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        Service service = new ProtocolService(loop, factory, options.tlsSide());
        List<Socket> bound = List.of(Streams.unixListener(loop, address, options));
        return Streams.serve(loop, service, bound, options);
    }

    /// Goes on with TLS: what [Asyncio#startTls] does.
    public static Transport startTls(Transport transport, BaseProtocol protocol,
            TlsOptions options, boolean serverSide) throws IOException {
        if (!(transport instanceof SocketTransport started))
            throw new IllegalArgumentException(
                    "startTls needs a transport over a socket, not " + transport);
        started.startTls(serverSide
                ? TlsSide.server(options) : TlsSide.client(options, null), protocol);
        return started;
    }

    /// Sends a file by its channel: what [Asyncio#sendfile] does.
    public static long sendfile(Transport transport, FileChannel file, SendfileOptions options)
            throws IOException {
        return overSocket(transport).sendFile(file, options);
    }

    /// Sends the file at `path`: what [Asyncio#sendfile] does.
    public static long sendfile(Transport transport, Path path, SendfileOptions options)
            throws IOException {
        return overSocket(transport).sendFile(path, options);
    }

    private static SocketTransport overSocket(Transport transport) {
        if (transport instanceof SocketTransport supported) return supported;
        throw new IllegalStateException("sendfile is not supported by " + transport);
    }
}
