/// A coroutine that prints a line, run twice: by `run`, and by a loop made by hand.
///
///     ./jloop run examples/Hello.java

import module java.base;
import jloop.*;
import static jloop.Asyncio.*;

void main() {
    // The short way: a new loop, the coroutine, and an orderly end.
    run(() -> hello("run"));

    // The same in steps, for programs that want to do something in between.
    EventLoop loop = newEventLoop();
    try {
        loop.runUntilComplete(() -> hello("a loop of its own"));
    } finally {
        loop.close();
    }
}

/// A coroutine is a plain method. Where it waits, here in `sleep`, the loop runs others.
void hello(String by) {
    sleep(Duration.ofMillis(10));
    IO.println("Hello from " + by);
}
