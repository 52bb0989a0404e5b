package jloop.io;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.createUnixConnection;
import static jloop.Asyncio.createUnixServer;
import static jloop.Asyncio.openUnixConnection;
import static jloop.Asyncio.startUnixServer;
import static jloop.Rig.ask;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.function.UnaryOperator;
import jloop.AsIn;
import jloop.CancelledError;
import jloop.EachNetwork;
import jloop.EachPoller;
import jloop.FailingCalls;
import jloop.PeerProgram;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;
import jloop.io.TracingProtocol.Echo;
import jloop.kernel.Errno;
import jloop.poller.UnixName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UnixStreamsTest {

    @TempDir
    Path folder;

    /// In virtual networks a path is no file.
    private static boolean hasFiles(Rig.Network network) {
        return network != Rig.Network.VIRTUAL;
    }

    private Path path() {
        return folder.resolve("socket");
    }

    private static boolean isThere(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    private static boolean isSocket(Path path) throws IOException {
        return ((int) Files.getAttribute(path, "unix:mode") & 0170000) == 0140000;
    }

    private static String askAt(Path path, String question) throws IOException {
        try (StreamPair pair = openUnixConnection(path)) {
            return ask(pair, question);
        }
    }

    private static Server saying(String answer, Path path, UnaryOperator<ServerOptions> options)
            throws IOException {
        return startUnixServer((reader, writer) -> {
            reader.readline();
            writer.write(bytes(answer));
        }, path, options);
    }

    private static Server saying(String answer, Path path) throws IOException {
        return saying(answer, path, UnaryOperator.identity());
    }

    /// The file of a socket that nobody listens to.
    private static void leaveStaleSocket(Rig rig, Path path) throws IOException {
        try (Socket socket = Socket.open(rig.loop, StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(isSocket(path)).isTrue();
    }

    // ---- To talk

    @EachNetwork
    @AsIn({"test_streams.test_start_unix_server", "test_streams.test_open_unix_connection"})
    void startUnixServer_servesEachConnectionInATaskOfItsOwn(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Server server = startUnixServer(Rig::echo, path());
                    StreamPair one = openUnixConnection(path());
                    StreamPair two = openUnixConnection(path(), o -> o.withLimit(1000))) {
                assertThat(ask(two, "two")).isEqualTo("two");
                assertThat(ask(one, "one")).isEqualTo("one");

                assertThat(server.isServing()).isTrue();
                assertThat(server.getLoop()).isSameAs(rig.loop);
                assertThat(server.connectionCount()).isEqualTo(2);
                assertThat(server.port()).isEqualTo(-1);
                assertThat(server.toString()).contains(path().toString());
            }
        });
    }

    @EachNetwork
    void addresses_thePathIsTheServers_andClientsHaveNone(Rig.Network network) {
        Rig.run(network, rig -> {
            var here = UnixDomainSocketAddress.of(path());
            var unnamed = UnixDomainSocketAddress.of("");
            List<Object> seen = new ArrayList<>();
            try (Server server = startUnixServer((_, writer) -> {
                        seen.add(writer.getExtraInfo("sockname"));
                        seen.add(writer.getExtraInfo("peername"));
                    }, path());
                    StreamPair pair = openUnixConnection(path())) {
                assertThat(pair.reader().readAll()).isEmpty();

                assertThat(server.sockets().getFirst().localAddress()).isEqualTo(here);
                assertThat(seen).containsExactly(here, unnamed);
                assertThat(pair.writer().getExtraInfo("peername")).isEqualTo(here);
                assertThat(pair.writer().getExtraInfo("sockname")).isEqualTo(unnamed);
            }
        });
    }

    @EachNetwork
    void megabytes_bothWays_arriveWhole(Rig.Network network) {
        Rig.run(network, rig -> {
            byte[] sent = Rig.pattern(3_000_000);
            try (Server _ = startUnixServer((reader, writer) -> {
                        for (byte[] part; (part = reader.read(100_000)).length > 0; ) {
                            writer.write(part);
                            writer.drain();
                        }
                    }, path());
                    StreamPair pair = openUnixConnection(path())) {
                Task<Void> sender = createTask(() -> {
                    pair.writer().write(sent);
                    pair.writer().drain();
                    pair.writer().writeEof();
                });

                assertThat(pair.reader().readAll()).isEqualTo(sent);
                sender.await();
            }
        });
    }

    @EachNetwork
    void rawSockets_bindListenConnectAccept_carryBytes(Rig.Network network) {
        Rig.run(network, rig -> {
            var address = UnixDomainSocketAddress.of(path());
            try (Socket listener = Socket.open(rig.loop, StandardProtocolFamily.UNIX);
                    Socket client = Socket.open(rig.loop, StandardProtocolFamily.UNIX)) {
                listener.bind(address);
                listener.listen(5);
                Task<Socket> accepting = createTask(() -> rig.loop.sockAccept(listener));
                rig.turns(2);
                rig.loop.sockConnect(client, address);
                try (Socket accepted = accepting.await()) {
                    rig.loop.sockSendall(client, bytes("there"));
                    assertThat(text(rig.loop.sockRecv(accepted, 100))).isEqualTo("there");
                    rig.loop.sockSendall(accepted, bytes("and back"));
                    accepted.shutdownOutput();
                    assertThat(text(rig.loop.sockRecv(client, 100))).isEqualTo("and back");
                    assertThat(rig.loop.sockRecv(client, 100)).isEmpty();
                    assertThat(client.remoteAddress()).isEqualTo(address);
                    assertThat(accepted.localAddress()).isEqualTo(address);
                }
            }
            assertThat(isThere(path())).as("bind leaves its file").isEqualTo(hasFiles(network));
        });
    }

    @EachNetwork
    void aBacklogIsFull_whoConnectsWaitsForRoom(Rig.Network network) {
        Rig.run(network, rig -> {
            var address = UnixDomainSocketAddress.of(path());
            List<Socket> accepted = new ArrayList<>();
            try (Socket listener = Socket.open(rig.loop, StandardProtocolFamily.UNIX)) {
                listener.bind(address);
                listener.listen(1);
                List<Task<StreamPair>> clients = new ArrayList<>();
                for (int i = 0; i < 8; i++)
                    clients.add(createTask(() -> openUnixConnection(path())));
                rig.turns(20);
                assertThat(clients).anyMatch(client -> !client.done());

                clients.getLast().cancel();
                for (int i = 0; i < 7; i++) accepted.add(rig.loop.sockAccept(listener));

                for (int i = 0; i < 7; i++) clients.get(i).await().close();
                assertThatThrownBy(clients.getLast()::await).isInstanceOf(CancelledError.class);
            }
            accepted.forEach(Socket::close);
        });
    }

    @EachPoller
    void aBacklogIsFull_andTheServerGoes_whoWaitsIsRefused(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            var address = UnixDomainSocketAddress.of(path());
            Socket listener = Socket.open(rig.loop, StandardProtocolFamily.UNIX);
            listener.bind(address);
            listener.listen(1);
            List<Task<StreamPair>> clients = new ArrayList<>();
            for (int i = 0; i < 5; i++)
                clients.add(createTask(() -> openUnixConnection(path())));
            rig.turns(20);
            Task<StreamPair> last = clients.getLast();
            assertThat(last.done()).isFalse();

            listener.close();

            assertThatThrownBy(last::await).isInstanceOf(ConnectException.class)
                    .hasMessageContaining(path().toString());
            for (Task<StreamPair> client : clients) {
                try (StreamPair _ = client.await(IOException.class)) {
                    assertThat(client).isNotSameAs(last);
                } catch (ConnectException _) {          // it waited too
                }
            }
        });
    }

    // ---- Nobody there

    @EachNetwork
    @AsIn("test_streams.test_open_unix_connection_error")
    void openUnixConnection_nothingThere_namesThePathAndLeavesNothing(Rig.Network network) {
        Rig.run(network, rig -> {
            SortedSet<String> before = Rig.sockets();

            assertThatThrownBy(() -> openUnixConnection(path()))
                    .isInstanceOf(NoSuchFileException.class)
                    .hasMessageContaining("connect to " + path()).hasMessageContaining("ENOENT");

            assertThat(Rig.sockets()).isEqualTo(before);
        });
    }

    @EachPoller
    void openUnixConnection_nobodyListens_isRefused(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            leaveStaleSocket(rig, path());
            Path file = Files.writeString(folder.resolve("file"), "no socket");
            for (Path each : List.of(path(), file)) {
                assertThatThrownBy(() -> openUnixConnection(each))
                        .isInstanceOf(ConnectException.class)
                        .hasMessageContaining(each.toString());
            }
        });
    }

    @Test
    void openUnixConnection_withoutPermission_isTold() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            calls.fail("connect", 1, Errno.EACCES);
            assertThatThrownBy(() -> openUnixConnection(path()))
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessageContaining("EACCES: permission denied")
                    .hasMessageContaining(path().toString());
        });
    }

    @EachNetwork
    void anEmptyPath_isRejected(Rig.Network network) {
        Rig.run(network, rig -> {
            assertThatThrownBy(() -> openUnixConnection(Path.of("")))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("empty");
            assertThatThrownBy(() -> saying("x", Path.of("")))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("empty");
        });
    }

    // ---- What is at the path before

    @EachPoller
    @AsIn("test_unix_events.test_create_unix_server_existing_path_sock")
    void startUnixServer_aSocketNobodyListensTo_isReplaced(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            leaveStaleSocket(rig, path());
            try (Server _ = saying("new\n", path())) {
                assertThat(askAt(path(), "?")).isEqualTo("new");
            }
        });
    }

    private void assertTaken() throws IOException {
        assertThatThrownBy(() -> saying("x", path())).isInstanceOf(BindException.class)
                .hasMessageContaining("take over " + path() + " failed: EADDRINUSE")
                .hasMessageContaining("stop that server, or choose another path")
                .hasNoSuppressedExceptions();
    }

    @EachNetwork
    void startUnixServer_aSocketInUse_isLeftAlone(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Server server = startUnixServer(Rig::echo, path());
                    StreamPair pair = openUnixConnection(path())) {
                assertThat(ask(pair, "one")).isEqualTo("one");
                SortedSet<String> before = Rig.sockets();

                assertTaken();
                rig.turns(5);

                assertThat(isThere(path())).isEqualTo(hasFiles(network));
                rig.await("the sockets of before", () -> Rig.sockets().equals(before));
                assertThat(ask(pair, "two")).isEqualTo("two");
                assertThat(askAt(path(), "three")).isEqualTo("three");
                server.close();
                try (Server _ = saying("next\n", path())) {
                    assertThat(askAt(path(), "?")).isEqualTo("next");
                    assertThat(ask(pair, "four")).isEqualTo("four");
                }
            }
        });
    }

    @Test
    void startUnixServer_aSocketInUse_isNotDisturbed() {
        Rig.run(rig -> {
            try (Socket listener = Socket.open(rig.loop, StandardProtocolFamily.UNIX)) {
                listener.bindPath(path(), true);
                assertTaken();          // it does not listen yet
                listener.listen(5);
                Task<Socket> accepting = createTask(() -> rig.loop.sockAccept(listener));

                assertTaken();
                rig.turns(5);

                assertThat(accepting.done()).isFalse();
                accepting.cancel();
            }
        });
    }

    @EachPoller
    void startUnixServer_aSocketWhoseBacklogIsFull_isInUse(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Socket listener = Socket.open(rig.loop, StandardProtocolFamily.UNIX)) {
                listener.bindPath(path(), true);
                listener.listen(1);
                List<Task<StreamPair>> clients = new ArrayList<>();
                for (int i = 0; i < 5; i++)
                    clients.add(createTask(() -> openUnixConnection(path())));
                rig.turns(20);
                assertThat(clients.getLast().done()).isFalse();

                assertTaken();

                for (Task<StreamPair> client : clients) {
                    if (client.done()) client.await().close();
                    else client.cancel();
                }
            }
        });
    }

    @EachPoller
    void startUnixServer_anotherProcessServes_itsFileIsReplacedOnceItWasKilled(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (PeerProgram other = PeerProgram.start("python3", "-uc", """
                    import socket, sys
                    s = socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[2]))
                    s.bind(sys.argv[1])
                    if sys.argv[2] == 'SOCK_STREAM': s.listen()
                    print('ready')
                    sys.stdin.read()
                    """, path().toString(),
                    kind == Rig.Kind.EPOLL ? "SOCK_STREAM" : "SOCK_DGRAM")) {
                assertThat(other.line()).isEqualTo("ready");
                assertTaken();
            }
            assertThat(isSocket(path())).isTrue();
            try (Server _ = saying("here\n", path())) {
                assertThat(askAt(path(), "?")).isEqualTo("here");
            }
        });
    }

    @Test
    void startUnixServer_nobodyCanTellWhetherASocketIsInUse_isLeftAlone() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            leaveStaleSocket(rig, path());
            SortedSet<String> before = Rig.sockets();
            for (Runnable fault : List.<Runnable>of(() -> calls.fail("socket", 2, Errno.EMFILE),
                    () -> calls.fail("connect", 1, Errno.EACCES))) {
                fault.run();
                assertThatThrownBy(() -> saying("x", path())).isInstanceOf(BindException.class)
                        .hasMessageContaining("bind to " + path() + " failed: EADDRINUSE")
                        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1)
                                .allMatch(why -> why.getMessage().contains("remove " + path())));
                assertThat(calls.hasFailed()).isTrue();
                assertThat(isSocket(path())).isTrue();
                assertThat(Rig.sockets()).isEqualTo(before);
            }
        });
    }

    @EachPoller
    void theFileIsRemovedWhileServing_anotherServerTakesThePath(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Server old = startUnixServer(Rig::echo, path());
            try (StreamPair pair = openUnixConnection(path())) {
                assertThat(ask(pair, "one")).isEqualTo("one");

                Files.delete(path());
                Server young = saying("young\n", path());

                assertThat(askAt(path(), "?")).isEqualTo("young");
                assertThat(ask(pair, "two")).isEqualTo("two");
                assertThat(old.isServing()).isTrue();
                old.close();
                assertThat(askAt(path(), "?")).as("the file is not that of the old one any more")
                        .isEqualTo("young");
                young.close();
                assertThatThrownBy(() -> openUnixConnection(path()))
                        .isInstanceOf(NoSuchFileException.class);
            }
        });
    }

    @EachPoller
    @AsIn("test_unix_events.test_create_unix_server_existing_path_nonsock")
    void startUnixServer_anyOtherFile_staysAndIsNamed(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Path fifo = folder.resolve("fifo");
            assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
            Path file = Files.writeString(folder.resolve("file"), "mine");
            Path directory = Files.createDirectory(folder.resolve("directory"));
            Path link = Files.createSymbolicLink(folder.resolve("link"), file);
            Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), Path.of("no"));
            SortedSet<String> before = Rig.sockets();
            for (Path each : List.of(fifo, file, directory, link, dangling)) {
                assertThatThrownBy(() -> saying("x", each)).as(each.toString())
                        .isInstanceOf(BindException.class)
                        .hasMessageContaining(each.toString())
                        .hasMessageContaining("address already in use (there is a file");
                assertThat(isThere(each)).as(each.toString()).isTrue();
            }
            assertThat(file).hasContent("mine");
            assertThat(Rig.sockets()).isEqualTo(before);
        });
    }

    @EachPoller
    void startUnixServer_aLinkToASocket_theLinkIsReplaced(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Path other = folder.resolve("other");
            leaveStaleSocket(rig, other);
            Files.createSymbolicLink(path(), other);
            try (Server _ = saying("here\n", path())) {
                assertThat(askAt(path(), "?")).isEqualTo("here");
                assertThat(isSocket(other)).isTrue();
                assertThat(Files.isSymbolicLink(path())).isFalse();
            }
        });
    }

    @EachPoller
    @AsIn("test_unix_events.test_create_unix_server_bind_error")
    void startUnixServer_withoutTheFolder_isTold(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Path nowhere = folder.resolve("no/such/socket");
            SortedSet<String> before = Rig.sockets();

            assertThatThrownBy(() -> saying("x", nowhere))
                    .isInstanceOf(NoSuchFileException.class)
                    .hasMessageContaining("bind to " + nowhere);

            assertThat(Rig.sockets()).isEqualTo(before);
        });
    }

    @Test
    void startUnixServer_withoutPermission_isTold() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            calls.fail("bind", 1, Errno.EACCES);
            assertThatThrownBy(() -> saying("x", path())).isInstanceOf(BindException.class)
                    .hasMessageContaining(path().toString())
                    .hasMessageContaining("permission denied");
            assertThat(isThere(path())).isFalse();
        });
    }

    @EachNetwork
    void aPathTooLong_isTold(Rig.Network network) {
        Rig.run(network, rig -> {
            int longest = network == Rig.Network.NIO ? 106 : 107;
            Path fits = ofLength(longest);
            try (Server _ = saying("long\n", fits)) {
                assertThat(askAt(fits, "?")).isEqualTo("long");
            }
            Path tooLong = ofLength(108);
            assertThatThrownBy(() -> saying("x", tooLong)).isInstanceOf(SocketException.class)
                    .hasMessageContaining("ENAMETOOLONG").hasMessageContaining("(108 bytes")
                    .hasMessageContaining(tooLong.toString());
            assertThatThrownBy(() -> openUnixConnection(tooLong))
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("ENAMETOOLONG").hasMessageContaining("(108 bytes");
        });
    }

    private Path ofLength(int bytes) {
        return folder.resolve("x".repeat(bytes - folder.toString().length() - 1));
    }

    // ---- What is left at the path

    @EachNetwork
    @AsIn("test_server.test_unix_server_addr_cleanup")
    void close_removesTheFile(Rig.Network network) {
        Rig.run(network, rig -> {
            Server server = saying("x", path());
            assertThat(isThere(path())).isEqualTo(hasFiles(network));

            server.close();

            assertThat(isThere(path())).isFalse();
            assertThatThrownBy(() -> openUnixConnection(path()))
                    .isInstanceOf(NoSuchFileException.class);
            server.close();
        });
    }

    @EachPoller
    @AsIn("test_server.test_unix_server_cleanup_gone")
    void close_theFileIsGone_isFine(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Server server = saying("x", path());
            Files.delete(path());

            server.close();

            assertThat(isThere(path())).isFalse();
        });
    }

    @EachPoller
    @AsIn("test_server.test_unix_server_cleanup_replaced")
    void close_anotherFileIsThere_itStays(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Server server = saying("x", path());
            Files.delete(path());
            leaveStaleSocket(rig, path());
            server.close();
            assertThat(isSocket(path())).isTrue();

            server = saying("x", path());
            Files.delete(path());
            Files.writeString(path(), "mine");
            server.close();
            assertThat(path()).hasContent("mine");
        });
    }

    @EachPoller
    @AsIn("test_server.test_unix_server_cleanup_prevented")
    void close_withoutCleanup_leavesTheFileToTheNext(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            saying("one\n", path(), o -> o.withCleanupSocket(false)).close();
            assertThat(isSocket(path())).isTrue();

            try (Server _ = saying("two\n", path())) {
                assertThat(askAt(path(), "?")).isEqualTo("two");
            }
            assertThat(isThere(path())).isFalse();
        });
    }

    @EachPoller
    void close_theFileCannotBeRemoved_isReported(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Path inside = Files.createDirectory(folder.resolve("a"));
            Server server = saying("x", inside.resolve("socket"));
            Files.move(inside, folder.resolve("b"));
            Files.createSymbolicLink(inside, inside);       // a link to itself leads nowhere

            server.close();

            assertThat(rig.takeReport()).isInstanceOf(IOException.class)
                    .hasMessageContaining("remove " + inside.resolve("socket"));
            assertThat(server.isServing()).isFalse();
        });
    }

    @EachPoller
    void aLoopThatCloses_removesTheFileOfAServerNobodyClosed(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Socket socket = Socket.open(rig.loop, StandardProtocolFamily.UNIX)) {
                socket.bindPath(path(), true);
                assertThat(isSocket(path())).isTrue();
            }
            assertThat(isThere(path())).isFalse();
        });
        jloop.Asyncio.run(() -> {
            Server _ = saying("x", path());
            assertThat(isSocket(path())).isTrue();
        });
        assertThat(isThere(path())).isFalse();
    }

    @Test
    void startUnixServer_cannotListen_leavesNoFile() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            calls.fail("listen", 1, Errno.EOPNOTSUPP);
            assertThatThrownBy(() -> saying("x", path())).isInstanceOf(IOException.class);
            assertThat(isThere(path())).isFalse();
        });
    }

    @EachPoller
    void theFile_hasThePermissionsThatTheUmaskLeaves(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            String umask = Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("Umask:")).findFirst().orElseThrow();
            int masked = Integer.parseInt(umask.substring(6).strip(), 8);
            try (Server _ = saying("x", path())) {
                assertThat((int) Files.getAttribute(path(), "unix:mode") & 0777)
                        .isEqualTo(0777 & ~masked);
            }
        });
    }

    @EachNetwork
    void reusePort_isRejected(Rig.Network network) {
        Rig.run(network, rig -> assertThatThrownBy(
                () -> saying("x", path(), o -> o.withReusePort(true)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("port"));
    }

    // ---- Abstract names

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "VIRTUAL"})
    void anAbstractName_isServedAndIsNoFile(Rig.Network network) {
        Rig.run(network, rig -> {
            UnixName name = UnixName.of("jloop-test-" + ProcessHandle.current().pid());
            for (int i = 0; i < 2; i++) {
                try (Server server = startUnixServer(Rig::echo, name, o -> o);
                        StreamPair pair = openUnixConnection(name, o -> o)) {
                    assertThat(ask(pair, "hello")).isEqualTo("hello");
                    assertThat(pair.writer().getExtraInfo("peername")).isEqualTo(name);
                    assertThat(server.sockets().getFirst().localAddress()).isEqualTo(name);
                    assertThatThrownBy(() -> startUnixServer(Rig::echo, name, o -> o))
                            .isInstanceOf(BindException.class).hasMessageContaining("@jloop-test-");
                }
            }
            assertThatThrownBy(() -> openUnixConnection(name, o -> o))
                    .isInstanceOf(IOException.class).hasMessageContaining("@jloop-test-");
        });
    }

    @Test
    void anAbstractName_byJavaNio_isToldToNeedEpoll() {
        Rig.run(Rig.Kind.NIO, rig -> {
            UnixName name = UnixName.of("jloop-test");
            assertThatThrownBy(() -> startUnixServer(Rig::echo, name, o -> o))
                    .isInstanceOf(SocketException.class).hasMessageContaining("epoll");
            assertThatThrownBy(() -> openUnixConnection(name, o -> o))
                    .isInstanceOf(SocketException.class).hasMessageContaining("epoll");
        });
    }

    @Test
    void anAbstractName_emptyOrTooLong_isRejected() {
        for (int length : new int[] {0, 108})
            assertThatThrownBy(() -> UnixName.of("x".repeat(length)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1 to 107 bytes, not " + length);
        assertThat(UnixName.of("a")).isEqualTo(UnixName.of(bytes("a")))
                .isNotEqualTo(UnixName.of("b")).isNotEqualTo("a").hasToString("@a");
        assertThat(UnixName.of("a").toBytes()).isEqualTo(bytes("a"));
    }

    // ---- Protocols

    @EachNetwork
    @AsIn({"test_events.test_create_unix_server", "test_events.test_create_unix_connection"})
    void createUnixServer_hasAProtocolMadeForEachConnection(Rig.Network network) {
        Rig.run(network, rig -> {
            Server server = createUnixServer(Echo::new, path());
            try (server;
                    var one = createUnixConnection(TracingProtocol::new, path());
                    StreamPair two = openUnixConnection(path())) {
                assertThat(ask(two, "two")).isEqualTo("two");
                one.transport().write(bytes("one"));
                rig.await("an answer", () -> one.protocol().trace.contains("one"));

                assertThat(server.connectionCount()).isEqualTo(2);
                assertThat(one.transport().getExtraInfo("peername"))
                        .isEqualTo(UnixDomainSocketAddress.of(path()));
                assertThat(isThere(path())).isEqualTo(hasFiles(network));
            }
            server.waitClosed();
            assertThat(isThere(path())).isFalse();
        });
    }

    @EachNetwork
    void createUnixServer_startServingLater_listensThen(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Server server = createUnixServer(
                    Echo::new, path(), o -> o.withStartServing(false))) {
                assertThat(isThere(path())).isEqualTo(hasFiles(network));
                assertThatThrownBy(() -> createUnixConnection(TracingProtocol::new, path()))
                        .isInstanceOf(ConnectException.class);

                server.startServing();

                assertThat(askAt(path(), "hello")).isEqualTo("hello");
            }
            assertThat(isThere(path())).isFalse();
        });
    }

    @EachPoller
    void startServing_theFileIsAnothersMeanwhile_itStays(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Server server = createUnixServer(
                    Echo::new, path(), o -> o.withStartServing(false))) {
                Files.delete(path());
                Files.writeString(path(), "mine");
                try {
                    server.startServing();
                } catch (UncheckedIOException e) {      // by java.nio to listen is to bind anew
                    assertThat(e).hasCauseInstanceOf(BindException.class);
                }
            }
            assertThat(path()).hasContent("mine");
        });
    }

    @EachNetwork
    void createUnixConnection_nothingThere_makesNoProtocol(Rig.Network network) {
        Rig.run(network, rig -> assertThatThrownBy(() -> createUnixConnection(() -> {
            throw new AssertionError("made");
        }, path())).isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining(path().toString()));
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "VIRTUAL"})
    void createUnixServer_atAnAbstractName_serves(Rig.Network network) {
        Rig.run(network, rig -> {
            UnixName name = UnixName.of("jloop-protocol-" + ProcessHandle.current().pid());
            Server server = createUnixServer(Echo::new, name, o -> o);
            try (server; var one = createUnixConnection(TracingProtocol::new, name)) {
                one.transport().write(bytes("one"));
                rig.await("an answer", () -> one.protocol().trace.contains("one"));
            }
            server.waitClosed();
        });
    }

    // ---- Others at the other end

    /// What socat hears that says `text` to whom it connects to.
    private static List<String> socat(String text, String to) throws IOException {
        try (PeerProgram socat = PeerProgram.start("socat", "-t", "10", "-", to)) {
            socat.send(text);
            socat.endInput();
            return socat.rest();
        }
    }

    private static String python(String... code) throws IOException {
        try (PeerProgram python =
                PeerProgram.start("python3", "-c", String.join("\n", code))) {
            return String.join("\n", python.rest());
        }
    }

    @EachPoller
    void socat_connects_isServed(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Server _ = startUnixServer(Rig::echo, path())) {
                assertThat(socat("one\ntwo\n", "UNIX-CONNECT:" + path()))
                        .containsExactly("one", "two");
            }
            if (kind == Rig.Kind.NIO) return;
            UnixName name = UnixName.of("jloop-socat-" + ProcessHandle.current().pid());
            try (Server _ = startUnixServer(Rig::echo, name, o -> o)) {
                assertThat(socat("one\n", "ABSTRACT-CONNECT:" + name.toString().substring(1)))
                        .containsExactly("one");
            }
        });
    }

    @EachPoller
    void socat_listens_answers(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (PeerProgram socat = PeerProgram.start(
                    "socat", "-d", "-d", "UNIX-LISTEN:" + path(), "PIPE")) {
                socat.await("listening on");
                try (StreamPair pair = openUnixConnection(path())) {
                    assertThat(ask(pair, "hello")).isEqualTo("hello");
                    pair.writer().writeEof();
                    assertThat(pair.reader().readAll()).isEmpty();
                }
                socat.rest();
            }
        });
    }

    /// A receive stops at a message that brings descriptors though there is more behind it.
    @EachPoller
    void python_sendsDescriptorsToo_everyByteArrives(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Server _ = startUnixServer((reader, writer) -> {
                writer.write(bytes(reader.readAll().length + "\n"));
            }, path())) {
                assertThat(python(
                        "import socket",
                        "s = socket.socket(socket.AF_UNIX)",
                        "s.connect('" + path() + "')",
                        "for i in range(50):",
                        "    s.sendall(b'x' * 10)",
                        "    socket.send_fds(s, [b'y' * 10], [0])",
                        "    s.sendall(b'z' * 10)",
                        "s.shutdown(socket.SHUT_WR)",
                        "print(s.recv(100).decode(), end='')")).isEqualTo("1500");
            }
        });
    }

    @EachPoller
    void asyncio_atTheOtherEnd_understands(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Server _ = startUnixServer(Rig::echo, path())) {
                assertThat(python(
                        "import asyncio",
                        "async def main():",
                        "    r, w = await asyncio.open_unix_connection('" + path() + "')",
                        "    print(w.get_extra_info('peername') == '" + path() + "')",
                        "    for i in range(100):",
                        "        w.write(b'line %d\\n' % i)",
                        "        assert await r.readline() == b'line %d\\n' % i",
                        "    w.write((b'x' * 49999 + b'\\n') * 20)",
                        "    assert len(await r.readexactly(1000000)) == 1000000",
                        "    w.write_eof()",
                        "    print(await r.read())",
                        "    w.close()",
                        "asyncio.run(main())")).isEqualTo("True\nb''");
            }
        });
    }
}
