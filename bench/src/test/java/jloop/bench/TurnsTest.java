package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jloop.bench.results.Row;
import jloop.bench.results.Window;
import org.junit.jupiter.api.Test;

/// Who is measured when.
class TurnsTest {

    final List<String> trace = new ArrayList<>();
    final Map<String, Subject> subjects = new LinkedHashMap<>();
    int windowsLeft = Integer.MAX_VALUE;

    @Test
    void order_hasTheControlBeforeAndAfterEachThree() {
        assertThat(turns("c", 1).order(List.of("c", "1", "2", "3", "4", "5")))
                .containsExactly("c", "1", "2", "3", "c", "4", "5", "c");
        assertThat(turns("c", 1).order(List.of("1", "2"))).containsExactly("1", "2");
        assertThat(turns("c", 1).order(List.of("c"))).containsExactly("c");
    }

    @Test
    void windows_areAsManyAsInTheRounds() {
        assertThat(Turns.windows(6, 1))
                .isEqualTo(turns("c", 1).order(List.of("c", "1", "2", "3", "4", "5")).size());
        assertThat(Turns.windows(5, 2)).isEqualTo(14);
        assertThat(Turns.windows(1, 3)).isEqualTo(3);
    }

    @Test
    void measure_goesRoundByRound() {
        add("c");
        add("1");
        add("2");

        var windows = measure(2);

        assertThat(trace).containsExactly(
                "round 0", "c", "1", "2", "c", "round 1", "c", "1", "2", "c");
        assertThat(windows.get("c")).extracting(Window::round).containsExactly(0, 0, 1, 1);
        assertThat(windows.get("2")).extracting(Window::round).containsExactly(0, 1);
    }

    @Test
    void measure_aContendedWindow_isTakenAgainAtMostThreeTimesInAll() {
        add("once", 0.5, 0.0);
        add("always", 0.5, 0.13, 0.2, 0.0);

        var windows = measure(1);

        assertThat(windows.get("once")).extracting(Window::contended)
                .containsExactly(true, false);
        assertThat(windows.get("always")).extracting(Window::contended)
                .containsExactly(true, true, true);
    }

    @Test
    void measure_whenTimeIsUp_stopsBetweenWindows() {
        add("1");
        add("2");
        windowsLeft = 3;

        var windows = measure(5);

        assertThat(trace).containsExactly("round 0", "1", "2", "round 1", "1");
        assertThat(windows.get("2")).hasSize(1);
    }

    @Test
    void measure_aFailure_isAWindowWithoutFigures() {
        subjects.put("1", _ -> {
            throw new WindowFailure("the server ended");
        });

        assertThat(measure(1).get("1").getFirst().error()).isEqualTo("the server ended");
    }

    @Test
    void measure_whoHasTooFewSteadyWindows_isMeasuredInFurtherRoundsAlone() {
        speeds("c", 100, 100, 200, 200, 200, 400);      // then as at last
        for (var name : List.of("1", "2", "3", "4")) add(name);

        var windows = measure(1);

        // 1 to 3 are between 100 and 100, 4 is between 100 and 200
        assertThat(trace).containsExactly("round 0", "c", "1", "2", "3", "c", "4", "c",
                "round 1", "c", "4", "c");
        assertThat(windows.get("4")).extracting(Window::round).containsExactly(0, 1);
    }

    @Test
    void measure_furtherRounds_areAtMostTwiceAsMany() {
        speeds("c", 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048);
        add("1");

        var windows = measure(2);

        assertThat(windows.get("1")).extracting(Window::round).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(trace).endsWith("round 5", "c", "1", "c");
    }

    @Test
    void measure_threeSteadyWindows_areEnough() {
        speeds("c", 1, 2, 4, 8, 16);
        add("1");

        // two rounds of five are lost
        assertThat(measure(5).get("1")).hasSize(5);
    }

    @Test
    void measure_furtherRounds_endWhenTimeIsUp() {
        speeds("c", 1, 2, 4, 8, 16, 32);
        add("1");
        windowsLeft = 4;

        measure(1);

        assertThat(trace).containsExactly("round 0", "c", "1", "c", "round 1", "c");
    }

    @Test
    void measure_whoFailsOrHasNoControl_hasNoFurtherRounds() {
        add("c");
        subjects.put("1", _ -> {
            throw new WindowFailure("the server ended");
        });
        measure(2);
        assertThat(trace).doesNotContain("round 2");

        trace.clear();
        subjects.clear();
        add("1");
        measure(2);
        assertThat(trace).containsExactly("round 0", "1", "round 1", "1");
    }

    @Test
    void rows_haveRatiosAndTheSpreadOfTheControl() {
        var windows = new LinkedHashMap<String, List<Window>>();
        windows.put("c", Windows.each(100, 100, 110));
        windows.put("mine", List.of(Windows.of(0, 0.5, 50), Windows.contended(0, 0.6, 1)));

        var rows = rows(1, windows);

        assertThat(rows).extracting(Row::contestant).containsExactly("c", "mine");
        assertThat(rows).extracting(Row::controlSpread).containsOnly(0.1);
        assertThat(rows).extracting(Row::refused).containsOnly(false);
        assertThat(rows.get(1).windows()).extracting(Window::ratio).containsExactly(0.5, 0.01);
    }

    @Test
    void rows_leaveOutUnsteadyWindows() {
        var windows = new LinkedHashMap<String, List<Window>>();
        windows.put("c", Windows.each(100, 100, 200));
        windows.put("mine", List.of(Windows.of(0, 0.5, 50), Windows.of(1, 1.5, 50)));

        var mine = rows(1, windows).get(1);

        assertThat(mine.windows()).extracting(Window::steady).containsExactly(true, false);
        assertThat(mine.counted()).containsExactly(mine.windows().getFirst());
        assertThat(mine.unsteady()).isEqualTo(1);
        assertThat(mine.refused()).isFalse();
    }

    @Test
    void rows_bracketsAreOfTheControlsWindowsThatCount() {
        var windows = new LinkedHashMap<String, List<Window>>();
        windows.put("c", List.of(Windows.of(0, 0, 100), Windows.contended(0, 2, 10),
                Windows.of(0, 3, 100)));
        windows.put("mine", List.of(Windows.of(0, 1, 50)));

        assertThat(rows(1, windows).get(1).windows().getFirst().ratio()).isEqualTo(0.5);
    }

    @Test
    void rows_ofAContestantWithTooFewSteadyWindows_areRefused() {
        var windows = new LinkedHashMap<String, List<Window>>();
        windows.put("c", Windows.each(100, 100, 100, 100, 200, 400));
        windows.put("mine", List.of(Windows.of(0, 0.5, 50), Windows.of(1, 1.5, 50),
                Windows.of(2, 2.5, 50)));
        windows.put("other", List.of(Windows.of(0, 0.6, 50), Windows.of(1, 1.6, 50),
                Windows.contended(1, 1.7, 50), Windows.of(2, 4.5, 50)));

        assertThat(rows(5, windows)).extracting(Row::refused)
                .containsExactly(false, false, true);
        assertThat(rows(2, windows)).extracting(Row::refused).containsOnly(false);
    }

    @Test
    void rows_ofAControlWithoutTwoWindowsThatAgree_areRefused() {
        var windows = new LinkedHashMap<String, List<Window>>();
        windows.put("c", Windows.each(100, 120, 100));
        windows.put("mine", List.of(Windows.of(0, 0.5, 50)));

        assertThat(rows(1, windows)).extracting(Row::refused).containsOnly(true);
    }

    @Test
    void rows_withoutAControl_areNeverRefused() {
        assertThat(rows(5, Map.of("mine", List.of(Windows.of(0, 0, 1)))))
                .extracting(Row::refused).containsOnly(false);
    }

    @Test
    void others_isWhatIsLeftOfTheCore() {
        assertThat(Contention.others(Map.of(
                        "seconds", 2.0, "serverCpuSeconds", 1.0, "core0IdleSeconds", 0.5)))
                .isEqualTo(0.25);
        assertThat(Contention.others(Map.of("seconds", 2.0))).isZero();
    }

    private Map<String, List<Window>> measure(int rounds) {
        return turns("c", rounds).measure(Windows.CELL, subjects);
    }

    private List<Row> rows(int rounds, Map<String, List<Window>> windows) {
        return turns("c", rounds).rows("echo", Windows.CELL, windows);
    }

    private Turns turns(String control, int rounds) {
        var layout = new Layout("", control, Layout.ECHO.measure(), List.of());
        return new Turns(layout, rounds, new Stopwatch(), () -> {},
                () -> windowsLeft-- <= 0, round -> trace.add("round " + round));
    }

    /// A contestant in whose windows others take these shares of the core.
    private void add(String name, double... othersShares) {
        var taken = new int[1];
        subjects.put(name, _ -> {
            trace.add(name);
            var figures = Windows.figures(1);
            int i = taken[0]++;
            figures.put(Contention.OTHERS, i < othersShares.length ? othersShares[i] : 0.0);
            return figures;
        });
    }

    /// A contestant that has these figures one after the other, and then the last one.
    private void speeds(String name, double... messages) {
        var taken = new int[1];
        subjects.put(name, _ -> {
            trace.add(name);
            return Windows.figures(messages[Math.min(taken[0]++, messages.length - 1)]);
        });
    }
}
