package jloop;

import static jloop.Asyncio.sleep;
import static jloop.Asyncio.wrapFuture;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Futures of the JDK and futures of a loop, in real time.
class InteropTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newRealLoop();
    private final List<Object> trace = new ArrayList<>();

    // ---- in

    @Test
    @AsIn("test_futures.test_wrap_future")
    void of_aStageCompletedElsewhere_hasItsResult() {
        CompletableFuture<String> stage = new CompletableFuture<>();

        String result = loop.runUntilComplete(() -> {
            Future<String> future = Future.of(stage);
            Thread.ofPlatform().start(() -> stage.complete("done"));
            return future.await();
        });

        assertThat(result).isEqualTo("done");
    }

    @Test
    void of_aStageThatFails_throwsTheSameObjectUnwrapped() {
        IOException failure = new IOException("no");
        CompletableFuture<String> stage = new CompletableFuture<>();

        loop.runUntilComplete(() -> {
            Future<String> direct = Future.of(stage);
            Future<Integer> dependent = Future.of(stage.thenApply(String::length));
            stage.completeExceptionally(failure);
            assertThatThrownBy(direct::await).isSameAs(failure);
            assertThatThrownBy(dependent::await).isSameAs(failure);
        });
    }

    /// As call_soon_threadsafe of the loop's own thread does.
    @Test
    void of_aStageThatIsDone_endsBeforeWhatIsScheduledLater() {
        loop.runUntilComplete(() -> {
            Future<String> future = Future.of(CompletableFuture.completedFuture("done"));
            loop.callSoon(() -> trace.add(future.done()));
            sleep(Duration.ZERO);
        });

        assertThat(trace).containsExactly(true);
    }

    @Test
    void of_aStageThatIsCancelled_isCancelled() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        stage.cancel(false);

        loop.runUntilComplete(() -> {
            Future<Integer> dependent = Future.of(stage.thenApply(String::length));
            assertThatThrownBy(dependent::await).isInstanceOf(CancelledError.class);
            assertThat(dependent.cancelled()).isTrue();
        });
    }

    @Test
    @AsIn("test_futures.test_wrap_future_cancel")
    void cancel_ofAWrappedStage_cancelsTheStage() {
        CompletableFuture<String> stage = new CompletableFuture<>();

        loop.runUntilComplete(() -> {
            Future<String> future = wrapFuture(stage);
            future.cancel();
            sleep(Duration.ZERO);
        });

        assertThat(stage.isCancelled()).isTrue();
    }

    @Test
    @AsIn("test_futures.test_wrap_future_cancel2")
    void cancel_ofAWrappedStageThatIsDone_cancelsTheFutureAlone() {
        CompletableFuture<Integer> stage = new CompletableFuture<>();

        loop.runUntilComplete(() -> {
            Future<Integer> future = wrapFuture(stage);
            stage.complete(42);
            assertThat(future.cancel()).isTrue();
            sleep(Duration.ZERO);
            assertThat(future.cancelled()).isTrue();
        });

        assertThat(stage.join()).isEqualTo(42);
    }

    @Test
    @AsIn("test_futures.test_wrap_future_future")
    void wrapFuture_ofAFuture_isItself() {
        Future<Integer> future = loop.createFuture();

        assertThat(wrapFuture(future)).isSameAs(future);
    }

    @Test
    void wrapFuture_ofAFutureToWaitFor_endsAsItDoes() {
        IOException failure = new IOException("no");
        loop.runUntilComplete(() -> {
            FutureTask<Integer> good = new FutureTask<>(() -> 5);
            FutureTask<Integer> bad = new FutureTask<>(() -> {
                throw failure;
            });
            Future<Integer> first = wrapFuture(good);
            Future<Integer> second = wrapFuture(bad);
            Thread.ofPlatform().start(good);
            Thread.ofPlatform().start(bad);
            assertThat(first.await()).isEqualTo(5);
            assertThatThrownBy(second::await).isSameAs(failure);
        });
    }

    @Test
    void cancel_ofAWrappedFutureToWaitFor_cancelsIt() {
        FutureTask<Integer> never = new FutureTask<>(() -> 5);

        loop.runUntilComplete(() -> {
            Future<Integer> future = wrapFuture(never);
            sleep(Duration.ofMillis(1));
            future.cancel();
            sleep(Duration.ofMillis(1));
        });

        assertThat(never.isCancelled()).isTrue();
    }

    @Test
    void stage_completedAfterClose_concernsNobody() {
        CompletableFuture<Integer> stage = new CompletableFuture<>();
        Future<Integer> future = loop.runUntilComplete(() -> Future.of(stage));
        loop.close();

        stage.complete(5);

        assertThat(future.done()).isFalse();
    }

    @Test
    void ensureFuture_ofAStage_wrapsIt() {
        int result = loop.runUntilComplete(() -> Asyncio.ensureFuture(
                CompletableFuture.completedStage(5)).await());

        assertThat(result).isEqualTo(5);
    }

    // ---- out

    @Test
    void toCompletableFuture_endsAsTheFutureDoes() throws Exception {
        IOException failure = new IOException("no");
        List<CompletableFuture<Integer>> out = new ArrayList<>();

        loop.runUntilComplete(() -> {
            for (int i = 0; i < 3; i++) out.add(null);
            Future<Integer> good = loop.createFuture();
            Future<Integer> bad = loop.createFuture();
            Future<Integer> gone = loop.createFuture();
            out.set(0, good.toCompletableFuture());
            out.set(1, bad.toCompletableFuture());
            out.set(2, gone.toCompletableFuture());
            good.setResult(5);
            bad.setException(failure);
            gone.cancel();
            sleep(Duration.ZERO);
            sleep(Duration.ZERO);
            assertThat(good.toCompletableFuture().isDone()).isTrue();
        });

        assertThat(out.get(0).get()).isEqualTo(5);
        assertThatThrownBy(() -> out.get(1).get()).isInstanceOf(ExecutionException.class)
                .cause().isSameAs(failure);
        assertThat(out.get(2).isCancelled()).isTrue();
    }

    @Test
    void toCompletableFuture_cancelledByAnotherThread_cancelsTheTask() {
        loop.runUntilComplete(() -> {
            Task<Void> task = Asyncio.createTask(() -> sleep(Duration.ofSeconds(100)));
            CompletableFuture<Void> out = task.toCompletableFuture();
            Thread.ofPlatform().start(() -> out.cancel(true));
            assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
        });
    }

    @Test
    void toCompletableFuture_waitedForInACallback_isRefused() {
        loop.runUntilComplete(() -> {
            Future<Integer> future = loop.createFuture();
            CompletableFuture<Integer> out = future.toCompletableFuture();
            loop.callSoon(() -> {
                assertThatThrownBy(out::join).isInstanceOf(IllegalStateException.class);
                trace.add("refused");
                future.setResult(5);
            });
            assertThat(future.await()).isEqualTo(5);
        });

        assertThat(trace).containsExactly("refused");
    }

    @Test
    void toCompletableFuture_waitedForByAnotherThread_givesTheResult() {
        CountDownLatch over = new CountDownLatch(1);
        loop.runUntilComplete(() -> {
            Future<Integer> future = loop.createFuture();
            CompletableFuture<Integer> out = future.toCompletableFuture();
            Thread.ofPlatform().start(() -> {
                synchronized (trace) {
                    trace.add(out.join());
                }
                over.countDown();
            });
            future.setResult(5);
            over.await();
        });

        synchronized (trace) {
            assertThat(trace).containsExactly(5);
        }
    }
}
