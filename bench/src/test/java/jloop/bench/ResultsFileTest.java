package jloop.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import jloop.bench.results.BenchFailure;
import jloop.bench.results.Machine;
import jloop.bench.results.Results.Skipped;
import jloop.bench.results.Results;
import jloop.bench.results.ResultsFile;
import jloop.bench.results.Row;
import jloop.bench.results.Window;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The file of results, and the report of one.
class ResultsFileTest {

    @TempDir
    Path folder;

    final Row row = new Row("echo", Windows.CELL, "c-epoll", 0.04, false, List.of(
            new Window(0, 1.5, true, true, 0.98, null, Map.of("messages", 1e6, "p50Micros", 12.25)),
            new Window(0, 2.5, false, true, Double.NaN, "the server ended", Map.of()),
            new Window(1, 3.5, false, false, Double.NaN, null, Map.of("messages", 2e6))));
    final Results results = new Results(
            "2026-11-21T17:00:00Z", "abc", new Machine("a cpu", 2, "Linux 6", 4096),
            new TreeMap<>(Map.of("c-epoll", "gcc 12")), "c-epoll", List.of(row),
            List.of(new Skipped("go", "go: not found")));

    @Test
    void read_whatWasWritten_isTheSame() {
        var file = folder.resolve("new/folder/results.json");

        ResultsFile.write(file, results);

        assertThat(ResultsFile.read(file)).isEqualTo(results);
        assertThat(file.getParent()).isDirectoryContaining(path -> path.equals(file));
        assertThat(file.getParent().toFile().list()).hasSize(1);
    }

    @Test
    void write_aWindow_isALineWithItsFigures() throws IOException {
        var file = folder.resolve("results.json");

        ResultsFile.write(file, results);

        assertThat(Files.readString(file)).startsWith("{\n\"when\":\"2026-11-21T17:00:00Z\",\n")
                .contains("""
                        {"benchmark":"echo","cell":{"size":1024,"connections":64},\
                        "contestant":"c-epoll","controlSpread":0.04,"refused":false,"rounds":[
                        """)
                .contains("  {\"round\":0,\"atSeconds\":1.5,\"contended\":true,\"ratio\":0.98,")
                .contains("\"messages\":1000000")
                .contains("  {\"round\":0,\"atSeconds\":2.5,\"contended\":false,"
                        + "\"error\":\"the server ended\"}")
                .contains("  {\"round\":1,\"atSeconds\":3.5,\"contended\":false,"
                        + "\"steady\":false,\"messages\":2000000}");
    }

    @Test
    void read_aWindowThatDoesNotSay_isSteady() throws IOException {
        var file = folder.resolve("old.json");
        Files.writeString(file, """
                {"cells": [{"benchmark": "echo", "cell": {}, "contestant": "c-epoll", "rounds": [
                  {"round": 0, "messages": 1}, {"round": 1, "messages": 1, "steady": false}]}]}
                """);

        assertThat(ResultsFile.read(file).rows().getFirst().windows())
                .extracting(Window::steady).containsExactly(true, false);
    }

    @Test
    void read_whatIsNoResults_saysWhatIsMissing() throws IOException {
        expect("{}", ": no results: \"cells\" is missing, expected an array");
        expect("{\"cells\": 1}", ": no results: \"cells\" is 1, expected an array");
        expect("{\"cells\": [{\"benchmark\": \"echo\", \"cell\": {}}]}",
                ": cell 1: \"contestant\" is missing");
    }

    @Test
    void report_printsTablesVersionsAndWhoWasSkipped() {
        var printed = new StringWriter();

        Suite.report(results, new PrintWriter(printed));

        assertThat(printed.toString())
                .startsWith("# 2026-11-21T17:00:00Z\n\n"
                        + "a cpu, 2 cores, 4096 MB, Linux 6; commit abc\n")
                .contains("### echo: 1 KiB, 64 connections (c-epoll varied by 4 %;"
                        + " windows left out as unsteady: 1)\n")
                .contains("| c-epoll * |")
                .contains("\nc-epoll: gcc 12\n")
                .endsWith("\nskipped: go: go: not found\n");
    }

    private void expect(String text, String message) throws IOException {
        var file = folder.resolve("wrong.json");
        Files.writeString(file, text);
        assertThatThrownBy(() -> ResultsFile.read(file))
                .isInstanceOf(BenchFailure.class)
                .hasMessage(file + message);
    }
}
