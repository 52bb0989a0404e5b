package jloop;

import static jloop.Asyncio.captureCallGraph;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.formatCallGraph;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.generator;
import static jloop.Asyncio.shield;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.jspecify.annotations.Nullable;

class CallGraphTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    // ---- the stack

    @Test
    void captureCallGraph_ofTheCallingTask_beginsAtItsCaller() {
        run("main", () -> outer());

        assertThat(trace).containsExactly("main[inner outer lambda]");
    }

    private void outer() {
        inner(UnaryOperator.identity());
    }

    private void inner(UnaryOperator<CallGraphOptions> options) {
        trace.add(text(captureCallGraph(null, options)));
    }

    @Test
    void captureCallGraph_inEachForm_isTheSame() {
        run("main", () -> {
            Task<?> me = Objects.requireNonNull(Asyncio.currentTask());
            trace.add(text(captureCallGraph()));
            trace.add(text(captureCallGraph(me)));
            trace.add(text(captureCallGraph(me, o -> o.withLimit(null))));
        });

        assertThat(trace).containsExactly("main[lambda]", "main[lambda]", "main[lambda]");
    }

    @Test
    void depth_skipsFramesOfTheCallingTaskAlone() {
        run("main", () -> {
            Task<Void> deep = task("deep", () -> {
                for (int depth : new int[] {0, 1, 2, 99}) {
                    int wanted = depth;
                    inner(o -> o.withDepth(wanted));
                }
            });
            deep.await();
        });

        assertThat(trace).containsExactly(
                "deep[captureCallGraph inner lambda](main[await lambda])",
                "deep[inner lambda](main[await lambda])",
                "deep[lambda](main[await lambda])",
                "deep[](main[await lambda])");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CallGraphOptions.DEFAULT.withDepth(-1))
                .withMessage("depth must be at least 0, not -1");
    }

    @Test
    void limit_keepsTheInnermostTheOutermostOrNone() {
        run("main", () -> {
            Task<Void> deep = task("deep", () -> {
                for (int limit : new int[] {1, 2, 99, -1, -2, -99, 0}) {
                    int wanted = limit;
                    inner(o -> o.withLimit(wanted));
                }
            });
            waitFor(deep);
        });

        assertThat(trace).containsExactly(
                "deep[inner](main[await])",
                "deep[inner lambda](main[await waitFor])",
                "deep[inner lambda](main[await waitFor lambda])",
                "deep[lambda](main[lambda])",
                "deep[inner lambda](main[waitFor lambda])",
                "deep[inner lambda](main[await waitFor lambda])",
                "deep[](main[])");
    }

    private static <T> T waitFor(Future<T> future) {
        return future.await();
    }

    @Test
    @AsIn("test_graph.test_stack_task")
    void captureCallGraph_ofATaskThatWaits_endsAtTheMethodThatWaits() {
        Lock lock = new Lock();
        run("main", () -> {
            Future<Integer> future = loop.createFuture();
            Task<Integer> waits = createTask(() -> waitFor(future), o -> o.withName("waits"));
            Task<Void> sleeps = task("sleeps", () -> sleep(SECOND));
            Task<Void> yields = task("yields", () -> yieldTwice());
            lock.acquire();
            Task<Void> locked = task("locked", () -> lock.acquire());
            Coroutine<Integer> bare = future::await;
            Task<Integer> whole = createTask(bare, o -> o.withName("whole"));
            assertThat(text(captureCallGraph(waits))).isEqualTo("waits[]");
            sleep(Duration.ZERO);

            assertThat(text(captureCallGraph(waits))).isEqualTo("waits[await waitFor lambda]");
            assertThat(text(captureCallGraph(sleeps))).isEqualTo("sleeps[sleep lambda]");
            assertThat(text(captureCallGraph(yields)))
                    .isEqualTo("yields[sleep yieldTwice lambda]");
            assertThat(text(captureCallGraph(locked))).isEqualTo("locked[acquire lambda]");
            assertThat(text(captureCallGraph(whole))).isEqualTo("whole[await]");

            future.setResult(1);
            lock.release();
            gather(List.of(waits, sleeps, yields, locked, whole)).await();
            assertThat(text(captureCallGraph(waits))).isEqualTo("waits[]");
        });
    }

    private static void yieldTwice() {
        sleep(Duration.ZERO);
        sleep(Duration.ZERO);
    }

    @Test
    void captureCallGraph_ofATaskThatBlocksInTheJdk_showsTheCall() {
        EventLoop real = check.newRealLoop();
        real.runUntilComplete(() -> {
            Task<Void> parked = task("parked", () -> {
                while (!Thread.currentThread().isInterrupted()) LockSupport.park();
            });
            while (!text(captureCallGraph(parked)).contains("park lambda"))
                sleep(Duration.ofMillis(1));

            assertThat(text(captureCallGraph(parked))).contains(" park lambda]");

            parked.cancel();
            gatherAll(parked);
        });
    }

    // ---- who awaits

    @Test
    @AsIn("test_graph.test_stack_future")
    void captureCallGraph_ofAFuture_namesAllThatAwaitIt() {
        run("main", () -> {
            Future<Integer> future = loop.createFuture();
            Task<Void> one = task("one", () -> waitFor(future));
            Task<Void> two = task("two", () -> one.await());
            Task<Void> three = task("three", () -> future.await());
            sleep(Duration.ZERO);

            assertThat(text(captureCallGraph(future))).isEqualTo("future[]"
                    + "(one[await waitFor lambda](two[await lambda]), three[await lambda])");

            future.setResult(1);
            gather(List.of(one, two, three)).await();
            assertThat(text(captureCallGraph(future))).isEqualTo("future[]");
        });
    }

    @Test
    @AsIn("test_graph.test_stack_tgroup")
    void captureCallGraph_inATaskGroup_namesTheParentAtItsEnd() {
        run("main", () -> {
            TaskGroup.open(group -> {
                group.createTask(() -> outer(), o -> o.withName("one"));
                Task<Void> slow = group.createTask(() -> sleep(SECOND), o -> o.withName("slow"));
                group.createTask(() -> slow.await());
            });
        });

        assertThat(trace).containsExactly("one[inner outer lambda](main[open lambda])");
    }

    @Test
    void captureCallGraph_inAGroupsStart_namesWhoStarts() {
        run("main", () -> {
            TaskGroup.open(group -> {
                group.<Integer>start(status -> {
                    outer();
                    status.started(1);
                }, o -> o.withName("service"));
            });
        });

        assertThat(trace).containsExactly(
                "service[inner outer lambda](main[start lambda open lambda])");
    }

    @Test
    @AsIn("test_graph.test_stack_gather")
    void captureCallGraph_inAGather_namesItsCaller() {
        run("main", () -> {
            Task<Void> one = task("one", () -> outer());
            Future<Integer> other = loop.createFuture();
            Future<List<Object>> inner = gather(List.of(one, other));
            Future<List<Object>> whole = gather(List.of(inner));
            loop.callSoon(() -> {
                trace.add(text(captureCallGraph(whole)));
                trace.add(text(captureCallGraph(other)));
                other.setResult(1);
            });
            whole.await();
        });

        assertThat(trace).containsExactly("one[inner outer lambda](main[await lambda])",
                "future[](main[await lambda])", "future[](main[await lambda])");
    }

    @Test
    @AsIn("test_graph.test_stack_shield")
    void captureCallGraph_inAShield_namesItsCaller() {
        run("main", () -> shield(task("one", () -> outer())).await());

        assertThat(trace).containsExactly("one[inner outer lambda](main[await lambda])");
    }

    @Test
    @AsIn("test_graph.test_stack_wait")
    void captureCallGraph_inAWait_namesItsCaller() {
        run("main", () -> {
            Task<Void> one = task("one", () -> outer());
            Task<Void> slow = task("slow", () -> sleep(SECOND));
            Asyncio.wait(List.of(one, slow));
        });

        assertThat(trace).containsExactly("one[inner outer lambda](main[wait lambda])");
    }

    @Test
    void captureCallGraph_inAsCompleted_namesItsConsumer() {
        run("main", () -> {
            Task<Void> one = task("one", () -> outer());
            for (Future<Void> done : Asyncio.asCompleted(List.of(one))) done.await();
        });

        assertThat(trace).containsExactly("one[inner outer lambda](main[next lambda])");
    }

    @Test
    @AsIn("test_graph.test_stack_timeout")
    void captureCallGraph_insideATimeout_isThatOfTheTask() {
        run("main", () -> {
            Task<Void> one = task("one", () -> timeout(SECOND, () -> outer()));
            timeout(SECOND, () -> waitFor(one));
        });

        assertThat(trace).containsExactly("one[inner outer lambda timeout lambda]"
                + "(main[await waitFor lambda timeout lambda])");
    }

    @Test
    @AsIn("test_graph.test_stack_async_gen")
    void captureCallGraph_inAGenerator_goesOnWithItsConsumer() {
        run("main", () -> {
            AsyncGenerator<Integer> inside = generator(y -> {
                outer();
                sleep(SECOND);
                y.yield(1);
            });
            AsyncGenerator<Integer> outside = generator(y -> y.yield(passOn(inside)));
            Task<Integer> consumer = createTask(() -> consume(outside), o -> o.withName("c"));
            sleep(SECOND.dividedBy(2));
            trace.add(text(captureCallGraph(consumer)));
            assertThat(consumer.await()).isEqualTo(1);
            inside.close();
            outside.close();
        });

        String consumer = "next passOn lambda next consume lambda]";
        assertThat(trace).containsExactly(
                "c[inner outer lambda " + consumer, "c[sleep lambda " + consumer);
    }

    private static int passOn(AsyncGenerator<Integer> items) {
        return items.next();
    }

    private static int consume(AsyncGenerator<Integer> items) {
        return items.next();
    }

    @Test
    void captureCallGraph_ofAnEagerTask_showsItsCreatorToo() {
        run("main", () -> {
            Task<?> main = Objects.requireNonNull(Asyncio.currentTask());
            createTask(() -> {
                trace.add(text(captureCallGraph()));
                trace.add(text(captureCallGraph(main)));
            }, o -> o.withName("eager").withEagerStart(true));
        });

        assertThat(trace).containsExactly("eager[lambda]", "main[createTask lambda]");
    }

    // ---- shapes

    @Test
    void captureCallGraph_ofTasksThatAwaitEachOther_ends() {
        run("main", () -> {
            List<Task<Void>> tasks = new ArrayList<>();
            tasks.add(task("one", () -> tasks.get(1).await()));
            tasks.add(task("two", () -> gather(List.of(tasks.get(0))).await()));
            sleep(Duration.ZERO);

            assertThat(text(captureCallGraph(tasks.get(0))))
                    .isEqualTo("one[await lambda](two[await lambda](one[]))");
            assertThat(withoutIds(formatCallGraph(tasks.get(0), o -> o.withLimit(0)))).isEqualTo("""
                    * Task(name='one')
                      + Awaited by:
                        * Task(name='two')
                          + Awaited by:
                            * Task(name='one') (see above)""");

            // Cancelling one of them would go round for ever.
            check.expectLeftovers();
        });
    }

    @Test
    void captureCallGraph_ofManyWaysToTheSame_sharesTheNodes() {
        int layers = 40;
        run("main", () -> {
            Future<Integer> future = loop.createFuture();
            List<? extends Future<?>> below = List.of(future);
            for (int i = 0; i < layers; i++) {
                List<? extends Future<?>> awaited = below;
                below = List.of(task("a" + i, () -> Asyncio.wait(awaited)),
                        task("b" + i, () -> Asyncio.wait(awaited)));
            }
            sleep(Duration.ZERO);
            FutureCallGraph graph = captureCallGraph(future);
            assertThat(graph.awaitedBy().getFirst().awaitedBy().getFirst())
                    .isSameAs(graph.awaitedBy().getLast().awaitedBy().getFirst());
            assertThat(formatCallGraph(future).lines().filter(l -> l.contains("* ")))
                    .hasSize(1 + 4 * layers - 2);
            future.setResult(1);
            Asyncio.wait(below);
        });
    }

    @Test
    void captureCallGraph_ofALongChain_comesToItsEnd() {
        int length = 5000;
        run("main", () -> {
            Future<Integer> future = loop.createFuture();
            Future<Integer> last = future;
            for (int i = 0; i < length; i++) {
                Future<Integer> awaited = last;
                last = createTask(() -> awaited.await());
            }
            sleep(Duration.ZERO);
            int found = 0;
            FutureCallGraph graph = Objects.requireNonNull(
                    captureCallGraph(future, o -> o.withLimit(0)));
            for (; !graph.awaitedBy().isEmpty(); graph = graph.awaitedBy().getFirst()) found++;
            assertThat(found).isEqualTo(length);
            future.setResult(1);
            last.await();
        });
    }

    // ---- where there is no task

    @Test
    void captureCallGraph_inACallback_isNullAndEmpty() {
        loop.callSoon(() -> {
            trace.add(captureCallGraph() == null);
            trace.add(formatCallGraph());
        });
        run("main", () -> sleep(Duration.ZERO));

        assertThat(trace).containsExactly(true, "");
    }

    @Test
    void captureCallGraph_outsideOfALoop_needsAFuture() {
        Future<Integer> future = loop.createFuture();

        assertThatIllegalStateException().isThrownBy(() -> captureCallGraph())
                .withMessageContaining("no running event loop");
        assertThat(text(captureCallGraph(future))).isEqualTo("future[]");
    }

    @Test
    void captureCallGraph_onAnotherThread_isRefused() {
        EventLoop real = check.newRealLoop();
        real.runUntilComplete(() -> {
            Task<?> me = Objects.requireNonNull(Asyncio.currentTask());
            Asyncio.toThread(() -> {
                assertThatExceptionOfType(WrongThreadException.class)
                        .isThrownBy(() -> captureCallGraph(me))
                        .withMessageContaining("captureCallGraph");
            });
        });
    }

    // ---- as text

    @Test
    void formatCallGraph_isATree() {
        run("main", () -> {
            Task<Void> one = task("one", () -> {
                Future<Integer> future = loop.createFuture();
                Task<Void> two = task("two", () -> waitFor(future));
                sleep(Duration.ZERO);
                trace.add(withoutIds(formatCallGraph(future, o -> o.withLimit(2))));
                trace.add(print(out -> Asyncio.printCallGraph(future, out, o -> o.withLimit(2))));
                trace.add(print(out -> Asyncio.printCallGraph(future, out)));
                trace.add(print(out -> Asyncio.printCallGraph(out)));
                future.setResult(1);
                two.await();
            });
            one.await();
        });

        assertThat(withoutPlaces(trace.get(0))).isEqualTo("""
                * Future()
                  + Awaited by:
                    * Task(name='two')
                      + Call stack:
                      |   at jloop.Future.await(Future.java:N)
                      |   at jloop.CallGraphTest.waitFor(CallGraphTest.java:N)""");
        assertThat(trace.get(1)).isEqualTo(trace.get(0) + System.lineSeparator());
        assertThat(trace.get(2).toString()).startsWith("* Future()")
                .containsPattern("  \\|   at .*lambda");
        assertThat(trace.get(3).toString()).startsWith("* Task(name='one')\n  + Call stack:\n")
                .contains("\n  + Awaited by:\n    * Task(name='main')\n      + Call stack:\n");
    }

    /// Without the numbers of lines, and without the module and its version.
    private static String withoutPlaces(Object text) {
        return text.toString().replaceAll("\\.java:\\d+", ".java:N")
                .replaceAll(" at jloop(@[^/]*)?/", " at ");
    }

    // ---- the rest

    private interface Printing {
        void to(PrintStream out);
    }

    private static String print(Printing printing) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        printing.to(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return withoutIds(bytes.toString(StandardCharsets.UTF_8));
    }

    private static String withoutIds(String text) {
        return text.replaceAll("(, )?id=0x[0-9a-f]+\\)", ")");
    }

    private static void gatherAll(Task<?>... tasks) {
        Asyncio.gatherReturningExceptions(List.of(tasks)).await();
    }

    private static Task<Void> task(String name, VoidCoroutine body) {
        return createTask(body, o -> o.withName(name));
    }

    /// As `name[frame frame](awaiter[...], ...)`, innermost frame first.
    private static String text(@Nullable FutureCallGraph graph) {
        if (graph == null) return "none";
        String awaiters = graph.awaitedBy().stream().map(CallGraphTest::text)
                .collect(Collectors.joining(", "));
        String frames = graph.callStack().stream()
                .map(entry -> entry.frame().getMethodName().replaceFirst("^lambda.*", "lambda"))
                .collect(Collectors.joining(" "));
        return (graph.future() instanceof Task<?> task ? task.getName() : "future")
                + "[" + frames + "]" + (awaiters.isEmpty() ? "" : "(" + awaiters + ")");
    }

    private void run(String name, VoidCoroutine main) {
        loop.runUntilComplete(loop.createTask(main.returningNull(),
                TaskOptions.DEFAULT.withName(name)));
    }
}
