package jloop.io;

import static jloop.Asyncio.createServer;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.startServer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import jloop.AddressNotAvailableException;
import jloop.AsIn;
import jloop.CancelledError;
import jloop.EachNetwork;
import jloop.EachPoller;
import jloop.FailingCalls;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;
import jloop.kernel.Errno;
import org.junit.jupiter.api.Test;

class ListenersTest {

    private static final Duration ONE = Duration.ofSeconds(1);

    private static Server start(int port, String... hosts) throws IOException {
        return startServer((_, writer) -> writer.write(Rig.bytes("hello")), port, List.of(hosts),
                o -> o);
    }

    private static List<String> hosts(Server server) {
        return server.sockets().stream().map(each -> address(each).getAddress().getHostAddress())
                .toList();
    }

    private static InetSocketAddress address(Socket socket) {
        return (InetSocketAddress) Objects.requireNonNull(socket.localAddress());
    }

    private static String ask(String host, int port) throws IOException {
        try (StreamPair pair = openConnection(host, port)) {
            return Rig.text(pair.reader().readAll());
        }
    }

    // ---- Several hosts

    @EachNetwork
    @AsIn("test_events.test_create_server_multiple_hosts_ipv4")
    void startServer_severalHosts_listensOnEachWithAPortOfItsOwn(Rig.Network network) {
        Rig.run(network, _ -> {
            List<Boolean> differ = new ArrayList<>();
            // The system may choose the same number for both, but hardly each time.
            for (int i = 0; i < 3; i++) {
                try (Server server = start(0, "127.0.0.1", "127.0.0.2", "127.0.0.1")) {
                    assertThat(hosts(server)).containsExactly("127.0.0.1", "127.0.0.2");
                    List<Integer> ports = server.sockets().stream()
                            .map(each -> address(each).getPort()).toList();
                    differ.add(!ports.get(0).equals(ports.get(1)));
                    assertThat(server.port()).isEqualTo(ports.getFirst());

                    assertThat(ask("127.0.0.1", ports.get(0))).isEqualTo("hello");
                    assertThat(ask("127.0.0.2", ports.get(1))).isEqualTo("hello");
                }
            }
            assertThat(differ).contains(true);
        });
    }

    @EachNetwork
    @AsIn("test_base_events.test_create_server_ipv6")
    void startServer_nameWithBothFamilies_listensOnBoth(Rig.Network network) {
        Rig.run(network, rig -> {
            rig.loop.setResolver(_ -> Stream.of("127.0.0.1", "::1")
                    .map(InetAddress::ofLiteral).toList());
            try (Server server = start(0, "here")) {
                assertThat(hosts(server)).containsExactly("127.0.0.1", "0:0:0:0:0:0:0:1");
            }
        });
    }

    @Test
    void startServer_severalNames_areLookedUpAtTheSameTime() {
        Rig.run(Rig.Network.VIRTUAL, rig -> {
            rig.loop.setResolver(host -> {
                sleep(ONE);
                return List.of(InetAddress.ofLiteral("127.0.0." + host.substring(1)));
            });
            try (Server server = start(0, "n1", "n2", "n3", "n2")) {
                assertThat(hosts(server)).containsExactly("127.0.0.1", "127.0.0.2", "127.0.0.3");
                assertThat(rig.loop.time()).isEqualTo(ONE.toNanos());
            }
        });
    }

    @Test
    void startServer_namesThatNobodyKnows_leaveNothing() {
        Rig.run(Rig.Network.VIRTUAL, rig -> {
            rig.loop.setResolver(host -> {
                if (host.equals("slow")) sleep(ONE);
                throw new UnknownHostException(host);
            });
            assertThatThrownBy(() -> start(0, "slow", "one", "two"))
                    .isInstanceOf(UnknownHostException.class).hasMessage("one");
            assertThat(rig.loop.time()).isZero();

            Task<Server> cancelled = createTask(() -> start(0, "slow", "127.0.0.1"));
            sleep(ONE.dividedBy(2));
            cancelled.cancel();
            assertThatThrownBy(cancelled::await).isInstanceOf(CancelledError.class);
        });
    }

    @Test
    void startServer_noHostAtAll_isRejected() {
        Rig.run(Rig.Network.VIRTUAL, _ -> assertThatThrownBy(() -> start(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no host to listen on"));
    }

    @EachPoller
    @AsIn("test_events.test_create_server_addr_in_use")
    void startServer_oneAddressInUse_closesTheOthersAndNamesIt(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Socket other = Socket.open(rig.loop, StandardProtocolFamily.INET)) {
                other.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.2"), 0));
                other.listen(1);
                int port = address(other).getPort();
                var before = Rig.sockets();

                // The first is one that nobody else's tests bind to.
                assertThatThrownBy(() -> start(port, "127.23.42.1", "127.0.0.2"))
                        .isInstanceOf(BindException.class)
                        .hasMessageContaining("127.0.0.2");

                assertThat(Rig.sockets()).isEqualTo(before);
            }
        });
    }

    @EachPoller
    @AsIn("test_base_events.test_create_server_cant_bind")
    void startServer_addressOfAnotherMachine_isLeftOutUnlessThereIsNoOther(Rig.Kind kind) {
        Rig.run(kind, _ -> {
            try (Server server = start(0, "198.51.100.1", "127.0.0.1")) {
                assertThat(hosts(server)).containsExactly("127.0.0.1");
            }
            assertThatThrownBy(() -> start(0, "198.51.100.1"))
                    .isInstanceOf(AddressNotAvailableException.class)
                    .hasMessageContaining("198.51.100.1");
            assertThatThrownBy(() -> start(0, "198.51.100.1", "198.51.100.2"))
                    .isInstanceOf(BindException.class)
                    .hasMessageStartingWith("could not bind on any address out of [/198.51.100.1:0")
                    .satisfies(e -> assertThat(e.getSuppressed()).hasSize(2));
        });
    }

    @Test
    void startServer_systemWithoutIpv6_listensOnTheRest() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, _ -> {
            calls.fail("socket", 2, Errno.EAFNOSUPPORT);
            try (Server server = start(0, "")) {
                assertThat(hosts(server)).containsExactly("0.0.0.0");
            }
            calls.fail("socket", 2, Errno.EMFILE);

            assertThatThrownBy(() -> start(0, ""))
                    .isInstanceOf(jloop.ResourceShortageException.class);

            assertThat(calls.socketCount()).isZero();
        });
    }

    // ---- A socket that is bound

    @EachNetwork
    void startServer_ofASocket_listensThereAndClosesIt(Rig.Network network) {
        Rig.run(network, rig -> {
            Socket bound = Socket.open(rig.loop, StandardProtocolFamily.INET);
            bound.bind(Rig.loopback(0));
            try (Server server = startServer(
                    (_, writer) -> writer.write(Rig.bytes("hello")), bound, o -> o)) {
                assertThat(server.sockets()).containsExactly(bound);
                assertThat(ask("127.0.0.1", server.port())).isEqualTo("hello");
            }
            assertThat(bound.isOpen()).isFalse();
        });
    }

    @EachNetwork
    @AsIn("test_events.test_create_server_empty_host")
    void nullForTheHost_withOptionsOrWithout_meansAllInterfaces(Rig.Network network) {
        Rig.run(network, rig -> {
            List<Server> servers = List.of(
                    startServer((_, writer) -> writer.write(Rig.bytes("hello")), null, 0),
                    startServer((_, writer) -> writer.write(Rig.bytes("hello")), null, 0, o -> o),
                    createServer(ListenersTest::greeting, null, 0),
                    createServer(ListenersTest::greeting, null, 0, o -> o));
            for (Server server : servers) {
                for (Socket socket : server.sockets()) {
                    assertThat(address(socket).getAddress().isAnyLocalAddress()).isTrue();
                }
                Socket first = server.sockets().getFirst();
                String host = address(first).getAddress() instanceof Inet4Address
                        ? "127.0.0.1" : "::1";
                assertThat(ask(host, address(first).getPort())).isEqualTo("hello");
                server.close();
                server.waitClosed();
            }
        });
    }

    @EachNetwork
    void createServer_ofASocketAndOfHosts_servesProtocols(Rig.Network network) {
        Rig.run(network, rig -> {
            Socket bound = rig.listener();
            try (Server one = createServer(ListenersTest::greeting, bound,
                            o -> o.withStartServing(false));
                    Server two = createServer(ListenersTest::greeting,
                            0, List.of("127.0.0.2", "127.0.0.3"), o -> o)) {
                assertThat(one.isServing()).isFalse();
                one.startServing();
                assertThat(ask("127.0.0.1", one.port())).isEqualTo("hello");
                assertThat(ask("127.0.0.2", two.port())).isEqualTo("hello");
            }
        });
    }

    private static Protocol greeting() {
        return new Protocol() {
            @Override
            public void connectionMade(Transport transport) {
                transport.write(Rig.bytes("hello"));
                transport.close();
            }
        };
    }
}
