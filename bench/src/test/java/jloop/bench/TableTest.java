package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import jloop.bench.results.Cell;
import jloop.bench.results.Row;
import jloop.bench.results.Window;
import org.junit.jupiter.api.Test;

/// The text of tables.
class TableTest {

    final Layout layout = new Layout("", "c", Layout.ECHO.measure(),
            List.of(Column.of("p50 µs", "p50Micros"),
                    Column.per("CPU µs", "serverCpuSeconds", "messages", 1e6)));

    @Test
    void of_aCell_hasALineForEachContestant() {
        var rows = List.of(
                row("c", 0.05, window(0, 1000, 1.0), window(1, 1100, 1.1)),
                row("mine", 0.05, window(0, 500, 0.5)));

        assertThat(Table.of(layout, rows)).isEqualTo("""

                ### echo: 1 KiB, 64 connections (c varied by 5 %; windows left out as unsteady: 0)

                | contestant | messages per s | min–max | speed, c = 1 (min–max) | p50 µs \
                | CPU µs | windows (contended, unsteady) |
                | --- | --- | --- | --- | --- | --- | --- |
                | c | 1,050 | 1,000–1,100 | 1.05 (1.00–1.10) | 12.5 | 477 | 2 (0, 0) |
                | mine | 500 | 500–500 | 0.50 (0.50–0.50) | 12.5 | 1,000 | 1 (0, 0) |
                """);
    }

    @Test
    void of_aColumnThatNobodyHas_leavesItOut() {
        var more = new Layout("", "c", layout.measure(), List.of(
                Column.of("bytes each", "bytesEach"), Column.of("p50 µs", "p50Micros")));

        assertThat(Table.of(more, List.of(row("mine", 0.0, window(0, 500, 1.0)))))
                .contains("| p50 µs |").doesNotContain("bytes each");
    }

    @Test
    void of_aCellWhoseControlVaried_isTheReason() {
        var rows = List.of(
                refused("c", Windows.of(0, 0, 800), Windows.of(1, 1, 1000)),
                refused("mine", Windows.of(0, 0, 500).asUnsteady()));

        assertThat(Table.of(layout, rows)).isEqualTo("""

                ### echo: 1 KiB, 64 connections (c varied by 22 %; windows left out as unsteady: 1)

                Not reported: no two windows of the control c that follow one another differ by \
                at most 15 %, so that a comparison says nothing. It had 800 to 1,000 messages \
                per s. The samples are in the results file.
                """);
    }

    @Test
    void of_unsteadyWindows_leavesThemOut() {
        var rows = List.of(
                row("c", 0.3, Windows.of(0, 0, 1000)),
                row("mine", 0.3, window(0, 500, 0.5), Windows.of(1, 1, 9999).asUnsteady()));

        assertThat(Table.of(layout, rows))
                .contains("(c varied by 30 %; windows left out as unsteady: 1)\n")
                .contains("| mine | 500 | 500–500 | 0.50 (0.50–0.50) | 12.5 | 1,000 | 2 (0, 1) |");
    }

    @Test
    void of_aContestantThatIsRefused_saysSoByName() {
        var rows = List.of(
                row("c", 0.3, Windows.of(0, 0, 1000)),
                row("mine", 0.3, window(0, 500, 0.5)),
                refused("other", window(0, 700, 0.7), Windows.of(1, 1, 700).asUnsteady()));

        assertThat(Table.of(layout, rows))
                .contains("| c | 1,000 |", "| mine | 500 |")
                .doesNotContain("| other |")
                .endsWith("\nNot reported: other. The control c was steady around only 1 of its 2"
                        + " windows. The samples are in the results file.\n");
    }

    @Test
    void of_contendedWindows_countsThemOut() {
        var rows = List.of(
                row("c", 0.0, Windows.contended(0, 0, 1), Windows.of(0, 1, 1000)),
                row("mine", 0.0, Windows.contended(0, 2, 600)));

        assertThat(Table.of(layout, rows))
                .contains("| c | 1,000 | 1,000–1,000 | - | 2 (1, 0) |")
                .contains("| mine * | 600 | 600–600 | - | 1 (1, 0) |")
                .endsWith("\n\\* other processes took more of its core than they may in every"
                        + " window.\n");
    }

    @Test
    void of_whatFailed_saysWhy() {
        var rows = List.of(row("c", 0.0, Windows.of(0, 0, 1)),
                row("mine", 0.0, Windows.failed(0, "the server ended")));

        assertThat(Table.of(layout, rows))
                .contains("| mine | - | -–- | - | 1 (0, 0) |")
                .endsWith("\nmine: the server ended\n");
    }

    @Test
    void of_aCellWithoutControl_saysThatNothingVouchesForIt() {
        var rows = List.of(row("mine", Double.NaN, Windows.of(0, 0, 1)));

        assertThat(Table.of(layout, rows))
                .doesNotContain("speed")
                .endsWith("\nNo control was measured: nothing says how steady the machine was.\n");
    }

    @Test
    void number_hasThreeFiguresThatSaySomething() {
        assertThat(List.of(1_234_567.8, 123.4, 12.34, 1.234, 0.1234, 0.01234, 7.0, 0.0)
                        .stream().map(Table::number))
                .containsExactly("1,234,568", "123", "12.3", "1.23", "0.12", "0.0123", "7", "0");
        assertThat(Table.number(Double.NaN)).isEqualTo("-");
    }

    @Test
    void title_ofACell_hasUnits() {
        assertThat(Windows.CELL.title()).isEqualTo("1 KiB, 64 connections");
        assertThat(Cell.of("size", 102_400L).and("connections", 1L).title())
                .isEqualTo("100 KiB, 1 connection");
        assertThat(Cell.of("size", 64L).title()).isEqualTo("64 B");
        assertThat(Cell.of("case", "yield").title()).isEqualTo("yield");
        assertThat(Cell.of("quiet", 1000L).and("hose", 1L).title())
                .isEqualTo("1,000 quiet connections, one that never pauses");
    }

    private static Window window(int round, double messages, double ratio) {
        return new Window(round, round, false, true, ratio, null, Map.of(
                "messages", messages, "seconds", 1.0, "p50Micros", 12.5, "serverCpuSeconds", 0.5));
    }

    private static Row row(
            String contestant,
            double controlSpread,
            Window... windows) {
        return new Row("echo", Windows.CELL, contestant, controlSpread, false, List.of(windows));
    }

    private static Row refused(String contestant, Window... windows) {
        return new Row("echo", Windows.CELL, contestant, 0.222, true, List.of(windows));
    }
}
