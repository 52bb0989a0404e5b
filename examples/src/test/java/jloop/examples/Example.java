package jloop.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// An example that runs in a Java of its own, as `./jloop run` starts it.
final class Example implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 40;

    /// Ends the lines; no example prints it.
    private static final String END = "\0";

    private final String name;
    private final Process process;
    private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final List<String> printed = new ArrayList<>();

    private Example(String name, Process process) {
        this.name = name;
        this.process = process;
    }

    static Example start(String name, String... args) throws IOException {
        var command = new ArrayList<>(Signals.DEFAULT);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea",
                "-Djloop.watchdog=0",           // a cold JVM on a busy machine is slow
                "-XX:TieredStopAtLevel=1",      // and compiles its source, not for long use
                "--add-opens", "java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("jloop.classes"),
                Path.of(System.getProperty("jloop.examples"), name + ".java").toString()));
        command.addAll(List.of(args));
        var example = new Example(name,
                new ProcessBuilder(command).redirectErrorStream(true).start());
        Thread.ofPlatform().daemon().name(name + "-output").start(example::read);
        return example;
    }

    /// Runs it to its end, which must be a good one, and returns what it prints.
    static String run(String name, String... args) throws IOException, InterruptedException {
        try (var example = start(name, args)) {
            return example.rest();
        }
    }

    private void read() {
        try (BufferedReader reader = process.inputReader()) {
            for (String line; (line = reader.readLine()) != null; ) lines.add(line);
        } catch (IOException e) {
            if (process.isAlive()) throw new UncheckedIOException(e);
        } finally {
            lines.add(END);
        }
    }

    /// The next line that begins with `start`; those before it are skipped.
    String lineWith(String start) throws InterruptedException {
        String line;
        do {
            line = next();
            if (line.equals(END)) throw new AssertionError(this + " ended without: " + start);
        } while (!line.startsWith(start));
        return line;
    }

    /// What it prints from here to its end, which must be a good one.
    String rest() throws InterruptedException {
        var rest = new StringBuilder();
        for (String line; !(line = next()).equals(END); ) rest.append(line).append('\n');
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
            throw new AssertionError(this + " has closed its output, and still runs");
        if (process.exitValue() != 0)
            throw new AssertionError(this + " ended with " + process.exitValue());
        return rest.toString();
    }

    private String next() throws InterruptedException {
        var line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (line == null) throw new AssertionError(this + " is silent");
        printed.add(line);
        return line;
    }

    /// The number after the last colon of the line that begins with `start`, or after its last
    /// space: the port of a server.
    int port(String start) throws InterruptedException {
        var line = lineWith(start).replaceFirst("/$", "");
        return Integer.parseInt(line.replaceFirst(".*[: ]", ""));
    }

    /// How many sockets it has open.
    int socketCount() throws IOException {
        int count = 0;
        try (var files = Files.newDirectoryStream(Path.of("/proc/" + process.pid() + "/fd"))) {
            for (Path file : files) if (isSocket(file)) count++;
        }
        return count;
    }

    private static boolean isSocket(Path file) throws IOException {
        try {
            return Files.readSymbolicLink(file).toString().startsWith("socket:");
        } catch (NoSuchFileException _) {       // closed since it was listed
            return false;
        }
    }

    /// Has it read `text`.
    void type(String text) throws IOException {
        process.getOutputStream().write(text.getBytes());
        process.getOutputStream().flush();
    }

    /// Has it read the end of its input.
    void endInput() throws IOException {
        process.getOutputStream().close();
    }

    /// Sends SIGINT, as Ctrl-C does.
    void interrupt() throws IOException, InterruptedException {
        var pid = Long.toString(process.pid());
        int status = new ProcessBuilder("kill", "-INT", pid).inheritIO().start().waitFor();
        if (status != 0) throw new AssertionError("kill -INT ended with " + status);
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public String toString() {
        return name + ", which printed " + printed + ",";
    }

    /// A process started in the background by a shell ignores SIGINT, and so do its children:
    /// env has them take it again, where env can do that.
    private static final class Signals {

        static final List<String> DEFAULT = isSupported()
                ? List.of("env", "--default-signal=INT") : List.of();

        private static boolean isSupported() {
            try {
                return new ProcessBuilder("env", "--default-signal=INT", "true")
                        .redirectError(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
            } catch (IOException e) {
                return false;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
