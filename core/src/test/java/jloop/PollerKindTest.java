package jloop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jloop.io.AsyncFiles;
import jloop.io.LoopGroup;
import jloop.io.Server;
import jloop.io.StreamPair;
import jloop.kernel.RingProbe;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which poller a loop gets, by wish and by what the system allows.
class PollerKindTest {

    private static final String FORBIDDEN = "io_uring_setup: EPERM: operation not permitted; a"
            + " seccomp profile forbids it, as those of containers do: give one that allows"
            + " io_uring_setup, io_uring_enter and io_uring_register";
    private static final String HIDDEN = "io_uring_setup: ENOSYS: not known to this system;"
            + " kernel " + System.getProperty("os.version") + " has no io_uring, or a seccomp"
            + " profile or sandbox hides it";

    @AfterEach
    void forgetProperty() {
        System.clearProperty("jloop.poller");
    }

    private static String choice(EventLoop loop) {
        loop.close();
        return loop.pollerChoice();
    }

    /// With a ring, if this machine has one.
    private static String uring(String why) {
        String refusal = RingProbe.refusal();
        return refusal == null ? "uring (" + why + ")" : "epoll (no uring: " + refusal + ")";
    }

    @Test
    void pollerChoice_ofALoopWithoutWishes_isAutoAndSaysWhy() {
        assertThat(choice(new EventLoop())).isEqualTo("epoll (auto: measured to be the best)");
        assertThat(choice(new EventLoop(PollerKind.AUTO))).isEqualTo(choice(new EventLoop()));
    }

    @Test
    void pollerChoice_askedForByProperty_isThat() {
        System.setProperty("jloop.poller", "auto");
        assertThat(choice(new EventLoop())).startsWith("epoll (auto: ");
        System.setProperty("jloop.poller", "epoll");
        assertThat(choice(new EventLoop())).isEqualTo("epoll (by -Djloop.poller)");
        System.setProperty("jloop.poller", "nio");
        assertThat(choice(new EventLoop())).isEqualTo("nio (by -Djloop.poller)");
        System.setProperty("jloop.poller", "uring");
        assertThat(choice(new EventLoop())).isEqualTo(uring("by -Djloop.poller"));
    }

    @Test
    void pollerChoice_askedForByLoop_winsOverTheProperty() {
        System.setProperty("jloop.poller", "uring");

        assertThat(choice(new EventLoop(PollerKind.EPOLL))).isEqualTo("epoll (asked for)");
        assertThat(choice(new EventLoop(PollerKind.NIO))).isEqualTo("nio (asked for)");
        System.setProperty("jloop.poller", "nio");
        assertThat(choice(new EventLoop(PollerKind.URING))).isEqualTo(uring("asked for"));
    }

    @Test
    void pollerChoice_ofARunWithALoopFactory_isThatOfTheLoop() {
        assertThat(Asyncio.run(() -> Asyncio.getRunningLoop().pollerChoice(),
                o -> o.withLoopFactory(() -> new EventLoop(PollerKind.NIO))))
                .isEqualTo("nio (asked for)");
    }

    @Test
    void pollerChoice_ofAGroup_isThatOfEachLoop() {
        try (LoopGroup group = LoopGroup.open(o -> o.withLoops(2).withPoller(PollerKind.NIO))) {
            assertThat(group.loops()).extracting(EventLoop::pollerChoice)
                    .containsExactly("nio (asked for)", "nio (asked for)");
        }
    }

    @Test
    void pollerChoice_ofAGivenPoller_isItsName() {
        VirtualPoller poller = new VirtualPoller();

        assertThat(choice(new EventLoop(poller, poller))).isEqualTo("VirtualPoller (given)");
    }

    @Test
    void property_thatNamesNone_isRefusedByName() {
        System.setProperty("jloop.poller", "kqueue");

        assertThatThrownBy(EventLoop::new).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("jloop.poller must be auto, epoll, uring or nio, not kqueue");
        assertThat(choice(new EventLoop(PollerKind.NIO))).isEqualTo("nio (asked for)");
    }

    // ---- In a JVM of its own, confined

    @ParameterizedTest
    @CsvSource({"EPERM", "ENOSYS"})
    void uring_thatASeccompProfileRefuses_runsOnEpollAndOneLineSaysWhy(String error)
            throws Exception {
        String reason = error.equals("EPERM") ? FORBIDDEN : HIDDEN;

        List<String> lines = program(error, "-Djloop.poller=uring");

        assertThat(lines).hasSize(5);
        assertThat(lines.subList(1, 5)).containsExactly(
                "WARNING: poller uring cannot be had, sockets go through epoll: " + reason,
                "epoll (no uring: " + reason + ")", "echo hello", "file 5");
    }

    @Test
    void auto_whereASeccompProfileRefusesTheRing_saysNothing() throws Exception {
        assertThat(program("EPERM", "-Djloop.poller=auto"))
                .containsExactly("epoll (auto: measured to be the best)", "echo hello", "file 5");
    }

    /// Some kernels count the memory of rings as locked (since 6.14), others do not. What is
    /// refused is the first ring, with 0 bytes, or with a few only one of the size it needs.
    @ParameterizedTest
    @ValueSource(ints = {0, 100_000})
    void uring_whereMemoryMayNotBeLocked_isThereOrOneLineSaysWhyNot(int limit) throws Exception {
        List<String> lines = program("memlock=" + limit, "-Djloop.poller=uring");

        if (lines.getFirst().equals("uring (by -Djloop.poller)")) {
            assertThat(lines.subList(1, lines.size())).containsExactly("echo hello", "file 5");
            return;
        }
        String reason = "ENOMEM: out of memory; memory that may be locked (ulimit -l): " + limit
                + " bytes; raise that, or the memory limit of the container";
        assertThat(lines).hasSize(5);
        assertThat(lines.get(1)).startsWith(
                "WARNING: poller uring cannot be had, sockets go through epoll: ")
                .endsWith(reason);
        assertThat(lines.get(2)).startsWith("epoll (no uring: ").endsWith(reason + ")");
        assertThat(lines.subList(3, 5)).containsExactly("echo hello", "file 5");
    }

    @Test
    void explain_byProperty_logsTheChoiceForEachNewLoop() throws Exception {
        List<String> lines = FreshJvm.run(
                options("-Djloop.explain=true"), Echo.class).lines().toList();

        assertThat(lines.get(1)).isEqualTo("INFO: poller: " + lines.get(2));
        assertThat(lines.get(2)).isEqualTo("epoll (auto: measured to be the best)");
    }

    /// Options of a JVM of this level whose log is in English.
    private static List<String> options(String... more) {
        List<String> all = new ArrayList<>(FreshJvm.ofThisLevel(more));
        all.add("-Duser.language=en");
        return all;
    }

    private static List<String> program(String confinement, String... options) throws Exception {
        FreshJvm.Ended ended = FreshJvm.end(
                List.of("python3", PeerProgram.script("confined.py"), confinement),
                options(options), Echo.class);
        assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
        return ended.lines();
    }

    /// Says what its loop polls by, and has it work: a socket and a file.
    public static final class Echo {

        private Echo() { }

        public static void main(String[] arguments) throws Exception {
            Path file = Files.createTempFile("jloop", ".txt");
            Files.writeString(file, "hello");
            Asyncio.run(() -> {
                System.out.println(Asyncio.getRunningLoop().pollerChoice());
                System.out.println("echo " + echo());
                System.out.println("file " + AsyncFiles.readAllBytes(file).length);
            });
            Files.delete(file);
        }

        private static String echo() throws IOException {
            try (Server server = Asyncio.startServer(Rig::echo, "127.0.0.1", 0);
                    StreamPair client = Asyncio.openConnection("127.0.0.1", server.port())) {
                return Rig.ask(client, "hello");
            }
        }
    }
}
