package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import jloop.io.Server;
import jloop.io.StreamPair;
import jloop.io.StreamReader;
import jloop.io.StreamWriter;
import jloop.poller.Clock;
import jloop.kernel.EpollPoller;
import jloop.kernel.NioPoller;
import jloop.kernel.UringPoller;
import jloop.kernel.VirtualPoller;
import jloop.poller.Poller;
import jloop.poller.UnixName;
import org.jspecify.annotations.Nullable;

/// A loop to test on, with real sockets, and what has to be true of it when the test is over:
/// no task, timer, socket or thread is left, and the exception handler was told of nothing but
/// what the test has asked for.
public final class Rig {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration VIRTUAL_LIMIT = Duration.ofDays(30);      // it costs nothing
    private static final Duration MOMENT = Duration.ofMillis(1);
    private static final int IDLE_TRIES = 6;

    /// The pollers that have real sockets.
    public enum Kind {
        EPOLL, NIO, URING;

        Poller poller() {
            return switch (this) {
                case EPOLL -> new EpollPoller();
                case NIO -> new NioPoller();
                case URING -> new UringPoller();
            };
        }
    }

    /// The pollers, that of virtual time and sockets among them.
    public enum Network { EPOLL, NIO, VIRTUAL, URING }

    /// What a test does, as the main coroutine of the loop.
    public interface Body {
        void run(Rig rig) throws Exception;
    }

    static {
        // The first channel of java.nio has the JDK make a socket that it keeps.
        try (SocketChannel _ = SocketChannel.open()) {
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    public final EventLoop loop;
    private final boolean isVirtual;
    private final Duration limit;
    private final List<ExceptionContext> reports = new ArrayList<>();
    private @Nullable TimerHandle watch;

    private Rig(Poller poller, Clock clock) {
        isVirtual = poller instanceof VirtualPoller;
        limit = isVirtual ? VIRTUAL_LIMIT : LIMIT;
        loop = new EventLoop(poller, clock);
        loop.setExceptionHandler((_, context) -> reports.add(context));
    }

    public static void run(Body body) {
        run(Kind.EPOLL, body);
    }

    public static void run(Kind kind, Body body) {
        run(kind.poller(), body);
    }

    /// On epoll with system calls of which some fail.
    public static void run(FailingCalls calls, Body body) {
        run(new EpollPoller(calls), body);
    }

    public static void run(Network network, Body body) {
        run(switch (network) {
            case EPOLL -> new EpollPoller();
            case NIO -> new NioPoller();
            case URING -> new UringPoller();
            case VIRTUAL -> new VirtualPoller();
        }, body);
    }

    /// [#run(Network, Body)] of a fault: after that an echo through the same loop still works,
    /// and the loop sleeps when there is nothing to do.
    public static void survive(Network network, Body body) {
        run(network, rig -> {
            SortedSet<String> before = sockets();
            body.run(rig);
            rig.checkClean(before);
            rig.checkEcho();
            rig.checkClean(before);
            rig.checkIdle(Duration.ofMillis(30));
        });
    }

    public static void run(Poller poller, Body body) {
        run(poller, poller instanceof Clock clock ? clock : Clock.SYSTEM, body);
    }

    static void run(Poller poller, Clock clock, Body body) {
        SortedSet<String> threads = threads();
        Rig rig = new Rig(poller, clock);
        boolean passed = false;
        try {
            rig.loop.runUntilComplete(rig.watched(rig.loop.createTask(() -> rig.check(body))));
            passed = true;
        } finally {
            if (!passed) rig.loop.setExceptionHandler((_, _) -> { });
            rig.loop.close();
        }
        awaitThreads(threads);
    }

    /// A test that hangs is cancelled, which shows where it hung, and then given up.
    private Task<Void> watched(Task<Void> main) {
        watch(main, limit);
        return main;
    }

    private void watch(Task<?> main, Duration limit) {
        if (watch != null) watch.cancel();
        watch = loop.callLater(limit, () -> {
            main.cancel("the test hung; tasks: " + loop.tasks.snapshot());
            watch = loop.callLater(PATIENCE, () -> loop.fatal(new AssertionError("hung")));
        });
    }

    /// Gives the test, whose main task calls this, so much time from now on.
    public void allow(Duration limit) {
        watch(Objects.requireNonNull(Asyncio.currentTask()), limit);
    }

    private void check(Body body) throws Exception {
        SortedSet<String> before = sockets();
        body.run(this);
        if (watch != null) watch.cancel();
        checkClean(before);
    }

    /// Waits until nothing is left but the calling task and the sockets `before`, of which
    /// others may have closed theirs meanwhile.
    public void checkClean(SortedSet<String> before) {
        await("an end to all tasks", () -> loop.tasks.snapshot().size() == 1);
        await("an end to all timers", () -> timerCount() == 0);
        await("the sockets to be those of before: " + before,
                () -> before.containsAll(sockets()));
        assertThat(takeReports()).as("told to the exception handler").isEmpty();
    }

    private static void awaitThreads(SortedSet<String> before) {
        long end = Clock.SYSTEM.nanos() + PATIENCE.toNanos();
        while (!before.containsAll(threads()) && Clock.SYSTEM.nanos() < end) Thread.onSpinWait();
        assertThat(before).as("threads").containsAll(threads());
    }

    /// The threads that jloop makes.
    private static SortedSet<String> threads() {
        SortedSet<String> names = new TreeSet<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().matches("(jloop(?!-watchdog)|asyncio_).*"))
                names.add(thread.toString());
        }
        return names;
    }

    // ---- Looking at the process

    /// The sockets of this process that are open, as `socket:[inode]`.
    public static SortedSet<String> sockets() {
        SortedSet<String> found = new TreeSet<>();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path path : descriptors.toList()) {
                String target = target(path);
                if (target.startsWith("socket:")) found.add(target);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return found;
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException _) {               // the descriptor of the listing itself
            return "gone";
        }
    }

    /// Measures time without that for which the thread waited for a processor: on a busy
    /// machine, what is late for that reason is not late by our fault.
    public static final class Stopwatch {

        private final long startNanos = Clock.SYSTEM.nanos();
        private final String thread = target(Path.of("/proc/thread-self"));
        private final long stolenNanos = stolenNanos();

        public long nanos() {
            long nanos = Clock.SYSTEM.nanos() - startNanos;
            boolean sameThread = target(Path.of("/proc/thread-self")).equals(thread);
            return sameThread ? nanos - (stolenNanos() - stolenNanos) : nanos;
        }

        private static long stolenNanos() {
            try {
                // proc(5): time on the processor, time waited for it, slices.
                String stat = Files.readString(Path.of("/proc/thread-self/schedstat"));
                return Long.parseLong(stat.split(" ")[1]);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    /// Fails if the process spins while it ought to be idle.
    public void checkIdle() {
        checkIdle(Duration.ofMillis(100));
    }

    /// The same for a few whiles, each twice as long as the one before, of which one must be
    /// idle: a class that is loaded late, a thread that ends, or a wait for a processor has an
    /// end, a spin has none. In virtual time a while comes to no end if something spins.
    public void checkIdle(Duration time) {
        List<Usage> busy = new ArrayList<>();
        for (int i = 0; i < IDLE_TRIES; i++) {
            Duration asked = time.multipliedBy(1L << i);
            Usage.Moment start = new Usage.Moment();
            Asyncio.sleep(asked);
            Usage usage = Usage.between(start, new Usage.Moment());
            if (isVirtual || usage.isIdle(asked)) return;
            busy.add(usage);
        }
        throw new AssertionError("spins: " + busy);
    }

    // ---- Waiting

    public void turns(int count) {
        for (int i = 0; i < count; i++) Asyncio.sleep(Duration.ZERO);
    }

    /// Lets the loop run until `condition` holds; fails after ten seconds, of real time too
    /// where that of the loop is virtual: another thread may have to bring it about.
    public void await(String what, BooleanSupplier condition) {
        long end = loop.time() + PATIENCE.toNanos();
        long realEnd = Clock.SYSTEM.nanos() + PATIENCE.toNanos();
        for (int turn = 0; !condition.getAsBoolean(); turn++) {
            if (loop.time() > end && Clock.SYSTEM.nanos() > realEnd)
                throw new AssertionError("waited in vain for " + what
                        + "; tasks " + loop.tasks.snapshot() + ", timers " + loop.timerCount()
                        + ", sockets " + sockets() + ", reports " + reports);
            Asyncio.sleep(turn < 100 ? Duration.ZERO : MOMENT);
        }
    }

    public int taskCount() {
        return loop.tasks.snapshot().size();
    }

    /// Without the one that watches the test.
    public int timerCount() {
        return loop.timerCount() - (watch == null || watch.cancelled() ? 0 : 1);
    }

    // ---- Reports

    /// What the exception handler was told since the last call.
    public List<ExceptionContext> takeReports() {
        List<ExceptionContext> taken = List.copyOf(reports);
        reports.clear();
        return taken;
    }

    /// Waits until the exception handler was told of something, which must be one thing.
    public Throwable takeReport() {
        await("a report", () -> !reports.isEmpty());
        List<ExceptionContext> taken = takeReports();
        assertThat(taken).hasSize(1);
        return Objects.requireNonNull(taken.getFirst().exception());
    }

    /// [#takeReport()] of what is told once until it has not happened for a second: again only
    /// if since `start`, by the loop's clock, this machine may have stood still for so long.
    public List<ExceptionContext> takeEpisode(long start) {
        await("a report", () -> !reports.isEmpty());
        List<ExceptionContext> taken = takeReports();
        long seconds = Duration.ofNanos(loop.time() - start).toSeconds();
        assertThat(taken).hasSizeLessThanOrEqualTo(1 + (int) seconds);
        return taken;
    }

    // ---- Connections

    /// Two ends of a TCP connection.
    public record Ends(Socket client, Socket server) implements AutoCloseable {
        @Override
        public void close() {
            client.close();
            server.close();
        }
    }

    public static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
    }

    /// An address of this machine that no other process gets by chance, as the one of a socket
    /// that is closed, and that nobody is to have then. With a port that the system chooses.
    public static InetSocketAddress unshared() {
        long pid = ProcessHandle.current().pid();
        byte[] address = {127, (byte) (64 + (pid >> 16) % 64), (byte) (pid >> 8), (byte) pid};
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), 0);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    /// An abstract name that no other process has.
    public static UnixName unsharedName(String name) {
        return UnixName.of(name + "-" + ProcessHandle.current().pid());
    }

    public Socket listener() throws IOException {
        Socket listener = Socket.open(loop, StandardProtocolFamily.INET);
        listener.bind(loopback(0));
        listener.listen(500);
        return listener;
    }

    public Socket connectTo(Socket listener) throws IOException {
        Socket client = Socket.open(loop, StandardProtocolFamily.INET);
        loop.sockConnect(client, Objects.requireNonNull(listener.localAddress()));
        return client;
    }

    public Ends connect() throws IOException {
        try (Socket listener = listener()) {
            Socket client = connectTo(listener);
            return new Ends(client, loop.sockAccept(listener));
        }
    }

    /// Checks that an echo through this loop still works.
    public void checkEcho() throws Exception {
        Server server = Asyncio.startServer(
                (reader, writer) -> writer.write(reader.readline()), "127.0.0.1", 0);
        try (server;
                StreamPair pair = Asyncio.openConnection("127.0.0.1", server.port())) {
            pair.writer().write(bytes("still there\n"));
            assertThat(text(pair.reader().readAll())).isEqualTo("still there\n");
        }
        server.waitClosed();
    }

    /// For a server: sends back each line.
    public static void echo(StreamReader reader, StreamWriter writer) throws IOException {
        for (byte[] line; (line = reader.readline()).length > 0; ) {
            writer.write(line);
            writer.drain();
        }
    }

    /// The line with which `pair` answers.
    public static String ask(StreamPair pair, String question) throws IOException {
        pair.writer().write(bytes(question + "\n"));
        return text(pair.reader().readline()).strip();
    }

    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    public static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /// So many bytes, none like its neighbours, that are the same each time.
    public static byte[] pattern(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) bytes[i] = (byte) (i * 31 + (i >> 8) * 7 + (i >> 16));
        return bytes;
    }
}
