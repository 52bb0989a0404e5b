package jloop.io;

import static jloop.Asyncio.createServer;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.startServer;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jloop.CancelledError;
import jloop.EachNetwork;
import jloop.ExceptionContext;
import jloop.RawPeer;
import jloop.Rig;
import jloop.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// How a server ends in bounded time.
class ShutdownTest {

    private static final String HERE = "127.0.0.1";
    private static final Duration ONE = Duration.ofSeconds(1);
    private static final Duration GRACE = Duration.ofSeconds(10);
    private static final Duration DAY = Duration.ofDays(1);

    private static RawPeer connectTo(Rig rig, Server server) throws IOException {
        int before = server.connectionCount();
        RawPeer peer = new RawPeer(rig.loop, rig.connectTo(server.sockets().getFirst()));
        rig.await("the connection", () -> server.connectionCount() > before);
        rig.turns(3);
        return peer;
    }

    private static void virtually(Rig.Body body) {
        Rig.run(Rig.Network.VIRTUAL, body);
    }

    /// How long it takes.
    private static Duration shutDown(Rig rig, Server server) {
        return shutDown(rig, server, GRACE);
    }

    private static Duration shutDown(Rig rig, Server server, Duration grace) {
        long start = rig.loop.time();
        server.shutdown(grace);
        assertThat(server.isServing()).isFalse();
        assertThat(server.connectionCount()).isZero();
        return Duration.ofNanos(rig.loop.time() - start);
    }

    // ---- Within the grace

    @EachNetwork
    void shutdown_withoutConnections_isOverAtOnce(Rig.Network network) {
        Rig.run(network, rig -> {
            Server server = startServer(Rig::echo, HERE, 0);
            Task<Void> serving = createTask(server::serveForever);
            rig.turns(2);

            server.shutdown(DAY);
            server.shutdown(DAY);

            assertThatThrownBy(serving::await).isInstanceOf(CancelledError.class);
            server.waitClosed();
        });
    }

    @EachNetwork
    void shutdown_connectionsThatEndByThemselves_areWaitedFor(Rig.Network network) {
        Rig.run(network, rig -> {
            Server server = startServer(Rig::echo, HERE, 0);
            try (RawPeer peer = connectTo(rig, server)) {
                Task<Void> over = createTask(() -> server.shutdown(DAY));
                rig.turns(5);

                peer.send("still served\n");
                assertThat(text(peer.receive(13))).isEqualTo("still served\n");
                assertThat(over.done()).isFalse();
                peer.close();

                over.await();
            }
        });
    }

    @Test
    void shutdown_takesNoNewConnections() {
        virtually(rig -> {
            Server server = startServer(Rig::echo, HERE, 0);
            int port = server.port();
            try (RawPeer peer = connectTo(rig, server)) {
                Task<Void> over = createTask(() -> server.shutdown(DAY));
                rig.turns(1);
                assertThatThrownBy(() -> jloop.Asyncio.openConnection(HERE, port))
                        .isInstanceOf(ConnectException.class);
                peer.close();
                over.await();
            }
        });
    }

    @Test
    void shutdown_aHandlerWithoutConnection_isWaitedFor() {
        virtually(rig -> {
            List<String> trace = new ArrayList<>();
            Server server = startServer((_, writer) -> {
                writer.close();
                sleep(ONE.multipliedBy(5));
                trace.add("put away");
            }, HERE, 0);
            try (RawPeer _ = new RawPeer(rig.loop,
                    rig.connectTo(server.sockets().getFirst()))) {
                rig.turns(10);
                assertThat(shutDown(rig, server)).isEqualTo(ONE.multipliedBy(5));
                assertThat(trace).containsExactly("put away");
            }
        });
    }

    // ---- Beyond

    @EachNetwork
    void shutdown_handlersThatWaitForMore_readTheEnd(Rig.Network network) {
        Rig.run(network, rig -> {
            List<String> ends = new ArrayList<>();
            Server server = startServer((reader, _) -> ends.add(
                    "read " + reader.readline().length), HERE, 0);
            Server protocols = createServer(() -> new TracingProtocol() {
                @Override
                public void connectionLost(Throwable why) {
                    ends.add("lost " + why);
                }
            }, HERE, 0);
            try (RawPeer one = connectTo(rig, server); RawPeer two = connectTo(rig, protocols)) {
                Duration grace = Duration.ofMillis(50);
                for (Server each : List.of(server, protocols)) {
                    long before = rig.loop.time();
                    shutDown(rig, each, grace);
                    TlsStreamsTest.checkPassed(network, rig, before, grace);
                }

                assertThat(ends).containsExactly("read 0", "lost null");
                assertThat(one.receiveAll()).isEmpty();
                assertThat(two.receiveAll()).isEmpty();
            }
        });
    }

    @Test
    void shutdown_whatIsKeptIsSent_toWhoReadsIt() {
        virtually(rig -> {
            byte[] much = Rig.pattern(1_000_000);
            Server server = startServer((_, writer) -> {
                writer.write(much);
                writer.drain();
                sleep(DAY);
            }, HERE, 0);
            try (RawPeer peer = connectTo(rig, server)) {
                Task<Duration> over = createTask(() -> shutDown(rig, server));
                sleep(GRACE.plusMillis(500));
                assertThat(peer.receiveAll()).isEqualTo(much);
                // The handler sleeps on, and is cancelled.
                assertThat(over.await()).isEqualTo(GRACE.plus(ONE));
            }
        });
    }

    @Test
    void shutdown_whoDoesNotRead_isCutOff() {
        virtually(rig -> {
            Server server = createServer(() -> new TracingProtocol() {
                @Override
                public void connectionMade(Transport made) {
                    made.write(new byte[1_000_000]);
                }
            }, HERE, 0);
            try (RawPeer _ = connectTo(rig, server)) {
                assertThat(shutDown(rig, server)).isEqualTo(GRACE.plus(ONE));
            }
        });
    }

    @Test
    void shutdown_handlersThatDoSomethingElse_areCancelled() {
        virtually(rig -> {
            List<String> trace = new ArrayList<>();
            Server server = startServer((_, _) -> {
                try {
                    sleep(DAY);
                } finally {
                    sleep(ONE.dividedBy(2));
                    trace.add("cleaned up");
                }
            }, HERE, 0);
            try (RawPeer _ = connectTo(rig, server)) {
                assertThat(shutDown(rig, server)).isEqualTo(GRACE.plusMillis(1_500));
                assertThat(trace).containsExactly("cleaned up");
            }
        });
    }

    @Test
    void shutdown_aHandlerThatRefusesToEnd_isTold() {
        virtually(rig -> {
            boolean[] enough = {false};
            Server server = startServer((_, _) -> {
                while (!enough[0]) {
                    try {
                        sleep(ONE);
                    } catch (CancelledError _) {
                        assertThat(enough).containsExactly(false);
                    }
                }
            }, HERE, 0);
            try (RawPeer _ = connectTo(rig, server); RawPeer _ = connectTo(rig, server)) {
                assertThat(shutDown(rig, server)).isEqualTo(GRACE.plus(ONE).plus(ONE));
                List<ExceptionContext> told = rig.takeReports();
                assertThat(told).hasSize(1);
                assertThat(told.getFirst().message()).startsWith(
                        "still running after shutdown of their server: 2 handlers, one of them");
                assertThat(told.getFirst().source()).isSameAs(server);
                enough[0] = true;
            }
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1})
    void shutdown_withoutGrace_closesAtOnce(long seconds) {
        virtually(rig -> {
            Server server = startServer(Rig::echo, HERE, 0);
            try (RawPeer peer = connectTo(rig, server)) {
                assertThat(shutDown(rig, server, Duration.ofSeconds(seconds))).isZero();
                assertThat(peer.receiveAll()).isEmpty();
            }
        });
    }

    @Test
    void shutdown_inTheMiddleOfAHandshake_endsIt() {
        TlsStreamsTest.virtually(rig -> {
            for (boolean streams : new boolean[] {true, false}) {
                Server server = streams
                        ? startServer(Rig::echo, HERE, 0,
                                o -> o.withTls(TestKeys.context("server")))
                        : createServer(TracingProtocol::new, HERE, 0,
                                o -> o.withTls(TestKeys.context("server")));
                try (RawPeer peer = connectTo(rig, server)) {
                    assertThat(shutDown(rig, server)).isEqualTo(GRACE);
                    assertThat(peer.receiveAll()).isEmpty();
                }
            }
        });
    }

    // ---- Who calls it

    @Test
    void shutdown_cancelled_leavesTheRestToTheNext() {
        virtually(rig -> {
            Server server = startServer(Rig::echo, HERE, 0);
            try (RawPeer peer = connectTo(rig, server)) {
                Task<Void> impatient = createTask(() -> server.shutdown(DAY));
                rig.turns(2);
                impatient.cancel();
                assertThatThrownBy(impatient::await).isInstanceOf(CancelledError.class);

                peer.send("served\n");
                assertThat(text(peer.receive(7))).isEqualTo("served\n");
                assertThat(server.isServing()).isFalse();
                assertThat(shutDown(rig, server, Duration.ZERO)).isZero();
            }
        });
    }

    @Test
    void shutdown_byAHandler_endsAllOthersAndReturns() {
        virtually(rig -> {
            List<String> trace = new ArrayList<>();
            Server[] servers = new Server[1];
            Server server = startServer((reader, writer) -> {
                if (text(reader.readline()).equals("quit\n")) {
                    servers[0].shutdown(ONE);
                    trace.add("returned");
                }
            }, HERE, 0);
            servers[0] = server;
            try (RawPeer other = connectTo(rig, server); RawPeer peer = connectTo(rig, server)) {
                peer.send(bytes("quit\n"));
                assertThat(other.receiveAll()).isEmpty();
                rig.await("it", () -> !trace.isEmpty());
            }
            server.shutdown(Duration.ZERO);
        });
    }

    @Test
    void closeClients_ofAServerThatIsNotClosed_servesOn() {
        virtually(rig -> {
            Server server = startServer(Rig::echo, HERE, 0);
            for (int i = 0; i < 2; i++) {
                try (RawPeer one = connectTo(rig, server); RawPeer two = connectTo(rig, server)) {
                    if (i == 0) server.closeClients();
                    else server.abortClients();
                    assertThat(one.receiveAll()).isEmpty();
                    assertThat(two.receiveAll()).isEmpty();
                    assertThat(server.isServing()).isTrue();
                    assertThat(server.connectionCount()).isZero();
                }
            }
            server.close();
            server.waitClosed();
        });
    }
}
