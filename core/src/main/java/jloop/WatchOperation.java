package jloop;

import jloop.poller.Descriptor;
import jloop.poller.Operation;
import org.jspecify.annotations.Nullable;

/// Has a callback called in every turn in which a descriptor is readable, or writable.
final class WatchOperation extends Operation implements Runnable {

    private final EventLoop loop;
    private final Runnable callback;
    private final Handle handle;        // the same for all its calls: nothing is made per event
    private boolean active = true;
    private @Nullable TimerHandle pause;

    WatchOperation(EventLoop loop, Descriptor descriptor, Kind kind, Runnable callback,
            @Nullable Context context) {
        super(descriptor);
        this.loop = loop;
        this.kind = kind;
        this.callback = callback;
        this.handle = new WatchHandle(this, context);
    }

    void start() {
        if (loop.poller.submit(this)) completed();
    }

    void stop() {
        rest();
        handle.cancel();
    }

    /// Has it called at `nanos` of the loop's clock, ready or not, and not before.
    void pauseUntil(long nanos) {
        rest();
        pause = loop.addTimer(nanos, () -> {
            active = true;
            completed();
        });
    }

    private void rest() {
        active = false;
        loop.poller.cancel(this);
        if (pause != null) pause.cancel();
    }

    @Override
    public void completed() {
        if (active) loop.ready.add(handle);
    }

    /// Calls it, then waits again: so it is in the queue once at most.
    @Override
    public void run() {
        if (!active) return;
        try {
            callback.run();
        } finally {
            if (active && descriptor.isOpen()) start();
        }
    }

    @Override
    public String toString() {
        return Naming.of(callback);
    }
}
