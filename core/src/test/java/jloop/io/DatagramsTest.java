package jloop.io;

import static jloop.Asyncio.createDatagramEndpoint;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.openDatagramStream;
import static jloop.Asyncio.sleep;
import static jloop.Rig.bytes;
import static jloop.Rig.loopback;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import jloop.AsIn;
import jloop.CancelledError;
import jloop.ContextVar;
import jloop.Datagram;
import jloop.DatagramTruncatedException;
import jloop.EachNetwork;
import jloop.FailingCalls;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;
import jloop.kernel.EpollPoller;
import jloop.kernel.Errno;
import jloop.kernel.FaultySystemCalls;
import jloop.kernel.FaultySystemCalls.Call;
import jloop.poller.UnixName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DatagramsTest {

    private static final UnaryOperator<DatagramOptions> HERE = o -> o.withLocalAddress(loopback(0));

    @TempDir
    Path folder;

    /// Notes what it is told.
    private static class Tracing implements DatagramProtocol {

        final List<String> trace = new ArrayList<>();
        final List<IOException> failures = new ArrayList<>();
        @Nullable DatagramTransport transport;
        @Nullable SocketAddress from;
        @Nullable Throwable lostBy;

        @Override
        public void connectionMade(DatagramTransport made) throws Exception {
            transport = made;
            trace.add("made");
        }

        @Override
        public void datagramReceived(ByteBuffer data, SocketAddress sender) throws Exception {
            from = sender;
            trace.add("'" + TracingProtocol.textOf(data) + "'");
        }

        @Override
        public void errorReceived(IOException failure) throws Exception {
            failures.add(failure);
            trace.add("error");
        }

        @Override
        public void connectionLost(@Nullable Throwable why) throws Exception {
            lostBy = why;
            trace.add("lost");
        }

        @Override
        public void pauseWriting() throws Exception {
            trace.add("pause");
        }

        @Override
        public void resumeWriting() throws Exception {
            trace.add("resume");
        }
    }

    private static SocketAddress address(DatagramTransport transport) {
        return (SocketAddress) Objects.requireNonNull(transport.getExtraInfo("sockname"));
    }

    private static Socket udp(Rig rig) throws IOException {
        Socket socket = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET);
        socket.bind(loopback(0));
        return socket;
    }

    /// A socket with an address that is nobody's once it is closed.
    private static Socket unshared(Rig rig) throws IOException {
        Socket socket = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET);
        socket.bind(Rig.unshared());
        return socket;
    }

    private static SocketAddress address(Socket socket) {
        return Objects.requireNonNull(socket.localAddress());
    }

    private static String receive(Socket socket) throws IOException {
        return text(getRunningLoop().sockRecvfrom(socket, 1 << 20).data());
    }

    private static void awaitTrace(Rig rig, Tracing protocol, String... expected) {
        rig.await("the trace " + List.of(expected) + " in place of " + protocol.trace,
                () -> protocol.trace.size() >= expected.length);
        assertThat(protocol.trace).containsExactly(expected);
    }

    private static void close(Rig rig, DatagramEndpoint<? extends Tracing> endpoint) {
        endpoint.close();
        rig.await("the end", () -> endpoint.protocol().trace.contains("lost"));
        assertThat(endpoint.protocol().lostBy).isNull();
        rig.turns(1);
    }

    // ---- Protocols

    @AsIn("test_events.test_create_datagram_endpoint")
    @EachNetwork
    void endpoint_andAnother_talk(Rig.Network network) {
        Rig.run(network, rig -> {
            var server = createDatagramEndpoint(() -> new Tracing() {
                @Override
                public void datagramReceived(ByteBuffer data, SocketAddress sender)
                        throws Exception {
                    Objects.requireNonNull(transport).sendto(data, sender);
                    assertThat(data.hasRemaining()).isFalse();
                }
            }, HERE);
            SocketAddress there = address(server.transport());
            var client = createDatagramEndpoint(Tracing::new, o -> o.withRemoteAddress(there));
            assertThat(client.protocol().trace).containsExactly("made");
            assertThat(client.protocol().transport).isSameAs(client.transport());
            assertThat(client.transport().getProtocol()).isSameAs(client.protocol());
            assertThat(client.transport().getExtraInfo("peername")).isEqualTo(there);
            assertThat(server.transport().getExtraInfo("peername")).isNull();
            assertThat(server.transport().getExtraInfo("socket")).isInstanceOf(Socket.class);
            assertThat(server.transport().getExtraInfo("else")).isNull();

            client.transport().sendto(bytes("xxx"));
            awaitTrace(rig, client.protocol(), "made", "'xxx'");
            assertThat(client.protocol().from).isEqualTo(there);

            close(rig, client);
            close(rig, server);
            assertThat(client.protocol().trace).containsExactly("made", "'xxx'", "lost");
            assertThat(client.transport().isClosing()).isTrue();
        });
    }

    /// Names are looked up in a thread, for which virtual time does not wait.
    private static boolean isName(String host) {
        return host.equals("localhost");
    }

    @AsIn("test_events.test_create_datagram_endpoint_ipv6")
    @EachNetwork
    void endpoint_byNamesAndOverIPv6_talks(Rig.Network network) {
        Rig.run(network, rig -> {
            for (String host : new String[] {"localhost", "127.0.0.1", "::1"}) {
                if (isName(host) && network == Rig.Network.VIRTUAL) continue;
                var server = createDatagramEndpoint(Tracing::new,
                        o -> o.withLocalAddress(host, 0));
                int port = ((InetSocketAddress) address(server.transport())).getPort();
                var client = createDatagramEndpoint(Tracing::new,
                        o -> o.withRemoteAddress(host, port));
                client.transport().sendto(bytes(host));
                awaitTrace(rig, server.protocol(), "made", "'" + host + "'");
                close(rig, client);
                close(rig, server);
            }
        });
    }

    @AsIn("test_selector_events.test_sendto_no_data")
    @EachNetwork
    void sendto_ofNothing_sendsAnEmptyDatagram(Rig.Network network) {
        Rig.run(network, rig -> {
            var one = createDatagramEndpoint(Tracing::new, HERE);
            var other = createDatagramEndpoint(Tracing::new, HERE);
            one.transport().sendto(new byte[0], address(other.transport()));
            one.transport().sendto(ByteBuffer.allocateDirect(2), address(other.transport()));

            awaitTrace(rig, other.protocol(), "made", "''", "'\0\0'");
            close(rig, one);
            close(rig, other);
        });
    }

    @AsIn("test_selector_events.test_sendto_connected_addr")
    @EachNetwork
    void sendto_elsewhereThanTheRemoteAddress_isRefused(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket peer = udp(rig)) {
                var one = createDatagramEndpoint(Tracing::new,
                        o -> o.withRemoteAddress(address(peer)));
                assertThatThrownBy(() -> one.transport().sendto(bytes("x"), loopback(1)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("must be null or " + address(peer));
                one.transport().sendto(bytes("1"), address(peer));
                one.transport().sendto(bytes("2"), null);
                assertThat(receive(peer)).isEqualTo("1");
                assertThat(receive(peer)).isEqualTo("2");
                close(rig, one);

                var free = createDatagramEndpoint(Tracing::new, HERE);
                assertThatThrownBy(() -> free.transport().sendto(bytes("x")))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("not connected");
                assertThatThrownBy(() -> free.transport().sendto(bytes("x"),
                        InetSocketAddress.createUnresolved("nowhere", 1)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("must be resolved");
                close(rig, free);
            }
        });
    }

    @AsIn("test_base_events.test_create_datagram_endpoint_allow_broadcast")
    @EachNetwork
    void allowBroadcast_withARemoteAddress_doesNotConnect(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket peer = udp(rig); Socket stranger = udp(rig)) {
                var one = createDatagramEndpoint(Tracing::new, o -> HERE.apply(o)
                        .withRemoteAddress(address(peer)).withAllowBroadcast(true));
                assertThat(one.transport().getExtraInfo("peername")).isNull();
                one.transport().sendto(bytes("hi"));
                assertThat(receive(peer)).isEqualTo("hi");
                assertThatThrownBy(() -> one.transport().sendto(bytes("x"), address(stranger)))
                        .isInstanceOf(IllegalArgumentException.class);

                rig.loop.sockSendto(stranger, bytes("psst"), address(one.transport()));
                awaitTrace(rig, one.protocol(), "made", "'psst'");
                close(rig, one);
            }
        });
    }

    // ---- Errors

    @AsIn("test_events.test_datagram_send_to_non_listening_address")
    @EachNetwork
    void nobodyThere_isToldAndReceivingGoesOn(Rig.Network network) {
        Rig.run(network, rig -> {
            Socket gone = unshared(rig);
            SocketAddress there = address(gone);
            var one = createDatagramEndpoint(Tracing::new, o -> HERE.apply(o)
                    .withRemoteAddress(there));
            gone.close();
            one.transport().sendto(bytes("anybody?"));
            awaitTrace(rig, one.protocol(), "made", "error");
            assertThat(one.protocol().failures.getFirst()).isInstanceOf(ConnectException.class);

            try (Socket back = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET)) {
                back.bind(there);
                rig.loop.sockSendto(back, bytes("me"), address(one.transport()));
                awaitTrace(rig, one.protocol(), "made", "error", "'me'");
            }
            close(rig, one);
        });
    }

    @AsIn("test_selector_events.test_sendto_error_received")
    @EachNetwork
    void sendto_ofTooMuch_isTold(Rig.Network network) {
        Rig.run(network, rig -> {
            var one = createDatagramEndpoint(Tracing::new, HERE);
            one.transport().sendto(new byte[65_508], address(one.transport()));
            assertThat(one.protocol().trace).containsExactly("made", "error");
            assertThat(one.protocol().failures.getFirst()).hasMessageContaining("EMSGSIZE");

            one.transport().sendto(bytes("fits"), address(one.transport()));
            awaitTrace(rig, one.protocol(), "made", "error", "'fits'");
            close(rig, one);
        });
    }

    @EachNetwork
    void protocol_thatThrows_isReportedAndGoesOn(Rig.Network network) {
        Rig.run(network, rig -> {
            var one = createDatagramEndpoint(() -> new Tracing() {
                @Override
                public void datagramReceived(ByteBuffer data, SocketAddress sender)
                        throws Exception {
                    super.datagramReceived(data, sender);
                    throw new IOException("received");
                }

                @Override
                public void errorReceived(IOException failure) {
                    throw new IllegalStateException("error");
                }

                @Override
                public void connectionLost(@Nullable Throwable why) throws Exception {
                    super.connectionLost(why);
                    throw new IllegalStateException("lost");
                }
            }, HERE);
            one.transport().sendto(new byte[100_000], address(one.transport()));
            assertThat(rig.takeReport()).hasMessage("error");
            for (int i = 0; i < 2; i++) {
                one.transport().sendto(bytes("x"), address(one.transport()));
                assertThat(rig.takeReport()).hasMessage("received");
            }
            one.close();
            assertThat(rig.takeReport()).hasMessage("lost");
            assertThat(one.protocol().trace).containsExactly("made", "'x'", "'x'", "lost");
        });
    }

    @EachNetwork
    void connectionMade_thatThrows_endsTheEndpoint(Rig.Network network) {
        Rig.run(network, rig -> {
            var one = createDatagramEndpoint(() -> new Tracing() {
                @Override
                public void connectionMade(DatagramTransport made) throws Exception {
                    super.connectionMade(made);
                    throw new IllegalStateException("no");
                }
            }, HERE);
            assertThat(one.transport().isClosing()).isTrue();
            assertThat(rig.takeReport()).hasMessage("no");
            awaitTrace(rig, one.protocol(), "made", "lost");
            assertThat(one.protocol().lostBy).hasMessage("no");
        });
    }

    @EachNetwork
    void factory_thatThrows_leavesNothing(Rig.Network network) {
        Rig.run(network, rig -> assertThatThrownBy(() -> createDatagramEndpoint(() -> {
            throw new IllegalStateException("no protocol");
        }, HERE)).hasMessage("no protocol"));
    }

    // ---- What is kept

    /// With a peer over UNIX that takes no more.
    private interface Full {
        void run(Rig rig, DatagramEndpoint<Tracing> endpoint, Socket peer, int sent)
                throws Exception;
    }

    private static void full(Rig.Network network, boolean connected, Full body) {
        assumeTrue(network != Rig.Network.NIO);
        Rig.run(network, rig -> {
            try (Socket peer = Socket.openDatagram(rig.loop, StandardProtocolFamily.UNIX)) {
                UnixName there = Rig.unsharedName("jloop-endpoint-" + network + connected);
                peer.bind(there);
                var endpoint = createDatagramEndpoint(Tracing::new,
                        o -> o.withFamily(StandardProtocolFamily.UNIX)
                                .withRemoteAddress(there).withAllowBroadcast(!connected));
                int sent = 0;
                while (endpoint.transport().getWriteBufferSize() == 0) {
                    endpoint.transport().sendto(new byte[10_000]);
                    sent++;
                }
                assertThat(endpoint.transport().getWriteBufferSize()).isEqualTo(10_008);
                body.run(rig, endpoint, peer, sent);
                rig.await("the end", () -> endpoint.protocol().trace.contains("lost"));
            }
        });
    }

    @AsIn("test_selector_events.test_sendto_buffer")
    @EachNetwork
    void sendto_withoutRoom_keepsCopiesInOrder(Rig.Network network) {
        for (boolean connected : new boolean[] {true, false})
            full(network, connected, (rig, endpoint, peer, sent) -> {
                byte[] mutable = bytes("abc");
                endpoint.transport().sendto(mutable);
                mutable[0] = 'X';
                endpoint.transport().sendto(new byte[0]);
                endpoint.transport().sendto(ByteBuffer.allocateDirect(1), null);
                assertThat(endpoint.transport().getWriteBufferSize())
                        .isEqualTo(10_008 + 11 + 8 + 9);
                sleep(Duration.ofMillis(3));

                for (int i = 0; i < sent; i++) assertThat(receive(peer)).hasSize(10_000);
                assertThat(receive(peer)).isEqualTo("abc");
                assertThat(receive(peer)).isEmpty();
                assertThat(receive(peer)).hasSize(1);
                assertThat(endpoint.transport().getWriteBufferSize()).isZero();
                endpoint.transport().sendto(bytes("at once"));
                assertThat(receive(peer)).isEqualTo("at once");
                endpoint.close();
            });
    }

    @AsIn("test_selector_events.test_sendto_sendto_ready")
    @EachNetwork
    void sendto_ofMuch_pausesTheProtocolUntilItIsLittle(Rig.Network network) {
        full(network, true, (rig, endpoint, peer, sent) -> {
            DatagramTransport transport = endpoint.transport();
            assertThat(transport.getWriteBufferLimits()).isEqualTo(WriteBufferLimits.DEFAULT);
            transport.setWriteBufferLimits(20_016, 0);
            transport.sendto(new byte[10_000]);
            assertThat(endpoint.protocol().trace).containsExactly("made");
            transport.sendto(new byte[0]);
            assertThat(endpoint.protocol().trace).containsExactly("made", "pause");
            transport.sendto(new byte[0]);

            for (int i = 0; i < sent + 3; i++) receive(peer);
            awaitTrace(rig, endpoint.protocol(), "made", "pause", "resume");
            endpoint.close();
        });
    }

    @EachNetwork
    void sendto_beyondTheMax_isRefusedAndTheEndpointGoesOn(Rig.Network network) {
        full(network, true, (rig, endpoint, peer, sent) -> {
            DatagramTransport transport = endpoint.transport();
            assertThat(transport.getWriteBufferMax()).isEqualTo(64 << 20);
            transport.setWriteBufferMax(10_018);
            transport.sendto(new byte[2]);
            ByteBuffer more = ByteBuffer.allocate(1);

            assertThatThrownBy(() -> transport.sendto(more, null))
                    .isInstanceOf(WriteBufferFullException.class)
                    .hasMessageContainingAll("10018 are kept", "at most 10018");

            assertThat(more.remaining()).isEqualTo(1);
            for (int i = 0; i < sent + 1; i++) receive(peer);
            rig.await("an empty queue", () -> transport.getWriteBufferSize() == 0);
            transport.sendto(bytes("goes on"));
            assertThat(receive(peer)).isEqualTo("goes on");
            transport.setAbortOnOverflow(true);
            assertThatThrownBy(() -> transport.sendto(new byte[10_019]))
                    .isInstanceOf(WriteBufferFullException.class);
            assertThat(transport.isClosing()).isTrue();
        });
    }

    @AsIn("test_selector_events.test_sendto_closing")
    @EachNetwork
    void close_withSomeKept_sendsThemFirst(Rig.Network network) {
        for (boolean connected : new boolean[] {true, false})
            full(network, connected, (rig, endpoint, peer, sent) -> {
                endpoint.close();
                endpoint.close();
                assertThat(endpoint.transport().isClosing()).isTrue();
                sleep(Duration.ofMillis(3));
                assertThat(endpoint.protocol().trace).containsExactly("made");

                for (int i = 0; i < sent; i++) assertThat(receive(peer)).hasSize(10_000);
                awaitTrace(rig, endpoint.protocol(), "made", "lost");
            });
    }

    @EachNetwork
    void abort_withSomeKept_dropsThem(Rig.Network network) {
        for (boolean connected : new boolean[] {true, false})
            full(network, connected, (rig, endpoint, peer, sent) -> {
                endpoint.transport().abort();
                endpoint.transport().abort();
                assertThat(endpoint.transport().getWriteBufferSize()).isZero();
                awaitTrace(rig, endpoint.protocol(), "made", "lost");
                for (int i = 0; i < sent - 1; i++) receive(peer);
                assertThat(peer.receiveFromNow(1)).isNull();
            });
    }

    @EachNetwork
    void peer_thatCloses_isAnErrorForEachThatIsKept(Rig.Network network) {
        full(network, true, (rig, endpoint, peer, sent) -> {
            endpoint.transport().sendto(bytes("one more"));
            peer.close();
            awaitTrace(rig, endpoint.protocol(), "made", "error", "error");
            assertThat(endpoint.protocol().failures.getFirst())
                    .isInstanceOf(ConnectException.class);
            assertThat(endpoint.transport().getWriteBufferSize()).isZero();
            endpoint.close();
        });
    }

    @Test
    void systemCalls_thatFail_areToldAndTheEndpointGoesOn() {
        var calls = new FailingCalls();
        Rig.run(calls, rig -> {
            var one = createDatagramEndpoint(Tracing::new, HERE);
            SocketAddress here = address(one.transport());
            calls.fail("sendto", 1, Errno.EACCES);
            one.transport().sendto(bytes("lost"), here);
            assertThat(one.protocol().trace).containsExactly("made", "error");

            calls.fail("sendto", 1, Errno.EAGAIN);
            one.transport().sendto(bytes("late"), here);
            assertThat(one.transport().getWriteBufferSize()).isEqualTo(12);
            calls.fail("recvfrom", 1, Errno.ENOMEM);
            awaitTrace(rig, one.protocol(), "made", "error", "error", "'late'");
            calls.failNothing();
            close(rig, one);
        });
    }

    @Test
    void systemWithoutBuffers_sendsAllInTheirOrderOnceItHasSome() {
        var calls = new FailingCalls();
        Rig.run(calls, rig -> {
            try (Socket peer = udp(rig); DatagramStream stream = openDatagramStream(HERE)) {
                var one = createDatagramEndpoint(
                        Tracing::new, o -> o.withRemoteAddress(address(peer)));
                calls.fail(Call.SEND, calls.count(Call.SEND) + 1, Integer.MAX_VALUE,
                        Errno.ENOBUFS);
                calls.fail(Call.SENDTO, calls.count(Call.SENDTO) + 1, Integer.MAX_VALUE,
                        Errno.ENOMEM);
                for (int i = 0; i < 3; i++) one.transport().sendto(bytes("of one " + i));
                Task<Void> sending = jloop.Asyncio.createTask(() -> {
                    for (int i = 0; i < 3; i++)
                        stream.send(bytes("of the stream " + i), address(peer));
                });
                int before = calls.made();
                sleep(Duration.ofMillis(100));
                assertThat(calls.made() - before).as("no spinning").isLessThan(30);
                assertThat(one.transport().getWriteBufferSize()).isPositive();
                assertThat(one.protocol().trace).containsExactly("made");
                calls.heal();

                List<String> received = new ArrayList<>();
                for (int i = 0; i < 6; i++) received.add(receive(peer));
                assertThat(received).containsSubsequence("of one 0", "of one 1", "of one 2")
                        .containsSubsequence(
                                "of the stream 0", "of the stream 1", "of the stream 2");
                sending.await();
                assertThat(one.protocol().trace).containsExactly("made");
                close(rig, one);
            }
        });
    }

    @EachNetwork
    void theLongestDatagram_isReceivedWhole(Rig.Network network) {
        Rig.run(network, rig -> {
            var endpoint = createDatagramEndpoint(Tracing::new, HERE);
            try (Socket sender = udp(rig); DatagramStream stream = openDatagramStream(HERE)) {
                byte[] longest = Rig.pattern(65_507);
                rig.loop.sockSendto(sender, longest, address(endpoint.transport()));
                awaitTrace(rig, endpoint.protocol(), "made", "'" + text(longest) + "'");
                rig.loop.sockSendto(sender, longest,
                        Objects.requireNonNull(stream.localAddress()));
                Datagram received = stream.receive();
                assertThat(received.data()).isEqualTo(longest);
                assertThat(received.isTruncated()).isFalse();
            }
            close(rig, endpoint);
        });
    }

    /// As over UNIX, where the administrator may allow any size.
    @Test
    void aDatagramLongerThanAnyRoom_isTold() {
        int sent = 300_000;
        var calls = new FaultySystemCalls() {
            @Override
            public int recvfrom(int fd, byte[] array, int offset, int size,
                    MemorySegment address, MemorySegment addressSize) {
                int got = super.recvfrom(fd, array, offset, size, address, addressSize);
                return got < 0 ? got : sent;
            }
        };
        Rig.run(new EpollPoller(calls), rig -> {
            var endpoint = createDatagramEndpoint(Tracing::new, HERE);
            try (Socket sender = udp(rig); DatagramStream stream = openDatagramStream(HERE)) {
                rig.loop.sockSendto(sender, bytes("x"), address(endpoint.transport()));
                awaitTrace(rig, endpoint.protocol(), "made", "error");
                assertThat(endpoint.protocol().failures.getFirst())
                        .isInstanceOfSatisfying(DatagramTruncatedException.class, e -> {
                            assertThat(e.datagram().size()).isEqualTo(sent);
                            assertThat(e.datagram().from()).isEqualTo(address(sender));
                        });
                rig.loop.sockSendto(sender, bytes("x"),
                        Objects.requireNonNull(stream.localAddress()));
                Datagram received = stream.receive();
                assertThat(received.isTruncated()).isTrue();
                assertThat(received.size()).isEqualTo(sent);
            }
            close(rig, endpoint);
        });
    }

    @AsIn("uv:udp.test_send_after_close")
    @EachNetwork
    void sendto_afterClose_isDroppedAndWarnedOf(Rig.Network network) {
        Logger logger = Logger.getLogger("jloop");
        List<String> warnings = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                if (entry.getMessage().contains("still sending")) warnings.add(entry.getMessage());
            }

            @Override
            public void flush() { }

            @Override
            public void close() { }
        };
        logger.addHandler(handler);
        try {
            Rig.run(network, rig -> {
                try (Socket peer = udp(rig)) {
                    var one = createDatagramEndpoint(Tracing::new, HERE);
                    one.close();
                    for (int i = 0; i < 5; i++) {
                        one.transport().sendto(bytes("x"), address(peer));
                        assertThat(warnings).hasSize(i / 4);
                    }
                    awaitTrace(rig, one.protocol(), "made", "lost");
                    rig.turns(2);
                    assertThat(peer.receiveFromNow(1)).isNull();
                }
            });
        } finally {
            logger.removeHandler(handler);
        }
    }

    @EachNetwork
    void protocol_isToldInOneContext(Rig.Network network) {
        ContextVar<String> who = new ContextVar<>("who", "nobody");
        Rig.run(network, rig -> {
            who.set("me");
            List<String> seen = new ArrayList<>();
            var one = createDatagramEndpoint(() -> new Tracing() {
                @Override
                public void connectionMade(DatagramTransport made) {
                    seen.add(who.get());
                    who.set("the endpoint");
                }

                @Override
                public void datagramReceived(ByteBuffer data, SocketAddress sender) {
                    seen.add(who.get());
                }

                @Override
                public void connectionLost(@Nullable Throwable why) {
                    seen.add(who.get());
                }
            }, HERE);
            one.transport().sendto(bytes("x"), address(one.transport()));
            rig.await("it to come", () -> seen.size() == 2);
            one.close();
            rig.await("the end", () -> seen.size() == 3);
            assertThat(seen).containsExactly("me", "the endpoint", "the endpoint");
            assertThat(who.get()).isEqualTo("me");
        });
    }

    // ---- Options

    private static void assertRefused(String text, UnaryOperator<DatagramOptions> options) {
        assertThatThrownBy(() -> createDatagramEndpoint(Tracing::new, options))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(text);
    }

    @AsIn("test_base_events.test_create_datagram_endpoint_sock_sockopts")
    @EachNetwork
    void options_thatMakeNoSense_areRefused(Rig.Network network) {
        Rig.run(network, rig -> {
            assertRefused("an address, the family or a socket must be given", o -> o);
            assertRefused("no family has all", o -> o.withLocalAddress("127.0.0.1", 0)
                    .withRemoteAddress("::1", 1));
            assertRefused("no family has all", o -> o.withLocalAddress("127.0.0.1", 0)
                    .withFamily(StandardProtocolFamily.INET6));
            assertRefused("no family has all", o -> o.withLocalAddress(UnixName.of("x"))
                    .withRemoteAddress("::1", 1));
            assertRefused("no port to reuse", o -> o.withLocalAddress(UnixName.of("x"))
                    .withReusePort(true));
            assertRefused("no address for datagrams",
                    o -> o.withLocalAddress(new SocketAddress() { }));
            try (Socket udp = udp(rig);
                    Socket stream = Socket.open(rig.loop, StandardProtocolFamily.INET)) {
                assertRefused("nothing else", o -> o.withSocket(udp).withReusePort(true));
                assertRefused("nothing else", o -> HERE.apply(o).withSocket(udp));
                assertRefused("a datagram socket was expected", o -> o.withSocket(stream));
            }
        });
    }

    @AsIn("test_base_events.test_create_datagram_endpoint_cant_bind")
    @EachNetwork
    void address_thatCannotBeHad_isAnErrorAndLeavesNothing(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket taken = udp(rig)) {
                assertThatThrownBy(() -> createDatagramEndpoint(Tracing::new,
                        o -> o.withLocalAddress(address(taken)))).isInstanceOf(BindException.class)
                        .hasMessageContaining(address(taken).toString());
            }
            if (network == Rig.Network.VIRTUAL) return;
            assertThatThrownBy(() -> createDatagramEndpoint(Tracing::new,
                    o -> o.withRemoteAddress("no-such-host.invalid", 1)))
                    .isInstanceOf(UnknownHostException.class);
        });
    }

    @AsIn("test_base_events.test_create_datagram_endpoint_socket_err")
    @Test
    void families_thatAllFail_throwTheFirstError() {
        var calls = new FailingCalls();
        Rig.run(calls, rig -> {
            calls.fail("socket", 1, Errno.EMFILE);
            assertThatThrownBy(() -> createDatagramEndpoint(Tracing::new, HERE))
                    .hasMessageContaining("EMFILE");
            calls.fail("connect", 1, Errno.ENETUNREACH);
            assertThatThrownBy(() -> createDatagramEndpoint(Tracing::new,
                    o -> o.withRemoteAddress(loopback(1)))).hasMessageContaining("ENETUNREACH");
            calls.fail("setsockopt", 1, Errno.EPERM);
            assertThatThrownBy(() -> createDatagramEndpoint(Tracing::new,
                    o -> HERE.apply(o).withReusePort(true))).hasMessageContaining("EPERM");
            calls.failNothing();
        });
    }

    @AsIn("test_base_events.test_create_datagram_endpoint_sock")
    @EachNetwork
    void socket_thatIsGiven_isTakenOver(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket peer = udp(rig)) {
                Socket given = udp(rig);
                var one = createDatagramEndpoint(Tracing::new, o -> o.withSocket(given));
                assertThatThrownBy(() -> rig.loop.sockSendto(given, bytes("x"), address(peer)))
                        .isInstanceOf(IllegalStateException.class);
                one.transport().sendto(bytes("free"), address(peer));
                assertThat(receive(peer)).isEqualTo("free");
                close(rig, one);

                Socket connected = udp(rig);
                rig.loop.sockConnect(connected, address(peer));
                var other = createDatagramEndpoint(Tracing::new, o -> o.withSocket(connected));
                other.transport().sendto(bytes("bound"));
                assertThat(receive(peer)).isEqualTo("bound");
                assertThatThrownBy(() -> other.transport().sendto(bytes("x"), loopback(1)))
                        .isInstanceOf(IllegalArgumentException.class);
                close(rig, other);
            }
        });
    }

    @EachNetwork
    void family_alone_isAnEndpointThatIsNotBound(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket peer = udp(rig)) {
                var one = createDatagramEndpoint(Tracing::new,
                        o -> o.withFamily(StandardProtocolFamily.INET));
                one.transport().sendto(bytes("hi"), address(peer));
                Datagram received = rig.loop.sockRecvfrom(peer, 9);
                rig.loop.sockSendto(peer, bytes("ho"), received.from());
                awaitTrace(rig, one.protocol(), "made", "'ho'");
                close(rig, one);
            }
        });
    }

    @AsIn("test_base_events.test_create_datagram_endpoint_sockopts")
    @EachNetwork
    void reusePort_ofTwoEndpoints_lendsThemOnePort(Rig.Network network) {
        Rig.run(network, rig -> {
            var one = createDatagramEndpoint(Tracing::new, o -> HERE.apply(o).withReusePort(true));
            var other = createDatagramEndpoint(Tracing::new,
                    o -> o.withLocalAddress(address(one.transport())).withReusePort(true));
            close(rig, one);
            close(rig, other);
        });
    }

    private static void assertTaken(SocketAddress path) {
        assertThatThrownBy(() -> createDatagramEndpoint(
                Tracing::new, o -> o.withLocalAddress(path))).isInstanceOf(BindException.class)
                .hasMessageContaining("take over " + path + " failed: EADDRINUSE");
    }

    /// Whatever kind of socket it is, and whoever it hears.
    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "VIRTUAL"})
    void unixPath_ofAnOpenSocket_isLeftAlone(Rig.Network network) {
        Rig.run(network, rig -> {
            SocketAddress one = UnixDomainSocketAddress.of(folder.resolve("one"));
            SocketAddress other = UnixDomainSocketAddress.of(folder.resolve("other"));
            SocketAddress stream = UnixDomainSocketAddress.of(folder.resolve("stream"));
            try (Socket left = Socket.openDatagram(rig.loop, StandardProtocolFamily.UNIX);
                    Socket right = Socket.openDatagram(rig.loop, StandardProtocolFamily.UNIX);
                    Socket listener = Socket.open(rig.loop, StandardProtocolFamily.UNIX)) {
                left.bind(one);
                right.bind(other);
                rig.loop.sockConnect(left, other);
                listener.bind(stream);

                for (SocketAddress taken : List.of(one, other, stream)) assertTaken(taken);

                rig.loop.sockSendto(left, bytes("hi"), other);
                assertThat(text(rig.loop.sockRecvfrom(right, 10).data())).isEqualTo("hi");
            }
        });
    }

    @AsIn("test_base_events.test_create_datagram_endpoint_existing_sock_unix")
    @EachNetwork
    void unixPath_withAStaleSocket_isTakenOver(Rig.Network network) {
        assumeTrue(network != Rig.Network.NIO);
        Rig.run(network, rig -> {
            Path path = folder.resolve("socket");
            SocketAddress there = UnixDomainSocketAddress.of(path);
            try (Socket stale = Socket.openDatagram(rig.loop, StandardProtocolFamily.UNIX)) {
                stale.bind(there);
            }
            var one = createDatagramEndpoint(Tracing::new, o -> o.withLocalAddress(there));
            var other = createDatagramEndpoint(Tracing::new, o -> o.withRemoteAddress(there));
            other.transport().sendto(bytes("hi"));
            awaitTrace(rig, one.protocol(), "made", "'hi'");
            assertThat(one.protocol().from).isEqualTo(UnixDomainSocketAddress.of(""));
            assertTaken(there);
            one.transport().sendto(bytes("nobody else's"), there);
            awaitTrace(rig, one.protocol(), "made", "'hi'", "'nobody else's'");
            close(rig, one);
            close(rig, other);
            if (network == Rig.Network.VIRTUAL) return;

            Files.delete(path);
            Files.writeString(path, "a file");
            assertThatThrownBy(() -> createDatagramEndpoint(Tracing::new,
                    o -> o.withLocalAddress(there))).isInstanceOf(BindException.class);
            assertThat(path).hasContent("a file");
        });
    }

    @EachNetwork
    void endpoints_byTheHundred_leaveNothing(Rig.Network network) {
        Rig.run(network, rig -> {
            for (int i = 0; i < 500; i++) {
                var one = createDatagramEndpoint(Tracing::new, HERE);
                if (i % 2 == 0) one.close();
                else one.transport().abort();
            }
        });
    }

    // ---- Streams

    @EachNetwork
    void streams_talk(Rig.Network network) {
        Rig.run(network, rig -> {
            try (DatagramStream server = openDatagramStream(HERE);
                    DatagramStream client = openDatagramStream(o -> o.withRemoteAddress(
                            Objects.requireNonNull(server.localAddress())))) {
                Task<?> echo = rig.loop.createTask(() -> {
                    for (int i = 0; i < 3; i++) {
                        Datagram received = server.receive();
                        server.send(received.data(), received.from());
                    }
                });
                for (String text : new String[] {"one", "two", "three"}) {
                    client.send(bytes(text));
                    Datagram received = client.receive();
                    assertThat(text(received.data())).isEqualTo(text);
                    assertThat(received.from()).isEqualTo(server.localAddress());
                }
                echo.await();
                assertThat(client.remoteAddress()).isEqualTo(server.localAddress());
                assertThat(server.remoteAddress()).isNull();
                assertThat(client.socket().isOpen()).isTrue();
                assertThatThrownBy(() -> client.send(bytes("x"), loopback(1)))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> server.send(bytes("x")))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        });
    }

    @EachNetwork
    void stream_withManySenders_sendsAllWhenThereIsRoom(Rig.Network network) {
        assumeTrue(network != Rig.Network.NIO);
        Rig.run(network, rig -> {
            UnixName there = Rig.unsharedName("jloop-stream-" + network);
            try (DatagramStream server = openDatagramStream(o -> o.withLocalAddress(there));
                    DatagramStream client = openDatagramStream(
                            o -> o.withRemoteAddress(there))) {
                List<Task<?>> senders = new ArrayList<>();
                for (int i = 0; i < 300; i++)
                    senders.add(rig.loop.createTask(() -> client.send(new byte[5_000])));
                rig.turns(5);
                assertThat(senders.getLast().done()).as("the system is full").isFalse();
                assertThat(senders.get(150).cancel()).isTrue();

                for (int i = 0; i < 299; i++)
                    assertThat(server.receive().data()).hasSize(5_000);
                for (Task<?> sender : senders) {
                    if (sender != senders.get(150)) sender.await();
                }
                assertThatThrownBy(() -> senders.get(150).await())
                        .isInstanceOf(CancelledError.class);
            }
        });
    }

    @EachNetwork
    void stream_thatNeverWaits_letsOthersRun(Rig.Network network) {
        Rig.run(network, rig -> {
            try (DatagramStream one = openDatagramStream(HERE)) {
                Task<?> flood = rig.loop.createTask(() -> {
                    while (true) one.send(bytes("x"), one.localAddress());
                });
                rig.turns(10);
                flood.cancel();
                assertThatThrownBy(flood::await).isInstanceOf(CancelledError.class);

                Task<?> drain = rig.loop.createTask(() -> {
                    while (true) {
                        one.receive();
                        one.send(bytes("x"), one.localAddress());
                    }
                });
                rig.turns(10);
                drain.cancel();
                assertThatThrownBy(drain::await).isInstanceOf(CancelledError.class);
            }
        });
    }

    @EachNetwork
    void stream_toNobody_isToldAndGoesOn(Rig.Network network) {
        Rig.run(network, rig -> {
            Socket gone = unshared(rig);
            try (DatagramStream one = openDatagramStream(o -> HERE.apply(o)
                    .withRemoteAddress(address(gone)))) {
                gone.close();
                one.send(bytes("anybody?"));
                assertThatThrownBy(one::receive).isInstanceOf(ConnectException.class);
                Task<?> receiver = rig.loop.createTask(one::receive);
                rig.turns(3);
                assertThat(receiver.done()).isFalse();
                one.close();
                one.close();
                assertThatThrownBy(receiver::await).isInstanceOf(SocketException.class);
                assertThatThrownBy(() -> one.send(bytes("x")))
                        .isInstanceOf(SocketException.class);
            }
        });
    }

    @EachNetwork
    void stream_whoseReceiverIsCancelled_losesNothing(Rig.Network network) {
        Rig.run(network, rig -> {
            try (DatagramStream one = openDatagramStream(HERE)) {
                Task<?> receiver = rig.loop.createTask(one::receive);
                rig.turns(3);
                receiver.cancel();
                one.send(bytes("kept"), one.localAddress());
                assertThatThrownBy(receiver::await).isInstanceOf(CancelledError.class);
                assertThat(text(one.receive().data())).isEqualTo("kept");
            }
        });
    }
}
