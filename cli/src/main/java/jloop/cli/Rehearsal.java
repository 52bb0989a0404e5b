package jloop.cli;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.run;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;

import java.time.Duration;

/// A program that does what most programs do first. The launcher runs it once, to learn which
/// classes to keep in the archive that later starts come from.
final class Rehearsal {

    private static final Duration SOON = Duration.ofMillis(1);

    private Rehearsal() {}

    static void main() {
        run(() -> {
            var one = createTask(() -> count("one"));
            var two = createTask(() -> count("two"));
            gather(one, two).await();
            timeout(Duration.ofSeconds(10), () -> sleep(SOON));
        });
    }

    private static void count(String name) {
        for (int i = 0; i < 2; i++) {
            IO.println(name + " " + i);
            sleep(SOON);
        }
    }
}
