package jloop.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import jloop.Asyncio;
import jloop.ConnectionAbortedException;
import org.jspecify.annotations.Nullable;

/// Carries out the handshake of a [TlsChannel], in the task that wants the connection.
///
/// All that the engine does until then is done by the default executor, the making of it too:
/// keys and certificates take milliseconds, and the first connection of a JVM loads hundreds of
/// classes. The task waits meanwhile, so the engine is in the hands of one thread at a time.
final class TlsHandshake {

    /// Waits for bytes of the peer and feeds them to the channel.
    @FunctionalInterface
    interface Source {
        void feed() throws IOException;
    }

    /// What a step has come to: bytes for the peer, an alert too, and whether it was the last.
    private record Step(ByteArrayOutputStream flight, boolean isLast,
            @Nullable IOException failure) { }

    private TlsHandshake() { }

    /// Waits until `channel` is open.
    ///
    /// **Errors**: as [TlsChannel#shakeHands]; ConnectionAbortedException after its timeout.
    static void carryOut(TlsChannel channel, TlsChannel.Wire wire, Source source)
            throws IOException {
        Duration timeout = channel.side().options().handshakeTimeout();
        try {
            Asyncio.timeout(timeout, () -> goOn(channel, wire, source));
        } catch (TimeoutException e) {
            ConnectionAbortedException aborted = new ConnectionAbortedException(
                    "the TLS handshake took longer than " + timeout);
            aborted.initCause(e);
            throw aborted;
        }
    }

    private static void goOn(TlsChannel channel, TlsChannel.Wire wire, Source source)
            throws IOException {
        while (true) {
            Step step = Asyncio.toThread(() -> step(channel));
            channel.pass(step.flight.toByteArray(), wire);
            if (step.failure != null) throw step.failure;
            if (step.isLast) break;
            if (!channel.pull(wire)) source.feed();
        }
        channel.open();
    }

    /// For a connection that was closed meanwhile.
    static ConnectionAbortedException closed() {
        return new ConnectionAbortedException("the connection was closed in the TLS handshake");
    }

    private static Step step(TlsChannel channel) {
        ByteArrayOutputStream flight = new ByteArrayOutputStream();
        try {
            boolean isLast = channel.shakeHands(flight::write);
            return new Step(flight, isLast, null);
        } catch (IOException e) {
            return new Step(flight, false, e);
        }
    }
}
