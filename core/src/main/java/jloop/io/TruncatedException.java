package jloop.io;

import javax.net.ssl.SSLException;

/// A TLS connection ended without the peer's farewell (close_notify): whoever cut it off may
/// have kept the rest from us.
///
/// **Unlike asyncio**: it takes such an end for an orderly one, as
/// [TlsOptions#withSuppressRaggedEofs] does here.
public final class TruncatedException extends SSLException {

    private static final long serialVersionUID = 1;

    TruncatedException() {
        super("the connection ended without close_notify: what was received may be cut short");
    }
}
