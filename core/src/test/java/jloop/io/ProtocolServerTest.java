package jloop.io;

import static jloop.Asyncio.createConnection;
import static jloop.Asyncio.createServer;
import static jloop.Asyncio.createTask;
import static jloop.Rig.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import jloop.CancelledError;
import jloop.EachNetwork;
import jloop.FailingCalls;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;
import jloop.io.TracingProtocol.Echo;
import jloop.kernel.Errno;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ProtocolServerTest {

    private static final String HERE = "127.0.0.1";

    /// The same from a buffer of its own.
    private static final class BufferedEcho implements BufferedProtocol {

        private final ByteBuffer buffer = ByteBuffer.allocate(4096);
        private @Nullable Transport transport;

        @Override
        public void connectionMade(Transport made) {
            transport = made;
        }

        @Override
        public ByteBuffer getBuffer(int sizeHint) {
            return buffer.clear();
        }

        @Override
        public void bufferUpdated(int count) {
            if (transport != null) transport.write(buffer.array(), 0, count);
        }
    }

    private static Connection<TracingProtocol> connectTo(Server server) throws IOException {
        return createConnection(TracingProtocol::new, HERE, server.port());
    }

    private static String ask(Rig rig, Connection<TracingProtocol> connection, String question) {
        TracingProtocol protocol = connection.protocol();
        protocol.trace.clear();
        connection.transport().write(bytes(question));
        rig.await("an answer", () -> String.join("", protocol.trace).length()
                >= question.length());
        return String.join("", protocol.trace);
    }

    // ---- To serve

    @EachNetwork
    void createServer_hasAProtocolMadeForEachConnection(Rig.Network network) {
        Rig.run(network, rig -> {
            List<Echo> made = new ArrayList<>();
            Server server = createServer(() -> {
                made.add(new Echo());
                return made.getLast();
            }, HERE, 0);
            try (server; var one = connectTo(server); var two = connectTo(server)) {
                assertThat(one.protocol().trace).containsExactly("made");
                assertThat(ask(rig, two, "two")).isEqualTo("two");
                assertThat(ask(rig, one, "one")).isEqualTo("one");

                assertThat(made).hasSize(2);
                assertThat(server.isServing()).isTrue();
                assertThat(server.sockets()).hasSize(1);
                assertThat(server.connectionCount()).isEqualTo(2);
            }
            server.waitClosed();
            for (Echo each : made) assertThat(each.trace).containsExactly("made", "eof", "lost");
        });
    }

    @EachNetwork
    void createServer_ofBufferedProtocols_echoesMuchToMany(Rig.Network network) {
        Rig.run(network, rig -> {
            byte[] much = Rig.pattern(500_000);
            Server server = createServer(BufferedEcho::new, HERE, 0);
            List<Task<Void>> clients = new ArrayList<>();
            try (server) {
                for (int i = 0; i < 20; i++) {
                    clients.add(createTask(() -> {
                        try (var connection = createConnection(TracingProtocol::new, HERE,
                                server.port())) {
                            connection.transport().write(much);
                            rig.await("the echo",
                                    () -> connection.protocol().bytes == much.length);
                        }
                    }));
                }
                for (Task<Void> client : clients) client.await();
            }
            server.waitClosed();
        });
    }

    @EachNetwork
    void createServer_aFactoryThatThrows_isToldAndTheServerLives(Rig.Network network) {
        Rig.run(network, rig -> {
            List<Throwable> thrown = new ArrayList<>(List.of(
                    new IllegalStateException("factory"), new StackOverflowError("factory")));
            Server server = createServer(() -> {
                if (thrown.isEmpty()) return new Echo();
                if (thrown.getFirst() instanceof Error error) throw error;
                throw (RuntimeException) thrown.getFirst();
            }, HERE, 0);
            try (server) {
                while (!thrown.isEmpty()) {
                    try (var refused = connectTo(server)) {
                        rig.await("the end", refused.protocol()::isLost);
                        assertThat(rig.takeReport()).isSameAs(thrown.removeFirst());
                    }
                }
                try (var fine = connectTo(server)) {
                    assertThat(ask(rig, fine, "fine")).isEqualTo("fine");
                }
            }
            server.waitClosed();
        });
    }

    @EachNetwork
    void createServer_notToStart_servesFromStartServingOn(Rig.Network network) {
        Rig.run(network, rig -> {
            Server server = createServer(Echo::new, HERE, 0, o -> o.withStartServing(false));
            try (server) {
                assertThat(server.isServing()).isFalse();
                assertThatThrownBy(() -> connectTo(server)).isInstanceOf(ConnectException.class);

                server.startServing();
                server.startServing();

                assertThat(server.isServing()).isTrue();
                try (var connection = connectTo(server)) {
                    assertThat(ask(rig, connection, "x")).isEqualTo("x");
                }
            }
            server.waitClosed();
        });
    }

    @Test
    void startServing_ofAnAddressThatCannotListen_fails() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            Server server = createServer(Echo::new, HERE, 0, o -> o.withStartServing(false));
            calls.fail("listen", 1, Errno.EADDRINUSE);
            assertThatThrownBy(server::startServing)
                    .isInstanceOf(java.io.UncheckedIOException.class)
                    .hasMessageContaining("listen");
            assertThat(server.isServing()).isFalse();

            server.startServing();
            try (server; var connection = connectTo(server)) {
                assertThat(ask(rig, connection, "x")).isEqualTo("x");
            }
            server.waitClosed();
        });
    }

    // ---- The end of a server

    @EachNetwork
    void close_keepsTheConnections_closeClientsEndsThem(Rig.Network network) {
        Rig.run(network, rig -> {
            Server server = createServer(Echo::new, HERE, 0);
            try (var connection = connectTo(server)) {
                assertThat(ask(rig, connection, "before")).isEqualTo("before");
                server.close();
                Task<Void> waiting = createTask(server::waitClosed);
                assertThat(ask(rig, connection, "after")).isEqualTo("after");
                assertThat(waiting.done()).isFalse();

                server.closeClients();

                waiting.await();
                rig.await("the end", connection.protocol()::isLost);
            }
        });
    }

    @EachNetwork
    void closeClients_sendsWhatIsKept_abortClientsDoesNot(Rig.Network network) {
        Rig.run(network, rig -> {
            int much = 6_000_000;
            for (boolean aborts : new boolean[] {false, true}) {
                Server server = createServer(() -> new TracingProtocol() {
                    @Override
                    public void connectionMade(Transport made) {
                        made.write(new byte[much]);
                    }
                }, HERE, 0);
                try (var connection = connectTo(server)) {
                    connection.transport().pauseReading();
                    rig.await("the connection", () -> server.connectionCount() == 1);
                    rig.turns(5);
                    server.close();
                    if (aborts) server.abortClients();
                    else server.closeClients();
                    connection.transport().resumeReading();

                    server.waitClosed();
                    rig.await("the end", connection.protocol()::isLost);

                    if (aborts) assertThat(connection.protocol().bytes).isLessThan(much);
                    else assertThat(connection.protocol().bytes).isEqualTo(much);
                }
            }
        });
    }

    @EachNetwork
    void close_asConnectionsCome_endsThemAll(Rig.Network network) {
        Rig.run(network, rig -> {
            for (int turns = 0; turns < 8; turns++) {
                Server server = createServer(Echo::new, HERE, 0);
                List<Task<Void>> clients = new ArrayList<>();
                for (int i = 0; i < 5; i++) {
                    clients.add(createTask(() -> {
                        try (var connection = connectTo(server)) {
                            rig.await("the end", connection.protocol()::isLost);
                        } catch (IOException | IllegalStateException _) {
                        }
                    }));
                }
                rig.turns(turns);

                server.close();
                server.closeClients();
                rig.turns(3);
                server.closeClients();

                for (Task<Void> client : clients) client.await();
                server.waitClosed();
                assertThat(server.connectionCount()).isZero();
            }
        });
    }

    // ---- To connect

    @EachNetwork
    void createConnection_refused_namesTheAddressAndMakesNoProtocol(Rig.Network network) {
        Rig.run(network, rig -> {
            List<TracingProtocol> made = new ArrayList<>();
            // It has the port, so that nobody else does, and does not listen.
            try (Server server = createServer(Echo::new, HERE, 0,
                    o -> o.withStartServing(false))) {
                assertThatThrownBy(() -> createConnection(() -> {
                    made.add(new TracingProtocol());
                    return made.getLast();
                }, HERE, server.port())).isInstanceOf(ConnectException.class)
                        .hasMessageContaining(HERE);
            }
            assertThat(made).isEmpty();
        });
    }

    @EachNetwork
    void createConnection_aFactoryThatThrows_leavesNothingOpen(Rig.Network network) {
        Rig.run(network, rig -> {
            Server server = createServer(Echo::new, HERE, 0);
            try (server) {
                var thrown = new IllegalStateException("factory");
                assertThatThrownBy(() -> createConnection(() -> {
                    throw thrown;
                }, HERE, server.port())).isSameAs(thrown);
            }
            server.waitClosed();
        });
    }

    @EachNetwork
    void createConnection_cancelledAtAnyTime_leavesNothingOpen(Rig.Network network) {
        Rig.run(network, rig -> {
            Server server = createServer(Echo::new, HERE, 0);
            for (int turns = 0; turns < 8; turns++) {
                Task<Connection<TracingProtocol>> connecting =
                        createTask(() -> connectTo(server));
                rig.turns(turns);
                if (connecting.cancel()) {
                    assertThatThrownBy(connecting::await).isInstanceOf(CancelledError.class);
                } else {
                    connecting.await().close();
                }
            }
            server.close();
            server.waitClosed();
        });
    }

    @EachNetwork
    void createConnection_bySocket_takesItOver(Rig.Network network) {
        Rig.run(network, rig -> {
            Server server = createServer(Echo::new, HERE, 0);
            Socket socket = Socket.open(rig.loop, StandardProtocolFamily.INET);
            assertThatThrownBy(() -> createConnection(TracingProtocol::new, socket))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not connected");
            rig.loop.sockConnect(socket, Rig.loopback(server.port()));

            try (server; var connection = createConnection(TracingProtocol::new, socket)) {
                assertThat(ask(rig, connection, "x")).isEqualTo("x");
            }
            server.waitClosed();
        });
    }

    // ---- System calls

    @Test
    void echo_costsOneReceiveAndOneSendAMessage() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            for (var factory : List.<java.util.function.Supplier<BaseProtocol>>of(
                    Echo::new, BufferedEcho::new)) {
                Server server = createServer(factory, HERE, 0);
                try (server; var connection = connectTo(server)) {
                    ask(rig, connection, "warm");
                    int before = calls.made();
                    for (int i = 0; i < 10; i++) ask(rig, connection, "message " + i);

                    // Both ends are ours: so two of each.
                    assertThat(calls.made() - before).isEqualTo(40);
                }
                server.waitClosed();
            }
        });
    }
}
