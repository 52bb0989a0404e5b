package jloop;

import java.lang.System.Logger;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jloop.poller.Poller;

/// What is left of a loop that nobody has closed before it was collected: enough to say so, and
/// to give its descriptors back.
final class UnclosedLoop extends PhantomReference<EventLoop> {

    static final ReferenceQueue<EventLoop> COLLECTED = new ReferenceQueue<>();
    private static final Set<UnclosedLoop> OPEN = ConcurrentHashMap.newKeySet();

    private final Poller poller;

    UnclosedLoop(EventLoop loop) {
        super(loop, COLLECTED);
        this.poller = loop.poller;
        OPEN.add(this);
    }

    /// The loop was closed as it should be.
    void closed() {
        OPEN.remove(this);
        clear();
    }

    /// The loop is gone. Any thread.
    void collected() {
        if (!OPEN.remove(this)) return;
        System.getLogger("jloop").log(Logger.Level.WARNING, "unclosed event loop: it was "
                + "collected without close, which has been made up for");
        poller.close();
    }
}
