package jloop.bench.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.DoubleStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/// What pictures are made of: axes, numbers, samples, escaped text.
class ChartTest {

    @Test
    void linear_ofAnyRange_hasRoundTicksThatCoverIt() {
        assertThat(Axis.linear(0, DoubleStream.of(0.3), 4).ticks())
                .containsExactly(0.0, 0.1, 0.2, 0.3);
        assertThat(Axis.linear(0.62, DoubleStream.of(1.09), 3).ticks())
                .containsExactly(0.6, 0.8, 1.0, 1.2);
        assertThat(Axis.linear(0, DoubleStream.of(41_000), 5).to()).isEqualTo(50_000);
        assertThat(Axis.linear(0, DoubleStream.empty(), 5).to()).isEqualTo(1);
        assertThat(Axis.linear(0, DoubleStream.of(0), 5).to()).isEqualTo(1);
    }

    @Test
    void log_ofValues_putsEqualFactorsAtEqualDistances() {
        var axis = Axis.log(DoubleStream.of(1, 100));

        assertThat(axis.at(10) - axis.at(1)).isCloseTo(axis.at(100) - axis.at(10), near());
        assertThat(axis.ticks()).containsExactly(1.0, 3.0, 10.0, 30.0, 100.0);
        assertThat(axis.at(0)).isZero();
        assertThat(axis.at(1e9)).isEqualTo(1);
    }

    @Test
    void log_ofOneValueOrNone_isStillAScale() {
        assertThat(Axis.log(DoubleStream.of(7)).at(7)).isCloseTo(0.5, near());
        assertThat(Axis.log(DoubleStream.of(7)).ticks()).isNotEmpty();
        assertThat(Axis.log(DoubleStream.of(0, -1)).ticks()).isNotEmpty();
    }

    private static Offset<Double> near() {
        return Offset.offset(1e-6);
    }

    @Test
    void sample_ofValues_isMedianMinAndMaxOfTheFiniteOnes() {
        assertThat(Sample.of(DoubleStream.of(3, 1, Double.NaN, 2)))
                .isEqualTo(new Sample(2, 1, 3));
        assertThat(Sample.of(DoubleStream.of(4, 1))).isEqualTo(new Sample(2.5, 1, 4));
        assertThat(Sample.of(DoubleStream.of(Double.NaN, 1 / 0.0))).isNull();
    }

    @Test
    void overlaps_ofRanges_isAboutCommonValues() {
        assertThat(new Sample(2, 1, 3).overlaps(new Sample(4, 3, 5))).isTrue();
        assertThat(new Sample(2, 1, 3).overlaps(new Sample(4, 3.5, 5))).isFalse();
    }

    @Test
    void numbers_ofAllSizes_haveAboutThreeDigits() {
        assertThat(List.of(0.0, 0.00123, 0.0123, 0.123, 0.999, 1.234, 9.999, 12.34, 99.96, 123.4,
                1_234_567.0)).map(Numbers::text).containsExactly("0", "0.0012", "0.012", "0.12",
                "1.00", "1.23", "10.0", "12.3", "100", "123", "1,234,567");
        assertThat(List.of(0.0, 0.3, 1.0, 1_000.0, 12_500.0, 2e6, 3e9)).map(Numbers::tick)
                .containsExactly("0", "0.3", "1", "1,000", "12.5 k", "2 M", "3 G");
        assertThat(List.of(64.0, 1024.0, 102_400.0, 3 * 1048576.0)).map(Numbers::bytes)
                .containsExactly("64 B", "1 KiB", "100 KiB", "3 MiB");
    }

    @Test
    void escaped_charactersThatXmlCannotHold_becomeQuestionMarks() {
        assertThat(Svg.escaped("a\u0000\ud800<&>\"🦊")).isEqualTo("a??&lt;&amp;&gt;&quot;🦊");
    }

    @Test
    void svg_withAPlaceThatIsNoNumber_isRefused() {
        var svg = new Svg("t", 10, 10);

        assertThatThrownBy(() -> svg.line("axis", 0, 0, Double.NaN, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no place for NaN");
    }

    @Test
    void ours_areTheContestantsOfJloop() {
        assertThat(List.of("jloop", "jloop-streams", "start-jloop", "jloop, armAndCancel"))
                .allMatch(Results::isOurs);
        assertThat(List.of("jloops", "uvloop", "c-epoll", "not-jloop")).noneMatch(Results::isOurs);
    }
}
