package jloop.io;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.startServer;
import static jloop.Rig.ask;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import jloop.RawPeer;
import jloop.Rig;
import jloop.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Connections by TLS come and go, in all the ways in which they can: nothing is left of them.
///
/// A handshake takes milliseconds of both ends together, so 15,000 of them take half a minute:
/// at HANDOFF there are fewer. The property `jloop.test.tlsConnections` says how many.
class TlsChurnTest {

    private static final String HERE = "127.0.0.1";
    private static final int COUNT = Integer.getInteger("jloop.test.tlsConnections",
            "HANDOFF".equals(System.getProperty("jloop.level")) ? 300 : 15_000);
    private static final int WAVE = 100;
    private static final long HEAP_BYTES_MAX = 1_000_000;       // more than before
    private static final Duration PATIENCE = Duration.ofMinutes(2);     // with a busy machine
    private static final int SESSIONS = 50;     // that the JDK remembers, on either side

    private static final SSLContext KEYS = TestKeys.context("server");
    private static final SSLContext TLS13 = TestKeys.context("TLSv1.3", null);
    private static final SSLContext TLS12 = TestKeys.context("TLSv1.2", null);

    static {
        KEYS.getServerSessionContext().setSessionCacheSize(SESSIONS);
        TLS12.getClientSessionContext().setSessionCacheSize(SESSIONS);
        TLS13.getClientSessionContext().setSessionCacheSize(SESSIONS);
    }

    /// How a client ends its connection.
    private enum Way { IN_ORDER, RESET, WITHOUT_FAREWELL, AMID_HANDSHAKE, AMID_A_RECORD }

    /// What a process has at one time.
    private record Stock(long heapBytes, long descriptors, SortedSet<String> sockets, int tasks,
            int timers) {

        /// The loop polls first: what was closed before is closed then.
        static Stock of(Rig rig) {
            sleep(Duration.ofMillis(1));
            long heap = Long.MAX_VALUE;
            for (int i = 0; i < 3; i++) {
                System.gc();
                Runtime runtime = Runtime.getRuntime();
                heap = Math.min(heap, runtime.totalMemory() - runtime.freeMemory());
            }
            return new Stock(heap, descriptorCount(), Rig.sockets(), rig.taskCount(),
                    rig.timerCount());
        }

        /// Whether nothing is left but that of `before`.
        boolean isAtMost(Stock before) {
            return sockets.equals(before.sockets) && descriptors <= before.descriptors
                    && tasks == before.tasks && timers == before.timers
                    && heapBytes - before.heapBytes < HEAP_BYTES_MAX;
        }

        private static long descriptorCount() {
            try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
                return all.count();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void connections_openedAndDroppedInAllWays_leaveNothing() {
        Rig.run(rig -> {
            rig.allow(PATIENCE.plusMillis(100L * COUNT));
            Server server = startServer((reader, writer) -> {
                try {
                    Rig.echo(reader, writer);
                } catch (IOException _) {           // what its client wanted
                }
            }, HERE, 0, o -> o.withTls(KEYS, t -> t.withHandshakeTimeout(PATIENCE)));
            byte[] hello = clientHello();
            for (int i = 0; i < 2; i++) wave(rig, server, hello);   // classes, threads, caches
            Stock before = Stock.of(rig);

            for (int i = 0; i < COUNT; i += WAVE) wave(rig, server, hello);

            // Threads of the JDK's may still be about to let something go, or open a file.
            Stock after = Stock.of(rig);
            for (int i = 0; i < 20 && !after.isAtMost(before); i++) {
                sleep(Duration.ofMillis(100));
                after = Stock.of(rig);
            }
            assertThat(after).as("what is left, after %s", before)
                    .matches(left -> left.isAtMost(before));
            server.close();
            server.waitClosed();
        });
    }

    /// So many connections at the same time.
    private static void wave(Rig rig, Server server, byte[] hello) {
        int tasks = rig.taskCount();
        int timers = rig.timerCount();
        List<Task<Void>> clients = new ArrayList<>();
        for (int i = 0; i < WAVE; i++) {
            int client = i;
            Way way = Way.values()[i % Way.values().length];
            clients.add(createTask(() -> {
                if (way == Way.AMID_HANDSHAKE) dropAmidHandshake(rig, server, hello);
                else connectAndDrop(server, client % 4 == 0 ? TLS13 : TLS12, way);
            }));
        }
        for (Task<Void> client : clients) client.await();
        rig.await("an end to all connections", () -> server.connectionCount() == 0
                && rig.taskCount() == tasks && rig.timerCount() == timers);
    }

    private static void connectAndDrop(Server server, SSLContext context, Way way)
            throws IOException {
        StreamPair pair = openConnection(HERE, server.port(),
                o -> o.withTls(t -> t.withContext(context).withHandshakeTimeout(PATIENCE)));
        StreamWriter writer = pair.writer();
        assertThat(ask(pair, "hello")).isEqualTo("hello");
        if (way == Way.AMID_A_RECORD) writer.socket().sendNow(new byte[] {23, 3, 3, 0}, 0, 4);
        if (way == Way.RESET) writer.socket().setLinger(0);
        if (way == Way.IN_ORDER) writer.close();
        else writer.abort();
        writer.waitClosed();
    }

    private static void dropAmidHandshake(Rig rig, Server server, byte[] hello)
            throws IOException {
        RawPeer peer = new RawPeer(rig.loop, rig.connectTo(server.sockets().getFirst()));
        peer.send(hello);
        peer.receive(10);                       // the server is in the middle of its answer
        peer.reset();
    }

    private static byte[] clientHello() throws SSLException {
        SSLEngine engine = TLS13.createSSLEngine(HERE, -1);
        engine.setUseClientMode(true);
        ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), hello);
        byte[] bytes = new byte[hello.position()];
        hello.flip().get(bytes);
        return bytes;
    }
}
