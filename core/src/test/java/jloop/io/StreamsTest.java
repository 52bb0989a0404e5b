package jloop.io;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.startServer;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import jloop.CancelledError;
import jloop.EachNetwork;
import jloop.EachPoller;
import jloop.FailingCalls;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;
import jloop.kernel.Errno;
import org.junit.jupiter.api.Test;

class StreamsTest {

    private static final String HERE = "127.0.0.1";
    private static final Duration A_WHILE = Duration.ofMillis(200);

    private static void echo(StreamReader reader, StreamWriter writer) throws IOException {
        writer.write(reader.readline());
    }

    private static String ask(StreamPair pair) throws IOException {
        try (pair) {
            pair.writer().write(bytes("hello\n"));
            return text(pair.reader().readAll());
        }
    }

    /// Holds a port of `host` where nobody listens.
    private static Socket bound(Rig rig, String host) throws IOException {
        Socket socket = Socket.open(rig.loop, StandardProtocolFamily.INET);
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(host), 0));
        return socket;
    }

    private static int portOf(Socket socket) {
        return ((InetSocketAddress) Objects.requireNonNull(socket.localAddress())).getPort();
    }

    // ---- openConnection

    @EachPoller
    void openConnection_byAddressAndByName_getsThere(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Server server = startServer(StreamsTest::echo, HERE, 0)) {
                assertThat(ask(openConnection(HERE, server.port()))).isEqualTo("hello\n");
                assertThat(ask(openConnection("localhost", server.port())))
                        .as("if its first address is ::1, the second is tried")
                        .isEqualTo("hello\n");
            }
        });
    }

    @EachNetwork
    void openConnection_refused_namesTheAddressAndLeavesNothing(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket bound = bound(rig, HERE)) {
                int nobody = portOf(bound);
                SortedSet<String> before = Rig.sockets();

                assertThatThrownBy(() -> openConnection(HERE, nobody))
                        .isInstanceOf(ConnectException.class)
                        .hasMessageContaining("127.0.0.1:" + nobody);

                assertThat(Rig.sockets()).isEqualTo(before);
            }
        });
    }

    @Test
    void openConnection_severalAddressesAllRefused_tellsOfEach() {
        Rig.run(rig -> {
            rig.loop.setResolver(_ -> Stream.of(HERE, "127.0.0.2", "127.0.0.3")
                    .map(InetAddress::ofLiteral).toList());
            try (Socket bound = bound(rig, "0.0.0.0")) {
                assertThatThrownBy(() -> openConnection("here", portOf(bound)))
                        .isInstanceOf(IOException.class)
                        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(2));
            }
        });
    }

    @Test
    void openConnection_unknownHost_isTold() {
        Rig.run(_ -> {
            assertThatThrownBy(() -> openConnection("no such host", 80))
                    .isInstanceOf(UnknownHostException.class);
        });
    }

    @Test
    void openConnection_impossiblePort_isRejected() {
        Rig.run(_ -> {
            for (int port : new int[] {-1, 0, 65_536}) {
                assertThatThrownBy(() -> openConnection(HERE, port))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("port must be");
            }
            assertThatThrownBy(() -> openConnection(HERE, 80, o -> o.withLimit(0)))
                    .isInstanceOf(IllegalArgumentException.class);
        });
    }

    @Test
    void openConnection_outsideOfALoop_isRejected() {
        assertThatThrownBy(() -> openConnection(HERE, 80))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no running event loop");
    }

    @EachPoller
    void openConnection_cancelled_leavesNothing(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Socket listener = Socket.open(rig.loop, StandardProtocolFamily.INET)) {
                listener.bind(Rig.loopback(0));
                listener.listen(1);
                int port = portOf(listener);
                List<Task<StreamPair>> tasks = new ArrayList<>();
                // The queue of the listener is full after a few: the next one hangs.
                for (boolean stuck = false; !stuck; ) {
                    Task<StreamPair> task = createTask(() -> openConnection(HERE, port));
                    tasks.add(task);
                    jloop.Asyncio.wait(List.of(task), o -> o.withTimeout(A_WHILE));
                    stuck = !task.done();
                }

                tasks.getLast().cancel();

                assertThatThrownBy(tasks.removeLast()::await).isInstanceOf(CancelledError.class);
                for (Task<StreamPair> task : tasks) task.await().close();
            }
        });
    }

    @EachNetwork
    void openConnection_cancelledAtAnyMoment_leavesNothing(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Server server = startServer(StreamsTest::echo, HERE, 0)) {
                for (int turns = 0; turns < 12; turns++) {
                    Task<String> task = createTask(
                            () -> ask(openConnection(HERE, server.port())));
                    rig.turns(turns);
                    task.cancel();
                    rig.await("its end", task::done);
                }
                rig.await("no connection", () -> server.connectionCount() == 0);
            }
        });
    }

    @EachPoller
    void openConnection_withALimit_boundsLines(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Server server = startServer((_, w) -> w.write(bytes("0123456789\n")), HERE, 0);
                    StreamPair pair = openConnection(HERE, server.port(), o -> o.withLimit(5))) {
                assertThatThrownBy(() -> pair.reader().readuntil(bytes("\n")))
                        .isInstanceOf(LimitOverrunException.class);
                assertThat(pair.reader().readexactly(11)).hasSize(11);
            }
        });
    }

    // ---- startServer

    @EachPoller
    void startServer_onAllInterfaces_listensOnBothFamilies(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            for (String host : new String[] {null, ""}) {
                try (Server server = startServer(StreamsTest::echo, host, 0)) {
                    assertThat(server.sockets()).isNotEmpty();
                    for (Socket listener : server.sockets()) {
                        var address = (InetSocketAddress) Objects.requireNonNull(
                                listener.localAddress());
                        boolean v4 = address.getAddress() instanceof java.net.Inet4Address;
                        assertThat(ask(openConnection(v4 ? HERE : "::1", address.getPort())))
                                .isEqualTo("hello\n");
                    }
                }
            }
        });
    }

    @EachPoller
    void startServer_portInUse_namesTheAddressAndLeavesNothing(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Server server = startServer(StreamsTest::echo, HERE, 0)) {
                SortedSet<String> before = Rig.sockets();
                int port = server.port();

                assertThatThrownBy(() -> startServer(StreamsTest::echo, HERE, port))
                        .isInstanceOf(BindException.class)
                        .hasMessageContaining("127.0.0.1:" + port);

                assertThat(Rig.sockets()).isEqualTo(before);
            }
        });
    }

    @EachPoller
    void startServer_addressOfAnotherMachine_isTold(Rig.Kind kind) {
        Rig.run(kind, rig -> assertThatThrownBy(
                () -> startServer(StreamsTest::echo, "192.0.2.1", 0))
                .isInstanceOf(BindException.class).hasMessageContaining("192.0.2.1"));
    }

    @Test
    void startServer_secondAddressFails_closesTheFirst() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            calls.fail("listen", 2, Errno.EADDRINUSE);

            assertThatThrownBy(() -> startServer(StreamsTest::echo, null, 0))
                    .isInstanceOf(BindException.class);

            assertThat(calls.socketCount()).isZero();
        });
    }

    @EachPoller
    void startServer_reusePort_letsTwoShareAnAddress(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Server one = startServer(StreamsTest::echo, HERE, 0, o -> o.withReusePort(true));
                    Server two = startServer(StreamsTest::echo, HERE, one.port(),
                            o -> o.withReusePort(true))) {
                for (int i = 0; i < 10; i++)
                    assertThat(ask(openConnection(HERE, two.port()))).isEqualTo("hello\n");
            }
        });
    }

    @Test
    void startServer_impossibleOptions_areRejected() {
        Rig.run(_ -> {
            assertThatThrownBy(() -> startServer(StreamsTest::echo, HERE, 65_536))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> startServer(StreamsTest::echo, HERE, 0,
                    o -> o.withBacklog(0))).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> startServer(StreamsTest::echo, HERE, 0,
                    o -> o.withLimit(0))).isInstanceOf(IllegalArgumentException.class);
        });
    }

    // ---- Libraries of Java on top

    @EachPoller
    void objectStreams_carryObjectsBothWays(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Server server = startServer((reader, writer) -> {
                        ObjectOutputStream out = new ObjectOutputStream(writer.asOutputStream());
                        out.flush();
                        ObjectInputStream in = new ObjectInputStream(reader.asInputStream());
                        for (int i = 0; i < 3; i++) {
                            out.writeObject(Map.of("echo", in.readObject()));
                            out.flush();
                        }
                    }, HERE, 0);
                    StreamPair pair = openConnection(HERE, server.port());
                    ObjectOutputStream out = new ObjectOutputStream(
                            pair.writer().asOutputStream())) {
                out.flush();
                ObjectInputStream in = new ObjectInputStream(pair.reader().asInputStream());
                for (Object sent : List.of("text", List.of(1, 2, 3),
                        new TreeMap<>(Map.of("k", new byte[100_000].length)))) {
                    out.writeObject(sent);
                    out.flush();
                    assertThat(in.readObject()).isEqualTo(Map.of("echo", sent));
                }
            }
        });
    }

    @EachPoller
    void readersAndWriters_carryLinesOfText(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Server server = startServer((reader, writer) -> {
                        BufferedReader in = new BufferedReader(
                                new InputStreamReader(reader.asInputStream(), UTF_8));
                        PrintWriter out = new PrintWriter(
                                new OutputStreamWriter(writer.asOutputStream(), UTF_8));
                        in.lines().forEach(line -> out.println("«" + line + "»"));
                        out.close();
                    }, HERE, 0);
                    StreamPair pair = openConnection(HERE, server.port())) {
                Task<Void> writing = createTask(() -> {
                    BufferedWriter out = new BufferedWriter(new OutputStreamWriter(
                            pair.writer().asOutputStream(), UTF_8));
                    for (int i = 0; i < 20_000; i++) out.write("zeile " + i + " äöü\n");
                    out.flush();
                    pair.writer().writeEof();
                });
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(pair.reader().asInputStream(), UTF_8));

                List<String> lines = in.lines().toList();

                writing.await();
                assertThat(lines).hasSize(20_000).first().isEqualTo("«zeile 0 äöü»");
                assertThat(lines).last().isEqualTo("«zeile 19999 äöü»");
            }
        });
    }

    @EachPoller
    void gzip_carriesMuch(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            byte[] much = Rig.pattern(2_000_000);
            try (Server server = startServer((_, writer) -> {
                        try (var out = new GZIPOutputStream(writer.asOutputStream())) {
                            out.write(much);
                        }
                    }, HERE, 0);
                    StreamPair pair = openConnection(HERE, server.port());
                    GZIPInputStream in = new GZIPInputStream(pair.reader().asInputStream())) {
                assertThat(in.readAllBytes()).isEqualTo(much);
            }
        });
    }
}
