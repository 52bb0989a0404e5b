package jloop;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import jloop.poller.Poller;

/// The open sockets of a loop, and what they share.
final class Sockets {

    private static final int SHARED_BYTES = 256 * 1024;
    private static final int IMMEDIATE_MAX = 64;            // operations, or
    private static final int IMMEDIATE_BYTES = 1024;        // so many bytes that count as one

    final EventLoop loop;
    final Poller poller;
    final byte[] shared = new byte[SHARED_BYTES];       // what was received, until it is copied

    private final Set<Socket> open = new LinkedHashSet<>();
    private int immediate;      // within the step below
    private int step;

    Sockets(EventLoop loop) {
        this.loop = loop;
        this.poller = loop.poller;
    }

    void opened(Socket socket) {
        open.add(socket);
    }

    /// False if it was closed before.
    boolean closed(Socket socket) {
        return open.remove(socket);
    }

    /// An operation was over at once, and let nobody else run. `result` is how many bytes it
    /// moved, if any: 64 KiB take longer than many small ones.
    void count(int result) {
        int now = loop.ready.taken();
        if (now != step) immediate = 0;
        step = now;
        immediate += 1 + Math.max(result, 0) / IMMEDIATE_BYTES;
    }

    /// Lets the others run when so many operations of one step were over at once. Called before
    /// the next begins: there a cancellation loses nothing, and a task whose operations never
    /// wait has to get its own somewhere.
    void pace() {
        if (immediate < IMMEDIATE_MAX || step != loop.ready.taken()) return;
        immediate = 0;
        Task<?> task = Task.current();
        if (task != null) task.yieldOnce();
    }

    /// Closes those that nobody has closed. Returns what to say of them in debug mode, as
    /// whoever opened one was to close it.
    List<String> close() {
        List<String> left = new ArrayList<>();
        for (Socket socket : new ArrayList<>(open)) {
            if (loop.getDebug()) left.add(socket.toString());
            socket.close();
        }
        return left;
    }
}
