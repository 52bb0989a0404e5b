package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The command line of the harness.
class MainTest {

    final StringWriter printed = new StringWriter();

    @Test
    void list_namesBenchmarksAndContestants() {
        assertThat(execute("--list")).isZero();
        assertThat(printed.toString())
                .contains("  echo                   a message there and back over TCP\n")
                .contains("  parts ")
                .contains("  c-epoll ");
    }

    @Test
    void help_namesTheOptions() {
        assertThat(execute("--help")).isZero();
        assertThat(printed.toString()).contains("--rounds=N").contains("--report=FILE");
    }

    @Test
    void unknownNames_areOneLine() {
        assertThat(execute("ecko")).isEqualTo(1);
        assertThat(printed.toString()).isEqualTo("jloop bench: no benchmark is named ecko, expected"
                + " some of echo, unix, bulk, connect, idle, http, hose, start, sched, process,"
                + " files, parts\n");
    }

    @Test
    void unknownContestant_isOneLine() {
        assertThat(execute("echo", "--with", "nobody")).isEqualTo(1);
        assertThat(printed.toString())
                .isEqualTo("jloop bench: no contestant is named nobody; `--list` has them\n");
    }

    @Test
    void numbersOutOfRange_areOneLine() {
        assertThat(execute("--rounds", "0")).isEqualTo(1);
        assertThat(execute("--conns", "1,0")).isEqualTo(1);
        assertThat(printed.toString()).isEqualTo("""
                jloop bench: --rounds is 0, expected at least 1
                jloop bench: --conns is 0, expected counts of at least 1
                """);
    }

    @Test
    void report_ofNoFile_isOneLine() {
        assertThat(execute("--report", "/no/such.json")).isEqualTo(1);
        assertThat(printed.toString())
                .isEqualTo("jloop bench: cannot read /no/such.json: /no/such.json\n");
    }

    @Test
    void plot_ofAResultsFile_drawsItsPicturesBesideIt(@TempDir Path folder) throws Exception {
        var file = folder.resolve("run.json");
        try (var results = MainTest.class.getResourceAsStream("/plot/results.json")) {
            Files.copy(results, file);
        }

        assertThat(execute("--plot", file.toString())).isZero();

        assertThat(printed.toString()).contains(folder + "/run/echo-1024-user-cpu.svg\n");
        assertThat(folder.resolve("run/echo-1024-user-cpu.svg")).isNotEmptyFile();
    }

    @Test
    void plot_ofNoFile_isOneLine() {
        assertThat(execute("--plot", "/no/such.json")).isEqualTo(1);
        assertThat(printed.toString()).isEqualTo("jloop bench: cannot read /no/such.json: "
                + "/no/such.json\n");
    }

    private int execute(String... args) {
        var writer = new PrintWriter(printed);
        return Main.commandLine(Path.of("..").toAbsolutePath().normalize())
                .setOut(writer)
                .setErr(writer)
                .execute(args);
    }
}
