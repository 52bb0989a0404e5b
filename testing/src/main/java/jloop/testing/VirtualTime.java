package jloop.testing;

import java.time.Duration;
import jloop.AnyThread;
import jloop.Asyncio;
import jloop.Coroutine;
import jloop.EventLoop;
import jloop.VoidCoroutine;
import jloop.kernel.VirtualPoller;

/// A loop whose clock moves instead of sleeping: when nothing is ready, it is at once the time
/// of the next timer. A test that waits for a day takes no longer than one that does not.
///
/// The loop's sockets are in memory and connect to one another only. Nothing depends on real
/// time or on chance, so a test does the same thing each time, unless other threads take part.
///
/// Ordinary blocking calls of the JDK still take real time, and so does the work of other
/// threads (`toThread`, an executor): timers overtake them, time limits too. At the levels
/// `OPENED` and `TRUSTED` a timed wait of the JDK in a coroutine, as `Thread.sleep`, moves
/// virtual time besides, by more than it was to last, and keeps the processor busy: the JDK
/// looks at its own clock and waits again.
///
/// **Threads**: as [EventLoop].
/// **Errors**: a loop that waits for nothing but other threads, and for 10 seconds of real
/// time, fails with IllegalStateException.
///
/// {@snippet :
/// VirtualTime.run(() -> Asyncio.sleep(Duration.ofDays(1)));
/// }
public final class VirtualTime implements AutoCloseable {

    private final VirtualPoller poller = new VirtualPoller();
    private final EventLoop loop = new EventLoop(poller, poller);

    /// A new loop, at time zero.
    public VirtualTime() { }

    /// A new loop in virtual time, to be closed by the caller.
    public static EventLoop newLoop() {
        return new VirtualTime().loop;
    }

    /// [Asyncio#run] on a new loop in virtual time.
    public static <T> T run(Coroutine<T> main) {
        return Asyncio.run(main, options -> options.withLoopFactory(VirtualTime::newLoop));
    }

    /// The same for a coroutine without a result.
    public static void run(VoidCoroutine main) {
        run(main.returningNull());
    }

    /// The loop of this time.
    @AnyThread
    public EventLoop loop() {
        return loop;
    }

    /// The virtual time since this was made.
    @AnyThread
    public Duration now() {
        return Duration.ofNanos(poller.nanos());
    }

    /// How many sockets of the loop are open.
    int socketCount() {
        return poller.socketCount();
    }

    /// Closes the loop.
    ///
    /// **Errors**: IllegalStateException if it runs.
    @Override
    public void close() {
        loop.close();
    }
}
