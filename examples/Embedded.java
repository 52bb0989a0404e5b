/// A loop inside the loop of a toolkit: here one that takes what was posted, as Swing does.
///
///     ./jloop run examples/Embedded.java
///
/// The loop tells when a turn of it is due; the toolkit posts that turn to its own queue, among
/// the turns of everybody else. Both run in one thread, so neither needs a lock.

import module java.base;
import jloop.*;
import static jloop.Asyncio.*;

final BlockingQueue<Runnable> posted = new LinkedBlockingQueue<>();
boolean ended;

void main() throws InterruptedException {
    EventLoop loop = newEventLoop();
    loop.setWakeCallback(() -> posted.add(() -> turn(loop)));
    loop.runForeverSetup();
    createTask(() -> program(loop));

    while (!ended) posted.take().run();         // the toolkit's own loop

    loop.runForeverCleanup();
    loop.close();
}

void turn(EventLoop loop) {
    if (!loop.runOnce(Duration.ZERO)) ended = true;
}

void program(EventLoop loop) {
    posted.add(() -> IO.println("a click, handled by the toolkit"));
    sleep(Duration.ofMillis(50));
    IO.println("a timer of the loop");
    IO.println("a thread of its executor: " + toThread(() -> 6 * 7));
    loop.stop();
}
