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
                kill("INT");
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
                kill("INT");
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
            Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 200; i++) kill("INT");
            });
            Asyncio.run(() -> {
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
            Asyncio.run(() -> handle("INT", () -> {
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
            handle("INT", () -> {
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

    // ---- for the programs above

    private static void cleansUp(String who) {
        try {
            sleep(LONG);
        } finally {
            sleep(Duration.ofMillis(10));
            print(who + " cleaned up");
        }
    }

    private static void print(String line) {
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

    private static void reportRun(Runnable program) {
        report(() -> {
            program.run();
            return null;
        });
    }

    private static void kill(String signal) {
        try {
            new ProcessBuilder("kill", "-" + signal, "" + ProcessHandle.current().pid())
                    .start().waitFor();
        } catch (java.io.IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// Sets a signal handler, as another library might.
    private static void handle(String signal, Runnable action) throws Exception {
        Class<?> type = Class.forName("sun.misc.Signal");
        Class<?> handler = Class.forName("sun.misc.SignalHandler");
        Object own = java.lang.reflect.Proxy.newProxyInstance(handler.getClassLoader(),
                new Class<?>[] {handler}, (_, _, _) -> {
                    action.run();
                    return null;
                });
        type.getMethod("handle", type, handler)
                .invoke(null, type.getConstructor(String.class).newInstance(signal), own);
    }
}
