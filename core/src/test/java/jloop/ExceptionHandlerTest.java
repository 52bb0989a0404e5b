package jloop;

import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ExceptionHandlerTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();
    /// Tells that it was described: the default handler does that for its log.
    private final Object source = new Object() {
        @Override
        public String toString() {
            trace.add("described");
            return "the source";
        }
    };

    private final ExceptionContext context =
            ExceptionContext.of("hello", new IOException("no")).withSource(source);

    // ---- callbacks that throw

    @Test
    @AsIn("test_events.test_callback_with_exception")
    void callback_thatThrows_isReportedWithItsHandleAndTheLoopGoesOn() {
        IllegalStateException failure = new IllegalStateException("no");
        Handle handle = loop.callSoon(() -> {
            throw failure;
        });
        loop.callSoon(() -> trace.add("next"));

        runOneTurn();

        ExceptionContext report = check.takeReport();
        assertThat(report.message()).isEqualTo("exception in callback");
        assertThat(report.exception()).isSameAs(failure);
        assertThat(report.handle()).isSameAs(handle);
        assertThat(trace).containsExactly("next");
    }

    @Test
    void callback_thatThrowsAnError_isReportedToo() {
        loop.callSoon(() -> {
            throw new AssertionError("no");
        });
        loop.callLater(Duration.ZERO, () -> {
            throw new CancelledError();
        });

        runOneTurn();

        assertThat(check.takeReports()).extracting(r -> r.exception().getClass().getSimpleName())
                .containsExactly("AssertionError", "CancelledError");
    }

    @Test
    void callback_thatOverflowsTheStack_isReportedAndTheLoopGoesOn() {
        loop.callSoon(() -> overflow(0));
        loop.callSoon(() -> trace.add("next"));
        runOneTurn();

        loop.runUntilComplete(() -> {
            sleep(Duration.ofSeconds(1));
            trace.add("task");
        });

        assertThat(check.takeReport().exception()).isInstanceOf(StackOverflowError.class);
        assertThat(trace).containsExactly("next", "task");
    }

    @SuppressWarnings("InfiniteRecursion")
    private static int overflow(int depth) {
        return overflow(depth + 1) + 1;
    }

    @Test
    void task_thatOverflowsTheStack_failsAndTheLoopGoesOn() {
        loop.runUntilComplete(() -> {
            Task<Integer> task = Asyncio.createTask(() -> overflow(0));
            assertThatThrownBy(task::await).isInstanceOf(StackOverflowError.class);
            sleep(Duration.ofSeconds(1));
            trace.add("went on");
        });

        assertThat(trace).containsExactly("went on");
    }

    /// The stack may end in the middle of a call of ours: what is queued must stay whole.
    @Test
    void task_thatOverflowsTheStackWithinCallsOfTheLoop_leavesTheLoopWhole() {
        loop.runUntilComplete(() -> {
            for (int i = 0; i < 20; i++) {
                Task<Integer> task = Asyncio.createTask(() -> overflowScheduling(0));
                assertThatThrownBy(task::await).isInstanceOf(StackOverflowError.class);
            }
            sleep(Duration.ofSeconds(1));
            trace.add("went on");
        });

        assertThat(trace).containsExactly("went on");
    }

    @SuppressWarnings("InfiniteRecursion")
    private int overflowScheduling(int depth) {
        loop.callSoon(() -> { }).cancel();
        loop.callLater(Duration.ofSeconds(1), () -> { }).cancel();
        return overflowScheduling(depth + 1) + 1;
    }

    @Test
    void doneCallback_inATaskThatFailed_seesTheFailureAndNothingIsReported() {
        Task<Void> task = loop.createTask(() -> {
            throw new IOException("no");
        });
        task.addDoneCallback(done -> trace.add(done.exception().getMessage()));

        runOneTurn();
        runOneTurn();

        assertThat(trace).containsExactly("no");
        assertThat(check.takeReports()).isEmpty();
    }

    // ---- the handler

    @Test
    @AsIn("test_base_events.test_set_exc_handler_custom")
    void setExceptionHandler_hasItToldWithTheLoop() {
        loop.setExceptionHandler((of, told) ->
                trace.add(of == loop && told == context ? "told" : "something else"));
        assertThat(loop.getExceptionHandler()).isNotNull();

        loop.callExceptionHandler(context);
        loop.setExceptionHandler(null);
        loop.callExceptionHandler(context);

        assertThat(trace).containsExactly("told", "described");
        assertThat(loop.getExceptionHandler()).isNull();
    }

    @Test
    @AsIn({"test_base_events.test_default_exc_handler_callback",
        "test_base_events.test_default_exc_handler_coro"})
    void defaultExceptionHandler_logsOneRecordWithEverythingInIt() throws Exception {
        assertThat(FreshJvm.run(DefaultHandler.class).lines()
                .filter(line -> !line.isEmpty() && !line.startsWith("\tat "))).satisfiesExactly(
                        line -> assertThat(line).contains("EventLoop defaultExceptionHandler"),
                        line -> assertThat(line).isEqualTo("SEVERE: exception in callback"),
                        line -> assertThat(line).startsWith(
                                "handle: <Handle lambda of " + DefaultHandler.class.getName()),
                        line -> assertThat(line).isEqualTo("java.io.IOException: no"));
    }

    static final class DefaultHandler {

        public static void main(String[] arguments) {
            try (EventLoop loop = new EventLoop()) {
                loop.callSoon(() -> {
                    throw Outcomes.<RuntimeException>rethrow(new IOException("no"));
                });
                loop.callSoon(loop::stop);
                loop.runForever();
            }
        }
    }

    @Test
    @AsIn("test_base_events.test_default_exc_handler_coro")
    void defaultExceptionHandler_tellsTheMessage_thenTheRestByTheAlphabet() {
        loop.setDebug(true);
        Future<Object> future = loop.createFuture();
        Handle handle = loop.callSoon(() -> { });
        List<String> logged = new ArrayList<>();
        try (LoggedErrors _ = new LoggedErrors(logged)) {
            loop.defaultExceptionHandler(ExceptionContext.of("what", null)
                    .withSource("it").withHandle(handle).withFuture(future));
        }
        assertThat(logged).hasSize(1);
        assertThat(logged.getFirst().lines().filter(line -> !line.startsWith("\tat "))
                .map(line -> line.replaceAll(": .*", ":")))
                .containsExactly("what", "future:", "handle:", "handle created at:", "source:",
                        "object created at:");
        runOneTurn();
    }

    /// What is logged to `jloop`, instead of to the console.
    private static final class LoggedErrors extends java.util.logging.Handler
            implements AutoCloseable {

        private static final java.util.logging.Logger LOGGER =
                java.util.logging.Logger.getLogger("jloop");

        private final List<String> messages;

        LoggedErrors(List<String> messages) {
            this.messages = messages;
            LOGGER.setUseParentHandlers(false);
            LOGGER.addHandler(this);
        }

        @Override
        public void publish(java.util.logging.LogRecord record) {
            messages.add(record.getMessage());
        }

        @Override
        public void flush() { }

        @Override
        public void close() {
            LOGGER.removeHandler(this);
            LOGGER.setUseParentHandlers(true);
        }
    }

    @Test
    @AsIn("test_base_events.test_set_exc_handler_broken")
    void handler_thatThrows_isToldToTheDefaultOneAndTheLoopGoesOn() {
        loop.setExceptionHandler((_, _) -> {
            throw new IllegalStateException("handler");
        });
        loop.callSoon(() -> loop.callExceptionHandler(context));
        loop.callSoon(() -> trace.add("next"));

        runOneTurn();

        assertThat(trace).containsExactly("described", "next");
    }

    @Test
    @AsIn("test_base_events.test_default_exc_handler_broken")
    void defaultHandler_thatThrows_doesNotEndTheLoop() {
        Object broken = new Object() {
            @Override
            public String toString() {
                throw new AssertionError("broken");
            }
        };
        ExceptionContext undescribable = ExceptionContext.of("no", null).withSource(broken);
        loop.setExceptionHandler((_, _) -> {
            throw new IllegalStateException("handler");
        });
        loop.callSoon(() -> loop.callExceptionHandler(undescribable));
        loop.callSoon(() -> trace.add("next"));
        runOneTurn();

        loop.setExceptionHandler(null);
        loop.callSoon(() -> loop.callExceptionHandler(undescribable));
        loop.callSoon(() -> trace.add("next"));
        runOneTurn();

        assertThat(trace).containsExactly("next", "next");
    }

    @Test
    void handler_thatThrowsKeyboardInterrupt_endsTheRun() {
        KeyboardInterrupt interrupt = new KeyboardInterrupt();
        loop.setExceptionHandler((_, _) -> {
            throw interrupt;
        });
        loop.callSoon(() -> {
            throw new IllegalArgumentException("callback");
        });
        loop.callSoon(() -> trace.add("stays queued"));

        assertThatThrownBy(loop::runForever).isSameAs(interrupt);
        assertThat(trace).isEmpty();

        runOneTurn();
        assertThat(trace).containsExactly("stays queued");
    }

    @Test
    void handler_mayCallTheLoop() {
        loop.setExceptionHandler((_, told) ->
                loop.callSoon(() -> trace.add("handled: " + told.exception().getMessage())));
        loop.callSoon(() -> {
            throw new IllegalArgumentException("callback");
        });

        runOneTurn();
        runOneTurn();

        assertThat(trace).containsExactly("handled: callback");
    }

    private void runOneTurn() {
        loop.stop();
        loop.runForever();
    }
}
