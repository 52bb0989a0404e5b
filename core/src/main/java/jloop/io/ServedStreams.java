package jloop.io;

import java.net.SocketAddress;
import jloop.Asyncio;
import jloop.Socket;
import jloop.Task;
import org.jspecify.annotations.Nullable;

/// The streams of a connection, as the server knows them that has accepted it.
final class ServedStreams implements ServerConnection {

    private final Server server;
    private final StreamPair pair;
    private @Nullable Task<?> handler;

    ServedStreams(Server server, StreamPair pair) {
        this.server = server;
        this.pair = pair;
    }

    StreamReader reader() {
        return pair.reader();
    }

    StreamWriter writer() {
        return pair.writer();
    }

    // ---- What happens to it

    /// The calling task is its handler.
    void begun() {
        handler = Asyncio.currentTask();
    }

    void secured() {
        server.secured(this);
    }

    /// Something is kept for the peer.
    void keeping() {
        server.keeping();
    }

    void ended() {
        server.detach(this);
    }

    // ---- For its server

    @Override
    public Awaited awaited() {
        return writer().awaited();
    }

    @Override
    public boolean isSending() {
        return writer().isSending();
    }

    @Override
    public Socket socket() {
        return writer().socket();
    }

    @Override
    public @Nullable SocketAddress peer() {
        return writer().remoteAddress();
    }

    @Override
    public @Nullable Task<?> handler() {
        return handler;
    }

    @Override
    public void close() {
        writer().close();
    }

    @Override
    public void abort() {
        writer().abort();
    }

    @Override
    public void exceeded(ConnectionLimitException why) {
        writer().exceeded(why);
    }
}
