package jloop.io;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/// How a connection is protected by TLS.
///
/// `context`: keys, and whom to trust; null for the JVM's default, which trusts the usual
/// authorities and has no key. `serverHostname`: whom a client wants to reach: it is told to
/// the server, whose certificate must be for it; null for the host that is connected to, empty
/// for anybody. `handshakeTimeout`, `shutdownTimeout`: how long the handshake, and the farewell
/// of the peer after our own, may take: 60 and 30 seconds. `suppressRaggedEofs`: whether the
/// end of a connection without farewell is taken for an orderly one, not for a
/// [TruncatedException]. `parameters`: what else is set on each connection, by threads of the
/// default executor, which does the work of handshakes, perhaps several at a time.
///
/// The context may be of any provider of TLS, installed or not:
/// `SSLContext.getInstance("TLS", provider)`. It is the provider that encrypts, checks
/// certificates and knows what versions and ciphers there are.
///
/// **As in asyncio**: `ssl`, `server_hostname`, `ssl_handshake_timeout` and
/// `ssl_shutdown_timeout`; what else Python has in its `SSLContext`, Java has in
/// [SSLParameters]. **Unlike asyncio**: host names are checked whatever the context.
public record TlsOptions(
        @Nullable SSLContext context, @Nullable String serverHostname,
        Duration handshakeTimeout, Duration shutdownTimeout, boolean suppressRaggedEofs,
        Consumer<SSLParameters> parameters) {

    private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration SHUTDOWN_TIMEOUT = Duration.ofSeconds(30);

    public static final TlsOptions DEFAULT = new TlsOptions(
            null, null, HANDSHAKE_TIMEOUT, SHUTDOWN_TIMEOUT, false, _ -> { });

    public TlsOptions {
        checkPositive("handshakeTimeout", handshakeTimeout);
        checkPositive("shutdownTimeout", shutdownTimeout);
        Objects.requireNonNull(parameters, "parameters");
    }

    private static void checkPositive(String name, Duration timeout) {
        if (!timeout.isPositive())
            throw new IllegalArgumentException(
                    name + " must be more than zero, not " + timeout);
    }

    public TlsOptions withContext(SSLContext keysAndTrust) {
        return new TlsOptions(keysAndTrust, serverHostname, handshakeTimeout, shutdownTimeout,
                suppressRaggedEofs, parameters);
    }

    /// For clients. Empty: the server is neither told a name, nor is its certificate's checked.
    public TlsOptions withServerHostname(String name) {
        return new TlsOptions(context, name, handshakeTimeout, shutdownTimeout,
                suppressRaggedEofs, parameters);
    }

    public TlsOptions withHandshakeTimeout(Duration timeout) {
        return new TlsOptions(context, serverHostname, timeout, shutdownTimeout,
                suppressRaggedEofs, parameters);
    }

    public TlsOptions withShutdownTimeout(Duration timeout) {
        return new TlsOptions(context, serverHostname, handshakeTimeout, timeout,
                suppressRaggedEofs, parameters);
    }

    public TlsOptions withSuppressRaggedEofs(boolean suppressed) {
        return new TlsOptions(context, serverHostname, handshakeTimeout, shutdownTimeout,
                suppressed, parameters);
    }

    /// Has `more` set on each connection, after what was set before.
    public TlsOptions withParameters(Consumer<SSLParameters> more) {
        return new TlsOptions(context, serverHostname, handshakeTimeout, shutdownTimeout,
                suppressRaggedEofs, parameters.andThen(more));
    }

    /// The application protocols on offer, the favourite first: `h2`, `http/1.1`.
    public TlsOptions withAlpn(String... protocols) {
        String[] offered = protocols.clone();
        return withParameters(set -> set.setApplicationProtocols(offered));
    }

    /// For servers: who has no certificate that is trusted is turned away.
    public TlsOptions withNeedClientAuth() {
        return withParameters(set -> set.setNeedClientAuth(true));
    }

    /// For servers: clients are asked for a certificate and may have none.
    public TlsOptions withWantClientAuth() {
        return withParameters(set -> set.setWantClientAuth(true));
    }
}
