package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jloop.EventLoop;
import jloop.bench.parts.Parts;

/// A server of the echo benchmark as a process on core 0, and the load on it from core 1, or
/// from core 0 if there is no other.
final class EchoServer implements AutoCloseable {

    static final boolean LOAD_HAS_A_CORE = Runtime.getRuntime().availableProcessors() > 1;

    private static final Path BENCH = bench();
    private static final int CONNECTIONS = 64;
    private static final int MESSAGE_BYTES = 1024;
    private static final int STARTS_WITHIN_SECONDS = 30;

    private final int port;
    private final Process process;

    private EchoServer(List<String> command) throws IOException {
        this.port = freePort();
        List<String> pinned = new ArrayList<>(List.of("taskset", "-c", "0"));
        for (String part : command) pinned.add(part.replace("PORT", Integer.toString(port)));
        this.process = new ProcessBuilder(pinned).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    }

    /// The folder bench/, in which or above which Maven runs the tests.
    private static Path bench() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("build.sh")) ? here : here.resolve("bench");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /// Builds the load generator and the control.
    static void build() throws IOException, InterruptedException {
        Process build = new ProcessBuilder("bash", BENCH.resolve("build.sh").toString(), "c")
                .redirectErrorStream(true).start();
        String said = new String(build.getInputStream().readAllBytes());
        String advice = "scripts/install-test-peers.sh installs what is missing. " + said;
        assertThat(build.waitFor()).as(said).isZero();
        assertThat(load()).as(advice).isExecutable();
        assertThat(control()).as(advice).isExecutable();
        assertThat(System.getenv("PATH").split(File.pathSeparator))
                .as("taskset is missing. " + advice)
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "taskset")));
    }

    private static Path load() {
        return BENCH.resolve("target/load/load");
    }

    private static Path control() {
        return BENCH.resolve("target/peers/c/epoll");
    }

    /// The control: C and epoll.
    static EchoServer ofC() throws IOException {
        return new EchoServer(List.of(control().toString(), "echo", "PORT"));
    }

    /// jloop's, on streams.
    static EchoServer ofStreams() throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Parts.jvmOptions());
        command.addAll(List.of("-cp", jloopClasses(),
                BENCH.resolve("jloop/Echo.java").toString(), "echo", "PORT", "streams"));
        return new EchoServer(command);
    }

    private static String jloopClasses() {
        return new File(EventLoop.class.getProtectionDomain().getCodeSource().getLocation()
                .getPath()).toString();
    }

    /// What the load generator finds in so many seconds; waits for the server if it starts yet.
    JsonNode load(double warmUpSeconds, double seconds) throws IOException, InterruptedException {
        awaitStart();
        Process load = new ProcessBuilder(
                "taskset", "-c", LOAD_HAS_A_CORE ? "1" : "0", load().toString(), "echo",
                Integer.toString(port), "--conns", Integer.toString(CONNECTIONS),
                "--size", Integer.toString(MESSAGE_BYTES),
                "--seconds", Double.toString(seconds), "--warmup", Double.toString(warmUpSeconds),
                "--pid", Long.toString(process.pid()))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (InputStream output = load.getInputStream()) {
            byte[] line = output.readAllBytes();
            if (load.waitFor() != 0) throw new IOException("the load generator failed");
            return new ObjectMapper().readTree(line);
        }
    }

    private void awaitStart() throws IOException, InterruptedException {
        IOException refused = null;
        for (int i = 0; i < STARTS_WITHIN_SECONDS * 20; i++) {
            try (java.net.Socket _ = new java.net.Socket("127.0.0.1", port)) {
                return;
            } catch (IOException e) {
                refused = e;
            }
            if (process.waitFor(50, TimeUnit.MILLISECONDS))
                throw new IOException("the server has ended with " + process.exitValue());
        }
        throw new IOException("the server does not start", refused);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
