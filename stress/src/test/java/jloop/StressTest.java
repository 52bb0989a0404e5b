package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Runs the jcstress tests of this module, briefly. `-Djloop.stress=default` (or tough) runs
/// them for as long as it takes to trust them.
class StressTest {

    @Test
    @Timeout(value = 20, unit = TimeUnit.MINUTES)
    void jcstress_findsNothingForbidden(@TempDir Path folder) throws Exception {
        String java = ProcessHandle.current().info().command().orElseThrow();
        List<String> command = new ArrayList<>(List.of(java,
                "-cp", System.getProperty("java.class.path"),
                "org.openjdk.jcstress.Main",
                "-m", System.getProperty("jloop.stress", "quick"),
                "-f", "1", "-iters", "2", "-time", "200", "-sc", "false",
                "-jvmArgs", "--add-opens=java.base/java.lang=ALL-UNNAMED -Djloop.watchdog=0",
                "-r", folder.resolve("report").toString()));
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(command).directory(folder.toFile())
                .redirectErrorStream(true).redirectOutput(log.toFile()).start();

        try {
            assertThat(process.waitFor()).as(() -> read(log)).isZero();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        assertThat(read(log)).contains("Failed tests: No matches.", "Error tests: No matches.")
                .containsPattern("All remaining tests: [1-9]");
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }
}
