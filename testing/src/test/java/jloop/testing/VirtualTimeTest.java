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
import jloop.Level;
import jloop.kernel.Clock;
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
    void timeout_ofWhatTakesAsLong_doesNotHitWhoWasFirst() {
        VirtualTime.run(() -> {
            var sleeper = Asyncio.createTask(() -> Asyncio.sleep(DAY, "slept"));
            Asyncio.sleep(Duration.ZERO);
            trace.add(Asyncio.waitFor(sleeper, DAY));
        });

        assertThat(trace).containsExactly("slept");
    }

    /// A timed wait of the JDK is a timer of the loop where the loop is the scheduler.
    @Test
    void timedWait_ofTheJdk_isVirtualWhereItCanBe() {
        try (VirtualTime time = new VirtualTime()) {
            time.loop().runUntilComplete(() -> {
                boolean came = new CountDownLatch(1).await(1, TimeUnit.MILLISECONDS);
                assertThat(came).isFalse();
            });

            boolean isReal = time.loop().level() == Level.HANDOFF;
            assertThat(time.now()).isEqualTo(isReal ? Duration.ZERO : Duration.ofMillis(1));
        }
    }
}
