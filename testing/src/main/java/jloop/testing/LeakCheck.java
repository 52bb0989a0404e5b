package jloop.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Stream;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.poller.Clock;

/// The loop of one test, and what was there before the test.
final class LeakCheck {

    private static final long PATIENCE_NANOS = Duration.ofSeconds(2).toNanos();     // real time
    private static final long MOMENT_NANOS = Duration.ofMillis(1).toNanos();
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    static {
        // The first channel of java.nio has the JDK make a socket that it keeps.
        try (SocketChannel _ = SocketChannel.open()) {
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    final VirtualTime time = new VirtualTime();
    final Reports reports = new Reports();
    private final Set<String> threadsBefore = threads();
    private final Set<String> socketsBefore = sockets();

    LeakCheck() {
        time.loop().setExceptionHandler((_, report) -> reports.add(report));
    }

    /// After a test that has failed already.
    void giveUp() {
        if (!time.loop().isRunning()) time.close();
    }

    /// Closes the loop and says what was left, a line each.
    List<String> leftovers() {
        EventLoop loop = time.loop();
        if (loop.isRunning()) return List.of("a loop that runs: " + loop);
        List<String> left = new ArrayList<>();
        note(left, "tasks", Asyncio.allTasks(loop));
        if (!loop.isClosed() && loop.timerCount() > 0) left.add("timers: " + loop.timerCount());
        if (time.socketCount() > 0) left.add("sockets of the loop: " + time.socketCount());
        note(left, "reports that were not taken", reports.take());
        time.close();
        note(left, "threads", lasting(threadsBefore, LeakCheck::threads));
        note(left, "sockets", lasting(socketsBefore, LeakCheck::sockets));
        return left;
    }

    private static void note(List<String> left, String what, Collection<?> found) {
        if (!found.isEmpty()) left.add(what + ": " + found);
    }

    /// What is there now and was not before, if it does not go away soon.
    private static Set<String> lasting(Set<String> before, Supplier<Set<String>> look) {
        long start = Clock.SYSTEM.nanos();
        while (true) {
            Set<String> now = look.get();
            now.removeAll(before);
            if (now.isEmpty() || Clock.SYSTEM.nanos() - start > PATIENCE_NANOS) return now;
            LockSupport.parkNanos(MOMENT_NANOS);
        }
    }

    /// The platform threads that jloop makes, but for the one that stays.
    private static Set<String> threads() {
        Set<String> names = new TreeSet<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            String name = thread.getName();
            if (name.matches("(jloop|asyncio_).*") && !name.matches("jloop-(init|watchdog)"))
                names.add(thread.toString());
        }
        return names;
    }

    /// The sockets of this process, as `socket:[inode]`; none where there is no `/proc`.
    private static Set<String> sockets() {
        Set<String> names = new TreeSet<>();
        if (!Files.isDirectory(DESCRIPTORS)) return names;
        try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
            for (Path descriptor : descriptors.toList()) {
                String target = target(descriptor);
                if (target.startsWith("socket:")) names.add(target);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names;
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException _) {               // closed meanwhile, as that of the listing
            return "";
        }
    }
}
