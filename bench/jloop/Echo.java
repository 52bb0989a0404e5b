/// Sends back what it receives, or drops it: jloop's servers of the echo benchmarks.
///
///     ./jloop run bench/jloop/Echo.java echo|sink ADDRESS MODE
///
/// ADDRESS is a port of 127.0.0.1, or a path, which begins with a slash, of a unix socket. MODE
/// is the interface that it is written on:
///
///     sock        a coroutine a connection, sockRecvInto and sockSendall
///     streams     a coroutine a connection, all with the same buffer: readInto, write, drain
///     read        the same with read, which holds no memory while it waits
///     protocol    a Protocol a connection, no coroutine
///     buffered    a BufferedProtocol a connection, all with the same buffer

import module java.base;
import jloop.*;
import jloop.io.*;
import static jloop.Asyncio.*;

static final int BACKLOG = 1024;
static final int BUFFER_BYTES = 64 * 1024;

boolean echoes;

void main(String[] args) {
    if (args.length != 3 || !List.of("echo", "sink").contains(args[0])) {
        System.err.println("usage: Echo echo|sink ADDRESS "
                + "sock|streams|read|protocol|buffered");
        System.exit(2);
    }
    echoes = args[0].equals("echo");
    String address = args[1];
    switch (args[2]) {
        case "sock" -> run(() -> serveSockets(address));
        case "streams" -> run(() -> serveStreams(address, this::streams));
        case "read" -> run(() -> serveStreams(address, this::read));
        case "protocol" -> run(() -> serveProtocol(address, EchoProtocol::new));
        case "buffered" -> run(() -> serveProtocol(address, EchoBufferedProtocol::new));
        default -> throw new IllegalArgumentException("no such mode: " + args[2]);
    }
}

static boolean isPath(String address) {
    return address.startsWith("/");
}

// ---- Sockets

void serveSockets(String address) throws IOException {
    EventLoop loop = getRunningLoop();
    try (Socket listener = listen(loop, address)) {
        while (true) {
            Socket connection = loop.sockAccept(listener);
            if (!isPath(address)) connection.setNoDelay(true);
            createTask(() -> sockets(loop, connection));
        }
    }
}

static Socket listen(EventLoop loop, String address) throws IOException {
    Socket listener = Socket.open(loop, isPath(address)
            ? StandardProtocolFamily.UNIX : StandardProtocolFamily.INET);
    if (isPath(address)) {
        listener.bind(UnixDomainSocketAddress.of(address));
    } else {
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(address)));
    }
    listener.listen(BACKLOG);
    return listener;
}

void sockets(EventLoop loop, Socket connection) {
    try (connection) {
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int count; (count = loop.sockRecvInto(connection, buffer, 0, BUFFER_BYTES)) > 0; ) {
            if (echoes) loop.sockSendall(connection, buffer, 0, count);
        }
    } catch (IOException e) {
        // The peer has gone: so has the work.
    }
}

// ---- Streams

void serveStreams(String address, ConnectionHandler handler) throws IOException {
    UnaryOperator<ServerOptions> options = o -> o.withBacklog(BACKLOG);
    Server server = isPath(address)
            ? startUnixServer(handler, Path.of(address), options)
            : startServer(handler, "127.0.0.1", Integer.parseInt(address), options);
    server.serveForever();
}

/// For all connections: it is filled just before the coroutine, or the protocol, goes on, and
/// write is done with it when it returns.
final byte[] buffer = new byte[BUFFER_BYTES];
final ByteBuffer whole = ByteBuffer.wrap(buffer);

void streams(StreamReader reader, StreamWriter writer) {
    try {
        for (int count; (count = reader.readInto(buffer, 0, BUFFER_BYTES)) > 0; ) {
            if (echoes) {
                writer.write(buffer, 0, count);
                writer.drain();
            }
        }
    } catch (IOException e) {
        // The peer has gone: so has the work.
    }
}

void read(StreamReader reader, StreamWriter writer) {
    try {
        for (byte[] bytes; (bytes = reader.read(BUFFER_BYTES)).length > 0; ) {
            if (echoes) {
                writer.write(bytes);
                writer.drain();
            }
        }
    } catch (IOException e) {
        // The peer has gone: so has the work.
    }
}

// ---- Protocols

void serveProtocol(String address, Supplier<BaseProtocol> factory) throws IOException {
    UnaryOperator<ServerOptions> options = o -> o.withBacklog(BACKLOG);
    createServer(factory, "127.0.0.1", Integer.parseInt(address), options).serveForever();
}

/// What cannot be sent as fast as it comes is not received either.
abstract class Echoing implements BaseProtocol {

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

class EchoProtocol extends Echoing implements Protocol {

    @Override
    public void dataReceived(ByteBuffer data) {
        if (echoes) transport.write(data);
    }
}

class EchoBufferedProtocol extends Echoing implements BufferedProtocol {

    @Override
    public ByteBuffer getBuffer(int sizeHint) {
        return whole.clear();
    }

    @Override
    public void bufferUpdated(int count) {
        if (echoes) transport.write(buffer, 0, count);
    }
}
