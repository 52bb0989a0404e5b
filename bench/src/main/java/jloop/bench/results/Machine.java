package jloop.bench.results;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/// The machine that was measured on.
public record Machine(String cpu, int cores, String kernel, long memoryMb) {

    private static final Pattern CORE = Pattern.compile("processor\\s*:.*");
    private static final Pattern MODEL = Pattern.compile("model name\\s*:\\s*(.*)");
    private static final Pattern MEMORY = Pattern.compile("MemTotal:\\s*(\\d+) kB");

    /// This machine, with as much as can be found out about it.
    public static Machine here() {
        var cpus = lines("/proc/cpuinfo");
        return new Machine(
                first(cpus, MODEL, System.getProperty("os.arch")),
                (int) cpus.stream().filter(line -> CORE.matcher(line).matches()).count(),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                Long.parseLong(first(lines("/proc/meminfo"), MEMORY, "0")) / 1024);
    }

    private static String first(List<String> lines, Pattern pattern, String otherwise) {
        return lines.stream()
                .map(pattern::matcher)
                .filter(found -> found.matches())
                .map(found -> found.group(1))
                .findFirst()
                .orElse(otherwise);
    }

    private static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file));
        } catch (IOException e) {
            return List.of();       // not Linux
        }
    }
}
