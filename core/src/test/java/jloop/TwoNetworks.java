package jloop;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.function.Supplier;
import jloop.poller.Clock;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Poller;

/// Two network namespaces and the relay that joins them, a program that does to their packets
/// what it is told (`peers/relay.py`). With it they are gone, however the test ends.
///
/// What a test opens is in the near one. Its addresses are 10.77.0.1 and fd77::1; of the far
/// one, where other programs are, the last number is 2.
final class TwoNetworks implements AutoCloseable {

    /*
     * A socket belongs to the namespace in which its thread was when it was made, and setns(2)
     * moves the calling thread. So a poller moves there, opens a socket, and moves back, which
     * is the same whether coroutines have a thread of their own or share one with the loop:
     * between these calls nothing waits. What java.nio makes to listen is made elsewhere.
     */

    static final String NEAR = "10.77.0.1";
    static final String FAR = "10.77.0.2";
    static final String FAR_6 = "fd77::2";

    private static final int CLONE_NEWNET = 0x40000000;     // sched.h

    private static final MethodHandle SETNS = call("setns", JAVA_INT, JAVA_INT);
    private static final MethodHandle OPEN = call("open", ADDRESS, JAVA_INT);
    private static final MethodHandle CLOSE = call("close", JAVA_INT);

    private final PeerProgram relay;
    private final String near;              // files of /proc
    private final String far;
    private final int nearFd;
    private final int homeFd;

    TwoNetworks() {
        relay = PeerProgram.start("python3", PeerProgram.script("relay.py"));
        boolean complete = false;
        try {
            String said = relay.line();
            assertThat(said).matches("\\d+ \\d+ \\d+");
            String[] made = said.split(" ");
            near = "/proc/" + made[0] + "/fd/" + made[1];
            far = "/proc/" + made[0] + "/fd/" + made[2];
            nearFd = open(near);
            homeFd = open("/proc/self/ns/net");
            complete = true;
        } catch (IOException e) {
            throw new AssertionError(e);
        } finally {
            if (!complete) relay.close();
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle call(String name, ValueLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(JAVA_INT, arguments));
    }

    private static int open(String path) {
        try (Arena arena = Arena.ofConfined()) {
            int fd = (int) OPEN.invokeExact(arena.allocateFrom(path), 0);
            assertThat(fd).as(path).isNotNegative();
            return fd;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static void enter(int namespace) {
        try {
            int result = (int) SETNS.invokeExact(namespace, CLONE_NEWNET);
            assertThat(result).as("setns").isZero();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private <T> T inNear(Supplier<T> body) {
        enter(nearFd);
        try {
            return body.get();
        } finally {
            enter(homeFd);
        }
    }

    /// Opens its sockets in the near namespace.
    private final class NearPoller extends SpyPoller {

        NearPoller(Poller real) {
            super(real);
        }

        @Override
        public Descriptor open(Family family) {
            return inNear(() -> super.open(family));
        }

        @Override
        public Descriptor openDatagram(Family family) {
            return inNear(() -> super.openDatagram(family));
        }
    }

    /// [Rig#run(Rig.Kind, Rig.Body)] with its sockets in the near namespace, and a relay that
    /// does nothing yet but hand on.
    void run(Rig.Kind kind, Rig.Body body) throws IOException {
        tell("reset 0");
        Rig.run(new NearPoller(kind.poller()), Clock.SYSTEM, body);
    }

    /// Tells the relay `what`. Returns how many packets it has dropped so far.
    int tell(String what) throws IOException {
        relay.send(what + "\n");
        return Integer.parseInt(relay.line());
    }

    /// Starts `peers/peer.py` in the far namespace.
    PeerProgram startFar(String... arguments) {
        String[] command = new String[4 + arguments.length];
        command[0] = "nsenter";
        command[1] = "--net=" + far;
        command[2] = "python3";
        command[3] = PeerProgram.script("peer.py");
        System.arraycopy(arguments, 0, command, 4, arguments.length);
        return PeerProgram.start(command);
    }

    /// Has a shell in the near namespace carry out `script`.
    void shellNear(String script) throws IOException {
        shell(near, script);
    }

    void shellFar(String script) throws IOException {
        shell(far, script);
    }

    private static void shell(String namespace, String script) throws IOException {
        try (PeerProgram shell = PeerProgram.start(
                "nsenter", "--net=" + namespace, "sh", "-ec", script)) {
            shell.rest();
        }
    }

    @Override
    public void close() {
        relay.close();
        closeFd(nearFd);
        closeFd(homeFd);
    }

    private static void closeFd(int fd) {
        try {
            int result = (int) CLOSE.invokeExact(fd);
            assertThat(result).isZero();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
