package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Programs of others, at the other end of a connection to an example.
final class Peer {

    private static final int PATIENCE_SECONDS = 40;

    private Peer() { }

    /// A connection that socat makes: what it is told goes there, what comes it prints. It ends
    /// when both directions have, and half a minute after one at the latest.
    static Process socat(int port) throws IOException {
        return start("socat", "-t30", "-", "TCP:127.0.0.1:" + port);
    }

    static Process start(String... command) throws IOException {
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    /// Tells `process` all that it is going to be told.
    static void say(Process process, String text) throws IOException {
        try (var output = process.outputWriter(StandardCharsets.UTF_8)) {
            output.write(text);
        }
    }

    /// What `command` prints up to its end, which must be a good one.
    static String run(String... command) throws IOException, InterruptedException {
        var process = start(command);
        try (var _ = process.outputWriter(); var output = process.inputReader()) {
            var printed = String.join("\n", output.lines().toList());
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as("%s ends", List.of(command)).isTrue();
            assertThat(process.exitValue()).as("%s", List.of(command)).isZero();
            return printed;
        } finally {
            process.destroyForcibly();
        }
    }
}
