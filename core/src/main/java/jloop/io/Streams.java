package jloop.io;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// Opens connections and servers: what [Asyncio#openConnection] and [Asyncio#startServer] do.
public final class Streams {

    private static final List<String> ALL_INTERFACES = List.of("0.0.0.0", "::");

    private Streams() { }

    /// Connects to the first address of `host` that answers.
    public static StreamPair open(String host, int port, ConnectOptions options)
            throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        return pair(loop, connect(loop, host, port), options.limitBytes());
    }

    /// A socket that is connected to the first address of `host` that answers.
    static Socket connect(EventLoop loop, String host, int port) throws IOException {
        checkPort(port, 1);
        IOException failure = null;
        for (InetAddress address : resolve(host)) {
            try {
                return connect(loop, new InetSocketAddress(address, port));
            } catch (IOException e) {
                if (failure == null) failure = e;
                else failure.addSuppressed(e);
            }
        }
        throw failure != null ? failure : new UnknownHostException(host);
    }

    private static Socket connect(EventLoop loop, InetSocketAddress address) throws IOException {
        Socket socket = Socket.open(loop, family(address.getAddress()));
        boolean connected = false;
        try {
            loop.sockConnect(socket, address);
            socket.setNoDelay(true);
            connected = true;
            return socket;
        } finally {
            if (!connected) socket.close();
        }
    }

    static StreamPair pair(EventLoop loop, Socket socket, int limitBytes) {
        StreamReader reader = new StreamReader(loop, socket, limitBytes);
        return new StreamPair(reader, new StreamWriter(loop, socket, reader));
    }

    /// Listens on every address of `host`.
    public static Server serve(ConnectionHandler handler, @Nullable String host, int port,
            ServerOptions options) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        return serve(loop, new StreamService(loop, handler, options),
                listeners(loop, host, port, options), options);
    }

    /// A server of sockets that are bound, begun if it is to start at once.
    static Server serve(EventLoop loop, Service service, List<Socket> bound,
            ServerOptions options) {
        Server server = new Server(loop, bound, service, options);
        if (options.startServing()) server.startServing();
        return server;
    }

    /// A socket for every address of `host`, bound; it listens too if the server is to start at
    /// once.
    static List<Socket> listeners(EventLoop loop, @Nullable String host, int port,
            ServerOptions options) throws IOException {
        checkPort(port, 0);
        List<Socket> listeners = new ArrayList<>();
        boolean complete = false;
        try {
            boolean optional = host == null || host.isEmpty();
            for (InetAddress address : addressesOf(host)) {
                Socket listener = listen(loop, new InetSocketAddress(address, port), options,
                        optional);
                if (listener != null) listeners.add(listener);
            }
            complete = !listeners.isEmpty();
            if (!complete)
                throw new java.net.BindException("no address of this machine to listen on");
        } finally {
            if (!complete) listeners.forEach(Socket::close);
        }
        return listeners;
    }

    /// Connects to a UNIX socket.
    public static StreamPair openUnix(SocketAddress address, ConnectOptions options)
            throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        return pair(loop, connectUnix(loop, address), options.limitBytes());
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
        return serve(loop, new StreamService(loop, handler, options),
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

    /// A listener, or null if the machine has no such addresses and `optional`.
    private static @Nullable Socket listen(EventLoop loop, InetSocketAddress address,
            ServerOptions options, boolean optional) throws IOException {
        Socket listener;
        StandardProtocolFamily family = family(address.getAddress());
        try {
            listener = Socket.open(loop, family);
        } catch (IOException e) {
            if (optional && family == StandardProtocolFamily.INET6) return null;
            throw e;
        }
        boolean listening = false;
        try {
            listener.setReuseAddress(true);
            if (options.reusePort()) listener.setReusePort(true);
            if (options.keepAlive()) listener.setKeepAlive(true);
            if (family == StandardProtocolFamily.INET6) listener.setV6Only(true);
            listener.bind(address);
            if (options.startServing()) listener.listen(options.backlog());
            listening = true;
            return listener;
        } catch (IOException e) {
            if (optional && family == StandardProtocolFamily.INET6) return null;
            throw e;
        } finally {
            if (!listening) listener.close();
        }
    }

    private static List<InetAddress> addressesOf(@Nullable String host)
            throws UnknownHostException {
        if (host != null && !host.isEmpty()) return resolve(host);
        List<InetAddress> all = new ArrayList<>();
        for (String literal : ALL_INTERFACES) all.add(InetAddress.ofLiteral(literal));
        return all;
    }

    /// The addresses of `host`. A name is looked up in the default executor, as it may take
    /// long.
    private static List<InetAddress> resolve(String host) throws UnknownHostException {
        try {
            return List.of(InetAddress.ofLiteral(host));
        } catch (IllegalArgumentException _) {          // a name, then
            return Arrays.asList(Asyncio.toThread(() -> InetAddress.getAllByName(host)));
        }
    }

    private static StandardProtocolFamily family(InetAddress address) {
        return address instanceof Inet4Address
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
