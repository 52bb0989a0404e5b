package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.StandardProtocolFamily;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class DebugModeTest {

    private static final Duration SLOW = Duration.ofMillis(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final VirtualPoller poller = new VirtualPoller();
    private long workedNanos;
    private final EventLoop loop =
            check.watch(new EventLoop(poller, () -> poller.nanos() + workedNanos));
    private final List<String> slow = new ArrayList<>();

    @BeforeEach
    void setUp() {
        loop.setDebug(true);
        loop.debugMode.sink = slow::add;
    }

    private void work(Duration time) {
        workedNanos += time.toNanos();
    }

    // ---- what nobody has closed

    @Test
    @AsIn({"test_streams.test_unclosed_resource_warnings",
        "test_streams.test_unclosed_server_resource_warnings"})
    void close_overOpenSockets_tellsOfEach() throws Exception {
        Socket kept = Socket.open(loop, StandardProtocolFamily.INET);
        try (Socket _ = Socket.open(loop, StandardProtocolFamily.INET)) {
            loop.callSoon(loop::stop);
        }
        String text = kept.toString();

        loop.close();

        assertThat(slow).containsExactly("unclosed " + text + ": closed with its loop");
        assertThat(kept.isOpen()).isFalse();
    }

    // ---- slow steps

    @Test
    @AsIn("test_base_events.test_log_slow_callbacks")
    void callback_thatTakesTheLimitExactly_isLoggedWithItsNameAndTime() {
        loop.callSoon(() -> work(SLOW));
        loop.callSoon(() -> work(SLOW.minusNanos(1)));
        loop.callSoon(loop::stop);
        loop.runForever();

        assertThat(slow).hasSize(1);
        assertThat(slow.getFirst())
                .startsWith("executing <Handle lambda of jloop.DebugModeTest created at "
                        + "DebugModeTest.java:").endsWith("> took 0.100 seconds");
    }

    /// Each slow step is told once, whatever becomes of it.
    @Test
    void log_thatThrows_isReportedOnceAndTheLoopGoesOn() {
        RuntimeException broken = new IllegalStateException("no disk");
        loop.debugMode.sink = _ -> {
            throw broken;
        };
        loop.runUntilComplete(() -> {
            work(SLOW);
            sleep(Duration.ZERO);
            sleep(SLOW);
        });

        assertThat(check.takeReport().exception()).isSameAs(broken);
    }

    @Test
    @AsIn("test_base_events.test_log_slow_callbacks")
    void task_isMeasuredByStepNotAsAWhole() {
        loop.runUntilComplete(() -> createTask(() -> {
            for (int i = 0; i < 5; i++) {
                work(SLOW.dividedBy(2));
                sleep(Duration.ZERO);
            }
            work(Duration.ofMillis(1234));
        }, o -> o.withName("heavy")).await());

        assertThat(slow).hasSize(1);
        assertThat(slow.getFirst()).contains("name=heavy").endsWith("took 1.234 seconds");
    }

    @Test
    void task_thatWaitsAfterASlowStep_isLoggedAtOnce() {
        loop.runUntilComplete(() -> {
            work(SLOW);
            sleep(Duration.ofSeconds(1));
            assertThat(slow).hasSize(1);
        });
    }

    @Test
    void slowCallbackDuration_isAHundredMillisecondsAndCanBeSet() {
        assertThat(loop.getSlowCallbackDuration()).isEqualTo(SLOW);
        loop.setSlowCallbackDuration(Duration.ofSeconds(1));

        loop.runUntilComplete(() -> work(Duration.ofMillis(999)));
        assertThat(slow).isEmpty();
        loop.runUntilComplete(() -> work(Duration.ofSeconds(1)));
        assertThat(slow).hasSize(1);
    }

    @Test
    void slowSteps_withoutDebug_areNotMeasured() {
        loop.setDebug(false);

        loop.runUntilComplete(() -> work(Duration.ofSeconds(10)));

        assertThat(slow).isEmpty();
    }

    // ---- where things were made

    @Test
    @AsIn({"test_futures.test_future_source_traceback", "test_tasks.test_task_source_traceback"})
    void futureAndTask_noteWhereTheyWereMade() {
        Future<String> future = loop.createFuture();
        Task<Void> task = loop.createTask(() -> { });

        for (Future<?> made : List.of(future, task)) {
            assertThat(made.sourceTraceback()).hasSizeLessThanOrEqualTo(10);
            assertThat(made.sourceTraceback().getFirst().getMethodName())
                    .isEqualTo("futureAndTask_noteWhereTheyWereMade");
            assertThat(made.toString()).contains(" created at DebugModeTest.java:");
        }
        loop.runUntilComplete(task);
    }

    @Test
    void future_withoutDebug_notesNothing() {
        loop.setDebug(false);

        assertThat(loop.createFuture().sourceTraceback()).isNull();
        assertThat(loop.createFuture().toString()).isEqualTo("<Future pending>");
    }

    @Test
    @AsIn("test_events.test_handle_source_traceback")
    void callback_thatThrows_isReportedWithWhereItWasScheduled() {
        loop.callSoon(DebugModeTest::fail);
        loop.callSoonThreadsafe(DebugModeTest::fail);
        loop.callLater(Duration.ofSeconds(1), DebugModeTest::fail);
        loop.callLater(Duration.ofSeconds(2), loop::stop);
        loop.runForever();

        List<ExceptionContext> reports = check.takeReports();
        assertThat(reports).hasSize(3);
        for (ExceptionContext report : reports)
            assertThat(report.handleTraceback().getFirst().getMethodName())
                    .isEqualTo("callback_thatThrows_isReportedWithWhereItWasScheduled");
    }

    private static void fail() {
        throw new IllegalStateException("no");
    }

    // ---- order

    @Test
    void order_isTheSameWithAndWithoutDebug() {
        List<String> with = trace();
        loop.setDebug(false);
        List<String> without = trace();

        assertThat(with).isEqualTo(without).hasSize(9);
    }

    private List<String> trace() {
        List<String> trace = new ArrayList<>();
        loop.runUntilComplete(() -> {
            loop.callSoon(() -> trace.add("call"));
            Task<Void> first = createTask(() -> steps("first", trace));
            loop.callLater(Duration.ofMillis(1), () -> trace.add("timer"));
            Task<Void> second = createTask(() -> steps("second", trace));
            loop.callSoon(() -> trace.add("call"));
            gather(first, second).await();
        });
        return trace;
    }

    private void steps(String name, List<String> trace) {
        for (int i = 0; i < 3; i++) {
            trace.add(name + i);
            work(SLOW);
            sleep(Duration.ofMillis(i));
        }
    }

    // ---- cycles

    @Test
    void await_thatClosesACycle_throwsAndNamesIt() {
        loop.runUntilComplete(() -> {
            List<Task<Void>> tasks = new ArrayList<>();
            tasks.add(createTask(() -> {
                tasks.get(1).await();
            }, o -> o.withName("one")));
            tasks.add(createTask(() -> {
                gather(tasks.get(2)).await();
            }, o -> o.withName("two")));
            tasks.add(createTask(() -> {
                assertThatThrownBy(() -> tasks.get(0).await())
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("three awaits one awaits two awaits Gathering "
                                + "awaits three");
            }, o -> o.withName("three")));
            tasks.get(0).await();
        });
    }
}
