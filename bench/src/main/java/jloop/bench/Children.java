package jloop.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jloop.bench.results.BenchFailure;

/// The processes that the harness has started. All of them end with it.
final class Children implements AutoCloseable {

    /*
     * Each is in a session of its own, for two reasons: Ctrl-C in the terminal reaches the harness
     * alone, which then ends them in order; and the kernel groups tasks by session (autogroup,
     * sched(7)), so that a plain nice says nothing between two sessions. That of the group is set
     * by the process itself, once it is in its session; without the right to, it stays as it is,
     * and the windows tell of disturbances.
     */
    private static final String URGENT =
            "{ echo -19 > /proc/self/autogroup; } 2> /dev/null; exec taskset -c \"$@\"";

    private final Path logs;
    private final Leftovers leftovers;
    private final Set<Child> alive = ConcurrentHashMap.newKeySet();     // the shutdown hook reads

    /// @param logs the folder for what they print
    Children(Path logs) {
        this.logs = logs;
        this.leftovers = new Leftovers(logs.resolve("running"));
    }

    /// Starts a process on some cores, a list as `taskset` takes it.
    ///
    /// @param name of its logs
    Child start(String name, List<String> command, String cores) {
        var out = logs.resolve(name + ".out");
        var errors = logs.resolve(name + ".err");
        try {
            Files.createDirectories(logs);
            var process = new ProcessBuilder(pinned(command, cores))
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(out.toFile())
                    .redirectError(errors.toFile())
                    .start();
            var child = new Child(process, out, errors, this);
            alive.add(child);
            leftovers.add(process.pid());
            return child;
        } catch (IOException e) {
            throw new BenchFailure("cannot start " + command + ": " + e.getMessage(), e);
        }
    }

    private static List<String> pinned(List<String> command, String cores) {
        var pinned = new ArrayList<>(Command.isOnPath("setsid")
                ? List.of("setsid", "sh", "-c", URGENT, "sh")
                : List.of("taskset", "-c"));
        pinned.add(cores);
        pinned.addAll(command);
        return pinned;
    }

    void forget(Child child) {
        alive.remove(child);
    }

    /// Ends what an earlier run left behind, which did not come to its end. Returns the numbers
    /// of the processes.
    List<Long> endLeftovers() {
        return leftovers.end();
    }

    /// Ends all that are alive.
    @Override
    public void close() {
        for (var child : alive) child.close();
        leftovers.forget();
    }
}
