package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The load generator against the C servers: what it reports, what it finds wrong, how it ends.
class LoadTest {

    private static final Path TARGET = Checkout.BENCH.resolve("target");

    private static final List<String> WINDOW = List.of("--seconds", "0.3", "--warmup", "0.1");

    private static final String[] WINDOW_KEYS = {
        "messages", "bytes", "seconds", "errors", "mismatches", "serverCpuSeconds",
        "serverUserSeconds", "clientCpuSeconds", "serverRssKb", "p50Micros", "p90Micros",
        "p99Micros", "p999Micros", "maxMicros", "core0IdleSeconds", "core1IdleSeconds"
    };

    private static final String[] IDLE_KEYS = {
        "errors", "mismatches", "rssFirstKb", "rssKb", "bytesPerConnection", "idleCpuSeconds",
        "p50Micros", "p99Micros"
    };

    /// What a run of the load generator came to.
    private record Run(int code, String out, String err) {

        JsonNode line() throws IOException {
            assertThat(code).as(err).isZero();
            assertThat(out).hasLineCount(1);
            return new ObjectMapper().readTree(out);
        }
    }

    @TempDir Path folder;

    private Process server;
    private String address;

    @BeforeAll
    static void build() throws Exception {
        Checkout.build("c");
    }

    @AfterEach
    void stopServer() throws InterruptedException {
        if (server != null) {
            server.destroy();
            assertThat(server.waitFor(10, TimeUnit.SECONDS)).as("it ends on SIGTERM").isTrue();
        }
    }

    private void startServer(String program, String kind, boolean unix, String... options)
            throws IOException, InterruptedException {
        address = unix ? folder.resolve("socket").toString() : String.valueOf(freePort());
        var command = new ArrayList<>(List.of(TARGET.resolve("peers/c/" + program).toString()));
        command.addAll(List.of(kind, address));
        command.addAll(List.of(options));
        server = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        while (!canBeConnectedTo(kind)) {
            if (server.waitFor(20, TimeUnit.MILLISECONDS)) {
                var why = new String(server.getErrorStream().readAllBytes());
                // The one thing that may be missing: a kernel feature cannot be installed.
                assumeThat(why).as("io_uring is not allowed here").doesNotContain("io_uring");
                fail("%s %s ended with %d: %s", program, kind, server.exitValue(), why);
            }
        }
    }

    /// The load generator itself is the probe: it says whether there is a server.
    private boolean canBeConnectedTo(String kind) throws IOException, InterruptedException {
        return load(kind.equals("sink") ? "bulk" : "echo", "--seconds", "0.01", "--warmup", "0")
                .code() == 0;
    }

    /// One that the system gives to nobody who takes any, as a free one may be taken meanwhile.
    private static int freePort() throws IOException {
        for (int port = 61_000; ; port++) {
            try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return port;
            } catch (BindException e) {
                if (port == 65_000) throw e;
            }
        }
    }

    private Run load(String subcommand, String... options)
            throws IOException, InterruptedException {
        var command = new ArrayList<>(
                List.of(TARGET.resolve("load/load").toString(), subcommand, address));
        command.addAll(List.of(options));
        if (server != null) command.addAll(List.of("--pid", String.valueOf(server.pid())));
        return run(command);
    }

    private Run loadOfWindow(String subcommand, String... options)
            throws IOException, InterruptedException {
        var all = new ArrayList<>(List.of(options));
        all.addAll(WINDOW);
        return load(subcommand, all.toArray(String[]::new));
    }

    /// The line of a window in which something was counted: while one so short passes, the
    /// machine may stand still.
    private JsonNode lineOfWindow(String subcommand, String... options)
            throws IOException, InterruptedException {
        JsonNode line;
        int tries = 0;
        do line = loadOfWindow(subcommand, options).line();
        while (++tries < 10 && (line.get("messages").asLong() == 0
                || List.of(options).containsAll(List.of("--hose", "1"))
                && line.get("hoseBytes").asLong() == 0));
        return line;
    }

    private Run run(List<String> command) throws IOException, InterruptedException {
        var errors = folder.resolve("errors");
        var process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
        var out = new String(process.getInputStream().readAllBytes());
        return new Run(process.waitFor(), out, Files.readString(errors));
    }

    private static void assertClean(JsonNode line, String... keys) {
        assertThat(line.fieldNames()).toIterable().contains(keys);
        assertThat(line.get("errors").asLong()).isZero();
        assertThat(line.get("mismatches").asLong()).isZero();
        assertThat(line.get("messages").asLong()).isPositive();
        assertThat(line.get("p99Micros").asDouble())
                .isPositive().isGreaterThanOrEqualTo(line.get("p50Micros").asDouble());
    }

    @ParameterizedTest
    @CsvSource({
        "epoll, false, 64, 1, 1", "epoll, false, 100000, 3, 1", "epoll, false, 100, 4, 16",
        "epoll, true, 1024, 4, 1", "uring, false, 1024, 4, 1", "uring, false, 100000, 3, 1",
        "uring, true, 64, 4, 16",
    })
    void echo_ofAnySize_comesBackAsItWas(
            String program, boolean unix, int size, int connections, int pipeline)
            throws Exception {
        startServer(program, "echo", unix);
        var line = lineOfWindow("echo", "--size", String.valueOf(size),
                "--conns", String.valueOf(connections), "--pipeline", String.valueOf(pipeline));
        assertClean(line, WINDOW_KEYS);
        assertThat(line.get("bytes").asLong()).isEqualTo(line.get("messages").asLong() * size);
        assertThat(line.get("seconds").asDouble()).isGreaterThanOrEqualTo(0.3);
        assertThat(line.get("serverCpuSeconds").asDouble()).isPositive()
                .isGreaterThanOrEqualTo(line.get("serverUserSeconds").asDouble());
        assertThat(line.get("serverRssKb").asLong()).isPositive();
    }

    @ParameterizedTest
    @CsvSource({"epoll, false", "epoll, true", "uring, false"})
    void connect_toAnEchoServer_countsWholeConnections(String program, boolean unix)
            throws Exception {
        startServer(program, "echo", unix);
        assertClean(lineOfWindow("connect", "--at-once", "8"), WINDOW_KEYS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"epoll", "uring"})
    void bulk_toASink_isReadToItsEnd(String program) throws Exception {
        startServer(program, "sink", false);
        assertClean(lineOfWindow("bulk", "--size", "65536"), WINDOW_KEYS);
    }

    @ParameterizedTest
    @CsvSource({"0", "1"})
    void hose_besideQuietConnections_reportsTheQuietOnes(String hose) throws Exception {
        startServer("epoll", "echo", false);
        var line = lineOfWindow("hose", "--quiet", "20", "--hose", hose);
        assertClean(line, WINDOW_KEYS);
        // 2,000 a second, whatever the server does.
        assertThat(line.get("messages").asLong()).isBetween(590L, 610L);
        assertThat(line.get("hoseBytes").asLong() > 0).isEqualTo(hose.equals("1"));
    }

    @Test
    void idle_ofSomeConnections_reportsMemoryForEach() throws Exception {
        startServer("epoll", "echo", false);
        var line = load("idle", "--conns", "1000").line();
        assertClean(line, IDLE_KEYS);
        assertThat(line.get("rssKb").asLong())
                .isGreaterThanOrEqualTo(line.get("rssFirstKb").asLong());
    }

    @Test
    void echo_withAChangedBit_isAMismatch() throws Exception {
        startServer("epoll", "echo", false, "corrupt");
        var line = loadOfWindow("echo", "--size", "64", "--conns", "4").line();
        assertThat(line.get("mismatches").asLong()).isPositive();
    }

    @Test
    void echo_withoutAServer_saysSo() throws Exception {
        address = String.valueOf(freePort());
        var run = loadOfWindow("echo");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).hasLineCount(1).contains("connect: Connection refused");
    }

    @Test
    void echo_fromASilentServer_ends() throws Exception {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            address = String.valueOf(silent.getLocalPort());
            var run = loadOfWindow("echo", "--conns", "1");
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err()).contains("nothing came in 3 s");
        }
    }

    @Test
    void connect_toASilentServer_countsErrors() throws Exception {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            address = String.valueOf(silent.getLocalPort());
            var line = loadOfWindow("connect", "--at-once", "3").line();
            assertThat(line.get("errors").asLong()).isEqualTo(3);
            assertThat(line.get("messages").asLong()).isZero();
        }
    }

    @Test
    void echo_whenTheServerDies_saysSo() throws Exception {
        startServer("epoll", "echo", false);
        var load = new ProcessBuilder(TARGET.resolve("load/load").toString(), "echo", address,
                "--conns", "4", "--seconds", "30", "--warmup", "0").start();
        try {
            // Before, it would say that one could not be opened.
            while (watched(load) < 4) assertThat(load.waitFor(10, TimeUnit.MILLISECONDS)).isFalse();
            server.destroyForcibly();
            assertThat(load.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(load.exitValue()).isEqualTo(1);
            assertThat(new String(load.getErrorStream().readAllBytes())).contains("closed");
        } finally {
            load.destroyForcibly();
        }
    }

    /// How many connections a process has told its epoll of, see proc(5).
    private static long watched(Process process) throws IOException {
        try (var infos = Files.list(Path.of("/proc/" + process.pid() + "/fdinfo"))) {
            return infos.flatMap(LoadTest::lines).filter(line -> line.startsWith("tfd:")).count();
        }
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (NoSuchFileException _) {       // closed meanwhile
            return Stream.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "echo 7777 --conns none", "echo 7777 --conns 0", "echo 7777 --size", "frob 7777",
        "echo nowhere", "echo 7777 --unknown 1", "hose 7777 --hose 2", "echo"
    })
    void load_withBadArguments_explainsItself(String arguments) throws Exception {
        var command = new ArrayList<>(List.of(TARGET.resolve("load/load").toString()));
        command.addAll(List.of(arguments.split(" ")));
        var run = run(command);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("load: ").contains("usage: load");
    }
}
