package jloop.io;

import static jloop.Asyncio.createDatagramEndpoint;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.openDatagramStream;
import static jloop.Asyncio.openUnixConnection;
import static jloop.Asyncio.startServer;
import static jloop.Rig.ask;
import static jloop.Rig.bytes;
import static jloop.Rig.loopback;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import jloop.Datagram;
import jloop.EachPoller;
import jloop.PeerProgram;
import jloop.Rig;
import jloop.poller.UnixName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// socat at the other end of streams and datagrams, as client and as server.
class SocatPeersTest {

    private static final int SOME = 50_000;             // fewer than a pipe holds
    private static final String LISTEN = "TCP-LISTEN:0,bind=127.0.0.1";

    @TempDir
    Path folder;

    private static PeerProgram client(String to) {
        return PeerProgram.start("socat", "-t", "9", "-", to);
    }

    /// One that says where it listens.
    private static PeerProgram server(String at, String what) {
        return PeerProgram.start("socat", "-d", "-d", "-t", "9", at, what);
    }

    // ---- TCP

    @EachPoller
    void server_ofSocat_isUnderstood(Rig.Kind kind) {
        Rig.run(kind, _ -> {
            try (Server server = startServer(Rig::echo, "127.0.0.1", 0);
                    PeerProgram socat = client("TCP:127.0.0.1:" + server.port())) {
                socat.send("one\n");
                assertThat(socat.line()).isEqualTo("one");
                socat.send("two\nthree\n");
                socat.endInput();
                assertThat(socat.rest()).containsExactly("two", "three");
            }
        });
    }

    @EachPoller
    void server_ofSocatThatEndsFirst_answersThen(Rig.Kind kind) {
        Rig.run(kind, _ -> {
            try (Server server = startServer((reader, writer) ->
                            writer.write(bytes(reader.readAll().length + " bytes\n")),
                            "127.0.0.1", 0);
                    PeerProgram socat = client("TCP:127.0.0.1:" + server.port())) {
                socat.send("x".repeat(SOME));
                socat.endInput();
                assertThat(socat.rest()).containsExactly(SOME + " bytes");
            }
        });
    }

    @EachPoller
    void server_thatEndsFirst_hearsWhatSocatSaysThen(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            List<Integer> heard = new ArrayList<>();
            try (Server server = startServer((reader, writer) -> {
                        writer.write(bytes("first\n"));
                        writer.writeEof();
                        heard.add(reader.readAll().length);
                    }, "127.0.0.1", 0);
                    PeerProgram socat = client("TCP:127.0.0.1:" + server.port())) {
                assertThat(socat.line()).isEqualTo("first");
                socat.send("x".repeat(SOME));
                socat.endInput();
                assertThat(socat.rest()).isEmpty();
                rig.await("all", () -> !heard.isEmpty());
            }
            assertThat(heard).containsExactly(SOME);
        });
    }

    @EachPoller
    void client_ofSocat_endsFirstAndIsAnsweredThen(Rig.Kind kind) {
        Rig.run(kind, _ -> {
            try (PeerProgram socat = server(LISTEN, "SYSTEM:wc -c");
                    StreamPair pair = openConnection("127.0.0.1", socat.port())) {
                pair.writer().write(Rig.pattern(SOME));
                pair.writer().writeEof();
                assertThat(text(pair.reader().readAll()).strip()).isEqualTo("" + SOME);
            }
        });
    }

    @EachPoller
    void client_ofSocatThatEndsFirst_isHeardThen(Rig.Kind kind) throws IOException {
        Path said = Files.writeString(folder.resolve("said"), "first\n");
        Path heard = folder.resolve("heard");
        Rig.run(kind, _ -> {
            try (PeerProgram socat = server(LISTEN, "OPEN:" + said + "!!CREATE:" + heard);
                    StreamPair pair = openConnection("127.0.0.1", socat.port())) {
                assertThat(text(pair.reader().readAll())).isEqualTo("first\n");
                pair.writer().write(Rig.pattern(SOME));
                pair.writer().writeEof();
                socat.rest();
            }
            assertThat(heard).hasBinaryContent(Rig.pattern(SOME));
        });
    }

    // ---- UDP

    /// Sends back what comes.
    private static final class Echo implements DatagramProtocol {

        private @Nullable DatagramTransport transport;

        @Override
        public void connectionMade(DatagramTransport made) {
            transport = made;
        }

        @Override
        public void datagramReceived(ByteBuffer data, SocketAddress sender) {
            Objects.requireNonNull(transport).sendto(data, sender);
        }
    }

    private static void checkEcho(PeerProgram socat, String... texts) throws IOException {
        for (String text : texts) {
            socat.send(text + "\n");
            assertThat(socat.line()).isEqualTo(text);
        }
    }

    private static void checkEcho(DatagramStream stream, int... sizes) throws IOException {
        for (int size : sizes) {
            byte[] sent = Rig.pattern(size);
            stream.send(sent);
            assertThat(stream.receive().data()).isEqualTo(sent);
        }
    }

    @EachPoller
    void datagramEndpoint_ofSocat_isUnderstood(Rig.Kind kind) {
        Rig.run(kind, _ -> {
            try (DatagramTransport here = createDatagramEndpoint(
                            Echo::new, o -> o.withLocalAddress(loopback(0))).transport();
                    PeerProgram socat = client("UDP:127.0.0.1:" + ((InetSocketAddress)
                            Objects.requireNonNull(here.getExtraInfo("sockname"))).getPort())) {
                checkEcho(socat, "one", "two");
            }
        });
    }

    @EachPoller
    void datagramStream_ofSocat_isUnderstood(Rig.Kind kind) {
        Rig.run(kind, _ -> {
            try (PeerProgram socat = server("UDP-LISTEN:0,bind=127.0.0.1", "PIPE")) {
                InetSocketAddress there = loopback(socat.port());
                try (DatagramStream here = openDatagramStream(o -> o.withRemoteAddress(there))) {
                    checkEcho(here, 1, 4, 8192);
                }
            }
        });
    }

    // ---- UNIX

    /// Answers one datagram of `socat`, which is bound.
    private static void checkAnswers(DatagramStream here, PeerProgram socat) throws IOException {
        socat.send("one\n");
        Datagram one = here.receive();
        assertThat(text(one.data())).isEqualTo("one\n");
        here.send(bytes("and back\n"), one.from());
        assertThat(socat.line()).isEqualTo("and back");
    }

    @Test
    void unixDatagramStream_ofSocat_isUnderstood() {
        Path here = folder.resolve("here");
        Path there = folder.resolve("there");
        Rig.run(_ -> {
            var bound = UnixDomainSocketAddress.of(here);
            try (DatagramStream stream = openDatagramStream(o -> o.withLocalAddress(bound));
                    PeerProgram socat = client("UNIX-SENDTO:" + here + ",bind=" + there)) {
                checkAnswers(stream, socat);
            }
        });
    }

    @Test
    void unixDatagramStream_toSocat_isAnswered() {
        Path here = folder.resolve("here");
        Path there = folder.resolve("there");
        Rig.run(_ -> {
            try (PeerProgram socat = server("UNIX-RECVFROM:" + there, "PIPE")) {
                socat.await("receiving on");
                try (DatagramStream stream = openDatagramStream(o -> o
                        .withLocalAddress(UnixDomainSocketAddress.of(here))
                        .withRemoteAddress(UnixDomainSocketAddress.of(there)))) {
                    checkEcho(stream, 2000);
                }
            }
        });
    }

    @Test
    void abstractNames_datagramsOfSocat_areUnderstood() {
        String name = "jloop-socat-" + ProcessHandle.current().pid();
        Rig.run(_ -> {
            try (DatagramStream stream = openDatagramStream(
                            o -> o.withLocalAddress(UnixName.of(name)));
                    PeerProgram socat = client(
                            "ABSTRACT-SENDTO:" + name + ",bind=" + name + "-there")) {
                checkAnswers(stream, socat);
            }
        });
    }

    @Test
    void abstractName_thatSocatListensAt_isConnectedTo() {
        String name = "jloop-socat-" + ProcessHandle.current().pid();
        Rig.run(_ -> {
            try (PeerProgram socat = server("ABSTRACT-LISTEN:" + name, "PIPE")) {
                socat.await("listening on");
                try (StreamPair pair = openUnixConnection(UnixName.of(name), o -> o)) {
                    assertThat(ask(pair, "hello")).isEqualTo("hello");
                    pair.writer().writeEof();
                    assertThat(pair.reader().readAll()).isEmpty();
                }
                socat.rest();
            }
        });
    }
}
