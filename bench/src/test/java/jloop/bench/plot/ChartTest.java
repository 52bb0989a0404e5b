package jloop.bench.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.DoubleStream;
import jloop.bench.results.Results;
import jloop.bench.results.Spread;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/// What pictures are made of: axes, numbers, escaped text.
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
    void numbers_ofAllSizes_haveAboutThreeDigits() {
        assertThat(List.of(0.0, 0.00123, 0.0123, 0.123, 0.999, 1.234, 9.999, 12.34, 99.96, 123.4,
                1_234_567.0)).map(Numbers::text).containsExactly("0", "0.0012", "0.012", "0.12",
                "1.00", "1.23", "10.0", "12.3", "100", "123", "1,234,567");
        assertThat(List.of(0.0, 0.3, 1.0, 1_000.0, 12_500.0, 2e6, 3e9)).map(Numbers::tick)
                .containsExactly("0", "0.3", "1", "1,000", "12.5 k", "2 M", "3 G");
        assertThat(List.of(new Spread(2, 1.5, 3), new Spread(2, 2, 2.0001), Spread.NONE))
                .map(Numbers::text).containsExactly("2.00 (1.50-3.00)", "2.00", "–");
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
