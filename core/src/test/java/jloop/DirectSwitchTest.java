package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.run;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Coroutines that go on and off the carrier while other threads look at them, unpark them and
/// interrupt them; and the same program with each way of switching.
class DirectSwitchTest {

    private static final int TASKS = 20;
    private static final int ROUNDS = 900;

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newRealLoop();

    @Test
    void stacks_lookedAtMeanwhile_losesNoWakeUp() {
        AtomicInteger seen = new AtomicInteger();
        assertThat(countWhile(thread -> {
            if (thread.getState() != Thread.State.NEW)
                seen.addAndGet(thread.getStackTrace().length);
        }))
                .isEqualTo(TASKS * ROUNDS);
        assertThat(seen).hasPositiveValue();
    }

    @Test
    void unparks_fromAnotherThread_wakeNobodyInjloop() {
        assertThat(countWhile(LockSupport::unpark)).isEqualTo(TASKS * ROUNDS);
    }

    @Test
    void interrupt_ofATaskThatWaits_reachesItAndNoOther() {
        List<Object> ended = loop.runUntilComplete(() -> {
            Future<String> never = loop.createFuture();
            Future<String> later = loop.createFuture();
            Task<String> hit = createTask(() -> never.await());
            Task<String> spared = createTask(() -> later.await());
            sleep(Duration.ZERO);
            Thread thread = hit.strand.thread;
            Thread interrupter = Thread.ofPlatform().start(thread::interrupt);
            String how = "not";
            try {
                hit.await();
            } catch (CancelledError e) {
                how = "cancelled";
            }
            interrupter.join();
            later.setResult("spared");
            never.cancel();
            return List.of(how, spared.await());
        });
        assertThat(ended).containsExactly("cancelled", "spared");
    }

    /// What a waiting task does in all ways, once for each way to switch.
    @Test
    void program_withTheSwitchOfTheJdk_runsTheSame() throws Exception {
        String direct = FreshJvm.run(List.of(FreshJvm.OPENS), Program.class);
        assertThat(direct).contains("yielded 300").contains("generated [0, 1, 2]")
                .contains("eager first").contains("slept").contains("cancelled").endsWith("end");
        assertThat(FreshJvm.run(List.of(FreshJvm.OPENS, "-Djloop.switch=jdk"), Program.class))
                .isEqualTo(direct);
    }

    /// How often tasks were woken by each other, while another thread does `what` to their
    /// threads again and again.
    private int countWhile(Consumer<Thread> what) {
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger wakeUps = new AtomicInteger();
        loop.runUntilComplete(() -> {
            List<Task<Void>> tasks = new ArrayList<>();
            Future<Void> begin = loop.createFuture();
            for (int i = 0; i < TASKS; i++) tasks.add(createTask(() -> {
                begin.await();
                take(wakeUps);
            }));
            sleep(Duration.ZERO);
            List<Thread> threads = tasks.stream().map(task -> task.strand.thread).toList();
            CountDownLatch disturbed = new CountDownLatch(1);
            Thread disturber = Thread.ofPlatform().start(() -> {
                do {
                    threads.forEach(what);
                    disturbed.countDown();
                } while (!over.get());
            });
            try {
                disturbed.await();
                begin.setResult(null);
                for (Task<Void> task : tasks) task.await();
            } finally {
                over.set(true);
                disturber.join();
            }
        });
        return wakeUps.get();
    }

    /// Waits and is woken so many times: by a yield, a future, and a queue that another fills.
    private static void take(AtomicInteger wakeUps) {
        Queue<Integer> queue = new Queue<>(1);
        Task<?> filler = createTask(() -> {
            for (int i = 0; i < ROUNDS / 3; i++) queue.put(i);
        });
        for (int i = 0; i < ROUNDS / 3; i++) {
            sleep(Duration.ZERO);
            wakeUps.incrementAndGet();
            assertThat(queue.get()).isEqualTo(i);
            wakeUps.incrementAndGet();
            Future<Integer> future = getRunningLoop().createFuture();
            int value = i;
            getRunningLoop().callSoon(() -> future.setResult(value));
            assertThat(future.await()).isEqualTo(i);
            wakeUps.incrementAndGet();
        }
        filler.await();
    }

    /// Waits in every way there is.
    public static final class Program {

        private Program() { }

        public static void main(String[] arguments) {
            run(() -> {
                AtomicInteger yields = new AtomicInteger();
                List<Task<?>> tasks = new ArrayList<>();
                for (int i = 0; i < 3; i++) tasks.add(createTask(() -> {
                    for (int k = 0; k < 100; k++) {
                        sleep(Duration.ZERO);
                        yields.incrementAndGet();
                    }
                }));
                for (Task<?> task : tasks) task.await();
                System.out.println("yielded " + yields);
                waitElsewhere();
            });
            System.out.println("end");
        }

        private static void waitElsewhere() throws Exception {
            List<Integer> items = new ArrayList<>();
            for (int item : Asyncio.<Integer>generator(out -> {
                for (int i = 0; i < 3; i++) {
                    sleep(Duration.ofMillis(1));
                    out.yield(i);
                }
            })) items.add(item);
            System.out.println("generated " + items);
            createTask(() -> System.out.println("eager first"),
                    options -> options.withEagerStart(true));
            Thread.sleep(1);                // parks in the JDK, in between
            Asyncio.toThread(() -> "worker");
            System.out.println("slept");
            Task<?> endless = createTask(() -> sleep(Duration.ofDays(1)));
            sleep(Duration.ZERO);
            endless.cancel();
            try {
                endless.await();
            } catch (CancelledError e) {
                System.out.println("cancelled");
            }
            getRunningLoop().callSoon(() -> System.out.println("call"));
            sleep(Duration.ZERO);
        }
    }
}
