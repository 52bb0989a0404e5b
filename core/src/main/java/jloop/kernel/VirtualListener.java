package jloop.kernel;

import java.util.ArrayDeque;
import java.util.Queue;

/// What waits at a virtual socket that listens: connections to be accepted, and sockets that
/// find no room among them yet.
final class VirtualListener {

    /*
     * Invariants (VirtualSocketTest.connect_toAFullBacklog_waitsForRoom):
     *   I1  backlog.size() <= limit, unless listen was called again with less
     *   I2  while sockets wait, the backlog is full
     */

    private final VirtualSocket socket;
    private final Queue<VirtualEnd> backlog = new ArrayDeque<>();
    private final Queue<VirtualSocket> waiting = new ArrayDeque<>();    // each is Connecting
    private int limit;

    VirtualListener(VirtualSocket socket, int limit) {
        this.socket = socket;
        this.limit = Math.max(1, limit);
    }

    void limit(int count) {
        limit = Math.max(1, count);
        admitWaiting();
    }

    boolean isEmpty() {
        return backlog.isEmpty();
    }

    /// Connects `client` now, or when there is room.
    void enter(VirtualSocket client) {
        waiting.add(client);
        admitWaiting();
    }

    void leave(VirtualSocket client) {
        waiting.remove(client);
    }

    /// The oldest connection; there is one.
    VirtualEnd take() {
        VirtualEnd end = backlog.remove();
        admitWaiting();
        return end;
    }

    private void admitWaiting() {
        while (!waiting.isEmpty() && backlog.size() < limit) {
            backlog.add(waiting.remove().establish().peer());
            socket.mayRead();
        }
    }

    void close() {
        for (VirtualSocket client : waiting) client.refused();
        for (VirtualEnd end : backlog) end.close(true);
    }
}
