package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import jloop.io.Server;
import jloop.io.StreamPair;
import org.junit.jupiter.api.Test;

/// More signals than anybody could look at, in a JVM of their own.
class SignalStormTest {

    /// The JVM makes a thread for each, so they are still coming when the storm is over.
    @Test
    void storm_leavesTheLoopResponsive() throws Exception {
        assertThat(FreshJvm.run(Storm.class).lines()).containsExactly(
                "echoes and timers go on", "no more calls than signals",
                "a call follows the storm");
    }

    static final class Storm {

        private static final AtomicLong RAISED = new AtomicLong();
        private static volatile boolean over;

        private static void storm() {
            while (!over) {
                RAISED.incrementAndGet();
                JvmSignals.raise("USR1");
            }
        }

        public static void main(String[] arguments) {
            AtomicLong calls = new AtomicLong();
            Asyncio.run(() -> {
                EventLoop loop = Asyncio.getRunningLoop();
                Event called = new Event();
                loop.addSignalHandler("USR1", () -> {
                    calls.incrementAndGet();
                    called.set();
                });
                Server server = Asyncio.startServer(Rig::echo, "127.0.0.1", 0);
                try (server;
                        StreamPair pair = Asyncio.openConnection("127.0.0.1", server.port())) {
                    Thread storm = Thread.ofPlatform().start(Storm::storm);
                    called.await();
                    for (int i = 0; i < 50; i++) {
                        Rig.ask(pair, "" + i);
                        Asyncio.sleep(Duration.ofMillis(1));
                    }
                    SignalTest.print("echoes and timers go on");
                    over = true;
                    storm.join();
                    if (calls.get() <= RAISED.get())
                        SignalTest.print("no more calls than signals");
                    called.clear();
                    JvmSignals.raise("USR1");
                    called.await();
                    SignalTest.print("a call follows the storm");
                }
            });
            Runtime.getRuntime().halt(0);       // do not wait for what the JVM has still to tell
        }
    }
}
