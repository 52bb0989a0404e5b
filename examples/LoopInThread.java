/// A loop in a thread of its own, for a program whose main thread has other things to do.
///
///     ./jloop run examples/LoopInThread.java
///
/// Other threads hand it coroutines with `runCoroutineThreadsafe`, and calls with
/// `callSoonThreadsafe`. All else of the loop belongs to the loop's thread.

import module java.base;
import jloop.*;
import static jloop.Asyncio.*;

void main() throws Exception {
    EventLoop loop = newEventLoop();
    Thread thread = Thread.ofPlatform().name("loop").start(loop::runForever);

    // Ask, do something else, and wait only when the answer is needed.
    CompletableFuture<Integer> answer = runCoroutineThreadsafe(() -> slowSquare(7), loop);
    IO.println("asked by " + Thread.currentThread().getName());
    IO.println("answered: " + answer.get());

    // What a coroutine throws arrives as the cause.
    try {
        runCoroutineThreadsafe(this::failing, loop).get();
    } catch (ExecutionException e) {
        IO.println("failed: " + e.getCause().getMessage());
    }

    // Cancelling what was handed out cancels the coroutine.
    var started = new CountDownLatch(1);
    var ended = new CountDownLatch(1);
    CompletableFuture<Void> endless = runCoroutineThreadsafe(() -> {
        try {
            started.countDown();
            sleep(Duration.ofDays(1));
        } finally {
            ended.countDown();
        }
    }, loop);
    started.await();
    endless.cancel(true);
    ended.await();
    IO.println("cancelled: " + endless.isCancelled());

    loop.callSoonThreadsafe(loop::stop);
    thread.join();
    loop.close();
}

int slowSquare(int number) {
    sleep(Duration.ofMillis(100));
    return number * number;
}

void failing() throws IOException {
    throw new IOException("no luck");
}
