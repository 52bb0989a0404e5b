package jloop.io;

import static jloop.Asyncio.createSubprocessExec;
import static jloop.Asyncio.createSubprocessShell;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.moveOnAfter;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.waitFor;
import static jloop.Rig.bytes;
import static jloop.Rig.pattern;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.logging.StreamHandler;
import jloop.BrokenPipeException;
import jloop.CancelledError;
import jloop.ChildCheck;
import jloop.EventLoop;
import jloop.ProcessLookupException;
import jloop.Rig;
import jloop.Task;
import jloop.kernel.RawFiles;
import jloop.kernel.VirtualPoller;
import jloop.poller.Redirect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Child processes with streams, on epoll.
@ExtendWith(ChildCheck.class)
class SubprocessTest {

    private static final int SIGUSR1 = 10;
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;

    private static final UnaryOperator<SubprocessOptions> OUT =
            o -> o.withStdout(Redirect.PIPE);
    private static final UnaryOperator<SubprocessOptions> PIPES =
            o -> o.withStdin(Redirect.PIPE).withStdout(Redirect.PIPE).withStderr(Redirect.PIPE);

    private static String output(String command) throws IOException {
        return output(command, OUT);
    }

    private static String output(String command, UnaryOperator<SubprocessOptions> options)
            throws IOException {
        try (Subprocess child = createSubprocessShell(command, options)) {
            return child.communicate().text();
        }
    }

    // ---- Streams

    @Test
    void stdinAndStdout_ofACat_arePipesInBothDirections() {
        Rig.run(_ -> {
            try (Subprocess child = createSubprocessExec(List.of("cat"), PIPES)) {
                StreamWriter in = Objects.requireNonNull(child.stdin());
                StreamReader out = Objects.requireNonNull(child.stdout());
                in.write(bytes("some data\n"));
                in.drain();
                assertThat(text(out.readline())).isEqualTo("some data\n");
                assertThat(child.returncode()).isNull();
                in.close();
                assertThat(out.readAll()).isEmpty();
                assertThat(child.await()).isZero();
                assertThat(child.returncode()).isZero();
            }
        });
    }

    @Test
    void streams_thatAreNoPipes_areNull() {
        Rig.run(_ -> {
            try (Subprocess child = createSubprocessExec("true")) {
                assertThat(child.stdin()).isNull();
                assertThat(child.stdout()).isNull();
                assertThat(child.stderr()).isNull();
                assertThat(child.communicate()).isEqualTo(new SubprocessOutput(null, null));
                assertThat(child.returncode()).isZero();
            }
        });
    }

    @Test
    void communicate_feedsReadsBothAndWaits() {
        Rig.run(_ -> {
            try (Subprocess child = createSubprocessShell(
                    "cat /dev/stdin; echo oops >&2; exit 7", PIPES)) {
                SubprocessOutput output = child.communicate(bytes("some data"));
                assertThat(output.text()).isEqualTo("some data");
                assertThat(text(Objects.requireNonNull(output.stderr()))).isEqualTo("oops\n");
                assertThat(child.returncode()).isEqualTo(7);
                assertThat(output).hasToString(
                        "<SubprocessOutput stdout=9 bytes stderr=5 bytes>");
            }
        });
    }

    @Test
    void communicate_withoutInput_closesStdin() {
        Rig.run(_ -> assertThat(output("cat | wc -c", PIPES).strip()).isEqualTo("0"));
    }

    @Test
    void communicate_ofMuchInAllDirections_doesNotLockUp() {
        Rig.run(_ -> {
            byte[] much = pattern(3_000_000);
            try (Subprocess child = createSubprocessShell("tee /dev/stderr", PIPES)) {
                SubprocessOutput output = child.communicate(much);
                assertThat(output.stdout()).isEqualTo(much);
                assertThat(output.stderr()).isEqualTo(much);
                assertThat(child.returncode()).isZero();
            }
        });
    }

    @Test
    void communicate_ofAChildThatDoesNotReadAll_isNoError() {
        Rig.run(_ -> {
            try (Subprocess child = createSubprocessExec(
                    List.of("head", "-c", "3"), PIPES)) {
                assertThat(child.communicate(pattern(1_000_000)).stdout()).hasSize(3);
            }
        });
    }

    @Test
    void communicate_cancelled_leavesTheChild() {
        Rig.run(rig -> {
            try (Subprocess child = createSubprocessExec(List.of("sleep", "1000"), OUT)) {
                Task<SubprocessOutput> talk = createTask(() -> child.communicate());
                rig.turns(3);
                talk.cancel();
                assertThatThrownBy(talk::await).isInstanceOf(CancelledError.class);
                rig.turns(2);
                assertThat(child.returncode()).isNull();
                child.kill();
                assertThat(child.await()).isEqualTo(-SIGKILL);
            }
        });
    }

    @Test
    void drain_toAChildThatHasGone_isABrokenPipe() {
        Rig.run(_ -> {
            try (Subprocess child = createSubprocessExec(List.of("true"), PIPES)) {
                child.await();
                StreamWriter in = Objects.requireNonNull(child.stdin());
                in.write(pattern(100_000));
                assertThatThrownBy(in::drain).isInstanceOf(BrokenPipeException.class);
            }
        });
    }

    @Test
    void writeEof_ofStdin_endsIt() {
        Rig.run(_ -> {
            try (Subprocess child = createSubprocessExec(List.of("cat"), PIPES)) {
                StreamWriter in = Objects.requireNonNull(child.stdin());
                in.write(bytes("end"));
                in.writeEof();
                assertThat(text(Objects.requireNonNull(child.stdout()).readAll()))
                        .isEqualTo("end");
                assertThat(child.await()).isZero();
            }
        });
    }

    @Test
    void limit_isThatOfTheReaders() {
        Rig.run(_ -> {
            try (Subprocess child = createSubprocessShell(
                    "echo 0123456789", o -> OUT.apply(o).withLimit(4))) {
                StreamReader out = Objects.requireNonNull(child.stdout());
                assertThatThrownBy(() -> out.readuntil(bytes("\n")))
                        .isInstanceOf(LimitOverrunException.class);
                assertThat(text(out.readAll())).isEqualTo("0123456789\n");
                child.await();
            }
        });
    }

    // ---- Redirects

    @Test
    void stderr_mergedIntoStdout_comesInOrder() {
        Rig.run(_ -> {
            try (Subprocess child = createSubprocessShell(
                    "echo one; echo two >&2; echo three",
                    o -> OUT.apply(o).withStderr(Redirect.STDOUT))) {
                SubprocessOutput output = child.communicate();
                assertThat(output.text()).isEqualTo("one\ntwo\nthree\n");
                assertThat(output.stderr()).isNull();
            }
            assertThatThrownBy(() -> createSubprocessExec(List.of("true"),
                    o -> o.withStdout(Redirect.STDOUT)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("only stderr can be the same as stdout");
        });
    }

    @Test
    void devnull_isEmptyAndTakesEverything() {
        Rig.run(_ -> {
            assertThat(output("cat", o -> OUT.apply(o).withStdin(Redirect.DEVNULL))).isEmpty();
            try (Subprocess child = createSubprocessShell("echo much; echo more >&2",
                    o -> o.withStdout(Redirect.DEVNULL).withStderr(Redirect.DEVNULL))) {
                assertThat(child.await()).isZero();
            }
        });
    }

    @Test
    void files_areReadEmptiedAndAppendedTo(@TempDir Path folder) {
        Path in = folder.resolve("in");
        Path out = folder.resolve("out");
        Path log = folder.resolve("log");
        Rig.run(_ -> {
            Files.writeString(in, "input\n");
            Files.writeString(out, "much longer than what follows");
            for (int i = 0; i < 2; i++) {
                try (Subprocess child = createSubprocessShell("cat; echo warning >&2",
                        o -> o.withStdin(Redirect.from(in)).withStdout(Redirect.to(out))
                                .withStderr(Redirect.appendTo(log)))) {
                    assertThat(child.await()).isZero();
                }
            }
            assertThat(out).hasContent("input\n");
            assertThat(log).hasContent("warning\nwarning\n");
            assertThatThrownBy(() -> createSubprocessExec(List.of("cat"),
                    o -> o.withStdin(Redirect.from(folder.resolve("none")))))
                    .isInstanceOf(NoSuchFileException.class)
                    .hasMessage(folder.resolve("none")
                            + ": ENOENT: no such file or directory (to start cat)");
        });
    }

    @Test
    void descriptors_asStreams_areTheOnesOfThisProcessBeforeAnyWasReplaced() {
        Rig.run(_ -> {
            int[] pipe = RawFiles.pipe();
            try (Subprocess child = createSubprocessShell("echo here >&2",
                    o -> OUT.apply(o).withStderr(Redirect.ofDescriptor(pipe[1])))) {
                assertThat(child.communicate().text()).isEmpty();
            }
            assertThat(RawFiles.read(pipe[0])).isEqualTo("here\n");
            RawFiles.close(pipe[0], pipe[1]);
            // stderr is what our descriptor 1 is, and not the pipe that stdout is in the child.
            assertThat(output("readlink /proc/self/fd/2", o -> OUT.apply(o)
                    .withStderr(Redirect.ofDescriptor(1))).strip())
                    .isEqualTo(Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString());
            assertThatThrownBy(() -> createSubprocessExec(List.of("true"),
                    o -> o.withStdout(Redirect.ofDescriptor(pipe[1]))))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessageContaining("descriptor " + pipe[1] + ": EBADF");
        });
    }

    @Test
    void children_haveNoDescriptorsButTheirOwn() {
        Rig.run(_ -> {
            int[] pipe = RawFiles.pipe();
            RawFiles.inherit(pipe[0]);
            try (Subprocess other = createSubprocessExec(List.of("cat"), PIPES)) {
                assertThat(output("ls /proc/self/fd | wc -l").strip())
                        .as("0, 1, 2 and that of ls").isEqualTo("4");
                other.kill();
            }
            RawFiles.close(pipe[0], pipe[1]);
        });
    }

    @Test
    void passedDescriptors_haveTheirNumbersAndNoOthersAreOpen() {
        Rig.run(_ -> {
            int[] pipe = RawFiles.pipe();
            int beyond = RawFiles.duplicate(pipe[1], 77);
            int between = RawFiles.duplicate(pipe[1], 66);
            RawFiles.inherit(between);
            try (Subprocess child = createSubprocessShell(
                    "echo by number >/dev/fd/" + beyond + "; ls /proc/self/fd | tr '\\n' ' '",
                    o -> OUT.apply(o).withPassedDescriptors(beyond, pipe[0]))) {
                assertThat(child.communicate().text().strip().split(" "))
                        .contains(String.valueOf(beyond), String.valueOf(pipe[0])).hasSize(6);
            }
            assertThat(RawFiles.read(pipe[0])).isEqualTo("by number\n");
            RawFiles.close(pipe[0], pipe[1], beyond, between);
            assertThatThrownBy(() -> createSubprocessExec(List.of("true"),
                    o -> o.withPassedDescriptors(beyond)))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessageContaining("descriptor " + beyond + ": EBADF");
        });
    }

    // ---- Environment

    @Test
    void env_isAllThereIs_andItsPathFindsTheProgram(@TempDir Path folder) {
        Rig.run(_ -> {
            Path program = Files.writeString(folder.resolve("greet"), "#!/bin/sh\necho $NAME");
            assertThat(program.toFile().setExecutable(true)).isTrue();
            // In the locale C the system has no umlauts.
            String name = System.getProperty("sun.jnu.encoding").equals("UTF-8")
                    ? "J\u00fcrgen" : "Juergen";
            Map<String, String> env = Map.of("NAME", name, "PATH",
                    "/nowhere:" + folder + ":/bin:/usr/bin");
            try (Subprocess child = createSubprocessExec(
                    List.of("greet"), o -> OUT.apply(o).withEnv(env))) {
                assertThat(child.communicate().text()).isEqualTo(name + "\n");
            }
            assertThat(output("env", o -> OUT.apply(o).withEnv(Map.of("FOO", "bar"))).lines())
                    .contains("FOO=bar").noneMatch(line -> line.startsWith("HOME="));
            assertThat(output("echo \"$PATH\"")).isEqualTo(System.getenv("PATH") + "\n");
        });
    }

    @Test
    void env_andCommand_thatNoSystemCanHave_areRejected() {
        Rig.run(_ -> {
            assertRejected("the name of a variable is not empty and has no =: \"A=\"",
                    List.of("true"), o -> o.withEnv(Map.of("A=", "b")));
            assertRejected("a NUL within \"b\0\"",
                    List.of("true"), o -> o.withEnv(Map.of("A", "b\0")));
            assertRejected("a NUL within \"\0\"", List.of("true", "\0"), o -> o);
            assertRejected("a program was expected, not []", List.of(), o -> o);
            assertRejected("a process group is at least 0, not -1",
                    List.of("true"), o -> o.withProcessGroup(-1));
            assertRejected("a new session is in a process group of its own: process group 5 is"
                    + " one too many",
                    List.of("true"), o -> o.withNewSession(true).withProcessGroup(5));
            assertRejected("signals for a group need one of the process's own: a new session,"
                    + " or process group 0",
                    List.of("true"), o -> o.withGroupSignals(true));
            assertRejected("the grace must not be negative, but is PT-1S",
                    List.of("true"), o -> o.withGrace(Duration.ofSeconds(-1)));
            assertRejected("stdin reads from a file, stdout and stderr write to one: "
                    + "File[path=/dev/null, use=WRITE], INHERIT, INHERIT",
                    List.of("true"), o -> o.withStdin(Redirect.to(Path.of("/dev/null"))));
            assertRejected("a file descriptor is at least 0, not -1",
                    List.of("true"), o -> o.withPassedDescriptors(-1));
        });
    }

    private static void assertRejected(String message, List<String> command,
            UnaryOperator<SubprocessOptions> options) {
        assertThatThrownBy(() -> createSubprocessExec(command, options))
                .isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void cwd_isWhereItStarts_alsoForARelativeProgram(@TempDir Path folder) {
        Rig.run(_ -> {
            Path real = folder.toRealPath();
            assertThat(output("pwd -P", o -> OUT.apply(o).withCwd(folder)).strip())
                    .isEqualTo(real.toString());
            Path program = Files.writeString(folder.resolve("here"), "#!/bin/sh\necho found");
            assertThat(program.toFile().setExecutable(true)).isTrue();
            try (Subprocess child = createSubprocessExec(
                    List.of("./here"), o -> OUT.apply(o).withCwd(folder))) {
                assertThat(child.communicate().text()).isEqualTo("found\n");
            }
        });
    }

    @Test
    void newSessionAndProcessGroup_areWhatTheyAreCalled() {
        Rig.run(_ -> {
            String ids = "ps -o pid=,pgid=,sid= -p $$";
            String[] session = output(ids, o -> OUT.apply(o).withNewSession(true))
                    .strip().split(" +");
            assertThat(session[1]).isEqualTo(session[0]);
            assertThat(session[2]).isEqualTo(session[0]);
            String[] group = output(ids, o -> OUT.apply(o).withProcessGroup(0))
                    .strip().split(" +");
            assertThat(group[1]).isEqualTo(group[0]);
            assertThat(group[2]).isNotEqualTo(group[0]);
            try (Subprocess leader = createSubprocessExec(
                    List.of("sleep", "1000"),
                    o -> o.withProcessGroup(0).withGrace(Duration.ZERO))) {
                assertThat(output(ids, o -> OUT.apply(o).withProcessGroup((int) leader.pid()))
                        .strip().split(" +")[1]).isEqualTo(String.valueOf(leader.pid()));
            }
        });
    }

    @Test
    void signals_ofAChild_areNeitherBlockedNorIgnored() {
        Rig.run(_ -> {
            String status = output("cat /proc/self/status");
            assertThat(status).containsPattern("SigBlk:\\s+0{16}\\n");
            long ignored = Long.parseUnsignedLong(
                    status.replaceAll("(?s).*SigIgn:\\s+(\\p{XDigit}+).*", "$1"), 16);
            assertThat(ignored & (1L << 12 | 1L << 24)).as("SIGPIPE and SIGXFSZ").isZero();
        });
    }

    // ---- What cannot be started

    @Test
    void programs_thatAreNotThere_orNoPrograms_leaveNothing(@TempDir Path folder) {
        Rig.run(_ -> {
            Path text = Files.writeString(folder.resolve("text"), "no program");
            Path script = Files.writeString(folder.resolve("script"), "#!/nowhere/at/all\n");
            assertThat(script.toFile().setExecutable(true)).isTrue();
            assertThatThrownBy(() -> createSubprocessExec(List.of("no-such-program"), PIPES))
                    .isInstanceOf(NoSuchFileException.class)
                    .hasMessage("no-such-program: ENOENT: no such file or directory");
            assertThatThrownBy(() -> createSubprocessExec(List.of(text.toString()), PIPES))
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessage(text + ": EACCES: permission denied");
            assertThatThrownBy(() -> createSubprocessExec(script.toString()))
                    .isInstanceOf(NoSuchFileException.class);
            assertThat(text.toFile().setExecutable(true)).isTrue();
            assertThatThrownBy(() -> createSubprocessExec(text.toString()))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessage(text + ": ENOEXEC: not a program");
            assertThatThrownBy(() -> createSubprocessExec(List.of("true"),
                    o -> PIPES.apply(o).withCwd(folder.resolve("none"))))
                    .isInstanceOf(NoSuchFileException.class)
                    .hasMessage(folder.resolve("none")
                            + ": ENOENT: no such file or directory (to start true)");
            assertThatThrownBy(() -> createSubprocessExec("echo", "x".repeat(200_000)))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessage("echo: E2BIG: arguments and environment are too long");
        });
    }

    @Test
    void virtualTime_hasNoChildren() {
        Rig.run(new VirtualPoller(), _ -> assertThatThrownBy(() -> createSubprocessExec("true"))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("there are no child processes in virtual time, which they would not"
                        + " keep: a test that starts [true] needs a loop in real time"));
    }

    // ---- The end

    @Test
    void await_ofManyTasks_tellsAllAndOneMayBeCancelled() {
        Rig.run(rig -> {
            try (Subprocess child = createSubprocessExec(List.of("cat"), PIPES)) {
                Task<Integer> first = createTask(child::await);
                Task<Integer> second = createTask(child::await);
                rig.turns(2);
                second.cancel();
                assertThatThrownBy(second::await).isInstanceOf(CancelledError.class);
                Objects.requireNonNull(child.stdin()).close();
                assertThat(first.await()).isZero();
                assertThat(child.await()).isZero();
            }
        });
    }

    @Test
    void await_whileAGrandchildHasThePipe_returnsAtTheExit() {
        Rig.run(_ -> {
            try (Subprocess child = createSubprocessShell("sleep 1000 & echo $!", OUT)) {
                StreamReader out = Objects.requireNonNull(child.stdout());
                assertThat(waitFor(child::await, Duration.ofSeconds(20))).isZero();
                long grandchild = Long.parseLong(text(out.readline()).strip());
                assertThat(moveOnAfter(Duration.ofMillis(50), () -> out.readAll())).isFalse();
                ProcessHandle.of(grandchild).ifPresent(ProcessHandle::destroyForcibly);
                assertThat(out.readAll()).isEmpty();
            }
        });
    }

    @Test
    void await_whenTheChildHasEndedBeforeAnybodyLooked_knows() {
        Rig.run(rig -> {
            try (Subprocess child = createSubprocessShell("exit 3")) {
                rig.await("the end", () -> child.returncode() != null);
                assertThat(child.await()).isEqualTo(3);
            }
        });
    }

    @Test
    void await_ofAChildThatSomebodyElseHasReaped_is255AndAWarning() {
        Rig.run(_ -> {
            List<String> warnings = new CopyOnWriteArrayList<>();
            Logger logger = Logger.getLogger("jloop");
            Handler handler = new StreamHandler() {
                @Override
                public synchronized void publish(LogRecord entry) {
                    warnings.add(new SimpleFormatter().formatMessage(entry));
                }
            };
            logger.addHandler(handler);
            try (Subprocess child = createSubprocessShell("exit 3")) {
                RawFiles.reap(child.pid());
                assertThat(child.await()).isEqualTo(255);
                assertThat(warnings).contains("<ChildProcess " + child.pid() + " /bin/sh running>"
                        + " was reaped by somebody else: its return code is unknown, and taken"
                        + " for 255");
            } finally {
                logger.removeHandler(handler);
            }
        });
    }

    @Test
    void signals_areSent_andTheReturnCodeIsTheNegativeNumber() {
        Rig.run(_ -> {
            for (int signal : new int[] {SIGUSR1, SIGTERM, SIGKILL}) {
                try (Subprocess child = createSubprocessExec(List.of("sleep", "1000"), OUT)) {
                    if (signal == SIGTERM) child.terminate();
                    else if (signal == SIGKILL) child.kill();
                    else child.sendSignal(signal);
                    assertThat(child.await()).isEqualTo(-signal);
                    assertThat(child).hasToString(
                            "<Subprocess " + child.pid() + " returncode=-" + signal + ">");
                    assertThatThrownBy(child::kill).isInstanceOf(ProcessLookupException.class)
                            .hasMessageContaining(" has ended: it can get no signal");
                }
            }
        });
    }

    @Test
    void signals_toAChildThatHasEndedUnnoticed_areNothing_andUnknownOnesAreRejected() {
        Rig.run(_ -> {
            try (Subprocess child = createSubprocessExec("true")) {
                // Its parent is told of the end by the loop, which does not run here.
                while (!isZombie(child.pid())) Thread.onSpinWait();
                child.kill();
                child.sendSignal(0);
                assertThatThrownBy(() -> child.sendSignal(1000))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("no signal has the number 1000");
                assertThat(child.await()).isZero();
            }
        });
    }

    private static boolean isZombie(long pid) throws IOException {
        return Files.readString(Path.of("/proc/" + pid + "/stat")).contains(") Z ");
    }

    // ---- The scope

    @Test
    void close_endsAChildThatRuns_byTerminate() {
        Rig.run(_ -> {
            Subprocess child = createSubprocessExec(List.of("sleep", "1000"), OUT);
            try (child) {
                assertThat(child.returncode()).isNull();
            }
            assertThat(child.returncode()).isEqualTo(-SIGTERM);
            child.close();
        });
    }

    @Test
    void close_ofAChildThatDoesNotMind_killsAfterTheGrace() {
        Rig.run(_ -> {
            Subprocess child = createSubprocessShell(
                    "trap '' TERM; echo ready; while :; do sleep 0.01; done",
                    o -> OUT.apply(o).withGrace(Duration.ofMillis(50)));
            try (child) {
                Objects.requireNonNull(child.stdout()).readline();
            }
            assertThat(child.returncode()).isEqualTo(-SIGKILL);
        });
    }

    @Test
    void close_letsTheChildWriteItsLastWords() {
        Rig.run(_ -> {
            Subprocess child = createSubprocessShell(
                    "trap 'head -c 300000 /dev/zero; exit 5' TERM;"
                    + " echo ready; while :; do sleep 0.01; done", OUT);
            try (child) {
                Objects.requireNonNull(child.stdout()).readline();
            }
            assertThat(child.returncode()).isEqualTo(5);
        });
    }

    @Test
    void close_cancelledAgainAndAgain_stillReaps() {
        Rig.run(rig -> {
            Subprocess[] made = new Subprocess[1];
            Task<Void> task = createTask(() -> {
                try (Subprocess child = createSubprocessShell(
                        "trap '' TERM; echo ready; while :; do sleep 0.01; done",
                        o -> OUT.apply(o).withGrace(Duration.ofMillis(100)))) {
                    Objects.requireNonNull(child.stdout()).readline();
                    made[0] = child;
                    child.await();
                }
            });
            rig.await("the child", () -> made[0] != null);
            for (int i = 0; i < 5; i++) {
                task.cancel();
                sleep(Duration.ofMillis(10));
            }
            assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
            assertThat(made[0].returncode()).isEqualTo(-SIGKILL);
        });
    }

    @Test
    void close_withGroupSignals_leavesNoGrandchild() {
        Rig.run(_ -> {
            String line;
            Subprocess child = createSubprocessShell(
                    "sh -c \"trap '' TERM; echo \\$\\$; while :; do sleep 0.01; done\" & wait",
                    o -> OUT.apply(o).withProcessGroup(0).withGroupSignals(true));
            try (child) {
                line = text(Objects.requireNonNull(child.stdout()).readline()).strip();
                assertThat(ProcessHandle.of(Long.parseLong(line))).isPresent();
            }
            assertThat(child.returncode()).isEqualTo(-SIGTERM);
            while (runs(Long.parseLong(line))) sleep(Duration.ofMillis(1));
        });
    }

    /// An orphan that has ended may be a zombie for ever: not every init reaps.
    private static boolean runs(long pid) {
        try {
            return !isZombie(pid);
        } catch (IOException _) {
            return false;
        }
    }

    @Test
    void cancelled_beforeItIsStarted_startsNothing() {
        Rig.run(_ -> {
            Task<Subprocess> start = createTask(
                    () -> createSubprocessExec(List.of("sleep", "1000"), PIPES));
            sleep(Duration.ZERO);
            start.cancel();
            assertThatThrownBy(start::await).isInstanceOf(CancelledError.class);
        });
    }

    @Test
    void loop_thatIsClosed_killsReapsAndTells() {
        EventLoop loop = new EventLoop();
        StringBuilder told = new StringBuilder();
        loop.setExceptionHandler((_, context) -> told.append(context.message()));
        Subprocess child = loop.runUntilComplete(
                () -> createSubprocessExec(List.of("sleep", "1000"), PIPES));
        loop.close();
        assertThat(told).hasToString("child process was killed, as its loop is closed");
        assertThat(ProcessHandle.of(child.pid())).isEmpty();
    }
}
