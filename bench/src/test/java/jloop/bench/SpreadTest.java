package jloop.bench;

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
    void of_nothing_isNotANumber() {
        assertThat(spread(Double.NaN).median()).isNaN();
    }

    @Test
    void of_aMissingFigure_isWithoutIt() {
        assertThat(spread(Double.NaN, 2)).isEqualTo(new Spread(2, 2, 2));
    }

    @Test
    void relative_isTheRangeAsAShareOfTheMedian() {
        assertThat(spread(90, 100, 110).relative()).isEqualTo(0.2);
    }

    private static Spread spread(double... numbers) {
        return Spread.of(DoubleStream.of(numbers));
    }
}
