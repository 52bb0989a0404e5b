/// Passes connections on to another server, byte by byte, in both directions.
///
///     ./jloop run examples/Proxy.java LISTEN_PORT HOST PORT
///
/// Each direction is a loop that reads and writes. `drain` waits while the receiver is slower
/// than the sender, so that the sender has to wait too, and no more than some 64 KiB are kept.
/// When one side has sent all it will, the other one is told, and may still answer. When one
/// direction fails, both connections end.

import module java.base;
import jloop.*;
import jloop.io.*;
import static jloop.Asyncio.*;

static final int CHUNK_BYTES = 64 * 1024;

String host;
int port;

void main(String[] args) {
    if (args.length != 3) {
        IO.println("usage: Proxy LISTEN_PORT HOST PORT");
        return;
    }
    host = args[1];
    port = Integer.parseInt(args[2]);
    try {
        run(() -> listen(Integer.parseInt(args[0])));
    } catch (KeyboardInterrupt e) {
        IO.println("Stopped");
    }
}

void listen(int listenPort) throws IOException {
    Server server = startServer(this::serve, "127.0.0.1", listenPort);
    IO.println("Passing on to " + host + ":" + port + " from port " + server.port());
    server.serveForever();
}

void serve(StreamReader fromClient, StreamWriter toClient) {
    StreamPair target;
    try {
        target = openConnection(host, port);
    } catch (IOException e) {
        IO.println("No connection: " + e.getMessage());
        return;
    }
    try (target) {
        TaskGroup.open(directions -> {
            directions.createTask(() -> forward(fromClient, target.writer()));
            directions.createTask(() -> forward(target.reader(), toClient));
        });
    } catch (ExceptionGroup e) {
        IO.println("Broken off: " + e.exceptions().getFirst().getMessage());
        toClient.abort();
        target.writer().abort();
    }
}

// One for all connections: readInto fills it when the coroutine goes on, never while it waits,
// and write has sent it or kept a copy when it returns.
final byte[] buffer = new byte[CHUNK_BYTES];

void forward(StreamReader from, StreamWriter to) throws IOException {
    for (int count; (count = from.readInto(buffer, 0, CHUNK_BYTES)) > 0; ) {
        to.write(buffer, 0, count);
        to.drain();
    }
    to.writeEof();
}
