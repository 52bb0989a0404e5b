package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A JVM of its own for a main class of the tests, for what must be the first in its process.
final class FreshJvm {

    static final String OPENS = "--add-opens=java.base/java.lang=ALL-UNNAMED";

    private static final Duration LIMIT = Duration.ofSeconds(150);      // less than a test's

    private FreshJvm() { }

    /// What a JVM has left behind: its exit status, and the lines it printed.
    record Ended(int status, List<String> lines) { }

    /// Runs `main` at the level of this JVM. Returns all that it printed, once it has exited
    /// with 0.
    static String run(Class<?> main, String... arguments) throws Exception {
        return run(ofThisLevel(), main, arguments);
    }

    static String run(List<String> options, Class<?> main, String... arguments)
            throws Exception {
        Ended ended = end(options, main, arguments);
        String printed = String.join("\n", ended.lines);
        assertThat(ended.status).as(printed).isZero();
        return printed;
    }

    /// Runs `main` to its end, however that comes, at the level of this JVM.
    static Ended end(Class<?> main, String... arguments) throws Exception {
        return end(ofThisLevel(), main, arguments);
    }

    /// The options with which a JVM is at the level of this one.
    static List<String> ofThisLevel(String... more) {
        List<String> options = new ArrayList<>(List.of("-Djloop.level=" + Carrier.level()));
        if (Carrier.level() == Level.OPENED) options.add(OPENS);
        options.addAll(List.of(more));
        return options;
    }

    /// Runs `main` to its end, however that comes, in a JVM with these options.
    static Ended end(List<String> options, Class<?> main, String... arguments)
            throws Exception {
        return end(List.of(), options, main, arguments);
    }

    /// The same by a program, `by`, that runs the command whose words follow its own.
    static Ended end(List<String> by, List<String> options, Class<?> main, String... arguments)
            throws Exception {
        Process process = start(by, options, main, arguments);
        String printed = new String(process.getInputStream().readAllBytes(),
                StandardCharsets.UTF_8);

        return new Ended(process.waitFor(), printed.lines().toList());
    }

    /// Starts `main` by a program, none if empty, in a JVM with these options, which is killed
    /// if it takes too long.
    static Process start(List<String> by, List<String> options, Class<?> main,
            String... arguments) throws Exception {
        List<String> command = new ArrayList<>(by);
        // Tests that run as a background job would hand on that Ctrl-C is to be ignored.
        if (Files.exists(Path.of("/proc"))) command.addAll(List.of("env", "--default-signal=INT"));
        command.addAll(List.of(
                ProcessHandle.current().info().command().orElseThrow(), "-ea",
                "-Djloop.watchdog=0",           // a cold JVM on a busy machine is slow
                "--enable-native-access=ALL-UNNAMED",
                "-cp", place(EventLoop.class) + File.pathSeparator + place(main)));
        command.addAll(options);
        command.add(main.getName());
        command.addAll(List.of(arguments));

        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        // A JVM that takes options from there says so, among what `main` prints.
        builder.environment().keySet().removeAll(
                List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"));
        Process process = builder.start();
        // Killed, it has printed all it ever will: the end of a hang is that of its output.
        process.onExit().orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)
                .exceptionally(_ -> process.destroyForcibly());
        return process;
    }

    /// The folder of a class: tests are patched into the module, and share its code source.
    private static String place(Class<?> type) throws Exception {
        String file = type.getName().replace('.', '/') + ".class";
        String found = type.getResource("/" + file).toURI().getPath();
        return found.substring(0, found.length() - file.length());
    }
}
