package jloop.bench;

import static java.nio.file.attribute.PosixFilePermissions.asFileAttribute;
import static java.nio.file.attribute.PosixFilePermissions.fromString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import jloop.bench.results.BenchFailure;
import jloop.bench.results.ResultsFile;
import jloop.bench.results.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whole runs, of processes that only pretend: a server that answers nothing, and a load
/// generator that is a shell script.
@Tag("slow")
class SuiteTest {

    @TempDir
    Path root;

    final StringWriter printed = new StringWriter();
    final StringWriter progress = new StringWriter();
    Children children;
    Path results;
    long connections = 3;

    @BeforeEach
    void makeCheckout() throws IOException {
        children = new Children(root.resolve("log"));
        results = root.resolve("results.json");
        Files.createDirectories(root.resolve("bench/contestants"));
        load("""
                echo '{"messages": 1000, "seconds": 0.5, "serverCpuSeconds": 0.4,
                    "core0IdleSeconds": 0.1, "p50Micros": 20}' | tr -d '\\n'
                """);
        contestants(server("c-epoll"), server("fake"));
    }

    @AfterEach
    void endChildren() {
        children.close();
    }

    @Test
    void run_measuresInTurnsAndWritesResults() throws IOException {
        run(2);

        assertThat(printed.toString()).contains("### echo: 64 B, 3 connections")
                .containsPattern("\\| fake \\| 2,000 \\| 2,000–2,000 \\| 1.00 .* 2 \\(0, 0\\) \\|");
        var rows = ResultsFile.read(results).rows();
        assertThat(rows).extracting(Row::contestant).containsExactly("c-epoll", "fake");
        assertThat(rows).extracting(row -> row.windows().size()).containsExactly(4, 2);
    }

    @Test
    void run_intoAFileThatIsThere_keepsItsOtherCellsAndReplacesItsOwn() {
        run(2);
        connections = 5;
        run(1);
        run(1);

        var rows = ResultsFile.read(results).rows();
        assertThat(rows).extracting(Row::contestant)
                .containsExactly("c-epoll", "fake", "c-epoll", "fake");
        assertThat(rows).extracting(row -> row.windows().size()).startsWith(4, 2);
        assertThat(rows.get(3).windows()).hasSize(1);
    }

    @Test
    void run_intoAFileOfAnotherCommit_isRefused() throws IOException {
        run(1);
        Files.writeString(results, Files.readString(results)
                .replaceFirst("\"commit\":\"\\w*", "\"commit\":\"another"));

        assertThatThrownBy(() -> run(1)).isInstanceOf(BenchFailure.class)
                .hasMessageContaining("has the results of commit another");
    }

    @Test
    void run_givesTheLoadGeneratorTheServersAddressAndProcess() throws IOException {
        run(1);

        var calls = Files.readAllLines(root.resolve("calls"));
        var pid = Files.readString(root.resolve("fake.pid"));
        assertThat(calls).last().asString()
                .matches("echo \\d+ --conns 3 --size 64 --seconds 0.100 --warmup 0.300 --pid \\d+");
        assertThat(calls).anyMatch(call -> call.endsWith(" --pid " + pid));
    }

    @Test
    void run_leavesNoProcessBehind() throws IOException {
        run(1);

        for (var name : List.of("c-epoll", "fake")) {
            var pid = Long.parseLong(Files.readString(root.resolve(name + ".pid")));
            assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
        }
    }

    @Test
    void run_whoDoesNotStart_isSkippedWithWhatItNeeds() throws IOException {
        contestants(
                server("c-epoll"),
                contestant("ends", "\"sh\", \"-c\", \"echo no port {address} {kind} >&2; exit 1\""),
                contestant("absent", "\"/no/such\", \"{kind}\", \"{address}\""));

        run(1);

        assertThat(ResultsFile.read(results).skipped()).hasSize(2);
        assertThat(progress.toString())
                .containsPattern("skipped: ends: does not start: no port \\d+ echo; needs luck\n")
                .contains("skipped: absent: /no/such: not found; needs luck\n");
    }

    @Test
    void run_aLoadGeneratorThatFailsLater_isSaidUnderTheTable() throws IOException {
        load("""
                [ $(wc -l < %s) -eq 4 ] && { echo "lost a byte" >&2; exit 1; }
                echo '{"messages": 1000, "seconds": 0.5}'
                """.formatted(root.resolve("calls")));

        run(1);

        assertThat(printed.toString()).contains("\nfake: load ended with 1: lost a byte\n");
    }

    @Test
    void run_withoutALoadGenerator_saysHowToBuildIt() throws IOException {
        Files.delete(root.resolve("bench/target/load/load"));

        run(1);

        assertThat(progress.toString()).contains("skipped: echo: " + root
                + "/bench/target/load/load: not found; apt-get install gcc");
        assertThat(results).doesNotExist();
    }

    @Test
    void childThatIgnoresSigterm_isKilled() throws IOException {
        var ready = root.resolve("ready");
        var child = children.start("stubborn",
                List.of("sh", "-c", "trap '' TERM; touch " + ready + "; while :; do sleep 1; done"),
                Lab.BOTH_CORES);
        while (!Files.exists(ready)) assertThat(child.hasEndedAfter(5)).isFalse();

        children.close();

        assertThat(child.isAlive()).isFalse();
    }

    @Test
    void childOfARunThatWasKilled_isEndedByTheNext() throws IOException {
        var list = Files.createDirectories(root.resolve("log")).resolve("running");
        var child = children.start("left", List.of("sleep", "60"), Lab.BOTH_CORES);
        Files.writeString(list, "1 60000\n", StandardOpenOption.APPEND);  // not this process 1

        assertThat(new Children(root.resolve("log")).endLeftovers()).containsExactly(child.pid());
        assertThat(child.hasEndedAfter(10_000)).isTrue();
        assertThat(list).doesNotExist();
    }

    @Test
    void secondRun_inTheSameFolder_isRefused() throws IOException {
        try (var _ = OnlyRun.in(root)) {
            assertThatThrownBy(() -> OnlyRun.in(root))
                    .isInstanceOf(BenchFailure.class)
                    .hasMessageStartingWith("another run goes on here");
        }
        OnlyRun.in(root).close();
    }

    @Test
    void childThatIsNotDoneInTime_isAFailure() {
        var lab = lab(1);

        assertThatThrownBy(() -> lab.run("slow", List.of("sleep", "60"), Lab.BOTH_CORES, 0.05))
                .isInstanceOf(WindowFailure.class)
                .hasMessageStartingWith("not done after 0.0500 s");
    }

    private void run(int rounds) {
        var contestants = Contestants.read(root.resolve("bench/contestants"));
        var out = new PrintWriter(printed);
        new Suite(lab(rounds), contestants, out, results).run(Set.of("echo"));
    }

    private Lab lab(int rounds) {
        var settings = new Settings(
                List.of(), rounds, 0.1, List.of(64L), List.of(connections), List.of(), 9, 0.1);
        return new Lab(root, settings, children, new PrintWriter(progress));
    }

    private void load(String script) throws IOException {
        var file = root.resolve("bench/target/load/load");
        Files.createDirectories(file.getParent());
        Files.deleteIfExists(file);
        Files.createFile(file, asFileAttribute(fromString("rwxr-xr-x")));
        Files.writeString(file,
                "#!/bin/sh\necho \"$@\" >> " + root.resolve("calls") + "\n" + script);
    }

    private void contestants(String... contestants) throws IOException {
        Files.writeString(root.resolve("bench/contestants/fake.json"),
                "[" + String.join(",", contestants) + "]");
    }

    private String server(String name) {
        return contestant(name, "\"{java}\", \"-cp\", \"" + System.getProperty("java.class.path")
                + "\", \"jloop.bench.FakeServer\", \"{kind}\", \"{address}\", \""
                + root.resolve(name + ".pid") + "\"");
    }

    private static String contestant(String name, String argv) {
        return "{\"name\": \"" + name + "\", \"serves\": [\"echo\"], \"needs\": \"luck\","
                + " \"argv\": [" + argv + "]}";
    }
}
