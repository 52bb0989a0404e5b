package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The folder bench/, in which or above which Maven runs the tests.
final class Checkout {

    static final Path BENCH = Files.exists(Path.of("build.sh"))
            ? Path.of("").toAbsolutePath() : Path.of("bench").toAbsolutePath();

    private Checkout() {}

    /// Builds the load generator, and the servers of some families, `c` among them. Returns
    /// what that said.
    static String build(String... families) throws Exception {
        var command = new ArrayList<>(List.of(BENCH.resolve("build.sh").toString()));
        command.addAll(List.of(families));
        var build = new ProcessBuilder(command).redirectErrorStream(true).start();
        var said = new String(build.getInputStream().readAllBytes());
        assertThat(build.waitFor()).as(said).isZero();
        for (var program : List.of("load/load", "peers/c/epoll")) {
            assertThat(BENCH.resolve("target").resolve(program))
                    .as("scripts/install-test-peers.sh installs what is missing. " + said)
                    .isExecutable();
        }
        return said;
    }
}
