package jloop;

import org.jspecify.annotations.Nullable;

/// The handle of a [WatchOperation], which is ready again and again.
final class WatchHandle extends Handle {

    WatchHandle(WatchOperation watch, @Nullable Context context) {
        super(watch, context);
    }

    /// Keeps its call: it may be ready again by the time that it returns.
    @Override
    void run() {
        Runnable promised = call;
        if (promised != null) promised.run();
    }
}
