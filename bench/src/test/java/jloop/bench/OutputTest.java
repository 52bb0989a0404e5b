package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.assertj.core.data.MapEntry;
import org.junit.jupiter.api.Test;

/// What is read from the output of other programs.
class OutputTest {

    @Test
    void wrk_givesRequestsLatencyAndErrors() throws WindowFailure {
        var figures = Wrk.figures("""
                Running 1s test @ http://127.0.0.1:7100/
                  1 threads and 64 connections
                  Thread Stats   Avg      Stdev     Max   +/- Stdev
                    Latency   512.04us  102.61us   2.32ms   90.13%
                    Req/Sec   125.03k     4.13k  130.27k    90.91%
                  Latency Distribution
                     50%  498.00us
                     75%  540.00us
                     90%    1.50ms
                     99%    2.00s
                  136786 requests in 1.10s, 15.52MB read
                  Socket errors: connect 1, read 2, write 3, timeout 4
                  Non-2xx or 3xx responses: 5
                Requests/sec: 124370.50
                """);

        assertThat(figures).contains(
                MapEntry.entry("requests", 136786.0), MapEntry.entry("errors", 15.0),
                MapEntry.entry("p50Micros", 498.0), MapEntry.entry("p90Micros", 1500.0),
                MapEntry.entry("p99Micros", 2e6));
        assertThat(figures.get("seconds")).isCloseTo(1.1, within(1e-9));
    }

    @Test
    void wrk_withoutACount_isAFailure() {
        assertThatThrownBy(() -> Wrk.figures("unable to connect\n"))
                .hasMessage("wrk printed no count of requests: unable to connect");
    }

    @Test
    void figures_areTheNumbersOfTheLastLine() throws WindowFailure {
        assertThat(Lab.figures("hello\n{\"messages\": 3, \"name\": \"x\", \"round\": 1}\n"))
                .isEqualTo(Map.of("messages", 3.0));
    }

    @Test
    void figures_ofWhatIsNoJson_showTheLine() {
        assertThatThrownBy(() -> Lab.figures("oops\n"))
                .hasMessage("printed \"oops\", expected a line of JSON with figures");
        assertThatThrownBy(() -> Lab.figures(""))
                .hasMessage("printed \"\", expected a line of JSON with figures");
    }

    @Test
    void start_isTheMedianOfTheStarts() throws WindowFailure {
        var figures = StartBenchmark.figures("""
                took 30000
                took 10000
                took 20000
                0m0.000s 0m0.001s
                0m0.060s 0m0.030s
                """, 0.1, 0.1);

        assertThat(figures.get("seconds")).isEqualTo(0.02);
        assertThat(figures.get("cpuSeconds")).isCloseTo(0.03, within(1e-9));
        assertThat(figures.get("userSeconds")).isCloseTo(0.02, within(1e-9));
        assertThat(figures.get(Contention.OTHERS)).isCloseTo(0.1, within(1e-9));
    }

    @Test
    void sched_isTheBestRepetitionAfterTheFirst() throws WindowFailure {
        var figures = SchedBenchmark.figures("""
                {"case":"parked","rep":0,"s":0.5,"bytesEach":900}
                a remark
                {"case":"parked","rep":1,"s":1.0,"bytesEach":800}
                {"case":"parked","rep":2,"s":2.0,"bytesEach":700}
                """, Map.of("serverCpuSeconds", 6.5, "serverRssKb", 1024.0));

        assertThat(figures).containsOnly(
                MapEntry.entry("seconds", 1.0), MapEntry.entry("coldSeconds", 0.5),
                MapEntry.entry("bytesEach", 800.0), MapEntry.entry(Contention.OTHERS, 0.0),
                MapEntry.entry("cpuSeconds", 6.5), MapEntry.entry("rssKb", 1024.0));
    }

    @Test
    void sched_ofOneRepetition_isAFailure() {
        assertThatThrownBy(() -> SchedBenchmark.figures("{\"s\":1}\n", Map.of()))
                .hasMessage("printed 1 repetitions, expected 3");
    }

    @Test
    void parts_areRowsWithNanoseconds() throws WindowFailure {
        var rows = Parts.rows("""
                [{"benchmark": "jloop.bench.parts.TimerHeap.add", "mode": "avgt",
                  "params": {"size": "1000"},
                  "primaryMetric": {"scoreUnit": "us/op", "rawData": [[1.0, 2.0], [3.0]]},
                  "secondaryMetrics": {"gc.alloc.rate.norm": {"score": 24.0}}},
                 {"benchmark": "jloop.bench.parts.Switches.yield", "mode": "thrpt",
                  "primaryMetric": {"scoreUnit": "ops/s", "rawData": [[4000000.0]]}}]
                """);

        assertThat(rows).hasSize(2);
        assertThat(rows.getFirst().cell().values())
                .isEqualTo(Map.of("part", "TimerHeap.add", "size", "1000"));
        assertThat(Parts.table(rows)).isEqualTo("""

                ### parts

                | part | ns | min–max | bytes allocated | iterations |
                |---|---|---|---|---|
                | TimerHeap.add, size 1000 | 2,000 | 1,000–3,000 | 24 | 3 |
                | Switches.yield | 250 | 250–250 | - | 1 |
                """);
    }
}
