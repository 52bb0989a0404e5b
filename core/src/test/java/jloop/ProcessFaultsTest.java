package jloop;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static jloop.Asyncio.createSubprocessExec;
import static jloop.Asyncio.createSubprocessShell;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.moveOnAfter;
import static jloop.Asyncio.sleep;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;
import jloop.io.StreamReader;
import jloop.io.StreamWriter;
import jloop.io.Subprocess;
import jloop.io.SubprocessOptions;
import jloop.io.SubprocessOutput;
import jloop.kernel.Errno;
import jloop.kernel.FaultySystemCalls.Call;
import jloop.poller.Clock;
import jloop.poller.Redirect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Child processes that behave badly, and what a system does to them. After each test there is
/// no child left, no zombie, no descriptor and no thread.
@ExtendWith(ChildCheck.class)
class ProcessFaultsTest {

    private static final int SIGCONT = 18;
    private static final Duration MOMENT = Duration.ofMillis(200);

    private static final UnaryOperator<SubprocessOptions> OUT =
            o -> o.withStdout(Redirect.PIPE);
    private static final UnaryOperator<SubprocessOptions> IN_AND_OUT =
            o -> o.withStdin(Redirect.PIPE).withStdout(Redirect.PIPE);
    private static final UnaryOperator<SubprocessOptions> ALL =
            o -> IN_AND_OUT.apply(o).withStderr(Redirect.PIPE);

    /// The state of a process as in proc(5), 0 if there is none.
    private static char state(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2);
        } catch (IOException _) {
            return 0;
        }
    }

    /// A zombie, about to be none (X), or not there.
    private static boolean hasGone(long pid) {
        char state = state(pid);
        return state == 0 || state == 'Z' || state == 'X';
    }

    /// Waits without letting the loop run.
    private static void standStillUntilGone(long pid) {
        standStillUntil(() -> hasGone(pid));
    }

    private static void standStillUntil(BooleanSupplier condition) {
        long end = Clock.SYSTEM.nanos() + Duration.ofSeconds(10).toNanos();
        while (!condition.getAsBoolean() && Clock.SYSTEM.nanos() < end) Thread.onSpinWait();
        assertThat(condition.getAsBoolean()).isTrue();
    }

    private static void kill(long pid) {
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    }

    private static long pid(StreamReader from) throws IOException {
        return Long.parseLong(text(from.readline()).strip());
    }

    // ---- The end

    @EachPoller
    void childrenThatEndBeforeAnybodyLooks_areAllKnown(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            List<Subprocess> children = new ArrayList<>();
            for (int i = 0; i < 20; i++)
                children.add(createSubprocessShell("exit " + i));
            for (Subprocess child : children) standStillUntilGone(child.pid());

            for (int i = 0; i < 20; i++) assertThat(children.get(i).await()).isEqualTo(i);
            rig.checkEcho();
        });
    }

    @Test
    void reapedBySomebodyElse_is255AndNobodyHangs() {
        Rig.run(_ -> {
            Subprocess child = createSubprocessShell("exit 3");
            reap(child.pid());

            assertThat(child.await()).isEqualTo(255);
        });
    }

    /// As a library does that waits for whatever ends.
    @SuppressWarnings("restricted")
    private static void reap(long pid) {
        try {
            int reaped = (int) Linker.nativeLinker().downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("waitpid"),
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT))
                    .invokeExact((int) pid, MemorySegment.NULL, 0);
            if (reaped != pid) throw new AssertionError(reaped + " was reaped, not " + pid);
        } catch (Throwable e) {             // all: what a native call may throw
            throw new AssertionError(e);
        }
    }

    @Test
    void numberThatIsAnothersByNow_isNotSignalled() throws Exception {
        FreshJvm.Ended ended = FreshJvm.end(List.of("unshare", "-pf", "--mount-proc"),
                FreshJvm.ofThisLevel(), PidReuse.class);

        assertThat(ended.lines()).contains("the same number: true", "signals sent",
                "return code 255", "the stranger lives: true");
        assertThat(ended.status()).isZero();
    }

    /// In a namespace of process numbers that is its own: a child is reaped by somebody else,
    /// and a stranger gets its number before the loop has looked.
    static final class PidReuse {

        private PidReuse() { }

        public static void main(String[] args) {
            Asyncio.run(() -> {
                Subprocess child = createSubprocessExec("true");
                long pid = child.pid();
                reap(pid);
                Process stranger = withNumber(pid);
                IO.println("the same number: " + (stranger.pid() == pid));
                child.terminate();
                child.kill();
                IO.println("signals sent");
                IO.println("return code " + child.await());
                sleep(MOMENT);
                IO.println("the stranger lives: " + stranger.isAlive());
                stranger.destroyForcibly();
            });
        }

        /// Other threads of this JVM take numbers too.
        private static Process withNumber(long pid) throws IOException {
            Path last = Path.of("/proc/sys/kernel/ns_last_pid");
            for (int i = 0; i < 100; i++) {
                Files.writeString(last, String.valueOf(pid - 1));
                Process process = new ProcessBuilder("sleep", "1000").start();
                if (process.pid() == pid) return process;
                process.destroyForcibly();
            }
            throw new AssertionError("nobody got " + pid);
        }
    }

    @EachPoller
    void stoppedChild_hasNotEnded(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Subprocess child = createSubprocessShell("kill -STOP $$; exit 5");
            rig.await("it stops", () -> state(child.pid()) == 'T');

            assertThat(moveOnAfter(MOMENT, () -> child.await())).isFalse();
            assertThat(child.returncode()).isNull();
            assertThat(createSubprocessExec("kill", "-" + SIGCONT, "" + child.pid()).await())
                    .isZero();
            assertThat(child.await()).isEqualTo(5);
        });
    }

    @EachPoller
    void childEndedByASignal_hasItsNegativeNumber(Rig.Kind kind, @TempDir Path folder) {
        Rig.run(kind, _ -> {
            Map<String, Integer> codes = Map.of("ABRT", -6, "SEGV", -11, "KILL", -9, "USR1", -10);
            for (var code : codes.entrySet())
                for (String cores : List.of("0", "unlimited")) {
                    Subprocess child = createSubprocessExec(List.of("sh", "-c",
                            "ulimit -c " + cores + "; kill -" + code.getKey() + " $$"),
                            o -> o.withCwd(folder));
                    assertThat(child.await()).as(code.getKey()).isEqualTo(code.getValue());
                }
        });
    }

    @EachPoller
    void childThatIgnoresSigterm_isKilledAfterTheGrace(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Subprocess child = createSubprocessShell(
                    "trap '' TERM; echo ready; while :; do sleep 0.05; done",
                    o -> o.withStdout(Redirect.PIPE).withGrace(MOMENT));
            try (child) {
                child.stdout().readline();
            }
            assertThat(child.returncode()).isEqualTo(-9);
            rig.checkEcho();
        });
    }

    /// By java.nio the end of the output may come with that of the child: so the JDK has it.
    @EachPoller
    void grandchildThatHoldsThePipes_holdsUpNobody(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            long pid = 0;
            try (Subprocess child = createSubprocessShell("sleep 1000 & echo $!", OUT)) {
                pid = pid(child.stdout());
                assertThat(child.await()).isZero();
                boolean isAtItsEnd = moveOnAfter(MOMENT, () -> child.stdout().read(1));
                if (kind == Rig.Kind.EPOLL) assertThat(isAtItsEnd).isFalse();
                rig.checkIdle();
            } finally {
                kill(pid);          // the thread that reads for java.nio ends with it
            }
        });
    }

    @EachPoller
    void loopClosedOverChildrenAndGrandchildren_endsAtOnce(Rig.Kind kind) throws Exception {
        List<ExceptionContext> reports = new ArrayList<>();
        long[] pids = new long[2];
        EventLoop loop = new EventLoop(kind.poller(), Clock.SYSTEM);
        loop.setExceptionHandler((_, context) -> reports.add(context));
        loop.runUntilComplete(() -> {
            Subprocess child = createSubprocessShell("sleep 1000 & echo $!; exec cat", IN_AND_OUT);
            pids[0] = child.pid();
            pids[1] = pid(child.stdout());
        });
        loop.close();

        try {
            standStillUntil(() -> !ChildCheck.children().contains("" + pids[0]));
            assertThat(reports).singleElement().satisfies(report ->
                    assertThat(report.message()).contains("child process was killed"));
        } finally {
            kill(pids[1]);
        }
        Rig.run(rig -> rig.await("an end to the pumps", () -> Thread.getAllStackTraces().keySet()
                .stream().noneMatch(thread -> thread.getName().endsWith("-" + pids[0]))));
    }

    // ---- The pipes

    @EachPoller
    void hundredMegabytes_throughACat_arriveIntact(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            rig.allow(Duration.ofMinutes(1));
            byte[] piece = Rig.pattern(1_000_003);
            int count = 100;
            CRC32 received = new CRC32();
            long[] size = {0};
            try (Subprocess child = createSubprocessExec(List.of("cat"), IN_AND_OUT)) {
                gather(() -> feed(child.stdin(), piece, count), () -> {
                    for (byte[] some; (some = child.stdout().read(1 << 16)).length > 0; ) {
                        received.update(some);
                        size[0] += some.length;
                    }
                }).await();
                assertThat(child.await()).isZero();
            }
            CRC32 sent = new CRC32();
            for (int i = 0; i < count; i++) sent.update(piece);
            assertThat(size[0]).isEqualTo((long) count * piece.length);
            assertThat(received.getValue()).isEqualTo(sent.getValue());
        });
    }

    private static void feed(StreamWriter to, byte[] piece, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            to.write(piece);
            to.drain();
        }
        to.close();
    }

    @EachPoller
    void muchInAllThreePipes_doesNotLockUp(Rig.Kind kind) {
        Rig.run(kind, _ -> {
            byte[] input = Rig.pattern(3_000_000);
            try (Subprocess child = createSubprocessShell("exec tee /dev/stderr", ALL)) {
                SubprocessOutput output = child.communicate(input);

                assertThat(output.stdout()).isEqualTo(input);
                assertThat(output.stderr()).isEqualTo(input);
                assertThat(child.await()).isZero();
            }
        });
    }

    /// `await` alone would wait for ever, as documented; nothing spins, nothing is hoarded.
    @EachPoller
    void outputThatNobodyReads_stopsTheChildAndNobodyElse(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Subprocess child = createSubprocessExec(List.of("yes"), OUT)) {
                rig.await("it sleeps", () -> state(child.pid()) == 'S');
                assertThat(moveOnAfter(MOMENT, () -> child.await())).isFalse();
                rig.checkIdle();
                rig.checkEcho();
                child.kill();
                assertThat(child.await()).isEqualTo(-9);
            }
        });
    }

    @EachPoller
    void stdinClosedEarly_isNoErrorOfCommunicateAndABrokenPipeOfDrain(Rig.Kind kind) {
        Rig.run(kind, _ -> {
            byte[] much = new byte[1_000_000];
            try (Subprocess child = createSubprocessExec(List.of("head", "-c", "1"), IN_AND_OUT)) {
                assertThat(child.communicate(much).stdout()).hasSize(1);
                assertThat(child.await()).isZero();
            }
            try (Subprocess child = createSubprocessExec(List.of("head", "-c", "1"), IN_AND_OUT)) {
                assertThatThrownBy(() -> {
                    while (true) {
                        child.stdin().write(much);
                        child.stdin().drain();
                    }
                }).isInstanceOf(BrokenPipeException.class);
            }
        });
    }

    // ---- The start

    @EachPoller
    void whatCannotBeStarted_isToldAndLeavesNothing(Rig.Kind kind, @TempDir Path folder) {
        Rig.run(kind, rig -> {
            String missing = folder.resolve("missing").toString();
            for (int i = 0; i < 3; i++) {
                assertFails(NoSuchFileException.class, missing, missing);
                assertFails(NoSuchFileException.class, "no-such-program", "no-such-program");
                assertFails(AccessDeniedException.class, "/etc/passwd", "/etc/passwd");
                assertFails(FileSystemException.class, "true", "true", "x".repeat(200_000));
            }
            assertThatThrownBy(() -> createSubprocessExec(List.of("true"),
                    o -> ALL.apply(o).withCwd(Path.of(missing))))
                    .isInstanceOf(NoSuchFileException.class).hasMessageContaining(missing);
            rig.checkEcho();
        });
    }

    private static void assertFails(Class<?> type, String culprit, String... command) {
        assertThatThrownBy(() -> createSubprocessExec(List.of(command), ALL))
                .isInstanceOf(type).hasMessageContaining(culprit);
    }

    @Test
    void noMoreProcesses_isAResourceShortageAndLeavesNothing() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            for (int errno : new int[] {Errno.EAGAIN, Errno.ENOMEM}) {
                calls.failNext(Call.POSIX_SPAWN, 1, errno);
                assertFails(ResourceShortageException.class, "true", "true");
            }
            calls.failNothing();
            assertThat(createSubprocessExec("true").await()).isZero();
            rig.checkEcho();
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.ENOSYS, Errno.EPERM, Errno.EMFILE})
    void noPidfd_aThreadWaits(int errno) {
        FailingCalls calls = new FailingCalls();
        calls.fail(Call.PIDFD_OPEN, 1, Integer.MAX_VALUE, errno);
        Rig.run(calls, rig -> {
            List<Subprocess> children = new ArrayList<>();
            for (int i = 0; i < 10; i++) children.add(createSubprocessShell("read x; exit 7",
                    o -> o.withStdin(Redirect.PIPE)));
            children.getFirst().kill();
            assertThat(children.getFirst().await()).isEqualTo(-9);
            rig.checkIdle();
            for (Subprocess child : children) {
                child.stdin().close();
                if (child.returncode() == null) assertThat(child.await()).isEqualTo(7);
            }
        });
    }

    /// Each shell lists what it has open: its standard streams, and the folder it lists.
    @EachPoller
    void manyAtOnce_shareNoDescriptor(Rig.Kind kind) {
        int count = kind == Rig.Kind.EPOLL ? 500 : 60;      // java.nio has threads for each
        Rig.run(kind, rig -> {
            rig.allow(Duration.ofMinutes(1));
            List<Task<String>> outputs = new ArrayList<>();
            for (int i = 0; i < count; i++)
                outputs.add(createTask(ProcessFaultsTest::openDescriptors));
            for (Task<String> output : outputs) assertThat(output.await()).isEqualTo("0 1 2 3");
            rig.checkEcho();
        });
    }

    private static String openDescriptors() throws IOException {
        try (Subprocess child = createSubprocessShell("cd /proc/$$/fd; echo *",
                o -> ALL.apply(o).withStderr(Redirect.INHERIT))) {
            return child.communicate().text().strip();
        }
    }

    @EachPoller
    void cancelledAnywhere_leavesNoChild(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            for (int turns = 0; turns < 8; turns++) {
                Task<Void> task = createTask(() -> {
                    try (Subprocess child = createSubprocessExec(List.of("sleep", "1000"), ALL)) {
                        child.communicate();
                    }
                });
                rig.turns(turns);
                task.cancel();
                assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
                rig.await("no child", () -> ProcessHandle.current().children()
                        .noneMatch(child -> child.info().command().orElse("").endsWith("sleep")));
            }
        });
    }

    // ---- The end of the parent

    /// Nobody ends a child for a parent that was killed: one that reads its input sees the end
    /// of it, another lives on.
    @Test
    void parentIsKilled_childrenLiveOnUnlessTheyReadTheirInput() throws Exception {
        FreshJvm.Ended ended = FreshJvm.end(ParentDies.class);
        String[] pids = ended.lines().getFirst().split(" ");

        assertThat(ended.status()).isEqualTo(3);
        Rig.run(rig -> rig.await("the end of cat", () -> hasGone(Long.parseLong(pids[0]))));
        assertThat(hasGone(Long.parseLong(pids[1]))).isFalse();
        kill(Long.parseLong(pids[1]));
    }

    static final class ParentDies {

        private ParentDies() { }

        public static void main(String[] args) {
            Asyncio.run(() -> {
                Subprocess cat = createSubprocessExec(List.of("cat"), IN_AND_OUT);
                Subprocess sleep = createSubprocessExec(List.of("sleep", "1000"), o -> o
                        .withStdin(Redirect.DEVNULL).withStdout(Redirect.DEVNULL)
                        .withStderr(Redirect.DEVNULL));
                IO.println(cat.pid() + " " + sleep.pid());
                Runtime.getRuntime().halt(3);
            });
        }
    }
}
