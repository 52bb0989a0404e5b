package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Who is measured when.
class TurnsTest {

    final List<String> trace = new ArrayList<>();
    final Map<String, Subject> subjects = new LinkedHashMap<>();
    int windowsLeft = Integer.MAX_VALUE;

    @Test
    void order_hasTheControlBeforeAndAfterEachFour() {
        assertThat(turns("c", 1).order(List.of("c", "1", "2", "3", "4", "5")))
                .containsExactly("c", "1", "2", "3", "4", "c", "5", "c");
        assertThat(turns("c", 1).order(List.of("1", "2"))).containsExactly("1", "2");
        assertThat(turns("c", 1).order(List.of("c"))).containsExactly("c");
    }

    @Test
    void windows_areAsManyAsInTheRounds() {
        assertThat(Turns.windows(6, 1))
                .isEqualTo(turns("c", 1).order(List.of("c", "1", "2", "3", "4", "5")).size());
        assertThat(Turns.windows(5, 2)).isEqualTo(12);
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
    void rows_haveRatiosAndTheSpreadOfTheControl() {
        var windows = new LinkedHashMap<String, List<Window>>();
        windows.put("c-epoll", Windows.each(100, 100, 110));
        windows.put("mine", List.of(Windows.of(0, 0.5, 50), Windows.contended(0, 0.6, 1)));

        var rows = Turns.rows(Benchmarks.ECHO, Windows.CELL, windows);

        assertThat(rows).extracting(Row::contestant).containsExactly("c-epoll", "mine");
        assertThat(rows).extracting(Row::controlSpread).containsOnly(0.1);
        assertThat(rows).extracting(Row::refused).containsOnly(false);
        assertThat(rows.get(1).windows()).extracting(Window::ratio).containsExactly(0.5, 0.01);
    }

    @Test
    void rows_ofAControlThatVariedTooMuch_areRefused() {
        var windows = Map.of("c-epoll", Windows.each(100, 100, 120));

        assertThat(Turns.rows(Benchmarks.ECHO, Windows.CELL, windows))
                .extracting(Row::refused).containsOnly(true);
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

    private Turns turns(String control, int rounds) {
        return new Turns(control, rounds, new Stopwatch(), () -> {},
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
}
