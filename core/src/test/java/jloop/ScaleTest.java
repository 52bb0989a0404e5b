package jloop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A million of everything.
@Tag("slow")
class ScaleTest {

    static final int MILLION = 1_000_000;

    @Test
    void callLater_aMillionArmedAndCancelled_leavesNothing() {
        VirtualPoller time = new VirtualPoller();
        try (EventLoop loop = new EventLoop(time, time)) {
            Random random = new Random(1);
            List<TimerHandle> timers = new ArrayList<>(MILLION);

            for (int i = 0; i < MILLION; i++)
                timers.add(loop.callLater(Duration.ofNanos(random.nextInt()), () -> { }));
            assertEquals(MILLION, loop.timerCount());
            for (TimerHandle timer : timers) timer.cancel();

            assertEquals(0, loop.timerCount());
            assertEquals(0, loop.ready.size());
        }
    }

    @Test
    void createTask_aMillionParked_fitIn2GigabytesOfHeap() throws Exception {
        String java = ProcessHandle.current().info().command().orElseThrow();
        List<String> command = new ArrayList<>(List.of(java, "-Xmx2g", "-XX:+UseSerialGC",
                "-Djloop.watchdog=0", "--enable-native-access=ALL-UNNAMED", "-cp",
                Path.of("target", "classes") + System.getProperty("path.separator")
                        + Path.of("target", "test-classes"),
                "-Djloop.level=" + Carrier.level()));
        if (Carrier.level() == Level.OPENED)
            command.addAll(List.of("--add-opens", "java.base/java.lang=ALL-UNNAMED"));
        command.add(ParkedTasks.class.getName());

        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(),
                StandardCharsets.UTF_8);

        assertEquals("parked " + MILLION + "\n", printed);
        assertEquals(0, process.waitFor());
    }

    /// Parks a million tasks on one future.
    public static final class ParkedTasks {

        private ParkedTasks() { }

        public static void main(String[] arguments) {
            int[] parked = {0};
            Asyncio.run(() -> {
                Future<Void> gate = Asyncio.getRunningLoop().createFuture();
                for (int i = 0; i < MILLION; i++) Asyncio.createTask(() -> {
                    parked[0]++;
                    gate.await();
                });
                while (parked[0] < MILLION) Asyncio.sleep(Duration.ZERO);
                System.gc();
                System.out.println("parked " + parked[0]);
                // Not woken: their code was compiled before anybody had seen its second half, so
                // each one would be deoptimized on the way out, for half a minute.
                Runtime.getRuntime().halt(0);
            });
        }
    }
}
