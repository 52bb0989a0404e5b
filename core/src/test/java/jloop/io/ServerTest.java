package jloop.io;

import static jloop.Asyncio.allTasks;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.startServer;
import static jloop.Rig.ask;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jloop.CancelledError;
import jloop.EachNetwork;
import jloop.EachPoller;
import jloop.ExceptionContext;
import jloop.FailingCalls;
import jloop.ResourceShortageException;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;
import jloop.kernel.Errno;
import jloop.kernel.FaultySystemCalls.Call;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerTest {

    private static final String HERE = "127.0.0.1";
    private static final String ALONE = "127.23.43.1";      // nobody else's tests bind to it

    private static Server echoServer() throws IOException {
        return startServer(Rig::echo, HERE, 0);
    }

    private static String stateOf(Server server) {
        return "serving=" + server.isServing() + " listeners=" + server.sockets().size()
                + " connections=" + server.connectionCount();
    }

    // ---- To serve

    @EachPoller
    void startServer_servesEachConnectionInATaskOfItsOwn(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Server server = echoServer();
                    StreamPair one = openConnection(HERE, server.port());
                    StreamPair two = openConnection(HERE, server.port())) {
                assertThat(ask(two, "two")).isEqualTo("two");
                assertThat(ask(one, "one")).isEqualTo("one");

                assertThat(server.getLoop()).isSameAs(rig.loop);
                assertThat(stateOf(server)).isEqualTo("serving=true listeners=1 connections=2");
                assertThat(server.port()).isPositive();
                server.startServing();
            }
        });
    }

    @EachPoller
    void startServer_twoHundredConnectionsAtOnce_areServed(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Server server = echoServer();
            try (server) {
                List<Task<String>> tasks = new ArrayList<>();
                for (int i = 0; i < 200; i++) {
                    String question = "question " + i;
                    tasks.add(createTask(() -> {
                        try (StreamPair pair = openConnection(HERE, server.port())) {
                            return ask(pair, question);
                        }
                    }));
                }

                for (int i = 0; i < 200; i++) {
                    assertThat(tasks.get(i).await()).isEqualTo("question " + i);
                }
            }
            server.waitClosed();
        });
    }

    // ---- What a handler does

    @EachPoller
    void handler_returns_theConnectionIsClosed(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Server server = startServer((_, w) -> w.write(bytes("bye")), HERE, 0);
                    StreamPair pair = openConnection(HERE, server.port())) {
                assertThat(text(pair.reader().readAll())).isEqualTo("bye");
            }
        });
    }

    @EachPoller
    void handler_returnsAndCloseOnReturnIsOff_theConnectionStays(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            List<StreamWriter> kept = new ArrayList<>();
            try (Server server = startServer((_, w) -> kept.add(w), HERE, 0,
                            o -> o.withCloseOnReturn(false));
                    StreamPair pair = openConnection(HERE, server.port())) {
                rig.await("the end of the handler",
                        () -> kept.size() == 1 && rig.taskCount() == 2);
                assertThat(server.connectionCount()).isEqualTo(1);

                kept.getFirst().write(bytes("later\n"));
                assertThat(text(pair.reader().readline())).isEqualTo("later\n");

                kept.getFirst().close();
                assertThat(server.connectionCount()).isZero();
            }
        });
    }

    @EachPoller
    void handler_throws_isReportedOnceAndTheConnectionIsClosed(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            List<Throwable> thrown = List.of(new IllegalStateException("handler"),
                    new IOException("handler"), new AssertionError("handler"),
                    new StackOverflowError("handler"), new OutOfMemoryError("handler"));
            for (Throwable each : thrown) {
                try (Server server = startServer((_, w) -> {
                            w.write(bytes("before"));
                            if (each instanceof Error error) throw error;
                            throw (Exception) each;
                        }, HERE, 0);
                        StreamPair pair = openConnection(HERE, server.port())) {
                    assertThat(text(pair.reader().readAll())).isEqualTo("before");
                    assertThat(rig.takeReport()).isSameAs(each);
                    assertThat(server.isServing()).isTrue();
                }
            }
        });
    }

    @EachPoller
    void handler_cancelled_theConnectionIsClosedInSilence(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            List<Task<?>> handlers = new ArrayList<>();
            try (Server server = startServer((reader, _) -> {
                        handlers.add(jloop.Asyncio.currentTask());
                        reader.readline();
                    }, HERE, 0);
                    StreamPair pair = openConnection(HERE, server.port())) {
                rig.await("the handler", () -> !handlers.isEmpty());

                handlers.getFirst().cancel();

                assertThat(pair.reader().readAll()).isEmpty();
                assertThat(handlers.getFirst().cancelled()).isTrue();
                rig.await("the end of the connection", () -> server.connectionCount() == 0);
            }
        });
    }

    @EachPoller
    void handler_cancelledBeforeItBegins_theConnectionIsClosedAllTheSame(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            List<String> trace = new ArrayList<>();
            Server server = startServer((_, _) -> trace.add("begun"), HERE, 0);
            rig.turns(2);
            var before = allTasks();
            // Cancels the handler in the very turn in which it is made.
            boolean[] over = new boolean[1];
            rig.loop.callSoon(new Runnable() {
                @Override
                public void run() {
                    for (Task<?> task : allTasks()) {
                        if (!before.contains(task) && !trace.contains("begun")
                                && server.connectionCount() == 1) over[0] = task.cancel();
                    }
                    if (!over[0]) rig.loop.callSoon(this);
                }
            });
            try (server; StreamPair pair = openConnection(HERE, server.port())) {
                rig.await("the cancellation", () -> over[0] || !trace.isEmpty());
                server.close();

                jloop.Asyncio.waitFor(server::waitClosed, Duration.ofSeconds(20));

                over[0] = true;
                assertThat(pair.reader().readAll()).isEmpty();
            }
        });
    }

    // ---- The end of a server

    @EachPoller
    void close_refusesNewConnectionsAndKeepsTheOthers(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Server server = startServer(Rig::echo, ALONE, 0);
            int port = server.port();
            try (StreamPair pair = openConnection(ALONE, port)) {
                assertThat(ask(pair, "before")).isEqualTo("before");

                server.close();
                server.close();

                assertThatThrownBy(() -> openConnection(ALONE, port))
                        .isInstanceOf(ConnectException.class);
                assertThat(ask(pair, "after")).isEqualTo("after");
                assertThat(stateOf(server)).isEqualTo("serving=false listeners=0 connections=1");
                assertThatThrownBy(server::startServing)
                        .isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(server::port).isInstanceOf(IllegalStateException.class);
            }
        });
    }

    @EachNetwork
    void close_asConnectionsCome_servesThemOrEndsThem(Rig.Network network) {
        Rig.run(network, rig -> {
            for (int turns = 0; turns < 8; turns++) {
                Server server = echoServer();
                List<Task<String>> clients = new ArrayList<>();
                for (int i = 0; i < 5; i++) {
                    clients.add(createTask(() -> {
                        try (StreamPair pair = openConnection(HERE, server.port())) {
                            return ask(pair, "x");
                        } catch (IOException | IllegalStateException e) {
                            return "";
                        }
                    }));
                }
                rig.turns(turns);

                server.close();

                for (Task<String> client : clients) assertThat(client.await()).isIn("", "x");
                server.waitClosed();
                assertThat(server.connectionCount()).isZero();
            }
        });
    }

    @EachNetwork
    void waitClosed_waitsForCloseAndForTheLastConnection(Rig.Network network) {
        Rig.run(network, rig -> {
            Server server = echoServer();
            StreamPair pair = openConnection(HERE, server.port());
            assertThat(ask(pair, "x")).isEqualTo("x");
            Task<Void> early = createTask(server::waitClosed);
            Task<Void> cancelled = createTask(server::waitClosed);
            rig.turns(3);
            assertThat(early.done()).as("not closed").isFalse();
            cancelled.cancel();

            server.close();
            Task<Void> late = createTask(server::waitClosed);
            rig.turns(3);
            assertThat(early.done() || late.done()).as("a connection is open").isFalse();
            pair.close();

            early.await();
            late.await();
            server.waitClosed();
            assertThat(server.connectionCount()).isZero();
        });
    }

    @EachPoller
    void waitClosed_theConnectionsGoFirst_waitsForClose(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Server server = echoServer();
            openConnection(HERE, server.port()).close();
            Task<Void> waiting = createTask(server::waitClosed);
            rig.await("no connection", () -> server.connectionCount() == 0);
            rig.turns(3);
            assertThat(waiting.done()).isFalse();

            server.close();

            waiting.await();
        });
    }

    @EachPoller
    void closeClients_endsEachOnceWhatItKeepsIsSent(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            byte[] much = Rig.pattern(6_000_000);
            boolean[] written = {false};
            Server server = startServer((reader, writer) -> {
                writer.write(much);
                written[0] = true;
                reader.readAll();
            }, HERE, 0);
            StreamPair pair = openConnection(HERE, server.port());
            rig.await("the handler", () -> written[0]);

            server.close();
            server.closeClients();

            assertThat(pair.reader().readAll()).isEqualTo(much);
            server.waitClosed();
            pair.close();
        });
    }

    @EachNetwork
    void abortClients_endsEachNow(Rig.Network network) {
        Rig.run(network, rig -> {
            Server server = startServer((reader, writer) -> {
                writer.write(Rig.pattern(6_000_000));
                reader.readAll();
            }, HERE, 0);
            StreamPair pair = openConnection(HERE, server.port());
            rig.await("the connection", () -> server.connectionCount() == 1);

            server.close();
            server.abortClients();

            assertThat(server.connectionCount()).isZero();
            server.waitClosed();
            assertThat(pair.reader().readAll().length).isLessThan(6_000_000);
            pair.close();
        });
    }

    // ---- serveForever

    @EachPoller
    void serveForever_cancelled_closesAndThrowsIt(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Server server = echoServer();
            Task<Void> serving = createTask(server::serveForever);
            rig.turns(2);
            assertThatThrownBy(server::serveForever).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("already being awaited");

            serving.cancel();

            assertThatThrownBy(serving::await).isInstanceOf(CancelledError.class);
            assertThat(server.isServing()).isFalse();
            assertThatThrownBy(server::serveForever).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        });
    }

    @EachPoller
    void serveForever_closedByAnother_endsCancelled(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Server server = echoServer();
            Task<Void> serving = createTask(server::serveForever);
            rig.turns(2);

            server.close();

            assertThatThrownBy(serving::await).isInstanceOf(CancelledError.class);
        });
    }

    // ---- Without file descriptors

    @Test
    void accept_withoutDescriptors_turnsAwayReportsOnceAndRecovers() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            try (Server server = echoServer()) {
                rig.turns(2);
                calls.socketsMax = calls.socketCount() + 3;
                long start = rig.loop.time();
                List<java.net.Socket> clients = connect(server, 10);

                List<String> answers = new ArrayList<>();
                for (java.net.Socket client : clients) answers.add(echoOf(client));
                assertThat(answers).as("those accepted are served, the others turned away")
                        .containsExactly("x", "x", "x", "", "", "", "", "", "", "");
                assertShortages(rig.takeEpisode(start));

                rig.checkIdle();
                assertThat(rig.takeReports()).as("more of the same").isEmpty();
                assertThat(echoOf(clients.getFirst())).as("during the shortage").isEqualTo("x");

                calls.socketsMax = Integer.MAX_VALUE;
                List<java.net.Socket> fresh = connect(server, 10);
                answers.clear();
                for (java.net.Socket client : fresh) answers.add(echoOf(client));
                assertThat(answers).as("all are served again").hasSize(10).containsOnly("x");

                for (java.net.Socket client : clients) client.close();
                for (java.net.Socket client : fresh) client.close();
                rig.await("no connection", () -> server.connectionCount() == 0);
            }
        });
    }

    @Test
    void accept_theReserveIsTakenToo_waitsWithoutSpinningAndRecovers() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            try (Server server = echoServer()) {
                rig.turns(2);
                calls.socketsMax = calls.socketCount() - 2;
                long start = rig.loop.time();
                List<java.net.Socket> clients = connect(server, 3);

                rig.checkIdle();
                assertShortages(rig.takeEpisode(start));
                calls.socketsMax = Integer.MAX_VALUE;

                for (java.net.Socket client : clients) assertThat(echoOf(client)).isEqualTo("x");
                for (java.net.Socket client : clients) client.close();
                rig.await("no connection", () -> server.connectionCount() == 0);
                rig.takeReports();
            }
        });
    }

    private static void assertShortages(List<ExceptionContext> told) {
        assertThat(told).allSatisfy(each ->
                assertThat(each.exception()).isInstanceOf(ResourceShortageException.class));
    }

    @Test
    void close_duringAShortage_leavesNothing() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            Server server = echoServer();
            rig.turns(2);
            calls.socketsMax = calls.socketCount();
            List<java.net.Socket> clients = connect(server, 2);
            rig.takeReport();

            server.close();

            server.waitClosed();
            sleep(Duration.ofMillis(5));
            assertThat(calls.socketCount()).isZero();
            for (java.net.Socket client : clients) client.close();
        });
    }

    /// Accepts fail until they are mended: each episode is told of, and nothing spins.
    private static void acceptsFail(int errno, Class<? extends IOException> told, int reports) {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            try (Server server = echoServer()) {
                rig.turns(2);
                calls.fail(Call.ACCEPT4, 1, Integer.MAX_VALUE, errno);
                long start = rig.loop.time();
                List<java.net.Socket> clients = connect(server, 3);
                List<ExceptionContext> heard = new ArrayList<>();
                rig.await("reports", () -> {
                    heard.addAll(rig.takeReports());
                    return heard.size() >= reports;
                });
                int before = calls.count(Call.ACCEPT4);
                rig.checkIdle();
                assertThat(calls.count(Call.ACCEPT4) - before).as("tries within 6 s")
                        .isLessThan(64 * 10);
                heard.addAll(rig.takeReports());
                assertThat(heard).allSatisfy(c -> assertThat(c.exception()).isInstanceOf(told));
                // Once until it has not happened for a second, as when this machine stands still.
                long seconds = Duration.ofNanos(rig.loop.time() - start).toSeconds();
                if (reports == 1) assertThat(heard).hasSizeLessThanOrEqualTo(1 + (int) seconds);

                calls.heal();

                for (java.net.Socket client : clients) assertThat(echoOf(client)).isEqualTo("x");
                for (java.net.Socket client : clients) client.close();
                rig.await("no connection", () -> server.connectionCount() == 0);
                rig.takeReports();
            }
            rig.checkEcho();
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.ENFILE, Errno.ENOMEM, Errno.ENOBUFS})
    void accept_withoutMemory_isToldOnceWaitsWithoutSpinningAndRecovers(int errno) {
        acceptsFail(errno, ResourceShortageException.class, 1);
    }

    @Test
    void accept_onABrokenListener_isToldAfterEachPauseAndRecovers() {
        acceptsFail(Errno.EOPNOTSUPP, SocketException.class, 3);
    }

    @Test
    void startServer_withoutAReserve_servesAsSoonAsItCan() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            calls.socketsMax = 1;
            long start = rig.loop.time();
            try (Server server = echoServer()) {
                List<java.net.Socket> clients = connect(server, 3);
                assertShortages(rig.takeEpisode(start));

                calls.socketsMax = Integer.MAX_VALUE;

                for (java.net.Socket client : clients) assertThat(echoOf(client)).isEqualTo("x");
                for (java.net.Socket client : clients) client.close();
                rig.await("no connection", () -> server.connectionCount() == 0);
            }
        });
    }

    /// Clients that are none of the loop's: they need none of the descriptors it counts.
    private static List<java.net.Socket> connect(Server server, int count) throws IOException {
        List<java.net.Socket> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            java.net.Socket client = new java.net.Socket(HERE, server.port());
            client.setSoTimeout(20_000);
            clients.add(client);
        }
        return clients;
    }

    /// The answer to `x`, or nothing if the connection was turned away.
    private static String echoOf(java.net.Socket client) {
        try {
            client.getOutputStream().write(bytes("x\n"));
            InputStream in = client.getInputStream();
            int answer = in.read();
            if (answer < 0) return "";
            assertThat(in.read()).isEqualTo('\n');
            return String.valueOf((char) answer);
        } catch (java.net.SocketException _) {
            return "";
        } catch (IOException e) {
            throw new AssertionError("no answer", e);
        }
    }

    // ---- Odd ends

    @EachPoller
    void handler_closesItsWriterItself_isFine(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Server server = startServer((_, writer) -> {
                        writer.write(bytes("x"));
                        writer.close();
                        writer.waitClosed();
                    }, HERE, 0);
                    StreamPair pair = openConnection(HERE, server.port())) {
                assertThat(text(pair.reader().readAll())).isEqualTo("x");
            }
        });
    }

    @EachPoller
    void serverSockets_areThoseOfTheListeners(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Server server = echoServer();
            assertThat(server.sockets()).hasSize(1).allMatch(Socket::isOpen);
            assertThat(server.toString()).startsWith("<Server sockets=[<Socket fd=");
            server.close();
            assertThat(server.sockets()).isEmpty();
            assertThatCode(server::close).doesNotThrowAnyException();
        });
    }
}
