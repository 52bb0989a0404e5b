package jloop.io;

/// How a server listens and treats its connections.
///
/// `backlog`: connections that wait to be accepted. `limitBytes`: see [StreamReader].
/// `reusePort`: whether several servers may share the address. `closeOnReturn`: whether a
/// connection is closed when its handler returns; asyncio leaves it open.
public record ServerOptions(
        int backlog, int limitBytes, boolean reusePort, boolean closeOnReturn) {

    private static final int DEFAULT_BACKLOG = 1024;

    public static final ServerOptions DEFAULT =
            new ServerOptions(DEFAULT_BACKLOG, StreamReader.DEFAULT_LIMIT, false, true);

    public ServerOptions {
        if (backlog < 1)
            throw new IllegalArgumentException("backlog must be at least 1, not " + backlog);
        StreamReader.checkLimit(limitBytes);
    }

    public ServerOptions withBacklog(int connections) {
        return new ServerOptions(connections, limitBytes, reusePort, closeOnReturn);
    }

    public ServerOptions withLimit(int bytes) {
        return new ServerOptions(backlog, bytes, reusePort, closeOnReturn);
    }

    public ServerOptions withReusePort(boolean shared) {
        return new ServerOptions(backlog, limitBytes, shared, closeOnReturn);
    }

    public ServerOptions withCloseOnReturn(boolean closes) {
        return new ServerOptions(backlog, limitBytes, reusePort, closes);
    }
}
