package jloop;

import static jloop.Asyncio.allTasks;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.runInExecutor;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ContextTest {

    private static final Duration MOMENT = Duration.ofMillis(10);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();
    private final ContextVar<String> var = new ContextVar<>("var", "default");
    private final ContextVar<Integer> bare = new ContextVar<>("bare");

    /// The context of the thread of the tests outlives each of them.
    @AfterEach
    void threadOfTheTest_hasAnEmptyContextAgain() {
        assertThat(var.get()).isEqualTo("default");
        assertThat(Context.copyContext().isSet(bare)).isFalse();
    }

    // ---- variables

    @Test
    void get_ofAVariableThatIsNotSet_givesTheDefault() {
        assertThat(var.get()).isEqualTo("default");
        assertThat(var.get("instead")).isEqualTo("instead");
        assertThat(bare.get(7)).isEqualTo(7);
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(bare::get)
                .withMessageContaining("bare");
        assertThat(var.name()).isEqualTo("var");
        assertThat(var).hasToString("<ContextVar name=var default=default>");
        assertThat(bare).hasToString("<ContextVar name=bare>");
    }

    @Test
    void reset_givesTheOldValueBack() {
        new Context().run(() -> {
            ContextVar.Token<String> first = var.set("one");
            ContextVar.Token<String> second = var.set("two");
            assertThat(first.hadValue()).isFalse();
            assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(first::oldValue);
            assertThat(second.oldValue()).isEqualTo("one");
            assertThat(second.variable()).isSameAs(var);

            var.reset(second);
            assertThat(var.get()).isEqualTo("one");
            var.reset(first);
            assertThat(var.get()).isEqualTo("default");
            assertThat(Context.copyContext().size()).isZero();
        });
    }

    @Test
    void token_asAResource_resetsAtTheEnd() {
        new Context().run(() -> {
            try (var _ = var.set("inside")) {
                assertThat(var.get()).isEqualTo("inside");
            }
            assertThat(var.get()).isEqualTo("default");
        });
    }

    @Test
    void reset_withATokenThatIsNotGood_isAnError() {
        Context other = new Context();
        ContextVar.Token<String> foreign = other.call(() -> var.set("x"));
        new Context().run(() -> {
            ContextVar.Token<String> used = var.set("1");
            var.reset(used);
            assertThatIllegalStateException().isThrownBy(() -> var.reset(used))
                    .withMessageContaining("used already");
            assertThatIllegalArgumentException().isThrownBy(() -> var.reset(foreign))
                    .withMessageContaining("another context");
            ContextVar.Token<String> mine = var.set("2");
            ContextVar<String> wrong = new ContextVar<>("wrong");
            assertThatIllegalArgumentException().isThrownBy(() -> wrong.reset(mine))
                    .withMessageContaining("another variable");
            var.reset(mine);
        });
    }

    // ---- contexts

    @Test
    void run_inAContext_keepsWhatIsSetThere() throws Exception {
        Context context = new Context();
        context.run(() -> var.set("inside"));

        assertThat(var.get()).isEqualTo("default");
        assertThat(context.get(var)).isEqualTo("inside");
        assertThat(context.isSet(var)).isTrue();
        assertThat(context.get(bare)).isNull();
        assertThat(context.isSet(bare)).isFalse();
        assertThat(context.size()).isOne();
        assertThat(context.<String>call(var::get)).isEqualTo("inside");
        assertThat(context).hasToString("<Context size=1>");
    }

    @Test
    void call_thatFails_throwsTheSameObjectAndLeaves() {
        Context context = new Context();
        IOException failure = new IOException("no");
        assertThatThrownBy(() -> context.call(() -> {
            var.set("inside");
            throw failure;
        })).isSameAs(failure);
        assertThat(var.get()).isEqualTo("default");
        context.run(() -> assertThat(var.get()).isEqualTo("inside"));
    }

    @Test
    void copy_isIndependent() {
        Context context = new Context();
        context.run(() -> var.set("one"));
        Context copy = context.copy();
        copy.run(() -> bare.set(2));
        context.run(() -> var.set("three"));

        assertThat(copy.get(var)).isEqualTo("one");
        assertThat(copy.size()).isEqualTo(2);
        assertThat(context.size()).isOne();
    }

    @Test
    void run_inAContextThatIsEnteredAlready_isAnError() {
        Context outer = new Context();
        Context inner = new Context();
        outer.run(() -> inner.run(() -> {
            assertThatIllegalStateException().isThrownBy(() -> inner.run(() -> { }))
                    .withMessageContaining("entered already");
            assertThatIllegalStateException().isThrownBy(() -> outer.run(() -> { }));
            new Context().run(() -> trace.add("in"));
        }));
        outer.run(() -> trace.add("again"));
        assertThat(trace).containsExactly("in", "again");
    }

    @Test
    void run_inTheTasksOwnContext_isAnError() {
        Context given = new Context();
        loop.runUntilComplete(loop.createTask(() -> {
            assertThatIllegalStateException().isThrownBy(() -> given.run(() -> { }));
            assertThatIllegalStateException().isThrownBy(() -> new Context().run(
                    () -> given.run(() -> { })));
            Context own = Asyncio.currentTask().getContext();
            assertThat(own).isSameAs(given);
            return null;
        }, TaskOptions.DEFAULT.withContext(given)));
        given.run(() -> trace.add("free"));
        assertThat(trace).containsExactly("free");
    }

    @Test
    void run_inACoroutineThatWaits_keepsTheContextToItself() {
        Context context = new Context();
        loop.runUntilComplete(() -> {
            Task<Void> inside = createTask(() -> context.run(() -> {
                var.set("inside");
                sleep(MOMENT);
                trace.add(var.get());
            }));
            sleep(Duration.ZERO);
            assertThat(var.get()).isEqualTo("default");
            assertThatIllegalStateException().isThrownBy(() -> context.run(() -> { }));
            inside.await();
            context.run(() -> trace.add("after"));
        });
        assertThat(trace).containsExactly("inside", "after");
    }

    @Test
    void context_ofAThread_isItsOwn() throws Exception {
        new Context().run(() -> {
            var.set("here");
            Thread thread = Thread.ofPlatform().start(() -> {
                trace.add(var.get());
                var.set("there");
                trace.add(var.get());
            });
            joined(thread);
            trace.add(var.get());
        });
        assertThat(trace).containsExactly("default", "there", "here");
    }

    private static void joined(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // ---- tasks

    @Test
    @AsIn("test_tasks.test_context_1")
    void task_hasACopyOfItsCreatorsContext() {
        run(() -> {
            var.set("outer");
            Task<Void> task = createTask(() -> {
                trace.add(var.get());
                var.set("inner");
                sleep(MOMENT);
                trace.add(var.get());
            });
            var.set("later");
            task.await();
            trace.add(var.get());
        });
        assertThat(trace).containsExactly("outer", "inner", "later");
    }

    @Test
    @AsIn("test_tasks.test_context_2")
    void doneCallback_runsInACopyMadeWhenItWasAdded() {
        run(() -> {
            var.set("main");
            Future<Integer> future = loop.createFuture();
            future.addDoneCallback(_ -> {
                trace.add("first " + var.get());
                var.set("callback");
            });
            var.set("changed");
            future.addDoneCallback(_ -> trace.add("second " + var.get()));
            loop.callLater(MOMENT, () -> future.setResult(1));
            future.await();
            sleep(Duration.ZERO);
            trace.add(var.get());
        });
        assertThat(trace).containsExactly("first main", "second changed", "changed");
    }

    @Test
    @AsIn("test_tasks.test_context_3")
    void tasks_manyAtOnce_doNotSeeEachOther() {
        ContextVar<Integer> number = new ContextVar<>("number");
        run(() -> {
            List<Task<Integer>> tasks = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                int mine = i;
                tasks.add(createTask(() -> {
                    int sum = 0;
                    for (int k = 0; k < 10; k++) {
                        number.set(mine + k);
                        sleep(Duration.ofMillis((mine * 7 + k * 3) % 13));
                        sum += number.get() - k;
                    }
                    return sum;
                }));
            }
            for (int i = 0; i < 100; i++) assertThat(tasks.get(i).await()).isEqualTo(10 * i);
            assertThat(Context.copyContext().isSet(number)).isFalse();
        });
    }

    @Test
    @AsIn({"test_tasks.test_context_4", "test_tasks.test_context_5", "test_tasks.test_context_6",
        "test_tasks.test_get_context"})
    void task_withAGivenContext_sharesTheVeryObject() {
        Context given = new Context();
        UnaryOperator<TaskOptions> options = o -> o.withContext(given);
        run(() -> {
            Task<Void> one = createTask(() -> {
                trace.add(var.get());
                var.set("one");
                sleep(MOMENT);
                trace.add(var.get());
            }, options);
            Task<Void> two = createTask(() -> {
                trace.add(var.get());
                var.set("two");
            }, options);
            assertThat(one.getContext()).isSameAs(given).isSameAs(two.getContext());
            gather(one, two).await();
            assertThat(var.get()).isEqualTo("default");
        });
        assertThat(trace).containsExactly("default", "one", "two");
        assertThat(given.get(var)).isEqualTo("two");
    }

    @Test
    @AsIn("test_tasks.test_get_context")
    void getContext_ofATask_isAlwaysTheSameObject() {
        Task<Context> task = loop.createTask(() -> {
            var.set("mine");
            return Asyncio.currentTask().getContext();
        });
        Context before = task.getContext();
        Context inside = loop.runUntilComplete(task);

        assertThat(inside).isSameAs(before).isSameAs(task.getContext());
        assertThat(before.get(var)).isEqualTo("mine");
    }

    @Test
    void getContext_insideOfAnotherOne_isStillTheTasksOwn() {
        Task<Void> task = loop.createTask(() -> {
            Context own = new Context().call(() -> Asyncio.currentTask().getContext());
            assertThat(own.size()).isZero();
            var.set("mine");
            assertThat(Asyncio.currentTask().getContext()).isSameAs(own);
            assertThat(own.get(var)).isEqualTo("mine");
            return null;
        });
        loop.runUntilComplete(task);
    }

    @Test
    void task_madeByAPlainThread_hasACopyOfThatThreadsContext() {
        Task<String> task = new Context().call(() -> {
            var.set("thread");
            return loop.createTask(() -> {
                String seen = var.get();
                var.set("task");
                return seen;
            });
        });
        assertThat(loop.runUntilComplete(task)).isEqualTo("thread");
        assertThat(var.get()).isEqualTo("default");
    }

    @Test
    void task_blockedInTheJdk_keepsItsContext() {
        EventLoop real = check.newRealLoop();
        real.runUntilComplete(() -> {
            var.set("mine");
            Task<?> other = createTask(() -> var.set("other"));
            runInExecutor(null, () -> null).await();
            Thread.yield();
            other.await();
            assertThat(var.get()).isEqualTo("mine");
        });
    }

    // ---- callbacks

    @Test
    void callback_runsInACopyOfItsCreatorsContext() {
        run(() -> {
            var.set("before");
            Runnable callback = () -> {
                trace.add(var.get());
                var.set("changed by a callback");
            };
            loop.callSoon(callback);
            loop.callLater(MOMENT, callback);
            loop.callAt(loop.time(), callback);
            loop.callSoonThreadsafe(callback);
            var.set("after");
            sleep(MOMENT.multipliedBy(2));
            trace.add(var.get());
        });
        assertThat(trace).containsExactly("before", "before", "before", "before", "after");
    }

    @Test
    void callback_inAGivenContext_sharesIt() {
        Context given = new Context();
        run(() -> {
            Runnable callback = () -> {
                trace.add(var.get());
                var.set(var.get() + "+");
            };
            loop.callSoon(callback, given);
            loop.callAt(loop.time() + 1, callback, given);
            loop.callLater(MOMENT, callback, given);
            sleep(MOMENT.multipliedBy(2));
            loop.callSoonThreadsafe(callback, given);
            Future<Integer> future = loop.createFuture();
            future.addDoneCallback(_ -> callback.run(), given);
            future.setResult(1);
            sleep(Duration.ZERO);
            sleep(Duration.ZERO);
        });
        assertThat(given.get(var)).isEqualTo("default+++++");
    }

    @Test
    void getContext_ofAHandle_isWhatItRunsIn() {
        Context given = new Context();
        Handle shared = loop.callSoon(() -> { }, given);
        Handle[] own = new Handle[1];
        own[0] = loop.callSoon(() -> {
            var.set("mine");
            trace.add(own[0].getContext().get(var));
        });
        Handle unset = loop.callSoon(() -> { });
        runOneTurn();

        assertThat(shared.getContext()).isSameAs(given);
        assertThat(trace).containsExactly("mine");
        assertThat(own[0].getContext().get(var)).isEqualTo("mine");
        assertThat(unset.getContext()).isSameAs(unset.getContext());
        assertThat(unset.getContext().size()).isZero();
    }

    @Test
    void callback_afterOneThatSetAVariable_seesNothingOfIt() {
        loop.callSoon(() -> var.set("leak"));
        loop.callSoon(() -> trace.add(var.get()));
        runOneTurn();
        loop.callSoon(() -> trace.add(var.get()));
        runOneTurn();
        assertThat(trace).containsExactly("default", "default");
    }

    @Test
    void callback_scheduledInACallback_hasACopyOfItsContext() {
        loop.callSoon(() -> {
            var.set("outer");
            loop.callSoon(() -> trace.add(var.get()));
            loop.createTask(() -> {
                trace.add(var.get());
                return null;
            });
        });
        runOneTurn();
        runOneTurn();
        assertThat(trace).containsExactly("outer", "outer");
    }

    @Test
    void reader_runsInOneContextEachTime() {
        Rig.run(rig -> {
            var.set("at addReader");
            try (Rig.Ends ends = rig.connect()) {
                rig.loop.addReader(ends.server(), () -> {
                    trace.add(var.get());
                    var.set(var.get() + "+");
                });
                var.set("later");
                ends.client().loop.sockSendall(ends.client(), Rig.bytes("x"));
                rig.await("two calls", () -> trace.size() >= 2);
                rig.loop.removeReader(ends.server());
            }
            assertThat(trace.subList(0, 2)).containsExactly("at addReader", "at addReader+");
        });
    }

    // ---- exception handler

    @Test
    @AsIn("test_futures2.test_handle_exc_handler_correct_context")
    void exceptionHandler_runsInTheContextOfTheHandle() {
        loop.setExceptionHandler((_, _) -> trace.add(var.get()));
        loop.callSoon(() -> {
            var.set("callback");
            throw new IllegalArgumentException("no");
        });
        runOneTurn();
        assertThat(trace).containsExactly("callback");
    }

    @Test
    @AsIn("test_futures2.test_task_exc_handler_correct_context")
    void exceptionHandler_runsInTheContextOfTheTask() {
        loop.setExceptionHandler((_, _) -> trace.add(var.get()));
        run(() -> {
            Task<?> task = createTask(() -> var.set("task"));
            task.await();
            var.set("main");
            loop.callExceptionHandler(ExceptionContext.of("about a task", null).withFuture(task));
            loop.callExceptionHandler(ExceptionContext.of("about nothing", null));
            trace.add(var.get());
        });
        assertThat(trace).containsExactly("task", "main", "main");
    }

    // ---- threads

    @Test
    @AsIn("test_threads.test_to_thread_contextvars")
    void toThread_runsInACopyOfTheCallersContext() {
        run(() -> {
            var.set("caller");
            trace.add(toThread(() -> {
                String seen = var.get();
                var.set("thread");
                return seen;
            }));
            trace.add(var.get());
        });
        assertThat(trace).containsExactly("caller", "caller");
    }

    @Test
    void toThread_leavesNothingInTheThreadOfThePool() {
        try (ExecutorService one = Executors.newSingleThreadExecutor()) {
            loop.setDefaultExecutor(one);
            run(() -> {
                toThread(() -> var.set("first"));
                trace.add(toThread(() -> var.get()));
            });
        }
        assertThat(trace).containsExactly("default");
    }

    @Test
    void runInExecutor_doesNotTakeTheContextAlong() {
        run(() -> {
            var.set("caller");
            trace.add(runInExecutor(null, () -> var.get()).await());
        });
        assertThat(trace).containsExactly("default");
    }

    @Test
    void callSoonThreadsafe_fromAnotherThread_copiesThatThreadsContext() {
        Thread thread = Thread.ofPlatform().start(() -> {
            var.set("thread");
            loop.callSoonThreadsafe(() -> trace.add(var.get()));
        });
        joined(thread);
        runOneTurn();
        assertThat(trace).containsExactly("thread");
    }

    // ---- cost

    @Test
    void emptyContext_costsNoObject() throws Exception {
        // A heap that is small wherever it is: references of four bytes.
        List<String> options = FreshJvm.ofThisLevel("-Xmx256m");
        assertThat(FreshJvm.run(options, BytesOfACall.class).strip()).endsWith("24 bytes");
    }

    /// Schedules calls, and says how much memory each takes: a handle of header, call, context
    /// and next, and nothing else. In a JVM of its own, whose modules include that of the
    /// counter.
    static final class BytesOfACall {

        private static final int CALLS = 100_000;
        private static Object threads = "";

        static void main() throws Exception {
            threads = Class.forName("java.lang.management.ManagementFactory")
                    .getMethod("getThreadMXBean").invoke(null);
            EventLoop loop = new EventLoop(new VirtualPoller(), () -> 0);
            Runnable nothing = () -> { };
            List<Handle> kept = new ArrayList<>(2 * CALLS);
            long bytes = 0;
            // The ready queue grows in the first round.
            for (int round = 0; round < 2; round++) {
                allocated();
                bytes = -allocated();
                for (int i = 0; i < CALLS; i++) kept.add(loop.callSoon(nothing));
                bytes += allocated();
                loop.stop();
                loop.runForever();
            }
            loop.close();
            System.out.println(bytes / CALLS + " bytes");
        }

        private static long allocated() throws Exception {
            return (long) Class.forName("com.sun.management.ThreadMXBean")
                    .getMethod("getCurrentThreadAllocatedBytes").invoke(threads);
        }
    }

    @Test
    void emptyContext_ofATask_isNoObject() {
        run(() -> {
            createTask(() -> {
                assertThat(Context.current()).isNull();
                loop.callSoon(() -> assertThat(Context.current()).isNull());
                sleep(MOMENT);
                assertThat(var.get()).isEqualTo("default");
                assertThat(Context.current()).isNull();
            }).await();
            assertThat(allTasks()).hasSize(1);
        });
    }

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }

    private void runOneTurn() {
        loop.callSoon(loop::stop);
        loop.runForever();
    }
}
