package jloop.cli;

import static java.util.concurrent.CompletableFuture.delayedExecutor;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// The script `jloop` of this repository, in a folder and with a cache of the test's own.
final class Launcher {

    private static final int LIMIT_SECONDS = 50;

    /// What a program that has ended left behind.
    record Run(int status, String out, String err) {}

    private final Path folder;
    private final Path script;
    private final List<String> environment;

    private Launcher(Path folder, Path script, List<String> environment) {
        this.folder = folder;
        this.script = script;
        this.environment = environment;
    }

    static Launcher in(Path folder) throws IOException {
        return new Launcher(Files.createDirectories(folder), script(), List.of());
    }

    private static Path script() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.isRegularFile(at.resolve("jloop"))) {
            at = at.getParent();
            if (at == null) throw new IllegalStateException("no jloop in a folder above this one");
        }
        return at.resolve("jloop");
    }

    /// The same, called by another name.
    Launcher by(Path link) throws IOException {
        return new Launcher(folder, Files.createSymbolicLink(link, script), environment);
    }

    /// The same, with settings of the environment, written `NAME=value`.
    Launcher with(String... environment) {
        return new Launcher(folder, script, List.of(environment));
    }

    Path write(String file, String text) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        return Files.writeString(path, text);
    }

    /// Where the class files of a program are kept.
    Path jar(String file) {
        Path source = folder.resolve(file);
        return folder.resolve("cache/jloop/programs")
                .resolve(source.getRoot().relativize(source)).resolve("program.jar");
    }

    Run run(String... args) throws IOException {
        try (var started = start(args)) {
            return started.end();
        }
    }

    Started start(String... args) throws IOException {
        var command = new ArrayList<>(List.of("env"));
        // Tests that run as a background job would hand on that Ctrl-C is to be ignored.
        if (Files.exists(Path.of("/proc"))) command.add("--default-signal=INT");
        for (var name : List.of("CLASSPATH", "JLOOP_OPTS", "JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"))
            command.addAll(List.of("-u", name));
        command.addAll(List.of("XDG_CACHE_HOME=" + folder.resolve("cache"), "JLOOP_BUILD=no"));
        command.addAll(environment);
        command.add(script.toString());
        command.addAll(List.of(args));
        return new Started(new ProcessBuilder(command).directory(folder.toFile()).start());
    }

    /// A program that may still run. Closing kills it.
    static final class Started implements AutoCloseable {

        private final Process process;
        private final BufferedReader out;
        private final CompletableFuture<String> err;

        private Started(Process process) {
            this.process = process;
            out = process.inputReader(StandardCharsets.UTF_8);
            err = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
            delayedExecutor(LIMIT_SECONDS, TimeUnit.SECONDS).execute(this::close);
        }

        private static String text(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /// Waits for a line that the program prints.
        String line() throws IOException {
            return out.readLine();
        }

        void type(String input) throws IOException {
            try (var in = process.outputWriter(StandardCharsets.UTF_8)) {
                in.write(input);
            }
        }

        /// Sends a signal to the process that was started, and to no other.
        void signal(String name) throws IOException {
            new ProcessBuilder("kill", "-" + name, "" + process.pid()).inheritIO().start();
        }

        /// Waits for the end. The output is what [#line()] has not taken.
        Run end() {
            var rest = out.lines().map(line -> line + "\n").collect(Collectors.joining());
            var printed = err.join();
            return new Run(process.onExit().join().exitValue(), rest, printed);
        }

        @Override
        public void close() {
            if (!process.isAlive()) return;     // its number may be somebody else's by now
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
