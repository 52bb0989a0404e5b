package jloop.examples;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TailFileTest {

    @Test
    void tail_followsTheFileThroughRotationAndTruncation(@TempDir Path folder) throws Exception {
        Path log = Files.writeString(folder.resolve("log"), "old\n");
        try (var tail = Example.start("TailFile", log.toString())) {
            tail.lineWith("Following");
            Files.writeString(log, "one\ntw", APPEND);
            assertThat(tail.lineWith("")).isEqualTo("one");
            Files.writeString(log, "o\n", APPEND);
            assertThat(tail.lineWith("")).isEqualTo("two");

            Files.move(log, folder.resolve("log.1"));
            Files.writeString(folder.resolve("log.1"), "late\n", APPEND);
            assertThat(tail.lineWith("")).isEqualTo("late");
            Files.writeString(log, "three\n");
            assertThat(tail.lineWith("thr")).isEqualTo("three");

            Files.writeString(log, "4\n", TRUNCATE_EXISTING);
            assertThat(tail.lineWith("")).isEqualTo("(truncated)");
            assertThat(tail.lineWith("")).isEqualTo("4");

            tail.interrupt();
            assertThat(tail.rest()).isEqualTo("Stopped\n");
        }
    }
}
