package jloop.io;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.startServer;
import static jloop.Asyncio.toThread;
import static jloop.Asyncio.wrapFuture;
import static jloop.Rig.ask;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import jloop.Asyncio;
import jloop.CancelledError;
import jloop.ContextVar;
import jloop.EachPoller;
import jloop.EventLoop;
import jloop.PollerKind;
import jloop.Rig;
import jloop.SystemExit;
import jloop.Task;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.Test;

class LoopGroupTest {

    private static final String HERE = "127.0.0.1";
    private static final String ALONE = "127.23.44.1";      // nobody else's tests bind to it
    private static final Duration LONG = Duration.ofDays(1);
    private static final int CONNECTIONS = 60;

    /// What runs on loops that are not the test's.
    private final Queue<String> told = new ConcurrentLinkedQueue<>();

    private static LoopGroup groupOf(int loops, Rig.Kind kind) {
        return LoopGroup.open(o -> o.withLoops(loops).withPoller(PollerKind.valueOf(kind.name())));
    }

    private static void forever() {
        sleep(LONG);
    }

    /// A task of `loop` that waits until it is cancelled, and tells what happens to it.
    private CompletableFuture<Void> waiting(LoopGroup group, EventLoop loop) {
        CompletableFuture<Void> began = new CompletableFuture<>();
        CompletableFuture<Void> result = group.submit(loop, () -> {
            try {
                began.complete(null);
                forever();
            } catch (CancelledError e) {
                told.add("cancelled");
                throw e;
            }
        });
        wrapFuture(began).await();
        return result;
    }

    // ---- The loops

    @Test
    void of_runsLoopsOnThreadsOfTheirOwn() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(3)) {
                List<Thread> threads = group.callAll(() -> {
                    CompletableFuture<Thread> thread = new CompletableFuture<>();
                    getRunningLoop().callSoon(() -> thread.complete(Thread.currentThread()));
                    return wrapFuture(thread).await();
                });

                assertThat(group.loops()).hasSize(3).doesNotHaveDuplicates()
                        .allMatch(EventLoop::isRunning);
                assertThat(threads).doesNotHaveDuplicates();
                assertThat(Thread.getAllStackTraces().keySet().stream().filter(
                        t -> t.getName().matches("jloop-\\d") && !t.isDaemon())).hasSize(3);
                assertThat(group).hasToString("<LoopGroup loops=3 closed=false>");
            }
        });
    }

    @Test
    void open_hasALoopForEachProcessor() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.open()) {
                assertThat(group.loops()).hasSize(Runtime.getRuntime().availableProcessors());
            }
        });
    }

    @Test
    void open_withoutLoops_isRefused() {
        assertThatThrownBy(() -> LoopGroup.of(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a group needs at least 1 loop, not 0");
    }

    @Test
    void open_aThreadThatCannotBeMade_leavesNothing() {
        Rig.run(_ -> {
            AtomicInteger made = new AtomicInteger();

            assertThatThrownBy(() -> LoopGroup.open(o -> o.withLoops(4).withThreadFactory(job -> {
                if (made.incrementAndGet() == 3) throw new OutOfMemoryError("no thread");
                return Thread.ofPlatform().name("jloop-test").unstarted(job);
            }))).isInstanceOf(OutOfMemoryError.class).hasMessage("no thread");

            assertThat(made).hasValue(3);
        });
    }

    @Test
    void next_givesTheLoopsInTurn() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(2)) {
                List<EventLoop> loops = group.loops();

                assertThat(List.of(group.next(), group.next(), group.next()))
                        .containsExactly(loops.get(0), loops.get(1), loops.get(0));
            }
        });
    }

    // ---- Work for other loops

    @Test
    void call_runsOnThatLoop_whileTheCallersGoesOn() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(2)) {
                EventLoop loop = group.loops().getLast();
                CompletableFuture<String> gate = new CompletableFuture<>();

                Task<String> caller = createTask(() -> group.call(loop, () -> {
                    assertThat(getRunningLoop()).isSameAs(loop);
                    return wrapFuture(gate).await();
                }));
                sleep(Duration.ZERO);       // a call that blocked would never come back here
                gate.complete("through");

                assertThat(caller.await()).isEqualTo("through");
            }
        });
    }

    @Test
    void call_throwsWhatTheCoroutineThrew() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                IOException thrown = new IOException("no luck");

                assertThatThrownBy(() -> group.call(group.next(), () -> {
                    throw thrown;
                })).isSameAs(thrown);
            }
        });
    }

    @Test
    void call_betweenTheLoopsOfTheGroup_mayGoInCircles() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(2)) {
                EventLoop one = group.next();
                EventLoop two = group.next();

                String answer = group.call(one, () -> "1" + group.call(two,
                        () -> "2" + group.call(one, () -> "1" + group.call(one, () -> "1"))));

                assertThat(answer).isEqualTo("1211");
            }
        });
    }

    @Test
    void call_inTheContextOfTheCaller() {
        Rig.run(_ -> {
            ContextVar<String> user = new ContextVar<>("user");
            user.set("ann");
            try (LoopGroup group = LoopGroup.of(1)) {
                assertThat(group.<String>call(group.next(), () -> user.get())).isEqualTo("ann");
            }
        });
    }

    @Test
    void call_cancelled_cancelsItsTask() {
        Rig.run(rig -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                Task<Void> caller = createTask(() -> group.call(group.next(), () -> {
                    told.add("begun");
                    try {
                        forever();
                    } finally {
                        told.add("over");
                    }
                }));
                rig.await("the call", () -> told.contains("begun"));

                caller.cancel();

                assertThatThrownBy(caller::await).isInstanceOf(CancelledError.class);
                rig.await("the end", () -> told.contains("over"));
            }
        });
    }

    @Test
    void call_onAThreadWithoutALoop_blocks() {
        Rig.run(_ -> toThread(() -> {
            try (LoopGroup group = LoopGroup.of(2)) {
                IOException thrown = new IOException("no luck");

                assertThat(group.<Integer>call(group.next(), () -> {
                    sleep(Duration.ofMillis(1));
                    return 5;
                })).isEqualTo(5);
                assertThatThrownBy(() -> group.call(group.next(), () -> {
                    throw thrown;
                })).isSameAs(thrown);
            }
        }));
    }

    @Test
    void call_interrupted_cancelsItsTask() {
        Rig.run(rig -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                CompletableFuture<Thread> caller = new CompletableFuture<>();
                Task<Void> job = createTask(() -> toThread(() -> {
                    caller.complete(Thread.currentThread());
                    assertThatThrownBy(() -> group.call(group.next(), () -> {
                        told.add("begun");
                        try {
                            forever();
                        } finally {
                            told.add("over");
                        }
                    })).isInstanceOf(CancelledError.class);
                    assertThat(Thread.interrupted()).isTrue();
                }));
                rig.await("the call", () -> told.contains("begun"));

                caller.join().interrupt();

                job.await();
                rig.await("the end", () -> told.contains("over"));
            }
        });
    }

    @Test
    void call_inVirtualTime_comesBack() {
        VirtualPoller time = new VirtualPoller();
        Asyncio.run(() -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                assertThat(group.<Integer>call(group.next(), () -> 5)).isEqualTo(5);
            }
        }, o -> o.withLoopFactory(() -> new EventLoop(time, time)));
    }

    @Test
    void submit_toAThreadWithoutALoop_isAFutureOfTheJdk() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                CompletableFuture<Integer> five = group.submit(group.next(), () -> 5);
                CompletableFuture<Void> failed = group.submit(group.next(), () -> {
                    throw new IOException("no luck");
                });

                toThread(() -> {
                    assertThat(five.get()).isEqualTo(5);
                    assertThatThrownBy(failed::get).isInstanceOf(ExecutionException.class)
                            .hasRootCauseMessage("no luck");
                });
            }
        });
    }

    @Test
    void submit_toALoopOfSomebodyElse_isRefused() {
        Rig.run(rig -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                assertThatThrownBy(() -> group.submit(rig.loop, () -> 5))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("is not of this group");
            }
        });
    }

    @Test
    void submit_afterTheEnd_isRefused() {
        Rig.run(_ -> {
            LoopGroup group = LoopGroup.of(1);
            group.close();

            assertThatThrownBy(() -> group.submit(group.next(), () -> 5))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the group has ended");
        });
    }

    @Test
    void submit_amidTheEnd_alwaysComesToAnEnd() {
        Rig.run(_ -> {
            for (int i = 0; i < 20; i++) {
                LoopGroup group = LoopGroup.of(2);
                List<CompletableFuture<Integer>> submitted = new ArrayList<>();
                CountDownLatch some = new CountDownLatch(100);
                Task<Void> submitting = createTask(() -> toThread(() -> {
                    try {
                        while (true) {
                            CompletableFuture<Integer> five = group.submit(group.next(), () -> 5);
                            submitted.add(five);
                            some.countDown();
                            five.exceptionally(_ -> 6).join();
                        }
                    } catch (IllegalStateException _) {
                        // closed: that is the end of it
                    }
                }));
                some.await();
                group.close();
                submitting.await();

                assertThat(submitted).allMatch(CompletableFuture::isDone);
                assertThat(submitted.getFirst().join()).isEqualTo(5);
            }
        });
    }

    @Test
    void callAll_returnsWhatEachLoopSaid() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(3)) {
                assertThat(group.callAll(() -> getRunningLoop())).isEqualTo(group.loops());
            }
        });
    }

    @Test
    void callAll_oneThatFails_cancelsTheOthers() {
        Rig.run(rig -> {
            try (LoopGroup group = LoopGroup.of(3)) {
                EventLoop first = group.loops().getFirst();

                assertThatThrownBy(() -> group.callAll(() -> {
                    if (getRunningLoop() == first) throw new IOException("no luck");
                    try {
                        told.add("begun");
                        forever();
                    } finally {
                        told.add("over");
                    }
                })).isInstanceOf(IOException.class).hasMessage("no luck");

                rig.await("an end to all", () ->
                        group.callAll(() -> Asyncio.allTasks().size()).equals(List.of(1, 1, 1)));
                assertThat(told.stream().filter("over"::equals).count())
                        .isEqualTo(told.stream().filter("begun"::equals).count());
            }
        });
    }

    // ---- Servers

    /// Says the number of its loop, then waits for the end of the connection.
    private static void sayLoop(LoopGroup group, StreamReader reader, StreamWriter writer)
            throws IOException {
        writer.write(bytes(group.loops().indexOf(getRunningLoop()) + "\n"));
        reader.readAll();
    }

    private static List<StreamPair> connect(int port, int count) throws IOException {
        List<StreamPair> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) pairs.add(openConnection(HERE, port));
        return pairs;
    }

    private static Map<String, Integer> countLines(List<StreamPair> pairs) throws IOException {
        Map<String, Integer> counts = new HashMap<>();
        for (StreamPair pair : pairs)
            counts.merge(text(pair.reader().readline()).strip(), 1, Integer::sum);
        return counts;
    }

    @EachPoller
    void startServer_eachLoopGetsConnections(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (LoopGroup group = groupOf(3, kind);
                    GroupServer server = group.startServer(
                            (reader, writer) -> sayLoop(group, reader, writer), HERE, 0)) {
                List<StreamPair> pairs = connect(server.port(), CONNECTIONS);

                assertThat(countLines(pairs)).containsOnlyKeys("0", "1", "2");
                assertThat(server.connectionCount()).isEqualTo(CONNECTIONS);
                assertThat(server).hasToString("<GroupServer loops=3 addresses=[/127.0.0.1:"
                        + server.port() + "]>");

                pairs.forEach(StreamPair::close);
                rig.await("the end of all", () -> server.connectionCount() == 0);
            }
        });
    }

    @EachPoller
    void createServer_eachLoopGetsConnections(Rig.Kind kind) {
        Rig.run(kind, _ -> {
            LoopGroup group = groupOf(3, kind);
            try (group; GroupServer server = group.createServer(() -> new TracingProtocol() {
                @Override
                public void connectionMade(Transport made) {
                    made.write(bytes(group.loops().indexOf(getRunningLoop()) + "\n"));
                }

                @Override
                public void connectionLost(Throwable why) {
                    told.add("lost by " + why);
                }
            }, HERE, 0)) {
                List<StreamPair> pairs = connect(server.port(), CONNECTIONS);
                assertThat(countLines(pairs)).containsOnlyKeys("0", "1", "2");
                pairs.removeFirst().close();

                group.close();

                assertThat(told).hasSize(CONNECTIONS).containsOnly("lost by null");
                for (StreamPair pair : pairs) {
                    assertThat(pair.reader().read(1)).isEmpty();
                    pair.close();
                }
            }
        });
    }

    @Test
    void startServer_ofSeveralAddresses_sharesThePortOfEach() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(2);
                    GroupServer server = group.startServer(Rig::echo, null, 0)) {
                try (StreamPair pair = openConnection(HERE, server.port())) {
                    assertThat(ask(pair, "hello")).isEqualTo("hello");
                }
            }
        });
    }

    @Test
    void startServer_notAtOnce_beginsWhenTold() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(2);
                    GroupServer server = group.startServer(Rig::echo, HERE, 0,
                            o -> o.withStartServing(false))) {
                assertThatThrownBy(() -> openConnection(HERE, server.port()))
                        .isInstanceOf(ConnectException.class);

                server.startServing();
                server.startServing();

                try (StreamPair pair = openConnection(HERE, server.port())) {
                    assertThat(ask(pair, "hello")).isEqualTo("hello");
                }
            }
        });
    }

    @Test
    void startServer_whereSomebodyListens_isRefused() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(2);
                    LoopGroup other = LoopGroup.of(2);
                    GroupServer server = group.startServer(Rig::echo, HERE, 0);
                    Server single = startServer(Rig::echo, HERE, 0)) {
                for (int port : new int[] {server.port(), single.port()})
                    assertThatThrownBy(() -> other.startServer(Rig::echo, HERE, port))
                            .isInstanceOf(BindException.class)
                            .hasMessageContaining(HERE + ":" + port);

                other.startServer(Rig::echo, HERE, server.port(), o -> o.withReusePort(true))
                        .close();
            }
        });
    }

    @Test
    void startServer_atNoAddressOfOurs_fails() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(2)) {
                assertThatThrownBy(() -> group.startServer(Rig::echo, "192.0.2.1", 0))
                        .isInstanceOf(BindException.class);
            }
        });
    }

    @Test
    void startServer_onAThreadWithoutALoop() {
        Rig.run(_ -> toThread(() -> {
            try (LoopGroup group = LoopGroup.of(2);
                    GroupServer server = group.startServer(Rig::echo, HERE, 0);
                    java.net.Socket socket = new java.net.Socket(HERE, server.port())) {
                socket.getOutputStream().write(bytes("hello\n"));

                assertThat(socket.getInputStream().readNBytes(6)).isEqualTo(bytes("hello\n"));
                assertThat(server.connectionCount()).isEqualTo(1);
            }
        }));
    }

    @Test
    void server_closed_leavesItsConnections() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(2);
                    GroupServer server = group.startServer(Rig::echo, ALONE, 0);
                    StreamPair pair = openConnection(ALONE, server.port())) {
                assertThat(ask(pair, "one")).isEqualTo("one");

                server.close();
                server.close();

                assertThatThrownBy(() -> openConnection(ALONE, server.port()))
                        .isInstanceOf(ConnectException.class);
                assertThat(ask(pair, "two")).isEqualTo("two");
                server.closeClients();
                assertThat(pair.reader().readAll()).isEmpty();
            }
        });
    }

    @Test
    void server_shutDown_waitsForItsConnectionsAndAbortsTheRest() {
        Rig.run(rig -> {
            try (LoopGroup group = LoopGroup.of(2)) {
                GroupServer server = group.startServer(Rig::echo, ALONE, 0);
                StreamPair pair = openConnection(ALONE, server.port());
                assertThat(ask(pair, "one")).isEqualTo("one");
                Task<Void> shutdown = createTask(() -> server.shutdown(LONG));
                rig.await("its beginning", () -> !isListening(server));
                assertThat(ask(pair, "two")).isEqualTo("two");
                pair.close();
                shutdown.await();
                assertThat(server.connectionCount()).isZero();

                GroupServer another = group.startServer(Rig::echo, HERE, 0);
                StreamPair left = openConnection(HERE, another.port());
                assertThat(ask(left, "one")).isEqualTo("one");
                another.shutdown(Duration.ZERO);
                assertThat(another.connectionCount()).isZero();
                assertThat(left.reader().readAll()).isEmpty();
                left.close();
                another.shutdown(LONG);
            }
        });
    }

    private static boolean isListening(GroupServer server) {
        try {
            openConnection(ALONE, server.port()).close();
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    @Test
    void server_afterTheEndOfItsGroup_doesNothing() {
        Rig.run(_ -> {
            LoopGroup group = LoopGroup.of(2);
            GroupServer server = group.startServer(Rig::echo, HERE, 0);
            group.close();

            server.close();
            server.abortClients();
            server.shutdown(LONG);

            assertThat(server.connectionCount()).isZero();
        });
    }

    // ---- The end

    @Test
    void close_cancelsWhatRuns() {
        Rig.run(_ -> {
            LoopGroup group = LoopGroup.of(2);
            List<CompletableFuture<Void>> results = new ArrayList<>();
            for (EventLoop loop : group.loops()) results.add(waiting(group, loop));

            group.close();

            assertThat(told).containsExactly("cancelled", "cancelled");
            assertThat(results).allMatch(CompletableFuture::isCancelled);
            assertThat(group.loops()).allMatch(EventLoop::isClosed);
            assertThat(group.isClosed()).isTrue();
            group.close();
            group.join();
        });
    }

    @Test
    void close_tasksThatEnd_mayUseTheOtherLoops() {
        Rig.run(_ -> {
            LoopGroup group = LoopGroup.of(2);
            EventLoop one = group.next();
            EventLoop two = group.next();
            CountDownLatch begun = new CountDownLatch(2);
            for (EventLoop loop : group.loops()) {
                EventLoop other = loop == one ? two : one;
                group.submit(loop, () -> {
                    begun.countDown();
                    try {
                        forever();
                    } finally {
                        for (int i = 0; i < 50; i++)
                            group.call(other, () -> sleep(Duration.ZERO));
                        told.add("said good-bye");
                    }
                });
            }
            begun.await();

            group.close();

            assertThat(told).containsExactly("said good-bye", "said good-bye");
        });
    }

    @Test
    void close_whatFailsMeanwhile_isToldToTheExceptionHandler() {
        Rig.run(_ -> {
            LoopGroup group = LoopGroup.of(1);
            CountDownLatch begun = new CountDownLatch(1);
            group.callAll(() -> {
                getRunningLoop().setExceptionHandler(
                        (_, context) -> told.add(context.exception().getMessage()));
                createTask(() -> {
                    begun.countDown();
                    try {
                        forever();
                    } catch (CancelledError _) {
                        throw new IOException("no luck");
                    }
                });
            });
            begun.await();

            group.close();

            assertThat(told).containsExactly("no luck");
        });
    }

    @Test
    void close_aTaskThatDoesNotEnd_isLeftBehindAfterTheLimit() {
        Rig.run(_ -> {
            LoopGroup group = LoopGroup.open(o -> o.withLoops(2)
                    .withCleanupTimeout(Duration.ofMillis(20)));
            CountDownLatch begun = new CountDownLatch(1);
            group.call(group.next(), () -> {
                getRunningLoop().setExceptionHandler(
                        (_, context) -> told.add(context.message()));
                createTask(() -> {
                    begun.countDown();
                    while (true) {
                        try {
                            forever();
                        } catch (CancelledError _) {
                            told.add("no");
                        }
                    }
                });
            });
            begun.await();

            group.close();

            assertThat(told).startsWith("no", "no").anyMatch(text -> text.contains("abandoned"));
        });
    }

    @Test
    void close_bySeveralAtOnce_isOneEnd() {
        Rig.run(_ -> {
            LoopGroup group = LoopGroup.of(3);
            waiting(group, group.next());

            Asyncio.gather(createTask(() -> toThread(() -> group.close())),
                    createTask(() -> toThread(() -> group.close())),
                    createTask(() -> group.close()),
                    createTask(() -> group.join())).await();

            assertThat(told).containsExactly("cancelled");
        });
    }

    @Test
    void close_inATaskOfItsOwn_endsThatToo() {
        Rig.run(_ -> {
            LoopGroup group = LoopGroup.of(2);

            CompletableFuture<Void> closing = group.submit(group.next(), () -> group.close());

            group.join();
            assertThat(closing).isCancelled();
        });
    }

    @Test
    void close_inACallbackOfItsOwn_endsTheGroup() {
        Rig.run(_ -> {
            LoopGroup group = LoopGroup.of(2);
            CompletableFuture<String> closed = new CompletableFuture<>();

            group.next().callSoonThreadsafe(() -> {
                group.close();
                closed.complete("closed");
            });

            group.join();
            assertThat(wrapFuture(closed).await()).isEqualTo("closed");
        });
    }

    @Test
    void close_byATaskThatIsCancelled_waitsAllTheSame() {
        Rig.run(_ -> {
            LoopGroup group = LoopGroup.of(2);
            CompletableFuture<Void> gate = new CompletableFuture<>();
            CountDownLatch begun = new CountDownLatch(1);
            group.submit(group.next(), () -> {
                begun.countDown();
                try {
                    forever();
                } finally {
                    wrapFuture(gate).await();
                }
            });
            begun.await();
            Task<Boolean> closing = createTask(() -> {
                group.close();
                return group.isClosed();
            });
            sleep(Duration.ZERO);
            closing.cancel();
            sleep(Duration.ZERO);
            gate.complete(null);

            assertThatThrownBy(closing::await).isInstanceOf(CancelledError.class);
            assertThat(group.isClosed()).isTrue();
        });
    }

    @Test
    void join_cancelled_leavesTheGroup() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                Task<Void> joining = createTask(() -> group.join());
                sleep(Duration.ZERO);

                joining.cancel();

                assertThatThrownBy(joining::await).isInstanceOf(CancelledError.class);
                assertThat(group.<Integer>call(group.next(), () -> 5)).isEqualTo(5);
            }
        });
    }

    @EachPoller
    void close_underLoad_endsEveryConnection(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            List<String> before = descriptors();
            LoopGroup group = groupOf(3, kind);
            GroupServer server = group.startServer(Rig::echo, HERE, 0);
            List<Task<Void>> clients = new ArrayList<>();
            AtomicInteger answers = new AtomicInteger();
            for (int i = 0; i < CONNECTIONS; i++)
                clients.add(createTask(() -> askForever(server.port(), answers)));
            rig.await("some answers", () -> answers.get() > 10 * CONNECTIONS);

            group.close();

            for (Task<Void> client : clients) client.await();
            // One less if this loop has given up its ring.
            assertThat(descriptors()).isSubsetOf(before)
                    .hasSizeLessThanOrEqualTo(before.size());
        });
    }

    /// Until the connection ends, one way or another.
    private static void askForever(int port, AtomicInteger answers) {
        try (StreamPair pair = openConnection(HERE, port)) {
            while (!ask(pair, "question").isEmpty()) answers.incrementAndGet();
        } catch (IOException _) {
            // it was reset, or there was no listener any more
        }
    }

    /// The kinds of the open files that loops have.
    private static List<String> descriptors() throws IOException {
        try (Stream<Path> links = Files.list(Path.of("/proc/self/fd"))) {
            List<String> kinds = new ArrayList<>();
            for (Path link : links.toList()) {
                try {
                    kinds.add(Files.readSymbolicLink(link).toString());
                } catch (IOException _) {
                    // that of the listing itself
                }
            }
            return kinds.stream().filter(kind -> kind.startsWith("anon_inode")).sorted().toList();
        }
    }

    @Test
    void close_manyGroups_leaveNothing() {
        Rig.run(_ -> {
            List<String> before = descriptors();
            for (int i = 0; i < 20; i++) {
                try (LoopGroup group = LoopGroup.of(2);
                        GroupServer server = group.startServer(Rig::echo, HERE, 0);
                        StreamPair pair = openConnection(HERE, server.port())) {
                    assertThat(ask(pair, "hello")).isEqualTo("hello");
                }
            }
            assertThat(descriptors()).isEqualTo(before);
        });
    }

    // ---- A failure

    @Test
    void failure_ofALoop_endsTheGroupAndIsThrownOnce() {
        Rig.run(_ -> {
            LoopGroup group = LoopGroup.of(3);
            CompletableFuture<Void> waiting = waiting(group, group.loops().getFirst());
            SystemExit exit = new SystemExit(3);

            group.loops().getLast().callSoonThreadsafe(() -> {
                throw exit;
            });

            assertThatThrownBy(group::join).isSameAs(exit);
            assertThat(told).containsExactly("cancelled");
            assertThat(waiting).isCancelled();
            assertThatThrownBy(waiting::join).isInstanceOf(CancellationException.class);
            assertThat(group.loops()).allMatch(EventLoop::isClosed);
            group.close();
        });
    }

    @Test
    void failure_inATask_endsTheGroup() {
        Rig.run(_ -> {
            LoopGroup group = LoopGroup.of(2);
            group.submit(group.next(), () -> {
                throw new SystemExit(4);
            });

            assertThatThrownBy(() -> {
                try (group; GroupServer server = group.startServer(Rig::echo, HERE, 0)) {
                    group.join();
                }
            }).satisfiesAnyOf(
                    thrown -> assertThat(thrown).isInstanceOf(SystemExit.class),
                    // It came while the server was being started.
                    thrown -> assertThat(List.of(thrown.getSuppressed()))
                            .hasAtLeastOneElementOfType(SystemExit.class));
            assertThat(group.isClosed()).isTrue();
        });
    }

    @Test
    void failure_ofAllLoopsAtOnce_isOneEnd() {
        Rig.run(_ -> {
            for (int i = 0; i < 10; i++) {
                LoopGroup group = LoopGroup.of(3);
                // One may be closed by the failure of another before it is told to fail.
                CompletableFuture<Void> now = new CompletableFuture<>();
                for (EventLoop loop : group.loops()) {
                    var _ = now.thenRun(() -> loop.callSoonThreadsafe(() -> {
                        throw new SystemExit(5);
                    }));
                }
                now.complete(null);

                assertThatThrownBy(group::join).isInstanceOf(SystemExit.class);
                group.close();
                assertThat(group.isClosed()).isTrue();
            }
        });
    }

    @Test
    void exception_inATask_isNoFailureOfTheLoop() {
        Rig.run(_ -> {
            try (LoopGroup group = LoopGroup.of(1)) {
                CompletableFuture<String> heard = new CompletableFuture<>();
                group.callAll(() -> getRunningLoop().setExceptionHandler(
                        (_, context) -> heard.complete(context.message())));

                group.next().callSoonThreadsafe(() -> {
                    throw new IllegalStateException("no luck");
                });

                assertThat(wrapFuture(heard).await()).isEqualTo("exception in callback");
                assertThat(group.<Integer>call(group.next(), () -> 5)).isEqualTo(5);
            }
        });
    }
}
