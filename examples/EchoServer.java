/// Sends back what it receives, in one of four ways.
///
///     ./jloop run examples/EchoServer.java 7000 sock
///     ./jloop run examples/EchoServer.java 7000 streams [tls KEYS]
///     ./jloop run examples/EchoServer.java 7000 protocol [tls KEYS]     callbacks
///     ./jloop run examples/EchoServer.java 7000 buffered [tls KEYS]     their own buffers
///
/// All are TCP with TCP_NODELAY. Sockets and streams are a coroutine for each connection; the
/// streams add lines, limits and writing in the background. A protocol has no coroutine: the
/// loop calls it. Port 0 takes any free port. With `tls`, what is sent is encrypted; the key of
/// the server is in the file KEYS. This makes one, and `examples/TlsClient.java` is who trusts
/// it:
///
///     keytool -genkeypair -keyalg EC -dname CN=localhost -ext san=dns:localhost \
///             -keystore KEYS -storepass changeit

import module java.base;
import jloop.*;
import jloop.io.*;
import static jloop.Asyncio.*;

static final List<String> WAYS = List.of("sock", "streams", "protocol", "buffered");
static final String HOST = "127.0.0.1";
static final int BACKLOG = 1024;
static final int BUFFER_BYTES = 16 * 1024;

void main(String[] args) throws GeneralSecurityException, IOException {
    String way = args.length > 1 ? args[1] : "sock";
    boolean tls = args.length == 4 && args[2].equals("tls") && !way.equals("sock");
    if (args.length == 0 || args.length > 2 && !tls || !WAYS.contains(way)) {
        IO.println("usage: EchoServer PORT [sock|streams|protocol|buffered] [tls KEYS]");
        return;
    }
    int port = Integer.parseInt(args[0]);
    SSLContext context = tls ? contextOf(Path.of(args[3])) : null;
    UnaryOperator<ServerOptions> options = o ->
            context == null ? o.withBacklog(BACKLOG) : o.withBacklog(BACKLOG).withTls(context);
    try {
        switch (way) {
            case "sock" -> run(() -> serveSockets(port));
            case "streams" -> run(() -> serve(startServer(this::echo, HOST, port, options)));
            case "protocol" -> run(() -> serve(createServer(Echo::new, HOST, port, options)));
            case "buffered" ->
                    run(() -> serve(createServer(BufferedEcho::new, HOST, port, options)));
        }
    } catch (KeyboardInterrupt e) {
        IO.println("Stopped");
    }
}

void serve(Server server) {
    announce(server.port());
    server.serveForever();
}

void announce(int port) {
    IO.println("Listening on port " + port);
}

// ---- Sockets

void serveSockets(int port) throws IOException {
    EventLoop loop = getRunningLoop();
    try (Socket listener = Socket.open(loop, StandardProtocolFamily.INET)) {
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress(HOST, port));
        listener.listen(BACKLOG);
        announce(((InetSocketAddress) listener.localAddress()).getPort());
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

// ---- Protocols

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

// ---- TLS

/// Who has the key in `file`.
static SSLContext contextOf(Path file) throws GeneralSecurityException, IOException {
    char[] secret = "changeit".toCharArray();
    KeyStore store = KeyStore.getInstance(file.toFile(), secret);
    KeyManagerFactory keys =
            KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, secret);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
}
