package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import jloop.poller.Clock;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Makes the loops of a test, and fails the test if it leaves something behind: a loop that
/// runs, a task, a timer, a thread of ours, or a report that nobody looked at.
final class LeakCheck implements BeforeEachCallback, AfterEachCallback {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final List<EventLoop> loops = new ArrayList<>();
    private final List<ExceptionContext> reports = new ArrayList<>();
    private boolean isAbandoned;
    private Set<Thread> before = Set.of();

    /// A loop whose time is virtual: it never sleeps.
    EventLoop newLoop() {
        return newLoop(new VirtualPoller());
    }

    EventLoop newLoop(VirtualPoller poller) {
        return watch(new EventLoop(poller, poller));
    }

    /// A loop that sleeps in the kernel.
    EventLoop newRealLoop() {
        return watch(new EventLoop());
    }

    EventLoop watch(EventLoop loop) {
        loop.setExceptionHandler(recorder());
        loops.add(loop);
        return loop;
    }

    /// The handler that keeps what it is told for [#takeReports()].
    BiConsumer<EventLoop, ExceptionContext> recorder() {
        return (_, context) -> {
            synchronized (reports) {
                reports.add(context);
            }
        };
    }

    /// What the exception handlers of all loops were told since the last call.
    List<ExceptionContext> takeReports() {
        synchronized (reports) {
            List<ExceptionContext> taken = List.copyOf(reports);
            reports.clear();
            return taken;
        }
    }

    /// The one report there must be.
    ExceptionContext takeReport() {
        List<ExceptionContext> taken = takeReports();
        assertThat(taken).hasSize(1);
        return taken.getFirst();
    }

    /// For a test that leaves tasks and timers in its loops, which are closed over them.
    void expectLeftovers() {
        isAbandoned = true;
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        before = ourThreads();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            for (EventLoop loop : loops) {
                if (loop.isRunning()) stop(loop);
                else loop.close();
            }
            return;
        }
        assertThat(takeReports()).as("reports that nobody looked at").isEmpty();
        for (EventLoop loop : loops) check(loop);
        if (!isAbandoned) assertThat(takeReports()).as("reports at close").isEmpty();
        assertThat(CurrentLoop.running()).as("the running loop").isNull();
        awaitEndOfThreads();
    }

    /// Has the thread end that runs `loop`, so that later tests have the processor.
    private static void stop(EventLoop loop) {
        try {
            loop.callSoonThreadsafe(loop::stop);
        } catch (IllegalStateException _) {         // closed meanwhile
        }
    }

    private void check(EventLoop loop) {
        assertThat(loop.isRunning()).as("a loop still runs: %s", loop).isFalse();
        if (!isAbandoned && !loop.isClosed()) {
            assertThat(loop.tasks.snapshot()).as("tasks left").isEmpty();
            assertThat(loop.timerCount()).as("timers left").isZero();
        }
        loop.close();
    }

    private void awaitEndOfThreads() {
        long start = Clock.SYSTEM.nanos();
        Set<Thread> left = newThreads();
        while (!left.isEmpty() && Clock.SYSTEM.nanos() - start < PATIENCE_NANOS) {
            LockSupport.parkNanos(1_000_000);
            left = newThreads();
        }
        assertThat(left).as("threads left").isEmpty();
    }

    private Set<Thread> newThreads() {
        Set<Thread> now = ourThreads();
        now.removeAll(before);
        return now;
    }

    private static Set<Thread> ourThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().startsWith("asyncio_") || t.getName().startsWith("jloop")
                        && !t.getName().matches("jloop-(init|watchdog)"))
                .collect(Collectors.toSet());
    }
}
