package jloop;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import jloop.io.Server;
import jloop.kernel.EpollPoller;
import jloop.kernel.NioPoller;
import jloop.poller.Clock;
import jloop.poller.Poller;

/// Run in a JVM of its own: the system has no descriptors left for a server, and then some
/// again. Prints a line for each poller: how many clients are served meanwhile, how many turned
/// away, what is reported and within which time, how often the poller is asked in 300 idle
/// milliseconds, and what a client hears that comes when there are descriptors again.
final class FewDescriptors {

    static final int CLIENTS = 100;
    private static final int LEFT = 20;

    private FewDescriptors() { }

    public static void main(String[] args) throws Exception {
        loadClasses();
        for (Poller real : List.of(new EpollPoller(), new NioPoller())) {
            SpyPoller poller = new SpyPoller(real);
            EventLoop loop = new EventLoop(poller, Clock.SYSTEM);
            IO.println(loop.runUntilComplete(() -> shortage(loop, poller)));
            loop.close();
        }
    }

    /// A class that is loaded later needs a descriptor for its file.
    private static void loadClasses() throws Exception {
        Path folder = Path.of(EventLoop.class.getProtectionDomain().getCodeSource()
                .getLocation().toURI());
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.toList()) {
                String name = folder.relativize(file).toString().replace('/', '.');
                if (name.endsWith(".class") && name.startsWith("jloop."))
                    Class.forName(name.substring(0, name.length() - 6), false,
                            FewDescriptors.class.getClassLoader());
            }
        }
    }

    private static String shortage(EventLoop loop, SpyPoller poller) throws Exception {
        List<Throwable> reports = new ArrayList<>();
        loop.setExceptionHandler((_, context) -> reports.add(context.exception()));
        Server server = Asyncio.startServer((reader, writer) -> {
            for (byte[] line; (line = reader.readline()).length > 0; ) writer.write(line);
        }, "127.0.0.1", 0);
        List<Socket> clients = new ArrayList<>();
        for (int i = 0; i <= CLIENTS; i++)
            clients.add(Socket.open(loop, StandardProtocolFamily.INET));
        Socket late = clients.removeLast();

        String most = limit();
        limit(String.valueOf(highest() + 1 + LEFT));
        long start = loop.time();
        for (Socket client : clients) loop.sockConnect(client, address(server));
        int served = 0;
        for (Socket client : clients) served += ask(loop, client).equals("x\n") ? 1 : 0;
        int before = poller.timeouts.size();
        Asyncio.sleep(Duration.ofMillis(300));
        int polls = poller.timeouts.size() - before;
        clients.forEach(Socket::close);
        while (server.connectionCount() > 0) Asyncio.sleep(Duration.ofMillis(1));
        long seconds = Duration.ofNanos(loop.time() - start).toSeconds();
        loop.sockConnect(late, address(server));
        String again = ask(loop, late).strip();
        late.close();
        server.close();
        limit(most);
        return served + " served, " + (CLIENTS - served) + " turned away, " + reports.size()
                + " times " + reports.getFirst().getClass().getSimpleName()
                + " in " + seconds + " s, " + polls
                + " polls, then " + again;
    }

    private static java.net.SocketAddress address(Server server) {
        return Objects.requireNonNull(server.sockets().getFirst().localAddress());
    }

    private static String ask(EventLoop loop, Socket client) {
        try {
            loop.sockSendall(client, new byte[] {'x', '\n'});
            return new String(loop.sockRecv(client, 10), StandardCharsets.US_ASCII);
        } catch (IOException _) {               // turned away
            return "";
        }
    }

    private static int highest() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.mapToInt(p -> Integer.parseInt(p.getFileName().toString()))
                    .max().orElseThrow();
        }
    }

    /// How many descriptors this process may have.
    private static String limit() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/limits")))
            if (line.startsWith("Max open files")) return line.split(" {2,}")[1];
        throw new AssertionError("no limit of open files");
    }

    /// Sets it.
    private static void limit(String number) throws Exception {
        int status = new ProcessBuilder("prlimit", "--pid",
                String.valueOf(ProcessHandle.current().pid()), "--nofile=" + number + ":")
                .inheritIO().start().waitFor();
        if (status != 0) throw new AssertionError("prlimit ended with " + status);
    }
}
