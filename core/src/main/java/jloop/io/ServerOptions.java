package jloop.io;

/// How a server listens and treats its connections.
///
/// `backlog`: connections that wait to be accepted. `limitBytes`: see [StreamReader].
/// `reusePort`: whether several servers may share the address. `closeOnReturn`: whether a
/// connection is closed when its handler returns; asyncio leaves it open. `cleanupSocket`:
/// whether the file of a UNIX server is removed when it is closed.
public record ServerOptions(
        int backlog, int limitBytes, boolean reusePort, boolean closeOnReturn,
        boolean cleanupSocket) {

    private static final int DEFAULT_BACKLOG = 1024;

    public static final ServerOptions DEFAULT =
            new ServerOptions(DEFAULT_BACKLOG, StreamReader.DEFAULT_LIMIT, false, true, true);

    public ServerOptions {
        if (backlog < 1)
            throw new IllegalArgumentException("backlog must be at least 1, not " + backlog);
        StreamReader.checkLimit(limitBytes);
    }

    public ServerOptions withBacklog(int connections) {
        return new ServerOptions(
                connections, limitBytes, reusePort, closeOnReturn, cleanupSocket);
    }

    public ServerOptions withLimit(int bytes) {
        return new ServerOptions(backlog, bytes, reusePort, closeOnReturn, cleanupSocket);
    }

    public ServerOptions withReusePort(boolean shared) {
        return new ServerOptions(backlog, limitBytes, shared, closeOnReturn, cleanupSocket);
    }

    public ServerOptions withCloseOnReturn(boolean closes) {
        return new ServerOptions(backlog, limitBytes, reusePort, closes, cleanupSocket);
    }

    /// For [jloop.Asyncio#startUnixServer]. False leaves the file to who comes next.
    public ServerOptions withCleanupSocket(boolean removed) {
        return new ServerOptions(backlog, limitBytes, reusePort, closeOnReturn, removed);
    }
}
