package jloop.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// docs/design/0026-faults.md: each row names tests, and each of them is there.
class FaultTableTest {

    private static final String PAGE = "docs/design/0026-faults.md";
    private static final Pattern TEST = Pattern.compile("`(\\w+)\\.(\\w+)`");
    private static final Pattern ROW = Pattern.compile("\\| [A-Z]\\d+ \\|.*");

    @Test
    void everyRow_namesTestsThatAreThere() {
        Map<String, String> sources = sources();
        List<String> rows = Repository.text(PAGE).lines()
                .filter(line -> ROW.matcher(line).matches()).toList();
        assertThat(rows).hasSizeGreaterThan(60);
        for (String row : rows) {
            List<String> cells = List.of(row.split("\\|"));
            var tests = TEST.matcher(cells.getLast()).results().toList();
            assertThat(tests).as("tests in %s", row).isNotEmpty();
            for (var test : tests)
                assertThat(sources.getOrDefault(test.group(1), "")).as(test.group())
                        .contains("void " + test.group(2) + "(");
        }
    }

    /// The source of each class of tests.
    private static Map<String, String> sources() {
        Map<String, String> sources = new TreeMap<>();
        for (String file : Repository.files())
            if (file.startsWith("core/src/test/java/"))
                sources.put(file.substring(file.lastIndexOf('/') + 1).replace(".java", ""),
                        Repository.text(file));
        return sources;
    }
}
