package jloop.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProxyTest {

    private static final int TIMEOUT_MILLIS = 30_000;
    private static final int TEN_MEGABYTES = 10_000_000;
    private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");

    private static Example proxy;
    private static int port;
    private static int targetPort;

    private ServerSocket target;

    @BeforeAll
    static void startProxy() throws Exception {
        targetPort = rarePort();
        proxy = Example.start("Proxy", "0", "127.0.0.1", "" + targetPort);
        port = proxy.port("Passing on");
    }

    /// A port that the system gives to nobody who takes any: nobody has it before a test.
    private static int rarePort() throws IOException {
        for (int rare = 61_000; ; rare++) {
            try (var _ = new ServerSocket(rare, 1, HERE)) {
                return rare;
            } catch (BindException e) {
                if (rare == 65_000) throw e;
            }
        }
    }

    @AfterAll
    static void stopProxy() throws Exception {
        try (var ending = proxy) {
            ending.interrupt();
            assertThat(ending.rest()).as("nothing else was told").isEqualTo("Stopped\n");
        }
    }

    @BeforeEach
    void listen() throws IOException {
        target = new ServerSocket(targetPort, 100, HERE);
        target.setSoTimeout(TIMEOUT_MILLIS);
    }

    @AfterEach
    void close() throws IOException {
        target.close();
    }

    /// The two ends of a connection through the proxy.
    private record Ends(Socket client, Socket server) implements AutoCloseable {

        @Override
        public void close() throws IOException {
            client.close();
            server.close();
        }
    }

    private Ends connect() throws IOException {
        var client = new Socket(HERE, port);
        var server = target.accept();
        client.setSoTimeout(TIMEOUT_MILLIS);
        server.setSoTimeout(TIMEOUT_MILLIS);
        // The target accepts before the proxy knows that it is connected.
        server.getOutputStream().write(1);
        assertThat(client.getInputStream().read()).isEqualTo(1);
        return new Ends(client, server);
    }

    private static byte[] random(int seed) {
        var bytes = new byte[TEN_MEGABYTES];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static Thread sending(Socket socket, byte[] bytes) {
        return Thread.ofPlatform().start(() -> {
            try {
                socket.getOutputStream().write(bytes);
                socket.shutdownOutput();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void eitherDirection_mayEndFirst() throws Exception {
        try (var ends = connect()) {
            ends.client.getOutputStream().write("question".getBytes(UTF_8));
            ends.client.shutdownOutput();
            assertThat(ends.server.getInputStream().readAllBytes()).asString()
                    .isEqualTo("question");
            ends.server.getOutputStream().write("answer".getBytes(UTF_8));
            ends.server.shutdownOutput();
            assertThat(ends.client.getInputStream().readAllBytes()).asString()
                    .isEqualTo("answer");
        }
        try (var ends = connect()) {
            ends.server.getOutputStream().write("greeting".getBytes(UTF_8));
            ends.server.shutdownOutput();
            assertThat(ends.client.getInputStream().readAllBytes()).asString()
                    .isEqualTo("greeting");
            ends.client.getOutputStream().write("thanks".getBytes(UTF_8));
            ends.client.shutdownOutput();
            assertThat(ends.server.getInputStream().readAllBytes()).asString()
                    .isEqualTo("thanks");
        }
    }

    @Test
    void tenMegabytesEachWay_arriveAtReadersThatComeLate() throws Exception {
        byte[] there = random(1);
        byte[] back = random(2);
        try (var ends = connect()) {
            var sendingThere = sending(ends.client, there);
            var sendingBack = sending(ends.server, back);
            sendingThere.join(Duration.ofMillis(300));      // nobody reads meanwhile

            assertThat(readSlowly(ends.client.getInputStream())).isEqualTo(back);
            assertThat(readSlowly(ends.server.getInputStream())).isEqualTo(there);
            sendingThere.join();
            sendingBack.join();
        }
    }

    /// In small pieces.
    private static byte[] readSlowly(InputStream stream) throws IOException {
        var all = new byte[TEN_MEGABYTES + 1];
        int count = 0;
        for (int got; (got = stream.read(all, count, Math.min(1000, all.length - count))) > 0; )
            count += got;
        return java.util.Arrays.copyOf(all, count);
    }

    @Test
    void senderOfMore_waitsForItsReader() throws Exception {
        long wanted = 200_000_000;
        try (var ends = connect()) {
            var sent = new AtomicLong();
            var sending = Thread.ofPlatform().start(() -> sendZeros(ends.client, wanted, sent));
            long before;
            do {
                before = sent.get();
                sending.join(Duration.ofMillis(300));
            } while (sent.get() > before);

            assertThat(sent.get()).as("sent before anybody reads").isLessThan(wanted / 2);
            assertThat(count(ends.server.getInputStream())).isEqualTo(wanted);
            sending.join();
        }
    }

    private static void sendZeros(Socket socket, long wanted, AtomicLong sent) {
        byte[] chunk = new byte[100_000];
        try {
            OutputStream stream = socket.getOutputStream();
            while (sent.get() < wanted) {
                stream.write(chunk);
                sent.addAndGet(chunk.length);
            }
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static long count(InputStream stream) throws IOException {
        byte[] chunk = new byte[100_000];
        long count = 0;
        for (int got; (got = stream.read(chunk)) > 0; ) count += got;
        return count;
    }

    @Test
    void reset_ofOneSide_endsTheOther() throws Exception {
        try (var ends = connect()) {
            ends.client.setSoLinger(true, 0);
            ends.client.close();
            assertEnds(ends.server);
            assertThat(proxy.lineWith("Broken off: ")).isNotEmpty();
        }
        try (var ends = connect()) {
            ends.server.setSoLinger(true, 0);
            ends.server.close();
            assertEnds(ends.client);
            assertThat(proxy.lineWith("Broken off: ")).isNotEmpty();
        }
        try (var ends = connect()) {
            await("listener, reserve, two ends", () -> proxy.socketCount() == 4);
            ends.client.getOutputStream().write(1);
            assertThat(ends.server.getInputStream().read()).isEqualTo(1);
        }
    }

    /// In order or by a reset.
    private static void assertEnds(Socket socket) {
        assertThatCode(() -> {
            try {
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            } catch (SocketException _) {
                // a reset
            }
        }).doesNotThrowAnyException();
    }

    @Test
    void targetThatIsNotThere_isTold() throws Exception {
        target.close();
        try (var client = new Socket(HERE, port)) {
            client.setSoTimeout(TIMEOUT_MILLIS);
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(proxy.lineWith("No connection: ")).contains("refused");
    }

    @Test
    void programsOfOthers_noticeNothing(@TempDir Path folder) throws Exception {
        byte[] bytes = random(3);
        Path file = Files.write(folder.resolve("file"), bytes);
        target.close();
        var digest = HexFormat.of().formatHex(
                MessageDigest.getInstance("SHA-256").digest(bytes));

        // Answers when the question is over: the end of one direction has to come through.
        var socat = Peer.start("socat", "-t30",
                "TCP-LISTEN:" + targetPort + ",bind=127.0.0.1,reuseaddr", "EXEC:sha256sum");
        try {
            awaitListener(targetPort);
            assertThat(Peer.run("sh", "-c", "socat -t30 - TCP:127.0.0.1:" + port + " < " + file))
                    .startsWith(digest);
            socat.waitFor();
        } finally {
            socat.destroyForcibly();
        }

        var python = Peer.start("python3", "-m", "http.server", "" + targetPort,
                "--bind", "127.0.0.1", "--directory", folder.toString());
        try {
            awaitListener(targetPort);
            assertThat(Peer.run("sh", "-c", "curl -sS --limit-rate 20M http://127.0.0.1:" + port
                    + "/file | sha256sum")).startsWith(digest);
        } finally {
            python.destroyForcibly();
        }
    }

    /// Looks into the table of the system: a connection would be the only one for socat.
    private static void awaitListener(int port) throws Exception {
        var wanted = String.format(":%04X 00000000:0000 0A ", port);
        await("a listener", () -> Files.readString(Path.of("/proc/net/tcp")).contains(wanted));
    }

    private static void await(String what, Callable<Boolean> condition) throws Exception {
        for (int i = 0; !condition.call(); i++) {
            assertThat(i).as("looks for: %s", what).isLessThan(3000);
            LockSupport.parkNanos(10_000_000);
        }
    }
}
