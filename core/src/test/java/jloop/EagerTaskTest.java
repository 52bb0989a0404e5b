package jloop;

import static jloop.Asyncio.allTasks;
import static jloop.Asyncio.createEagerTaskFactory;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.eagerTaskFactory;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.generator;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class EagerTaskTest {

    private static final Duration MOMENT = Duration.ofMillis(10);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    private void run(VoidCoroutine body) {
        loop.setTaskFactory(eagerTaskFactory());
        loop.runUntilComplete(body);
    }

    private static <T> Task<T> eager(Coroutine<T> body) {
        return createTask(body, o -> o.withEagerStart(true));
    }

    // ---- starting

    @Test
    @AsIn("test_eager_task_factory.test_eager_task_factory_set")
    void eagerTaskFactory_isOne() {
        loop.setTaskFactory(eagerTaskFactory());
        assertThat(loop.getTaskFactory()).isSameAs(eagerTaskFactory());
    }

    @Test
    @AsIn("test_eager_task_factory.test_eager_completion")
    void task_thatNeverWaits_isDoneAtOnce() {
        run(() -> {
            loop.callSoon(() -> trace.add("ready before"));
            Task<String> task = createTask(() -> {
                trace.add("step");
                return "hi";
            });
            trace.add("created");
            assertThat(task.done()).isTrue();
            assertThat(task.result()).isEqualTo("hi");
            assertThat(task.await()).isEqualTo("hi");
            sleep(Duration.ZERO);
        });
        assertThat(trace).containsExactly("step", "created", "ready before");
    }

    @Test
    @AsIn("test_eager_task_factory.test_block_after_eager_step")
    void task_thatWaits_goesOnLater() {
        run(() -> {
            Task<String> task = createTask(() -> {
                trace.add("first step");
                sleep(MOMENT);
                trace.add("second step");
                return "hi";
            });
            trace.add("created");
            assertThat(task.done()).isFalse();
            assertThat(task.await()).isEqualTo("hi");
        });
        assertThat(trace).containsExactly("first step", "created", "second step");
    }

    @Test
    void task_thatYields_goesOnBehindWhatIsReady() {
        run(() -> {
            loop.callSoon(() -> trace.add("ready before"));
            Task<Void> task = createTask(() -> {
                sleep(Duration.ZERO);
                trace.add("second step");
            });
            loop.callSoon(() -> trace.add("ready after"));
            task.await();
        });
        assertThat(trace).containsExactly("ready before", "second step", "ready after");
    }

    @Test
    @AsIn({"test_eager_task_factory.test_eager_start_true_with_default_factory",
        "test_tasks.test_eager_start_true"})
    void withEagerStart_true_worksWithTheDefaultFactory() {
        loop.runUntilComplete(() -> {
            assertThat(eager(() -> 5).result()).isEqualTo(5);
            assertThat(new Task<>(loop, () -> 6, TaskOptions.DEFAULT.withEagerStart(true))
                    .result()).isEqualTo(6);
        });
    }

    @Test
    @AsIn({"test_eager_task_factory.test_eager_start_false", "test_tasks.test_eager_start_false"})
    void withEagerStart_false_schedulesAllTheSame() {
        run(() -> {
            Task<Integer> task = createTask(() -> 5, o -> o.withEagerStart(false));
            assertThat(task.done()).isFalse();
            assertThat(task.await()).isEqualTo(5);
        });
        loop.setTaskFactory(null);
        loop.runUntilComplete(() -> {
            Task<Integer> task = createTask(() -> 6, o -> o.withEagerStart(false));
            assertThat(task.done()).isFalse();
            assertThat(task.await()).isEqualTo(6);
        });
    }

    @Test
    void task_madeWhileTheLoopDoesNotRun_isScheduled() {
        Task<Integer> task = loop.createTask(() -> 5, TaskOptions.DEFAULT.withEagerStart(true));
        assertThat(task.done()).isFalse();
        assertThat(loop.runUntilComplete(task)).isEqualTo(5);
    }

    @Test
    void task_madeForAnotherLoop_isScheduledThere() {
        EventLoop other = check.newLoop();
        loop.runUntilComplete(() -> {
            Task<Integer> task = other.createTask(
                    () -> 5, TaskOptions.DEFAULT.withEagerStart(true));
            trace.add(task);
            assertThat(task.done()).isFalse();
        });
        other.runUntilComplete((Task<?>) trace.getFirst());
    }

    @Test
    void createEagerTaskFactory_hasTheMakerMakeThem() {
        TaskFactory naming = new TaskFactory() {
            @Override
            public <T> Task<T> create(EventLoop l, Coroutine<T> body, TaskOptions options) {
                trace.add(options.eagerStart());
                return new Task<>(l, body, options.withName("made"));
            }
        };
        loop.setTaskFactory(createEagerTaskFactory(naming));
        loop.runUntilComplete(() -> {
            assertThat(createTask(() -> currentTask().getName()).result()).isEqualTo("made");
            createTask(() -> 1, o -> o.withEagerStart(false)).await();
        });
        assertThat(trace).containsExactly(true, true, false);
    }

    // ---- in callbacks

    @Test
    void task_madeByACallback_startsAtOnceAndTheCallbackGoesOn() {
        loop.setTaskFactory(eagerTaskFactory());
        for (int i = 0; i < 2; i++) {
            int number = i;
            loop.callSoon(() -> {
                trace.add("callback " + number);
                Task<Void> task = loop.createTask(() -> {
                    trace.add("step " + number);
                    sleep(Duration.ZERO);
                    trace.add("end " + number);
                });
                trace.add("created " + number + " " + currentTask());
                assertThat(task.done()).isFalse();
            });
        }
        loop.callSoon(() -> trace.add("third"));
        runOneTurn();
        runOneTurn();
        assertThat(trace).containsExactly("callback 0", "step 0", "created 0 null",
                "callback 1", "step 1", "created 1 null", "third", "end 0", "end 1");
    }

    @Test
    void task_madeByACallback_doesNotCostItsRunner() {
        Thread[] threads = new Thread[2];
        loop.callSoon(() -> {
            threads[0] = Thread.currentThread();
            loop.createTask(() -> 1, TaskOptions.DEFAULT.withEagerStart(true));
            loop.callSoon(() -> {
                threads[1] = Thread.currentThread();
                loop.stop();
            });
        });
        loop.runForever();
        assertThat(threads[1]).isSameAs(threads[0]);
    }

    @Test
    void task_madeByADoneCallback_startsAtOnce() {
        run(() -> {
            Future<Integer> future = loop.createFuture();
            future.addDoneCallback(_ -> trace.add(createTask(() -> "eager").result()));
            future.setResult(1);
            sleep(Duration.ZERO);
        });
        assertThat(trace).containsExactly("eager");
    }

    // ---- who is current

    @Test
    @AsIn({"test_eager_task_factory.test_current_task", "test_eager_task_factory.test_issue105987"})
    void currentTask_isSwappedAndRestored() {
        run(() -> {
            Task<?> main = currentTask();
            Task<Task<?>> task = createTask(Asyncio::currentTask);
            assertThat(task.result()).isSameAs(task);
            assertThat(currentTask()).isSameAs(main);

            Task<Object> failed = createTask(() -> {
                throw new IOException("no");
            });
            assertThat(currentTask()).isSameAs(main);
            assertThatThrownBy(failed::await).isInstanceOf(IOException.class).hasMessage("no");
        });
    }

    @Test
    @AsIn({"test_eager_task_factory.test_all_tasks_with_eager_completion",
        "test_eager_task_factory.test_all_tasks_with_blocking"})
    void allTasks_containsItDuringTheStepAndAfterwardsIfItWaits() {
        run(() -> {
            Task<Boolean> done = createTask(() -> allTasks().contains(currentTask()));
            assertThat(done.result()).isTrue();
            assertThat(allTasks()).containsExactly(currentTask());

            Task<Void> waiting = createTask(() -> sleep(MOMENT));
            assertThat(allTasks()).containsExactly(currentTask(), waiting);
            waiting.await();
            assertThat(allTasks()).containsExactly(currentTask());
        });
    }

    @Test
    @AsIn("test_eager_task_factory.test_context_vars")
    void context_ofTheStep_isACopy() {
        ContextVar<String> var = new ContextVar<>("var");
        run(() -> {
            var.set("main");
            Task<String> task = createTask(() -> {
                String seen = var.get();
                var.set("task");
                sleep(Duration.ZERO);
                return seen + " " + var.get();
            });
            assertThat(var.get()).isEqualTo("main");
            assertThat(task.await()).isEqualTo("main task");
            assertThat(var.get()).isEqualTo("main");
        });
    }

    @Test
    void context_ofTheCreator_canBeShared() {
        ContextVar<String> var = new ContextVar<>("var");
        run(() -> {
            Context own = currentTask().getContext();
            createTask(() -> var.set("task"), o -> o.withContext(own));
            assertThat(var.get()).isEqualTo("task");
        });
    }

    @Test
    @AsIn("test_eager_task_factory.test_name")
    void name_isSetBeforeTheStep() {
        run(() -> assertThat(createTask(() -> currentTask().getName(), o -> o.withName("me"))
                .result()).isEqualTo("me"));
    }

    @Test
    @AsIn("test_eager_task_factory.test_issue122332")
    void getCoro_ofATaskDoneInItsFirstStep_isNull() {
        run(() -> {
            assertThat(createTask(() -> 1).getCoro()).isNull();
            Task<Void> waiting = createTask(() -> sleep(MOMENT));
            assertThat(waiting.getCoro()).isNotNull();
            waiting.await();
        });
    }

    // ---- cancellation and failures

    @Test
    @AsIn("test_eager_task_factory.test_cancellation_after_eager_completion")
    void cancel_afterEagerCompletion_hasNoEffect() {
        run(() -> {
            Task<String> task = createTask(() -> "done");
            assertThat(task.cancel()).isFalse();
            assertThat(task.await()).isEqualTo("done");
            assertThat(task.cancelled()).isFalse();
        });
    }

    @Test
    @AsIn("test_eager_task_factory.test_cancellation_after_eager_step_blocks")
    void cancel_afterTheStepWaits_isAsUsual() {
        run(() -> {
            Task<Void> task = createTask(() -> sleep(MOMENT));
            assertThat(task.cancel("why")).isTrue();
            assertThatThrownBy(task::await).isInstanceOfSatisfying(CancelledError.class,
                    e -> assertThat(e.reason()).isEqualTo("why"));
            assertThat(task.cancelled()).isTrue();
        });
    }

    @Test
    void cancel_ofTheCreatorDuringTheStep_arrivesAtItsNextWait() {
        run(() -> {
            Task<Void> creator = createTask(() -> {
                Task<?> me = currentTask();
                createTask(() -> trace.add(me.cancel()));
                trace.add("goes on");
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
                try {
                    sleep(MOMENT);
                } catch (CancelledError e) {
                    trace.add("cancelled");
                    throw e;
                }
            });
            sleep(Duration.ZERO);
            assertThat(creator.cancelled()).isTrue();
        });
        assertThat(trace).containsExactly(true, "goes on", "cancelled");
    }

    @Test
    void step_thatCancelsItself_endsCancelled() {
        run(() -> {
            Task<Integer> task = createTask(() -> {
                currentTask().cancel();
                return 1;
            });
            assertThat(task.cancelled()).isTrue();
        });
    }

    @Test
    void step_thatThrowsSystemExit_throwsItInTheCreator() {
        SystemExit exit = new SystemExit(3);
        loop.setTaskFactory(eagerTaskFactory());
        loop.runUntilComplete(() -> {
            assertThatThrownBy(() -> createTask(() -> {
                throw exit;
            })).isSameAs(exit);
            sleep(MOMENT);
            trace.add("caught");
        });
        assertThat(trace).containsExactly("caught");
        assertThatThrownBy(() -> loop.runUntilComplete(() -> createTask(() -> {
            throw exit;
        }))).isSameAs(exit);
    }

    @Test
    void step_thatFails_isToldIfNobodyReadsIt() {
        IOException failure = new IOException("in the first step");
        loop.runUntilComplete(() -> {
            trace.add(eager(() -> {
                throw failure;
            }));
            assertThat(loop.unread.isEmpty()).isFalse();
        });
        loop.close();
        assertThat(check.takeReport().exception()).isSameAs(failure);
    }

    @Test
    void step_thatFailsFatallyLater_endsTheRun() {
        KeyboardInterrupt interrupt = new KeyboardInterrupt();
        loop.setTaskFactory(eagerTaskFactory());
        Task<Void> main = loop.createTask(() -> {
            createTask(() -> {
                sleep(MOMENT);
                throw interrupt;
            });
            sleep(MOMENT.multipliedBy(2));
        });
        assertThatThrownBy(() -> loop.runUntilComplete(main)).isSameAs(interrupt);
        loop.runUntilComplete(main);
    }

    // ---- trees

    @Test
    @AsIn("test_eager_task_factory.test_awaitables_chain")
    void chain_ofTasks_isDoneInOneStep() {
        run(() -> {
            loop.callSoon(() -> trace.add("another turn"));
            assertThat(createTask(() -> chain(100)).result()).isEqualTo(100);
            assertThat(trace).isEmpty();
        });
    }

    private int chain(int depth) {
        return depth == 0 ? 0 : 1 + createTask(() -> chain(depth - 1)).await();
    }

    @Test
    @AsIn("test_eager_task_factory.test_recursive_gather")
    void gather_ofCoroutinesThatNeverWait_schedulesNothing() {
        run(() -> {
            loop.callSoon(() -> trace.add("another turn"));
            assertThat(tree(6)).isEqualTo(64);
            assertThat(trace).isEmpty();
            assertThat(loop.ready.size()).isOne();
        });
    }

    private int tree(int depth) {
        if (depth == 0) return 1;
        List<Integer> both = EagerTaskTest.<Integer>both(() -> tree(depth - 1)).await();
        return both.get(0) + both.get(1);
    }

    /// A group always waits for the loop to tell it of its tasks, so that one that has failed
    /// does not cancel the body within createTask. So only the leaves are never scheduled.
    @Test
    @AsIn("test_eager_task_factory.test_recursive_taskgroups")
    void groupsOfTasksThatNeverWait_scheduleAllButTheLeaves() {
        run(() -> assertThat(groups(5)).isEqualTo(32));
        assertThat(trace).hasSize(2 + 4 + 8 + 16).doesNotContain(0);
    }

    private int groups(int depth) throws Exception {
        if (depth == 0) return 1;
        List<Task<Integer>> both = new ArrayList<>();
        TaskGroup.open(tg -> {
            for (int i = 0; i < 2; i++) {
                Task<Integer> half = tg.createTask(() -> groups(depth - 1));
                both.add(half);
                if (!half.done()) trace.add(depth - 1);
            }
        });
        return both.get(0).result() + both.get(1).result();
    }

    /// docs/design/0016: 38.25.
    @Test
    void stepThatFailsInAGroup_letsTheBodyGoOnToItsNextWait() {
        IOException failure = new IOException("no");
        run(() -> {
            assertThatThrownBy(() -> TaskGroup.open(tg -> {
                Task<Void> failed = tg.createTask(() -> {
                    throw failure;
                });
                trace.add(failed.done());
                trace.add("goes on");
                try {
                    sleep(Duration.ZERO);
                    trace.add("too far");
                } catch (CancelledError e) {
                    trace.add("cancelled");
                    throw e;
                }
            })).isInstanceOfSatisfying(ExceptionGroup.class,
                    group -> assertThat(group.exceptions()).containsExactly(failure));
            assertThat(currentTask().cancelling()).isZero();
        });
        assertThat(trace).containsExactly(true, "goes on", "cancelled");
    }

    // ---- generators

    @Test
    void step_thatGoesThroughAGenerator_isOneStep() {
        run(() -> {
            loop.callSoon(() -> trace.add("another turn"));
            Task<Integer> task = createTask(() -> {
                int sum = 0;
                for (int item : generator((AsyncGenerator.Yielder<Integer> y) -> {
                    for (int i = 1; i <= 20; i++) y.yield(i);
                })) sum += item;
                return sum;
            });
            assertThat(task.done()).isTrue();
            assertThat(task.result()).isEqualTo(210);
            assertThat(trace).isEmpty();
            assertThat(loop.eager.isEmpty()).isTrue();
        });
    }

    @Test
    void step_thatWaitsInAGenerator_letsItsCreatorGoOn() {
        run(() -> {
            Task<String> task = createTask(() -> generator(
                    (AsyncGenerator.Yielder<String> y) -> {
                        trace.add("begun");
                        sleep(MOMENT);
                        y.yield("item");
                    }).next());
            trace.add("created");
            assertThat(task.await()).isEqualTo("item");
        });
        assertThat(trace).containsExactly("begun", "created");
    }

    @Test
    void generatorBody_thatMakesEagerTasks_goesOnAfterTheirSteps() {
        run(() -> {
            List<Object> items = new ArrayList<>();
            for (Object item : generator(y -> {
                for (int i = 0; i < 3; i++) {
                    int number = i;
                    y.yield(createTask(() -> generator(z -> z.yield(number)).next()).result());
                }
            })) items.add(item);
            assertThat(items).containsExactly(0, 1, 2);
        });
    }

    private static <T> Future<List<T>> both(Coroutine<T> coroutine) {
        return gather(coroutine, coroutine);
    }

    @Test
    @AsIn("test_eager_task_factory.test_await_future_during_eager_step")
    void step_thatWaitsForAFutureOfItsCreator_isWoken() {
        run(() -> {
            Future<String> future = loop.createFuture();
            Task<String> task = createTask(() -> future.await());
            assertThat(task.done()).isFalse();
            future.setResult("set");
            assertThat(task.await()).isEqualTo("set");
        });
    }

    @Test
    void steps_nested_goOnInnermostFirst() {
        run(() -> {
            createTask(() -> {
                trace.add("outer");
                Task<Void> middle = createTask(() -> {
                    trace.add("middle");
                    Task<Void> inner = createTask(() -> {
                        trace.add("inner");
                        sleep(MOMENT);
                        trace.add("inner ends");
                    });
                    trace.add("middle goes on");
                    inner.await();
                    trace.add("middle ends");
                });
                trace.add("outer goes on");
                middle.await();
                trace.add("outer ends");
            }).await();
        });
        assertThat(trace).containsExactly("outer", "middle", "inner", "middle goes on",
                "outer goes on", "inner ends", "middle ends", "outer ends");
    }

    @Test
    void steps_oneAfterTheOther_inALoop() {
        run(() -> {
            int sum = 0;
            for (int i = 0; i < 10_000; i++) {
                int value = i;
                sum += createTask(() -> value).result();
            }
            assertThat(sum).isEqualTo(49_995_000);
            assertThat(loop.eager.isEmpty()).isTrue();
        });
    }

    @Test
    void steps_nestedWithoutEnd_areAStackOverflowOfTheInnermost() {
        run(() -> {
            Task<Integer> task = createTask(() -> endless(1));
            assertThat(task.result()).isEqualTo(10_000);
            createTask(() -> trace.add("still works"));
            sleep(Duration.ZERO);
        });
        assertThat(trace).containsExactly("still works");
    }

    private int endless(int depth) {
        Task<Integer> next;
        try {
            next = createTask(() -> endless(depth + 1));
        } catch (StackOverflowError _) {
            return depth;
        }
        return next.result();
    }

    @Test
    void createTask_withHardlyAnyStackLeft_leavesTheLoopWhole() {
        run(() -> {
            deepen(0);
            assertThat(allTasks()).containsExactly(currentTask());
            assertThat(loop.eager.isEmpty()).isTrue();
            assertThat(createTask(() -> 7).result()).isEqualTo(7);
        });
    }

    private static int deepen(int depth) {
        if (depth == Integer.MAX_VALUE) return 0;
        try {
            return 1 + deepen(depth + 1);
        } catch (StackOverflowError _) {
            createTask(() -> 1);        // throws it once more, until there is stack enough
            return 1;
        }
    }

    // ---- generators

    /// The body of a generator is a part of the step that asks, of a first step too.
    @Test
    void step_thatAsksAGenerator_goesOnBeforeItsCreator() {
        run(() -> {
            loop.callSoon(() -> trace.add("soon"));
            Task<Void> task = createTask(() -> {
                for (int item : Asyncio.<Integer>generator(y -> {
                    y.yield(1);
                    createTask(() -> trace.add("eager in the body"));
                    y.yield(2);
                })) trace.add(item);
            });
            trace.add("created");
            assertThat(task.done()).isTrue();
        });
        assertThat(trace).containsExactly(1, "eager in the body", 2, "created", "soon");
    }

    @Test
    void step_whoseGeneratorWaits_letsItsCreatorGoOn() {
        run(() -> {
            Task<Void> task = createTask(() -> {
                for (int item : Asyncio.<Integer>generator(y -> {
                    y.yield(1);
                    sleep(MOMENT);
                    y.yield(2);
                })) trace.add(item);
            });
            trace.add("created");
            task.await();
        });
        assertThat(trace).containsExactly(1, "created", 2);
        assertThat(loop.eager.isEmpty()).isTrue();
    }

    // ---- blocking

    @Test
    void step_thatBlocksInTheJdk_letsItsCreatorGoOn() {
        EventLoop real = check.newRealLoop();
        CountDownLatch latch = new CountDownLatch(1);
        real.runUntilComplete(() -> {
            Task<String> task = eager(() -> {
                trace.add("blocks");
                latch.await();
                return "released";
            });
            trace.add("goes on");
            assertThat(task.done()).isFalse();
            latch.countDown();
            assertThat(task.await()).isEqualTo("released");
        });
        assertThat(trace).containsExactly("blocks", "goes on");
    }

    @Test
    void callback_whoseStepBlocks_goesOnToo() {
        EventLoop real = check.newRealLoop();
        CompletableFuture<String> outside = new CompletableFuture<>();
        real.runUntilComplete(() -> {
            Future<Task<String>> made = real.createFuture();
            real.callSoon(() -> made.setResult(eager(outside::join)));
            Task<String> task = made.await();
            assertThat(task.done()).isFalse();
            outside.complete("outside");
            assertThat(task.await()).isEqualTo("outside");
        });
    }

    private void runOneTurn() {
        loop.callSoon(loop::stop);
        loop.runForever();
    }
}
