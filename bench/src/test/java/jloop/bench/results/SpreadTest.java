package jloop.bench.results;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/// Medians and ranges.
class SpreadTest {

    @Test
    void of_anOddCount_hasTheMiddleOneAsMedian() {
        assertThat(spread(5, 1, 3)).isEqualTo(new Spread(3, 1, 5));
    }

    @Test
    void of_anEvenCount_hasTheMeanOfTheMiddleTwoAsMedian() {
        assertThat(spread(4, 1, 2, 10)).isEqualTo(new Spread(3, 1, 10));
    }

    @Test
    void of_nothing_isNone() {
        assertThat(spread(Double.NaN, 1 / 0.0)).isEqualTo(Spread.NONE)
                .satisfies(none -> assertThat(none.isNone()).isTrue());
    }

    @Test
    void of_aMissingFigure_isWithoutIt() {
        assertThat(spread(Double.NaN, 2)).isEqualTo(new Spread(2, 2, 2));
    }

    @Test
    void overlaps_ofRanges_isAboutCommonValues() {
        assertThat(spread(1, 3).overlaps(spread(3, 5))).isTrue();
        assertThat(spread(1, 3).overlaps(spread(3.5, 5))).isFalse();
        assertThat(spread(1, 3).overlaps(Spread.NONE)).isFalse();
    }

    private static Spread spread(double... numbers) {
        return Spread.of(DoubleStream.of(numbers));
    }
}
