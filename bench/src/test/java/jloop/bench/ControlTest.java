package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/// The control: ratios to it, and when it says that the machine is too uneven.
class ControlTest {

    final Measure more = Layout.ECHO.measure();
    final Measure less = new Measure("µs", false, window -> window.figure("messages"));

    @Test
    void ratio_isToTheTwoWindowsNearestInTime() {
        // control at 0, 1, 2, 3 s: 100, 200, 300, 400
        var control = control(Windows.each(100, 200, 300, 400), more);

        assertThat(control.ratio(Windows.of(0, 1.4, 500))).isEqualTo(2.0);
        assertThat(control.ratio(Windows.of(0, 9, 350))).isEqualTo(1.0);
    }

    @Test
    void ratio_whereLessIsBetter_isAboveOneForWhatIsFaster() {
        var control = control(Windows.each(100, 100), less);

        assertThat(control.ratio(Windows.of(0, 0.5, 50))).isEqualTo(2.0);
    }

    @Test
    void ratio_ofTheControlItself_isToOtherWindows() {
        var windows = Windows.each(100, 200, 200);

        assertThat(control(windows, more).ratio(windows.getFirst())).isEqualTo(0.5);
    }

    @Test
    void ratio_withoutAControl_isNone() {
        assertThat(control(List.of(), more).ratio(Windows.of(0, 0, 1))).isNull();
        assertThat(control(List.of(), more).spread()).isNull();
        assertThat(control(List.of(), more).isTooUneven()).isFalse();
    }

    @Test
    void ratio_ofAWindowThatFailed_isNone() {
        var control = control(Windows.each(100, 100), more);

        assertThat(control.ratio(Windows.failed(0, "no answer"))).isNull();
    }

    @Test
    void isTooUneven_above15Percent() {
        assertThat(control(Windows.each(93, 100, 107), more).isTooUneven()).isFalse();
        assertThat(control(Windows.each(92, 100, 108), more).isTooUneven()).isTrue();
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
