package jloop.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import jloop.bench.plot.Document;
import jloop.bench.plot.Plots;
import jloop.bench.results.BenchFailure;
import jloop.bench.results.ResultsFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine;

/// The command `jloop bench`.
@Command(
        name = "jloop bench",
        description =
                "Measures jloop beside its peers: each on core 0, load from core 1, in turns.",
        footer = {
            "",
            "Benchmarks: echo, unix, bulk, connect, idle, http, hose, start, sched,",
            "process, files, parts.",
            "bench/README.md says what each measures, and how to add a contestant."
        },
        sortOptions = false)
final class Main implements Callable<Integer> {

    private static final double QUICK_WARM_UP_SECONDS = 1;

    @Spec
    private @Nullable CommandSpec spec;

    @SuppressWarnings("unused")     // for picocli
    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help, and end.")
    private boolean isHelp;

    @Parameters(
            paramLabel = "NAME",
            description = "Benchmarks to run; without one, all but parts.")
    private List<String> names = new ArrayList<>();

    @Option(names = "--list", description = "Name the benchmarks and contestants, and end.")
    private boolean isList;

    @Option(
            names = "--with",
            split = ",",
            paramLabel = "NAME|START*",
            description = "Contestants, by name or its start. The control takes part anyway.")
    private List<String> with = new ArrayList<>();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = {
                "How often each is measured in each cell (5; idle, sched,",
                "process and files 3)."
            })
    private @Nullable Integer rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "The length of a window (${DEFAULT-VALUE}).")
    private double seconds = Settings.DEFAULT.seconds();

    @Option(
            names = "--sizes",
            split = ",",
            paramLabel = "BYTES",
            description = "Sizes of messages, for echo, unix and bulk.")
    private List<Long> sizes = new ArrayList<>();

    @Option(
            names = "--conns",
            split = ",",
            paramLabel = "N",
            description = "Counts of connections, for echo, unix, connect, idle, http and hose.")
    private List<Long> connections = new ArrayList<>();

    @Option(
            names = "--cases",
            split = ",",
            paramLabel = "NAME",
            description = "Cases of sched, process or files, or regular expressions for parts.")
    private List<String> cases = new ArrayList<>();

    @Option(
            names = "--minutes",
            paramLabel = "M",
            description = "Begin no further window after these (${DEFAULT-VALUE}).")
    private double minutes = Settings.DEFAULT.minutes();

    @Option(
            names = "--quick",
            description = "Hardly any warm-up: to see that all works, not for figures.")
    private boolean isQuick;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "The folder for the results file (bench/results).")
    private @Nullable Path folder;

    @Option(
            names = "--into",
            paramLabel = "FILE",
            description = "Add the results to a file of the same commit and machine, if it is"
                    + " there. What it has of the same cells is replaced.")
    private @Nullable Path into;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Print the tables of a results file again, and end.")
    private @Nullable Path report;

    @Option(
            names = "--plot",
            paramLabel = "FILE",
            description = "Draw the pictures of a results file into the folder beside it that is"
                    + " named like it, and end.")
    private @Nullable Path plot;

    @Option(
            names = "--document",
            paramLabel = "FILE",
            description = "Write the tables and pictures of a results file into"
                    + " docs/performance.md, and end.")
    private @Nullable Path document;

    private final Path root;

    private Main(Path root) {
        this.root = root;
    }

    /// Runs the benchmarks that the arguments name. The property `jloop.root` is the checkout.
    public static void main(String[] args) {
        var root = Path.of(System.getProperty("jloop.root", ".")).toAbsolutePath().normalize();
        System.exit(commandLine(root).execute(args));
    }

    static CommandLine commandLine(Path root) {
        return new CommandLine(new Main(root))
                .setExecutionExceptionHandler((failure, commandLine, _) -> {
                    if (!(failure instanceof BenchFailure)) throw failure;
                    commandLine.getErr().println("jloop bench: " + failure.getMessage());
                    return CommandLine.ExitCode.SOFTWARE;
                });
    }

    @Override
    public Integer call() {
        if (report != null) {
            Suite.report(ResultsFile.read(report), out());
            return CommandLine.ExitCode.OK;
        }
        if (plot != null || document != null) {
            draw();
            return CommandLine.ExitCode.OK;
        }
        var contestants = Contestants.read(root.resolve("bench/contestants"));
        if (isList) {
            list(contestants);
        } else {
            run(contestants);
        }
        return CommandLine.ExitCode.OK;
    }

    private void draw() {
        try {
            if (plot != null) {
                Plots.draw(plot, Document.pictures(plot)).forEach(out()::println);
            }
            if (document != null) Document.write(root.resolve("docs/performance.md"), document);
        } catch (IOException e) {
            throw new BenchFailure("cannot draw: " + e.getMessage(), e);
        }
        out().flush();
    }

    private void list(Contestants contestants) {
        out().println("Benchmarks:");
        for (var name : Suite.names()) {
            out().printf("  %-22s %s%n", name, Suite.layout(name).about());
        }
        out().println("Contestants:");
        for (var contestant : contestants.all()) {
            out().printf("  %-22s %s (%s)%n",
                    contestant.name(), contestant.title(), contestant.needs());
        }
        out().flush();
    }

    private void run(Contestants contestants) {
        var chosen = chosen();
        var settings = settings();
        contestants.chosen(settings.with());        // a name that is unknown is told at once
        var logs = root.resolve("bench/target/log");
        try (var _ = OnlyRun.in(logs); var children = new Children(logs)) {
            var hook = Thread.ofPlatform().name("jloop bench: end").unstarted(children::close);
            Runtime.getRuntime().addShutdownHook(hook);
            var lab = new Lab(root, settings, children, err());
            for (var pid : children.endLeftovers()) {
                lab.say("ended process " + pid + ", which an earlier run left behind");
            }
            lab.takeCores();
            new Suite(lab, contestants, out(), file()).run(chosen);
        }
    }

    private Set<String> chosen() {
        var known = Suite.names();
        if (names.isEmpty()) {
            var all = new LinkedHashSet<>(known);
            all.remove(Parts.NAME);
            return all;
        }
        for (var name : names) {
            if (!known.contains(name)) {
                throw new BenchFailure("no benchmark is named " + name + ", expected some of "
                        + String.join(", ", known));
            }
        }
        return new LinkedHashSet<>(names);
    }

    private Settings settings() {
        if (rounds != null && rounds < 1) {
            throw new BenchFailure("--rounds is " + rounds + ", expected at least 1");
        }
        return new Settings(
                with,
                rounds == null ? 0 : rounds,
                seconds,
                sizes,
                connections,
                cases,
                minutes,
                isQuick ? QUICK_WARM_UP_SECONDS : Settings.JVM_WARM_UP_SECONDS);
    }

    /// By default a file of today that does not exist yet.
    private Path file() {
        if (into != null) return into;
        var to = folder == null ? root.resolve("bench/results") : folder;
        var today = LocalDate.now(ZoneId.systemDefault());
        var name = today + (names.isEmpty() ? "" : "-" + String.join("-", names));
        var file = to.resolve(name + ".json");
        for (int i = 2; Files.exists(file); i++) file = to.resolve(name + "-" + i + ".json");
        return file;
    }

    private PrintWriter out() {
        return commandLine().getOut();
    }

    private PrintWriter err() {
        return commandLine().getErr();
    }

    private CommandLine commandLine() {
        if (spec == null) throw new IllegalStateException("made by commandLine alone");
        return spec.commandLine();
    }
}
