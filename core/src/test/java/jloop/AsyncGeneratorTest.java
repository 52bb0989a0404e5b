package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.generator;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class AsyncGeneratorTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    // ---- giving and taking

    @Test
    void forLoop_overAGenerator_getsEachItem() {
        run(() -> {
            for (int item : upTo(3)) trace.add(item);
        });

        assertThat(trace).containsExactly(0, 1, 2);
    }

    @Test
    void body_runsOnlyWhileAnItemIsAskedFor() {
        run(() -> {
            AsyncGenerator<Integer> items = generator(y -> {
                trace.add("begun");
                y.yield(1);
                trace.add("asked again");
                y.yield(2);
                trace.add("ended");
            });
            sleep(SECOND);
            trace.add("first");
            trace.add(items.next());
            sleep(SECOND);
            trace.add(items.next());
            trace.add(items.hasNext());
        });

        assertThat(trace).containsExactly(
                "first", "begun", 1, "asked again", 2, "ended", false);
    }

    @Test
    void next_ofABodyThatDoesNotWait_letsNobodyElseRun() {
        run(() -> {
            Task<Boolean> other = createTask(() -> trace.add("other"));
            for (int item : upTo(3)) trace.add(item);
            trace.add("consumed");
            other.await();
        });

        assertThat(trace).containsExactly(0, 1, 2, "consumed", "other");
    }

    @Test
    void next_ofABodyThatWaits_letsOthersRun() {
        run(() -> {
            Task<Boolean> other = createTask(() -> trace.add("other"));
            AsyncGenerator<Integer> ticks = generator(y -> {
                for (int i = 0; i < 2; i++) {
                    sleep(SECOND);
                    y.yield(i);
                }
            });
            for (int tick : ticks) trace.add(tick);
            other.await();
        });

        assertThat(trace).containsExactly("other", 0, 1);
        assertThat(loop.time()).isEqualTo(SECOND.multipliedBy(2).toNanos());
    }

    @Test
    void hasNext_calledAgain_asksForOneItemOnly() {
        run(() -> {
            AsyncGenerator<Integer> items = upTo(2);
            for (int i = 0; i < 3; i++) assertThat(items.hasNext()).isTrue();
            assertThat(items.next()).isZero();
            assertThat(items.next()).isEqualTo(1);
            assertThat(items.hasNext()).isFalse();
            assertThatThrownBy(items::next).isInstanceOf(NoSuchElementException.class);
        });
    }

    @Test
    void items_mayBeNull() {
        run(() -> {
            AsyncGenerator<Object> items = generator(y -> y.yield(null));
            assertThat(items.next()).isNull();
            assertThat(items.hasNext()).isFalse();
        });
    }

    @Test
    void generator_ofManyItems_givesThemAll() {
        run(() -> {
            long sum = 0;
            for (int item : upTo(20_000)) sum += item;
            assertThat(sum).isEqualTo(IntStream.range(0, 20_000).asLongStream().sum());
        });
    }

    @Test
    void generator_overAGenerator_givesThroughBoth() {
        run(() -> {
            AsyncGenerator<Integer> doubled = generator(y -> {
                for (int item : upTo(3)) {
                    sleep(SECOND);
                    y.yield(2 * item);
                }
            });
            for (int item : doubled) trace.add(item);
        });

        assertThat(trace).containsExactly(0, 2, 4);
    }

    @Test
    void next_ofTwoTasksInTurn_shareTheItems() {
        run(() -> {
            AsyncGenerator<Integer> items = upTo(4);
            Task<Void> one = createTask(() -> {
                trace.add("one " + items.next());
                sleep(Duration.ZERO);
                trace.add("one " + items.next());
            });
            Task<Void> two = createTask(() -> {
                trace.add("two " + items.next());
                sleep(Duration.ZERO);
                trace.add("two " + items.next());
            });
            one.await();
            two.await();
            assertThat(items.hasNext()).isFalse();
        });

        assertThat(trace).containsExactly("one 0", "two 1", "one 2", "two 3");
    }

    // ---- who runs the body

    @Test
    void currentTask_inTheBody_isTheConsumers() {
        run(() -> {
            AsyncGenerator<Task<?>> who = generator(y -> {
                y.yield(currentTask());
                sleep(SECOND);
                y.yield(currentTask());
            });
            assertThat(who.next()).isSameAs(currentTask());
            Task<Boolean> other = createTask(() -> who.next() == currentTask());
            assertThat(other.await()).isTrue();
            assertThat(who.hasNext()).isFalse();
            assertThat(Asyncio.allTasks()).containsExactly(currentTask());
        });
    }

    @Test
    void context_inTheBody_isTheConsumers() {
        ContextVar<String> var = new ContextVar<>("var", "none");
        run(() -> {
            AsyncGenerator<String> items = generator(y -> {
                y.yield(var.get());
                var.set("from the body");
                y.yield(var.get());
                y.yield(var.get());
            });
            trace.add(items.next());
            trace.add(items.next());
            trace.add(var.get());
            Task<String> other = createTask(() -> {
                var.set("of another task");
                return items.next();
            });
            trace.add(other.await());
            trace.add(var.get());
            items.close();
        });

        assertThat(trace).containsExactly("none", "from the body", "from the body",
                "of another task", "from the body");
    }

    @Test
    void yield_insideAContextThatTheBodyHasEntered_isRefused() {
        run(() -> {
            AsyncGenerator<Integer> items =
                    generator(y -> new Context().run(() -> y.yield(1)));
            assertThatIllegalStateException().isThrownBy(() -> items.next())
                    .withMessageContaining("a context that the generator has entered");
        });
    }

    @Test
    void blockingCallOfTheJdk_inTheBody_letsOthersRun() throws InterruptedException {
        CountDownLatch latch = new CountDownLatch(1);
        run(() -> {
            createTask(latch::countDown);
            AsyncGenerator<String> items = generator(y -> {
                latch.await();
                y.yield("came");
            });
            trace.add(items.next());
            assertThat(items.hasNext()).isFalse();
        });

        assertThat(trace).containsExactly("came");
    }

    // ---- send and throwIn

    @Test
    void send_isReturnedByTheYield() {
        run(() -> {
            AsyncGenerator<Object> echo = generator(y -> {
                Object got = y.yield("first");
                while (got != null) got = y.yield("got " + got);
            });
            trace.add(echo.send(null));
            trace.add(echo.send("a"));
            trace.add(echo.send("b"));
            assertThatThrownBy(() -> echo.send(null)).isInstanceOf(NoSuchElementException.class);
            assertThatThrownBy(() -> echo.send("c")).isInstanceOf(NoSuchElementException.class);
        });

        assertThat(trace).containsExactly("first", "got a", "got b");
    }

    @Test
    void send_toABodyThatHasNotBegun_isRefused() {
        run(() -> {
            AsyncGenerator<Integer> items = upTo(1);
            assertThatIllegalArgumentException().isThrownBy(() -> items.send(5))
                    .withMessageContaining("has not begun");
            assertThat(items.next()).isZero();
            items.close();
        });
    }

    @Test
    void send_overAnItemNotTaken_isRefused() {
        run(() -> {
            AsyncGenerator<Integer> items = upTo(2);
            assertThat(items.hasNext()).isTrue();
            assertThatIllegalStateException().isThrownBy(() -> items.send(5))
                    .withMessageContaining("take it by next first");
            assertThatIllegalStateException().isThrownBy(() -> items.throwIn(new IOException()))
                    .withMessageContaining("take it by next first");
            assertThat(items.next()).isZero();
            items.close();
        });
    }

    @Test
    void throwIn_isThrownByTheYield() {
        run(() -> {
            AsyncGenerator<Object> items = generator(y -> {
                try {
                    y.yield(1, IOException.class);
                } catch (IOException e) {
                    y.yield(e.getMessage());
                }
            });
            items.next();
            assertThat(items.throwIn(new IOException("in"))).isEqualTo("in");
            assertThat(items.hasNext()).isFalse();
        });
    }

    @Test
    void throwIn_notCaught_comesOutAndEndsIt() {
        run(() -> {
            IOException thrown = new IOException("in");
            AsyncGenerator<Integer> items = upTo(5);
            items.next();
            assertThatThrownBy(() -> items.throwIn(thrown)).isSameAs(thrown);
            assertThat(items.hasNext()).isFalse();
            assertThat(items.throwIn(thrown)).isNull();
        });
    }

    @Test
    void throwIn_swallowedByABodyThatEnds_findsNoItem() {
        run(() -> {
            AsyncGenerator<Integer> items = generator(y -> {
                try {
                    y.yield(1, IOException.class);
                } catch (IOException e) {
                    trace.add("caught");
                }
            });
            items.next();
            assertThatThrownBy(() -> items.throwIn(new IOException()))
                    .isInstanceOf(NoSuchElementException.class);
        });
        assertThat(trace).containsExactly("caught");
    }

    @Test
    void throwIn_beforeTheBodyHasBegun_isThrownAndTheBodyNeverRuns() {
        run(() -> {
            AsyncGenerator<Integer> items = generator(y -> trace.add("begun"));
            IOException thrown = new IOException();
            assertThatThrownBy(() -> items.throwIn(thrown)).isSameAs(thrown);
            assertThat(items.hasNext()).isFalse();
        });
        assertThat(trace).isEmpty();
    }

    // ---- the end

    @Test
    void exception_ofTheBody_reachesTheConsumerAndEndsIt() {
        run(() -> {
            IOException thrown = new IOException("boom");
            AsyncGenerator<Integer> items = generator(y -> {
                y.yield(1);
                throw thrown;
            });
            assertThat(items.next()).isEqualTo(1);
            assertThatThrownBy(() -> items.next(IOException.class)).isSameAs(thrown);
            assertThat(items.hasNext()).isFalse();
            items.close();
        });
    }

    @Test
    void close_throwsGeneratorExitWhereTheBodyYields() {
        run(() -> {
            try (AsyncGenerator<Integer> items = generator(y -> {
                try {
                    for (int i = 0;; i++) y.yield(i);
                } catch (GeneratorExit e) {
                    trace.add("exit");
                    throw e;
                } finally {
                    sleep(SECOND);
                    trace.add("cleaned up");
                }
            })) {
                for (int item : items) {
                    trace.add(item);
                    if (item == 1) break;
                }
            }
            trace.add("closed");
        });

        assertThat(trace).containsExactly(0, 1, "exit", "cleaned up", "closed");
    }

    @Test
    void close_ofABodyThatHasNotBegun_neverRunsIt() {
        AsyncGenerator<Integer> items = generator(y -> trace.add("begun"));
        items.close();
        items.close();
        run(() -> assertThat(items.hasNext()).isFalse());
        assertThat(trace).isEmpty();
    }

    @Test
    void close_ofABodyThatFails_throwsThat() {
        run(() -> {
            AsyncGenerator<Integer> items = generator(y -> {
                try {
                    y.yield(1);
                } finally {
                    failNow();
                }
            });
            items.next();
            assertThatThrownBy(items::close).isInstanceOf(IOException.class).hasMessage("cleanup");
            items.close();
        });
    }

    @Test
    void close_ofABodyThatYieldsAgain_isAnErrorInBoth() {
        run(() -> {
            AsyncGenerator<Integer> items = generator(y -> {
                try {
                    y.yield(1);
                } catch (GeneratorExit e) {
                    try {
                        y.yield(2);
                    } catch (IllegalStateException refused) {
                        trace.add(refused.getMessage());
                    }
                }
            });
            items.next();
            assertThatIllegalStateException().isThrownBy(items::close)
                    .withMessageContaining("ignored GeneratorExit");
            assertThat(items.hasNext()).isFalse();
        });

        assertThat(trace).containsExactly("yield in a generator that is being closed");
    }

    @Test
    void close_ofABodyThatCatchesEverythingForEver_comesBack() {
        run(() -> {
            AsyncGenerator<Integer> items = generator(y -> {
                while (true) {
                    try {
                        y.yield(1);
                    } catch (Throwable e) {     // the mistake in question
                        trace.add(e.getClass());
                    }
                }
            });
            items.next();
            assertThatIllegalStateException().isThrownBy(items::close)
                    .withMessageContaining("ignored GeneratorExit");
            assertThat(items.hasNext()).isFalse();
        });

        assertThat(trace).containsExactly(GeneratorExit.class, IllegalStateException.class);
    }

    // ---- misuse

    @Test
    void anything_whileItRuns_isRefused() {
        run(() -> {
            AsyncGenerator<Integer> items = generator(y -> {
                sleep(SECOND);
                y.yield(1);
            });
            Task<Integer> first = createTask(() -> items.next());
            sleep(Duration.ZERO);

            for (VoidCoroutine second : List.<VoidCoroutine>of(() -> items.next(),
                    () -> trace.add(items.hasNext()), () -> items.close(),
                    () -> items.send(null), () -> items.throwIn(new IOException()))) {
                assertThatIllegalStateException().isThrownBy(second::run)
                        .withMessageContaining("already running");
            }
            assertThat(first.await()).isEqualTo(1);
            items.close();
        });
    }

    @Test
    void next_inItsOwnBody_isRefused() {
        run(() -> {
            List<AsyncGenerator<Integer>> self = new ArrayList<>();
            self.add(generator(y -> y.yield(self.getFirst().next())));
            assertThatIllegalStateException().isThrownBy(() -> self.getFirst().next())
                    .withMessageContaining("already running");
        });
    }

    @Test
    void next_outsideOfACoroutine_isRefused() {
        AsyncGenerator<Integer> items = upTo(1);
        assertThatIllegalStateException().isThrownBy(items::next);
        loop.callSoon(() -> assertThatIllegalStateException().isThrownBy(items::next));
        run(() -> sleep(Duration.ZERO));
        assertThat(items.toString()).isEqualTo("<AsyncGenerator new>");
    }

    @Test
    void next_onAnotherLoop_isRefused() {
        AsyncGenerator<Integer> items = upTo(2);
        run(() -> items.next());
        EventLoop other = check.newLoop();

        assertThatIllegalStateException()
                .isThrownBy(() -> other.runUntilComplete(() -> items.next()))
                .withMessageContaining("another loop");
        run(items::close);
    }

    @Test
    void yield_inATaskOfTheBody_isRefused() {
        run(() -> {
            AsyncGenerator<Integer> items = generator(y -> {
                Task<Object> child = createTask(() -> y.yield(1));
                assertThatIllegalStateException().isThrownBy(child::await)
                        .withMessageContaining("for the body of the generator");
                y.yield(2);
            });
            assertThat(items.next()).isEqualTo(2);
            items.close();
        });
    }

    @Test
    void yield_insideATimeoutOfTheBody_isRefused() {
        run(() -> {
            AsyncGenerator<Integer> items = generator(y -> {
                timeout(LONG, () -> sleep(SECOND));
                y.yield(1);
                timeout(LONG, () -> {
                    y.yield(2);
                });
            });
            assertThat(items.next()).isEqualTo(1);
            assertThatIllegalStateException().isThrownBy(items::next)
                    .withMessageContaining("yield inside a timeout");
            assertThat(items.hasNext()).isFalse();
            assertThat(loop.timerCount()).isZero();
        });
    }

    @Test
    void yield_insideATimeoutOfTheConsumer_isAllowed() {
        run(() -> {
            AsyncGenerator<Integer> items = upTo(3);
            timeout(LONG, () -> trace.add(items.next()));
            trace.add(items.next());
            timeout(LONG, () -> trace.add(items.next()));
            items.close();
        });

        assertThat(trace).containsExactly(0, 1, 2);
    }

    // ---- cancellation

    @Test
    void cancel_ofTheConsumer_comesThroughTheBody() {
        AsyncGenerator<Integer> items = generator(y -> {
            try {
                sleep(LONG);
                y.yield(1);
            } catch (CancelledError e) {
                trace.add("body");
                throw e;
            }
        });
        Task<Void> consumer = loop.createTask(() -> {
            try {
                items.next();
            } catch (CancelledError e) {
                trace.add("consumer " + e.reason());
                throw e;
            }
        });
        run(() -> sleep(Duration.ZERO));

        consumer.cancel("enough");
        assertThatThrownBy(() -> loop.runUntilComplete(consumer))
                .isInstanceOf(CancelledError.class);

        assertThat(trace).containsExactly("body", "consumer enough");
        run(() -> assertThat(items.hasNext()).isFalse());
    }

    @Test
    void cancel_swallowedByTheBody_givesTheConsumerAnItem() {
        AsyncGenerator<String> items = generator(y -> {
            try {
                sleep(LONG);
            } catch (CancelledError e) {
                y.yield("all the same");
            }
        });
        Task<String> consumer = loop.createTask(() -> items.next());
        run(() -> sleep(Duration.ZERO));

        consumer.cancel();

        assertThat(loop.runUntilComplete(consumer)).isEqualTo("all the same");
        run(items::close);
    }

    @Test
    void cancel_ofABodyThatBlocksInTheJdk_interruptsIt() {
        CountDownLatch never = new CountDownLatch(1);
        AsyncGenerator<String> items = generator(y -> {
            try {
                never.await();
            } finally {
                trace.add("body");
            }
        });
        Task<String> consumer = loop.createTask(() -> items.next());
        run(() -> sleep(Duration.ofMillis(1)));

        consumer.cancel();

        assertThatThrownBy(() -> loop.runUntilComplete(consumer))
                .isInstanceOf(CancelledError.class);
        assertThat(trace).containsExactly("body");
    }

    @Test
    void timeout_aroundNext_cancelsTheBody() {
        run(() -> {
            AsyncGenerator<Integer> items = generator(y -> {
                try {
                    sleep(LONG);
                } finally {
                    trace.add("body");
                }
            });
            assertThatThrownBy(() -> timeout(SECOND, () -> items.next()))
                    .isInstanceOf(TimeoutException.class);
            assertThat(items.hasNext()).isFalse();
            assertThat(currentTask().cancelling()).isZero();
        });

        assertThat(trace).containsExactly("body");
        assertThat(loop.time()).isEqualTo(SECOND.toNanos());
    }

    // ---- who closes what is left

    @Test
    @AsIn("uv:base.test_shutdown_asyncgens_01")
    void shutdownAsyncgens_closesThemAllAtTheSameTime() {
        run(() -> {
            List<AsyncGenerator<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                String name = "closed " + i;
                all.add(generator(y -> {
                    try {
                        y.yield(1);
                    } finally {
                        sleep(SECOND);
                        trace.add(name);
                    }
                }));
                all.get(i).next();
            }
            loop.shutdownAsyncgens();
            for (AsyncGenerator<Integer> each : all) assertThat(each.hasNext()).isFalse();
        });

        assertThat(trace).containsExactly("closed 0", "closed 1", "closed 2");
        assertThat(loop.time()).isEqualTo(SECOND.toNanos());
    }

    @Test
    @AsIn("uv:base.test_shutdown_asyncgens_02")
    void shutdownAsyncgens_ofABodyThatFails_tellsTheExceptionHandler() {
        AsyncGenerator<Integer> items = generator(y -> {
            try {
                y.yield(1);
            } finally {
                failNow();
            }
        });
        run(() -> {
            items.next();
            loop.shutdownAsyncgens();
        });

        ExceptionContext report = check.takeReport();
        assertThat(report.message()).contains("during closing of an asynchronous generator");
        assertThat(report.exception()).isInstanceOf(IOException.class);
        assertThat(report.source()).isSameAs(items);
    }

    @Test
    void run_closesTheGeneratorsThatAreLeft() {
        Asyncio.run(() -> {
            AsyncGenerator<Integer> items = generator(y -> {
                try {
                    y.yield(1);
                } finally {
                    sleep(Duration.ofMillis(1));
                    trace.add("closed");
                }
            });
            trace.add(items.next());
        });

        assertThat(trace).containsExactly(1, "closed");
    }

    @Test
    @AsIn("test_base_events.test_asyncgen_finalization_by_gc")
    void generator_collectedUnfinished_isClosedByATaskOfItsOwn() {
        EventLoop real = check.newRealLoop();
        real.runUntilComplete(() -> {
            WeakReference<Object> left = leaveOneUnfinished(trace);
            for (int i = 0; i < 500 && trace.size() < 2; i++) {
                System.gc();
                sleep(Duration.ofMillis(10));
            }
            assertThat(left.get()).isNull();
            assertThat(trace).hasSize(2);
            assertThat(trace.getLast()).isNotSameAs(currentTask()).isInstanceOf(Task.class);
            sleep(Duration.ZERO);
        });
    }

    private static WeakReference<Object> leaveOneUnfinished(List<Object> trace) {
        AsyncGenerator<Integer> items = generator(y -> {
            try {
                y.yield(1);
            } finally {
                trace.add(currentTask());
            }
        });
        trace.add(items.next());
        return new WeakReference<>(items);
    }

    @Test
    void generator_collectedAfterItsLoopWasClosed_isLeftAlone() {
        EventLoop closed = check.newLoop();
        closed.runUntilComplete(() -> {
            leaveOneUnfinished(trace);
        });
        closed.close();
        for (int i = 0; i < 3; i++) {
            System.gc();
            LockSupport.parkNanos(5_000_000);
        }
        assertThat(trace).containsExactly(1);
    }

    @Test
    void generator_consumed_isForgottenByTheLoop() {
        run(() -> {
            for (int item : upTo(2)) trace.add(item);
            AsyncGenerator<Integer> closed = upTo(5);
            closed.next();
            assertThat(loop.generators).extracting("begun").asInstanceOf(
                    org.assertj.core.api.InstanceOfAssertFactories.COLLECTION).hasSize(1);
            closed.close();
            assertThat(loop.generators).extracting("begun").asInstanceOf(
                    org.assertj.core.api.InstanceOfAssertFactories.COLLECTION).isEmpty();
        });
    }

    private static void failNow() throws IOException {
        throw new IOException("cleanup");
    }

    private static AsyncGenerator<Integer> upTo(int count) {
        return generator(y -> {
            for (int i = 0; i < count; i++) y.yield(i);
        });
    }

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }

    @Test
    void next_whereThereIsNoStackLeft_leavesTheGeneratorAndTheTaskAsTheyWere() {
        loop.runUntilComplete(() -> {
            for (int item : upTo(2)) trace.add(item);       // no class is loaded on the edge
            AsyncGenerator<Integer> numbers = generator(y -> {
                for (int i = 0; ; i++) y.yield(i);
            });
            Task<?> me = Objects.requireNonNull(currentTask());
            AtomicInteger overflows = new AtomicInteger();

            askOnTheEdge(numbers, overflows);

            assertThat(overflows).hasPositiveValue();
            assertThat(me.strand).isSameAs(Strand.current());
            assertThat(numbers.next()).isPositive();
            sleep(Duration.ZERO);
            numbers.close();
        });
    }

    /// Asks at the end of the stack, and again a frame nearer to its beginning, until it works.
    @SuppressWarnings("InfiniteRecursion")
    private static void askOnTheEdge(AsyncGenerator<Integer> numbers, AtomicInteger overflows) {
        try {
            askOnTheEdge(numbers, overflows);
        } catch (StackOverflowError _) {
            overflows.incrementAndGet();
            numbers.next();
        }
    }
}
