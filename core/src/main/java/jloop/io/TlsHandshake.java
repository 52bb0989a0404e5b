package jloop.io;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import jloop.Asyncio;
import jloop.ConnectionAbortedException;

/// Carries out the handshake of a [TlsChannel], in the task that wants the connection.
final class TlsHandshake {

    /// Waits for bytes of the peer and feeds them to the channel.
    @FunctionalInterface
    interface Source {
        void feed() throws IOException;
    }

    private TlsHandshake() { }

    /// Waits until `channel` is open. What takes long, keys and certificates, is done by the
    /// default executor.
    ///
    /// **Errors**: as [TlsChannel#handshake]; ConnectionAbortedException after `timeout`.
    static void carryOut(TlsChannel channel, Duration timeout, TlsChannel.Wire wire,
            Source source) throws IOException {
        try {
            Asyncio.timeout(timeout, () -> carryOut(channel, wire, source));
        } catch (TimeoutException e) {
            ConnectionAbortedException aborted = new ConnectionAbortedException(
                    "the TLS handshake took longer than " + timeout);
            aborted.initCause(e);
            throw aborted;
        }
    }

    private static void carryOut(TlsChannel channel, TlsChannel.Wire wire, Source source)
            throws IOException {
        while (true) {
            switch (channel.handshake(wire)) {
                case BYTES -> source.feed();
                case TASK -> runTasks(channel);
                case NOTHING -> {
                    return;
                }
            }
        }
    }

    private static void runTasks(TlsChannel channel) {
        for (Runnable task; (task = channel.nextTask()) != null; ) Asyncio.toThread(task::run);
    }
}
