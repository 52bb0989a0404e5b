package jloop.bench.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jloop.bench.plot.Plots.Picture;
import jloop.bench.results.BenchFailure;
import jloop.bench.results.Cell;
import jloop.bench.results.Row;
import jloop.bench.results.Window;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The pictures: what there is, and that it is well formed.
class PlotsTest {

    @TempDir
    Path folder;

    @Test
    void draw_aFileOfResults_writesAPictureForWhatHasData() throws Exception {
        var drawn = Plots.draw(Fixture.file(), folder.resolve("new"));

        assertThat(drawn).extracting(path -> path.getFileName().toString()).containsExactly(
                "echo-1024-throughput.svg", "echo-1024-user-cpu.svg", "echo-1024-latency.svg",
                "echo-1024-growth.svg", "hose-latency.svg", "idle-bytes.svg", "sched-seconds.svg",
                "start-seconds.svg", "parts-timers.svg");
        assertThat(drawn).allSatisfy(path -> assertThat(path).isNotEmptyFile());
    }

    @Test
    void draw_twice_givesTheSameBytes() throws Exception {
        var first = Plots.draw(Fixture.file(), folder.resolve("a"));
        var second = Plots.draw(Fixture.file(), folder.resolve("b"));

        for (int i = 0; i < first.size(); i++) {
            assertThat(second.get(i)).hasSameBinaryContentAs(first.get(i));
        }
    }

    @Test
    void pictures_allOfThem_areWellFormedAndHaveNoOddNumbers() throws Exception {
        for (var picture : Plots.of(Fixture.results())) {
            var root = Fixture.parsed(picture.svg());

            assertThat(root.getTagName()).isEqualTo("svg");
            assertThat(picture.svg()).as(picture.file())
                    .doesNotContain("NaN").doesNotContain("Infinity").doesNotContain("null");
            assertThat(picture.svg()).contains("prefers-color-scheme: dark");
        }
    }

    @Test
    void bars_ofThreePanels_areAsManyAsThereAreMeasurements() throws Exception {
        var svg = Fixture.picture("echo-1024-user-cpu.svg");

        assertThat(Fixture.count(svg, "rect", "bar")).isEqualTo(9);
        assertThat(Fixture.count(svg, "rect", "mark-ours")).isEqualTo(3);
        assertThat(Fixture.count(svg, "rect", "mark-control")).isEqualTo(3);
        assertThat(Fixture.count(svg, "rect", "stripe")).isEqualTo(1);
        // three cells are missing: one contestant has one of three, another two
        assertThat(svg.split(">–</text>", -1)).hasSize(1 + 3);
    }

    @Test
    void whiskers_ofASingleRound_areNotDrawn() throws Exception {
        var svg = Fixture.picture("start-seconds.svg");

        assertThat(Fixture.count(svg, "rect", "bar")).isEqualTo(2);
        assertThat(Fixture.count(svg, "line", "whisker")).isEqualTo(3);   // one with its ends
    }

    @Test
    void latency_ofEachMeasurement_hasFourMarksOfDifferentShapes() throws Exception {
        var svg = Fixture.picture("echo-1024-latency.svg");

        assertThat(Fixture.count(svg, "circle", "hollow")).isEqualTo(9 + 1);    // and the key
        assertThat(Fixture.count(svg, "polygon", "mark-ours")).isEqualTo(6);
        assertThat(svg).contains(">p99.9</text>");
    }

    @Test
    void growth_ofContestantsWithSeveralCounts_hasALineForEach() throws Exception {
        var svg = Fixture.picture("echo-1024-growth.svg");

        assertThat(Fixture.count(svg, "polyline", "line")).isEqualTo(3);
        assertThat(Fixture.count(svg, "polyline", "thick")).isEqualTo(1);
        assertThat(Fixture.count(svg, "circle", "fo")).isEqualTo(3);
    }

    @Test
    void hose_bothCellsInOnePanel_joinsThemByALine() throws Exception {
        var svg = Fixture.picture("hose-latency.svg");

        assertThat(svg).contains(">100 quiet</text>", ">without</text>", ">with</text>");
        assertThat(Fixture.count(svg, "circle", "mark-ours")).isEqualTo(2);
        assertThat(Fixture.count(svg, "line", "mark-ours")).isEqualTo(1);
    }

    @Test
    void timers_ofJmhAndItsControls_areLines() throws Exception {
        var svg = Fixture.picture("parts-timers.svg");

        assertThat(svg).contains(">jloop, armAndCancel</text>", ">poolArmAndCancel</text>");
        assertThat(Fixture.count(svg, "polyline", "thick")).isEqualTo(1);
    }

    @Test
    void names_thatLookLikeMarkup_areEscaped() throws Exception {
        assertThat(Fixture.picture("echo-1024-user-cpu.svg"))
                .contains("&lt;b&gt;&amp;&quot;x&quot;|`*</text>");
    }

    @Test
    void names_ofAbsurdLength_areCutAndStayInThePicture() throws Exception {
        var name = "jloop-" + "w\u0001🦊".repeat(500);

        var pictures = Plots.of(Fixture.resultsOf(Fixture.row("start", name, Fixture.seconds(1))));

        assertThat(pictures).hasSize(1);
        assertThat(pictures.getFirst().svg()).contains("…</text>");
        Fixture.parsed(pictures.getFirst().svg());
    }

    @Test
    void figures_thatAreZeroOrMissing_drawNothingOdd() throws Exception {
        var cell = Cell.of("size", 64L).and("connections", 1L);
        var window = Window.of(0, 0, Map.of("messages", 0.0, "p99Micros", 0.0));
        var nothing = new Row("echo", cell, "a", Double.NaN, false, List.of(window));
        var zero = Fixture.row("start", "b", Fixture.seconds(0));

        var pictures = Plots.of(Fixture.resultsOf(nothing, zero));

        assertThat(pictures).extracting(Picture::file).containsExactly("start-seconds.svg");
        assertThat(pictures.getFirst().svg()).doesNotContain("NaN");
    }

    @Test
    void pictures_ofNoResults_areNone() {
        assertThat(Plots.of(Fixture.resultsOf())).isEmpty();
    }

    @Test
    void unknownBenchmark_withSeconds_isDrawnAllTheSame() {
        var row = Fixture.row("../new one", "go", Fixture.seconds(2));

        assertThat(Plots.of(Fixture.resultsOf(row))).extracting(Picture::file)
                .containsExactly("new-one-figure.svg");
    }

    @Test
    void read_ofSomethingElse_saysSo() throws Exception {
        var file = Files.writeString(folder.resolve("other.json"), "{\"a\": 1}");

        assertThatThrownBy(() -> Plots.draw(file, folder))
                .isInstanceOf(BenchFailure.class)
                .hasMessageContaining("other.json: no results");
    }
}
