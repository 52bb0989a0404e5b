package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;
import static jloop.Asyncio.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Names whose lookup takes for ever, or ends when nobody waits for it any more.
class NameFaultsTest {

    private static final Duration FIVE = Duration.ofSeconds(5);
    private static final List<InetAddress> FOUND = List.of(InetAddress.ofLiteral("192.0.2.1"));

    @RegisterExtension
    final LeakCheck leaks = new LeakCheck();

    @Test
    void lookup_thatTakesForEver_isLeftWhenTheTimeIsOver() {
        EventLoop loop = leaks.newLoop();
        loop.setResolver(_ -> {
            sleep(Duration.ofDays(1));
            return FOUND;
        });
        loop.runUntilComplete(() -> {
            long before = loop.time();
            assertThatThrownBy(() -> timeout(FIVE, () -> loop.getaddrinfo("slow.example", 80)))
                    .isInstanceOf(TimeoutException.class);
            assertThat(loop.time() - before).isEqualTo(FIVE.toNanos());
        });
    }

    /// The thread goes on, as nothing can stop it; the task does not wait for it.
    @Test
    void lookup_inAThreadThatHangs_isLeftWhenTheTimeIsOver() {
        EventLoop loop = leaks.newRealLoop();
        CountDownLatch hangs = new CountDownLatch(1);
        ExecutorService one = Executors.newSingleThreadExecutor();
        loop.setResolver(_ -> loop.runInExecutor(one, () -> {
            hangs.await();
            return FOUND;
        }).await());
        loop.runUntilComplete(() -> {
            assertThatThrownBy(() -> timeout(Duration.ofMillis(10),
                    () -> loop.getaddrinfo("hangs.example", 80)))
                    .isInstanceOf(TimeoutException.class);
            hangs.countDown();
            assertThat(loop.getaddrinfo("again.example", 80)).hasSize(1);
        });
        one.close();
    }

    @Test
    void thousandLookups_takeAsLongAsOne() {
        EventLoop loop = leaks.newLoop();
        loop.setResolver(_ -> {
            sleep(FIVE);
            return FOUND;
        });
        loop.runUntilComplete(() -> {
            List<Task<List<InetSocketAddress>>> lookups = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                String name = "host" + i % 500 + ".example";
                lookups.add(createTask(() -> loop.getaddrinfo(name, 80)));
            }
            long before = loop.time();
            assertThat(gather(lookups).await()).hasSize(1000);
            assertThat(loop.time() - before).isEqualTo(FIVE.toNanos());
        });
    }

    @Test
    void jobsThatHang_keepNoNameWaiting() {
        EventLoop loop = leaks.newRealLoop();
        ExecutorService one = Executors.newSingleThreadExecutor();
        loop.setDefaultExecutor(one);
        CountDownLatch hangs = new CountDownLatch(1);
        loop.runUntilComplete(() -> {
            Task<Void> job = createTask(() -> toThread(() -> hangs.await()));
            sleep(Duration.ZERO);
            assertThat(loop.getaddrinfo("localhost", 80)).isNotEmpty();
            hangs.countDown();
            job.await();
        });
        one.close();
    }

    @Test
    void loopIsClosed_underALookup_nobodyIsToldAndNothingIsLeft() {
        leaks.expectLeftovers();
        for (int turns = 0; turns < 3; turns++) {
            EventLoop loop = leaks.newRealLoop();
            int some = turns;
            loop.runUntilComplete(() -> {
                var _ = createTask(() -> loop.getaddrinfo("localhost", 80));
                for (int i = 0; i < some; i++) sleep(Duration.ZERO);
            });
            loop.close();
        }
        leaks.takeReports();            // of the tasks that never got to their end
    }
}
