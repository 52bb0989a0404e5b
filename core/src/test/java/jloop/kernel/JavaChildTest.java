package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.Pipe.SinkChannel;
import java.nio.channels.Pipe.SourceChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import jloop.poller.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Children by way of java.lang.Process, without a loop.
class JavaChildTest {

    private static final long PATIENCE_SECONDS = 20;

    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private List<String> pipesBefore = List.of();

    @BeforeEach
    void look() {
        pipesBefore = RawFiles.pipes();
    }

    /// The pumps close their sides a moment after the child has gone. What others had open may
    /// be closed meanwhile.
    @AfterEach
    void nothingIsLeft() {
        long end = Clock.SYSTEM.nanos() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!(pipesBefore.containsAll(RawFiles.pipes()) && pumps() == 0)
                && Clock.SYSTEM.nanos() < end) Thread.onSpinWait();
        assertThat(pipesBefore).containsAll(RawFiles.pipes());
        assertThat(pumps()).isZero();
    }

    private static long pumps() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().matches("jloop-std(in|out|err)-\\d+")).count();
    }

    private JavaChild start(ProcessBuilder builder) throws IOException {
        JavaChild child = new JavaChild(builder, exit::complete);
        for (int i = 0; i < 3; i++)
            if (child.end(i) != null) child.end(i).configureBlocking(true);
        return child;
    }

    private JavaChild sh(String script) throws IOException {
        return start(new ProcessBuilder("sh", "-c", script));
    }

    private int code() throws Exception {
        return exit.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static String read(JavaChild child, int stream) throws IOException {
        return new String(readAll(child, stream), StandardCharsets.UTF_8);
    }

    private static byte[] readAll(JavaChild child, int stream) throws IOException {
        try (SourceChannel channel = (SourceChannel) child.end(stream)) {
            return Channels.newInputStream(channel).readAllBytes();
        }
    }

    private static void write(JavaChild child, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        SinkChannel channel = (SinkChannel) child.end(0);
        while (bytes.hasRemaining()) channel.write(bytes);
    }

    private static void close(JavaChild child, int... streams) throws IOException {
        for (int stream : streams) child.end(stream).close();
    }

    // ---- The exit

    @ParameterizedTest
    @CsvSource({"exit 0, 0", "exit 7, 7", "exit 255, 255", "exit 128, 128", "exit 193, 193",
        "kill -KILL $$, -9", "kill -TERM $$, -15", "kill -SEGV $$, -11"})
    void exit_ofEachKind_isTheReturnCode(String script, int code) throws Exception {
        close(sh(script), 0, 1, 2);

        assertThat(code()).isEqualTo(code);
    }

    /// What a shell does with a signal of its child is not to be told from a signal of its own.
    @Test
    void exit_of137_isTakenForASignal() throws Exception {
        JavaChild child = sh("exit 137");

        close(child, 0, 1, 2);
        assertThat(code()).isEqualTo(-9);
    }

    @Test
    void exit_ofAGrandchildThatHoldsThePipes_isNotWaitedFor() throws Exception {
        JavaChild child = sh("sleep 1000 & echo $!");
        byte[] pid = new byte[20];
        int count = ((SourceChannel) child.end(1)).read(ByteBuffer.wrap(pid));

        assertThat(code()).isZero();
        close(child, 0, 1, 2);
        ProcessHandle.of(Long.parseLong(new String(pid, 0, count).strip())).orElseThrow()
                .destroyForcibly();
    }

    // ---- Signals

    @Test
    void destroy_isSigtermOrSigkill() throws Exception {
        JavaChild child = sh(
                "trap 'echo told; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
        SourceChannel out = (SourceChannel) child.end(1);
        out.read(ByteBuffer.allocate(10));

        child.destroy(false);
        assertThat(read(child, 1)).isEqualTo("told\n");        // its streams stay open
        assertThat(code()).isEqualTo(3);
        child.destroy(true);                                    // it is no more
        close(child, 0, 2);
    }

    @Test
    void destroy_forcibly_endsWhoDoesNotListen() throws Exception {
        JavaChild child = sh("trap '' TERM; echo ready; while :; do sleep 0.01; done");
        SourceChannel out = (SourceChannel) child.end(1);
        out.read(ByteBuffer.allocate(10));

        child.destroy(false);
        child.destroy(true);
        assertThat(code()).isEqualTo(-9);
        close(child, 0, 1, 2);
    }

    @Test
    void destroy_whileAPumpWaitsForRoom_doesNotWait() throws Exception {
        JavaChild child = sh("echo ready; exec sleep 1000");
        ((SourceChannel) child.end(1)).read(ByteBuffer.allocate(10));
        SinkChannel in = (SinkChannel) child.end(0);
        in.configureBlocking(false);
        ByteBuffer much = ByteBuffer.allocate(1 << 20);
        int idle = 0;
        for (int count; idle < 100_000; idle = count > 0 ? 0 : idle + 1) {
            count = in.write(much);
            if (!much.hasRemaining()) much.clear();
        }

        child.destroy(false);
        assertThat(code()).isEqualTo(-15);
        assertThatThrownBy(() -> in.write(ByteBuffer.allocate(1)))
                .hasMessageContaining("roken pipe");
        close(child, 0, 1, 2);
    }

    // ---- Streams

    @Test
    void streams_carryBytesAndTheirEnds() throws Exception {
        JavaChild child = sh("cat; echo bad >&2");
        write(child, "hello\n");
        close(child, 0);

        assertThat(read(child, 1)).isEqualTo("hello\n");
        assertThat(read(child, 2)).isEqualTo("bad\n");
        assertThat(code()).isZero();
    }

    @Test
    void output_beforeAnExitThatIsKnown_isAllThere() throws Exception {
        JavaChild child = sh("head -c 300000 /dev/zero; head -c 40000 /dev/zero >&2");
        assertThat(readAll(child, 1)).hasSize(300_000);
        assertThat(code()).isZero();
        assertThat(readAll(child, 2)).hasSize(40_000);
        close(child, 0);
    }

    @Test
    void output_thatNobodyReads_isABrokenPipeForTheChild() throws Exception {
        JavaChild child = start(new ProcessBuilder("yes"));
        close(child, 1);

        assertThat(code()).isEqualTo(-13);
        close(child, 0, 2);
    }

    @Test
    void input_ofAChildThatReadsNoMore_isABrokenPipe() throws Exception {
        JavaChild child = sh("exec <&-; echo closed; exec sleep 1000");
        ((SourceChannel) child.end(1)).read(ByteBuffer.allocate(10));

        assertThatThrownBy(() -> {
            while (true) write(child, "x".repeat(1000));
        }).hasMessageContaining("roken pipe");
        child.destroy(true);
        assertThat(code()).isEqualTo(-9);
        close(child, 0, 1, 2);
    }

    @Test
    void redirections_areThoseOfTheBuilder(@TempDir Path folder) throws Exception {
        Path in = Files.writeString(folder.resolve("in"), "from a file");
        Path out = folder.resolve("out");
        JavaChild child = start(new ProcessBuilder("cat").redirectInput(in.toFile())
                .redirectOutput(out.toFile()).redirectError(Redirect.DISCARD));

        assertThat(child.end(0)).isNull();
        assertThat(child.end(1)).isNull();
        assertThat(child.end(2)).isNull();
        assertThat(code()).isZero();
        assertThat(out).hasContent("from a file");
    }

    @Test
    void redirection_ofErrorsToOutput_hasOnePipe() throws Exception {
        JavaChild child = start(new ProcessBuilder("sh", "-c", "echo one; echo two >&2")
                .redirectInput(Redirect.from(new File("/dev/null")))
                .redirectErrorStream(true));

        assertThat(child.end(2)).isNull();
        assertThat(read(child, 1)).isEqualTo("one\ntwo\n");
        assertThat(code()).isZero();
    }

    // ---- What cannot be started

    @ParameterizedTest
    @CsvSource({"no-such-program, , 2", "/etc/passwd, , 13", "/etc, , 13",
        "true, /no/such/folder, 2"})
    void start_thatFails_tellsTheErrorNumberAndLeavesNothing(
            String program, String folder, int errno) {
        ProcessBuilder builder = new ProcessBuilder(program);
        if (folder != null) builder.directory(new File(folder));

        assertThatThrownBy(() -> start(builder)).isInstanceOfSatisfying(IOException.class,
                e -> assertThat(JavaChild.errno(e)).isEqualTo(errno));
    }

    @Test
    void start_withTooManyArguments_isE2big() {
        ProcessBuilder builder = new ProcessBuilder("true", "x".repeat(3_000_000));

        assertThatThrownBy(() -> start(builder)).isInstanceOfSatisfying(IOException.class,
                e -> assertThat(JavaChild.errno(e)).isEqualTo(7));
    }
}
