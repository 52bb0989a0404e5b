package jloop.io;

import static jloop.Asyncio.createDatagramEndpoint;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openDatagramStream;
import static jloop.Asyncio.sleep;
import static jloop.Rig.bytes;
import static jloop.Rig.loopback;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import jloop.EachNetwork;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;
import org.jspecify.annotations.Nullable;

/// Endpoints of datagrams that are flooded, or closed where it is least expected.
class DatagramFaultsTest {

    private static final int FLOOD = 200;
    private static final Duration PAUSE = Duration.ofMillis(100);

    private static class Counting implements DatagramProtocol {

        int received;
        boolean lost;
        @Nullable DatagramTransport transport;

        @Override
        public void connectionMade(DatagramTransport made) throws Exception {
            transport = made;
        }

        @Override
        public void datagramReceived(ByteBuffer data, SocketAddress from) throws Exception {
            received++;
        }

        @Override
        public void connectionLost(@Nullable Throwable why) throws Exception {
            lost = true;
        }
    }

    private interface Body<P extends DatagramProtocol> {
        void run(Rig rig, DatagramEndpoint<P> endpoint) throws Exception;
    }

    /// With an endpoint to which so many datagrams were sent, of which it has heard none.
    private static <P extends Counting> void flooded(Rig.Network network, Supplier<P> factory,
            Body<P> body) {
        Rig.survive(network, rig -> {
            DatagramEndpoint<P> endpoint =
                    createDatagramEndpoint(factory, o -> o.withLocalAddress("127.0.0.1", 0));
            try (Socket peer = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET)) {
                peer.bind(loopback(0));
                Object there = Objects.requireNonNull(
                        endpoint.transport().getExtraInfo("sockname"));
                for (int i = 0; i < FLOOD; i++)
                    assertThat(peer.sendToNow(new byte[100], 0, 100, (SocketAddress) there))
                            .isTrue();
                body.run(rig, endpoint);
            }
            endpoint.close();
            rig.await("the end", () -> endpoint.protocol().lost);
            rig.turns(1);
        });
    }

    @EachNetwork
    void flood_letsTheOthersRunInBetween(Rig.Network network) {
        flooded(network, Counting::new, (rig, endpoint) -> {
            int most = 0;
            int before = 0;
            while (endpoint.protocol().received < FLOOD) {
                rig.turns(1);
                most = Math.max(most, endpoint.protocol().received - before);
                before = endpoint.protocol().received;
            }
            assertThat(most).as("heard in one turn").isLessThanOrEqualTo(64);
        });
    }

    /// By java.nio nobody knows.
    @EachNetwork
    void flood_thatNobodyReceives_isCountedAsFarAsItIsLost(Rig.Network network) {
        Rig.survive(network, rig -> {
            try (DatagramStream stream = openDatagramStream(
                            o -> o.withLocalAddress("127.0.0.1", 0));
                    Socket peer = Socket.openDatagram(rig.loop, StandardProtocolFamily.INET)) {
                stream.socket().setReceiveBuffer(64 * 1024);
                SocketAddress there = Objects.requireNonNull(stream.localAddress());
                boolean isKnown = network != Rig.Network.NIO;
                assertThat(stream.dropped()).isEqualTo(isKnown ? 0 : -1);
                for (int i = 0; i < FLOOD; i++)
                    assertThat(peer.sendToNow(new byte[10_000], 0, 10_000, there)).isTrue();

                int[] received = {0};
                Task<Void> receiver = createTask(() -> {
                    for (; ; received[0]++) stream.receive();
                });
                // Until a pause brings nothing, be it over before the receiver could look.
                for (int before = -1; received[0] > before; ) {
                    before = received[0];
                    sleep(PAUSE);
                    rig.turns(5);
                }
                receiver.cancel();
                rig.await("its end", receiver::done);
                assertThat(received[0]).isBetween(1, FLOOD - 1);
                assertThat(stream.dropped()).isEqualTo(isKnown ? FLOOD - received[0] : -1);
            }
        });
    }

    @EachNetwork
    void close_whenTheFirstIsHeard_isTheEndOfHearing(Rig.Network network) {
        flooded(network, () -> new Counting() {
            @Override
            public void datagramReceived(ByteBuffer data, SocketAddress from) throws Exception {
                super.datagramReceived(data, from);
                Objects.requireNonNull(transport).close();
            }
        }, (rig, endpoint) -> {
            rig.await("the end", () -> endpoint.protocol().lost);
            rig.turns(5);
            assertThat(endpoint.protocol().received).isEqualTo(1);
        });
    }

    /// A name would have to be looked up first, which takes its time: that is for the caller.
    @EachNetwork
    void sendto_aName_isRefused(Rig.Network network) {
        flooded(network, Counting::new, (rig, endpoint) -> {
            assertThatThrownBy(() -> endpoint.transport().sendto(ByteBuffer.wrap(bytes("x")),
                    InetSocketAddress.createUnresolved("localhost", 9)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("resolved");
            rig.await("the flood", () -> endpoint.protocol().received == FLOOD);
        });
    }
}
