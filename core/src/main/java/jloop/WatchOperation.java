package jloop;

import jloop.poller.Descriptor;
import jloop.poller.Operation;

/// Has a callback called in every turn in which a descriptor is readable, or writable.
final class WatchOperation extends Operation {

    private final EventLoop loop;
    private final Runnable callback;
    private final Context context = Context.copyContext();     // the same for all its calls
    private boolean active = true;

    WatchOperation(EventLoop loop, Descriptor descriptor, Kind kind, Runnable callback) {
        super(descriptor);
        this.loop = loop;
        this.kind = kind;
        this.callback = callback;
    }

    void start() {
        if (loop.poller.submit(this)) completed();
    }

    void stop() {
        active = false;
        loop.poller.cancel(this);
    }

    @Override
    public void completed() {
        if (active) loop.ready.add(new Handle(this::call, context));
    }

    private void call() {
        if (!active) return;
        try {
            callback.run();
        } finally {
            if (active && descriptor.isOpen()) start();
        }
    }
}
