package jloop.bench;

import static jloop.bench.Comparison.onThisThread;
import static jloop.bench.Comparison.onTwoThreads;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.DoubleSupplier;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.Future;
import jloop.bench.parts.Calls;
import jloop.bench.parts.Queues;
import jloop.bench.parts.Switches;
import jloop.bench.parts.ThreadsafeCalls;
import jloop.bench.parts.Timers;
import jloop.bench.results.Cell;
import jloop.bench.results.Spread;
import jloop.io.Server;
import jloop.io.StreamReader;
import jloop.io.StreamWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Fails when a change makes the hot paths clearly slower. It measures ratios to controls in
/// the same run, never absolute times, so it says the same on every machine; and a bound is
/// half as much again as a quiet machine finds, so that it tells changes from noise.
///
/// Who makes something faster lowers its bound.
@Timeout(300)       // three tries of everything, so that a failure has its figures to show
class GuardTest {

    private static final ThreadMXBean THREADS =
            (ThreadMXBean) ManagementFactory.getThreadMXBean();

    // ---- The loop's parts, beside controls in this JVM

    private static final int CALLS = 50_000;
    private static final int TASKS = 100;

    @Test
    void parts_besideTheirControls_areWithinBounds() throws Exception {
        Findings found = new Findings();
        EventLoop loop = new EventLoop();
        Timers.Live few = Timers.Live.of(1_000);
        Timers.Live many = Timers.Live.of(1_000_000);
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            compare(found, "yield / yield of a bare virtual thread", 2.0,
                    () -> Switches.yieldAmong(loop, TASKS, CALLS / TASKS),
                    () -> Switches.rawYieldAmong(TASKS, CALLS / TASKS));
            compare(found, "queue ping-pong / two parks of bare virtual threads", 2.6,
                    () -> Queues.pingPong(loop, CALLS / 2),
                    () -> Switches.rawParks(CALLS));
            compare(found, "callSoon / a lambda in an ArrayDeque", 9.0,
                    () -> Calls.chain(loop, 100, CALLS),
                    () -> Calls.rawChain(100, CALLS));
            compare(found, "arm + cancel beside 1e6 timers / beside 1e3", 1.5,
                    () -> many.armAndCancel(CALLS),
                    () -> few.armAndCancel(CALLS));
            Thread calling = other.submit(Thread::currentThread).get();
            measure(found, new Comparison(
                    "callSoonThreadsafe / ConcurrentLinkedQueue, drained", 2.6,
                    onTwoThreads(calling, () -> ThreadsafeCalls.callFrom(other, loop, CALLS)),
                    onTwoThreads(calling, () -> ThreadsafeCalls.rawCallFrom(other, CALLS))));
        } finally {
            other.shutdown();
            few.close();
            many.close();
            loop.close();
        }
        check(found);
    }

    private static void compare(Findings found, String name, double bound, Runnable jloop,
            Runnable control) {
        measure(found,
                new Comparison(name, bound, onThisThread(jloop), onThisThread(control)));
    }

    private static void measure(Findings found, Comparison comparison) {
        found.atMost(comparison.name(), comparison.bound(), comparison::measure);
    }

    // ---- What they allocate

    private static final int MESSAGES = 10_000;
    private static final int MESSAGE_BYTES = 64;
    private static final int ROUNDS = 10;
    private static final double BYTES = 2;          // the smallest object has 16
    private static final double ECHO_BYTES = 128;   // 112 where the compiler does not remove them

    @Test
    void allocation_onHotPaths_isNearZero() throws Exception {
        Findings found = new Findings();
        try (EventLoop loop = new EventLoop()) {
            int yields = 10 * CALLS;
            found.atMost("bytes allocated a yield", BYTES, () -> least(BYTES, () ->
                    allocated(() -> Switches.yieldAmong(loop, 1, yields)) / yields));
            found.atMost("bytes allocated a message echoed by streams", ECHO_BYTES, () ->
                    least(ECHO_BYTES, () -> allocatedByEchoes(loop) / MESSAGES));
        }
        check(found);
    }

    /// The least of some rounds: what is not compiled yet allocates what is never seen later.
    private static double least(double goodEnough, DoubleSupplier round) {
        double least = round.getAsDouble();
        for (int i = 1; i < ROUNDS && least > goodEnough; i++)
            least = Math.min(least, round.getAsDouble());
        return least;
    }

    /// What this thread allocates, with all that it carries.
    private static double allocated(Runnable work) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        work.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    /// What the loop allocates while a thread that is not the loop's has messages echoed.
    private static double allocatedByEchoes(EventLoop loop) {
        Server server = loop.runUntilComplete(
                () -> Asyncio.startServer(GuardTest::echo, "127.0.0.1", 0));
        int port = server.port();
        Future<Boolean> over = loop.createFuture();
        CompletableFuture<Long> allocated = new CompletableFuture<>();
        long loopThread = Thread.currentThread().threadId();
        Thread.ofPlatform().start(() -> {
            try (var socket = new java.net.Socket(
                    InetAddress.getLoopbackAddress(), port)) {
                socket.setTcpNoDelay(true);
                pingPong(socket);
                long before = THREADS.getThreadAllocatedBytes(loopThread);
                pingPong(socket);
                allocated.complete(THREADS.getThreadAllocatedBytes(loopThread) - before);
            } catch (Throwable e) {
                allocated.completeExceptionally(e);
            }
            loop.callSoonThreadsafe(() -> over.setResult(true));
        });
        loop.runUntilComplete(() -> {
            over.await();
            server.close();
            server.waitClosed();
        });
        return allocated.join();
    }

    private static void pingPong(java.net.Socket socket) throws IOException {
        byte[] message = new byte[MESSAGE_BYTES];
        for (int i = 0; i < MESSAGES; i++) {
            socket.getOutputStream().write(message);
            if (socket.getInputStream().readNBytes(message, 0, MESSAGE_BYTES) < MESSAGE_BYTES)
                throw new IOException("the server has gone");
        }
    }

    private static void echo(StreamReader reader, StreamWriter writer) throws IOException {
        byte[] buffer = new byte[MESSAGE_BYTES];
        for (int count; (count = reader.readInto(buffer, 0, buffer.length)) > 0; ) {
            writer.write(buffer, 0, count);
            writer.drain();
        }
    }

    // ---- Echoes, beside a server in C

    private static final int ECHO_ROUNDS = 5;
    private static final int ECHO_TRIES = 3;
    private static final double WINDOW_SECONDS = 0.6;
    private static final double WARM_UP_SECONDS = 2.5;
    private static final Cell ECHOES = Cell.of("size", 1024L).and("connections", 64L);
    private static final boolean LOAD_HAS_A_CORE = Runtime.getRuntime().availableProcessors() > 1;

    /// What a server takes of a processor can be told on a machine that has only one; how fast
    /// it is cannot, for the load takes as much of that one.
    @Test
    void echo_besideTheServerInC_isWithinBounds(@TempDir Path logs) throws Exception {
        Checkout.build("c");
        Findings found = new Findings();
        Settings settings = new Settings(List.of(), 0, WINDOW_SECONDS, List.of(), List.of(),
                List.of(), 5, WARM_UP_SECONDS);
        try (Children children = new Children(logs)) {
            Lab lab = new Lab(Checkout.BENCH.getParent(), settings, children,
                    new PrintWriter(System.out), LOAD_HAS_A_CORE ? Lab.LOAD_CORE : Lab.SERVER_CORE);
            try (Subject control = Benchmarks.ECHO.open(controlInC(), lab);
                    Subject jloop = Benchmarks.ECHO.open(streams(), lab)) {
                jloop.warmUp(List.of(ECHOES));
                int tries = 0;
                do measureEchoes(found, jloop, control);
                while (!found.areGood() && ++tries < ECHO_TRIES);
            }
        }
        check(found);
    }

    private static Contestant controlInC() {
        return Contestants.read(Checkout.BENCH.resolve("contestants"))
                .chosen(List.of(Layout.ECHO.control())).getFirst();
    }

    /// jloop's own of that name, but of the classes that are tested.
    private static Contestant streams() {
        List<String> argv = new ArrayList<>(List.of("{java}"));
        argv.addAll(Parts.jvmOptions());
        argv.addAll(List.of("-cp", EventLoop.class.getProtectionDomain().getCodeSource()
                .getLocation().getPath(), "{bench}/jloop/Echo.java", "{kind}", "{address}",
                "streams"));
        return new Contestant("jloop-streams", "", "jloop", true, Set.of(Contestant.ECHO), false,
                Set.of(), argv, List.of(), List.of(), "a JDK 25", false);
    }

    private static void measureEchoes(Findings found, Subject jloop, Subject control)
            throws WindowFailure {
        double[] rates = new double[ECHO_ROUNDS];
        double[] costs = new double[ECHO_ROUNDS];
        double user = 0;
        double whole = 0;
        for (int i = 0; i < ECHO_ROUNDS; i++) {
            Map<String, Double> ofC = control.measure(ECHOES);
            Map<String, Double> ours = jloop.measure(ECHOES);
            rates[i] = perMessage(ofC, "seconds") / perMessage(ours, "seconds");
            costs[i] = perMessage(ours, "serverCpuSeconds") / perMessage(ofC, "serverCpuSeconds");
            user += perMessage(ours, "serverUserSeconds");
            whole += perMessage(ofC, "serverCpuSeconds");
        }
        if (LOAD_HAS_A_CORE)
            found.atLeast("echoes a second / of the server in C", 0.65, Spread.median(rates));
        found.atMost("processor time an echo / of the server in C", 1.7, Spread.median(costs));
        found.atMost("of that user time / all time of the server in C", 0.6, user / whole);
    }

    private static double perMessage(Map<String, Double> figures, String key) {
        if (figures.get("errors") + figures.get("mismatches") > 0)
            throw new AssertionError("not an echo: " + figures);
        return figures.get(key) / figures.get("messages");
    }

    // ---- All of them

    private static void check(Findings found) {
        System.out.println("guard:" + found);
        assertThat(found.areGood()).as("within the bounds: %s", found).isTrue();
    }
}
