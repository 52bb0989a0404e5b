package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import jloop.ChildCheck;
import jloop.kernel.FaultySystemCalls.Call;
import jloop.poller.Child;
import jloop.poller.Clock;
import jloop.poller.Descriptor;
import jloop.poller.Poller;
import jloop.poller.Redirect;
import jloop.poller.SpawnRequest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Child processes of the poller alone, again and again, with another system call gone wrong
/// each time. Whatever it is, no child is left, and no descriptor.
@ExtendWith(ChildCheck.class)
class ChildSweepTest {

    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final long POLL_NANOS = Duration.ofMillis(10).toNanos();
    private static final long PATIENCE_NANOS = Duration.ofSeconds(20).toNanos();

    /// Of these somebody has to be told.
    private static final Set<Call> TOLD =
            EnumSet.of(Call.PIPE2, Call.OPEN, Call.FCNTL, Call.POSIX_SPAWN, Call.SPAWN_SETTING);

    @ParameterizedTest(name = "{0}")
    @EnumSource(names = {"CLOSE", "PIPE2", "OPEN", "FCNTL", "EPOLL_CTL", "SPAWN_SETTING",
            "POSIX_SPAWN", "PIDFD_OPEN", "PIDFD_SEND_SIGNAL", "KILL", "WAITID"})
    void oneCallFails_nothingIsLeft(Call call) throws Exception {
        for (int errno : errnos(call))
            for (int nth = 1; isReached(call, nth, errno); nth++) { }
    }

    private static int[] errnos(Call call) {
        return switch (call) {
            case PIPE2, OPEN -> new int[] {Errno.EMFILE, Errno.ENFILE};
            case SPAWN_SETTING -> new int[] {Errno.ENOMEM};
            case POSIX_SPAWN -> new int[] {Errno.EAGAIN, Errno.EACCES};
            case PIDFD_OPEN -> new int[] {Errno.ENOSYS, Errno.EPERM, Errno.EMFILE};
            case PIDFD_SEND_SIGNAL, KILL -> new int[] {Errno.EPERM};
            case WAITID -> new int[] {Errno.EINTR};
            case EPOLL_CTL -> new int[] {Errno.ENOMEM, Errno.ENOSPC};
            case CLOSE -> new int[] {Errno.EIO};
            default -> new int[] {Errno.ENOMEM};
        };
    }

    private static boolean isReached(Call call, int nth, int errno) throws Exception {
        String fault = call + " " + nth + " with " + Errno.text(errno);
        SortedSet<String> before = ChildCheck.children();
        var calls = new FaultySystemCalls();
        try (var poller = new EpollPoller(calls)) {
            int last = calls.count(call) + nth;             // those of the poller come first
            calls.fail(call, last, errno);
            int result = play(poller);
            boolean reached = calls.count(call) >= last;
            if (reached && TOLD.contains(call)) assertThat(result).as(fault).isEqualTo(-errno);
            else assertThat(result).as(fault).isIn(0, -errno);
            calls.heal();
            assertThat(new Net(poller).echo("still well")).as(fault).isEqualTo("still well");
            await(poller, fault, () -> ChildCheck.children().equals(before));
            return reached;
        }
    }

    // ---- The scenario

    /// A child that is told to end by its input, one that gets a signal, one whose group does,
    /// and one that is given up. 0, or the first error.
    static int play(Poller poller) {
        int result = run(poller, 3, request("read word; exit 3")
                .with(Redirect.PIPE, Redirect.DEVNULL, Redirect.STDOUT), child -> {
            Descriptor stdin = child.stdin();
            return stdin == null ? 0 : Math.min(0, stdin.sendNow(new byte[] {'\n'}, 0, 1));
        });
        if (result == 0) result = run(poller, -SIGTERM, request("read word")
                .with(Redirect.PIPE, Redirect.INHERIT, Redirect.INHERIT),
                child -> child.signal(SIGTERM));
        if (result == 0) result = run(poller, -SIGKILL, request("read word")
                .with(Redirect.PIPE, Redirect.PIPE, Redirect.PIPE), child ->
                child.signalGroup(SIGKILL));
        if (result == 0) result = run(poller, 0, request("read word")
                .with(Redirect.PIPE, Redirect.INHERIT, Redirect.INHERIT), null);
        return result;
    }

    private record Shell(String command) {

        SpawnRequest with(Redirect stdin, Redirect stdout, Redirect stderr) {
            return new SpawnRequest(List.of("sh", "-c", command), Map.of("PATH", "/nowhere:/bin"),
                    Path.of("/"), stdin, stdout, stderr, false, 0, List.of());
        }
    }

    private static Shell request(String command) {
        return new Shell(command);
    }

    private interface Ending {
        int of(Child child);
    }

    /// Starts it, has it ended, and reaps it; without an ending gives it up.
    private static int run(Poller poller, int status, SpawnRequest request,
            @Nullable Ending ending) {
        Child child = poller.spawn(request);
        if (child.error() < 0) return child.error();
        AtomicBoolean ended = new AtomicBoolean();
        child.watch(() -> ended.set(true));
        int result = ending == null ? 0 : ending.of(child);
        if (ending != null && result == 0) {
            await(poller, "the end of " + request, ended::get);
            assertThat(child.reap()).isEqualTo(status);
        }
        for (Descriptor end : new @Nullable Descriptor[] {
                child.stdin(), child.stdout(), child.stderr()})
            if (end != null) end.close();
        child.close();
        return result;
    }

    private static void await(Poller poller, String what, BooleanSupplier condition) {
        long end = Clock.SYSTEM.nanos() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            assertThat(Clock.SYSTEM.nanos()).as(what).isLessThan(end);
            poller.poll(POLL_NANOS);
        }
    }

    // ---- Without a pidfd

    @Test
    void withoutPidfds_aThreadWaitsForEachChild() {
        var calls = new FaultySystemCalls().fail(Call.PIDFD_OPEN, 1, 100, Errno.ENOSYS);
        try (var poller = new EpollPoller(calls)) {
            assertThat(play(poller)).isZero();
            assertThat(calls.count(Call.PIDFD_OPEN)).isEqualTo(4);
            assertThat(calls.count(Call.PIDFD_SEND_SIGNAL)).isZero();
            assertThat(calls.count(Call.KILL)).as("signals, and for who was given up")
                    .isEqualTo(3);
            await(poller, "an end to the threads", () -> Thread.getAllStackTraces().keySet()
                    .stream().noneMatch(thread -> thread.getName().startsWith("jloop-child")));
        }
    }

    @Test
    void withoutCloseFrom_eachDescriptorIsClosed() {
        var calls = new FaultySystemCalls() {
            @Override
            public int spawnSetting(SpawnSetting setting,
                    java.lang.foreign.MemorySegment of, long a, long b) {
                return setting == SpawnSetting.CLOSE_FROM ? -Errno.ENOSYS
                        : super.spawnSetting(setting, of, a, b);
            }
        };
        int[] pipe = RawFiles.pipe();
        RawFiles.inherit(pipe[0]);
        try (var poller = new EpollPoller(calls)) {
            // ls has 0, 1, 2 and what it reads the directory by.
            assertThat(run(poller, 0, request("test $(ls /proc/self/fd | wc -w) = 4")
                    .with(Redirect.DEVNULL, Redirect.INHERIT, Redirect.INHERIT), _ -> 0))
                    .isZero();
        }
        RawFiles.close(pipe);
    }

    @Test
    void reapedByOthers_isSaid() {
        try (var poller = new EpollPoller()) {
            Child child = poller.spawn(request("exit 3")
                    .with(Redirect.INHERIT, Redirect.INHERIT, Redirect.INHERIT));
            RawFiles.reap(child.pid());
            AtomicBoolean ended = new AtomicBoolean();
            child.watch(() -> ended.set(true));
            await(poller, "the end", ended::get);
            assertThat(child.signal(SIGTERM)).isEqualTo(-Errno.ESRCH);
            assertThat(child.reap()).isEqualTo(Child.REAPED_BY_OTHERS);
            assertThat(child.close()).isFalse();
        }
    }
}
