package jloop.io;

import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.time.Duration;
import java.util.Objects;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// How a connection is opened.
///
/// `limitBytes` bounds lines and the like, see [StreamReader]. `localAddress`: where it comes
/// from, null for what the system chooses. `family`: of the addresses to try, null for both.
/// `happyEyeballsDelay`: after so long an attempt is joined by the next; null has each begin
/// when the one before has failed. `interleave`: how many addresses of the first family come
/// before the families alternate, 0 for the order of the resolver, null for 1 with a delay
/// and 0 without. `allErrors`: whether what went wrong is thrown as a group.
/// `tls`: how the connection is protected, null for not at all.
public record ConnectOptions(
        int limitBytes,
        @Nullable InetSocketAddress localAddress,
        @Nullable StandardProtocolFamily family,
        @Nullable Duration happyEyeballsDelay,
        @Nullable Integer interleave,
        boolean allErrors,
        @Nullable TlsOptions tls) {

    public static final ConnectOptions DEFAULT = new ConnectOptions(
            StreamReader.DEFAULT_LIMIT, null, null, null, null, false, null);

    public ConnectOptions {
        StreamReader.checkLimit(limitBytes);
        if (happyEyeballsDelay != null && happyEyeballsDelay.isNegative())
            throw new IllegalArgumentException(
                    "the delay must not be negative, but is " + happyEyeballsDelay);
        if (interleave != null && interleave < 0)
            throw new IllegalArgumentException(
                    "interleave must be at least 0, not " + interleave);
    }

    public ConnectOptions withLimit(int bytes) {
        return new ConnectOptions(
                bytes, localAddress, family, happyEyeballsDelay, interleave, allErrors, tls);
    }

    /// Binds the socket before it connects. A host that is not resolved is looked up; of its
    /// addresses the first is taken that has the family of the remote one and can be bound.
    ///
    /// **As in asyncio**: `local_addr`.
    public ConnectOptions withLocalAddress(InetSocketAddress address) {
        return new ConnectOptions(limitBytes, Objects.requireNonNull(address, "address"), family,
                happyEyeballsDelay, interleave, allErrors, tls);
    }

    /// Tries only addresses of `wanted`, INET or INET6; null for both.
    public ConnectOptions withFamily(@Nullable StandardProtocolFamily wanted) {
        return new ConnectOptions(
                limitBytes, localAddress, wanted, happyEyeballsDelay, interleave, allErrors, tls);
    }

    /// Has the next address tried as soon as an attempt has failed or lasted for `delay`; the
    /// first that succeeds ends the others. RFC 8305 recommends 250 ms.
    public ConnectOptions withHappyEyeballsDelay(@Nullable Duration delay) {
        return new ConnectOptions(
                limitBytes, localAddress, family, delay, interleave, allErrors, tls);
    }

    /// **As in asyncio**: `interleave`, the First Address Family Count of RFC 8305.
    public ConnectOptions withInterleave(int firstCount) {
        return new ConnectOptions(
                limitBytes, localAddress, family, happyEyeballsDelay, firstCount, allErrors, tls);
    }

    /// Has a failure be an IOException whose cause is an [jloop.ExceptionGroup] of what went
    /// wrong with each address, even if it is only one.
    ///
    /// **Unlike asyncio**: `all_errors` throws the group itself, which here could not be caught
    /// where IOException is.
    public ConnectOptions withAllErrors(boolean enabled) {
        return new ConnectOptions(
                limitBytes, localAddress, family, happyEyeballsDelay, interleave, enabled, tls);
    }

    /// TLS with the JVM's default context: the usual authorities are trusted.
    public ConnectOptions withTls() {
        return withTls(UnaryOperator.identity());
    }

    public ConnectOptions withTls(SSLContext context) {
        return withTls(options -> options.withContext(context));
    }

    /// TLS, as `withTls(t -> t.withContext(context).withAlpn("h2"))`.
    public ConnectOptions withTls(UnaryOperator<TlsOptions> options) {
        return new ConnectOptions(limitBytes, localAddress, family, happyEyeballsDelay,
                interleave, allErrors, options.apply(TlsOptions.DEFAULT));
    }

    /// The side of TLS that connects to `host`; null if it does without.
    @Nullable TlsSide tlsSide(@Nullable String host) {
        return tls == null ? null : TlsSide.client(tls, host);
    }

    /// [#interleave()], decided.
    int firstFamilyCount() {
        if (interleave != null) return interleave;
        return happyEyeballsDelay == null ? 0 : 1;
    }
}
