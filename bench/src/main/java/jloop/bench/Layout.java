package jloop.bench;

import java.util.ArrayList;
import java.util.List;
import jloop.bench.results.Row;
import jloop.bench.results.Window;

/// What the tables of a benchmark show.
///
/// @param about what is measured, in a few words
/// @param control the contestant that the others are compared with; empty if there is none
/// @param steadiness what must not vary much in the windows of the control
/// @param columns left out where nobody has such a figure
record Layout(
        String about,
        String control,
        Measure measure,
        Measure steadiness,
        List<Column> columns) {

    Layout {
        columns = List.copyOf(columns);
    }

    Layout(String about, String control, Measure measure, List<Column> columns) {
        this(about, control, measure, measure, columns);
    }

    private static final double MICROS = 1e6;
    private static final double PERCENT = 100;
    private static final double KB_PER_MB = 1024;
    private static final String PEER = "c-epoll";

    private static final List<Column> LATENCY = List.of(
            Column.of("p50 µs", "p50Micros"),
            Column.of("p99 µs", "p99Micros"),
            Column.of("p99.9 µs", "p999Micros"));

    private static final List<Column> SHARES = List.of(
            Column.per("server core %", "serverCpuSeconds", "seconds", PERCENT),
            Column.per("load core %", "clientCpuSeconds", "seconds", PERCENT),
            new Column("RSS MB", window -> window.figure("serverRssKb") / KB_PER_MB));

    private static final Column ERRORS = new Column("errors", Layout::errors);

    static final Layout ECHO = thereAndBack("a message there and back over TCP", "message");

    static final Layout UNIX =
            thereAndBack("a message there and back over a unix socket", "message");

    static final Layout CONNECT = thereAndBack("connect, 64 B there and back, close", "connection");

    static final Layout BULK = new Layout(
            "bytes one way over one connection",
            PEER,
            rate("MB per s", "bytes", 1e-6),
            columns(
                    List.of(
                            Column.per("CPU ms per GB", "serverCpuSeconds", "bytes", 1e12),
                            Column.per("of it user", "serverUserSeconds", "bytes", 1e12)),
                    List.of(),
                    SHARES));

    static final Layout IDLE = new Layout(
            "what a connection costs while nothing happens on it",
            "",     // memory does not depend on the neighbours
            less("bytes per connection", "bytesPerConnection", 1),
            List.of(
                    new Column("RSS MB at a third",
                            window -> window.figure("rssFirstKb") / KB_PER_MB),
                    new Column("RSS MB", window -> window.figure("rssKb") / KB_PER_MB),
                    new Column("CPU ms in an idle s",
                            window -> window.figure("idleCpuSeconds") * 1e3),
                    Column.of("ping p50 µs", "p50Micros"),
                    Column.of("ping p99 µs", "p99Micros"),
                    ERRORS));

    static final Layout HTTP = new Layout(
            "GET of 13 bytes, by wrk",
            PEER,
            rate("requests per s", "requests", 1),
            columns(cpuPer("request", "requests"), LATENCY.subList(0, 2), SHARES));

    static final Layout HOSE = new Layout(
            "how long the quiet wait while one connection never pauses",
            PEER,
            less("p99 µs of the quiet", "p99Micros", 1),
            less("p50 µs", "p50Micros", 1),     // the last hundredth is never steady
            List.of(
                    Column.of("p50 µs", "p50Micros"),
                    Column.of("p99.9 µs", "p999Micros"),
                    Column.of("max µs", "maxMicros"),
                    Column.per("server core %", "serverCpuSeconds", "seconds", PERCENT),
                    ERRORS));

    static final Layout START = new Layout(
            "a program that says hello, from its start to its end",
            "start-c",
            less("ms", "seconds", 1e3),
            List.of(
                    new Column("CPU ms", window -> window.figure("cpuSeconds") * 1e3),
                    new Column("of it user", window -> window.figure("userSeconds") * 1e3)));

    static final Layout SCHED = new Layout(
            "scheduling without I/O",
            "fixed-work",
            less("s", "seconds", 1),
            List.of(
                    Column.of("first repetition s", "coldSeconds"),
                    Column.of("CPU s of all", "cpuSeconds"),
                    Column.of("bytes each", "bytesEach"),
                    new Column("RSS MB", window -> window.figure("rssKb") / KB_PER_MB)));

    static final Layout PROCESS = counted(
            "child processes: 100 MB both ways through a cat, 500 times /bin/true",
            "MB or children per s", "CPU s of all, without children");

    static final Layout FILES = counted(
            "files in memory, 64 reads at a time: 4 KiB at random places, and whole small files",
            "reads per s", "CPU s of all");

    static final Layout PARTS = new Layout(
            "parts of jloop by themselves, under JMH",
            "",
            less("ns", "score", 1),
            List.of(Column.of("bytes allocated", "allocatedBytes")));

    private static Layout thereAndBack(String about, String what) {
        return new Layout(
                about,
                PEER,
                rate(what + "s per s", "messages", 1),
                columns(cpuPer(what, "messages"), LATENCY, SHARES));
    }

    /// This one with those columns that any of the rows has a figure for.
    Layout of(List<Row> rows) {
        var present = columns.stream()
                .filter(column -> rows.stream()
                        .anyMatch(row -> !Double.isNaN(column.of(row))))
                .toList();
        return new Layout(about, control, measure, steadiness, present);
    }

    /// Of programs that tell how much they did in which time.
    private static Layout counted(String title, String perSecond, String cpu) {
        return new Layout(title, "fixed-work", less("s", "seconds", 1), List.of(
                Column.per(perSecond, "count", "seconds", 1),
                Column.of("first repetition s", "coldSeconds"),
                Column.of(cpu, "cpuSeconds"),
                new Column("RSS MB", window -> window.figure("rssKb") / KB_PER_MB)));
    }

    private static Measure rate(String title, String count, double factor) {
        return new Measure(title, true, window -> factor * window.per(count, "seconds"));
    }

    private static Measure less(String title, String figure, double factor) {
        return new Measure(title, false, window -> window.figure(figure) * factor);
    }

    private static List<Column> cpuPer(String what, String count) {
        return List.of(
                Column.per("CPU µs per " + what, "serverCpuSeconds", count, MICROS),
                Column.per("of it user", "serverUserSeconds", count, MICROS));
    }

    private static List<Column> columns(
            List<Column> cpu, List<Column> latency, List<Column> shares) {
        var all = new ArrayList<>(latency);
        all.addAll(cpu);
        all.addAll(shares);
        all.add(ERRORS);
        return all;
    }

    private static double errors(Window window) {
        return window.figures().getOrDefault("errors", 0.0)
                + window.figures().getOrDefault("mismatches", 0.0);
    }
}
