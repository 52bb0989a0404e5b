package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.openUnixConnection;
import static jloop.Asyncio.startServer;
import static jloop.Asyncio.startUnixServer;
import static jloop.Rig.ask;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import jloop.io.ConnectionHandler;
import jloop.io.Server;
import jloop.io.StreamPair;
import jloop.kernel.Errno;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Things go wrong under a server with real connections. After each the loop is as it was
/// before, see [#checkWell].
@Tag("slow")
class FaultsTest {

    private static final String HERE = "127.0.0.1";
    private static final int MANY = 200;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /// What must hold after every fault: no descriptor, task or timer more than before, no
    /// report that was not expected, an echo still works, and nothing spins.
    private static void checkWell(Rig rig, SortedSet<String> before) throws Exception {
        rig.checkClean(before);
        rig.checkEcho();
        rig.checkClean(before);
        rig.checkIdle();
    }

    private static List<StreamPair> connect(Server server, int count) throws IOException {
        List<StreamPair> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) pairs.add(openConnection(HERE, server.port()));
        return pairs;
    }

    private static List<Throwable> reported(Rig rig) {
        return rig.takeReports().stream()
                .map(context -> Objects.requireNonNull(context.exception())).toList();
    }

    /// Every second of many clients asks `bad`, the others `good`, all at once. Returns the
    /// answers to `good`.
    private static List<String> askMany(Server server) throws IOException {
        List<StreamPair> pairs = connect(server, MANY);
        List<Task<String>> good = new ArrayList<>();
        List<Task<String>> bad = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            StreamPair pair = pairs.get(i);
            if (i % 2 == 0) good.add(createTask(() -> ask(pair, "good")));
            else bad.add(createTask(() -> ask(pair, "bad")));
        }
        for (Task<String> task : bad) assertThat(task.await()).isEmpty();
        List<String> answers = new ArrayList<>();
        for (Task<String> task : good) answers.add(task.await());
        pairs.forEach(StreamPair::close);
        return answers;
    }

    private static void checkAnswers(List<String> answers) {
        assertThat(answers).hasSize(MANY / 2).containsOnly("good");
    }

    // ---- Handlers and peers

    @EachPoller
    void handlersThrow_eachIsReportedOnce(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            SortedSet<String> before = Rig.sockets();
            Server server = startServer((reader, writer) -> {
                String line = text(reader.readline());
                if (line.startsWith("bad")) throw new IllegalStateException(line);
                writer.write(bytes(line));
            }, HERE, 0);

            checkAnswers(askMany(server));

            assertThat(reported(rig)).hasSize(MANY / 2)
                    .allMatch(e -> e instanceof IllegalStateException);
            server.close();
            server.waitClosed();
            checkWell(rig, before);
        });
    }

    @EachPoller
    void peersReset_eachIsReportedOnceAndTheOthersAreServed(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            SortedSet<String> before = Rig.sockets();
            Server server = startServer(Rig::echo, HERE, 0);
            List<StreamPair> pairs = connect(server, MANY);
            for (StreamPair pair : pairs) assertThat(ask(pair, "x")).isEqualTo("x");

            for (int i = 1; i < MANY; i += 2) reset(pairs.get(i));
            for (int i = 0; i < MANY; i += 2)
                assertThat(ask(pairs.get(i), "good")).isEqualTo("good");
            rig.await("the resets", () -> server.connectionCount() == MANY / 2);

            assertThat(reported(rig)).hasSize(MANY / 2)
                    .allMatch(e -> e instanceof ConnectionResetException);
            pairs.forEach(StreamPair::close);
            server.close();
            server.waitClosed();
            checkWell(rig, before);
        });
    }

    private static void reset(StreamPair pair) throws IOException {
        Socket socket = (Socket) Objects.requireNonNull(pair.writer().getExtraInfo("socket"));
        socket.setLinger(0);
        pair.writer().abort();
    }

    @EachPoller
    void peersResetWhileTheyAreWrittenTo_eachIsReportedOnce(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            SortedSet<String> before = Rig.sockets();
            byte[] block = new byte[100_000];
            Server server = startServer((_, writer) -> {
                while (true) {
                    writer.write(block);
                    writer.drain();
                }
            }, HERE, 0);
            List<StreamPair> pairs = connect(server, MANY / 4);
            for (StreamPair pair : pairs) assertThat(pair.reader().readexactly(10)).hasSize(10);

            for (StreamPair pair : pairs) reset(pair);
            rig.await("the resets", () -> server.connectionCount() == 0);
            rig.await("the handlers", () -> rig.taskCount() == 2);

            assertThat(reported(rig)).hasSize(MANY / 4)
                    .allMatch(e -> e instanceof java.net.SocketException);
            server.close();
            server.waitClosed();
            checkWell(rig, before);
        });
    }

    @Test
    void handlersBlockOnALock_theOthersAreServedMeanwhile() {
        Rig.run(rig -> {
            SortedSet<String> before = Rig.sockets();
            ReentrantLock lock = new ReentrantLock();
            lock.lock();
            Server server = startServer((reader, writer) -> {
                for (String line; !(line = text(reader.readline())).isEmpty(); ) {
                    if (line.startsWith("bad")) {
                        lock.lock();
                        lock.unlock();
                    }
                    writer.write(bytes(line));
                }
            }, HERE, 0);
            List<StreamPair> blocked = connect(server, MANY / 4);
            List<Task<String>> answers = new ArrayList<>();
            for (StreamPair pair : blocked) answers.add(createTask(() -> ask(pair, "bad")));
            try (StreamPair pair = openConnection(HERE, server.port())) {
                for (int i = 0; i < 50; i++) assertThat(ask(pair, "good")).isEqualTo("good");
            }
            assertThat(answers).noneMatch(Task::done);

            lock.unlock();

            for (Task<String> answer : answers) assertThat(answer.await()).isEqualTo("bad");
            blocked.forEach(StreamPair::close);
            server.close();
            server.waitClosed();
            checkWell(rig, before);
        });
    }

    @Test
    void handlersOverflowTheirStack_eachIsReportedOnce() {
        Rig.run(rig -> {
            SortedSet<String> before = Rig.sockets();
            Server server = startServer((reader, writer) -> {
                String line = text(reader.readline());
                if (line.startsWith("bad")) deeper(1);
                writer.write(bytes(line));
            }, HERE, 0);

            checkAnswers(askMany(server));

            assertThat(reported(rig)).hasSize(MANY / 2)
                    .allMatch(e -> e instanceof StackOverflowError);
            server.close();
            server.waitClosed();
            checkWell(rig, before);
        });
    }

    private static int deeper(int depth) {
        return depth == 0 ? 0 : 1 + deeper(depth + 1) * depth;
    }

    // ---- Without descriptors

    @Test
    void descriptorsRunOut_clientsAreToldAndTheServerRecovers() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            SortedSet<String> before = Rig.sockets();
            Server server = startServer(Rig::echo, HERE, 0);
            rig.turns(2);
            calls.socketsMax = calls.socketCount() + MANY;
            List<StreamPair> pairs = new ArrayList<>();
            int refused = 0;
            while (refused < 5) {
                try {
                    pairs.add(openConnection(HERE, server.port()));
                } catch (ResourceShortageException _) {
                    refused++;
                }
            }
            assertThat(pairs).hasSizeGreaterThanOrEqualTo(MANY / 2 - 1);
            rig.turns(100);
            rig.checkIdle();

            calls.socketsMax = Integer.MAX_VALUE;
            pairs.forEach(StreamPair::close);
            rig.await("the server to have let go", () -> server.connectionCount() == 0);
            try (StreamPair pair = openConnection(HERE, server.port())) {
                assertThat(ask(pair, "good")).isEqualTo("good");
            }

            assertThat(reported(rig)).hasSizeLessThanOrEqualTo(1)
                    .allMatch(e -> e instanceof ResourceShortageException);
            server.close();
            server.waitClosed();
            checkWell(rig, before);
        });
    }

    // ---- Short counts

    @Test
    void everySendTakesOneByte_theBytesArriveInOrder() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            SortedSet<String> before = Rig.sockets();
            byte[] sent = Rig.pattern(20_000);
            calls.sentMax = 1;
            Server server = startServer((reader, writer) -> {
                writer.write(reader.readexactly(sent.length));
                writer.drain();
            }, HERE, 0);
            try (StreamPair pair = openConnection(HERE, server.port())) {
                pair.writer().write(sent);

                assertThat(pair.reader().readAll()).isEqualTo(sent);
            }
            server.close();
            server.waitClosed();
            calls.sentMax = Integer.MAX_VALUE;
            checkWell(rig, before);
        });
    }

    // ---- One system call fails

    /// A system call with the error numbers of its manual page.
    private enum Fault {
        SOCKET(Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM, Errno.EACCES,
                Errno.EAFNOSUPPORT, Errno.EINVAL),
        BIND(Errno.EACCES, Errno.EADDRINUSE, Errno.EINVAL, Errno.EADDRNOTAVAIL, Errno.ENOMEM),
        LISTEN(Errno.EADDRINUSE, Errno.EOPNOTSUPP),
        ACCEPT(Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM, Errno.ECONNABORTED,
                Errno.EPROTO, Errno.EPERM, Errno.EINTR, Errno.ENETDOWN, Errno.EHOSTUNREACH,
                Errno.EOPNOTSUPP, Errno.ENETUNREACH, Errno.EINVAL, Errno.EIO),
        CONNECT(Errno.ECONNREFUSED, Errno.ENETUNREACH, Errno.EADDRNOTAVAIL, Errno.EACCES,
                Errno.ETIMEDOUT, Errno.EAGAIN, Errno.EHOSTUNREACH),
        RECV(Errno.ECONNRESET, Errno.EINTR, Errno.ENOMEM, Errno.ETIMEDOUT, Errno.EHOSTUNREACH,
                Errno.EIO),
        SEND(Errno.EPIPE, Errno.ECONNRESET, Errno.ENOBUFS, Errno.ENOMEM, Errno.EINTR,
                Errno.EHOSTUNREACH, Errno.ETIMEDOUT, Errno.EAGAIN),
        SETSOCKOPT(Errno.EINVAL, Errno.ENOMEM, Errno.ENOBUFS),
        SHUTDOWN(Errno.ENOTCONN, Errno.ENOBUFS),
        EPOLL_CTL(Errno.ENOMEM, 28),            // ENOSPC: no more watches for this user
        CLOSE(Errno.EINTR, Errno.EIO);

        final int[] errnos;

        Fault(int... errnos) {
            this.errnos = errnos;
        }

        String call() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /// The first call fails, then the second, and so on until there is none left to fail.
    @ParameterizedTest(name = "{0}")
    @EnumSource(Fault.class)
    void oneCallFails_somebodyIsToldOnceAndNothingIsLeft(Fault fault) {
        sweep(fault, new Place() {
            @Override
            public Server serve(ConnectionHandler handler) throws IOException {
                return startServer(handler, HERE, 0);
            }

            @Override
            public StreamPair connect(Server server) throws IOException {
                return openConnection(HERE, server.port());
            }
        });
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SETSOCKOPT")
    void oneCallFailsOverUnix_somebodyIsToldOnceAndNothingIsLeft(
            Fault fault, @TempDir Path folder) {
        Path path = folder.resolve("socket");
        sweep(fault, new Place() {
            @Override
            public Server serve(ConnectionHandler handler) throws IOException {
                assertThat(path).as("what is left of the server before").doesNotExist();
                return startUnixServer(handler, path);
            }

            @Override
            public StreamPair connect(Server server) throws IOException {
                return openUnixConnection(path);
            }
        });
        assertThat(path).doesNotExist();
    }

    /// Where a server listens.
    private interface Place {

        Server serve(ConnectionHandler handler) throws IOException;

        StreamPair connect(Server server) throws IOException;
    }

    private static void sweep(Fault fault, Place place) {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            SortedSet<String> before = Rig.sockets();
            for (int errno : fault.errnos) {
                int nth = 1;
                while (isTold(rig, calls, fault, nth, errno, place)) {
                    rig.checkClean(before);
                    rig.checkEcho();
                    assertThat(++nth).as("calls to fail").isLessThan(200);
                }
                assertThat(nth).as("calls that were failed").isGreaterThan(1);
            }
            checkWell(rig, before);
        });
    }

    /// False if it did not come to the call that was to fail.
    private static boolean isTold(
            Rig rig, FailingCalls calls, Fault fault, int nth, int errno, Place place) {
        String what = fault + " number " + nth + ": " + Errno.text(errno);
        calls.fail(fault.call(), nth, errno);
        int failures = converse(what, place);
        rig.await("an end to all tasks", () -> rig.taskCount() == 1);
        boolean reached = calls.hasFailed();
        calls.failNothing();
        List<Throwable> reports = reported(rig);
        assertThat(reports).as(what).hasSizeLessThanOrEqualTo(1);
        if (!reached) {
            assertThat(failures).as(what).isZero();
            assertThat(reports).as(what).isEmpty();
        }
        return reached;
    }

    /// Three clients talk to a server. Returns how many had an exception or no answer.
    private static int converse(String what, Place place) {
        int[] failures = new int[1];
        try {
            Asyncio.timeout(LIMIT, () -> {
                Server server = place.serve(answering());
                try (server) {
                    List<Task<Void>> clients = new ArrayList<>();
                    for (int i = 0; i < 3; i++)
                        clients.add(createTask(() -> beClient(place.connect(server))));
                    for (Task<Void> client : clients) {
                        try {
                            client.await(Exception.class);
                        } catch (IOException _) {
                            failures[0]++;
                        }
                    }
                }
                server.waitClosed();
            });
        } catch (TimeoutException e) {
            fail(what + ": somebody waits in vain", e);
        } catch (Exception e) {
            if (!(e instanceof IOException)) throw new AssertionError(what, e);
            failures[0]++;
        }
        return failures[0];
    }

    private static ConnectionHandler answering() {
        return (reader, writer) -> {
            String question = text(reader.readline());
            writer.write(bytes("answer to " + question));
            writer.drain();
            int _ = reader.readAll().length;
            writer.write(bytes("bye\n"));
        };
    }

    private static void beClient(StreamPair open) throws IOException {
        try (StreamPair pair = open) {
            String answer = ask(pair, "question");
            if (!answer.equals("answer to question")) throw new IOException("got " + answer);
            pair.writer().writeEof();
            String rest = text(pair.reader().readAll());
            if (!rest.equals("bye\n")) throw new IOException("got " + rest);
        }
    }
}
