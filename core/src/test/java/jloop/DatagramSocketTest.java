package jloop;

import static jloop.Rig.bytes;
import static jloop.Rig.loopback;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import jloop.kernel.Errno;
import jloop.poller.UnixName;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Datagrams by the low-level calls of the loop.
class DatagramSocketTest {

    private static final int MUCH = 1 << 20;
    private static final int LARGEST = 65_507;      // over IPv4

    @TempDir
    Path folder;

    private static Socket udp(Rig rig) throws IOException {
        Socket socket = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET);
        socket.bind(loopback(0));
        return socket;
    }

    /// The address of a socket that was closed, of nobody now.
    private static SocketAddress nobodys(Rig rig) throws IOException {
        try (Socket gone = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET)) {
            gone.bind(Rig.unshared());
            return address(gone);
        }
    }

    private static Socket unix(Rig rig) throws IOException {
        return Socket.openDatagram(rig.loop, StandardProtocolFamily.UNIX);
    }

    private static SocketAddress address(Socket socket) {
        return Objects.requireNonNull(socket.localAddress());
    }

    private static void send(Socket from, String text, Socket to) throws IOException {
        from.loop.sockSendto(from, bytes(text), address(to));
    }

    private static String receive(Socket socket) throws IOException {
        return text(socket.loop.sockRecvfrom(socket, MUCH).data());
    }

    /// What has been sent, which may be under way for a moment.
    private static Datagram receiveNow(Rig rig, Socket socket, int size) {
        List<Datagram> received = new ArrayList<>();
        rig.await("it to arrive", () -> {
            try {
                Datagram now = socket.receiveFromNow(size);
                return now != null && received.add(now);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        return received.getFirst();
    }

    // ---- Sending and receiving

    @AsIn("test_sock_lowlevel.test_recvfrom")
    @EachNetwork
    void sockRecvfrom_ofWhatWasSent_tellsTheSender(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig); Socket other = udp(rig)) {
                send(one, "hello", other);
                Datagram received = rig.loop.sockRecvfrom(other, MUCH);

                assertThat(text(received.data())).isEqualTo("hello");
                assertThat(received.from()).isEqualTo(one.localAddress());
                assertThat(received).hasToString(
                        "<Datagram of 5 bytes from " + one.localAddress() + ">");
            }
        });
    }

    @EachNetwork
    void sockRecvfrom_beforeAnythingIsSent_waits(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig); Socket other = udp(rig)) {
                Task<String> receiver = rig.loop.createTask(() -> receive(other));
                rig.turns(3);
                assertThat(receiver.done()).isFalse();

                send(one, "now", other);

                assertThat(receiver.await()).isEqualTo("now");
            }
        });
    }

    @EachNetwork
    void sockRecvfrom_ofMany_keepsEachApart(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig); Socket other = udp(rig)) {
                for (int i = 0; i < 100; i++) send(one, "message " + i, other);

                for (int i = 0; i < 100; i++) assertThat(receive(other)).isEqualTo("message " + i);
            }
        });
    }

    private interface Pair {
        void run(Rig rig, Socket one, Socket other) throws Exception;
    }

    /// Over UDP, and over UNIX where there are such sockets.
    private void each(Rig.Network network, Pair body) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig); Socket other = udp(rig)) {
                body.run(rig, one, other);
            }
            if (network == Rig.Network.NIO) return;
            try (Socket one = unix(rig); Socket other = unix(rig)) {
                one.bind(UnixDomainSocketAddress.of(folder.resolve("one")));
                other.bind(UnixDomainSocketAddress.of(folder.resolve("other")));
                body.run(rig, one, other);
            }
        });
    }

    @EachNetwork
    void sockRecvfrom_ofALongerDatagram_losesItsEndAndSaysSo(Rig.Network network) {
        each(network, (rig, one, other) -> {
            for (String text : List.of("abcdef", "ghi", "jkl", "mno", "pq")) send(one, text, other);

            Datagram cut = rig.loop.sockRecvfrom(other, 2);
            assertThat(text(cut.data())).isEqualTo("ab");
            assertThat(cut.size()).isEqualTo(6);
            assertThat(cut.isTruncated()).isTrue();
            assertThat(cut.from()).isEqualTo(one.localAddress());
            assertThat(cut).hasToString(
                    "<Datagram of 6 bytes, cut to 2 from " + one.localAddress() + ">");
            assertThat(rig.loop.sockRecvfrom(other, 0).isTruncated()).isTrue();
            Datagram now = receiveNow(rig, other, 1);
            assertThat(now.size()).isEqualTo(3);
            assertThat(now.data()).isEqualTo(bytes("j"));

            Datagram whole = rig.loop.sockRecvfrom(other, 3);
            assertThat(text(whole.data())).isEqualTo("mno");
            assertThat(whole.isTruncated()).isFalse();
            assertThat(receive(other)).isEqualTo("pq");
        });
    }

    /// The calls that return nothing which could say so.
    @EachNetwork
    void aLongerDatagram_whereNothingElseCouldTell_isAnError(Rig.Network network) {
        each(network, (rig, one, other) -> {
            byte[] array = bytes("------");
            ByteBuffer heap = ByteBuffer.wrap(bytes("------"), 1, 3);
            ByteBuffer direct = ByteBuffer.allocateDirect(3);
            List<ThrowableAssert.ThrowingCallable> calls = List.of(
                    () -> rig.loop.sockRecv(other, 3),
                    () -> rig.loop.sockRecvInto(other, array, 1, 3),
                    () -> rig.loop.sockRecvfromInto(other, heap),
                    () -> rig.loop.sockRecvfromInto(other, direct));
            for (ThrowableAssert.ThrowingCallable call : calls) {
                send(one, "abcdef", other);
                assertThatThrownBy(call)
                        .isInstanceOfSatisfying(DatagramTruncatedException.class, e -> {
                            assertThat(text(e.datagram().data())).isEqualTo("abc");
                            assertThat(e.datagram().size()).isEqualTo(6);
                            assertThat(e.datagram().from()).isEqualTo(one.localAddress());
                        }).hasMessageContaining("of 6 bytes, cut to 3 from");
                send(one, "xyz", other);
                assertThat(text(rig.loop.sockRecv(other, 3))).isEqualTo("xyz");
            }
            assertThat(text(array)).isEqualTo("-abc--");
            assertThat(text(heap.array())).isEqualTo("-abc--");
            assertThat(heap.hasRemaining()).isFalse();
            assertThat(direct.position()).isEqualTo(3);
        });
    }

    @Test
    void datagram_ofFewerBytesThanItHas_isRejected() {
        assertThatThrownBy(() -> new Datagram(new byte[3], loopback(1), 2))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("2 bytes");
        assertThat(new Datagram(new byte[3], loopback(1)).isTruncated()).isFalse();
    }

    @EachNetwork
    void sockSendto_ofNothingAndOfTheMost_arrives(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig); Socket other = udp(rig)) {
                for (int size : new int[] {0, 1, LARGEST}) {
                    byte[] sent = Rig.pattern(size);
                    rig.loop.sockSendto(one, sent, address(other));
                    Datagram received = rig.loop.sockRecvfrom(other, MUCH);
                    assertThat(received.data()).isEqualTo(sent);
                    assertThat(received.from()).isEqualTo(one.localAddress());
                }
            }
        });
    }

    @EachNetwork
    void sockSendto_ofMoreThanADatagramHolds_failsAndNothingElseDoes(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig); Socket other = udp(rig)) {
                for (int size : new int[] {LARGEST + 1, MUCH})
                    assertThatThrownBy(() -> rig.loop.sockSendto(
                            one, new byte[size], address(other)))
                            .isInstanceOf(SocketException.class)
                            .hasMessageContaining("EMSGSIZE")
                            .hasMessageContaining(address(other).toString());

                send(one, "short", other);
                assertThat(receive(other)).isEqualTo("short");
            }
        });
    }

    @EachNetwork
    void sockSendto_ofAPart_sendsThatPart(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig); Socket other = udp(rig)) {
                rig.loop.sockSendto(one, bytes("abcdef"), 2, 3, address(other));

                assertThat(receive(other)).isEqualTo("cde");
            }
        });
    }

    @AsIn("test_sock_lowlevel.test_recvfrom_into")
    @EachNetwork
    void sockRecvfromInto_aBuffer_fillsWhatRemains(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig); Socket other = udp(rig)) {
                for (ByteBuffer buffer : new ByteBuffer[] {
                        ByteBuffer.allocate(10), ByteBuffer.allocateDirect(10)}) {
                    send(one, "abc", other);
                    send(one, "just 6", other);
                    buffer.put((byte) '>');

                    assertThat(rig.loop.sockRecvfromInto(other, buffer))
                            .isEqualTo(one.localAddress());
                    assertThat(buffer.position()).isEqualTo(4);
                    rig.loop.sockRecvfromInto(other, buffer);

                    byte[] all = new byte[10];
                    buffer.get(0, all);
                    assertThat(text(all)).isEqualTo(">abcjust 6");
                }
                assertThatThrownBy(() -> rig.loop.sockRecvfromInto(
                        other, ByteBuffer.allocate(9).asReadOnlyBuffer()))
                        .isInstanceOf(ReadOnlyBufferException.class);
            }
        });
    }

    @EachNetwork
    void sockSendto_byASocketThatIsNotBound_getsItAnAddress(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET);
                    Socket other = udp(rig)) {
                send(one, "ask", other);
                Datagram question = rig.loop.sockRecvfrom(other, MUCH);
                rig.loop.sockSendto(other, bytes("answer"), question.from());

                assertThat(receive(one)).isEqualTo("answer");
            }
        });
    }

    @EachNetwork
    void datagrams_overIPv6_goBothWays(Rig.Network network) {
        Rig.run(network, rig -> {
            var any = new InetSocketAddress(InetAddress.ofLiteral("::1"), 0);
            try (Socket one = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET6);
                    Socket other = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET6)) {
                one.bind(any);
                other.bind(any);
                send(one, "six", other);
                Datagram received = rig.loop.sockRecvfrom(other, MUCH);

                assertThat(text(received.data())).isEqualTo("six");
                assertThat(received.from()).isEqualTo(one.localAddress());
                assertThatThrownBy(() -> rig.loop.sockSendto(one, new byte[LARGEST + 21],
                        address(other))).hasMessageContaining("EMSGSIZE");
            }
        });
    }

    // ---- Connected

    @EachNetwork
    void connected_sendsToItsPeerAndHearsItAlone(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig); Socket other = udp(rig); Socket stranger = udp(rig)) {
                rig.loop.sockConnect(one, address(other));
                assertThat(one.remoteAddress()).isEqualTo(other.localAddress());
                send(stranger, "psst", one);
                send(other, "hi", one);
                assertThat(receive(one)).isEqualTo("hi");

                rig.loop.sockSendall(one, bytes("1"));
                rig.loop.sockSendto(one, bytes("2"), 0, 1, null);
                assertThat(one.sendNow(bytes("3"), 0, 1)).isEqualTo(1);
                send(other, "4", one);

                for (int i = 1; i <= 3; i++) assertThat(receive(other)).isEqualTo("" + i);
                assertThat(text(rig.loop.sockRecv(one, MUCH))).isEqualTo("4");
            }
        });
    }

    @AsIn("test_events.test_datagram_send_to_non_listening_address")
    @EachNetwork
    void connected_toNobody_isToldOnceAndLivesOn(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig)) {
                SocketAddress there = nobodys(rig);
                rig.loop.sockConnect(one, there);
                Task<String> receiver = rig.loop.createTask(() -> receive(one));
                rig.turns(3);

                rig.loop.sockSendto(one, bytes("anybody?"), 0, 3, null);
                assertThatThrownBy(receiver::await).isInstanceOf(ConnectException.class)
                        .hasMessageContaining("ECONNREFUSED");

                try (Socket back = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET)) {
                    back.bind(there);
                    send(back, "I am", one);
                    assertThat(receive(one)).isEqualTo("I am");
                }
            }
        });
    }

    @EachNetwork
    void sockSendto_toNobodyAndNotConnected_isLost(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig); Socket other = udp(rig)) {
                rig.loop.sockSendto(one, bytes("anybody?"), nobodys(rig));

                send(other, "me", one);
                assertThat(receive(one)).isEqualTo("me");
            }
        });
    }

    @EachNetwork
    void sockSendto_withoutAnAddressAndNotConnected_fails(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig)) {
                assertThatThrownBy(() -> rig.loop.sockSendto(one, bytes("x"), 0, 1, null))
                        .isInstanceOf(SocketException.class);
            }
        });
    }

    /// What java.nio cannot do is said, not dropped.
    @EachNetwork
    void empty_fromAConnectedSocket_arrivesOrIsRefused(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig); Socket other = udp(rig)) {
                rig.loop.sockConnect(one, address(other));
                if (network == Rig.Network.NIO) {
                    assertThatThrownBy(() -> rig.loop.sockSendto(one, new byte[0], 0, 0, null))
                            .isInstanceOf(SocketException.class)
                            .hasMessageContaining("EOPNOTSUPP");
                } else {
                    rig.loop.sockSendto(one, new byte[0], 0, 0, null);
                    assertThat(receive(other)).isEmpty();
                }
            }
        });
    }

    // ---- Misuse

    @EachNetwork
    void datagramCalls_onAStreamSocket_areRefused(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Rig.Ends ends = rig.connect(); Socket udp = udp(rig)) {
                SocketAddress to = address(udp);
                assertThatThrownBy(() -> rig.loop.sockSendto(ends.client(), bytes("x"), to))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("stream socket");
                assertThatThrownBy(() -> rig.loop.sockRecvfrom(ends.client(), 1))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThat(ends.client().isDatagram()).isFalse();
                assertThat(udp.isDatagram()).isTrue();
            }
        });
    }

    @EachNetwork
    void streamCalls_onADatagramSocket_areRefused(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket udp = udp(rig)) {
                assertThatThrownBy(() -> udp.listen(1)).isInstanceOf(SocketException.class);
                assertThatThrownBy(() -> rig.loop.sockAccept(udp))
                        .isInstanceOf(SocketException.class);
                for (ThrowableAssert.ThrowingCallable receive : List
                        .<ThrowableAssert.ThrowingCallable>of(() -> udp.receiveNow(1),
                                () -> udp.receiveNow(new byte[1], 0, 1),
                                () -> udp.receiveNow(ByteBuffer.allocate(1))))
                    assertThatThrownBy(receive).isInstanceOf(IllegalArgumentException.class)
                            .hasMessageContaining("is a socket of datagrams");
                rig.loop.sockConnect(udp, address(udp));
                assertThatThrownBy(() -> Asyncio.connectAcceptedSocket(
                        () -> new jloop.io.Protocol() { }, udp))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("stream socket was expected");
            }
        });
    }

    @AsIn("test_sock_lowlevel.test_recvfrom_into_wrong_size")
    @EachNetwork
    void arguments_thatMakeNoSense_areRefused(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig)) {
                SocketAddress here = address(one);
                assertThatThrownBy(() -> rig.loop.sockRecvfrom(one, -1))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> rig.loop.sockSendto(one, new byte[2], 1, 2, here))
                        .isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> rig.loop.sockSendto(one, new byte[2],
                        InetSocketAddress.createUnresolved("nowhere", 1)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("must be resolved");
                assertThatThrownBy(() -> rig.loop.sockSendto(one, new byte[2],
                        UnixDomainSocketAddress.of("x"))).isInstanceOf(SocketException.class);
            }
        });
    }

    // ---- Waiting and the end

    @EachNetwork
    void sockRecvfrom_cancelled_losesNothing(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig); Socket other = udp(rig)) {
                Task<String> receiver = rig.loop.createTask(() -> receive(other));
                rig.turns(3);
                receiver.cancel();
                send(one, "still here", other);
                assertThatThrownBy(receiver::await).isInstanceOf(CancelledError.class);

                assertThat(receive(other)).isEqualTo("still here");
            }
        });
    }

    @EachNetwork
    void sockRecvfrom_whileAnotherDoes_isRefused(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig)) {
                Task<String> receiver = rig.loop.createTask(() -> receive(one));
                rig.turns(3);
                assertThatThrownBy(() -> receive(one)).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> one.receiveFromNow(1))
                        .isInstanceOf(IllegalStateException.class);

                one.close();
                assertThatThrownBy(receiver::await).isInstanceOf(SocketException.class);
            }
        });
    }

    @EachNetwork
    void close_ofAThousand_leavesNothing(Rig.Network network) {
        Rig.run(network, rig -> {
            for (int i = 0; i < 1000; i++)
                try (Socket one = udp(rig)) {
                    send(one, "me", one);
                    assertThat(receive(one)).isEqualTo("me");
                }
        });
    }

    @EachNetwork
    void now_withNothingThere_saysSo(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = udp(rig)) {
                assertThat(one.receiveFromNow(MUCH)).isNull();
                assertThat(one.sendToNow(bytes("x"), 0, 1, address(one))).isTrue();
                assertThat(receiveNow(rig, one, MUCH).data()).isEqualTo(bytes("x"));
            }
        });
    }

    // ---- Options

    @EachPoller
    void broadcast_withoutTheOption_isDenied(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Socket one = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET);
                    Socket other = udp(rig)) {
                var everybody = new InetSocketAddress(InetAddress.ofLiteral("127.255.255.255"),
                        ((InetSocketAddress) address(other)).getPort());
                assertThatThrownBy(() -> rig.loop.sockSendto(one, bytes("x"), everybody))
                        .hasMessageContaining("EACCES");

                one.setBroadcast(true);
                rig.loop.sockSendto(one, bytes("x"), everybody);
            }
        });
    }

    @EachNetwork
    void reusePort_ofTwoSockets_lendsThemOnePort(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket one = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET);
                    Socket other = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET);
                    Socket third = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET)) {
                one.setReusePort(true);
                one.bind(loopback(0));
                other.setReusePort(true);
                other.bind(address(one));

                assertThatThrownBy(() -> third.bind(address(one)))
                        .hasMessageContaining("EADDRINUSE");
            }
        });
    }

    // ---- Over UNIX

    @EachNetwork
    void unix_byPath_goesBothWays(Rig.Network network) {
        assumeTrue(network != Rig.Network.NIO);
        Rig.run(network, rig -> {
            try (Socket one = unix(rig); Socket other = unix(rig)) {
                one.bind(UnixDomainSocketAddress.of(folder.resolve("one")));
                other.bind(UnixDomainSocketAddress.of(folder.resolve("other")));
                send(one, "", other);
                send(one, "path", other);

                assertThat(receive(other)).isEmpty();
                Datagram received = rig.loop.sockRecvfrom(other, MUCH);
                assertThat(text(received.data())).isEqualTo("path");
                assertThat(received.from()).isEqualTo(one.localAddress());
            }
        });
    }

    @EachNetwork
    void unix_fromASocketThatIsNotBound_hasASenderWithoutAPath(Rig.Network network) {
        assumeTrue(network != Rig.Network.NIO);
        Rig.run(network, rig -> {
            try (Socket one = unix(rig); Socket other = unix(rig); Socket stream =
                    Socket.open(rig.loop, StandardProtocolFamily.UNIX)) {
                other.bind(Rig.unsharedName("jloop-datagrams-" + network));
                stream.bind(UnixDomainSocketAddress.of(folder.resolve("stream")));
                send(one, "who", other);
                assertThat(rig.loop.sockRecvfrom(other, MUCH).from())
                        .isEqualTo(UnixDomainSocketAddress.of(""));

                assertThatThrownBy(() -> send(one, "x", stream))
                        .hasMessageContaining("EPROTOTYPE");
                assertThatThrownBy(() -> rig.loop.sockConnect(one, address(stream)))
                        .hasMessageContaining("EPROTOTYPE");
                assertThatThrownBy(() -> rig.loop.sockSendto(one, bytes("x"),
                        UnixDomainSocketAddress.of(folder.resolve("nobody"))))
                        .hasMessageContaining("ENOENT");
                assertThatThrownBy(() -> rig.loop.sockSendto(one, bytes("x"), 0, 1, null))
                        .hasMessageContaining("ENOTCONN");
            }
        });
    }

    @EachNetwork
    void unix_toASocketThatIsFull_waitsForRoom(Rig.Network network) {
        assumeTrue(network != Rig.Network.NIO);
        for (boolean connected : new boolean[] {true, false})
            Rig.run(network, rig -> {
                try (Socket one = unix(rig); Socket other = unix(rig)) {
                    UnixName there = Rig.unsharedName("jloop-full-" + network + connected);
                    other.bind(there);
                    if (connected) rig.loop.sockConnect(one, there);
                    byte[] large = Rig.pattern(10_000);
                    int count = 0;
                    while (one.sendToNow(large, 0, large.length, there)) count++;
                    assertThat(count).isPositive();
                    Task<?> sender = rig.loop.createTask(
                            () -> rig.loop.sockSendto(one, bytes("last"), there));
                    Asyncio.sleep(Duration.ofMillis(5));
                    assertThat(sender.done()).isFalse();

                    for (int i = 0; i < count; i++)
                        assertThat(rig.loop.sockRecvfrom(other, MUCH).data()).isEqualTo(large);
                    assertThat(receive(other)).isEqualTo("last");
                    sender.await();
                }
            });
    }

    @EachNetwork
    void unix_connectedToASocketThatCloses_isRefused(Rig.Network network) {
        assumeTrue(network != Rig.Network.NIO);
        Rig.run(network, rig -> {
            try (Socket one = unix(rig)) {
                Socket other = unix(rig);
                UnixName there = Rig.unsharedName("jloop-gone-" + network);
                other.bind(there);
                rig.loop.sockConnect(one, there);
                while (one.sendToNow(new byte[10_000], 0, 10_000, null)) { }
                Task<?> sender = rig.loop.createTask(
                        () -> rig.loop.sockSendto(one, bytes("x"), 0, 1, null));
                rig.turns(3);
                other.close();

                assertThatThrownBy(sender::await).isInstanceOf(ConnectException.class);
            }
        });
    }

    @Test
    void unix_byNio_isRefusedWithTheReason() {
        Rig.run(Rig.Kind.NIO, rig -> assertThatThrownBy(() -> unix(rig))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("java.nio has no UNIX datagrams"));
    }

    // ---- Faults

    @Test
    void systemCalls_thatFail_fail() {
        var calls = new FailingCalls();
        Rig.run(calls, rig -> {
            try (Socket one = udp(rig); Socket other = udp(rig)) {
                for (int errno : new int[] {Errno.EACCES, Errno.EPERM, Errno.ENETUNREACH}) {
                    calls.fail("sendto", 1, errno);
                    assertThatThrownBy(() -> send(one, "x", other))
                            .hasMessageContaining(Errno.text(errno));
                }
                for (int errno : new int[] {Errno.ENOBUFS, Errno.ENOMEM}) {
                    calls.fail("sendto", 1, errno);
                    send(one, "tried again", other);
                    assertThat(calls.hasFailed()).isTrue();
                    assertThat(receive(other)).isEqualTo("tried again");
                }
                calls.fail("recvfrom", 1, Errno.ENOMEM);
                assertThatThrownBy(() -> receive(other)).hasMessageContaining("ENOMEM");
                for (String call : new String[] {"sendto", "recvfrom", "poll"})
                    for (int errno : new int[] {Errno.EINTR, Errno.EAGAIN}) {
                        if (call.equals("poll") && errno == Errno.EAGAIN) continue;
                        calls.fail(call, 1, errno);
                        send(one, call + errno, other);
                        assertThat(receive(other)).isEqualTo(call + errno);
                    }
                calls.failNothing();
            }
            calls.fail("socket", 1, Errno.EMFILE);
            assertThatThrownBy(() -> udp(rig)).isInstanceOf(ResourceShortageException.class);
        });
    }
}
