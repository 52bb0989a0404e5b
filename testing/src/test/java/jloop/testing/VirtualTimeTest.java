package jloop.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.poller.Clock;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {

    private static final Duration DAY = Duration.ofDays(1);

    private final List<String> trace = new ArrayList<>();

    @Test
    void sleep_ofADay_takesADayOfTheLoopAndNoTime() {
        long start = Clock.SYSTEM.nanos();

        long passed = VirtualTime.run(() -> {
            long before = Asyncio.getRunningLoop().time();
            Asyncio.sleep(DAY);
            return Asyncio.getRunningLoop().time() - before;
        });

        assertThat(passed).isEqualTo(DAY.toNanos());
        assertThat(Clock.SYSTEM.nanos() - start).isLessThan(Duration.ofMinutes(1).toNanos());
    }

    @Test
    void timers_dueAtTheSameTime_fireInOrderOfCreation() {
        try (EventLoop loop = VirtualTime.newLoop()) {
            for (String name : List.of("a", "b", "c"))
                loop.callLater(DAY, () -> trace.add(name));
            loop.callLater(DAY.minusNanos(1), () -> trace.add("earlier"));

            loop.runUntilComplete(() -> Asyncio.sleep(DAY));

            assertThat(trace).containsExactly("earlier", "a", "b", "c");
        }
    }

    @Test
    void timeout_ofWhatTakesLonger_passesExactly() {
        try (VirtualTime time = new VirtualTime()) {
            assertThatThrownBy(() -> time.loop().runUntilComplete(
                    () -> Asyncio.timeout(Duration.ofSeconds(30), () -> Asyncio.sleep(DAY))))
                    .isInstanceOf(TimeoutException.class);
            assertThat(time.now()).isEqualTo(Duration.ofSeconds(30));
        }
    }

    @Test
    void timedWait_ofTheJdk_takesRealTime() {
        long start = Clock.SYSTEM.nanos();

        VirtualTime.run(() -> assertThat(
                new CountDownLatch(1).await(20, TimeUnit.MILLISECONDS)).isFalse());

        assertThat(Clock.SYSTEM.nanos() - start)
                .isGreaterThanOrEqualTo(Duration.ofMillis(20).toNanos());
    }
}
