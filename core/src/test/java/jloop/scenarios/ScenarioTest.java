package jloop.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Programs that were run by CPython, and their twins here: both print the same, to the byte.
///
/// A scenario is `scenarios/TOPIC/some_name.py`. What CPython printed is `some_name.txt` beside
/// it, behind a line with the version; `scripts/record-scenarios.sh` records it. The twin is
/// `someName(Trace)` in the class of the topic. What asyncio does not have (scopes, channels)
/// is compared with trio. Where jloop does better on purpose, a line
/// `# better: why` says so, and `some_name.jloop.txt` is what the twin prints.
class ScenarioTest {

    private static final Path FOLDER = Path.of("src/test/scenarios");
    private static final Pattern WORD_START = Pattern.compile("_([a-z0-9])");
    private static final Pattern FACT = Pattern.compile("(?m)^# fact: (.*)$");
    private static final int AT_LEAST = 150;
    private static final int[] EDGES = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18,
            19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 62, 63, 64, 65, 66, 67, 68, 69,
            70, 71, 72, 73, 75, 76, 77, 86, 91, 93, 94};

    private static final Map<String, Class<?>> TWINS = Map.ofEntries(
            Map.entry("ascompleted", AsCompletedScenarios.class),
            Map.entry("callbacks", CallbackScenarios.class),
            Map.entry("channels", ChannelScenarios.class),
            Map.entry("context", ContextScenarios.class),
            Map.entry("eager", EagerScenarios.class),
            Map.entry("futures", FutureScenarios.class),
            Map.entry("gather", GatherScenarios.class),
            Map.entry("generators", GeneratorScenarios.class),
            Map.entry("groups", GroupScenarios.class),
            Map.entry("limiter", LimiterScenarios.class),
            Map.entry("queues", QueueScenarios.class),
            Map.entry("runner", RunnerScenarios.class),
            Map.entry("scopes", ScopeScenarios.class),
            Map.entry("shield", ShieldScenarios.class),
            Map.entry("start", StartScenarios.class),
            Map.entry("streams", StreamScenarios.class),
            Map.entry("sync", SyncScenarios.class),
            Map.entry("tasks", TaskScenarios.class),
            Map.entry("threads", ThreadScenarios.class),
            Map.entry("timeouts", TimeoutScenarios.class),
            Map.entry("wait", WaitScenarios.class),
            Map.entry("waitfor", WaitForScenarios.class));

    @TestFactory
    Stream<DynamicTest> inOrder() throws IOException {
        return scenarios().stream().map(path -> test(path, "fifo"));
    }

    /// What asyncio leaves open (timers of the same instant, the order of sets) is taken in
    /// another order: no trace may depend on it, but those that say so.
    @TestFactory
    Stream<DynamicTest> inRandomOrder() throws IOException {
        return scenarios().stream().filter(path -> !source(path).contains("# order: fifo"))
                .flatMap(path -> Stream.of("random:1", "random:2").map(o -> test(path, o)));
    }

    private static DynamicTest test(Path path, String order) {
        return DynamicTest.dynamicTest(path + " " + order,
                () -> assertThat(run(twin(path), order)).isEqualTo(expected(path)));
    }

    private static String run(Method twin, String order) throws Exception {
        Trace trace = new Trace();
        String before = System.getProperty("jloop.order", "fifo");
        System.setProperty("jloop.order", order);
        try {
            twin.invoke(null, trace);
        } finally {
            System.setProperty("jloop.order", before);
            trace.close();
        }
        return trace.text();
    }

    private static String expected(Path path) throws IOException {
        Path ours = sibling(path, ".jloop.txt");
        boolean better = source(path).contains("# better: ");
        assertThat(Files.exists(ours)).as("%s exists", ours).isEqualTo(better);
        String recorded = Files.readString(sibling(path, ".txt"));
        assertThat(recorded).startsWith(source(path).contains("# needs: trio") ? "# trio "
                : "# CPython 3.");
        String trace = recorded.substring(recorded.indexOf('\n') + 1);
        if (!better) return trace;
        String expected = Files.readString(ours);
        assertThat(expected).as("%s differs from what CPython does", ours).isNotEqualTo(trace);
        return expected;
    }

    private static Method twin(Path path) throws NoSuchMethodException {
        Class<?> topic = TWINS.get(topic(path));
        assertThat(topic).as("the class of the twins of %s", path).isNotNull();
        return topic.getDeclaredMethod(twinName(path), Trace.class);
    }

    @Test
    void everyTwin_hasItsScenario() throws IOException {
        Map<String, List<String>> scenarios = new TreeMap<>();
        for (Path path : scenarios())
            scenarios.computeIfAbsent(topic(path), _ -> new ArrayList<>()).add(twinName(path));
        TWINS.forEach((topic, twins) -> assertThat(twinNames(twins)).as(topic)
                .containsExactlyInAnyOrderElementsOf(scenarios.getOrDefault(topic, List.of())));
    }

    @Test
    void thereAreEnough() throws IOException {
        assertThat(scenarios()).hasSizeGreaterThanOrEqualTo(AT_LEAST);
    }

    @Test
    void everyScenario_saysWhichFactsItPins() throws IOException {
        for (Path path : scenarios()) assertThat(source(path)).as("%s", path).contains("# fact: ");
    }

    /// What the facts are: docs/design/0016. Left out are those about I/O, and those that no
    /// trace can tell.
    @Test
    void theFactsThatMustBePinned_are() throws IOException {
        Set<String> pinned = new TreeSet<>();
        for (Path path : scenarios()) {
            FACT.matcher(source(path)).results().flatMap(m -> Stream.of(m.group(1).split(", *")))
                    .forEach(pinned::add);
        }
        List<String> wanted = new ArrayList<>();
        for (int i = 1; i <= 28; i++) wanted.add("38." + i);
        for (int i : EDGES) wanted.add("A " + i);

        assertThat(pinned).containsAll(wanted);
    }

    private static List<String> twinNames(Class<?> twins) {
        return Stream.of(twins.getDeclaredMethods())
                .filter(method -> !Modifier.isPrivate(method.getModifiers())
                        && !method.isSynthetic())
                .map(Method::getName).toList();
    }

    private static List<Path> scenarios() throws IOException {
        try (Stream<Path> files = Files.walk(FOLDER)) {
            return files.filter(f -> f.toString().endsWith(".py") && !f.getParent().equals(FOLDER))
                    .sorted().toList();
        }
    }

    private static String source(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String topic(Path path) {
        return path.getParent().getFileName().toString();
    }

    private static String twinName(Path path) {
        return WORD_START.matcher(path.getFileName().toString().replace(".py", ""))
                .replaceAll(match -> match.group(1).toUpperCase(java.util.Locale.ROOT));
    }

    private static Path sibling(Path path, String ending) {
        return path.resolveSibling(path.getFileName().toString().replace(".py", ending));
    }
}
