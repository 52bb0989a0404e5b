package jloop.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The programs in README.md, TOUR.md and docs/ run and print what the page says.
class DocsTest {

    @TestFactory
    Stream<DynamicTest> pages_eachProgram_printsWhatThePageSays() {
        return Repository.files().stream()
                .filter(file -> file.matches("README\\.md|TOUR\\.md|docs/.*\\.md"))
                .flatMap(file -> Program.in(file, Repository.text(file)).stream())
                .map(program -> dynamicTest(program.place(), () -> {
                    var printed = program.run(Repository.CLASSES);
                    if (program.expected() != null) {
                        assertThat(printed).as(program.place()).isEqualTo(program.expected());
                    }
                }));
    }

    @Test
    void readme_hasAProgram() {
        if (!Repository.files().contains("README.md")) return;
        assertThat(Program.in("README.md", Repository.text("README.md"))).isNotEmpty();
    }

    @Test
    void program_withOutput_isFoundAndRun() throws Exception {
        var page = """
                Text.

                ```java
                void main() {
                    IO.println("hello");
                }
                ```

                ```output
                hello
                ```

                ```java
                int notAProgram;
                ```

                ```java for-readers
                void main() {}
                ```
                """;

        var programs = Program.in("page.md", page);

        assertThat(programs).extracting(Program::place).containsExactly("page.md:3");
        assertThat(programs.getFirst().expected()).isEqualTo("hello\n");
        assertThat(programs.getFirst().run(Repository.CLASSES)).isEqualTo("hello\n");
    }

    @Test
    void program_thatFails_isReported() {
        var program = new Program("page.md:1", "void main() { throw new Error(\"x\"); }", null);

        assertThatThrownBy(() -> program.run(Repository.CLASSES))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("page.md:1 ended with 1")
                .hasMessageContaining("java.lang.Error: x");
    }
}
