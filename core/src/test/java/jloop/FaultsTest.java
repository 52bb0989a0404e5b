package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.startServer;
import static jloop.Rig.ask;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import jloop.io.Server;
import jloop.io.StreamPair;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Things go wrong under a server with real connections. After each the loop is as it was
/// before, see [#checkWell].
@Tag("slow")
class FaultsTest {

    private static final String HERE = "127.0.0.1";
    private static final int MANY = 200;

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

    @EachNetwork
    void handlersThrow_eachIsReportedOnce(Rig.Network network) {
        Rig.run(network, rig -> {
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

    @EachNetwork
    void peersReset_eachIsReportedOnceAndTheOthersAreServed(Rig.Network network) {
        Rig.run(network, rig -> {
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

    @EachNetwork
    void peersResetWhileTheyAreWrittenTo_eachIsReportedOnce(Rig.Network network) {
        Rig.run(network, rig -> {
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
            long start = rig.loop.time();
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

            // Told once; again only if it was not tried for a second.
            Duration time = Duration.ofNanos(rig.loop.time() - start);
            assertThat(reported(rig)).hasSizeLessThanOrEqualTo(1 + (int) time.toSeconds())
                    .allMatch(e -> e instanceof ResourceShortageException);
            server.close();
            server.waitClosed();
            checkWell(rig, before);
        });
    }

    /// With the limit of the system, on every poller.
    @Test
    void descriptorsRunOutForReal_someAreServedTheOthersTurnedAway() throws Exception {
        List<String> lines = FreshJvm.run(FewDescriptors.class).lines().toList();

        assertThat(lines).hasSize(2).allSatisfy(line -> {
            var found = Pattern.compile("(\\d+) served, (\\d+) turned away, "
                    + "(\\d+) times ResourceShortageException in (\\d+) s, "
                    + "(\\d+) polls, then x").matcher(line);
            assertThat(found.matches()).as(line).isTrue();
            assertThat(Integer.parseInt(found.group(1))).as(line).isBetween(5, 80);
            assertThat(Integer.parseInt(found.group(2))).as(line).isBetween(20, 95);
            // Told once; again only if it was not tried for a second.
            assertThat(Integer.parseInt(found.group(3))).as(line)
                    .isBetween(1, 1 + Integer.parseInt(found.group(4)));
            assertThat(Integer.parseInt(found.group(5))).as(line).isLessThan(100);
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
}
