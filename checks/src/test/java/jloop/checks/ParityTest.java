package jloop.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// docs/parity.md: a row for each public name of asyncio, and nothing in a row that is not so.
class ParityTest {

    private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");
    private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Set<String> NOT_OURS = Set.of("none", "later");

    /// A row of a table: asyncio's names, ours, the tests, the difference.
    private record Row(String asyncio, String jloop, String tests, String difference) {

        boolean isBuilt() {
            return NOT_OURS.stream().noneMatch(jloop::startsWith);
        }

        Set<String> asyncioNames() {
            return quoted(asyncio).flatMap(ParityTest::words)
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void everyNameOfAsyncio_hasARow() throws IOException {
        Set<String> rows = new TreeSet<>();
        for (Row row : rows()) rows.addAll(row.asyncioNames());

        Set<String> missing = new TreeSet<>(asyncioNames());
        missing.removeAll(rows);

        assertThat(missing).as("names of asyncio without a row in docs/parity.md").isEmpty();
    }

    @Test
    void everyNameOfOurs_isInThePublicFace() {
        Set<String> face = words(Repository.text("api/jloop.api"))
                .collect(Collectors.toSet());
        for (Row row : rows()) {
            if (!row.isBuilt()) continue;
            assertThat(quoted(row.jloop()).map(ParityTest::name).filter(n -> !n.isEmpty()))
                    .as("%s", row).isNotEmpty().isSubsetOf(face);
        }
    }

    @Test
    void everyTestNamed_isThere_andWhatIsBuiltNamesOne() {
        Set<String> tests = tests();
        for (Row row : rows()) {
            List<String> named = words(row.tests()).toList();
            assertThat(named).as("%s", row).isSubsetOf(tests);
            assertThat(named.isEmpty()).as("%s: a test is named where something is built", row)
                    .isEqualTo(!row.isBuilt());
        }
    }

    @Test
    void whatIsNotHere_saysWhy() {
        for (Row row : rows()) {
            if (row.jloop().startsWith("none"))
                assertThat(row.difference()).as("%s", row).isNotBlank();
        }
    }

    /// The first name in a quotation: of `run(main)` it is `run`, of `Timeout.in` it is `in`.
    private static String name(String quotation) {
        String call = quotation.replaceFirst("[^A-Za-z0-9_.].*", "");
        return call.substring(call.lastIndexOf('.') + 1);
    }

    private static Set<String> asyncioNames() throws IOException {
        try (InputStream names = Objects.requireNonNull(
                ParityTest.class.getResourceAsStream("asyncio-names.txt"))) {
            return new String(names.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.startsWith("#")).collect(Collectors.toSet());
        }
    }

    private static List<Row> rows() {
        return Repository.text("docs/parity.md").lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| asyncio |"))
                .map(line -> line.split("(?<!\\\\)\\|", -1))
                .map(cells -> new Row(cells[1].strip(), cells[2].strip(), cells[3].strip(),
                        cells[4].strip()))
                .toList();
    }

    private static Set<String> tests() {
        return Repository.files().stream().filter(file -> file.contains("/src/test/java/"))
                .map(file -> file.substring(file.lastIndexOf('/') + 1).replace(".java", ""))
                .collect(Collectors.toSet());
    }

    private static Stream<String> quoted(String text) {
        return QUOTED.matcher(text).results().map(match -> match.group(1));
    }

    private static Stream<String> words(String text) {
        return WORD.matcher(text).results().map(match -> match.group());
    }
}
