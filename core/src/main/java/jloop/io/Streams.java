package jloop.io;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// Opens connections and servers: what [Asyncio#openConnection] and [Asyncio#startServer] do.
public final class Streams {

    private Streams() { }

    /// Connects to an address of `host`.
    public static StreamPair open(String host, int port, ConnectOptions options)
            throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        TlsSide side = options.tlsSide(host);
        return secured(
                pair(loop, connect(loop, host, port, options), options.limitBytes()), side);
    }

    /// `pair` once its handshake is done, if it is to have one.
    private static StreamPair secured(StreamPair pair, @Nullable TlsSide side)
            throws IOException {
        if (side != null) pair.writer().startTls(side);
        return pair;
    }

    static Socket connect(EventLoop loop, String host, int port, ConnectOptions options)
            throws IOException {
        checkPort(port, 1);
        return ConnectionAttempts.connect(loop, host, port, options);
    }

    /// The streams of a socket that is connected.
    public static StreamPair open(Socket socket, ConnectOptions options) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        TlsSide side = options.tlsSide(null);
        checkConnected(socket);
        return secured(pair(loop, socket.detach("a stream"), options.limitBytes()), side);
    }

    /// Rejects a socket that is not of streams or not connected, and has one of TCP send at
    /// once.
    static void checkConnected(Socket socket) throws IOException {
        if (socket.isDatagram())
            throw new IllegalArgumentException("a stream socket was expected, not " + socket);
        if (socket.remoteAddress() == null)
            throw new IllegalArgumentException(socket + " is not connected");
        if (socket.remoteAddress() instanceof InetSocketAddress) socket.setNoDelay(true);
    }

    static StreamPair pair(EventLoop loop, Socket socket, int limitBytes) {
        return pair(loop, socket, limitBytes, false);
    }

    static StreamPair pair(EventLoop loop, Socket socket, int limitBytes, boolean accepted) {
        StreamReader reader = new StreamReader(loop, socket, limitBytes);
        return new StreamPair(reader, new StreamWriter(loop, socket, reader, accepted));
    }

    /// Listens on every address of `hosts`.
    public static Server serve(ConnectionHandler handler, List<? extends @Nullable String> hosts,
            int port, ServerOptions options) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        Service service = StreamService.of(loop, handler, options);
        return serve(loop, service, listeners(loop, hosts, port, options), options);
    }

    /// Takes over a socket that is bound.
    public static Server serve(ConnectionHandler handler, Socket bound, ServerOptions options)
            throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        return serve(loop, StreamService.of(loop, handler, options),
                List.of(listener(bound, options)), options);
    }

    /// `bound` itself, which listens now if the server is to start at once.
    static Socket listener(Socket bound, ServerOptions options) throws IOException {
        if (options.startServing()) bound.listen(options.backlog());
        return bound;
    }

    /// A server of sockets that are bound, begun if it is to start at once.
    static Server serve(EventLoop loop, Service service, List<Socket> bound,
            ServerOptions options) {
        Server server = new Server(loop, bound, service, options);
        if (options.startServing()) server.startServing();
        return server;
    }

    static List<Socket> listeners(EventLoop loop, List<? extends @Nullable String> hosts,
            int port, ServerOptions options) throws IOException {
        checkPort(port, 0);
        return Listeners.of(loop, hosts, port, options);
    }

    /// Connects to a UNIX socket.
    public static StreamPair openUnix(SocketAddress address, ConnectOptions options)
            throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        TlsSide side = options.tlsSide(null);
        return secured(pair(loop, connectUnix(loop, address), options.limitBytes()), side);
    }

    static Socket connectUnix(EventLoop loop, SocketAddress address) throws IOException {
        checkNotEmpty(address);
        Socket socket = Socket.open(loop, StandardProtocolFamily.UNIX);
        boolean connected = false;
        try {
            loop.sockConnect(socket, address);
            connected = true;
            return socket;
        } finally {
            if (!connected) socket.close();
        }
    }

    /// Listens at a path or an abstract name.
    public static Server serveUnix(ConnectionHandler handler, SocketAddress address,
            ServerOptions options) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        return serve(loop, StreamService.of(loop, handler, options),
                List.of(unixListener(loop, address, options)), options);
    }

    /// A socket at a path or an abstract name, bound; it listens too if the server is to start
    /// at once.
    static Socket unixListener(EventLoop loop, SocketAddress address, ServerOptions options)
            throws IOException {
        checkNotEmpty(address);
        if (options.reusePort())
            throw new IllegalArgumentException("a UNIX socket has no port to reuse");
        Socket listener = Socket.open(loop, StandardProtocolFamily.UNIX);
        boolean listening = false;
        try {
            if (address instanceof UnixDomainSocketAddress unix)
                listener.bindPath(unix.getPath(), options.cleanupSocket());
            else
                listener.bind(address);
            if (options.startServing()) listener.listen(options.backlog());
            listening = true;
            return listener;
        } finally {
            if (!listening) listener.close();
        }
    }

    static StandardProtocolFamily family(InetSocketAddress address) {
        return address.getAddress() instanceof Inet4Address
                ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
    }

    // unix(7): an empty address has the kernel choose a name that nobody knows.
    private static void checkNotEmpty(SocketAddress address) {
        if (address instanceof UnixDomainSocketAddress unix
                && unix.getPath().toString().isEmpty())
            throw new IllegalArgumentException("the path of a UNIX socket must not be empty");
    }

    private static void checkPort(int port, int least) {
        if (port < least || port > 65_535)
            throw new IllegalArgumentException(
                    "port must be " + least + " to 65535, not " + port);
    }
}
