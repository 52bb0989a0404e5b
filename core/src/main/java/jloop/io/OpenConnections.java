package jloop.io;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import jloop.Event;
import jloop.EventLoop;
import jloop.Socket;
import jloop.TimerHandle;
import jloop.io.ConnectionLimitException.Limit;
import jloop.io.ServerConnection.Awaited;
import org.jspecify.annotations.Nullable;

/// The open connections of a [Server], and what it puts up with from their peers.
final class OpenConnections {

    /*
     * No message and no connection has a timer. Ten times within the shortest limit a timer has
     * all connections looked at: how many bytes have moved since the last look? What has moved
     * counts as moved now, so nobody is ended early, and by two looks too late at most.
     *
     * The timer runs while a look may find something: with an idle limit or a minimum rate as
     * long as there are connections, otherwise while there is one on which nothing has moved
     * yet, or that is sending. So a loop with nothing to do sleeps for ever, and knows it.
     */

    private static final int LOOKS = 10;
    private static final long LOOK_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int AT_ONCE = 500;         // then others have their turn

    private final EventLoop loop;
    private final ConnectionLimits limits;
    private final long firstByteNanos;
    private final long idleNanos;
    private final long graceNanos;
    private final long stallNanos;
    private final Map<ServerConnection, Look> open = new LinkedHashMap<>();     // oldest first
    private final Map<InetAddress, Integer> perPeer = new HashMap<>();
    private final Event room = new Event();
    private @Nullable TimerHandle nextLook;
    private @Nullable Iterator<Look> looking;       // under way
    private boolean mayFind;                        // if it looks again

    OpenConnections(EventLoop loop, ConnectionLimits limits) {
        this.loop = loop;
        this.limits = limits;
        firstByteNanos = nanos(limits.firstByteTimeout());
        idleNanos = nanos(limits.idleTimeout());
        graceNanos = limits.bytesPerSecondMin() > 0 ? nanos(limits.rateGrace()) : Long.MAX_VALUE;
        stallNanos = nanos(limits.writeStallTimeout());
    }

    private static long nanos(@Nullable Duration limit) {
        return limit == null ? Long.MAX_VALUE : TimeUnit.NANOSECONDS.convert(limit);
    }

    int count() {
        return open.size();
    }

    /// As they are now, oldest first.
    List<ServerConnection> all() {
        return List.copyOf(open.keySet());
    }

    void add(ServerConnection connection) {
        open.put(connection, new Look(connection, loop.time()));
        InetAddress address = countedAddress(connection);
        if (address != null) perPeer.merge(address, 1, Integer::sum);
        lookSoon();
    }

    /// Does nothing if it is not there.
    void remove(ServerConnection connection) {
        if (open.remove(connection) == null) return;
        InetAddress address = countedAddress(connection);
        if (address != null) perPeer.computeIfPresent(address, (_, n) -> n == 1 ? null : n - 1);
        room.set();
        if (open.isEmpty()) lookNoMore();
    }

    // ---- How many there are

    /// Waits until there may be one more.
    void awaitRoom() {
        while (limits.connectionsMax() > 0 && open.size() >= limits.connectionsMax()) {
            room.clear();
            room.await();
        }
    }

    /// Why there may be no more from the peer of `accepted`; null if there may.
    @Nullable ConnectionLimitException refusal(Socket accepted) {
        if (limits.connectionsPerPeerMax() == 0) return null;
        SocketAddress peer = accepted.remoteAddress();
        InetAddress address = host(peer);
        if (address == null
                || perPeer.getOrDefault(address, 0) < limits.connectionsPerPeerMax()) return null;
        return exceeding(Limit.CONNECTIONS_PER_PEER, peer);
    }

    /// Without a limit nobody is asked who his peer is: an address would be made, and kept.
    private @Nullable InetAddress countedAddress(ServerConnection connection) {
        return limits.connectionsPerPeerMax() == 0 ? null : host(connection.peer());
    }

    private static @Nullable InetAddress host(@Nullable SocketAddress peer) {
        return peer instanceof InetSocketAddress inet ? inet.getAddress() : null;
    }

    private ConnectionLimitException exceeding(Limit limit, @Nullable SocketAddress peer) {
        return new ConnectionLimitException(limit, limits.describe(limit, peer));
    }

    // ---- What moves

    /// The handshake of `connection` is over: what has moved until now does not count.
    void handshakeOver(ServerConnection connection) {
        Look look = open.get(connection);
        if (look == null) return;
        look.begin(loop.time());
        lookSoon();
    }

    /// Some connection may exceed a limit from now on.
    void lookSoon() {
        mayFind = true;
        if (nextLook != null || looking != null) return;
        long shortest = Math.min(Math.min(firstByteNanos, idleNanos),
                Math.min(graceNanos, stallNanos));
        if (shortest == Long.MAX_VALUE) return;
        nextLook = loop.callLater(
                Duration.ofNanos(Math.max(shortest / LOOKS, LOOK_NANOS_MIN)), this::lookAtAll);
    }

    private void lookNoMore() {
        if (nextLook != null) nextLook.cancel();
        nextLook = null;
        looking = null;
    }

    private void lookAtAll() {
        nextLook = null;
        mayFind = idleNanos < Long.MAX_VALUE || graceNanos < Long.MAX_VALUE;
        looking = List.copyOf(open.values()).iterator();
        lookAtSome();
    }

    private void lookAtSome() {
        Iterator<Look> left = looking;
        if (left == null) return;                   // all have gone meanwhile
        long now = loop.time();
        for (int i = 0; i < AT_ONCE && left.hasNext(); i++) look(left.next(), now);
        if (left.hasNext()) {
            loop.callSoon(this::lookAtSome);
            return;
        }
        looking = null;
        if (mayFind && !open.isEmpty()) lookSoon();
    }

    private void look(Look look, long now) {
        ServerConnection connection = look.connection;
        if (!open.containsKey(connection)) return;
        Limit exceeded = look.at(now);
        if (exceeded == null) return;
        ConnectionLimitException why = exceeding(exceeded, connection.peer());
        if (loop.getDebug()) Service.report(loop,
                "a connection has exceeded a limit of its server", why, connection);
        connection.exceeded(why);
    }

    /// What was seen of a connection when it was last looked at.
    private final class Look {

        final ServerConnection connection;
        private long bytesAtStart;          // moved by the handshake
        private long receivedBytes;
        private long sentBytes;
        private long quietSince;            // while it is waited for, nothing has moved
        private long stalledSince;          // while something is kept for it, it took nothing
        private boolean midMessage;
        private long restSince;             // mid-message
        private long receivedBeforeRest;

        Look(ServerConnection connection, long now) {
            this.connection = connection;
            begin(now);
        }

        void begin(long now) {
            receivedBytes = connection.socket().receivedBytes();
            sentBytes = connection.socket().sentBytes();
            bytesAtStart = receivedBytes + sentBytes;
            quietSince = now;
            stalledSince = now;
        }

        /// Returns the limit that is exceeded, or null.
        @Nullable Limit at(long now) {
            Socket socket = connection.socket();
            long received = socket.receivedBytes();
            long sent = socket.sentBytes();
            boolean sending = connection.isSending();
            Awaited awaited = connection.awaited();
            boolean moved = received != receivedBytes || sent != sentBytes;
            boolean begun = received + sent > bytesAtStart;
            if (moved || sending || awaited == Awaited.NOTHING) quietSince = now;
            if (!sending || sent != sentBytes) stalledSince = now;
            if (!midMessage) {
                restSince = now;
                receivedBeforeRest = receivedBytes;
            }
            midMessage = awaited == Awaited.REST;
            receivedBytes = received;
            sentBytes = sent;
            if (!begun && firstByteNanos < Long.MAX_VALUE) mayFind = true;
            if (sending && stallNanos < Long.MAX_VALUE) mayFind = true;
            if (now - stalledSince >= stallNanos) return Limit.WRITE_STALL;
            if (midMessage && isTooSlow(now)) return Limit.DATA_RATE;
            if (now - quietSince < (begun ? idleNanos : firstByteNanos)) return null;
            return begun ? Limit.IDLE : Limit.FIRST_BYTE;
        }

        private boolean isTooSlow(long now) {
            long elapsed = now - restSince;
            double required = limits.bytesPerSecondMin() * (elapsed * 1e-9);
            return elapsed >= graceNanos && receivedBytes - receivedBeforeRest < required;
        }
    }
}
