package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A million of everything.
@Tag("slow")
class ScaleTest {

    static final int MILLION = 1_000_000;

    @Test
    void callLater_aMillionArmedAndCancelled_leavesNothing() {
        VirtualPoller time = new VirtualPoller();
        try (EventLoop loop = new EventLoop(time, time)) {
            Random random = new Random(1);
            List<TimerHandle> timers = new ArrayList<>(MILLION);

            for (int i = 0; i < MILLION; i++)
                timers.add(loop.callLater(Duration.ofNanos(random.nextInt()), () -> { }));
            assertThat(loop.timerCount()).isEqualTo(MILLION);
            for (TimerHandle timer : timers) timer.cancel();

            assertThat(loop.timerCount()).isZero();
            assertThat(loop.ready.size()).isZero();
        }
    }

    @Test
    void createTask_aMillionParked_fitIn2GigabytesOfHeap() throws Exception {
        assertThat(FreshJvm.run(FreshJvm.ofThisLevel("-Xmx2g", "-XX:+UseSerialGC"),
                ParkedTasks.class)).isEqualTo("parked " + MILLION);
    }

    /// Parks a million tasks on one future.
    public static final class ParkedTasks {

        private ParkedTasks() { }

        public static void main(String[] arguments) {
            int[] parked = {0};
            Asyncio.run(() -> {
                Future<Void> gate = Asyncio.getRunningLoop().createFuture();
                for (int i = 0; i < MILLION; i++) Asyncio.createTask(() -> {
                    parked[0]++;
                    gate.await();
                });
                while (parked[0] < MILLION) Asyncio.sleep(Duration.ZERO);
                System.gc();
                System.out.println("parked " + parked[0]);
                // Not woken: their code was compiled before anybody had seen its second half, so
                // each one would be deoptimized on the way out, for half a minute.
                Runtime.getRuntime().halt(0);
            });
        }
    }
}
