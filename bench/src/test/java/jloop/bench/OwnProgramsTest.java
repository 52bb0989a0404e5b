package jloop.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.tools.ToolProvider;
import jloop.EventLoop;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The programs of bench/jloop do what a benchmark takes for granted.
class OwnProgramsTest {

    private static final Path BENCH =
            Path.of(System.getProperty("basedir", "bench")).toAbsolutePath();
    private static final int PATIENCE_SECONDS = 40;
    private static final int MUCH_BYTES = 100 * 1024;
    private static final List<SocketChannel> HOLDERS = new ArrayList<>();

    @TempDir static Path folder;
    private static String classPath;

    @BeforeAll
    static void compile() throws Exception {
        var core = Path.of(
                EventLoop.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        classPath = core + System.getProperty("path.separator") + folder;
        var arguments = new ArrayList<>(List.of("-cp", core.toString(), "-d", folder.toString()));
        try (var files = Files.newDirectoryStream(BENCH.resolve("jloop"), "*.java")) {
            files.forEach(file -> arguments.add(file.toString()));
        }
        int status = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, arguments.toArray(String[]::new));
        assertThat(status).as("status of javac").isZero();
    }

    // ---- Echo

    @ParameterizedTest
    @ValueSource(strings = {"sock", "streams", "read", "protocol", "buffered"})
    void echo_inEachMode_returnsEveryByte(String mode) throws Exception {
        var address = freePort();
        try (var server = new Server("Echo", "echo", address, mode);
                var first = server.connect(address);
                var second = server.connect(address)) {
            echo(first, MUCH_BYTES);
            echo(second, 1);
            echo(first, 1024);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sock", "streams"})
    void echo_onAUnixSocket_returnsEveryByte(String mode) throws Exception {
        var address = folder.resolve(mode + ".socket").toString();
        try (var server = new Server("Echo", "echo", address, mode);
                var channel = server.connect(address)) {
            echo(channel, MUCH_BYTES);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sock", "streams", "read", "protocol", "buffered"})
    void sink_inEachMode_takesAllAndSaysNothing(String mode) throws Exception {
        var address = freePort();
        try (var server = new Server("Echo", "sink", address, mode);
                var channel = server.connect(address)) {
            write(channel, new byte[10 * MUCH_BYTES]);
            channel.shutdownOutput();
            assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
    }

    private static void echo(SocketChannel channel, int count) throws Exception {
        var bytes = new byte[count];
        new Random(1).nextBytes(bytes);
        var writing = Thread.ofPlatform().start(() -> write(channel, bytes));
        var received = ByteBuffer.allocate(count);
        while (received.hasRemaining() && channel.read(received) > 0) { }
        assertThat(received.array()).isEqualTo(bytes);
        writing.join();
    }

    // ---- Hello

    private static final String GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String LAST_GET =
            "GET / HTTP/1.1\r\nHost: localhost\r\nconnection:  Close\r\n\r\n";

    @ParameterizedTest
    @ValueSource(strings = {"streams", "protocol"})
    void hello_inEachMode_answersEveryRequest(String mode) throws Exception {
        var address = freePort();
        try (var server = new Server("Hello", "http", address, mode)) {
            server.connect(address).close();
            var one = exchange(address, LAST_GET);
            assertThat(one).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\nHello, world!")
                    .contains("\r\nContent-Length: 13\r\n").contains("\r\nDate: ");

            var pipelined = exchange(address, GET + GET + LAST_GET);
            assertThat(pipelined.split("Hello, world!", -1)).hasSize(4);

            var inPieces = exchange(address, GET.substring(0, 5), GET.substring(5)
                    + LAST_GET.substring(0, 40), LAST_GET.substring(40));
            assertThat(inPieces.split("Hello, world!", -1)).hasSize(3);

            assertThat(exchange(address, "GET / HTTP/1.0\r\n\r\n")).endsWith("Hello, world!");
            assertThat(exchange(address, "POST / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                    .startsWith("HTTP/1.1 405 ");
        }
    }

    /// Sends the pieces one by one, and returns all that comes until the server closes.
    private static String exchange(String address, String... pieces) throws Exception {
        try (var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"),
                Integer.parseInt(address))) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_SECONDS * 1000);
            for (var piece : pieces) {
                socket.getOutputStream().write(piece.getBytes(US_ASCII));
                pause();
            }
            return new String(socket.getInputStream().readAllBytes(), US_ASCII);
        }
    }

    // ---- Sched

    @ParameterizedTest
    @ValueSource(strings = {
        "spawn", "yield", "pingpong", "timers", "threadsafe", "parked"})
    void sched_eachCase_tellsItsSeconds(String name) throws Exception {
        var process = start("Sched", "sched", name, "2", "0.001");
        var printed = new String(process.getInputStream().readAllBytes(), US_ASCII);
        assertThat(process.waitFor()).as(printed).isZero();
        for (int i = 0; i < 2; i++) assertThat(printed)
                .containsPattern("\\{\"case\":\"" + name + "\",\"rep\":" + i + ",\"s\":[0-9.E-]+"
                        + (name.equals("parked") ? ",\"bytesEach\":[1-9][0-9]*}" : "}"));
    }

    @ParameterizedTest
    @CsvSource({"cat, 1.0", "true, 2.0", "true50, 2.0"})
    void children_eachCase_tellsItsSecondsAndCount(String name, String count) throws Exception {
        checkTold("Children", name, count);
    }

    @ParameterizedTest
    @CsvSource({"random64, 100", "into64, 100", "small64, 20"})
    void files_eachCase_tellsItsSecondsAndCount(String name, String count) throws Exception {
        checkTold("FileReads", name, count);
    }

    private void checkTold(String program, String name, String count) throws Exception {
        var process = start(program, "sched", name, "2", "0.001");
        var printed = new String(process.getInputStream().readAllBytes(), US_ASCII);
        assertThat(process.waitFor()).as(printed).isZero();
        for (int i = 0; i < 2; i++) assertThat(printed).containsPattern("\\{\"case\":\"" + name
                + "\",\"rep\":" + i + ",\"s\":[0-9.E-]+,\"count\":" + count + "}");
    }

    // ---- Processes

    private static Process start(String program, String... arguments) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea",
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djloop.watchdog=0",
                "--add-opens", "java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED", "-cp", classPath, program));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /// A server, which is killed at the end.
    private record Server(Process process) implements AutoCloseable {

        Server(String program, String... arguments) throws IOException {
            this(start(program, arguments));
        }

        @Override
        public void close() {
            process.destroy();          // SIGTERM, which it has to obey
            process.onExit().orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
        }

        /// A connection to it, as soon as it listens.
        SocketChannel connect(String address) throws Exception {
            while (true) {
                try {
                    return SocketChannel.open(address.startsWith("/")
                            ? UnixDomainSocketAddress.of(address)
                            : new InetSocketAddress("127.0.0.1", Integer.parseInt(address)));
                } catch (IOException e) {
                    if (!process.isAlive()) throw new IOException("the server ended: "
                            + new String(process.getInputStream().readAllBytes(), US_ASCII), e);
                    pause();
                }
            }
        }
    }

    /// A port that nobody else gets, as a socket here holds it. That one does not listen: so a
    /// server may, both having allowed the address to be used again.
    private static String freePort() throws IOException {
        var holder = SocketChannel.open(StandardProtocolFamily.INET);
        HOLDERS.add(holder);
        holder.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        holder.bind(new InetSocketAddress("127.0.0.1", 0));
        return Integer.toString(holder.socket().getLocalPort());
    }

    @AfterAll
    static void releasePorts() throws IOException {
        for (var holder : HOLDERS) holder.close();
    }

    private static void pause() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(20);
    }

    private static void write(SocketChannel channel, byte[] bytes) {
        try {
            for (var left = ByteBuffer.wrap(bytes); left.hasRemaining(); ) channel.write(left);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
