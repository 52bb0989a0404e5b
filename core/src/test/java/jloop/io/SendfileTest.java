package jloop.io;

import static jloop.Asyncio.createTask;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonReadableChannelException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import jloop.AsIn;
import jloop.Asyncio;
import jloop.CancelledError;
import jloop.ConnectionResetException;
import jloop.EachNetwork;
import jloop.FailingCalls;
import jloop.RawPeer;
import jloop.Rig;
import jloop.SendfileNotAvailableException;
import jloop.SendfileOptions;
import jloop.Socket;
import jloop.Task;
import jloop.kernel.Errno;
import jloop.kernel.FaultySystemCalls.Call;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files that are sent: by a socket, a stream, a transport; by a path and by a channel.
class SendfileTest {

    private static final byte[] DATA = Rig.pattern(Sender.MUCH);

    @TempDir
    private static Path folder;
    private static Path file;

    @BeforeAll
    static void writeFile() throws IOException {
        file = Files.write(folder.resolve("data"), DATA);
    }

    private static byte[] data(int from, int to) {
        return Arrays.copyOfRange(DATA, from, to);
    }

    // ---- By a socket

    private interface SocketBody {
        void run(Rig rig, Socket socket, RawPeer peer) throws Exception;
    }

    private static void onSocket(Rig.Network network, SocketBody body) {
        Rig.run(network, rig -> onSocket(rig, network == Rig.Network.VIRTUAL, body));
    }

    private static void onSocket(Rig rig, boolean isVirtual, SocketBody body) throws Exception {
        if (isVirtual) rig.loop.setDefaultExecutor(new TlsStreamsTest.Inline());
        try (Rig.Ends ends = rig.connect()) {
            body.run(rig, ends.client(), new RawPeer(rig.loop, ends.server()));
        }
    }

    @AsIn("test_sendfile.test_sock_sendfile_success")
    @EachNetwork
    void sockSendfile_ofAChannel_sendsAllAndMovesItsPosition(Rig.Network network) {
        onSocket(network, (rig, socket, peer) -> {
            try (FileChannel channel = FileChannel.open(file)) {
                channel.position(10);           // is of no account
                Task<Long> sent = createTask(() -> rig.loop.sockSendfile(socket, channel));

                assertThat(peer.receive(DATA.length)).isEqualTo(DATA);
                assertThat(sent.await()).isEqualTo(DATA.length);
                assertThat(channel.position()).isEqualTo(DATA.length);
            }
        });
    }

    @EachNetwork
    void sockSendfile_ofAPath_sendsAll(Rig.Network network) {
        onSocket(network, (rig, socket, peer) -> {
            Task<Long> sent = createTask(() -> rig.loop.sockSendfile(socket, file));

            assertThat(peer.receive(DATA.length)).isEqualTo(DATA);
            assertThat(sent.await()).isEqualTo(DATA.length);
        });
    }

    @AsIn("test_sendfile.test_sock_sendfile_with_offset_and_count")
    @EachNetwork
    void sockSendfile_ofAPart_sendsThatPart(Rig.Network network) {
        onSocket(network, (rig, socket, peer) -> {
            try (FileChannel channel = FileChannel.open(file)) {
                assertThat(rig.loop.sockSendfile(socket, channel,
                        o -> o.withOffset(1000).withCount(2000L))).isEqualTo(2000);
                assertThat(channel.position()).isEqualTo(3000);
                assertThat(rig.loop.sockSendfile(socket, channel,
                        o -> o.withOffset(DATA.length - 7))).isEqualTo(7);
                assertThat(channel.position()).isEqualTo(DATA.length);
            }
            assertThat(rig.loop.sockSendfile(socket, file,
                    o -> o.withOffset(1000).withCount(2000L))).isEqualTo(2000);
            assertThat(rig.loop.sockSendfile(socket, file,
                    o -> o.withOffset(DATA.length - 7).withCount(8L))).isEqualTo(7);

            for (int i = 0; i < 2; i++) {
                assertThat(peer.receive(2000)).isEqualTo(data(1000, 3000));
                assertThat(peer.receive(7)).isEqualTo(data(DATA.length - 7, DATA.length));
            }
        });
    }

    @AsIn("test_sendfile.test_sock_sendfile_zero_size")
    @EachNetwork
    void sockSendfile_ofNothing_sendsNothing(Rig.Network network, @TempDir Path mine) {
        onSocket(network, (rig, socket, peer) -> {
            Path empty = Files.createFile(mine.resolve("empty"));
            try (FileChannel channel = FileChannel.open(empty);
                    FileChannel all = FileChannel.open(file)) {
                assertThat(rig.loop.sockSendfile(socket, channel)).isZero();
                assertThat(channel.position()).isZero();
                all.position(5);
                assertThat(rig.loop.sockSendfile(socket, all,
                        o -> o.withOffset(DATA.length + 10))).isZero();
                assertThat(all.position()).isEqualTo(5);
            }
            assertThat(rig.loop.sockSendfile(socket, empty)).isZero();

            socket.shutdownOutput();
            assertThat(peer.receiveAll()).isEmpty();
        });
    }

    @AsIn("test_sendfile.test_sock_sendfile_mix_with_regular_send")
    @EachNetwork
    void sockSendfile_amongOtherSends_keepsItsPlace(Rig.Network network) {
        onSocket(network, (rig, socket, peer) -> {
            Task<Void> sent = createTask(() -> {
                rig.loop.sockSendall(socket, DATA);
                rig.loop.sockSendfile(socket, file);
                rig.loop.sockSendall(socket, bytes("end"));
            });

            assertThat(peer.receive(DATA.length)).isEqualTo(DATA);
            assertThat(peer.receive(DATA.length)).isEqualTo(DATA);
            assertThat(text(peer.receive(3))).isEqualTo("end");
            sent.await();
        });
    }

    @AsIn("test_unix_events.test_sock_sendfile_cancel2")
    @EachNetwork
    void sockSendfile_cancelled_leavesThePositionWhereThePeerIs(Rig.Network network) {
        onSocket(network, (rig, socket, peer) -> {
            try (FileChannel channel = FileChannel.open(file)) {
                Task<Long> sending = createTask(() -> rig.loop.sockSendfile(socket, channel));
                byte[] first = peer.receive(1);
                rig.turns(50);
                assertThatThrownBy(() -> rig.loop.sockSendall(socket, bytes("between")))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("sending");
                sending.cancel();
                CancelledError error = catchThrowableOfType(CancelledError.class, sending::await);

                Task<Void> end = createTask(() -> {
                    rig.loop.sockSendall(socket, bytes("end"));
                    socket.shutdownOutput();
                });
                byte[] received = peer.receiveAll();
                end.await();
                int sent = first.length + received.length - 3;
                assertThat(sent).isLessThan(DATA.length);
                assertThat(Arrays.copyOf(received, sent - 1)).isEqualTo(data(1, sent));
                assertThat(text(received)).endsWith("end");
                assertThat(channel.position()).isEqualTo(sent);
                assertThat(error.bytesSent()).hasValue(sent);
            }
        });
    }

    @EachNetwork
    void sockSendfile_whoseSocketIsClosed_fails(Rig.Network network) {
        onSocket(network, (rig, socket, _) -> {
            Task<Long> sending = createTask(() -> rig.loop.sockSendfile(socket, file));
            rig.turns(200);

            socket.close();

            assertThatThrownBy(sending::await).isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> rig.loop.sockSendfile(socket, file))
                    .isInstanceOf(SocketException.class);
        });
    }

    @AsIn("test_base_events.test_nonstream_socket")
    @EachNetwork
    void sockSendfile_thatCannotBe_isRejected(Rig.Network network) {
        onSocket(network, (rig, socket, peer) -> {
            try (Socket udp = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET)) {
                assertThatThrownBy(() -> rig.loop.sockSendfile(udp, file))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("datagrams");
            }
            for (Path other : new Path[] {folder, Path.of("/dev/zero")})
                assertThatThrownBy(() -> rig.loop.sockSendfile(socket, other))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("regular file");
            assertThatThrownBy(() -> rig.loop.sockSendfile(socket, folder.resolve("none")))
                    .isInstanceOf(NoSuchFileException.class);
            FileChannel closed = FileChannel.open(file);
            closed.close();
            assertThatThrownBy(() -> rig.loop.sockSendfile(socket, closed))
                    .isInstanceOf(ClosedChannelException.class);
            try (FileChannel out = FileChannel.open(folder.resolve("out"),
                    StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                assertThatThrownBy(() -> rig.loop.sockSendfile(socket, out))
                        .isInstanceOf(NonReadableChannelException.class);
            }
            rig.loop.sockSendall(socket, bytes("well"));
            assertThat(text(peer.receive(4))).isEqualTo("well");
        });
    }

    @AsIn("test_base_events.test_negative_count")
    @Test
    void options_thatMakeNoSense_areRejected() {
        for (UnaryOperator<SendfileOptions> wrong : Arrays.<UnaryOperator<SendfileOptions>>asList(
                o -> o.withOffset(-1), o -> o.withCount(0L), o -> o.withCount(-1L)))
            assertThatThrownBy(() -> wrong.apply(SendfileOptions.DEFAULT))
                    .isInstanceOf(IllegalArgumentException.class);
    }

    @AsIn("test_base_events.test_sock_sendfile_no_fallback")
    @EachNetwork
    void sockSendfile_withoutFallback_dependsOnThePoller(Rig.Network network) {
        onSocket(network, (rig, socket, peer) -> {
            UnaryOperator<SendfileOptions> some = o -> o.withCount(10L).withFallback(false);
            try (FileChannel channel = FileChannel.open(file)) {
                if (network == Rig.Network.NIO) rig.loop.sockSendfile(socket, channel, some);
                else assertThatThrownBy(() -> rig.loop.sockSendfile(socket, channel, some))
                        .isInstanceOf(SendfileNotAvailableException.class)
                        .hasMessageContaining("EOPNOTSUPP");
            }
            if (network != Rig.Network.VIRTUAL) rig.loop.sockSendfile(socket, file, some);
            else assertThatThrownBy(() -> rig.loop.sockSendfile(socket, file, some))
                    .isInstanceOf(SendfileNotAvailableException.class);

            socket.shutdownOutput();
            assertThat(peer.receiveAll()).hasSize(switch (network) {
                case EPOLL, URING -> 10;
                case NIO -> 20;
                case VIRTUAL -> 0;
            });
        });
    }

    // ---- The system call

    private interface CallsBody {
        void run(FailingCalls calls, Rig rig, Socket socket, RawPeer peer) throws Exception;
    }

    private static void withCalls(CallsBody body) {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> onSocket(rig, false,
                (_, socket, peer) -> body.run(calls, rig, socket, peer)));
    }

    @Test
    void sockSendfile_ofAPathOnEpoll_isDoneByTheSystemAlone() {
        withCalls((calls, rig, socket, peer) -> {
            rig.loop.sockSendfile(socket, file, o -> o.withCount(100_000L));

            assertThat(calls.count(Call.SENDFILE)).isEqualTo(1);
            assertThat(calls.count(Call.SEND)).isZero();
            assertThat(peer.receive(100_000)).isEqualTo(data(0, 100_000));
        });
    }

    @AsIn("test_unix_events.test_sock_sendfile_os_error_first_call")
    @Test
    void sockSendfile_whoseFirstCallFails_isCopied() {
        int notThere = 38;                      // ENOSYS
        for (String call : new String[] {"open", "sendfile"}) {
            for (int errno : new int[] {Errno.EINVAL, notThere}) failFirst(call, errno);
        }
    }

    private static void failFirst(String call, int errno) {
        withCalls((calls, rig, socket, peer) -> {
            calls.fail(call, 1, errno);
            assertThat(rig.loop.sockSendfile(socket, file, o -> o.withCount(100_000L)))
                    .isEqualTo(100_000);
            assertThat(calls.hasFailed()).isTrue();
            assertThat(peer.receive(100_000)).isEqualTo(data(0, 100_000));

            calls.fail(call, 1, errno);
            assertThatThrownBy(() -> rig.loop.sockSendfile(socket, file,
                    o -> o.withFallback(false)))
                    .isInstanceOf(SendfileNotAvailableException.class);
            rig.loop.sockSendall(socket, bytes("end"));
            assertThat(text(peer.receive(3))).as("nothing was sent").isEqualTo("end");
        });
    }

    @AsIn("test_unix_events.test_sock_sendfile_os_error_next_call")
    @Test
    void sockSendfile_whoseNthCallFails_saysSo() {
        for (int nth = 2; nth <= 4; nth++) {
            int failing = nth;
            withCalls((calls, rig, socket, peer) -> {
                calls.sentMax = 1000;
                calls.fail("sendfile", failing, Errno.EIO);
                assertThatThrownBy(() -> rig.loop.sockSendfile(socket, file))
                        .isInstanceOf(SocketException.class).hasMessageContaining("EIO");
                calls.fail("sendfile", 2, Errno.ENOTCONN);
                assertThatThrownBy(() -> rig.loop.sockSendfile(socket, file))
                        .isInstanceOf(ConnectionResetException.class);

                rig.loop.sockSendall(socket, bytes("end"));
                peer.receive(1000 * failing);
                assertThat(text(peer.receive(3))).isEqualTo("end");
            });
        }
    }

    @Test
    void sockSendfile_cutShort_goesOnThere() {
        withCalls((calls, rig, socket, peer) -> {
            calls.sentMax = 777;
            Task<Long> sent = createTask(() -> rig.loop.sockSendfile(socket, file,
                    o -> o.withOffset(5).withCount(100_000L)));

            assertThat(peer.receive(100_000)).isEqualTo(data(5, 100_005));
            assertThat(sent.await()).isEqualTo(100_000);
        });
    }

    @Test
    void sockSendfile_ofAPath_leavesNoDescriptor() {
        withCalls((calls, rig, socket, peer) -> {
            for (int errno : new int[] {0, Errno.EINVAL}) {
                if (errno != 0) calls.fail("sendfile", 1, errno);
                rig.loop.sockSendfile(socket, file, o -> o.withCount(10L));
                peer.receive(10);
                try (var open = Files.list(Path.of("/proc/self/fd"))) {
                    assertThat(open.filter(SendfileTest::isOurs)).isEmpty();
                }
            }
        });
    }

    private static boolean isOurs(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).equals(file.toRealPath());
        } catch (IOException e) {               // closed meanwhile
            return false;
        }
    }

    // ---- By streams and transports

    private static long send(Sender sender, boolean byPath) throws IOException {
        if (byPath) return sender.sendfile(file, UnaryOperator.identity());
        try (FileChannel channel = FileChannel.open(file)) {
            return sender.sendfile(channel, UnaryOperator.identity());
        }
    }

    private interface EachBody {
        void run(Rig rig, Sender sender, RawPeer peer, boolean byPath) throws Exception;
    }

    private static void each(Rig.Network network, EachBody body) {
        for (boolean byPath : new boolean[] {true, false})
            Sender.each(network, (rig, sender, peer) -> body.run(rig, sender, peer, byPath));
    }

    @AsIn("test_sendfile.test_sendfile_pre_and_post_data")
    @EachNetwork
    void sendfile_amongWrites_keepsItsPlace(Rig.Network network) {
        each(network, (_, sender, peer, byPath) -> {
            sender.write(DATA);
            Task<Long> sent = createTask(() -> {
                long count = send(sender, byPath);
                sender.write(bytes("end"));
                return count;
            });

            assertThat(peer.receive(DATA.length)).isEqualTo(DATA);
            assertThat(peer.receive(DATA.length)).isEqualTo(DATA);
            assertThat(text(peer.receive(3))).isEqualTo("end");
            assertThat(sent.await()).isEqualTo(DATA.length);
        });
    }

    @AsIn("test_sendfile.test_sendfile_partial")
    @EachNetwork
    void sendfile_ofAPart_sendsThatPart(Rig.Network network) {
        Sender.each(network, (_, sender, peer) -> {
            try (FileChannel channel = FileChannel.open(file)) {
                assertThat(sender.sendfile(channel, o -> o.withOffset(10).withCount(100L)))
                        .isEqualTo(100);
                assertThat(channel.position()).isEqualTo(110);
            }
            assertThat(sender.sendfile(file, o -> o.withOffset(10).withCount(100L)))
                    .isEqualTo(100);

            for (int i = 0; i < 2; i++)
                assertThat(peer.receive(100)).isEqualTo(data(10, 110));
        });
    }

    @AsIn("test_sendfile.test_sendfile_prevents_bare_write")
    @EachNetwork
    void writesMeanwhile_areRefused(Rig.Network network) {
        each(network, (rig, sender, peer, byPath) -> {
            Task<Long> sent = createTask(() -> send(sender, byPath));
            rig.turns(5);
            assertThat(sent.done()).isFalse();
            assertThatThrownBy(() -> sender.write(bytes("x")))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("file");
            assertThatThrownBy(() -> sender.write(ByteBuffer.allocateDirect(1)))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(sender::writeEof).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> send(sender, byPath))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("file");

            assertThat(peer.receive(DATA.length)).isEqualTo(DATA);
            sent.await();
            sender.write(bytes("end"));
            sender.writeEof();
            assertThat(text(peer.receiveAll())).isEqualTo("end");
        });
    }

    @AsIn("test_sendfile.test_sendfile_for_closing_transp")
    @EachNetwork
    void sendfile_onceEnded_isRefused(Rig.Network network) {
        each(network, (_, sender, _, byPath) -> {
            sender.writeEof();
            assertThatThrownBy(() -> send(sender, byPath))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("writeEof");
            sender.close();
            assertThatThrownBy(() -> send(sender, byPath))
                    .isInstanceOf(IllegalStateException.class);
        });
    }

    @EachNetwork
    void close_meanwhile_endsIt(Rig.Network network) {
        for (boolean whileKept : new boolean[] {true, false})
            each(network, (rig, sender, _, byPath) -> {
                if (whileKept) sender.fill();
                Task<Long> sent = createTask(() -> send(sender, byPath));
                rig.turns(5);

                sender.close();

                assertThatThrownBy(sent::await).isInstanceOf(IOException.class);
                rig.turns(3);
            });
    }

    @AsIn("test_sendfile.test_sendfile_close_peer_after_receiving")
    @EachNetwork
    void peer_thatGoesAfterwards_isFine(Rig.Network network) {
        each(network, (_, sender, peer, byPath) -> {
            Task<Long> sent = createTask(() -> send(sender, byPath));
            peer.receive(DATA.length);
            peer.close();

            assertThat(sent.await()).isEqualTo(DATA.length);
        });
    }

    @AsIn("test_sendfile.test_sendfile_close_peer_in_the_middle_of_receiving")
    @EachNetwork
    void peer_thatGoesInTheMiddle_endsTheConnection(Rig.Network network) {
        Sender.each(network, (rig, sender, peer) -> {
            try (FileChannel channel = FileChannel.open(file)) {
                Task<Long> sent = createTask(
                        () -> sender.sendfile(channel, UnaryOperator.identity()));
                peer.receive(1_000_000);
                peer.close();

                assertThatThrownBy(sent::await).isInstanceOf(SocketException.class);
                assertThat(channel.position()).isBetween(0L, (long) DATA.length);
                rig.await("the end", sender::isClosing);
            }
        });
        Sender.each(network, (rig, sender, peer) -> {
            Task<Long> sent = createTask(() -> send(sender, true));
            peer.receive(1_000_000);
            peer.reset();

            assertThatThrownBy(sent::await).isInstanceOf(SocketException.class);
            rig.await("the end", sender::isClosing);
        });
    }

    /// It ends early, and says so by its count. What the system had taken beyond the cut comes
    /// too, by a page of zeros perhaps: it sends the file's own pages.
    @EachNetwork
    void file_thatIsCutMeanwhile_isSentAsFarAsItGoes(Rig.Network network, @TempDir Path mine) {
        each(network, (rig, sender, peer, byPath) -> {
            Path cut = Files.write(mine.resolve("cut"), DATA);
            try (FileChannel channel = FileChannel.open(
                    cut, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                Task<Long> sent = createTask(() -> {
                    long count = byPath ? sender.sendfile(cut, UnaryOperator.identity())
                            : sender.sendfile(channel, UnaryOperator.identity());
                    sender.writeEof();
                    return count;
                });
                byte[] first = peer.receive(100_000);
                assertThat(sent.done()).isFalse();
                channel.truncate(200_000);

                byte[] rest = peer.receiveAll();

                int received = first.length + rest.length;
                assertThat(sent.await()).isEqualTo(received);
                assertThat(received).isBetween(200_000, DATA.length - 1);
                assertThat(Arrays.copyOf(rest, 100_000)).isEqualTo(data(100_000, 200_000));
            }
        });
    }

    @EachNetwork
    void sendfile_cancelledBeforeItsTurn_sendsNothing(Rig.Network network) {
        each(network, (rig, sender, peer, byPath) -> {
            int written = sender.fill();
            Task<Long> waiting = createTask(() -> send(sender, byPath));
            rig.turns(3);
            waiting.cancel();
            assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
            sender.write(bytes("between"));
            peer.receive(written);
            assertThat(text(peer.receive(7))).isEqualTo("between");
        });
    }

    @EachNetwork
    void sendfile_cancelled_leavesTheConnectionUsable(Rig.Network network) {
        each(network, (rig, sender, peer, byPath) -> {
            Task<Long> amid = createTask(() -> send(sender, byPath));
            rig.turns(100);
            amid.cancel();
            assertThatThrownBy(amid::await).isInstanceOf(CancelledError.class);
            sender.write(bytes("end"));
            sender.writeEof();
            byte[] received = peer.receiveAll();
            assertThat(text(received)).endsWith("end");
            assertThat(Arrays.copyOf(received, received.length - 3))
                    .isEqualTo(data(0, received.length - 3));
        });
    }

    @EachNetwork
    void transport_whileItSendsAFile_receivesNothing(Rig.Network network) {
        for (boolean isPaused : new boolean[] {false, true})
            Rig.run(network, rig -> {
                if (network == Rig.Network.VIRTUAL)
                    rig.loop.setDefaultExecutor(new TlsStreamsTest.Inline());
                Sender.run(rig, false, (_, sender, peer) -> {
                    var transport = ((Sender.OfTransport) sender).transport();
                    var protocol = ((Sender.OfTransport) sender).protocol();
                    if (isPaused) transport.pauseReading();
                    Task<Long> sent = createTask(() -> send(sender, true));
                    rig.turns(2);
                    peer.send("early");
                    rig.turns(10);
                    assertThat(transport.isReading()).isFalse();
                    assertThat(protocol.trace).containsExactly("made");

                    peer.receive(DATA.length);
                    sent.await();
                    assertThat(transport.isReading()).isEqualTo(!isPaused);
                    transport.resumeReading();
                    rig.await("the data", () -> protocol.trace.contains("early"));
                });
            });
    }

    @Test
    void sendfile_toAPeerThatTakesNothing_isEndedByTheLimitOfTheServer() {
        TlsStreamsTest.virtually(rig -> {
            List<IOException> ends = new ArrayList<>();
            Server server = Asyncio.startServer((_, writer) -> {
                try {
                    writer.sendfile(file);
                } catch (IOException e) {
                    ends.add(e);
                    throw e;
                }
            }, "127.0.0.1", 0, o -> o.withLimits(
                    l -> l.withWriteStallTimeout(Duration.ofSeconds(10))));
            try (var _ = rig.connectTo(server.sockets().getFirst())) {
                Asyncio.sleep(Duration.ofMillis(9_900));
                assertThat(ends).isEmpty();
                Asyncio.sleep(Duration.ofSeconds(3));
                assertThat(ends).hasSize(1).first()
                        .isInstanceOf(ConnectionLimitException.class);
            }
            server.close();
            server.waitClosed();
        });
    }

    @AsIn("test_sendfile.test_sendfile_not_supported")
    @Test
    void transport_ofAnotherKind_isRefused() {
        Transport other = (Transport) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Transport.class},
                (_, method, _) -> method.getName().equals("toString") ? "<other>" : null);

        assertThatThrownBy(() -> Asyncio.sendfile(other, file))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("<other>");
    }

    // ---- Over TLS

    private interface TlsBody {
        void run(Rig rig, Sender sender, StreamReader peer) throws Exception;
    }

    /// A client that sends, be it a stream or a transport, to a server of streams.
    private static void overTls(TlsBody body) {
        SSLContext serving = TestKeys.context("server");
        SSLContext asking = TestKeys.context(null);
        for (boolean isStream : new boolean[] {true, false})
            TlsStreamsTest.virtually(rig -> {
                var accepted = rig.loop.<StreamReader>createFuture();
                Server server = Asyncio.startServer((reader, writer) -> {
                    accepted.setResult(reader);
                    writer.waitClosed();
                }, "127.0.0.1", 0, o -> o.withTls(serving));
                Sender sender = isStream
                        ? new Sender.OfStream(Asyncio.openConnection("127.0.0.1", server.port(),
                                o -> o.withTls(asking)))
                        : Sender.OfTransport.on(Asyncio.createConnection(TracingProtocol::new,
                                "127.0.0.1", server.port(), o -> o.withTls(asking)));
                body.run(rig, sender, accepted.await());
                sender.close();
                server.abortClients();
                server.close();
                server.waitClosed();
            });
    }

    @AsIn("test_sendfile.test_sendfile_ssl_pre_and_post_data")
    @Test
    void sendfile_overTls_isReadAndWrittenInItsPlace() {
        for (boolean byPath : new boolean[] {true, false})
            overTls((_, sender, peer) -> {
                sender.write(data(0, 300_000));
                Task<Long> sent = createTask(() -> {
                    long count = send(sender, byPath);
                    sender.write(bytes("end"));
                    return count;
                });

                assertThat(peer.readexactly(300_000)).isEqualTo(data(0, 300_000));
                assertThat(peer.readexactly(DATA.length)).isEqualTo(DATA);
                assertThat(text(peer.readexactly(3))).isEqualTo("end");
                assertThat(sent.await()).isEqualTo(DATA.length);
            });
    }

    @AsIn("test_sendfile.test_sendfile_ssl_partial")
    @Test
    void sendfile_overTlsOfAPart_movesThePosition() {
        overTls((_, sender, peer) -> {
            try (FileChannel channel = FileChannel.open(file)) {
                assertThat(sender.sendfile(channel, o -> o.withOffset(10).withCount(20_000L)))
                        .isEqualTo(20_000);
                assertThat(channel.position()).isEqualTo(20_010);
            }
            assertThat(peer.readexactly(20_000)).isEqualTo(data(10, 20_010));
        });
    }

    @AsIn("test_sendfile.test_sendfile_no_fallback_for_fallback_transport")
    @Test
    void sendfile_overTlsWithoutFallback_isRefused() {
        overTls((_, sender, peer) -> {
            assertThatThrownBy(() -> sender.sendfile(file, o -> o.withFallback(false)))
                    .isInstanceOf(SendfileNotAvailableException.class)
                    .hasMessageContaining("TLS");
            sender.write(bytes("well"));
            assertThat(text(peer.readexactly(4))).isEqualTo("well");
        });
    }

    /// No record is ever cut: what was encrypted is sent, whoever waits for it.
    @Test
    void sendfile_cancelledOverTls_leavesTheConnectionWhole() {
        for (int turns : new int[] {1, 5, 20}) {
            overTls((rig, sender, peer) -> {
                Task<Long> amid = createTask(() -> send(sender, true));
                rig.turns(turns);
                amid.cancel();
                assertThatThrownBy(amid::await).isInstanceOf(CancelledError.class);

                sender.write(bytes("end"));

                byte[] received = peer.readuntil(bytes("end"));
                int count = received.length - 3;
                assertThat(Arrays.copyOf(received, count)).isEqualTo(data(0, count));
            });
        }
    }

    @AsIn("test_sendfile.test_sendfile_ssl_close_peer_after_receiving")
    @Test
    void sendfile_overTlsWhileClosed_fails() {
        overTls((rig, sender, peer) -> {
            Task<Long> sent = createTask(() -> send(sender, true));
            peer.readexactly(100_000);
            rig.turns(20);

            sender.close();

            assertThatThrownBy(sent::await).isInstanceOf(IOException.class);
        });
    }

    @Test
    void writelines_overTls_sharesARecord() {
        overTls((_, sender, peer) -> {
            sender.writelines(List.of(bytes("one "), bytes(""), bytes("record")));

            assertThat(text(peer.read(100))).isEqualTo("one record");
        });
    }

    @Test
    void write_overTlsBeyondTheMax_isRefusedWhole() {
        overTls((_, sender, peer) -> {
            sender.max(10);
            ByteBuffer direct = ByteBuffer.allocateDirect(11);

            assertThatThrownBy(() -> sender.write(direct))
                    .isInstanceOf(WriteBufferFullException.class);

            assertThat(direct.remaining()).isEqualTo(11);
            sender.write(bytes("well"));
            assertThat(text(peer.readexactly(4))).isEqualTo("well");
        });
    }
}
