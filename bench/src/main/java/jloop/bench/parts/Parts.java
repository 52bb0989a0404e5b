package jloop.bench.parts;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/// Which benchmarks of this package there are, and how JMH is to run them.
///
/// The score is nanoseconds an operation; beside it comes what an operation allocates, in
/// bytes, as the secondary result [#ALLOCATED].
public final class Parts {

    /// The secondary result of JMH's profiler `gc`: bytes allocated an operation.
    public static final String ALLOCATED = "gc.alloc.rate.norm";

    private static final List<Class<?>> CLASSES = List.of(
            Switches.class, Tasks.class, Calls.class, ThreadsafeCalls.class, Timers.class,
            FiringTimers.class, Queues.class, Groups.class, CancelStorm.class, Timeouts.class);

    private static final int ITERATIONS = 5;
    private static final TimeValue WARM_UP_TIME = TimeValue.milliseconds(400);
    private static final TimeValue HANGS_AFTER = TimeValue.seconds(60);
    private static final TimeValue TIME = TimeValue.milliseconds(400);

    private Parts() { }

    /// `[NAME...] [--result FILE]`: runs the benchmarks of these names, all if there are none,
    /// and writes JMH's JSON to the file.
    public static void main(String[] arguments) throws RunnerException {
        List<String> names = new ArrayList<>();
        Path result = null;
        for (int i = 0; i < arguments.length; i++) {
            if (!arguments[i].equals("--result")) names.add(arguments[i]);
            else if (i + 1 < arguments.length) result = Path.of(arguments[++i]);
            else throw new IllegalArgumentException("--result needs a file");
        }
        new Runner(options(names, result)).run();
    }

    /// The names that can be run: `Timers`, `Switches` ...
    public static List<String> names() {
        return CLASSES.stream().map(Class::getSimpleName).toList();
    }

    /// What JMH is to include for `names`, each `CLASS` or `CLASS.METHOD` with a prefix of the
    /// method's name; no names are all. Letter case does not count.
    ///
    /// **Errors**: IllegalArgumentException for a class that there is not.
    public static List<String> includes(List<String> names) {
        if (names.isEmpty()) return names().stream().map(name -> pattern(name, "")).toList();
        return names.stream().map(Parts::include).toList();
    }

    private static String include(String wanted) {
        int dot = wanted.indexOf('.');
        String type = dot < 0 ? wanted : wanted.substring(0, dot);
        for (String name : names()) {
            if (name.equalsIgnoreCase(type))
                return pattern(name, dot < 0 ? "" : wanted.substring(dot + 1));
        }
        throw new IllegalArgumentException("no such benchmark: " + wanted + "; there are "
                + String.join(", ", names()));
    }

    private static String pattern(String type, String method) {
        return "(?i)^" + Pattern.quote(Parts.class.getPackageName() + "." + type + ".")
                + (method.isEmpty() ? "" : Pattern.quote(method.toLowerCase(Locale.ROOT)))
                + ".*$";
    }

    /// The options of a run of `names`, as [#includes]. It forks a JVM for each benchmark, on
    /// the class path of this one.
    public static Options options(List<String> names, @Nullable Path result) {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .mode(Mode.AverageTime)
                .timeUnit(TimeUnit.NANOSECONDS)
                .forks(1)
                .warmupIterations(ITERATIONS)
                .warmupTime(WARM_UP_TIME)
                .measurementIterations(ITERATIONS)
                .measurementTime(TIME)
                .timeout(HANGS_AFTER)
                .shouldFailOnError(true)
                .addProfiler(GCProfiler.class)
                .jvmArgs(jvmOptions().toArray(String[]::new));
        for (String include : includes(names)) options.include(include);
        if (result != null)
            options.result(result.toString()).resultFormat(ResultFormatType.JSON);
        return options.build();
    }

    /// What the JVM of a benchmark is started with: as `./jloop run` starts programs, on a heap
    /// of fixed size, and with one carrier for the virtual threads of the JDK, which are
    /// compared with one loop.
    public static List<String> jvmOptions() {
        List<String> options = new ArrayList<>(List.of(
                "-XX:+UseSerialGC", "-Xms1g", "-Xmx1g",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",     // JMH uses it
                "-Djdk.pollerMode=1",
                "-Djloop.watchdog=0",
                "-Djdk.virtualThreadScheduler.parallelism=1",
                "-Djdk.virtualThreadScheduler.maxPoolSize=1",
                "-XX:CompileCommand=quiet"));
        for (String methods : List.of("jloop*::*", "java.lang.VirtualThread*::*",
                "jdk.internal.vm.Continuation*::*", "java.lang.Thread::runWith"))
            options.add("-XX:CompileCommand=CompileThresholdScaling," + methods + ",0.02");
        return options;
    }
}
