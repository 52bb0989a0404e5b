package jloop.bench.plot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.Map;
import jloop.bench.results.Row;
import jloop.bench.results.Window;
import org.junit.jupiter.api.Test;

/// The tables, to the letter.
class TablesTest {

    @Test
    void report_ofAFileOfResults_isThis() throws Exception {
        var expected = Files.readString(Fixture.file().resolveSibling("report.md"));

        assertThat(Document.report(Fixture.results(), "pictures", "results.json"))
                .isEqualTo(expected);
    }

    @Test
    void rounds_thatOthersDisturbed_countOnlyWhereThereAreNoOthers() {
        var clean = Fixture.seconds(1);
        var disturbed = new Window(0, 0, true, true, Double.NaN, null, Map.of("seconds", 9.0));

        assertThat(tables(row("a", clean, disturbed), row("b", disturbed))).isEqualTo("""
                | contestant | seconds |
                |---|---:|
                | a | 1.00 |
                | b | 9.00 |

                Not in order: b (disturbed by other processes in every round).

                """);
    }

    @Test
    void rounds_thatAreNotSteady_doNotCount() {
        var steady = Fixture.seconds(1);
        var unsteady = Fixture.seconds(9).asUnsteady();

        assertThat(tables(row("a", steady, unsteady), row("b", unsteady)))
                .contains("| a | 1.00 |\n").contains("| b | – |\n");
    }

    @Test
    void contestants_thatAreLevel_areInOrderOfTheirNames() {
        var round = Fixture.seconds(1);

        assertThat(tables(row("b", round), row("a", round), row("jloop", round)))
                .contains("| a | 1.00 |\n| b | 1.00 |\n| **jloop** | 1.00 |\n");
    }

    @Test
    void names_thatLookLikeMarkup_areNone() {
        assertThat(Tables.cell(" a|b\n<i> *c* `d` [e](f) \\ ")).isEqualTo(
                "a\\|b &lt;i> \\*c\\* 'd' \\[e](f) \\\\");
    }

    private static Row row(String contestant, Window... windows) {
        return Fixture.row("start", contestant, windows);
    }

    private static String tables(Row... rows) {
        return Tables.tables(Section.of(Fixture.resultsOf(rows)).getFirst());
    }
}
