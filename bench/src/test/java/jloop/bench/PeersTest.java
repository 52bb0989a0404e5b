package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The contestants that need no more than a C compiler and Python serve as their files say. The
/// others would have the build fetch what only benchmarks need.
class PeersTest {

    private static final int MUCH_BYTES = 100 * 1024;
    private static final long RETRY_MILLIS = 20;
    private static final int TRIES = 1000;

    @TempDir Path folder;

    private Process server;

    /// All but `c-uring`, which LoadTest has, where the kernel lets it have a ring.
    static Stream<String> echoing() {
        return contestants().stream()
                .filter(it -> List.of("c", "python").contains(it.family()))
                .filter(it -> it.serves().contains("echo") && !it.name().equals("c-uring"))
                .map(Contestant::name);
    }

    private static List<Contestant> contestants() {
        return Contestants.read(Checkout.BENCH.resolve("contestants")).all();
    }

    @BeforeAll
    static void build() throws Exception {
        assertThat(Checkout.build("c", "python"))
                .as("scripts/install-test-peers.sh installs what is missing").isEmpty();
    }

    @AfterEach
    void stopServer() throws InterruptedException {
        if (server == null) return;
        server.destroy();
        assertThat(server.waitFor(10, TimeUnit.SECONDS)).as("it ends on SIGTERM").isTrue();
    }

    @ParameterizedTest
    @MethodSource("echoing")
    void echo_ofMuchAndTheEnd_returnsAllAndCloses(String name) throws Exception {
        try (var channel = connect(name, String.valueOf(freePort()))) {
            assertEchoes(channel);
        }
    }

    @ParameterizedTest
    @MethodSource("echoing")
    void echo_onAUnixSocket_returnsAllAndCloses(String name) throws Exception {
        try (var channel = connect(name, folder.resolve("socket").toString())) {
            assertEchoes(channel);
        }
    }

    /// Sends, says that this was all, and expects the same back, and the end.
    private static void assertEchoes(SocketChannel channel) throws Exception {
        var sent = new byte[MUCH_BYTES];
        new Random(1).nextBytes(sent);
        var sender = Thread.ofVirtual().start(() -> send(channel, sent));
        var received = ByteBuffer.allocate(MUCH_BYTES + 1);
        while (channel.read(received) >= 0) assertThat(received.hasRemaining()).isTrue();
        sender.join();
        var bytes = new byte[received.flip().remaining()];
        received.get(bytes);
        assertThat(bytes).isEqualTo(sent);
    }

    private static void send(SocketChannel channel, byte[] bytes) {
        try {
            var left = ByteBuffer.wrap(bytes);
            while (left.hasRemaining()) channel.write(left);
            channel.shutdownOutput();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private SocketChannel connect(String name, String address) throws Exception {
        var contestant = contestants().stream()
                .filter(it -> it.name().equals(name)).findFirst().orElseThrow();
        var root = Checkout.BENCH.getParent();
        var command = new Command(root, System.getenv())
                .of(contestant.argv(), Map.of("kind", "echo", "address", address));
        server = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        for (int i = 0; i < TRIES; i++) {
            try {
                return SocketChannel.open(socketAddress(address));
            } catch (IOException notYet) {
                if (server.waitFor(RETRY_MILLIS, TimeUnit.MILLISECONDS)) break;
            }
        }
        server.destroy();
        throw new AssertionError(command + " does not serve: "
                + new String(server.getErrorStream().readAllBytes()));
    }

    private static SocketAddress socketAddress(String address) {
        return address.startsWith("/")
                ? UnixDomainSocketAddress.of(address)
                : new InetSocketAddress(
                        InetAddress.getLoopbackAddress(), Integer.parseInt(address));
    }

    /// Below those that the system gives out: nobody gets it until the server has it, and a
    /// connection that is tried too early cannot have it at both of its ends.
    private static int freePort() throws IOException {
        var random = new Random();
        while (true) {
            int port = random.nextInt(10_000, 32_000);
            try (var _ = new ServerSocket(port)) {
                return port;
            } catch (BindException taken) {
                continue;
            }
        }
    }
}
