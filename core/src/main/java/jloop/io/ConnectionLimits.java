package jloop.io;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What a server puts up with from its peers before it ends a connection, or takes no more.
///
/// `firstByteTimeout`: how long a connection may be open, and waited for, before anything moves
/// on it. `idleTimeout`: how long the peer may be waited for while nothing moves, in either
/// direction. `bytesPerSecondMin`: what a peer has to send on the average while the rest of a
/// message is waited for that has begun to come, looked at once that has lasted for
/// `rateGrace`. `writeStallTimeout`: how long a peer may take nothing of what is kept for it,
/// be the connection closing or not. `connectionsMax`: how many may be open; others wait in the
/// backlog of the system. `connectionsPerPeerMax`: how many from one address; others are closed
/// at once, which the exception handler is told once in a while. Null, or 0, is for no limit.
///
/// A peer is waited for while a task reads, or while a protocol's reading is not paused: the
/// time that a handler needs for its own work does not count. A message has begun to come when
/// a read has got a part of what it needs (a line, a number of bytes), or a record of TLS is
/// incomplete; a protocol says so itself ([Transport#setMidMessage]).
///
/// Who exceeds a limit is not sent what is kept; the reader, `drain`, or `connectionLost`, gets
/// a [ConnectionLimitException]. A server looks ten times within the shortest of its limits: a
/// connection ends up to a fifth of that time late, and never early. Handshakes are limited
/// by [TlsOptions#handshakeTimeout()]; the limits here begin after it.
///
/// **Unlike asyncio**: which has no such limits; [#NONE] is its way.
public record ConnectionLimits(
        @Nullable Duration firstByteTimeout, @Nullable Duration idleTimeout,
        int bytesPerSecondMin, Duration rateGrace, @Nullable Duration writeStallTimeout,
        int connectionsMax, int connectionsPerPeerMax) {

    /// What is harmless to peers of all kinds, those that are silent for long included: five
    /// minutes for the first byte, five minutes for a stall.
    public static final ConnectionLimits DEFAULT = new ConnectionLimits(
            Duration.ofMinutes(5), null, 0, Duration.ofSeconds(5), Duration.ofMinutes(5), 0, 0);

    /// What a server of requests and answers needs if anybody can reach it: half a minute for
    /// the first byte, two minutes of silence, 240 bytes a second after 5 seconds, a minute for
    /// a stall. How many connections there may be depends on the machine, and how many from one
    /// address on who stands in front of it: these are not limited.
    public static final ConnectionLimits STRICT = new ConnectionLimits(
            Duration.ofSeconds(30), Duration.ofMinutes(2), 240, Duration.ofSeconds(5),
            Duration.ofMinutes(1), 0, 0);

    public static final ConnectionLimits NONE = new ConnectionLimits(
            null, null, 0, Duration.ofSeconds(5), null, 0, 0);

    public ConnectionLimits {
        checkPositive("firstByteTimeout", firstByteTimeout);
        checkPositive("idleTimeout", idleTimeout);
        checkPositive("rateGrace", rateGrace);
        checkPositive("writeStallTimeout", writeStallTimeout);
        checkNotNegative("bytesPerSecondMin", bytesPerSecondMin);
        checkNotNegative("connectionsMax", connectionsMax);
        checkNotNegative("connectionsPerPeerMax", connectionsPerPeerMax);
    }

    private static void checkPositive(String name, @Nullable Duration limit) {
        if (limit != null && !limit.isPositive())
            throw new IllegalArgumentException(
                    name + " must be more than zero, or null for none, not " + limit);
    }

    private static void checkNotNegative(String name, int limit) {
        if (limit < 0)
            throw new IllegalArgumentException(
                    name + " must be at least 1, or 0 for none, not " + limit);
    }

    public ConnectionLimits withFirstByteTimeout(@Nullable Duration timeout) {
        return new ConnectionLimits(timeout, idleTimeout, bytesPerSecondMin, rateGrace,
                writeStallTimeout, connectionsMax, connectionsPerPeerMax);
    }

    public ConnectionLimits withIdleTimeout(@Nullable Duration timeout) {
        return new ConnectionLimits(firstByteTimeout, timeout, bytesPerSecondMin, rateGrace,
                writeStallTimeout, connectionsMax, connectionsPerPeerMax);
    }

    public ConnectionLimits withMinDataRate(int bytesPerSecond, Duration grace) {
        return new ConnectionLimits(firstByteTimeout, idleTimeout, bytesPerSecond, grace,
                writeStallTimeout, connectionsMax, connectionsPerPeerMax);
    }

    public ConnectionLimits withWriteStallTimeout(@Nullable Duration timeout) {
        return new ConnectionLimits(firstByteTimeout, idleTimeout, bytesPerSecondMin, rateGrace,
                timeout, connectionsMax, connectionsPerPeerMax);
    }

    public ConnectionLimits withConnectionsMax(int connections) {
        return new ConnectionLimits(firstByteTimeout, idleTimeout, bytesPerSecondMin, rateGrace,
                writeStallTimeout, connections, connectionsPerPeerMax);
    }

    public ConnectionLimits withConnectionsPerPeerMax(int connections) {
        return new ConnectionLimits(firstByteTimeout, idleTimeout, bytesPerSecondMin, rateGrace,
                writeStallTimeout, connectionsMax, connections);
    }

    /// What `peer` has done to exceed `limit`.
    String describe(ConnectionLimitException.Limit limit, @Nullable Object peer) {
        return "the peer " + peer + switch (limit) {
            case FIRST_BYTE -> " has sent nothing for " + firstByteTimeout;
            case IDLE -> " has been silent for " + idleTimeout;
            case DATA_RATE -> " sends less than " + bytesPerSecondMin + " bytes a second";
            case WRITE_STALL -> " has taken nothing of what was sent for " + writeStallTimeout;
            case CONNECTIONS_PER_PEER ->
                    " has " + connectionsPerPeerMax + " connections open already";
        };
    }
}
