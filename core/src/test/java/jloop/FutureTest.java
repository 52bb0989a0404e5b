package jloop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class FutureTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final Future<Integer> future = loop.createFuture();
    private final List<Object> trace = new ArrayList<>();

    // ---- states

    @Test
    @AsIn("test_futures.test_initial_state")
    void future_whenNew_isPending() {
        assertThat(future.done()).isFalse();
        assertThat(future.cancelled()).isFalse();
        assertThat(future.getLoop()).isSameAs(loop);
        assertThat(new Future<>(loop).getLoop()).isSameAs(loop);
    }

    @Test
    @AsIn("test_futures.test_result")
    void setResult_onAPendingFuture_finishesIt() {
        assertThatExceptionOfType(InvalidStateException.class).isThrownBy(future::result)
                .withMessageContaining("result is not ready");

        future.setResult(42);

        assertThat(future.done()).isTrue();
        assertThat(future.cancelled()).isFalse();
        assertThat(future.result()).isEqualTo(42);
        assertThat(future.exception()).isNull();
    }

    @Test
    void setResult_ofNull_isAResult() {
        future.setResult(null);

        assertThat(future.done()).isTrue();
        assertThat(future.result()).isNull();
    }

    @Test
    @AsIn("test_futures.test_exception")
    void setException_onAPendingFuture_isThrownByResultAsItIs() {
        assertThatExceptionOfType(InvalidStateException.class).isThrownBy(future::exception)
                .withMessageContaining("exception is not set");
        IOException failure = new IOException("no");

        future.setException(failure);

        assertThat(future.exception()).isSameAs(failure);
        assertThatThrownBy(future::result).isSameAs(failure);
        assertThatThrownBy(future::result).isSameAs(failure);
        assertThat(failure.getSuppressed()).isEmpty();
        assertThat(future.cancelled()).isFalse();
    }

    @Test
    @AsIn({"test_tasks.test_set_result_causes_invalid_state",
        "test_tasks.test_set_exception_causes_invalid_state"})
    void set_onADoneFuture_isRefused() {
        future.setResult(1);

        assertThatExceptionOfType(InvalidStateException.class)
                .isThrownBy(() -> future.setResult(2))
                .withMessageContaining("already done").withMessageContaining("finished result=1");
        assertThatExceptionOfType(InvalidStateException.class)
                .isThrownBy(() -> future.setException(new IOException()))
                .withMessageContaining("already done");
        assertThat(future.cancel()).isFalse();
        assertThat(future.result()).isEqualTo(1);
    }

    @Test
    void set_onACancelledFuture_isRefused() {
        future.cancel();

        assertThatExceptionOfType(InvalidStateException.class)
                .isThrownBy(() -> future.setResult(2)).withMessageContaining("cancelled");
        assertThat(future.cancelled()).isTrue();
    }

    @Test
    void invalidState_isAnIllegalState() {
        assertThatIllegalStateException().isThrownBy(future::result);
    }

    @Test
    @AsIn("test_futures.test_cancel")
    void cancel_onAPendingFuture_isAtOnce() {
        assertThat(future.cancel()).isTrue();

        assertThat(future.cancelled()).isTrue();
        assertThat(future.done()).isTrue();
        assertThat(future.cancel()).isFalse();
        assertThatThrownBy(future::result).isInstanceOf(CancelledError.class);
        assertThatThrownBy(future::exception).isInstanceOf(CancelledError.class);
    }

    @Test
    @AsIn("test_futures.test_future_cancel_message_setter")
    void cancel_withAReason_hasEveryReaderFindIt() {
        Object reason = List.of("why");

        future.cancel(reason);

        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(future::result).isInstanceOfSatisfying(CancelledError.class,
                    error -> assertThat(error.reason()).isSameAs(reason));
        }
        assertThatThrownBy(future::exception).hasMessage("[why]");
    }

    @Test
    void cancel_withoutAReason_hasNone() {
        future.cancel();

        assertThatThrownBy(future::result).isInstanceOfSatisfying(CancelledError.class, error -> {
            assertThat(error.reason()).isNull();
            assertThat(error.getMessage()).isNull();
        });
    }

    @Test
    void cancelledError_isNoException() {
        assertThat(new CancelledError()).isInstanceOf(Error.class).isNotInstanceOf(Exception.class);
    }

    // ---- done-callbacks

    @Test
    @AsIn("test_futures.test_callbacks_invoked_on_set_result")
    void addDoneCallback_severalOnes_areCalledInOrderByTheLoop() {
        future.addDoneCallback(done -> trace.add("first " + done.result()));
        future.addDoneCallback(done -> trace.add("second " + (done == future)));
        future.addDoneCallback(_ -> trace.add("third"));

        future.setResult(5);
        assertThat(trace).isEmpty();
        runOneTurn();

        assertThat(trace).containsExactly("first 5", "second true", "third");
    }

    @Test
    @AsIn("test_futures.test_callbacks_invoked_on_set_exception")
    void addDoneCallback_beforeAFailureOrCancel_isCalledToo() {
        Future<Integer> cancelled = loop.createFuture();
        future.addDoneCallback(done -> trace.add(done.exception().getMessage()));
        cancelled.addDoneCallback(done -> trace.add(done.cancelled()));

        future.setException(new IOException("no"));
        cancelled.cancel();
        runOneTurn();

        assertThat(trace).containsExactly("no", true);
    }

    @Test
    void addDoneCallback_onADoneFuture_isNotInline() {
        future.setResult(1);

        future.addDoneCallback(_ -> trace.add("called"));
        assertThat(trace).isEmpty();
        runOneTurn();

        assertThat(trace).containsExactly("called");
    }

    @Test
    @AsIn("test_futures.test_remove_done_callback")
    void removeDoneCallback_removesAllEqualOnesAndCounts() {
        Consumer<Future<Integer>> six = _ -> trace.add("six");
        Consumer<Future<Integer>> other = _ -> trace.add("other");
        for (int i = 0; i < 6; i++) future.addDoneCallback(six);
        future.addDoneCallback(other);

        assertThat(future.removeDoneCallback(six)).isEqualTo(6);
        assertThat(future.removeDoneCallback(six)).isZero();
        future.setResult(1);
        runOneTurn();

        assertThat(trace).containsExactly("other");
    }

    @Test
    @AsIn({"test_futures.test_remove_done_callbacks_list_clear",
        "test_futures.test_callbacks_remove_first_callback"})
    void removeDoneCallback_theOnlyOne_leavesNone() {
        Consumer<Future<Integer>> only = _ -> trace.add("only");
        future.addDoneCallback(only);

        assertThat(future.removeDoneCallback(_ -> { })).isZero();
        assertThat(future.removeDoneCallback(only)).isEqualTo(1);
        future.setResult(1);
        runOneTurn();

        assertThat(trace).isEmpty();
    }

    /// An equals() that meddles with the list that is being searched.
    @Test
    @AsIn({"test_futures.test_remove_done_callbacks_list_mutation",
        "test_futures.test_schedule_callbacks_list_mutation_1"})
    void removeDoneCallback_ofAnEvilOne_doesNoHarm() {
        class Evil implements Consumer<Future<Integer>> {
            @Override
            public void accept(Future<Integer> done) {
                trace.add("evil");
            }

            @Override
            public boolean equals(Object other) {
                future.removeDoneCallback(_ -> { });
                return false;
            }

            @Override
            public int hashCode() {
                return 1;
            }
        }
        future.addDoneCallback(new Evil());
        future.addDoneCallback(_ -> trace.add("harmless"));
        future.addDoneCallback(_ -> trace.add("too"));

        assertThat(future.removeDoneCallback(new Evil())).isZero();
        future.setResult(1);
        runOneTurn();

        assertThat(trace).containsExactly("evil", "harmless", "too");
    }

    @Test
    void doneCallback_thatThrows_isReportedAndTheOthersAreCalled() {
        RuntimeException failure = new RuntimeException("callback");
        future.addDoneCallback(_ -> {
            throw failure;
        });
        future.addDoneCallback(_ -> trace.add("other"));

        future.setResult(1);
        runOneTurn();

        assertThat(check.takeReport().exception()).isSameAs(failure);
        assertThat(trace).containsExactly("other");
    }

    @Test
    void doneCallback_thatAddsAnother_hasItCalledInTheNextTurn() {
        future.addDoneCallback(_ -> {
            trace.add("first");
            future.addDoneCallback(_ -> trace.add("next turn"));
        });
        future.setResult(1);

        runOneTurn();
        assertThat(trace).containsExactly("first");

        runOneTurn();
        assertThat(trace).containsExactly("first", "next turn");
    }

    // ---- await

    @Test
    void await_ofAPendingFuture_waitsForItsResult() {
        loop.callLater(Duration.ofSeconds(1), () -> future.setResult(7));

        assertThat(loop.runUntilComplete(() -> future.await() + 1)).isEqualTo(8);
        assertThat(loop.time()).isEqualTo(1_000_000_000L);
    }

    @Test
    void await_ofAFailure_throwsTheSameObjectToAll() {
        IOException failure = new IOException("no");

        loop.runUntilComplete(() -> {
            for (int i = 0; i < 3; i++) {
                Asyncio.createTask(() -> {
                    assertThatThrownBy(() -> future.await()).isSameAs(failure);
                    trace.add("waiter");
                });
            }
            Asyncio.sleep(Duration.ZERO);
            future.setException(failure);
            assertThatThrownBy(() -> future.await()).isSameAs(failure);
            Asyncio.sleep(Duration.ZERO);
        });

        assertThat(trace).hasSize(3);
    }

    @Test
    void awaitClass_ofACheckedFailure_canBeCaughtByName() {
        future.setException(new IOException("no"));

        loop.runUntilComplete(() -> {
            try {
                future.await(IOException.class);
            } catch (IOException e) {
                trace.add(e.getMessage());
            }
        });

        assertThat(trace).containsExactly("no");
    }

    @Test
    void await_bySeveralTasks_wakesThemInTheOrderTheyCame() {
        loop.runUntilComplete(() -> {
            List<Task<Void>> waiters = new ArrayList<>();
            for (String name : List.of("a", "b", "c")) {
                waiters.add(Asyncio.createTask(() -> {
                    trace.add(name + future.await());
                }));
            }
            Asyncio.sleep(Duration.ZERO);
            future.setResult(1);
            for (Task<Void> waiter : waiters) waiter.await();
        });

        assertThat(trace).containsExactly("a1", "b1", "c1");
    }

    @Test
    void await_ofAFutureThatIsCancelled_throwsCancelledError() {
        loop.callSoon(() -> future.cancel("why"));

        assertThatThrownBy(() -> loop.runUntilComplete(() -> future.await()))
                .isInstanceOfSatisfying(CancelledError.class,
                        error -> assertThat(error.reason()).isEqualTo("why"));
    }

    @Test
    @AsIn("test_tasks.test_other_loop_future")
    void await_ofAFutureOfAnotherLoop_isRefusedInTheTask() {
        Future<Integer> foreign = check.newLoop().createFuture();

        loop.runUntilComplete(() -> {
            assertThatIllegalStateException().isThrownBy(foreign::await)
                    .withMessageContaining("await belongs to")
                    .withMessageContaining("another loop");
        });
    }

    @Test
    void await_inACallback_isRefused() {
        loop.callSoon(() -> {
            assertThatIllegalStateException().isThrownBy(future::await)
                    .withMessageContaining("only a coroutine of an event loop can call it");
            trace.add("refused");
        });

        runOneTurn();

        assertThat(trace).containsExactly("refused");
    }

    @Test
    void await_outsideOfALoop_isRefused() {
        assertThatIllegalStateException().isThrownBy(future::await)
                .withMessageContaining("await waits, so only a coroutine of an event loop")
                .withMessageContaining(Thread.currentThread().getName());
    }

    @Test
    void await_ofADoneFutureInACallback_returns() {
        future.setResult(1);
        loop.callSoon(() -> trace.add(future.await()));

        runOneTurn();

        assertThat(trace).containsExactly(1);
    }

    // ---- text

    @Test
    @AsIn("test_futures.test_future_repr")
    void toString_tellsTheState() {
        Future<Object> failed = loop.createFuture();
        Future<Object> cancelled = loop.createFuture();
        Future<Object> longOne = loop.createFuture();
        assertThat(future).hasToString("<Future pending>");

        future.setResult(5);
        failed.setException(new IOException("no"));
        cancelled.cancel();
        longOne.setResult("x".repeat(1000));

        assertThat(future).hasToString("<Future finished result=5>");
        assertThat(failed).hasToString("<Future finished exception=java.io.IOException: no>");
        assertThat(cancelled).hasToString("<Future cancelled>");
        assertThat(longOne.toString()).hasSizeLessThan(120).endsWith("...>");
        assertThat(failed.exception()).isNotNull();     // to be told is not to be read
    }

    @Test
    @AsIn("test_futures.test_future_repr")
    void toString_namesTheFirstAndTheLastCallback() {
        String lambda = "lambda of jloop.FutureTest";
        Consumer<Future<Integer>> named = new Consumer<>() {
            @Override
            public void accept(Future<Integer> done) { }

            @Override
            public String toString() {
                return "the last";
            }
        };
        future.addDoneCallback(trace::add);
        assertThat(future).hasToString("<Future pending cb=[" + lambda + "]>");
        future.addDoneCallback(named);
        assertThat(future).hasToString("<Future pending cb=[" + lambda + ", the last]>");
        future.addDoneCallback(trace::add);
        future.addDoneCallback(named);
        assertThat(future)
                .hasToString("<Future pending cb=[" + lambda + ", <2 more>, the last]>");

        future.removeDoneCallback(named);
        future.cancel();
        assertThat(future).hasToString("<Future cancelled>");
        runOneTurn();
    }

    /// A result that leads to its own future would otherwise be described for ever.
    @Test
    @AsIn("test_futures2.test_recursive_repr_for_pending_tasks")
    void toString_ofAFutureOfItself_ends() {
        Future<Object> own = loop.createFuture();
        own.setResult(List.of(own, 1));
        Future<Object> one = loop.createFuture();
        Future<Object> two = loop.createFuture();
        one.setResult(two);
        two.setResult(one);

        assertThat(own).hasToString("<Future finished result=[<Future ...>, 1]>");
        assertThat(one)
                .hasToString("<Future finished result=<Future finished result=<Future ...>>>");
        assertThat(one).hasToString(one.toString());        // nothing is left of the first time
    }

    @Test
    @AsIn("test_futures.test_ensure_future")
    void ensureFuture_ofAFuture_isItself() {
        assertThat(Asyncio.ensureFuture(future)).isSameAs(future);
    }

    private void runOneTurn() {
        loop.stop();
        loop.runForever();
    }
}
