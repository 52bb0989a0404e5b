package jloop.bench.plot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jloop.bench.plot.Results.Cell;
import jloop.bench.plot.Results.Round;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The tables, to the letter.
class TablesTest {

    @Test
    void markdown_ofAFileOfResults_isThis() throws Exception {
        var expected = Files.readString(Fixture.file().resolveSibling("tables.md"));

        assertThat(Tables.markdown(Fixture.file())).isEqualTo(expected);
    }

    @Test
    void markdown_ofNoResults_isEmpty() {
        assertThat(Tables.markdown(Results.NONE)).isEmpty();
    }

    @Test
    void rounds_thatOthersDisturbed_countOnlyWhereThereAreNoOthers() {
        var clean = new Round(false, true, Map.of("seconds", 1.0));
        var disturbed = new Round(true, true, Map.of("seconds", 9.0));

        assertThat(tables(cell("a", clean, disturbed), cell("b", disturbed))).isEqualTo("""
                ### Start-up

                | contestant | seconds |
                |---|---:|
                | a | 1.00 |
                | b | 9.00 |

                Not in order: b (disturbed by other processes in every round).

                """);
    }

    @Test
    void rounds_thatAreNotSteady_doNotCount() {
        var steady = new Round(true, true, Map.of("seconds", 1.0));
        var unsteady = new Round(false, false, Map.of("seconds", 9.0));

        assertThat(tables(cell("a", steady, unsteady), cell("b", unsteady)))
                .contains("| a | 1.00 |\n").contains("| b | – |\n");
    }

    @Test
    void rounds_ofAFileThatDoNotSay_areSteady(@TempDir Path folder) throws Exception {
        var file = Files.writeString(folder.resolve("results.json"), """
                {"cells": [{"benchmark": "start", "cell": {}, "contestant": "a", "rounds": [
                  {"seconds": 1}, {"seconds": 9, "steady": false}]}]}
                """);

        assertThat(Tables.markdown(file)).contains("| a | 1.00 |\n");
    }

    @Test
    void contestants_thatAreLevel_areInOrderOfTheirNames() {
        var round = new Round(false, true, Map.of("seconds", 1.0));

        assertThat(tables(cell("b", round), cell("a", round), cell("jloop", round)))
                .contains("| a | 1.00 |\n| b | 1.00 |\n| **jloop** | 1.00 |\n");
    }

    @Test
    void names_thatLookLikeMarkup_areNone() {
        assertThat(Tables.cell(" a|b\n<i> *c* `d` [e](f) \\ ")).isEqualTo(
                "a\\|b &lt;i> \\*c\\* 'd' \\[e](f) \\\\");
    }

    private static Cell cell(String contestant, Round... rounds) {
        return new Cell("start", Map.of(), contestant, List.of(rounds), List.of());
    }

    private static String tables(Cell... cells) {
        return Tables.markdown(new Results("", "", "", Map.of(), Map.of(), List.of(cells),
                List.of()));
    }
}
