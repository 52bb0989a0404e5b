package jloop.io;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/// What connections of one loop share that are protected by TLS in the same way.
final class TlsSide {

    private static final int RECORD_MAX = 17 * 1024;        // 16 KiB and what TLS adds

    private final TlsOptions options;
    private final boolean isServer;
    private final String expected;          // whom a client wants to reach; empty for anybody
    private final ByteBuffer scratch = room();

    private TlsSide(TlsOptions options, boolean isServer, String expected) {
        this.options = options;
        this.isServer = isServer;
        this.expected = expected;
    }

    /// The side that answers.
    ///
    /// **Errors**: IllegalArgumentException without a context: it could not say who it is.
    static TlsSide server(TlsOptions options) {
        if (options.context() == null)
            throw new IllegalArgumentException("a server needs an SSLContext with its key");
        if (options.serverHostname() != null)
            throw new IllegalArgumentException("serverHostname is for clients");
        return new TlsSide(options, true, "");
    }

    /// The side that asks, for whoever is called `host`, if the options do not say.
    ///
    /// **Errors**: IllegalArgumentException if nothing says whom it wants to reach.
    static TlsSide client(TlsOptions options, @Nullable String host) {
        String name = options.serverHostname() != null ? options.serverHostname() : host;
        if (name == null)
            throw new IllegalArgumentException("serverHostname is needed: the name that the"
                    + " server's certificate must be for, or \"\" for any");
        return new TlsSide(options, false, name);
    }

    /// Room for a record.
    static ByteBuffer room() {
        return ByteBuffer.allocate(RECORD_MAX);
    }

    /// What all channels encrypt and decrypt into, on the loop.
    ByteBuffer scratch() {
        return scratch;
    }

    /// Takes long the first time if it is the JVM's default.
    SSLContext context() {
        try {
            return options.context() != null ? options.context() : SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JVM has no default SSLContext", e);
        }
    }

    TlsOptions options() {
        return options;
    }

    /// What a new connection is encrypted by. Takes long the first time; any thread may call.
    SSLEngine engine() {
        SSLEngine engine = expected.isEmpty()
                ? context().createSSLEngine() : context().createSSLEngine(expected, -1);
        engine.setUseClientMode(!isServer);
        SSLParameters set = engine.getSSLParameters();
        if (!expected.isEmpty()) setName(set, expected);
        options.parameters().accept(set);
        engine.setSSLParameters(set);
        return engine;
    }

    private static void setName(SSLParameters set, String name) {
        set.setEndpointIdentificationAlgorithm("HTTPS");
        if (!isLiteral(name)) set.setServerNames(List.of(new SNIHostName(name)));   // RFC 6066 §3
    }

    private static boolean isLiteral(String name) {
        try {
            InetAddress.ofLiteral(name);
            return true;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }
}
