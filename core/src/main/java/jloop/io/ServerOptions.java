package jloop.io;

/// How a server listens and treats its connections.
///
/// `backlog`: connections that wait to be accepted. `limitBytes`: see [StreamReader].
/// `reusePort`: whether several servers may share the address. `closeOnReturn`: whether a
/// connection is closed when its handler returns; asyncio leaves it open. `cleanupSocket`:
/// whether the file of a UNIX server is removed when it is closed. `keepAlive`: whether the
/// system looks after connections that are silent for long. `startServing`: whether the server
/// listens from the start, or from [Server#startServing()] on.
public record ServerOptions(
        int backlog, int limitBytes, boolean reusePort, boolean closeOnReturn,
        boolean cleanupSocket, boolean keepAlive, boolean startServing) {

    private static final int DEFAULT_BACKLOG = 1024;

    public static final ServerOptions DEFAULT = new ServerOptions(
            DEFAULT_BACKLOG, StreamReader.DEFAULT_LIMIT, false, true, true, false, true);

    public ServerOptions {
        if (backlog < 1)
            throw new IllegalArgumentException("backlog must be at least 1, not " + backlog);
        StreamReader.checkLimit(limitBytes);
    }

    public ServerOptions withBacklog(int connections) {
        return new ServerOptions(connections, limitBytes, reusePort, closeOnReturn,
                cleanupSocket, keepAlive, startServing);
    }

    public ServerOptions withLimit(int bytes) {
        return new ServerOptions(backlog, bytes, reusePort, closeOnReturn,
                cleanupSocket, keepAlive, startServing);
    }

    public ServerOptions withReusePort(boolean shared) {
        return new ServerOptions(backlog, limitBytes, shared, closeOnReturn,
                cleanupSocket, keepAlive, startServing);
    }

    public ServerOptions withCloseOnReturn(boolean closes) {
        return new ServerOptions(backlog, limitBytes, reusePort, closes,
                cleanupSocket, keepAlive, startServing);
    }

    /// For [jloop.Asyncio#startUnixServer]. False leaves the file to who comes next.
    public ServerOptions withCleanupSocket(boolean removed) {
        return new ServerOptions(backlog, limitBytes, reusePort, closeOnReturn,
                removed, keepAlive, startServing);
    }

    public ServerOptions withKeepAlive(boolean on) {
        return new ServerOptions(backlog, limitBytes, reusePort, closeOnReturn,
                cleanupSocket, on, startServing);
    }

    public ServerOptions withStartServing(boolean atOnce) {
        return new ServerOptions(backlog, limitBytes, reusePort, closeOnReturn,
                cleanupSocket, keepAlive, atOnce);
    }
}
