package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import jloop.poller.Clock;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Fails a test that leaves a child process, be it a zombie, or a descriptor.
public final class ChildCheck implements BeforeEachCallback, AfterEachCallback {

    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private SortedSet<String> children = new TreeSet<>();
    private Map<String, String> descriptors = new TreeMap<>();

    @Override
    public void beforeEach(ExtensionContext context) {
        Rig.run(_ -> { });              // what is made once
        children = children();
        descriptors = descriptors();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) return;
        // Some may be reaped by a thread, or closed by the collector: ours, and those of before.
        await(() -> children.containsAll(children()));
        assertThat(children).as("child processes").containsAll(children());
        await(() -> descriptors.entrySet().containsAll(descriptors().entrySet()));
        assertThat(descriptors.entrySet()).as("descriptors")
                .containsAll(descriptors().entrySet());
    }

    private static void await(BooleanSupplier condition) {
        long end = Clock.SYSTEM.nanos() + PATIENCE_NANOS;
        while (!condition.getAsBoolean() && Clock.SYSTEM.nanos() < end) Thread.onSpinWait();
    }

    /// The process ids of all children, zombies among them, with their states.
    public static SortedSet<String> children() {
        SortedSet<String> found = new TreeSet<>();
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            for (Path thread : threads.toList()) found.addAll(children(thread));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return found;
    }

    private static SortedSet<String> children(Path thread) {
        SortedSet<String> found = new TreeSet<>();
        try {
            String line = Files.readString(thread.resolve("children")).strip();
            for (String pid : line.split(" "))
                if (!pid.isEmpty()) found.add(pid);
        } catch (IOException _) {               // the thread has ended meanwhile
        }
        return found;
    }

    private static Map<String, String> descriptors() {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            for (Path path : all.toList()) {
                try {
                    String target = Files.readSymbolicLink(path).toString();
                    if (!target.matches("/proc/\\d+/fd|.*[.](jar|jmod|class)|/dev/u?random"))
                        found.put(path.getFileName().toString(), target);
                } catch (IOException _) {       // that of the listing
                }
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return found;
    }
}
