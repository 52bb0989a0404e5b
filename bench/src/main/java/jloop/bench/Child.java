package jloop.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import jloop.bench.results.BenchFailure;

/// A process that the harness started and sees to the end of.
final class Child implements AutoCloseable {

    private static final int SECONDS_TO_END = 3;

    private final Process process;
    private final Path out;
    private final Path errors;
    private final Children among;

    Child(Process process, Path out, Path errors, Children among) {
        this.process = process;
        this.out = out;
        this.errors = errors;
        this.among = among;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// What it has printed to standard output so far.
    String printed() {
        return text(out);
    }

    /// What it has printed, standard error after standard output.
    String allPrinted() {
        return text(out) + text(errors);
    }

    /// The last line that it has printed, to standard error if there is any; empty if there is
    /// none.
    String lastWords() {
        return last(text(errors)).isEmpty() ? last(text(out)) : last(text(errors));
    }

    /// Waits until it ends by itself. Returns its exit status.
    int await(double secondsMax) throws WindowFailure {
        try {
            if (!process.waitFor((long) (secondsMax * 1e3), TimeUnit.MILLISECONDS)) {
                throw new WindowFailure(
                        "not done after " + Table.number(secondsMax) + " s: " + lastWords());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new BenchFailure("interrupted", e);
        }
    }

    /// Whether it ended within a time.
    boolean hasEndedAfter(long millis) {
        try {
            return process.waitFor(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new BenchFailure("interrupted", e);
        }
    }

    /// Ends it, by SIGTERM at first. Closing again does nothing.
    @Override
    public void close() {
        if (process.isAlive()) {
            process.destroy();
            if (!hasEndedAfter(TimeUnit.SECONDS.toMillis(SECONDS_TO_END))) {
                process.destroyForcibly();
                hasEndedAfter(TimeUnit.SECONDS.toMillis(SECONDS_TO_END));
            }
        }
        among.forget(this);
    }

    private static String last(String text) {
        var lines = text.strip().lines().toList();
        return lines.isEmpty() ? "" : lines.getLast();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
