package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// `./jloop bench` of this checkout, as it was packaged.
class LauncherIT {

    private static final int LIMIT_SECONDS = 50;

    @Test
    void list_namesBenchmarksAndContestants() throws Exception {
        var run = run("--list");

        assertThat(run.status()).isZero();
        assertThat(run.printed()).contains("  echo  ").contains("  parts  ").contains("  c-epoll ");
    }

    @Test
    void wrongName_isOneLine() throws Exception {
        var run = run("ecko");

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.printed()).endsWith("jloop bench: no benchmark is named ecko, expected some"
                + " of echo, unix, bulk, connect, idle, http, hose, start, sched,"
                + " process, files, parts\n");
    }

    @Test
    void jmh_knowsWhatItsProcessorGenerated() throws Exception {
        var run = run("parts", "--cases", "no-such-part", "--quick", "--out", "target/none");

        assertThat(run.printed()).contains("skipped: parts: ").doesNotContain("Unable to find");
    }

    private record Run(int status, String printed) {}

    private static Run run(String... args) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(Path.of("../jloop").toString(), "bench"));
        command.addAll(List.of(args));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("JLOOP_BUILD", "no");
        var process = builder.start();
        process.getOutputStream().close();
        var printed = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), printed);
    }
}
