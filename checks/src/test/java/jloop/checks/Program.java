package jloop.checks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A program in a Markdown page: a `java` block with a `void main`, and the `output` block that
/// follows it, if there is one. A block with more than the word `java` in its first line is for
/// readers only and not run.
///
/// @param place the page and the line of the block
/// @param source the block
/// @param expected what it prints, or null if the page does not say
record Program(String place, String source, @Nullable String expected) {

    private static final int SECONDS_MAX = 60;

    private static final Pattern BLOCK = Pattern.compile(
            "^```java\\n(.*?)^```$(?:\\s*^```output\\n(.*?)^```$)?",
            Pattern.DOTALL | Pattern.MULTILINE);

    /// The programs of a page, in order.
    static List<Program> in(String page, String text) {
        var programs = new ArrayList<Program>();
        for (var block = BLOCK.matcher(text); block.find(); ) {
            if (!block.group(1).contains("void main")) continue;
            var line = text.substring(0, block.start()).lines().count() + 1;
            programs.add(new Program(page + ":" + line, block.group(1), block.group(2)));
        }
        return programs;
    }

    /// Runs it as a user would, on the class path, in a Java of its own, and returns what it
    /// printed.
    String run(Path classes) throws IOException, InterruptedException {
        var folder = Files.createTempDirectory("jloop-program");
        var file = Files.writeString(folder.resolve("Program.java"), source);
        var output = folder.resolve("output");
        var java = Path.of(System.getProperty("java.home"), "bin", "java");
        var run = new ProcessBuilder(java.toString(), "-ea", "-Djloop.watchdog=0",
                        "-cp", classes.toString(),
                        "--add-opens", "java.base/java.lang=ALL-UNNAMED",
                        "--enable-native-access=ALL-UNNAMED", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = run.waitFor(SECONDS_MAX, TimeUnit.SECONDS);
        if (!ended) run.destroyForcibly().waitFor();
        var printed = Files.readString(output);
        Files.delete(output);
        Files.delete(file);
        Files.delete(folder);
        if (!ended) throw new AssertionError(place + " still ran after a minute\n" + printed);
        if (run.exitValue() != 0) {
            throw new AssertionError(place + " ended with " + run.exitValue() + "\n" + printed);
        }
        return printed;
    }
}
