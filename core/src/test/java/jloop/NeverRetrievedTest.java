package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jloop.poller.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A failure that nobody reads is told, once: when its future is collected, or at close.
@AsIn("test_futures.test_tb_logger_exception_unretrieved")
class NeverRetrievedTest {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();

    private Future<String> failed(String message) {
        Future<String> future = loop.createFuture();
        future.setException(new IOException(message));
        return future;
    }

    private void closesWithoutAWord() {
        loop.close();
        assertThat(check.takeReports()).isEmpty();
    }

    // ---- told

    @Test
    void failuresUnread_atClose_areToldInTheOrderInWhichTheyFailed() {
        Future<String> first = loop.createFuture();
        Future<String> second = failed("second");
        first.setException(new IOException("first"));
        Task<Void> third = loop.runUntilComplete(() -> {
            Task<Void> lost = createTask(() -> {
                throw new IOException("third");
            }, o -> o.withName("lost"));
            sleep(Duration.ZERO);
            return lost;
        });

        loop.close();
        loop.close();

        List<ExceptionContext> reports = check.takeReports();
        assertThat(reports).extracting(r -> r.exception().getMessage())
                .containsExactly("second", "first", "third");
        assertThat(reports.getFirst().message()).isEqualTo("future exception was never retrieved");
        assertThat(reports.getLast().message()).isEqualTo("task exception was never retrieved");
        assertThat(reports.getLast().source().toString()).isEqualTo(
                "<Task finished name=lost exception=java.io.IOException: third>");
        assertThat(second.done() && third.done()).as("kept from the collector").isTrue();
    }

    @Test
    void failureUnread_inDebug_isToldWithItsTrace() {
        loop.setDebug(true);
        assertThat(failed("no").done()).isTrue();

        loop.close();

        assertThat(check.takeReport().sourceTraceback()).extracting(
                StackTraceElement::getMethodName).contains("failed");
    }

    @Test
    @AsIn("test_futures.test_future_exception_never_retrieved")
    void failureUnread_ofACollectedFuture_isToldWhileTheLoopRuns() {
        EventLoop real = check.newRealLoop();
        real.runUntilComplete(() -> {
            createTask(() -> {
                throw new IOException("collected");
            });
            long start = Clock.SYSTEM.nanos();
            List<ExceptionContext> reports = List.of();
            while (reports.isEmpty() && Clock.SYSTEM.nanos() - start < PATIENCE_NANOS) {
                System.gc();
                sleep(Duration.ofMillis(50));
                reports = check.takeReports();
            }
            assertThat(reports).hasSize(1);
            assertThat(reports.getFirst().exception()).hasMessage("collected");
        });
        assertThat(real.unread.isEmpty()).isTrue();
    }

    // ---- read

    @Test
    @AsIn({"test_futures.test_tb_logger_exception_retrieved",
        "test_futures.test_tb_logger_exception_result_retrieved"})
    void exceptionAndResult_read() {
        failed("one").exception();
        Future<String> future = failed("two");
        assertThatThrownBy(future::result).hasMessage("two");

        assertThat(loop.unread.isEmpty()).isTrue();
        closesWithoutAWord();
    }

    @Test
    void await_reads() {
        loop.runUntilComplete(() -> {
            Task<Void> task = createTask(() -> {
                throw new IOException("no");
            });
            assertThatThrownBy(task::await).hasMessage("no");
            Future<String> done = failed("done");
            assertThatThrownBy(done::await).hasMessage("done");
        });

        closesWithoutAWord();
    }

    @Test
    @AsIn({"test_futures.test_tb_logger_not_called_after_cancel",
        "test_tasks.test_tb_logger_not_called_after_cancel"})
    void cancel_ofAFailedOne_reads() {
        assertThat(failed("no").cancel()).isFalse();
        loop.runUntilComplete(() -> {
            Task<Void> task = createTask(() -> {
                throw new IOException("no");
            });
            sleep(Duration.ZERO);
            assertThat(task.cancel()).isFalse();
        });

        closesWithoutAWord();
    }

    @Test
    @AsIn({"test_futures.test_tb_logger_abandoned",
        "test_futures.test_tb_logger_result_unretrieved"})
    void pendingFinishedOrCancelled_isNothingToRead() {
        loop.createFuture();
        loop.<String>createFuture().setResult("unread");
        loop.createFuture().cancel();

        closesWithoutAWord();
    }

    @Test
    void gather_readsItsChildrenAlsoWhenItIsOver() {
        loop.runUntilComplete(() -> {
            List<Future<Object>> children = new ArrayList<>();
            for (int i = 0; i < 3; i++) children.add(loop.createFuture());
            Future<List<Object>> all = gather(children);
            children.get(0).setException(new IOException("first"));
            assertThatThrownBy(all::await).hasMessage("first");
            children.get(1).setException(new IOException("later"));
            children.get(2).setResult("fine");
            sleep(Duration.ZERO);
        });

        closesWithoutAWord();
    }

    @Test
    void gather_thatNobodyAwaits_isToldItself() {
        loop.runUntilComplete(() -> {
            gather(failed("no"));
            sleep(Duration.ZERO);
        });

        loop.close();

        assertThat(check.takeReport().source().toString()).startsWith("<Gathering finished");
    }

    @Test
    void runUntilComplete_reads() {
        assertThatThrownBy(() -> loop.runUntilComplete(() -> {
            throw new IOException("no");
        })).hasMessage("no");

        closesWithoutAWord();
    }

    @Test
    void manyThatFailAndAreAwaited_leaveNothing() {
        loop.runUntilComplete(() -> {
            IOException failure = new IOException("no");
            for (int i = 0; i < 10_000; i++) {
                Future<String> future = loop.createFuture();
                future.setException(failure);
                try {
                    future.await(IOException.class);
                } catch (IOException e) {
                    assertThat(e).isSameAs(failure);
                }
            }
        });

        assertThat(loop.unread.isEmpty()).isTrue();
    }
}
