package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import jloop.kernel.VirtualPoller;
import jloop.poller.Clock;
import org.junit.jupiter.api.Test;

/// A loop that nobody closes, and that is collected.
class UnclosedLoopTest {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final AtomicInteger closes = new AtomicInteger();

    @Test
    @AsIn("test_base_events.test_del")
    void loop_thatIsCollected_givesItsPollerBack() {
        forget(closes);

        long start = Clock.SYSTEM.nanos();
        while (closes.get() == 0 && Clock.SYSTEM.nanos() - start < PATIENCE_NANOS) {
            System.gc();
            LockSupport.parkNanos(1_000_000);
            // The watchdog does this while loops run; here none may.
            if (UnclosedLoop.COLLECTED.poll() instanceof UnclosedLoop gone) gone.collected();
        }

        assertThat(closes).hasValue(1);
    }

    @Test
    void loop_thatIsClosed_isNotTold() {
        EventLoop loop = newLoop(closes);
        loop.close();
        assertThat(closes).hasValue(1);

        new UnclosedLoop(loop).closed();

        assertThat(closes).hasValue(1);
    }

    private static void forget(AtomicInteger closes) {
        EventLoop loop = newLoop(closes);
        loop.runUntilComplete(() -> Asyncio.sleep(java.time.Duration.ZERO));
    }

    private static EventLoop newLoop(AtomicInteger closes) {
        VirtualPoller real = new VirtualPoller();
        return new EventLoop(new SpyPoller(real) {
            @Override
            public void close() {
                closes.incrementAndGet();
                super.close();
            }
        }, real);
    }
}
