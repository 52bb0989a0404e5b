/// Sends back what it receives, in one of five ways.
///
///     ./jloop run examples/EchoServer.java 7000             sockets
///     ./jloop run examples/EchoServer.java 7000 streams     streams
///     ./jloop run examples/EchoServer.java 7000 protocol    callbacks
///     ./jloop run examples/EchoServer.java 7000 buffered    callbacks, a buffer for each
///     ./jloop run examples/EchoServer.java 7000 tls KEYS    streams, encrypted
///
/// All are TCP with TCP_NODELAY. Sockets and streams are a coroutine for each connection; the
/// streams add lines, limits and writing in the background. A protocol has no coroutine: the
/// loop calls it. Port 0 takes any free port. The key of the server is in the file KEYS; this
/// makes one, and `examples/TlsClient.java` is who trusts it:
///
///     keytool -genkeypair -keyalg EC -dname CN=localhost -ext san=dns:localhost \
///             -keystore KEYS -storepass changeit

import module java.base;
import jloop.*;
import jloop.io.*;
import static jloop.Asyncio.*;

static final int BACKLOG = 1024;
static final int BUFFER_BYTES = 16 * 1024;

void main(String[] args) {
    if (args.length == 0) {
        IO.println("usage: EchoServer PORT [streams|protocol|buffered|tls KEYS]");
        return;
    }
    int port = Integer.parseInt(args[0]);
    String way = args.length > 1 ? args[1] : "sockets";
    try {
        switch (way) {
            case "streams" -> run(() -> serveStreams(port, o -> o));
            case "tls" -> run(() -> {
                SSLContext context = contextOf(Path.of(args[2]));
                serveStreams(port, o -> o.withTls(context));
            });
            case "protocol" -> run(() -> serveProtocol(Echo::new, port));
            case "buffered" -> run(() -> serveProtocol(BufferedEcho::new, port));
            default -> run(() -> serveSockets(port));
        }
    } catch (KeyboardInterrupt e) {
        IO.println("Stopped");
    }
}

// ---- Sockets

void serveSockets(int port) throws IOException {
    EventLoop loop = getRunningLoop();
    try (Socket listener = Socket.open(loop, StandardProtocolFamily.INET)) {
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress("127.0.0.1", port));
        listener.listen(BACKLOG);
        announce(listener.localAddress());
        while (true) {
            Socket connection = loop.sockAccept(listener);
            createTask(() -> echo(loop, connection));
        }
    }
}

void echo(EventLoop loop, Socket connection) {
    try (connection) {
        connection.setNoDelay(true);
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int count; (count = loop.sockRecvInto(connection, buffer, 0, BUFFER_BYTES)) > 0; ) {
            loop.sockSendall(connection, buffer, 0, count);
        }
    } catch (IOException e) {
        // The peer has gone: so has the work.
    }
}

// ---- Streams

void serveStreams(int port, UnaryOperator<ServerOptions> options) throws IOException {
    Server server = startServer(this::echo, "127.0.0.1", port,
            o -> options.apply(o.withBacklog(BACKLOG)));
    announce(server.sockets().getFirst().localAddress());
    server.serveForever();
}

// One for all connections: readInto fills it when the coroutine goes on, never while it waits,
// and write has sent it or kept a copy when it returns.
final byte[] buffer = new byte[BUFFER_BYTES];

void echo(StreamReader reader, StreamWriter writer) {
    try {
        for (int count; (count = reader.readInto(buffer, 0, BUFFER_BYTES)) > 0; ) {
            writer.write(buffer, 0, count);
            writer.drain();
        }
    } catch (IOException e) {
        // The peer has gone: so has the work.
    }
}

/// Who has the key in `file`.
static SSLContext contextOf(Path file) throws GeneralSecurityException, IOException {
    char[] secret = "changeit".toCharArray();
    KeyStore store = KeyStore.getInstance(file.toFile(), secret);
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, secret);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
}

// ---- Protocols

void serveProtocol(Supplier<BaseProtocol> factory, int port) throws IOException {
    Server server = createServer(factory, "127.0.0.1", port, o -> o.withBacklog(BACKLOG));
    announce(server.sockets().getFirst().localAddress());
    server.serveForever();
}

/// Stops receiving while the peer does not take what is sent to it.
static abstract class Backpressure implements BaseProtocol {

    Transport transport;

    @Override
    public void connectionMade(Transport made) {
        transport = made;
    }

    @Override
    public void pauseWriting() {
        transport.pauseReading();
    }

    @Override
    public void resumeWriting() {
        transport.resumeReading();
    }
}

static class Echo extends Backpressure implements Protocol {

    @Override
    public void dataReceived(ByteBuffer data) {
        transport.write(data);
    }
}

/// The same with one buffer, into which it is received, and from which it is sent.
static class BufferedEcho extends Backpressure implements BufferedProtocol {

    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);

    @Override
    public ByteBuffer getBuffer(int sizeHint) {
        return buffer;
    }

    @Override
    public void bufferUpdated(int count) {
        transport.write(buffer.array(), 0, count);
    }
}

void announce(SocketAddress address) {
    IO.println("Listening on port " + ((InetSocketAddress) address).getPort());
}
