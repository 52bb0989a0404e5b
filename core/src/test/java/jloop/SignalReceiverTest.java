package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openSignalReceiver;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Signals as items. In virtual time a signal is what the JVM tells of it.
class SignalReceiverTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    private static void come(String... signals) {
        for (String signal : signals) SignalTrap.deliver(signal);
    }

    private void at(int second, String... signals) {
        loop.callLater(SECOND.multipliedBy(second), () -> come(signals));
    }

    @Test
    void signals_whileNobodyAsks_areKeptOncePerKindInTheirOrder() {
        loop.runUntilComplete(() -> {
            try (SignalReceiver receiver = openSignalReceiver("SIGIO", "URG", "WINCH")) {
                come("URG", "IO", "URG", "IO", "URG");
                sleep(SECOND);
                come("URG", "WINCH");
                sleep(SECOND);
                trace.add(receiver.next());
                come("URG");
                sleep(SECOND);
                for (int i = 0; i < 3; i++) trace.add(receiver.next());
                trace.add(receiver);
            }
        });
        assertThat(trace).map(Object::toString).containsExactly(
                "URG", "SIGIO", "WINCH", "URG", "<SignalReceiver closed kept=[]>");
    }

    @Test
    void loopOverAReceiver_takesEachAsItComes() {
        at(1, "URG");
        at(2, "IO", "URG");
        at(5, "WINCH");
        loop.runUntilComplete(() -> {
            try (SignalReceiver receiver = openSignalReceiver("URG", "IO", "WINCH")) {
                for (String signal : receiver) {
                    trace.add(signal + " at " + loop.time() / SECOND.toNanos());
                    if (signal.equals("WINCH")) break;
                }
            }
        });
        assertThat(trace).containsExactly("URG at 1", "IO at 2", "URG at 2", "WINCH at 5");
    }

    @EachPoller
    void signal_thatTheProcessSendsItself_isAnItem(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (SignalReceiver receiver = openSignalReceiver("URG")) {
                JvmSignals.raise("URG");
                assertThat(receiver.next()).isEqualTo("URG");
            }
        });
    }

    @Test
    void oneSignalByTwoNames_isOneItemByTheFirst() {
        at(1, "URG");
        at(2, "IO");
        loop.runUntilComplete(() -> {
            try (SignalReceiver receiver = openSignalReceiver("SIGURG", "URG", "IO")) {
                trace.add(receiver.next());
                trace.add(receiver.next());
            }
        });
        assertThat(trace).containsExactly("SIGURG", "IO");
    }

    @Test
    void manyReceiversAndAHandler_areAllTold() {
        at(1, "URG");
        loop.runUntilComplete(() -> {
            loop.addSignalHandler("URG", () -> trace.add("handler"));
            try (SignalReceiver one = openSignalReceiver("URG");
                    SignalReceiver two = openSignalReceiver("URG", "IO")) {
                trace.add("one " + one.next());
                trace.add("two " + two.next());
            }
            loop.removeSignalHandler("URG");
        });
        assertThat(trace).containsExactly("handler", "one URG", "two URG");
    }

    @Test
    void manyTasksOnOneReceiver_shareItsItems() {
        at(1, "URG");
        at(2, "IO");
        loop.runUntilComplete(() -> {
            try (SignalReceiver receiver = openSignalReceiver("URG", "IO")) {
                Task<?> first = createTask(() -> trace.add(receiver.next()));
                Task<?> second = createTask(() -> trace.add(receiver.next()));
                first.await();
                trace.add("one has it");
                second.await();
            }
        });
        assertThat(trace).containsExactly("URG", "one has it", "IO");
    }

    // ---- cancellation

    @Test
    void next_cancelled_losesNothing() {
        loop.runUntilComplete(() -> {
            try (SignalReceiver receiver = openSignalReceiver("URG")) {
                for (int turns = 0; turns < 5; turns++) {
                    Task<String> task = createTask(() -> receiver.next());
                    sleep(SECOND);
                    come("URG");
                    for (int i = 0; i < turns; i++) sleep(Duration.ZERO);
                    task.cancel();
                    String got;
                    try {
                        got = task.await();
                    } catch (CancelledError e) {
                        got = receiver.next();
                    }
                    trace.add(got);
                    assertThat(receiver.toString()).isEqualTo("<SignalReceiver kept=[]>");
                }
            }
        });
        assertThat(trace).containsExactly("URG", "URG", "URG", "URG", "URG");
    }

    // ---- the end

    @Test
    void close_whileATaskWaits_endsItsLoop() {
        loop.runUntilComplete(() -> {
            SignalReceiver receiver = openSignalReceiver("URG");
            Task<?> waits = createTask(() -> {
                for (String signal : receiver) trace.add(signal);
                trace.add("the end");
            });
            Task<?> asks = createTask(() -> assertThatExceptionOfType(
                    NoSuchElementException.class).isThrownBy(receiver::next));
            sleep(SECOND);
            receiver.close();
            receiver.close();
            waits.await();
            asks.await();
        });
        assertThat(trace).containsExactly("the end");
    }

    @Test
    void close_forgetsWhatWasKept() {
        Object stock = JvmSignals.of("URG");
        loop.runUntilComplete(() -> {
            SignalReceiver receiver = openSignalReceiver("URG");
            come("URG");
            sleep(SECOND);
            receiver.close();
            come("URG");
            sleep(SECOND);
            assertThat(receiver.hasNext()).isFalse();
        });
        assertThat(JvmSignals.of("URG")).isSameAs(stock);
    }

    @Test
    void closeOfTheLoop_closesItsReceivers() {
        Object stock = JvmSignals.of("URG");
        SignalReceiver receiver = loop.runUntilComplete(() -> openSignalReceiver("URG"));
        assertThat(JvmSignals.of("URG")).isNotSameAs(stock);
        loop.close();

        assertThat(JvmSignals.of("URG")).isSameAs(stock);
        assertThat(receiver.toString()).isEqualTo("<SignalReceiver closed kept=[]>");
    }

    // ---- misuse

    @Test
    void openSignalReceiver_ofNoSignal_isRefused() {
        loop.runUntilComplete(() -> assertThatIllegalArgumentException()
                .isThrownBy(() -> openSignalReceiver())
                .withMessageContaining("at least one signal"));
    }

    @Test
    void openSignalReceiver_oneCannotBeCaught_hearsOfNone() {
        Object stock = JvmSignals.of("URG");
        loop.runUntilComplete(() -> {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> openSignalReceiver("URG", "KILL"))
                    .withMessageContaining("SIGKILL");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> openSignalReceiver("URG", "NONE"))
                    .withMessageContaining("unknown signal: NONE");
        });
        assertThat(JvmSignals.of("URG")).isSameAs(stock);
    }

    @Test
    void next_outsideOfATask_isRefused() {
        loop.runUntilComplete(() -> {
            try (SignalReceiver receiver = openSignalReceiver("URG")) {
                loop.callSoon(() -> assertThatIllegalStateException()
                        .isThrownBy(receiver::next));
                sleep(SECOND);
            }
        });
    }
}
