package jloop;

import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.jspecify.annotations.Nullable;

/// Callbacks for signals. Where time is virtual, a signal is what the JVM tells of it, when the
/// test wants it to; elsewhere the process sends it to itself.
class SignalHandlerTest {

    private static final String SIGNAL = "URG";         // of no effect where it is not caught

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();
    private Object stock;

    @BeforeEach
    void remember() {
        stock = JvmSignals.of(SIGNAL);
    }

    @AfterEach
    void isGivenBack() {
        loop.close();
        assertThat(JvmSignals.of(SIGNAL)).isSameAs(stock);
    }

    private void turns(int count) {
        loop.runUntilComplete(() -> {
            for (int i = 0; i < count; i++) sleep(Duration.ZERO);
        });
    }

    // ---- real signals

    @EachPoller
    @AsIn({"test_events.test_add_signal_handler",
            "test_events.test_signal_handling_while_selecting"})
    void signal_whileTheLoopSleeps_isACallOfTheLoop(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Event came = new Event();
            rig.loop.addSignalHandler(SIGNAL, () -> {
                trace.add(CurrentLoop.running());
                came.set();
            });
            JvmSignals.raise(SIGNAL);
            came.await();
            assertThat(trace).containsExactly(rig.loop);
        });
    }

    /// Between the last look at what other threads have left, and the sleep.
    @EachPoller
    void signal_justBeforeTheLoopSleeps_wakesIt(Rig.Kind kind) {
        var poller = new SpyPoller(kind.poller()) {
            @Nullable EventLoop tells;

            @Override
            public void poll(long timeoutNanos) {
                EventLoop told = tells;
                if (told != null && timeoutNanos != 0) {
                    tells = null;
                    JvmSignals.raise(SIGNAL);
                    while (!told.hasArrivals()) Thread.onSpinWait();
                }
                super.poll(timeoutNanos);
            }
        };
        Rig.run(poller, rig -> {
            Event came = new Event();
            rig.loop.addSignalHandler(SIGNAL, came::set);
            poller.tells = rig.loop;
            came.await();
            assertThat(poller.tells).isNull();
        });
    }

    @Test
    void signal_ofTwoLoopsThatRun_isToldToBoth() throws Exception {
        Set<EventLoop> told = ConcurrentHashMap.newKeySet();
        CountDownLatch hear = new CountDownLatch(2);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            threads.add(Thread.ofPlatform().start(() -> Asyncio.run(() -> {
                EventLoop own = Asyncio.getRunningLoop();
                Event came = new Event();
                own.addSignalHandler(SIGNAL, () -> {
                    told.add(own);
                    came.set();
                });
                hear.countDown();
                came.await();
            })));
        }
        hear.await();
        JvmSignals.raise(SIGNAL);
        for (Thread thread : threads) thread.join();

        assertThat(told).hasSize(2);
    }

    /// Unlike uvloop, which keeps it for itself.
    @Test
    @AsIn("uv:signals.test_signals_no_SIGCHLD")
    void signalOfChildren_canBeHandledAndTheyAreWaitedForAsEver() {
        Rig.run(rig -> {
            Event came = new Event();
            rig.loop.addSignalHandler("CHLD", came::set);
            Process child = new ProcessBuilder("sh", "-c", "exit 7").start();
            came.await();
            assertThat(child.waitFor()).isEqualTo(7);
        });
    }

    // ---- names

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "SIGTERM"})
    void addSignalHandler_byEitherName_isTheSame(String name) {
        loop.addSignalHandler(name, () -> trace.add(name));
        SignalTrap.deliver("TERM");
        turns(1);

        assertThat(trace).containsExactly(name);
        assertThat(loop.removeSignalHandler("TERM")).isTrue();
    }

    @Test
    void addSignalHandler_byNumber_isTheOneOfTheSystem() {
        loop.addSignalHandler(15, () -> trace.add("15"));
        SignalTrap.deliver("TERM");
        turns(1);

        assertThat(trace).containsExactly("15");
        assertThat(loop.removeSignalHandler("SIGTERM")).isTrue();
        assertThat(loop.removeSignalHandler(15)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "SIG", "term", "TERMINATE", "SIGSIGTERM", "15"})
    @AsIn("test_unix_events.test_check_signal")
    void unknownNames_areRefused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> loop.addSignalHandler(name, () -> { }))
                .withMessageStartingWith("unknown signal: " + name);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> loop.removeSignalHandler(name));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 200})
    @AsIn("test_unix_events.test_check_signal")
    void unknownNumbers_areRefused(int number) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> loop.addSignalHandler(number, () -> { }))
                .withMessageStartingWith("unknown signal: " + number);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> loop.removeSignalHandler(number));
    }

    /// Each twice: the first time must not have changed anything.
    @ParameterizedTest
    @ValueSource(strings = {"KILL", "STOP", "QUIT", "SEGV", "FPE", "ILL", "BUS", "USR2"})
    @AsIn("test_unix_events.test_add_signal_handler_install_error")
    void signalsThatCannotBeCaught_areRefused(String name) {
        for (int i = 0; i < 2; i++) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> loop.addSignalHandler(name, () -> { }))
                    .withMessageStartingWith("SIG" + name).withMessageEndingWith("caught");
        }
        assertThat(loop.removeSignalHandler(name)).isFalse();
    }

    // ---- calls

    @Test
    @AsIn("test_events.test_signal_handling_args")
    void callback_runsInTheContextOfItsAdding() {
        ContextVar<String> variable = new ContextVar<>("variable", "unset");
        loop.runUntilComplete(() -> {
            variable.set("mine");
            loop.addSignalHandler(SIGNAL, () -> {
                trace.add(variable.get());
                variable.set("the last call's");
            });
            variable.set("changed");
        });
        for (int i = 0; i < 2; i++) {
            SignalTrap.deliver(SIGNAL);
            turns(1);
        }

        assertThat(trace).containsExactly("mine", "the last call's");
    }

    @Test
    void signals_beforeTheCallback_areOneCall() {
        loop.addSignalHandler(SIGNAL, () -> trace.add("call"));
        for (int i = 0; i < 1000; i++) SignalTrap.deliver(SIGNAL);
        turns(3);

        assertThat(trace).containsExactly("call");
    }

    @Test
    void signal_duringTheCallback_isAnotherCall() {
        loop.addSignalHandler(SIGNAL, () -> {
            trace.add("call");
            if (trace.size() < 3) SignalTrap.deliver(SIGNAL);
        });
        SignalTrap.deliver(SIGNAL);
        turns(5);

        assertThat(trace).containsExactly("call", "call", "call");
    }

    @Test
    void callback_thatWaits_holdsUpNoOtherSignal() {
        CountDownLatch second = new CountDownLatch(1);
        loop.addSignalHandler(SIGNAL, () -> {
            trace.add("begun");
            if (trace.size() > 1) second.countDown();
            await(second);
            loop.checkThread("this");       // back in the loop's hands at every level
            trace.add("over");
        });
        SignalTrap.deliver(SIGNAL);
        loop.callLater(Duration.ofSeconds(1), () -> SignalTrap.deliver(SIGNAL));
        loop.runUntilComplete(() -> {
            while (trace.size() < 4) sleep(Duration.ofSeconds(1));
        });

        assertThat(trace).containsExactly("begun", "begun", "over", "over");
    }

    /// By blocking: it is called in a callback.
    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void callback_thatThrows_isReportedAndCalledAgain() {
        RuntimeException failure = new RuntimeException("of the callback");
        loop.addSignalHandler(SIGNAL, () -> {
            trace.add("call");
            throw failure;
        });
        for (int i = 0; i < 2; i++) {
            SignalTrap.deliver(SIGNAL);
            turns(1);
            assertThat(check.takeReport().exception()).isSameAs(failure);
        }
        assertThat(trace).containsExactly("call", "call");
    }

    @Test
    void callback_thatThrowsToEndTheRun_endsIt() {
        loop.addSignalHandler(SIGNAL, () -> {
            throw new SystemExit(3);
        });
        loop.callSoon(() -> SignalTrap.deliver(SIGNAL));

        assertThatExceptionOfType(SystemExit.class).isThrownBy(loop::runForever);
    }

    @Test
    void callback_thatRemovesItself_isNotCalledAgain() {
        loop.addSignalHandler(SIGNAL, () -> {
            trace.add(loop.removeSignalHandler(SIGNAL));
            SignalTrap.deliver(SIGNAL);
        });
        SignalTrap.deliver(SIGNAL);
        turns(3);

        assertThat(trace).containsExactly(true);
    }

    @Test
    void callback_thatReplacesItself_isNotCalledAgain() {
        loop.addSignalHandler(SIGNAL, () -> {
            trace.add("first");
            loop.addSignalHandler(SIGNAL, () -> trace.add("second"));
            SignalTrap.deliver(SIGNAL);
        });
        SignalTrap.deliver(SIGNAL);
        turns(3);

        assertThat(trace).containsExactly("first", "second");
    }

    // ---- adding and removing

    @Test
    void addSignalHandler_again_replacesTheCallback() {
        loop.addSignalHandler(SIGNAL, () -> trace.add("first"));
        loop.addSignalHandler(SIGNAL, () -> trace.add("second"));
        SignalTrap.deliver(SIGNAL);
        turns(1);

        assertThat(trace).containsExactly("second");
        assertThat(loop.removeSignalHandler(SIGNAL)).isTrue();
        assertThat(JvmSignals.of(SIGNAL)).isSameAs(stock);
    }

    @Test
    @AsIn({"test_unix_events.test_remove_signal_handler",
            "test_unix_events.test_remove_signal_handler_2"})
    void removeSignalHandler_givesBackWhatWasThere() {
        List<String> own = new ArrayList<>();
        Object before = JvmSignals.handle(SIGNAL, () -> own.add("own"));
        Object handler = JvmSignals.of(SIGNAL);
        try {
            loop.addSignalHandler(SIGNAL, () -> trace.add("call"));
            assertThat(JvmSignals.of(SIGNAL)).isNotSameAs(handler);

            assertThat(loop.removeSignalHandler(SIGNAL)).isTrue();
            assertThat(JvmSignals.of(SIGNAL)).isSameAs(handler);
            assertThat(loop.removeSignalHandler(SIGNAL)).isFalse();
        } finally {
            JvmSignals.set(SIGNAL, before);
        }
    }

    @Test
    void removeSignalHandler_afterTheProgramHasTakenTheSignal_leavesItTheProgram() {
        loop.addSignalHandler(SIGNAL, () -> { });
        JvmSignals.handle(SIGNAL, () -> { });
        Object handler = JvmSignals.of(SIGNAL);
        loop.removeSignalHandler(SIGNAL);

        assertThat(JvmSignals.of(SIGNAL)).isSameAs(handler);
        JvmSignals.set(SIGNAL, stock);
    }

    @Test
    void addSignalHandler_afterTheProgramHasTakenTheSignal_takesItAgain() {
        loop.addSignalHandler(SIGNAL, () -> { });
        Object ours = JvmSignals.handle(SIGNAL, () -> { });
        Object handler = JvmSignals.of(SIGNAL);
        loop.addSignalHandler(SIGNAL, () -> { });

        assertThat(JvmSignals.of(SIGNAL)).isSameAs(ours);
        loop.removeSignalHandler(SIGNAL);
        assertThat(JvmSignals.of(SIGNAL)).isSameAs(handler);
        JvmSignals.set(SIGNAL, stock);
    }

    @Test
    @AsIn({"test_unix_events.test_handle_signal_no_handler",
            "test_unix_events.test_handle_signal_cancelled_handler"})
    void signal_underWayWhenItsHandlerIsRemoved_isForgotten() {
        loop.addSignalHandler(SIGNAL, () -> trace.add("call"));
        SignalTrap.deliver(SIGNAL);
        loop.removeSignalHandler(SIGNAL);
        SignalTrap.deliver(SIGNAL);
        turns(2);

        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn("test_unix_events.test_close")
    void close_removesAll() {
        String term = JvmSignals.of("TERM").toString();
        loop.addSignalHandler(SIGNAL, () -> trace.add(SIGNAL));
        loop.addSignalHandler("TERM", () -> trace.add("TERM"));
        SignalTrap.deliver(SIGNAL);
        loop.close();

        assertThat(JvmSignals.of(SIGNAL)).isSameAs(stock);
        assertThat(JvmSignals.of("TERM")).hasToString(term);
        assertThat(loop.removeSignalHandler(SIGNAL)).isFalse();
        assertThat(trace).isEmpty();
    }

    @Test
    void twoLoops_oneRemovesItsHandler_theOtherIsStillTold() {
        EventLoop other = check.newLoop();
        loop.addSignalHandler(SIGNAL, () -> trace.add("first"));
        other.addSignalHandler(SIGNAL, () -> trace.add("other"));
        for (int i = 0; i < 2; i++) {
            SignalTrap.deliver(SIGNAL);
            turns(1);
            other.runUntilComplete(() -> sleep(Duration.ZERO));
            loop.removeSignalHandler(SIGNAL);
        }
        other.close();

        assertThat(trace).containsExactly("first", "other", "other");
    }

    @Test
    void loopThatIsClosed_takesNoHandler() {
        loop.close();

        assertThatIllegalStateException()
                .isThrownBy(() -> loop.addSignalHandler(SIGNAL, () -> { }))
                .withMessage("event loop is closed");
    }

    @Test
    void otherThreads_areTurnedAway() {
        loop.runUntilComplete(() -> {
            Thread other = Thread.ofPlatform().start(() -> {
                assertThatExceptionOfType(WrongThreadException.class)
                        .isThrownBy(() -> loop.addSignalHandler(SIGNAL, () -> { }))
                        .withMessageContaining("addSignalHandler");
                assertThatExceptionOfType(WrongThreadException.class)
                        .isThrownBy(() -> loop.removeSignalHandler(SIGNAL))
                        .withMessageContaining("removeSignalHandler");
                trace.add("checked");
            });
            other.join();
        });
        assertThat(trace).containsExactly("checked");
    }

    /// The map is changed by all loops at once, and every handler finds its way back.
    @Test
    void manyLoopsAtOnce_addAndRemove_leaveTheSignalAsItWas() throws Exception {
        List<Thread> threads = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(4);
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.ofPlatform().start(() -> Asyncio.run(() -> {
                EventLoop own = Asyncio.getRunningLoop();
                for (int round = 0; round < 200; round++) {
                    Event came = new Event();
                    own.addSignalHandler(SIGNAL, came::set);
                    SignalTrap.deliver(SIGNAL);
                    came.await();
                    assertThat(own.removeSignalHandler(SIGNAL)).isTrue();
                }
                done.countDown();
            })));
        }
        for (Thread thread : threads) thread.join();

        assertThat(done.getCount()).isZero();
        assertThat(JvmSignals.of(SIGNAL)).isSameAs(stock);
    }
}
