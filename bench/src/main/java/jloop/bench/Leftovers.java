package jloop.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import jloop.bench.results.BenchFailure;

/// A list of the processes that a run has started, so that the next one can end those that are
/// left behind if the run is killed.
final class Leftovers {

    /*
     * A line for each: its number, and when it began, in milliseconds, for by now the number may
     * be that of another process.
     */
    private static final Duration SAME = Duration.ofSeconds(2);

    private final Path file;

    Leftovers(Path file) {
        this.file = file;
    }

    void add(long pid) {
        try {
            Files.writeString(file, pid + " " + began(pid).toEpochMilli() + "\n",
                    StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new BenchFailure("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /// All have ended.
    void forget() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new BenchFailure("cannot delete " + file + ": " + e.getMessage(), e);
        }
    }

    /// Ends those of the list that are alive. Returns their numbers.
    List<Long> end() {
        try {
            if (!Files.exists(file)) return List.of();
            var ended = Files.readAllLines(file).stream()
                    .filter(Leftovers::isAlive)
                    .map(Leftovers::pid)
                    .toList();
            for (var pid : ended) ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            forget();
            return ended;
        } catch (IOException e) {
            throw new BenchFailure("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private static boolean isAlive(String line) {
        long began = Long.parseLong(line.substring(line.indexOf(' ') + 1));
        var apart = Duration.between(Instant.ofEpochMilli(began), began(pid(line))).abs();
        return apart.compareTo(SAME) < 0;
    }

    private static long pid(String line) {
        return Long.parseLong(line.substring(0, line.indexOf(' ')));
    }

    /// Long ago if there is no such process.
    private static Instant began(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().startInstant())
                .orElse(Instant.EPOCH);
    }
}
