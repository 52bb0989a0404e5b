package jloop.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import jloop.bench.results.BenchFailure;
import jloop.bench.results.Machine;
import jloop.bench.results.ResultsFile;
import org.jspecify.annotations.Nullable;

/// Where measuring happens: the cores, the programs on them, and the time that is left.
final class Lab {

    static final String SERVER_CORE = "0";
    static final String LOAD_CORE = "1";
    static final String BOTH_CORES = "0,1";
    static final double LOAD_WARM_UP_SECONDS = 0.3;
    static final double AROUND_A_WINDOW_SECONDS = 0.6;      // to get calm, and warm

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final double LIMIT_SECONDS = 60;     // of a load generator, beyond its window
    private static final double CALM_SECONDS_MAX = 0.4;
    private static final long CALM_MILLIS = 100;
    private static final double CALM_BUSY_MAX = 0.011;  // one tick of the system's accounting

    private static final int FIRST_PORT = 7100;         // below those that the system gives out
    private static final int PORTS = 20_000;

    private final Path root;
    private final Settings settings;
    private final Command command;
    private final Children children;
    private final PrintWriter progress;
    private final String loadCore;
    private final Stopwatch stopwatch = new Stopwatch();
    private int nextPort = (int) (ProcessHandle.current().pid() * 40 % PORTS);

    Lab(Path root, Settings settings, Children children, PrintWriter progress) {
        this(root, settings, children, progress, LOAD_CORE);
    }

    /// @param root the checkout
    /// @param progress for lines about how far things are
    /// @param loadCore where load comes from; [#LOAD_CORE], or figures depend on it
    Lab(Path root, Settings settings, Children children, PrintWriter progress, String loadCore) {
        this.root = root;
        this.settings = settings;
        this.command = new Command(root, System.getenv());
        this.children = children;
        this.progress = progress;
        this.loadCore = loadCore;
    }

    Path root() {
        return root;
    }

    Settings settings() {
        return settings;
    }

    Stopwatch stopwatch() {
        return stopwatch;
    }

    Path target() {
        return root.resolve("bench/target");
    }

    private Path loadGenerator() {
        return target().resolve("load/load");
    }

    /// What is missing for load, with what to install; null if nothing.
    @Nullable String missingLoadGenerator() {
        if (Files.isExecutable(loadGenerator())) return null;
        return loadGenerator() + ": not found; apt-get install gcc libc6-dev, then bench/build.sh";
    }

    /// Takes the core of the load for this process, or fails where there are no two cores to be
    /// had.
    void takeCores() {
        if (!Command.isOnPath("taskset")) {
            throw new BenchFailure("taskset: not found; apt-get install util-linux");
        }
        for (var core : List.of(SERVER_CORE, LOAD_CORE)) {
            try {
                run("cores", List.of("true"), core, LIMIT_SECONDS);
            } catch (WindowFailure e) {
                throw new BenchFailure("needs the cores " + SERVER_CORE + " for servers and "
                        + LOAD_CORE + " for load, and cannot use core " + core + " of the "
                        + Machine.here().cores() + " of this machine", e);
            }
        }
        try {
            var self = String.valueOf(ProcessHandle.current().pid());
            run("cores", List.of("taskset", "-acp", LOAD_CORE, self), BOTH_CORES, LIMIT_SECONDS);
        } catch (WindowFailure e) {
            say("the harness could not move to core " + LOAD_CORE + ": " + e.getMessage());
        }
    }

    void say(String line) {
        progress.println(line);
        progress.flush();
    }

    double minutesLeft() {
        return settings.minutes() - stopwatch.seconds() / 60;
    }

    boolean isOver() {
        return minutesLeft() <= 0;
    }

    /// A contestant's command, ready to be started.
    List<String> command(Contestant contestant, List<String> argv, Map<String, String> values)
            throws NotRunnable {
        if (argv.isEmpty()) throw new NotRunnable("has no command for this");
        var filled = command.of(argv, values);
        var missing = Command.missing(filled);
        if (missing != null) throw new NotRunnable(missing + "; needs " + contestant.needs());
        return filled;
    }

    Child start(String name, List<String> argv, String cores) {
        return children.start(name, argv, cores);
    }

    /// Runs a program to its end. Returns what it printed.
    String run(String name, List<String> argv, String cores, double secondsMax)
            throws WindowFailure {
        try (var child = start(name, argv, cores)) {
            int status = child.await(secondsMax);
            if (status == 0) return child.printed();
            throw new WindowFailure(name + " ended with " + status + ": " + child.lastWords());
        }
    }

    /// Runs the load generator for a window. Returns the figures that it printed.
    Map<String, Double> load(List<String> arguments, double windowSeconds) throws WindowFailure {
        var argv = new ArrayList<>(List.of(loadGenerator().toString()));
        argv.addAll(arguments);
        return figures(run("load", argv, loadCore, windowSeconds + LIMIT_SECONDS));
    }

    /// The numbers of a line of JSON, the last one that a program printed.
    static Map<String, Double> figures(String printed) throws WindowFailure {
        var lines = printed.strip().lines().toList();
        var last = lines.isEmpty() ? "" : lines.getLast();
        try {
            var figures = ResultsFile.figures(JSON.readTree(last));
            if (!figures.isEmpty()) return figures;
        } catch (JsonProcessingException e) {
            // The same message as for JSON without figures.
        }
        throw new WindowFailure("printed \"" + last + "\", expected a line of JSON with figures");
    }

    /// A port of 127.0.0.1 on which nobody listens.
    int freePort() {
        for (int i = 0; i < PORTS; i++) {
            int port = FIRST_PORT + (nextPort++ % PORTS);
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // Taken: the next one.
            }
        }
        throw new BenchFailure("no free port from " + FIRST_PORT + " on");
    }

    /// A path for a unix socket, short enough for one (unix(7): 107 bytes).
    Path freeSocketPath() {
        try {
            return Files.createTempDirectory("jloop-bench").resolve("socket");
        } catch (IOException e) {
            throw new BenchFailure("cannot make a folder for a socket: " + e.getMessage(), e);
        }
    }

    /// Waits until both cores are idle, but not for long.
    void calm() {
        var waited = new Stopwatch();
        while (waited.seconds() < CALM_SECONDS_MAX) {
            double before = idle(BOTH_CORES);
            var pause = new Stopwatch();
            rest(CALM_MILLIS);
            double busy = 2 * pause.seconds() - (idle(BOTH_CORES) - before);
            if (!(busy > 2 * CALM_BUSY_MAX)) return;
        }
    }

    /// Idle seconds of some cores together.
    static double idle(String cores) {
        double seconds = 0;
        for (var core : cores.split(",", -1)) seconds += ProcFs.idleSeconds(Integer.parseInt(core));
        return seconds;
    }

    static void rest(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            throw new BenchFailure("interrupted", e);
        }
    }

    /// The first line that a contestant's version command prints; null if there is none.
    @Nullable String version(Contestant contestant) {
        try {
            if (contestant.version().isEmpty()) return null;
            var argv = command(contestant, contestant.version(), Map.of());
            try (var child = start("version", argv, BOTH_CORES)) {
                child.await(LIMIT_SECONDS);
                return child.allPrinted().strip().lines().findFirst().orElse(null);
            }
        } catch (NotRunnable | WindowFailure e) {
            return null;        // then without
        }
    }
}
