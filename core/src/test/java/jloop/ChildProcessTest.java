package jloop;

import static jloop.Asyncio.createSubprocessExec;
import static jloop.Asyncio.createTask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.TimeoutException;
import jloop.io.Subprocess;
import jloop.kernel.Errno;
import jloop.kernel.FaultySystemCalls.Call;
import jloop.poller.Redirect;
import jloop.poller.SpawnRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Child processes at their lowest level, and what ends them.
@ExtendWith(ChildCheck.class)
class ChildProcessTest {

    private static SpawnRequest request(String... command) {
        return new SpawnRequest(List.of(command), null, null, Redirect.INHERIT,
                Redirect.INHERIT, Redirect.INHERIT, false, null, List.of());
    }

    @Test
    void whenEnded_isANewFutureEachTime_beforeTheEndAndAfter() {
        Rig.run(rig -> {
            ChildProcess child = ChildProcess.spawn(rig.loop, request("sleep", "1000"));
            Future<Integer> cancelled = child.whenEnded();
            Future<Integer> other = child.whenEnded();
            cancelled.cancel();
            assertThat(child.returncode()).isNull();
            child.terminate();
            assertThat(other.await()).isEqualTo(-ChildProcess.SIGTERM);
            assertThat(child.whenEnded().result()).isEqualTo(-ChildProcess.SIGTERM);
            assertThat(child.await()).isEqualTo(-ChildProcess.SIGTERM);
            assertThat(child).hasToString(
                    "<ChildProcess " + child.pid() + " sleep returncode=-15>");
        });
    }

    @Test
    void signalGroup_ofAChildInOurGroup_isRefused() {
        Rig.run(rig -> {
            ChildProcess child = ChildProcess.spawn(rig.loop, request("true"));
            assertThatThrownBy(child::signalGroup).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(" leads no process group");
            assertThat(child.await()).isZero();
        });
    }

    @Test
    void spawn_onAnotherThreadOrAClosedLoop_isRejected() {
        EventLoop loop = new EventLoop();
        loop.close();
        assertThatThrownBy(() -> ChildProcess.spawn(loop, request("true")))
                .isInstanceOf(IllegalStateException.class).hasMessage("event loop is closed");
        Rig.run(rig -> assertThatThrownBy(() -> Asyncio.toThread(
                () -> ChildProcess.spawn(rig.loop, request("true"))))
                .isInstanceOf(WrongThreadException.class).hasMessageStartingWith("spawn was"));
    }

    @Test
    void manyChildren_haveNoThreads() {
        Rig.run(_ -> {
            List<Subprocess> children = new ArrayList<>();
            for (int i = 0; i < 20; i++)
                children.add(createSubprocessExec("sleep", "1000"));
            assertThat(Thread.getAllStackTraces().keySet()).noneMatch(
                    thread -> thread.getName().startsWith("jloop-child"));
            for (Subprocess child : children) child.close();
            assertThat(children).allMatch(child -> child.returncode() != null);
        });
    }

    @Test
    void scope_leftByAnException_aTimeoutOrACancellation_leavesNoChild() {
        Rig.run(rig -> {
            SortedSet<String> before = ChildCheck.children();
            assertThatThrownBy(() -> {
                try (Subprocess child = createSubprocessExec("sleep", "1000")) {
                    throw new IllegalArgumentException("of the body " + child.returncode());
                }
            }).isInstanceOf(IllegalArgumentException.class).hasMessage("of the body null");
            assertThat(before).containsAll(ChildCheck.children());

            assertThatThrownBy(() -> Asyncio.timeout(Duration.ofMillis(20), () -> {
                try (Subprocess child = createSubprocessExec("sleep", "1000")) {
                    child.communicate();
                }
            })).isInstanceOf(TimeoutException.class);
            assertThat(before).containsAll(ChildCheck.children());

            for (int turns = 0; turns < 6; turns++) {
                Task<Void> task = createTask(() -> {
                    try (Subprocess child = createSubprocessExec("sleep", "1000")) {
                        child.await();
                    }
                });
                rig.turns(turns);
                task.cancel();
                assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
                assertThat(before).as("after %s turns", turns)
                        .containsAll(ChildCheck.children());
            }

            assertThat(Asyncio.moveOnAfter(Duration.ofMillis(20), () -> {
                try (Subprocess child = createSubprocessExec("sleep", "1000")) {
                    child.await();
                }
            })).isFalse();
            assertThat(before).containsAll(ChildCheck.children());
        });
    }

    @Test
    void terminate_ofAChildThatMayNotBeSignalled_saysSo() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, _ -> {
            Subprocess child = createSubprocessExec(
                    List.of("cat"), o -> o.withStdin(Redirect.PIPE));
            calls.failNext(Call.PIDFD_SEND_SIGNAL, 1, Errno.EPERM);
            assertThatThrownBy(child::terminate)
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("EPERM: operation not permitted");
            calls.failNothing();
            child.close();
            assertThat(child.returncode()).isEqualTo(-ChildProcess.SIGTERM);
        });
    }

    @Test
    void withoutPidfds_childrenEndAllTheSame() {
        FailingCalls calls = new FailingCalls();
        calls.fail(Call.PIDFD_OPEN, 1, Integer.MAX_VALUE, Errno.EPERM);
        Rig.run(calls, _ -> {
            try (Subprocess child = createSubprocessExec("sh", "-c", "exit 6")) {
                assertThat(child.await()).isEqualTo(6);
            }
            Subprocess killed = createSubprocessExec("sleep", "1000");
            killed.close();
            assertThat(killed.returncode()).isEqualTo(-ChildProcess.SIGTERM);
        });
    }
}
