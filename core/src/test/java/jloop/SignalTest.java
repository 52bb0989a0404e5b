package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/// Ctrl-C and SIGTERM, each in a JVM of its own that sends them to itself.
class SignalTest {

    private static final Duration LONG = Duration.ofSeconds(100);

    @Test
    @AsIn("test_runners.test_interrupt_wait")
    void ctrlC_whileMainWaits_cancelsItAndNotYetTheOthers() throws Exception {
        assertThat(FreshJvm.run(Waits.class).lines()).containsExactly(
                "the future is cancelled", "main cleaned up", "the other is left",
                "the other cleaned up", "KeyboardInterrupt by CancelledError");
    }

    static final class Waits {
        public static void main(String[] arguments) {
            reportRun(() -> Asyncio.run(() -> {
                Future<Void> future = Asyncio.getRunningLoop().createFuture();
                Task<?> other = createTask(() -> cleansUp("the other"));
                sleep(Duration.ZERO);
                Asyncio.getRunningLoop().callSoon(() -> kill("INT"));
                try {
                    future.await();
                } finally {
                    if (future.cancelled()) print("the future is cancelled");
                    sleep(Duration.ofMillis(10));
                    print("main cleaned up");
                    if (other.cancelling() == 0) print("the other is left");
                }
            }));
        }
    }

    @Test
    @AsIn("test_runners.test_interrupt_call_soon")
    void ctrlC_whileMainSpins_cancelsIt() throws Exception {
        assertThat(FreshJvm.run(Spins.class).lines()).containsExactly(
                "main cleaned up", "KeyboardInterrupt by CancelledError");
    }

    static final class Spins {
        public static void main(String[] arguments) {
            reportRun(() -> Asyncio.run(() -> {
                Asyncio.getRunningLoop().callSoon(() -> kill("INT"));
                try {
                    while (true) sleep(Duration.ZERO);
                } finally {
                    print("main cleaned up");
                }
            }));
        }
    }

    /// A blocking call of the JDK is a wait too.
    @Test
    void ctrlC_whileMainBlocks_cancelsIt() throws Exception {
        assertThat(FreshJvm.run(Blocks.class).lines()).containsExactly(
                "main cleaned up", "KeyboardInterrupt by CancelledError");
    }

    static final class Blocks {
        public static void main(String[] arguments) {
            reportRun(() -> Asyncio.run(() -> {
                Asyncio.getRunningLoop().callSoon(() -> kill("INT"));
                try {
                    new java.util.concurrent.CountDownLatch(1).await();
                } finally {
                    print("main cleaned up");
                }
            }));
        }
    }

    @Test
    @AsIn("test_runners.test_interrupt_cancelled_task")
    void ctrlC_ofATaskThatAnotherCancelsToo_leavesTheCancelledError() throws Exception {
        assertThat(FreshJvm.run(CancelledTwice.class).lines())
                .containsExactly("CancelledError");
    }

    static final class CancelledTwice {
        public static void main(String[] arguments) {
            reportRun(() -> Asyncio.run(() -> {
                Task<?> main = Asyncio.currentTask();
                Asyncio.getRunningLoop().callSoon(() -> kill("INT"));
                Asyncio.getRunningLoop().callSoon(main::cancel);
                try {
                    sleep(LONG);
                } finally {
                    while (main.cancelling() < 2) sleep(Duration.ZERO);
                }
            }));
        }
    }

    @Test
    void ctrlC_thatMainDenies_isForgottenAndCountsForOneRunOnly() throws Exception {
        assertThat(FreshJvm.run(Denies.class).lines()).containsExactly(
                "1", "2", "KeyboardInterrupt by CancelledError");
    }

    static final class Denies {
        public static void main(String[] arguments) {
            report(() -> {
                try (Runner runner = new Runner()) {
                    for (int i = 1; i <= 2; i++) {
                        int number = i;
                        print("" + runner.run(() -> {
                            Asyncio.getRunningLoop().callSoon(() -> kill("INT"));
                            try {
                                sleep(LONG);
                            } catch (CancelledError e) {
                                return number;
                            }
                            return 0;
                        }));
                    }
                    runner.run(() -> {
                        Asyncio.getRunningLoop().callSoon(() -> kill("INT"));
                        sleep(LONG);
                    });
                }
                return null;
            });
        }
    }

    @Test
    void ctrlC_theSecond_endsTheRunAtOnce() throws Exception {
        assertThat(FreshJvm.run(Twice.class).lines()).containsExactly(
                "once", "cancelled by the cleanup", "KeyboardInterrupt");
    }

    static final class Twice {
        public static void main(String[] arguments) {
            reportRun(() -> Asyncio.run(() -> {
                Asyncio.getRunningLoop().callSoon(() -> kill("INT"));
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    print("once");
                }
                Asyncio.getRunningLoop().callSoon(() -> kill("INT"));
                try {
                    sleep(LONG);
                } finally {
                    print("cancelled by the cleanup");
                }
            }));
        }
    }

    /// Unlike asyncio: there is no way to throw inside a step that never ends.
    @Test
    void ctrlC_theThird_endsTheJvm() throws Exception {
        FreshJvm.Ended ended = FreshJvm.end(Thrice.class);

        assertThat(ended.status()).as("%s", ended).isEqualTo(130);
        assertThat(ended.lines()).containsExactly("a shutdown hook");
    }

    static final class Thrice {
        public static void main(String[] arguments) {
            Runtime.getRuntime().addShutdownHook(
                    Thread.ofPlatform().unstarted(() -> print("a shutdown hook")));
            Asyncio.run(() -> {
                Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 200; i++) kill("INT");
                });
                while (true) Thread.onSpinWait();
            });
        }
    }

    @Test
    void ctrlC_duringTheCleanup_endsItEarly() throws Exception {
        assertThat(FreshJvm.run(InCleanup.class).lines()).containsExactly(
                "stubborn", "KeyboardInterrupt");
    }

    static final class InCleanup {
        public static void main(String[] arguments) {
            reportRun(() -> Asyncio.run(() -> {
                Asyncio.getRunningLoop().setExceptionHandler((_, _) -> { });
                createTask(() -> {
                    try {
                        sleep(LONG);
                    } catch (CancelledError e) {
                        print("stubborn");
                        kill("INT");
                        sleep(LONG);
                    }
                });
                sleep(Duration.ZERO);
            }));
        }
    }

    @Test
    void runForever_interrupted_throwsKeyboardInterruptAndCanGoOn() throws Exception {
        assertThat(FreshJvm.run(Forever.class).lines()).containsExactly(
                "KeyboardInterrupt", "goes on");
    }

    static final class Forever {
        public static void main(String[] arguments) {
            EventLoop loop = new EventLoop();
            loop.callSoon(() -> kill("INT"));
            report(() -> {
                loop.runForever();
                return null;
            });
            loop.runUntilComplete(() -> print("goes on"));
            loop.close();
        }
    }

    @Test
    void handler_afterARun_isTheJvmsAgain() throws Exception {
        FreshJvm.Ended ended = FreshJvm.end(Restores.class);

        assertThat(ended.status()).isEqualTo(130);
        assertThat(ended.lines()).containsExactly("after the run");
    }

    static final class Restores {
        public static void main(String[] arguments) throws Exception {
            Asyncio.run(() -> sleep(Duration.ZERO));
            print("after the run");
            kill("INT");
            Thread.currentThread().join(LONG);
        }
    }

    /// Only if it is still ours.
    @Test
    void handler_setByTheProgramDuringARun_isKept() throws Exception {
        assertThat(FreshJvm.run(SetsItsOwn.class).lines()).containsExactly("own handler");
    }

    static final class SetsItsOwn {
        public static void main(String[] arguments) throws Exception {
            var called = new java.util.concurrent.CountDownLatch(1);
            Asyncio.run(() -> JvmSignals.handle("INT", () -> {
                print("own handler");
                called.countDown();
            }));
            kill("INT");
            called.await();
        }
    }

    @Test
    void handler_setByTheProgramBefore_isLeftAlone() throws Exception {
        assertThat(FreshJvm.run(HasItsOwn.class).lines()).containsExactly("own handler", "done");
    }

    static final class HasItsOwn {
        public static void main(String[] arguments) throws Exception {
            var called = new java.util.concurrent.CountDownLatch(1);
            JvmSignals.handle("INT", () -> {
                print("own handler");
                called.countDown();
            });
            Asyncio.run(() -> {
                kill("INT");
                called.await();
                sleep(Duration.ofMillis(1));
                print("done");
            });
        }
    }

    // ---- SIGTERM

    @Test
    void sigterm_handled_cleansUpAndThenEndsTheJvm() throws Exception {
        FreshJvm.Ended ended = FreshJvm.end(Terminates.class);

        assertThat(ended.status()).as("%s", ended).isEqualTo(143);
        assertThat(ended.lines()).containsExactly(
                "main cleaned up", "the other cleaned up", "a shutdown hook");
    }

    static final class Terminates {
        public static void main(String[] arguments) {
            Runtime.getRuntime().addShutdownHook(
                    Thread.ofPlatform().unstarted(() -> print("a shutdown hook")));
            reportRun(() -> Asyncio.run(() -> {
                createTask(() -> cleansUp("the other"));
                sleep(Duration.ZERO);
                Asyncio.getRunningLoop().callSoon(() -> kill("TERM"));
                cleansUp("main");
            }, o -> o.withHandleSigterm(true)));
        }
    }

    @Test
    void sigterm_handledByARunner_isASystemExitAndTheEndAtClose() throws Exception {
        FreshJvm.Ended ended = FreshJvm.end(TerminatesARunner.class);

        assertThat(ended.status()).as("%s", ended).isEqualTo(143);
        assertThat(ended.lines()).containsExactly(
                "main cleaned up", "SystemExit by CancelledError", "one more run");
    }

    static final class TerminatesARunner {
        public static void main(String[] arguments) {
            try (Runner runner = new Runner(o -> o.withHandleSigterm(true))) {
                report(() -> {
                    runner.run(() -> {
                        Asyncio.getRunningLoop().callSoon(() -> kill("TERM"));
                        cleansUp("main");
                    });
                    return null;
                });
                runner.run(() -> print("one more run"));
            }
            print("not reached");
        }
    }

    @Test
    void sigterm_thatMainDenies_isForgotten() throws Exception {
        assertThat(FreshJvm.run(DeniesToEnd.class).lines()).containsExactly("denied");
    }

    static final class DeniesToEnd {
        public static void main(String[] arguments) {
            print(Asyncio.run(() -> {
                Asyncio.getRunningLoop().callSoon(() -> kill("TERM"));
                try {
                    sleep(LONG);
                } catch (CancelledError e) {
                    return "denied";
                }
                return "not denied";
            }, o -> o.withHandleSigterm(true)));
        }
    }

    @Test
    void sigterm_notHandled_endsTheJvmAtOnce() throws Exception {
        FreshJvm.Ended ended = FreshJvm.end(IsTerminated.class);

        assertThat(ended.status()).isEqualTo(143);
        assertThat(ended.lines()).isEmpty();
    }

    static final class IsTerminated {
        public static void main(String[] arguments) {
            Asyncio.run(() -> {
                Asyncio.getRunningLoop().callSoon(() -> kill("TERM"));
                cleansUp("main");
            });
        }
    }

    // ---- beside handlers of loops

    /// They are above what a run does with Ctrl-C, whichever began first, and give it back.
    @Test
    @AsIn("uv:signals.test_signals_sigint_and_custom_handler")
    void handlersOfALoop_holdCtrlCAsLongAsTheyAreThere() throws Exception {
        FreshJvm.Ended ended = FreshJvm.end(HandlesItself.class);

        assertThat(ended.lines()).containsExactly("handler in run 1", "handler in run 2",
                "main cleaned up", "KeyboardInterrupt by CancelledError");
        assertThat(ended.status()).isEqualTo(130);
    }

    static final class HandlesItself {
        public static void main(String[] arguments) throws Exception {
            reportRun(() -> {
                try (Runner runner = new Runner()) {
                    EventLoop loop = runner.getLoop();
                    for (int i = 1; i <= 2; i++) {
                        Event came = new Event();
                        String where = "handler in run " + i;
                        loop.addSignalHandler("INT", () -> {
                            print(where);
                            came.set();
                        });
                        runner.run(() -> {
                            kill("INT");
                            came.await();
                        });
                    }
                    runner.run(() -> {
                        loop.removeSignalHandler("INT");
                        loop.callSoon(() -> kill("INT"));
                        cleansUp("main");
                    });
                }
            });
            kill("INT");
            Thread.currentThread().join(LONG);
        }
    }

    @Test
    void handlerOfAnotherThreadsLoop_holdsCtrlCToo() throws Exception {
        assertThat(FreshJvm.run(HandledElsewhere.class).lines())
                .containsExactly("handler", "main has ended");
    }

    static final class HandledElsewhere {
        public static void main(String[] arguments) throws Exception {
            var hears = new java.util.concurrent.CountDownLatch(1);
            Thread other = Thread.ofPlatform().start(() -> Asyncio.run(() -> {
                Event came = new Event();
                Asyncio.getRunningLoop().addSignalHandler("INT", () -> {
                    print("handler");
                    came.set();
                });
                hears.countDown();
                came.await();
            }));
            hears.await();
            Asyncio.run(() -> {
                kill("INT");
                other.join();
                print("main has ended");
            });
        }
    }

    @Test
    void receiver_ofSigterm_letsMainEndInItsOwnWay() throws Exception {
        assertThat(FreshJvm.run(EndsByItself.class).lines())
                .containsExactly("got SIGTERM", "done");
    }

    static final class EndsByItself {
        public static void main(String[] arguments) {
            Asyncio.run(() -> {
                try (SignalReceiver signals = Asyncio.openSignalReceiver("INT", "SIGTERM")) {
                    kill("TERM");
                    print("got " + signals.next());
                }
            }, o -> o.withHandleSigterm(true));
            print("done");
        }
    }

    // ---- where signals cannot be had

    @Test
    @AsIn({"test_unix_events.test_add_signal_handler_setup_error",
            "test_runners.test_signal_install_not_supported_ok"})
    void jvmThatLeavesSignalsAlone_saysSo() throws Exception {
        assertThat(FreshJvm.run(FreshJvm.ofThisLevel("-Xrs"), HasNoSignals.class).lines())
                .containsExactly(
                        "SIGINT cannot be caught in a JVM that was started with -Xrs",
                        "URG is heard");
    }

    @Test
    void jvmWithoutTheModule_saysSo() throws Exception {
        String why = "signals need the module jdk.unsupported, which this JVM is without:"
                + " --add-modules jdk.unsupported adds it";
        assertThat(FreshJvm.run(FreshJvm.ofThisLevel("--limit-modules=java.base"),
                HasNoSignals.class).lines()).containsExactly(why, why);
    }

    static final class HasNoSignals {
        public static void main(String[] arguments) {
            Asyncio.run(() -> {
                for (String signal : new String[] {"INT", "URG"}) {
                    try {
                        Asyncio.getRunningLoop().addSignalHandler(signal, () -> { });
                        print(signal + " is heard");
                    } catch (UnsupportedOperationException e) {
                        print(e.getMessage());
                    }
                }
            });
        }
    }

    // ---- amid other things

    @Test
    void ctrlC_whileMainWaitsForAJob_cancelsTheWaitAndTheEndWaitsForTheJob() throws Exception {
        assertThat(FreshJvm.run(WaitsForAJob.class).lines()).containsExactly(
                "main cleaned up", "the job is over", "KeyboardInterrupt by CancelledError");
    }

    static final class WaitsForAJob {
        public static void main(String[] arguments) {
            var cleanedUp = new java.util.concurrent.CountDownLatch(1);
            reportRun(() -> Asyncio.run(() -> {
                try {
                    Asyncio.toThread(() -> {
                        kill("INT");
                        cleanedUp.await();
                        print("the job is over");
                        return null;
                    });
                } finally {
                    print("main cleaned up");
                    cleanedUp.countDown();
                }
            }));
        }
    }

    /// It is as in a step of a task: what runs comes to its end first.
    @Test
    void ctrlC_whileACallbackRuns_letsItEnd() throws Exception {
        assertThat(FreshJvm.run(RunsACallback.class).lines()).containsExactly(
                "the callback is over", "main cleaned up",
                "KeyboardInterrupt by CancelledError");
    }

    static final class RunsACallback {
        public static void main(String[] arguments) {
            reportRun(() -> Asyncio.run(() -> {
                EventLoop loop = Asyncio.getRunningLoop();
                loop.callSoon(() -> {
                    JvmSignals.raise("INT");
                    while (!loop.hasArrivals()) Thread.onSpinWait();
                    print("the callback is over");
                });
                cleansUp("main");
            }));
        }
    }

    // ---- for the programs above

    static void cleansUp(String who) {
        try {
            sleep(LONG);
        } finally {
            sleep(Duration.ofMillis(10));
            print(who + " cleaned up");
        }
    }

    static void print(String line) {
        System.out.println(line);
    }

    /// Prints what `program` throws, with its cause.
    private static void report(Callable<?> program) {
        try {
            program.call();
        } catch (Throwable e) {
            print(e.getClass().getSimpleName() + (e.getCause() == null ? ""
                    : " by " + e.getCause().getClass().getSimpleName()));
        }
    }

    static void reportRun(Runnable program) {
        report(() -> {
            program.run();
            return null;
        });
    }

    /// Waits for `kill`, perhaps longer than the signal takes: a coroutine that is cancelled by
    /// it has a callback or a thread send it.
    static void kill(String signal) {
        try {
            new ProcessBuilder("kill", "-" + signal, "" + ProcessHandle.current().pid())
                    .start().waitFor();
        } catch (java.io.IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
