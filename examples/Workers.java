/// Two workers that never end, on a loop that runs until Ctrl-C.
///
///     ./jloop run examples/Workers.java
///
/// In the main thread Ctrl-C ends `runForever` with a KeyboardInterrupt. The workers are then
/// cancelled and get the time to finish what they have in hand.

import module java.base;
import jloop.*;
import static jloop.Asyncio.*;

void main() {
    EventLoop loop = getEventLoop();
    ensureFuture(() -> work("first", Duration.ofMillis(200)));
    ensureFuture(() -> work("second", Duration.ofMillis(300)));
    try {
        loop.runForever();
    } catch (KeyboardInterrupt e) {
        var workers = List.copyOf(allTasks(loop));
        for (var worker : workers) worker.cancel();
        loop.runUntilComplete(gatherReturningExceptions(workers));
    } finally {
        IO.println("Closing Loop");
        loop.close();
    }
}

void work(String name, Duration pause) {
    try {
        while (true) {
            sleep(pause);
            IO.println(name + " worker executed");
        }
    } finally {
        IO.println(name + " worker ended");
    }
}
