package jloop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Misuse is told at once, where it happens, and the message says what was found and what was
/// expected. Other tests have the misuse of what they are about; here is the rest.
class MisuseTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    /// Calls that wait, or need a loop, in a thread that has none.
    @Test
    void calls_withoutARunningLoop_areRefused() {
        Map<String, VoidCoroutine> calls = Map.of(
                "sleep", () -> Asyncio.sleep(Duration.ZERO),
                "createTask", () -> Asyncio.createTask(() -> 1),
                "timeout", () -> Asyncio.timeout(Duration.ZERO, () -> 1),
                "waitFor", () -> Asyncio.waitFor(() -> 1, Duration.ofSeconds(1)),
                "waitFor zero", () -> Asyncio.waitFor(() -> 1, Duration.ZERO),
                "toThread", () -> Asyncio.toThread(() -> 1),
                "runInExecutor", () -> Asyncio.runInExecutor(null, () -> 1),
                "currentTask", Asyncio::currentTask,
                "allTasks", Asyncio::allTasks,
                "Timeout.at", () -> Timeout.at(0));

        calls.forEach((name, call) -> assertThatIllegalStateException().as(name)
                .isThrownBy(call::run).withMessage("no running event loop"));
    }

    /// Calls that wait, in a callback, which nobody could wait for.
    @Test
    void calls_thatWait_areRefusedInACallback() {
        Future<Integer> future = loop.createFuture();
        Map<String, VoidCoroutine> calls = Map.of(
                "sleep", () -> Asyncio.sleep(Duration.ZERO),
                "await", () -> future.await(),
                "timeout", () -> Asyncio.timeout(Duration.ZERO, () -> 1),
                "timeout ", () -> Asyncio.waitFor(future, Duration.ofSeconds(1)));
        loop.callSoon(() -> calls.forEach((name, call) -> {
            assertThatIllegalStateException().as(name).isThrownBy(call::run)
                    .withMessageStartingWith(name.strip() + " waits, so only a coroutine")
                    .withMessageContaining("this is VirtualThread");
            trace.add(name);
        }));

        loop.stop();
        loop.runForever();

        assertThat(trace).hasSize(4);
    }

    @Test
    void await_byATaskOfAnotherLoop_namesBothLoops() {
        Future<Integer> foreign = check.newLoop().createFuture();

        loop.runUntilComplete(() -> {
            assertThatIllegalStateException().isThrownBy(foreign::await)
                    .withMessageContaining("await belongs to " + foreign.getLoop())
                    .withMessageContaining(Asyncio.currentTask().getName())
                    .withMessageContaining("to another loop, " + loop);
        });
    }

    @Test
    void timeout_ofAnotherLoop_isRefused() {
        EventLoop other = check.newLoop();
        Timeout[] foreign = new Timeout[1];
        other.runUntilComplete(() -> {
            foreign[0] = Timeout.in(Duration.ofSeconds(1));
        });

        loop.runUntilComplete(() -> {
            assertThatIllegalStateException().isThrownBy(() -> foreign[0].run(() -> 1))
                    .withMessageContaining("another loop");
        });
    }

    @Test
    void createTask_onAnotherLoopThatDoesNotRun_isForThatLoop() {
        EventLoop other = check.newLoop();
        Task<?>[] made = new Task<?>[1];

        loop.runUntilComplete(() -> {
            made[0] = other.createTask(() -> trace.add("ran in its own loop"));
            Asyncio.sleep(Duration.ofSeconds(1));
        });
        assertThat(trace).isEmpty();
        other.runUntilComplete(made[0]);

        assertThat(trace).containsExactly("ran in its own loop");
    }

    @Test
    void gather_ofAForeignFuture_namesBoth() {
        Future<Integer> mine = loop.createFuture();
        Future<Integer> foreign = check.newLoop().createFuture();

        assertThatIllegalArgumentException().isThrownBy(() -> Asyncio.gather(mine, foreign))
                .withMessage("the futures belong to different loops: <Future pending> and "
                        + "<Future pending>");
    }

    @Test
    void setResult_twice_tellsWhatItIs() {
        Future<Integer> future = loop.createFuture();
        future.setResult(1);

        assertThatExceptionOfType(InvalidStateException.class)
                .isThrownBy(() -> future.setResult(2))
                .withMessage("already done, result not set: <Future finished result=1>");
    }

    @Test
    void result_ofAPendingTask_tellsWhich() {
        Task<Integer> task = loop.createTask(() -> 1, TaskOptions.DEFAULT.withName("slow"));

        assertThatExceptionOfType(InvalidStateException.class).isThrownBy(task::result)
                .withMessage("result is not ready: <Task pending name=slow"
                        + " coro=<lambda of jloop.MisuseTest>>");
        loop.runUntilComplete(task);
    }

    @Test
    void nullCalls_areRefusedAtTheCaller() {
        loop.runUntilComplete(() -> {
            Future<Integer> future = loop.createFuture();
            for (VoidCoroutine call : List.<VoidCoroutine>of(
                    () -> Asyncio.sleep(null),
                    () -> loop.callLater(null, () -> { }),
                    () -> loop.callLater(Duration.ZERO, null),
                    () -> loop.callSoon(null),
                    () -> loop.callSoonThreadsafe(null),
                    () -> loop.createTask((Coroutine<Integer>) null),
                    () -> future.addDoneCallback(null),
                    () -> future.setException(null),
                    () -> Asyncio.shield((Future<Integer>) null))) {
                assertThatExceptionOfType(NullPointerException.class).isThrownBy(call::run);
            }
            assertThat(future.done()).isFalse();
            assertThat(Asyncio.allTasks()).hasSize(1);
        });
    }
}
