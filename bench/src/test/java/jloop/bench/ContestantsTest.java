package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jloop.bench.results.BenchFailure;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which contestants take part, and their commands.
class ContestantsTest {

    @TempDir
    Path folder;

    @BeforeEach
    void writeFiles() throws IOException {
        Files.writeString(folder.resolve("a.json"), "[{\"name\": \"a-one\"}, {\"name\": \"b\"}]");
        Files.writeString(folder.resolve("c.json"),
                "[{\"name\": \"a-two\", \"onlyIfAsked\": true}]");
        Files.writeString(folder.resolve("README"), "not a contestant");
    }

    @Test
    void chosen_withoutNames_isAllThatNeedNotBeAskedFor() {
        assertThat(chosen()).containsExactly("a-one", "b");
    }

    @Test
    void chosen_byNameOrStart_isThose() {
        assertThat(chosen("b", "a-*")).containsExactly("b", "a-one", "a-two");
        assertThat(chosen("a-two", "a-*")).containsExactly("a-two", "a-one");
    }

    @Test
    void chosen_anUnknownName_isAFailure() {
        assertThatThrownBy(() -> chosen("a"))
                .isInstanceOf(BenchFailure.class)
                .hasMessage("no contestant is named a; `--list` has them");
    }

    @Test
    void read_aNameTwice_namesBothFiles() throws IOException {
        Files.writeString(folder.resolve("d.json"), "[{\"name\": \"b\"}]");

        assertThatThrownBy(this::chosen)
                .isInstanceOf(BenchFailure.class)
                .hasMessage(folder.resolve("d.json") + ": the name \"b\" is taken by "
                        + folder.resolve("a.json") + ", expected another");
    }

    @Test
    void read_theFilesOfTheProject_isWithoutMistakes() {
        var all = Contestants.read(Path.of("contestants")).all();

        assertThat(all).extracting(Contestant::name).contains("c-epoll", "jloop-streams");
    }

    @Test
    void command_fillsPlaceholdersIn() {
        var command = new Command(Path.of("/r"), Map.of("BENCH_NODE", "/n/node"));

        assertThat(command.of(
                        List.of("{node}", "{bench}/x.js", "{kind}:{address}", "$1"),
                        Map.of("kind", "echo", "address", "7100")))
                .containsExactly("/n/node", "/r/bench/x.js", "echo:7100", "$1");
    }

    @Test
    void command_withAnUnknownPlaceholder_namesIt() {
        var command = new Command(Path.of("/r"), Map.of());

        assertThatThrownBy(() -> command.of(List.of("{port}"), Map.of()))
                .isInstanceOf(BenchFailure.class)
                .hasMessageStartingWith(
                        "unknown placeholder {port} in \"{port}\", expected {java}");
    }

    @Test
    void missing_ofWhatIsNotThere_namesIt() {
        assertThat(Command.missing(List.of("/no/such/program", "x")))
                .isEqualTo("/no/such/program: not found");
        assertThat(Command.missing(List.of("sh"))).isNull();
    }

    private List<String> chosen(String... patterns) {
        return Contestants.read(folder).chosen(List.of(patterns)).stream()
                .map(Contestant::name)
                .toList();
    }
}
