package jloop.io;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import jloop.AnyThread;

/// Opens when so many have come.
@AnyThread
final class Gate {

    private final AtomicInteger missing;
    private final CompletableFuture<Void> opened = new CompletableFuture<>();

    Gate(int count) {
        missing = new AtomicInteger(count);
    }

    @SuppressWarnings("NullAway")           // Void has no other value
    void come() {
        if (missing.decrementAndGet() == 0) opened.complete(null);
    }

    boolean isOpen() {
        return opened.isDone();
    }

    /// Done when it opens; cancelling it is nobody else's concern.
    CompletableFuture<Void> opened() {
        return opened.copy();
    }
}
