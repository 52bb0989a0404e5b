package jloop.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jloop.bench.results.BenchFailure;
import org.jspecify.annotations.Nullable;

/// Makes commands of those in the contestants' files, whose placeholders stand in braces.
final class Command {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z]+)}");

    private final Map<String, String> values = new HashMap<>();

    /// @param root the checkout
    Command(Path root, Map<String, String> environment) {
        values.put("root", root.toString());
        values.put("bench", root.resolve("bench").toString());
        values.put("java", Path.of(System.getProperty("java.home"), "bin", "java").toString());
        values.put("node", environment.getOrDefault("BENCH_NODE", "node"));
        values.put("python", environment.getOrDefault("BENCH_PYTHON", python()));
    }

    private static String python() {
        var ofTheSystem = "/usr/bin/python3";       // the one that packages of the system are for
        return Files.isExecutable(Path.of(ofTheSystem)) ? ofTheSystem : "python3";
    }

    /// The command with its placeholders filled in, from `more` first.
    List<String> of(List<String> argv, Map<String, String> more) {
        var command = new ArrayList<String>();
        for (var word : argv) {
            command.add(PLACEHOLDER.matcher(word).replaceAll(found -> value(found, word, more)));
        }
        return command;
    }

    private String value(MatchResult found, String word, Map<String, String> more) {
        var name = found.group(1);
        var value = more.getOrDefault(name, values.get(name));
        if (value == null) {
            throw new BenchFailure("unknown placeholder {" + name + "} in \"" + word
                    + "\", expected {java}, {bench}, {root}, {node}, {python}, {kind}, {address},"
                    + " {case} or {reps}");
        }
        return Matcher.quoteReplacement(value);
    }

    /// What is missing for a command to be started, or null.
    static @Nullable String missing(List<String> command) {
        var program = command.getFirst();
        if (isOnPath(program)) return null;
        return program + ": not found";
    }

    static boolean isOnPath(String program) {
        if (program.contains("/")) return Files.isExecutable(Path.of(program));
        var path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
        for (var folder : path.split(":", -1)) {
            if (Files.isExecutable(Path.of(folder, program))) return true;
        }
        return false;
    }
}
