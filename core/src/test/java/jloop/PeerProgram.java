package jloop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A program at the other end. It is killed when it is closed; a line for `line` and `await` is
/// one of what it prints, to stderr too. A program that is missing fails the test.
///
/// What waits for the program keeps a task waiting, not its loop; outside of tasks, the thread.
public final class PeerProgram implements AutoCloseable {

    private final List<String> command;
    private final Process process;
    private final BufferedReader printed;
    private final List<String> lines = new ArrayList<>();       // those that were read

    private PeerProgram(List<String> command, Process process) {
        this.command = command;
        this.process = process;
        this.printed = process.inputReader();
    }

    public static PeerProgram start(String... command) {
        return start(Path.of("."), List.of(command));
    }

    /// One that begins in `folder`.
    public static PeerProgram start(Path folder, List<String> command) {
        try {
            return new PeerProgram(command, new ProcessBuilder(command)
                    .directory(folder.toFile()).redirectErrorStream(true).start());
        } catch (IOException e) {
            throw new AssertionError(command.getFirst()
                    + " is missing: scripts/install-test-peers.sh installs it", e);
        }
    }

    /// A file of the folder `peers` of the tests' resources.
    public static String script(String name) {
        URL found = Objects.requireNonNull(PeerProgram.class.getResource("/jloop/peers/" + name));
        try {
            return Path.of(found.toURI()).toString();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /// Starts a script with the interpreter for its kind.
    public static PeerProgram startScript(Path folder, String name, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(name.endsWith(".mjs") ? "node" : "python3");
        command.add(script(name));
        command.addAll(List.of(arguments));
        return start(folder, command);
    }

    private static <T> T inThread(Callable<T> job) throws IOException {
        try {
            return CurrentLoop.running() == null ? job.call() : Asyncio.toThread(job);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    public String line() throws IOException {
        String line = inThread(printed::readLine);
        if (line == null) throw new AssertionError("no more lines of " + this);
        lines.add(line);
        return line;
    }

    /// Reads up to a line of which `pattern` finds a part. Returns its first group.
    public String await(String pattern) throws IOException {
        Pattern wanted = Pattern.compile(pattern);
        while (true) {
            Matcher matcher = wanted.matcher(line());
            if (matcher.find()) return matcher.group(matcher.groupCount());
        }
    }

    /// The port of the next line that ends with one.
    public int port() throws IOException {
        return Integer.parseInt(await(":(\\d+)$"));
    }

    /// The lines up to its end, which must be one in order.
    public List<String> rest() throws IOException {
        List<String> rest = inThread(() -> printed.lines().toList());
        lines.addAll(rest);
        if (inThread(process::waitFor) != 0) throw new AssertionError("status of " + this);
        return rest;
    }

    public void send(String text) throws IOException {
        OutputStream in = process.getOutputStream();
        in.write(Rig.bytes(text));
        in.flush();
    }

    public void endInput() throws IOException {
        process.getOutputStream().close();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public String toString() {
        return String.join(" ", command) + (process.isAlive() ? ", alive" : ", ended")
                + ", which said\n" + String.join("\n", lines);
    }
}
