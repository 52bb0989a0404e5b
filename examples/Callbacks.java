/// Callbacks without coroutines: soon, later, at a time; one is called off, one stops the loop.
///
///     ./jloop run examples/Callbacks.java

import module java.base;
import jloop.*;
import static jloop.Asyncio.*;

void main() {
    try (EventLoop loop = newEventLoop()) {
        loop.callSoon(() -> {
            IO.println("soon: first");
            loop.callSoon(() -> {
                IO.println("soon: scheduled in a callback, so a turn later");
                setTimers(loop);
            });
        });
        loop.callSoon(() -> IO.println("soon: second"));
        loop.runForever();
    }
    IO.println("closed");
}

void setTimers(EventLoop loop) {
    loop.callLater(Duration.ofMillis(60), () -> {
        IO.println("later: the last one stops the loop");
        loop.stop();
    });

    // At a time of the loop's own clock, which counts nanoseconds and never goes back.
    long when = loop.time() + Duration.ofMillis(30).toNanos();
    loop.callAt(when, () -> IO.println("at: the first of two for the same time"));
    loop.callAt(when, () -> IO.println("at: the second, as it was scheduled second"));

    Handle never = loop.callLater(Duration.ofMillis(10), () -> IO.println("never"));
    never.cancel();
}
