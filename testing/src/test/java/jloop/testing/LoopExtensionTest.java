package jloop.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.io.Server;
import jloop.io.StreamPair;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

@ExtendWith(LoopExtension.class)
class LoopExtensionTest {

    private static final Duration DAY = Duration.ofDays(1);

    @Test
    void loop_ofATest_isInVirtualTime(EventLoop loop, VirtualTime time) {
        loop.runUntilComplete(() -> Asyncio.sleep(DAY));

        assertThat(loop).isSameAs(time.loop());
        assertThat(time.now()).isEqualTo(DAY);
    }

    @Test
    void reports_thatTheTestTakes_areNoLeak(EventLoop loop, Reports reports) {
        loop.callSoon(() -> {
            throw new IllegalStateException("boom");
        });
        loop.runUntilComplete(() -> Asyncio.sleep(Duration.ZERO));

        assertThat(reports.takeOne().exception()).hasMessage("boom");
        assertThat(reports.take()).isEmpty();
    }

    @Test
    void sockets_thatTheTestCloses_areNoLeak(EventLoop loop) {
        byte[] line = loop.runUntilComplete(() -> {
            try (Server server = Asyncio.startServer(
                            (reader, writer) -> writer.write(reader.readline()), "127.0.0.1", 0);
                    StreamPair pair = Asyncio.openConnection("127.0.0.1", server.port())) {
                pair.writer().write("hello\n".getBytes());
                return pair.reader().readAll();
            }
        });

        assertThat(new String(line)).isEqualTo("hello\n");
    }

    @Test
    void test_thatLeavesSomething_fails() {
        assertThat(failureOf("task")).matches("the test left behind:\n  tasks: \\[.*Task.*]");
        assertThat(failureOf("timer")).isEqualTo("the test left behind:\n  timers: 1");
        assertThat(failureOf("socket")).isEqualTo(
                "the test left behind:\n  sockets of the loop: 1");
        assertThat(failureOf("report")).contains("reports that were not taken: [", "boom");
    }

    @Test
    void test_thatFailsAndLeavesSomething_failsForItsOwnReason() {
        assertThat(failureOf("failure")).isEqualTo("its own reason");
    }

    @Test
    @Tag("slow")                    // it waits for the thread, in real time
    void test_thatLeavesAThread_fails() {
        try {
            assertThat(failureOf("thread")).contains("threads: [", "asyncio_");
        } finally {
            Leaky.JOB_MAY_END.countDown();
        }
    }

    @Test
    @Tag("slow")
    @EnabledOnOs(OS.LINUX)          // elsewhere nobody can see them
    void test_thatLeavesASocketOfTheProcess_fails() throws IOException {
        try {
            assertThat(failureOf("channel")).contains("sockets: [socket:[");
        } finally {
            Leaky.channel.close();
        }
    }

    /// Runs one test of [Leaky]; returns the message that it fails with.
    private static String failureOf(String test) {
        var listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(LauncherDiscoveryRequestBuilder.request()
                .selectors(selectMethod(Leaky.class, test, EventLoop.class)).build(), listener);
        var failures = listener.getSummary().getFailures();
        assertThat(failures).hasSize(1);
        return failures.getFirst().getException().getMessage();
    }

    /// Not run by itself: each of its tests fails.
    @ExtendWith(LoopExtension.class)
    static class Leaky {

        static final CountDownLatch JOB_MAY_END = new CountDownLatch(1);
        static SocketChannel channel;

        @Test
        void task(EventLoop loop) {
            loop.createTask(() -> Asyncio.sleep(DAY));
        }

        @Test
        void timer(EventLoop loop) {
            loop.callLater(DAY, () -> { });
        }

        @Test
        void socket(EventLoop loop) {
            loop.runUntilComplete(() -> {
                jloop.Socket.open(loop, java.net.StandardProtocolFamily.INET);
            });
        }

        @Test
        void report(EventLoop loop) {
            loop.callSoon(() -> {
                throw new IllegalStateException("boom");
            });
            loop.runUntilComplete(() -> Asyncio.sleep(Duration.ZERO));
        }

        @Test
        void failure(EventLoop loop) {
            loop.callLater(DAY, () -> { });
            throw new AssertionError("its own reason");
        }

        @Test
        void thread(EventLoop loop) {
            loop.runInExecutor(null, () -> {
                JOB_MAY_END.await();
                return null;
            });
        }

        @Test
        void channel(EventLoop loop) throws IOException {
            channel = SocketChannel.open();
        }
    }
}
