package jloop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import jloop.poller.Clock;
import org.junit.jupiter.api.Test;

/// [Rig#checkIdle(Duration)], which must tell a loop that spins from a machine that is busy.
class IdleCheckTest {

    private static final Duration WHILE = Duration.ofMillis(20);
    private static final int TRIES = 5;

    @EachPoller
    void loopThatTurnsForEver_isFound(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            AtomicBoolean over = new AtomicBoolean();
            rig.loop.callSoon(() -> again(rig.loop, over));
            try {
                checkFound(rig);
            } finally {
                over.set(true);
            }
        });
    }

    private static void again(EventLoop loop, AtomicBoolean over) {
        if (!over.get()) loop.callSoon(() -> again(loop, over));
    }

    @Test
    void taskThatYieldsForEver_isFound() {
        Rig.run(rig -> {
            Task<Void> task = Asyncio.createTask(() -> {
                while (true) Asyncio.sleep(Duration.ZERO);
            });
            try {
                checkFound(rig);
            } finally {
                task.cancel();
            }
        });
    }

    @Test
    void threadThatSpinsForEver_isFound() {
        Rig.run(rig -> {
            AtomicBoolean over = new AtomicBoolean();
            Thread spinning = spinning(over::get);
            try {
                checkFound(rig);
            } finally {
                over.set(true);
                spinning.join();
            }
        });
    }

    @Test
    void threadThatSpinsForAWhile_isForgiven() {
        Rig.run(rig -> {
            long end = Clock.SYSTEM.nanos() + WHILE.toNanos();
            Thread busy = spinning(() -> Clock.SYSTEM.nanos() > end);

            rig.checkIdle(WHILE);

            busy.join();
        });
    }

    private static Thread spinning(BooleanSupplier until) {
        return Thread.ofPlatform().start(() -> {
            while (!until.getAsBoolean()) Thread.onSpinWait();
        });
    }

    /// Of a few checks one has to find it: now and then all threads stand still for a while, as
    /// the JVM collects garbage, or the one that spins waits for a processor all the while,
    /// which the system accounts for when it gets one.
    private static void checkFound(Rig rig) {
        Throwable found = null;
        for (int i = 0; i < TRIES && found == null; i++)
            found = catchThrowable(() -> rig.checkIdle(WHILE));
        assertThat(found).isInstanceOf(AssertionError.class).hasMessageStartingWith("spins");
    }
}
