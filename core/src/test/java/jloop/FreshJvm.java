package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A JVM of its own for a main class of the tests, for what must be the first in its process.
final class FreshJvm {

    private FreshJvm() { }

    /// What a JVM has left behind: its exit status, and the lines it printed.
    record Ended(int status, List<String> lines) { }

    /// Runs `main` at the level of this JVM, on the class path. Returns all that it printed,
    /// once it has exited with 0.
    static String run(Class<?> main, String... arguments) throws Exception {
        Ended ended = end(main, arguments);
        assertThat(ended.status).as(String.join("\n", ended.lines)).isZero();
        return String.join("\n", ended.lines);
    }

    /// Runs `main` to its end, however that comes.
    static Ended end(Class<?> main, String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        // Tests that run as a background job would hand on that Ctrl-C is to be ignored.
        if (Files.exists(Path.of("/proc"))) command.addAll(List.of("env", "--default-signal=INT"));
        command.addAll(List.of(
                ProcessHandle.current().info().command().orElseThrow(), "-ea",
                "-Djloop.watchdog=0",           // a cold JVM on a busy machine is slow
                "--enable-native-access=ALL-UNNAMED",
                "-cp", place(EventLoop.class) + System.getProperty("path.separator") + place(main),
                "-Djloop.level=" + Carrier.level()));
        if (Carrier.level() == Level.OPENED)
            command.addAll(List.of("--add-opens", "java.base/java.lang=ALL-UNNAMED"));
        command.add(main.getName());
        command.addAll(List.of(arguments));

        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(),
                StandardCharsets.UTF_8);

        return new Ended(process.waitFor(), printed.lines().toList());
    }

    /// The folder of a class: tests are patched into the module, and share its code source.
    private static String place(Class<?> type) throws Exception {
        String file = type.getName().replace('.', '/') + ".class";
        String found = type.getResource("/" + file).toURI().getPath();
        return found.substring(0, found.length() - file.length());
    }
}
