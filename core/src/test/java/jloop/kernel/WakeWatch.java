package jloop.kernel;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import jloop.poller.Poller;

/// Wakes a poller whose wake-up was lost, so that the test fails and does not hang.
final class WakeWatch implements AutoCloseable {

    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicBoolean barked = new AtomicBoolean();

    WakeWatch(Poller poller) {
        Thread.ofPlatform().name("watch").start(() -> {
            try {
                while (!over.await(30, SECONDS)) {
                    barked.set(true);
                    poller.wake();
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    boolean hasBarked() {
        return barked.get();
    }

    void assertNothingLost() {
        assertThat(barked).as("a wake-up was lost").isFalse();
    }

    @Override
    public void close() {
        over.countDown();
    }
}
