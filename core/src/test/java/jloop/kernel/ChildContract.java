package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import jloop.poller.Child;
import jloop.poller.Clock;
import jloop.poller.Descriptor;
import jloop.poller.Poller;
import jloop.poller.Redirect;
import jloop.poller.SpawnRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What every poller that starts child processes must do.
interface ChildContract {

    Poller newPoller();

    /// Polls until `condition` holds.
    static void await(Poller poller, BooleanSupplier condition) {
        long end = Clock.SYSTEM.nanos() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(Clock.SYSTEM.nanos()).as("waited in vain").isLessThan(end);
            poller.poll(1_000_000);
        }
    }

    static SpawnRequest request(Redirect in, Redirect out, String... command) {
        return new SpawnRequest(List.of(command), null, null, in, out, Redirect.INHERIT,
                false, null, List.of());
    }

    static SpawnRequest sh(String script) {
        return request(Redirect.DEVNULL, Redirect.DEVNULL, "sh", "-c", script);
    }

    static SpawnRequest with(SpawnRequest request, Map<String, String> environment,
            Path directory) {
        return new SpawnRequest(request.command(), environment, directory, request.stdin(),
                request.stdout(), request.stderr(), false, null, List.of());
    }

    /// Waits for the end of a child, reaps and closes it. Returns its status.
    static int end(Poller poller, Child child) {
        assertThat(child.error()).isZero();
        List<String> told = new ArrayList<>();
        child.watch(() -> told.add("ended"));
        await(poller, () -> !told.isEmpty());
        int status = child.reap();
        child.close();
        poller.poll(0);
        assertThat(told).containsExactly("ended");
        assertThat(children()).doesNotContain(child.pid());
        return status;
    }

    /// The children of this process, zombies among them.
    static List<Long> children() {
        return ProcessHandle.current().children().map(ProcessHandle::pid).toList();
    }

    static String receiveAll(Poller poller, Descriptor from) {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        byte[] some = new byte[1000];
        int[] last = {1};
        await(poller, () -> {
            while ((last[0] = from.receiveNow(some, 0, some.length)) > 0)
                received.write(some, 0, last[0]);
            return last[0] == 0;
        });
        from.close();
        return received.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({"true, 0", "exit 7, 7", "exit 255, 255", "kill -KILL $$, -9", "kill -SEGV $$, -11"})
    default void reap_ofAChildThatHasEnded_isItsStatus(String script, int status) {
        try (Poller poller = newPoller()) {
            assertThat(end(poller, poller.spawn(sh(script)))).isEqualTo(status);
        }
    }

    @Test
    default void watch_longAfterTheEnd_isToldAllTheSame() throws Exception {
        try (Poller poller = newPoller()) {
            Child child = poller.spawn(sh("exit 3"));
            Path stat = Path.of("/proc/" + child.pid() + "/stat");
            await(poller, () -> {
                try {
                    return Files.readString(stat).matches("(?s).*\\) Z .*");
                } catch (IOException _) {
                    return true;
                }
            });
            poller.poll(10_000_000);

            assertThat(end(poller, child)).isEqualTo(3);
        }
    }

    @Test
    default void signal_endsIt() {
        try (Poller poller = newPoller()) {
            for (int signal : new int[] {15, 9}) {
                Child child = poller.spawn(sh("exec sleep 1000"));
                assertThat(child.signal(signal)).isZero();
                assertThat(end(poller, child)).isEqualTo(-signal);
            }
        }
    }

    @Test
    default void close_ofAChildThatRuns_killsAndReapsIt() {
        try (Poller poller = newPoller()) {
            Child child = poller.spawn(sh("trap '' TERM; while :; do sleep 0.1; done"));
            List<String> told = new ArrayList<>();
            child.watch(() -> told.add("ended"));

            child.close();
            assertThat(children()).doesNotContain(child.pid());
            poller.poll(1_000_000);
            assertThat(told).isEmpty();
            child.close();
        }
    }

    @Test
    default void close_ofThePoller_leavesChildrenToTheirOwner() {
        Poller poller = newPoller();
        Child child = poller.spawn(request(Redirect.PIPE, Redirect.PIPE, "cat"));
        poller.close();

        assertThat(child.stdin().isOpen()).isFalse();
        child.close();
        assertThat(children()).doesNotContain(child.pid());
    }

    @Test
    default void pipes_carryBytesUntilTheirEnds() {
        try (Poller poller = newPoller()) {
            Child child = poller.spawn(request(Redirect.PIPE, Redirect.PIPE, "cat"));
            byte[] hello = "hello".getBytes(StandardCharsets.UTF_8);

            assertThat(child.stderr()).isNull();
            assertThat(child.stdin().sendNow(hello, 0, 5)).isEqualTo(5);
            child.stdin().close();
            assertThat(receiveAll(poller, child.stdout())).isEqualTo("hello");
            assertThat(end(poller, child)).isZero();
        }
    }

    @Test
    default void stderr_theSameAsStdout_isMerged() {
        try (Poller poller = newPoller()) {
            Child child = poller.spawn(new SpawnRequest(
                    List.of("sh", "-c", "echo one; echo two >&2"), null, null, Redirect.DEVNULL,
                    Redirect.PIPE, Redirect.STDOUT, false, null, List.of()));

            assertThat(child.stderr()).isNull();
            assertThat(receiveAll(poller, child.stdout())).isEqualTo("one\ntwo\n");
            assertThat(end(poller, child)).isZero();
        }
    }

    @Test
    default void files_areReadWrittenAndAppendedTo(@TempDir Path folder) throws Exception {
        Path in = Files.writeString(folder.resolve("in"), "some\n");
        Path out = Files.writeString(folder.resolve("out"), "old, and much longer\n");
        try (Poller poller = newPoller()) {
            for (Redirect to : new Redirect[] {Redirect.to(out), Redirect.appendTo(out)}) {
                Child child = poller.spawn(request(Redirect.from(in), to, "cat"));
                assertThat(end(poller, child)).isZero();
            }
        }
        assertThat(out).hasContent("some\nsome\n");
    }

    @Test
    default void environmentAndDirectory_areThoseAskedFor(@TempDir Path folder) throws Exception {
        Path program = Files.writeString(folder.resolve("its-own"), "#!/bin/sh\necho $0 $V $PWD\n");
        program.toFile().setExecutable(true);
        try (Poller poller = newPoller()) {
            SpawnRequest plain = request(Redirect.DEVNULL, Redirect.PIPE, "its-own");
            Child child = poller.spawn(with(plain,
                    Map.of("PATH", "/nowhere:" + folder, "V", "v"), folder));

            assertThat(receiveAll(poller, child.stdout()))
                    .isEqualTo(program + " v " + folder.toRealPath() + "\n");
            assertThat(end(poller, child)).isZero();
            assertFails(poller, with(plain, Map.of("PATH", "/nowhere"), folder), 2, "its-own");
        }
    }

    static void assertFails(Poller poller, SpawnRequest request, int errno, String culprit) {
        Child child = poller.spawn(request);
        assertThat(child.error()).isEqualTo(-errno);
        assertThat(child.culprit()).isEqualTo(culprit);
    }

    @Test
    default void spawn_thatFails_namesTheCulpritAndLeavesNothing(@TempDir Path folder)
            throws Exception {
        List<Long> before = children();
        List<String> pipes = RawFiles.pipes();
        String missing = folder.resolve("no/file").toString();
        try (Poller poller = newPoller()) {
            List<String> with = RawFiles.pipes();
            assertFails(poller, sh("true", "no-such-program"), 2, "no-such-program");
            assertFails(poller, sh("true", "/etc/passwd"), 13, "/etc/passwd");
            assertFails(poller, request(Redirect.PIPE, Redirect.PIPE, "true", "x".repeat(200_000)),
                    7, "true");
            assertFails(poller, with(sh("true"), Map.of(), Path.of(missing)), 2, missing);
            assertFails(poller, request(Redirect.PIPE, Redirect.to(Path.of(missing)), "true"),
                    2, missing);
            assertFails(poller, request(Redirect.from(Path.of(missing)), Redirect.PIPE, "true"),
                    2, missing);
            assertThat(RawFiles.pipes()).isEqualTo(with);
        }
        assertThat(RawFiles.pipes()).isEqualTo(pipes);
        assertThat(children()).isEqualTo(before);
    }

    private static SpawnRequest sh(String script, String program) {
        return request(Redirect.PIPE, Redirect.PIPE, program, "-c", script);
    }
}
