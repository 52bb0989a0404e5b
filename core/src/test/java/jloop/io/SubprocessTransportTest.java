package jloop.io;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.subprocessExec;
import static jloop.Asyncio.subprocessShell;
import static jloop.Rig.bytes;
import static jloop.Rig.pattern;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import jloop.CancelledError;
import jloop.ChildCheck;
import jloop.ChildProcess;
import jloop.ProcessLookupException;
import jloop.Rig;
import jloop.Task;
import jloop.poller.Redirect;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Child processes with protocols, on epoll.
@ExtendWith(ChildCheck.class)
class SubprocessTransportTest {

    private static final int SIGUSR1 = 10;
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;

    /// Notes what it is told; of the bytes, those of each pipe together.
    private static class Tracing implements SubprocessProtocol {

        final List<String> trace = new ArrayList<>();
        final StringBuilder out = new StringBuilder();
        final StringBuilder err = new StringBuilder();
        @Nullable SubprocessTransport transport;

        SubprocessTransport transport() {
            return Objects.requireNonNull(transport);
        }

        @Override
        public void connectionMade(SubprocessTransport made) throws Exception {
            transport = made;
            trace.add("made");
        }

        @Override
        public void pipeDataReceived(int fd, ByteBuffer data) throws Exception {
            (fd == 1 ? out : err).append(TracingProtocol.textOf(data));
        }

        @Override
        public void pipeConnectionLost(int fd, @Nullable Throwable why) throws Exception {
            trace.add("pipe " + fd + (why == null ? "" : " " + why.getClass().getSimpleName()));
        }

        @Override
        public void processExited() throws Exception {
            trace.add("exited " + transport().getReturncode());
        }

        @Override
        public void connectionLost(@Nullable Throwable why) throws Exception {
            trace.add("lost" + (why == null ? "" : " " + why.getMessage()));
        }

        @Override
        public void pauseWriting() throws Exception {
            trace.add("pause");
        }

        @Override
        public void resumeWriting() throws Exception {
            trace.add("resume");
        }

        boolean isLost() {
            return !trace.isEmpty() && trace.getLast().startsWith("lost");
        }
    }

    private static void awaitEnd(Rig rig, Tracing protocol) {
        rig.await("an end, but there is " + protocol.trace, protocol::isLost);
    }

    private static Transport pipe(SubprocessTransport transport, int fd) {
        return Objects.requireNonNull(transport.getPipeTransport(fd));
    }

    @Test
    void connect_ofACat_tellsMadeFirstAndLostLast() {
        Rig.run(rig -> {
            var connection = subprocessExec(Tracing::new, "cat");
            Tracing protocol = connection.protocol();
            assertThat(protocol.trace).containsExactly("made");
            assertThat(protocol.transport).isSameAs(connection.transport());

            Transport stdin = pipe(connection.transport(), 0);
            stdin.write(bytes("Python "));
            rig.await("Python", () -> protocol.out.toString().equals("Python "));
            stdin.write(bytes("The Winner"));
            rig.await("all", () -> protocol.out.toString().equals("Python The Winner"));
            stdin.close();

            awaitEnd(rig, protocol);
            assertThat(protocol.trace).startsWith("made").endsWith("lost")
                    .containsExactlyInAnyOrder(
                            "made", "pipe 0", "pipe 1", "pipe 2", "exited 0", "lost");
            assertThat(connection.transport().getReturncode()).isZero();
            assertThat(connection.transport().isClosing()).isTrue();
        });
    }

    @Test
    void shell_thatWritesToBothPipes_isHeardByTheirNumbers() {
        Rig.run(rig -> {
            var connection = subprocessShell(Tracing::new, "echo out; echo err >&2; exit 7");
            Tracing protocol = connection.protocol();
            pipe(connection.transport(), 0).close();
            awaitEnd(rig, protocol);
            assertThat(protocol.out).hasToString("out\n");
            assertThat(protocol.err).hasToString("err\n");
            assertThat(protocol.trace).contains("exited 7");
        });
    }

    @Test
    void stderr_mergedIntoStdout_hasNoPipeOfItsOwn() {
        Rig.run(rig -> {
            var connection = subprocessShell(Tracing::new, "echo out; echo err >&2; cat",
                    o -> o.withStderr(Redirect.STDOUT));
            SubprocessTransport transport = connection.transport();
            assertThat(transport.getPipeTransport(2)).isNull();
            assertThat(transport.getPipeTransport(3)).isNull();
            assertThat(transport.toString()).startsWith("<SubprocessTransport pid="
                    + transport.getPid() + " running stdin=<WritePipeTransport open ")
                    .contains("> stdout=stderr=<ReadPipeTransport open ");
            pipe(transport, 0).close();
            awaitEnd(rig, connection.protocol());
            assertThat(connection.protocol().out).hasToString("out\nerr\n");
            assertThat(transport).asString()
                    .startsWith("<SubprocessTransport closed pid=")
                    .contains(" returncode=0 stdin=<")
                    .contains("> stdout=stderr=<ReadPipeTransport closed ");
        });
    }

    @Test
    void stdout_readAfterTheExit_comesWhole() {
        Rig.run(rig -> {
            var connection = subprocessShell(() -> new Tracing() {
                @Override
                public void connectionMade(SubprocessTransport made) throws Exception {
                    super.connectionMade(made);
                    pipe(made, 1).pauseReading();
                }

                @Override
                public void processExited() throws Exception {
                    super.processExited();
                    assertThat(out).isEmpty();
                    pipe(transport(), 1).resumeReading();
                }
            }, "head -c 50000 /dev/zero");
            awaitEnd(rig, connection.protocol());
            assertThat(connection.protocol().out).hasSize(50_000);
            assertThat(connection.protocol().trace)
                    .containsSubsequence("exited 0", "pipe 1", "lost");
        });
    }

    @Test
    void signals_endTheProcess_andNoneCanBeSentAfterwards() {
        Rig.run(rig -> {
            for (int signal : new int[] {SIGUSR1, SIGTERM, SIGKILL}) {
                var connection = subprocessExec(Tracing::new, "sleep", "1000");
                SubprocessTransport transport = connection.transport();
                if (signal == SIGTERM) transport.terminate();
                else if (signal == SIGKILL) transport.kill();
                else transport.sendSignal(signal);
                awaitEnd(rig, connection.protocol());
                assertThat(transport.getReturncode()).isEqualTo(-signal);
                assertThatThrownBy(transport::kill).isInstanceOf(ProcessLookupException.class);
                assertThatThrownBy(() -> transport.sendSignal(signal))
                        .isInstanceOf(ProcessLookupException.class);
                transport.close();
            }
        });
    }

    @Test
    void close_killsAProcessThatRuns() {
        Rig.run(rig -> {
            var connection = subprocessExec(Tracing::new, "sleep", "1000");
            try (connection) {
                assertThat(connection.transport().isClosing()).isFalse();
            }
            assertThat(connection.transport().isClosing()).isTrue();
            connection.close();
            awaitEnd(rig, connection.protocol());
            assertThat(connection.protocol().trace).contains("exited -9").endsWith("lost");
        });
    }

    @Test
    void close_inProcessExited_isTheEndAllTheSame() {
        Rig.run(rig -> {
            var connection = subprocessShell(() -> new Tracing() {
                @Override
                public void processExited() throws Exception {
                    super.processExited();
                    transport().close();
                }
            }, "sleep 1000 & echo $!; read wait; exit 4");
            Tracing protocol = connection.protocol();
            rig.await("the grandchild", () -> protocol.out.indexOf("\n") > 0);
            pipe(connection.transport(), 0).close();
            awaitEnd(rig, protocol);
            assertThat(protocol.trace).contains("exited 4").endsWith("lost");
            ProcessHandle.of(Long.parseLong(protocol.out.toString().strip()))
                    .ifPresent(ProcessHandle::destroyForcibly);
        });
    }

    @Test
    void stdout_closedByUs_breaksThePipeOfTheProcess() {
        Rig.run(rig -> {
            var connection = subprocessExec(Tracing::new, "cat");
            Tracing protocol = connection.protocol();
            pipe(connection.transport(), 1).close();
            rig.await("the loss of the pipe", () -> protocol.trace.contains("pipe 1"));
            pipe(connection.transport(), 0).write(bytes("for nobody"));
            awaitEnd(rig, protocol);
            assertThat(protocol.trace).contains("exited -13");
        });
    }

    @Test
    void stdin_writtenFasterThanItIsRead_pausesTheProtocol() {
        Rig.run(rig -> {
            var connection = subprocessExec(Tracing::new, "cat");
            Tracing protocol = connection.protocol();
            Transport stdin = pipe(connection.transport(), 0);
            // More than fits into both pipes, cat, and what may be written before the pause.
            stdin.write(pattern(1_000_000));
            assertThat(protocol.trace).containsExactly("made", "pause");
            rig.await("resume", () -> protocol.trace.contains("resume"));
            stdin.close();
            awaitEnd(rig, protocol);
            assertThat(protocol.out).hasSize(1_000_000);
        });
    }

    @Test
    void stdin_ofAProcessThatHasGone_isLostWithABrokenPipe() {
        Rig.run(rig -> {
            var connection = subprocessShell(Tracing::new, "exec <&-; sleep 1000");
            Tracing protocol = connection.protocol();
            rig.await("the loss of stdin", () -> protocol.trace.contains("pipe 0"));
            connection.close();
            awaitEnd(rig, protocol);
        });
    }

    @Test
    void protocols_thatThrow_areReported() {
        Rig.run(rig -> {
            var connection = subprocessExec(() -> new Tracing() {
                @Override
                public void processExited() throws Exception {
                    super.processExited();
                    throw new IllegalStateException("exited");
                }
            }, "true");
            awaitEnd(rig, connection.protocol());
            assertThat(rig.takeReport()).hasMessage("exited");

            var failing = subprocessExec(() -> new Tracing() {
                @Override
                public void connectionMade(SubprocessTransport made) throws Exception {
                    super.connectionMade(made);
                    throw new IOException("made");
                }
            }, "sleep", "1000");
            awaitEnd(rig, failing.protocol());
            assertThat(failing.protocol().trace).contains("exited -9").endsWith("lost made");
            assertThat(rig.takeReport()).hasMessage("made");
        });
    }

    @Test
    void whatThereIsToKnow_isToldByTheTransport() {
        Rig.run(rig -> {
            var connection = subprocessExec(Tracing::new, "cat");
            SubprocessTransport transport = connection.transport();
            assertThat(transport.getExtraInfo("subprocess"))
                    .isInstanceOf(ChildProcess.class).asString()
                    .isEqualTo("<ChildProcess " + transport.getPid() + " cat running>");
            assertThat(transport.getExtraInfo("peername")).isNull();
            assertThat(transport.getReturncode()).isNull();
            Tracing other = new Tracing();
            transport.setProtocol(other);
            assertThat(transport.getProtocol()).isSameAs(other);
            other.transport = transport;
            transport.close();
            awaitEnd(rig, other);
            assertThat(other.trace).contains("exited -9").endsWith("lost");
        });
    }

    @Test
    void programs_thatAreNotThere_areNoConnection() {
        Rig.run(_ -> {
            assertThatThrownBy(() -> subprocessExec(Tracing::new, "no-such-program"))
                    .isInstanceOf(NoSuchFileException.class);
            assertThatThrownBy(() -> subprocessExec(() -> {
                throw new IllegalStateException("factory");
            }, "true")).hasMessage("factory");
        });
    }

    @Test
    void cancelled_inAnyTurn_leavesNoProcess() {
        Rig.run(rig -> {
            SortedSet<String> before = ChildCheck.children();
            int turns = 0;
            for (boolean isCancelled = true; isCancelled; turns++) {
                Tracing protocol = new Tracing();
                Task<Void> start = createTask(
                        () -> subprocessExec(() -> protocol, "sleep", "1000").close());
                rig.turns(turns);
                isCancelled = start.cancel();
                if (!isCancelled) break;
                assertThatThrownBy(start::await).isInstanceOf(CancelledError.class);
                if (!protocol.trace.isEmpty()) awaitEnd(rig, protocol);
                assertThat(before).as("after %s turns", turns)
                        .containsAll(ChildCheck.children());
            }
            assertThat(turns).as("turns that it takes").isBetween(3, 10);
            rig.await("the last", () -> before.containsAll(ChildCheck.children()));
        });
    }
}
