package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.DoubleStream;
import jloop.bench.results.Window;
import org.junit.jupiter.api.Test;

/// The control: which of its windows judge a window, ratios to them, and when it says that the
/// machine is too uneven.
class ControlTest {

    final Measure more = Layout.ECHO.measure();
    final Measure less = new Measure("µs", false, window -> window.figure("messages"));

    @Test
    void ratio_isToTheNearestBeforeAndTheNearestAfter() {
        // control at 0, 1, 2, 3 s; the two that are nearest to 1.9 s are those at 1 and 2
        var control = control(Windows.each(100, 190, 210, 400), more);

        var judged = control.judged(Windows.of(0, 1.9, 500));

        assertThat(judged.ratio()).isEqualTo(2.5);
        assertThat(judged.steady()).isTrue();
    }

    @Test
    void bracket_isOfBothSides_evenIfTwoOnOneSideAreNearer() {
        // control at 10, 2, 1 s
        var unlike = List.of(Windows.of(0, 10, 110), Windows.of(0, 2, 200), Windows.of(0, 1, 200));
        var alike = List.of(Windows.of(0, 10, 210), Windows.of(0, 2, 200), Windows.of(0, 1, 100));

        assertThat(control(unlike, more).judged(Windows.of(0, 3, 310)).steady()).isFalse();
        assertThat(control(alike, more).judged(Windows.of(0, 3, 410)).ratio()).isEqualTo(2.0);
    }

    @Test
    void window_whoseBracketDiffersByMoreThan15PercentOfItsMean_isNotSteady() {
        var steady = control(Windows.each(93, 107), more).judged(Windows.of(0, 0.5, 100));
        var unsteady = control(Windows.each(92, 108), more).judged(Windows.of(0, 0.5, 100));

        assertThat(steady.steady()).isTrue();
        assertThat(steady.ratio()).isEqualTo(1.0);
        assertThat(unsteady.steady()).isFalse();
        assertThat(unsteady.ratio()).isNaN();
        assertThat(unsteady.figures()).isEqualTo(Windows.figures(100));
    }

    @Test
    void window_withTheControlOnOneSideOnly_isNotSteady() {
        var control = control(Windows.each(100, 100), more);

        assertThat(control.judged(Windows.of(0, 9, 100)).steady()).isFalse();
        assertThat(control.judged(Windows.of(0, -1, 100)).steady()).isFalse();
    }

    @Test
    void bracket_isJudgedByWhatMustBeSteady() {
        var seconds = new Measure("s", false, window -> window.figure("seconds"));

        assertThat(new Control(Windows.each(100, 300), more, seconds)
                .judged(Windows.of(0, 0.5, 100)).ratio()).isEqualTo(0.5);
    }

    @Test
    void ratio_whereLessIsBetter_isAboveOneForWhatIsFaster() {
        var control = control(Windows.each(100, 100), less);

        assertThat(control.judged(Windows.of(0, 0.5, 50)).ratio()).isEqualTo(2.0);
    }

    @Test
    void ratio_ofTheControlItself_isToItsNeighbours() {
        var windows = Windows.each(100, 200, 300, 1000);
        var control = control(windows, more);

        assertThat(windows.stream().map(control::compared)).extracting(Window::ratio)
                .containsExactly(0.5, 1.0, 0.5, 1000 / 300.0);
        assertThat(windows.stream().map(control::compared)).allMatch(Window::steady);
    }

    @Test
    void window_withoutAControl_staysAsItIs() {
        var control = control(List.of(), more);

        assertThat(control.judged(Windows.of(0, 0, 1))).isEqualTo(Windows.of(0, 0, 1));
        assertThat(control.spread()).isNaN();
        assertThat(control.isMissing()).isTrue();
        assertThat(control.isTooUneven()).isFalse();
    }

    @Test
    void window_thatFailed_isNotJudged() {
        var failed = Windows.failed(1, "no answer");

        assertThat(control(Windows.each(100, 100, 200), more).judged(failed)).isEqualTo(failed);
        assertThat(control(Windows.each(100, 100, 200), more).compared(failed)).isEqualTo(failed);
    }

    @Test
    void isTooUneven_ifNoTwoThatFollowOneAnotherAgree() {
        assertThat(control(Windows.each(100, 200, 210, 400), more).isTooUneven()).isFalse();
        assertThat(control(Windows.each(100, 200, 100, 200), more).isTooUneven()).isTrue();
        assertThat(control(Windows.each(100), more).isTooUneven()).isTrue();
    }

    @Test
    void spread_isOfWhatMustBeSteady() {
        var steady = new Measure("s", false, window -> window.figure("seconds"));

        assertThat(new Control(Windows.each(1, 2, 3), more, steady).spread()).isZero();
    }

    @Test
    void spread_ofMoreThanTenWindows_leavesOutATenthAtEachEnd() {
        double[] even = DoubleStream.iterate(100, _ -> 100).limit(20).toArray();
        even[3] = 10;
        even[7] = 1000;
        assertThat(control(Windows.each(even), more).spread()).isEqualTo(0);

        even[8] = 150;
        assertThat(control(Windows.each(even), more).spread()).isEqualTo(0.5, within(1e-9));
    }

    private static Control control(List<Window> windows, Measure measure) {
        return new Control(windows, measure, measure);
    }
}
