package jloop.bench.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The page whose figures come from results.
class DocumentTest {

    private static final String PAGE = """
            # Page

            <!-- must-reach:begin -->
            stale
            <!-- must-reach:end -->
            between, with $1 and \\
            <!-- ahead:begin --><!-- ahead:end -->
            <!-- results:begin --> <!-- results:end -->

            after
            """;

    @TempDir
    Path root;

    private Path page;
    private Path results;

    @BeforeEach
    void files() throws Exception {
        page = Files.createDirectories(root.resolve("docs")).resolve("page.md");
        Files.writeString(page, PAGE);
        results = Files.createDirectories(root.resolve("bench/results")).resolve("2026 a.json");
        Files.copy(Fixture.file(), results);
    }

    @Test
    void write_aPage_replacesWhatIsBetweenMarkersAndNothingElse() throws Exception {
        Document.write(page, results);

        var text = Files.readString(page);
        assertThat(text).startsWith("# Page\n\n<!-- must-reach:begin -->\n\n| work |")
                .contains("<!-- must-reach:end -->\nbetween, with $1 and \\\n<!-- ahead:begin -->")
                .endsWith("<!-- results:end -->\n\nafter\n")
                .doesNotContain("stale");
    }

    @Test
    void write_again_changesNothing() throws Exception {
        Document.write(page, results);
        var once = Files.readString(page);

        Document.write(page, results);

        assertThat(Files.readString(page)).isEqualTo(once);
    }

    @Test
    void write_pictures_linksThoseThatItDrawsAndRemovesOldOnes() throws Exception {
        var folder = Files.createDirectories(root.resolve("bench/results/2026 a"));
        Files.writeString(folder.resolve("old.svg"), "");

        Document.write(page, results);

        assertThat(Files.readString(page)).contains("[2026%20a.json](../bench/results/"
                + "2026%20a.json)", "![TCP echo, 1 KiB: latency](../bench/results/2026%20a/"
                + "echo-1024-latency.svg)");
        assertThat(folder.resolve("echo-1024-latency.svg")).isNotEmptyFile();
        assertThat(folder.resolve("old.svg")).doesNotExist();
    }

    @Test
    void targets_withResults_sayWhatWasMeasuredAndWhetherItIsEnough() throws Exception {
        Document.write(page, results);

        assertThat(Files.readString(page)).contains(
                "| 1.00 (0.98-1.01) x C at 64; 0.55 (0.50-0.60) µs of user CPU per message at 64; "
                        + "0.96 x C at 1,000; 0.70 µs of user CPU per message at 1,000 | reached |",
                "| 1.25 s | 1 s | 1.15 (1.10-1.20) s | reached |",
                "| 30 ns | 10 ns | 32.5 ns | **missed** |",
                "| 60 ns, flat | 30 ns | 45.0 ns at the worst | reached |",
                "| 1.03 x C, 0.45 µs; 1.00 x C, 0.60 µs | level with tokio |  | not measured |");
    }

    @Test
    void ahead_withResults_namesThePeersThatAreBetter() throws Exception {
        var text = Ahead.markdown(Fixture.results());

        assertThat(text).startsWith("In 12 of 13 comparisons a peer is ahead of the best of "
                + "jloop's contestants, in 11 of them by more than the spread of the rounds.");
        assertThat(text).contains(
                "| TCP echo, 1 KiB, 64 connections | user µs per message | "
                        + "of **jloop-streams** 0.55: c-epoll 0.11, netty-epoll 0.50~ |\n",
                "| TCP echo, 1 KiB, 64 connections | x C | "
                        + "of **jloop-streams** 1.00: netty-epoll 1.03~ |\n",
                "| Scheduling, yield | seconds | of **jloop** 1.15: go 0.75 |\n");
        assertThat(text).doesNotContain("with the hose");
    }

    @Test
    void write_aPageWithoutMarkers_leavesItAlone() throws Exception {
        Files.writeString(page, "# Page\n");

        assertThatThrownBy(() -> Document.write(page, results))
                .hasMessageContaining("no <!-- must-reach:begin -->");
        assertThat(Files.readString(page)).isEqualTo("# Page\n");
    }

    /// No figure in the page is typed: writing it again changes nothing.
    @Test
    void performancePage_ofTheProject_isAsItsResultsSay() throws Exception {
        var page = repository().resolve("docs/performance.md");
        var text = Files.readString(page);
        var link = Pattern.compile("come from \\[[^]]+]\\(\\.\\./([^)]+)\\)")
                .matcher(text);

        assertThat(link.find()).isTrue();
        assertThat(Document.rewritten(page, repository().resolve(link.group(1)))).isEqualTo(text);
    }

    private static Path repository() {
        var folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve("docs/performance.md"))) {
            folder = folder.getParent();
        }
        assertThat(folder).as("a folder with docs/performance.md above here").isNotNull();
        return folder;
    }
}
