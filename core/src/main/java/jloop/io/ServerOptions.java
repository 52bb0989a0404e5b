package jloop.io;

import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// How a server listens and treats its connections.
///
/// `backlog`: connections that wait to be accepted. `limitBytes`: see [StreamReader].
/// `reusePort`: whether several servers may share the address. `closeOnReturn`: whether a
/// connection is closed when its handler returns; asyncio leaves it open. `cleanupSocket`:
/// whether the file of a UNIX server is removed when it is closed. `keepAlive`: whether the
/// system looks after connections that are silent for long. `startServing`: whether the server
/// listens from the start, or from [Server#startServing()] on. `tls`: how connections are
/// protected; null for not at all. `limits`: what peers may do to keep a connection busy.
public record ServerOptions(
        int backlog, int limitBytes, boolean reusePort, boolean closeOnReturn,
        boolean cleanupSocket, boolean keepAlive, boolean startServing,
        @Nullable TlsOptions tls, ConnectionLimits limits) {

    private static final int DEFAULT_BACKLOG = 1024;

    public static final ServerOptions DEFAULT = new ServerOptions(
            DEFAULT_BACKLOG, StreamReader.DEFAULT_LIMIT, false, true, true, false, true, null,
            ConnectionLimits.DEFAULT);

    public ServerOptions {
        if (backlog < 1)
            throw new IllegalArgumentException("backlog must be at least 1, not " + backlog);
        StreamReader.checkLimit(limitBytes);
    }

    public ServerOptions withBacklog(int connections) {
        return new ServerOptions(connections, limitBytes, reusePort, closeOnReturn,
                cleanupSocket, keepAlive, startServing, tls, limits);
    }

    public ServerOptions withLimit(int bytes) {
        return new ServerOptions(backlog, bytes, reusePort, closeOnReturn,
                cleanupSocket, keepAlive, startServing, tls, limits);
    }

    public ServerOptions withReusePort(boolean shared) {
        return new ServerOptions(backlog, limitBytes, shared, closeOnReturn,
                cleanupSocket, keepAlive, startServing, tls, limits);
    }

    public ServerOptions withCloseOnReturn(boolean closes) {
        return new ServerOptions(backlog, limitBytes, reusePort, closes,
                cleanupSocket, keepAlive, startServing, tls, limits);
    }

    /// For [jloop.Asyncio#startUnixServer]. False leaves the file to who comes next.
    public ServerOptions withCleanupSocket(boolean removed) {
        return new ServerOptions(backlog, limitBytes, reusePort, closeOnReturn,
                removed, keepAlive, startServing, tls, limits);
    }

    public ServerOptions withKeepAlive(boolean on) {
        return new ServerOptions(backlog, limitBytes, reusePort, closeOnReturn,
                cleanupSocket, on, startServing, tls, limits);
    }

    public ServerOptions withStartServing(boolean atOnce) {
        return new ServerOptions(backlog, limitBytes, reusePort, closeOnReturn,
                cleanupSocket, keepAlive, atOnce, tls, limits);
    }

    /// TLS with the key of `context`.
    public ServerOptions withTls(SSLContext context) {
        return withTls(context, UnaryOperator.identity());
    }

    /// TLS, as `withTls(context, t -> t.withNeedClientAuth())`.
    public ServerOptions withTls(SSLContext context, UnaryOperator<TlsOptions> options) {
        return new ServerOptions(backlog, limitBytes, reusePort, closeOnReturn, cleanupSocket,
                keepAlive, startServing,
                options.apply(TlsOptions.DEFAULT.withContext(context)), limits);
    }

    /// Other limits than [ConnectionLimits#DEFAULT], as
    /// `withLimits(l -> l.withIdleTimeout(Duration.ofMinutes(2)))`, or
    /// `withLimits(_ -> ConnectionLimits.STRICT)`.
    public ServerOptions withLimits(UnaryOperator<ConnectionLimits> change) {
        return new ServerOptions(backlog, limitBytes, reusePort, closeOnReturn, cleanupSocket,
                keepAlive, startServing, tls, change.apply(limits));
    }

    /// The side of TLS that answers; null if it does without.
    @Nullable TlsSide tlsSide() {
        return tls == null ? null : TlsSide.server(tls);
    }
}
