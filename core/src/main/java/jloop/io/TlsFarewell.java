package jloop.io;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import jloop.EventLoop;
import jloop.Socket;
import jloop.TimerHandle;
import org.jspecify.annotations.Nullable;

/// The end of a TLS connection: the peer is told that nothing more comes, and its own farewell
/// is waited for. What it still sends until then nobody wants.
///
/// Of TLS within TLS the inner one ends first, then the one below.
final class TlsFarewell {

    private static final int CHUNK_BYTES = 64 * 1024;
    private static final int UNWANTED_MAX = 256 * 1024;     // who floods us does not keep us

    private final EventLoop loop;
    private final Socket socket;
    private final TlsChannel.Wire wire;
    private final Consumer<@Nullable IOException> told;
    private TlsChannel channel;
    private @Nullable TimerHandle limit;
    private int unwantedBytes;
    private boolean receiving;
    private boolean over;

    /// Of `channel` over `socket`. `told` hears when it is over, or what has ended it.
    TlsFarewell(EventLoop loop, Socket socket, TlsChannel channel, TlsChannel.Wire wire,
            Consumer<@Nullable IOException> told) {
        this.loop = loop;
        this.socket = socket;
        this.channel = channel;
        this.wire = wire;
        this.told = told;
    }

    /// Says it, and gives the peer so much time, which begins now, to hear it and answer.
    void say(Duration timeout) throws SSLException {
        limit = loop.callLater(timeout,
                () -> told.accept(new SocketTimeoutException("TLS shutdown timed out")));
        channel.close(wire);
    }

    /// Receives that of the peer. Nobody else receives from now on.
    void receive() {
        if (receiving || over) return;
        receiving = true;
        loop.addReader(socket, this::readable);
        readable();
    }

    /// Whether the connection may end.
    boolean isOver() {
        return over;
    }

    /// The connection has ended.
    void stop() {
        if (limit != null) limit.cancel();
        end();
    }

    private void end() {
        over = true;
        if (receiving) loop.removeReader(socket);
        receiving = false;
    }

    private void readable() {
        try {
            byte[] received = socket.receiveNow(CHUNK_BYTES);
            if (received != null) channel.feed(received);
            if (!hasEnded()) return;
        } catch (IOException _) {               // all that was to be sent was
        }
        if (over) return;                       // by what could not be sent
        end();
        told.accept(null);
    }

    private boolean hasEnded() throws IOException {
        for (byte[] plain; (plain = read()) != null && unwantedBytes <= UNWANTED_MAX; ) {
            unwantedBytes += plain.length;
            if (plain.length > 0) continue;
            TlsChannel below = channel.below();
            if (below == null) return true;
            channel = below;
            below.close(wire);
        }
        return unwantedBytes > UNWANTED_MAX;
    }

    private byte @Nullable [] read() throws IOException {
        try {
            return channel.read(wire);
        } catch (TruncatedException _) {        // as good an end as any, now
            return new byte[0];
        }
    }
}
