package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import jloop.bench.results.BenchFailure;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The files of contestants, and what is said about mistakes in them.
class ContestantFileTest {

    @TempDir
    Path folder;

    Path file;

    @BeforeEach
    void nameFile() {
        file = folder.resolve("mine.json");
    }

    @Test
    void read_aWholeContestant_hasAllItsFields() throws IOException {
        write("""
                [{"name": "n", "title": "N", "family": "f", "jvm": true,
                  "serves": ["echo", "sink"], "unix": true, "sched": ["yield"],
                  "argv": ["n", "{kind}", "{address}"], "schedArgv": ["n", "{case}", "{reps}"],
                  "version": ["n", "-v"], "needs": "n", "onlyIfAsked": true}]
                """);

        assertThat(ContestantFile.read(file)).containsExactly(new Contestant(
                "n", "N", "f", true, Set.of("echo", "sink"), true, Set.of("yield"),
                List.of("n", "{kind}", "{address}"), List.of("n", "{case}", "{reps}"),
                List.of("n", "-v"), "n", true));
    }

    @Test
    void read_aShortOne_hasTheFamilyOfItsFile() throws IOException {
        write("[{\"name\": \"n\"}]");

        var contestant = ContestantFile.read(file).getFirst();

        assertThat(contestant.family()).isEqualTo("mine");
        assertThat(contestant.title()).isEqualTo("n");
        assertThat(contestant.jvm()).isFalse();
    }

    @Test
    void read_whatIsNoJson_namesTheLine() throws IOException {
        write("[\n{\"name\": }]");

        assertThatThrownBy(() -> ContestantFile.read(file))
                .isInstanceOf(BenchFailure.class)
                .hasMessageStartingWith(file + ":2: not JSON: Unexpected character ('}'");
    }

    @Test
    void read_noFile_saysSo() {
        assertThatThrownBy(() -> ContestantFile.read(file))
                .isInstanceOf(BenchFailure.class)
                .hasMessageStartingWith("cannot read " + file);
    }

    @Test
    void read_whatIsNoArray_saysWhatWasExpected() throws IOException {
        expect("{}", file + ": {}, expected an array of objects");
        expect("[7]", file + ": contestant 1: 7, expected an object");
    }

    @Test
    void read_aMissingName_namesTheContestantByItsPlace() throws IOException {
        expect("[{\"name\": \"n\"}, {}]",
                file + ": contestant 2: \"name\" is missing, expected a string");
    }

    @Test
    void read_wrongTypes_namesTheField() throws IOException {
        expect("[{\"name\": 7}]", file + ": contestant 1: \"name\" is 7, expected a string");
        expect("[{\"name\": \"n\", \"jvm\": \"yes\"}]",
                file + ": n: \"jvm\" is \"yes\", expected true or false");
        expect("[{\"name\": \"n\", \"argv\": \"n\"}]",
                file + ": n: \"argv\" is \"n\", expected an array of strings");
        expect("[{\"name\": \"n\", \"argv\": [1]}]",
                file + ": n: \"argv\" is [1], expected an array of strings");
    }

    @Test
    void read_anUnknownField_namesThoseThatThereAre() throws IOException {
        expect("[{\"name\": \"n\", \"unx\": true}]", file + ": n: unknown field \"unx\", expected"
                + " one of name, title, family, jvm, serves, unix, sched, argv, schedArgv,"
                + " version, needs, onlyIfAsked");
    }

    @Test
    void read_whatCannotBeStarted_saysWhatTheCommandLacks() throws IOException {
        expect("[{\"name\": \"n\", \"serves\": [\"echoes\"]}]",
                file + ": n: \"serves\" names \"echoes\", expected echo, sink, http");
        expect("[{\"name\": \"n\", \"serves\": [\"echo\"], \"argv\": [\"n\", \"{kind}\"]}]",
                file + ": n: \"argv\" is [n, {kind}], expected a command with {address}");
        expect("[{\"name\": \"n\", \"sched\": [\"yield\"]}]",
                file + ": n: \"schedArgv\" is [], expected a command with {case}");
        expect("[{\"name\": \"a b\"}]", file + ": a b: \"name\" is \"a b\", expected letters,"
                + " digits, dots and hyphens");
        expect("[{\"name\": \"n\", \"family\": \"start\"}]",
                file + ": n: \"argv\" is missing, expected an array of strings");
    }

    private void expect(String text, String message) throws IOException {
        write(text);
        assertThatThrownBy(() -> ContestantFile.read(file))
                .isInstanceOf(BenchFailure.class)
                .hasMessage(message);
    }

    private void write(String text) throws IOException {
        Files.writeString(file, text);
    }
}
