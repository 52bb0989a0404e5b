import module java.base;
import jloop.*;
import jloop.io.*;
import static jloop.Asyncio.*;

/// A server in the middle of many open connections, and what must not bring it down:
/// `./jloop run bench/jloop/Survive.java [CONNECTIONS]`. The peers are a process of their own.
/// After each fault the oracles are checked: file descriptors and tasks as before, an echo
/// within 50 ms, no processor time while idle, one report for each error. Exit status 1 if any
/// does not hold.
public class Survive {

    static final int IDLE_CHECK_MILLIS = 300;
    static final int FEW = 500;
    static final ReentrantLock LOCK = new ReentrantLock();

    static int reports;
    static int failures;
    static Process peers;
    static BufferedReader fromPeers;
    static Writer toPeers;

    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 0 && arguments[0].equals("peers")) {
            new Peers(Integer.parseInt(arguments[1])).obey();
            return;
        }
        int count = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10_000;
        run(() -> survive(count));
        if (failures > 0) System.exit(1);
        System.out.println("all oracles hold");
    }

    static void survive(int count) throws Exception {
        EventLoop loop = getRunningLoop();
        loop.setExceptionHandler((_, context) -> reports++);
        Server server = startServer(Survive::serve, "127.0.0.1", 0, o -> o.withBacklog(4096));
        startPeers(server.port());
        try {
            oracle("open", loop, server, 0, () -> ask("open " + count));
            oracle("peers reset", loop, server, FEW, () -> ask("reset " + FEW));
            oracle("open again", loop, server, 0, () -> ask("open " + FEW));
            oracle("handlers throw", loop, server, FEW, () -> ask("say throw " + FEW));
            oracle("open again", loop, server, 0, () -> ask("open " + FEW));
            oracle("stacks overflow", loop, server, FEW, () -> ask("say overflow " + FEW));
            oracle("open again", loop, server, 0, () -> ask("open " + FEW));
            oracle("handlers block on a lock", loop, server, 0, () -> lockTest(server));
            oracle("descriptors run out", loop, server, 1, () -> shortage(server));
            ask("close");
            awaitConnections(server, 0);
        } finally {
            server.close();
            peers.destroy();
        }
    }

    static void serve(StreamReader reader, StreamWriter writer) throws IOException {
        for (byte[] line; (line = reader.readline()).length > 0; ) {
            switch (new String(line, StandardCharsets.US_ASCII).strip()) {
                case "throw" -> throw new IllegalStateException("asked to throw");
                case "overflow" -> overflow(0);
                case "lock" -> {
                    LOCK.lock();
                    LOCK.unlock();
                }
                default -> { }
            }
            writer.write(line);
            writer.drain();
        }
    }

    static long overflow(long depth) {
        return 1 + overflow(depth + 1);
    }

    /// Connections whose handlers wait for a lock that another thread holds: the others go on.
    static Object lockTest(Server server) throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Thread holder = Thread.ofPlatform().start(() -> {
            LOCK.lock();
            held.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                LOCK.unlock();
            }
        });
        held.await();
        ask("begin lock " + FEW);
        long took = echoMillis(server);
        check("an echo beside " + FEW + " locked handlers takes " + took + " ms", took < 50);
        release.countDown();
        holder.join();
        return ask("finish " + FEW);
    }

    /// Leaves room for no more connections, has some knock, makes room again.
    static Object shortage(Server server) throws Exception {
        int open = server.connectionCount();
        limitFiles(files() + 1);
        ask("knock 200");
        long began = cpuNanos();
        sleep(Duration.ofSeconds(1));
        long spent = (cpuNanos() - began) / 1_000_000;
        check("out of descriptors for 1 s, processor time " + spent + " ms", spent < 200);
        limitFiles(20_000);
        awaitConnections(server, open);
        return null;
    }

    // ---- Oracles

    static void oracle(String fault, EventLoop loop, Server server, int errors,
            Callable<?> provoke) throws Exception {
        reports = 0;
        provoke.call();
        sleep(Duration.ofMillis(200));
        int connections = server.connectionCount();
        long echo = echoMillis(server);
        awaitConnections(server, connections);
        int expectedTasks = connections + 2;            // this one, and who accepts
        check(fault + ": tasks " + allTasks().size() + " of " + expectedTasks,
                allTasks().size() == expectedTasks);
        int sockets = sockets();
        int expectedSockets = connections + 2;          // the listener, and the one in reserve
        check(fault + ": sockets " + sockets + " of " + expectedSockets,
                sockets == expectedSockets);
        check(fault + ": an echo takes " + echo + " ms", echo < 50);
        check(fault + ": reports " + reports + " of " + errors, reports == errors);
        System.gc();
        sleep(Duration.ofMillis(200));
        long began = cpuNanos();
        sleep(Duration.ofMillis(IDLE_CHECK_MILLIS));
        long spent = (cpuNanos() - began) / 1000;
        check(fault + ": processor time in " + IDLE_CHECK_MILLIS + " idle ms: " + spent + " us",
                spent <= 10_000);
        System.out.println("ok: " + fault + ", " + connections + " connections open, echo "
                + echo + " ms, idle " + spent + " us");
    }

    static void check(String what, boolean holds) {
        if (holds) return;
        failures++;
        System.out.println("DOES NOT HOLD: " + what);
    }

    static long echoMillis(Server server) throws IOException {
        long began = System.nanoTime();
        try (StreamPair pair = openConnection("127.0.0.1", server.port())) {
            pair.writer().write("hello\n".getBytes(StandardCharsets.US_ASCII));
            pair.reader().readline();
        }
        return (System.nanoTime() - began) / 1_000_000;
    }

    static void awaitConnections(Server server, int count) {
        for (int i = 0; i < 500 && server.connectionCount() != count; i++)
            sleep(Duration.ofMillis(20));
        check("connections " + server.connectionCount() + " of " + count,
                server.connectionCount() == count);
    }

    static int files() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return (int) files.count();
        }
    }

    static int sockets() throws IOException {
        int sockets = 0;
        try (var files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path file : files) {
                try {
                    if (Files.readSymbolicLink(file).toString().startsWith("socket:")) sockets++;
                } catch (IOException e) {
                    continue;                           // closed meanwhile
                }
            }
        }
        return sockets;
    }

    static void limitFiles(int count) throws Exception {
        toThread(() -> new ProcessBuilder("prlimit", "--pid",
                Long.toString(ProcessHandle.current().pid()), "--nofile=" + count + ":20000")
                .inheritIO().start().waitFor());
    }

    static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean)
                java.lang.management.ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    // ---- The peers

    static void startPeers(int port) throws IOException {
        String java = ProcessHandle.current().info().command().orElseThrow();
        String source = System.getProperty("survive.source", "bench/jloop/Survive.java");
        String path = System.getProperty("jdk.module.path", "");
        List<String> command = new ArrayList<>(List.of(java));
        if (!path.isEmpty())
            command.addAll(List.of("-p", path, "--add-modules", "jloop"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), source, "peers",
                "" + port));
        peers = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        fromPeers = peers.inputReader();
        toPeers = peers.outputWriter();
    }

    /// Has the peers do something, and waits until they have.
    static String ask(String command) throws Exception {
        return toThread(() -> {
            toPeers.write(command + "\n");
            toPeers.flush();
            String answer = fromPeers.readLine();
            if (answer == null) throw new IllegalStateException("the peers are gone");
            return answer;
        });
    }

    /// Many connections, held by a process of their own.
    static final class Peers {

        private final int port;
        private final Deque<java.net.Socket> open = new ArrayDeque<>();
        private final List<java.net.Socket> begun = new ArrayList<>();

        Peers(int port) {
            this.port = port;
        }

        void obey() throws IOException {
            BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
            for (String line; (line = commands.readLine()) != null; ) {
                String[] words = line.split(" ");
                int count = words.length > 1 ? Integer.parseInt(words[words.length - 1]) : 0;
                switch (words[0]) {
                    case "open" -> open(count);
                    case "reset" -> reset(count);
                    case "say" -> say(words[1], count);
                    case "begin" -> begin(words[1], count);
                    case "finish" -> finish();
                    case "knock" -> knock(count);
                    case "close" -> close();
                    default -> throw new IOException("no such command: " + line);
                }
                System.out.println("done");
            }
        }

        void open(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                java.net.Socket socket = new java.net.Socket("127.0.0.1", port);
                open.add(socket);
                exchange(socket, "hello");
            }
        }

        void exchange(java.net.Socket socket, String word) throws IOException {
            socket.getOutputStream().write((word + "\n").getBytes(StandardCharsets.US_ASCII));
            byte[] back = socket.getInputStream().readNBytes(word.length() + 1);
            if (back.length != word.length() + 1) throw new IOException("short answer");
        }

        void reset(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                java.net.Socket socket = open.remove();
                socket.setSoLinger(true, 0);
                socket.close();
            }
        }

        void say(String word, int count) throws IOException {
            for (int i = 0; i < count; i++) {
                java.net.Socket socket = open.remove();
                socket.getOutputStream().write((word + "\n").getBytes(StandardCharsets.US_ASCII));
                socket.getInputStream().read();
                socket.close();
            }
        }

        void begin(String word, int count) throws IOException {
            for (int i = 0; i < count; i++) {
                java.net.Socket socket = open.remove();
                socket.getOutputStream().write((word + "\n").getBytes(StandardCharsets.US_ASCII));
                begun.add(socket);
            }
        }

        void finish() throws IOException {
            for (java.net.Socket socket : begun) {
                socket.getInputStream().readNBytes("lock\n".length());
                open.add(socket);
            }
            begun.clear();
        }

        /// Connections that the server cannot accept: it turns them away.
        void knock(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                java.net.Socket socket = new java.net.Socket();
                socket.connect(new InetSocketAddress("127.0.0.1", port), 5000);
                begun.add(socket);
            }
            for (java.net.Socket socket : begun) socket.close();
            begun.clear();
        }

        void close() throws IOException {
            for (java.net.Socket socket : open) socket.close();
            open.clear();
        }
    }
}
