package jloop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;
import static jloop.Asyncio.toThread;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Names as dnsmasq knows them: a program of ours in namespaces of its own, where that is the
/// resolver of the system. It looks names up once for all tests, and says what came of each.
class DnsPeerTest {

    @TempDir
    static Path folder;

    private static final Map<String, String> SAID = new TreeMap<>();
    private static List<String> printed = List.of();
    private static List<String> log = List.of();

    @BeforeAll
    static void lookUp() throws Exception {
        FreshJvm.Ended ended = FreshJvm.end(
                List.of("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
                        "--mount-proc", "sh", PeerProgram.script("dns.sh"), folder.toString()),
                FreshJvm.ofThisLevel("-Dsun.net.inetaddr.ttl=0"), Lookups.class);
        printed = ended.lines();
        assertThat(ended.status())
                .as("a JVM in namespaces of its own, which takes root, beside dnsmasq, which"
                        + " scripts/install-test-peers.sh installs: %s", printed)
                .isZero();
        for (String line : printed) {
            String[] parts = line.split(" = ", 2);
            if (parts.length == 2) SAID.put(parts[0], parts[1]);
        }
        log = Files.readAllLines(folder.resolve("log"));
    }

    // ---- The program

    /// Whom dnsmasq asks for names below upstream.test. It fails those that begin with `fail`,
    /// and answers all others when it is told to.
    static final class Upstream {

        private static final int PORT = 5301;
        private static final int ANSWERS = 0x8180;      // flags: RFC 1035 4.1.1
        private static final int FAILS = 0x8182;

        private final DatagramSocket socket;
        private final List<DatagramPacket> held = new CopyOnWriteArrayList<>(); // its thread adds

        Upstream() throws SocketException {
            socket = new DatagramSocket(Rig.loopback(PORT));
            Thread.ofPlatform().daemon().name("upstream").start(this::serve);
        }

        private void serve() {
            try {
                while (true) {
                    DatagramPacket question = new DatagramPacket(new byte[1500], 1500);
                    socket.receive(question);
                    if (name(question).startsWith("fail")) answer(question, FAILS, false);
                    else held.add(question);
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        /// The names that wait for an answer of either family, which are asked for together.
        Set<String> names() {
            Map<String, Long> questions = held.stream().collect(
                    Collectors.groupingBy(Upstream::name, Collectors.counting()));
            return questions.keySet().stream().filter(name -> questions.get(name) == 2)
                    .collect(Collectors.toSet());
        }

        void answerAll() throws IOException {
            List<DatagramPacket> all = List.copyOf(held);
            held.removeAll(all);
            for (DatagramPacket question : all) answer(question, ANSWERS, isForIpv4(question));
        }

        private static String name(DatagramPacket question) {
            byte[] data = question.getData();
            return new String(data, 13, data[12], ISO_8859_1);
        }

        private static int end(DatagramPacket question) {
            int at = 12;
            for (byte[] data = question.getData(); data[at] != 0; ) at += data[at] + 1;
            return at + 5;
        }

        private static boolean isForIpv4(DatagramPacket question) {
            return question.getData()[end(question) - 3] == 1;
        }

        private void answer(DatagramPacket question, int flags, boolean withAddress)
                throws IOException {
            ByteBuffer answer = ByteBuffer.allocate(512);
            answer.put(question.getData(), 0, end(question));
            answer.putShort(2, (short) flags).putShort(6, (short) (withAddress ? 1 : 0))
                    .putInt(8, 0);
            if (withAddress)
                answer.putShort((short) 0xC00C).putShort((short) 1).putShort((short) 1).putInt(0)
                        .putShort((short) 4).put(new byte[] {(byte) 192, 0, 2, 7});
            socket.send(new DatagramPacket(
                    answer.array(), answer.position(), question.getSocketAddress()));
        }
    }

    static final class Lookups {

        private static final Duration LONG = Duration.ofSeconds(20);    // a lookup waits 30

        private final Upstream upstream = new Upstream();

        private Lookups() throws SocketException { }

        public static void main(String[] args) throws Exception {
            Lookups lookups = new Lookups();
            Asyncio.run(lookups::lookUp);
            while (threads() > 1) LockSupport.parkNanos(1_000_000);
            say("closed, threads that ask", threads());
            lookups.upstream.answerAll();
            while (threads() > 0) LockSupport.parkNanos(1_000_000);
            say("answered, threads that ask", threads());
        }

        private static void say(String about, Object what) {
            IO.println(about + " = " + what);
        }

        private static String failure(VoidCoroutine body) {
            try {
                body.run();
                return "none";
            } catch (Exception e) {
                return e.toString().replace('\n', ' ');
            }
        }

        private static long threads() {
            return Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().startsWith("jloop-names-")).count();
        }

        private static String addresses(List<InetSocketAddress> found) {
            return found.stream().map(each -> each.getAddress().getHostAddress())
                    .collect(Collectors.joining(" "));
        }

        private static void await(BooleanSupplier condition) throws Exception {
            timeout(LONG, () -> {
                while (!condition.getAsBoolean()) sleep(Duration.ofMillis(1));
            });
        }

        private void lookUp() throws Exception {
            answers();
            one();
            many();
            Task<?> left = createTask(() -> getRunningLoop().getaddrinfo("left.upstream.test", 1));
            await(() -> upstream.names().contains("left"));
            say("left", left.done());
        }

        private static void answers() throws Exception {
            EventLoop loop = getRunningLoop();
            say("both", addresses(loop.getaddrinfo("both.test", 80)));
            say("six", addresses(loop.getaddrinfo("six.test", 80)));
            say("family", addresses(loop.getaddrinfo(
                    "both.test", 80, o -> o.withFamily(StandardProtocolFamily.INET6))));
            say("many", Set.copyOf(loop.getaddrinfo("many.test", 80)).size());
            say("name", loop.getnameinfo(
                    new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 80)));
            say("unknown", failure(() -> loop.getaddrinfo("no.test", 80)));
            say("fails", failure(() -> loop.getaddrinfo("fails.upstream.test", 80)));
            say("refused", failure(() -> openConnection("here.test", 1)));
            say("race", failure(() -> openConnection(
                    "here.test", 1, o -> o.withHappyEyeballsDelay(LONG))));
        }

        /// One name, asked for by many.
        private void one() throws Exception {
            EventLoop loop = getRunningLoop();
            List<Task<String>> askers = new ArrayList<>();
            for (int i = 0; i < 20; i++)
                askers.add(createTask(() -> addresses(loop.getaddrinfo("one.upstream.test", 1))));
            await(() -> upstream.held.size() >= 2);
            askers.getFirst().cancel();
            sleep(Duration.ofMillis(20));
            upstream.answerAll();
            Set<String> answers = new HashSet<>();
            for (Task<String> asker : askers.subList(1, 20)) answers.add(asker.await());
            say("one", answers + ", cancelled " + askers.getFirst().cancelled());
        }

        /// Many names, none of them answered.
        private void many() throws Exception {
            EventLoop loop = getRunningLoop();
            long start = loop.time();
            say("silent", failure(() -> timeout(Duration.ofMillis(50),
                    () -> loop.getaddrinfo("silent.upstream.test", 1))));
            say("timely", loop.time() - start < LONG.toNanos());

            List<Task<?>> askers = IntStream.range(0, 1000).<Task<?>>mapToObj(i -> createTask(
                    () -> loop.getaddrinfo("silent" + i + ".upstream.test", 1))).toList();
            await(() -> upstream.names().size() >= 8);
            say("meanwhile", timeout(LONG, () -> toThread(() -> "a job is done")) + ", "
                    + addresses(loop.getaddrinfo("127.0.0.1", 1)));
            askers.forEach(Task::cancel);
            Asyncio.wait(askers);

            Task<String> next = createTask(() -> addresses(loop.getaddrinfo("six.test", 1)));
            sleep(Duration.ofMillis(20));
            say("no thread is free", upstream.names().size() + " asked, " + next.done());
            upstream.answerAll();
            say("then", timeout(LONG, () -> next.await()));
        }
    }

    // ---- What it says

    private static String said(String about) {
        assertThat(SAID).as(String.join("\n", printed)).containsKey(about);
        return SAID.get(about);
    }

    /// How many questions for addresses of either family dnsmasq was asked.
    private static List<Long> asked(String name) {
        return List.of("A", "AAAA").stream().map(type -> log.stream()
                .filter(line -> line.contains("query[" + type + "] " + name + " ")).count())
                .toList();
    }

    @Test
    void getaddrinfo_ofANameWithBothFamilies_givesIpv4First() {
        assertThat(said("both")).isEqualTo("192.0.2.1 2001:db8:0:0:0:0:0:1");
        assertThat(said("six")).isEqualTo("2001:db8:0:0:0:0:0:6");
        assertThat(said("family")).isEqualTo("2001:db8:0:0:0:0:0:1");
        assertThat(asked("six.test").getFirst()).isPositive();
    }

    /// More than a datagram holds: they come by TCP.
    @Test
    void getaddrinfo_ofANameWithManyAddresses_givesAll() {
        assertThat(said("many")).isEqualTo("60");
    }

    @Test
    void getnameinfo_asksForTheName() {
        assertThat(said("name")).isEqualTo("both.test");
    }

    @Test
    void getaddrinfo_ofANameThatDoesNotExist_isAnUnknownHost() {
        assertThat(said("unknown")).startsWith("java.net.UnknownHostException: no.test");
        assertThat(asked("no.test")).doesNotContain(0L);
    }

    @Test
    void getaddrinfo_serverFails_isAnUnknownHost() {
        assertThat(said("fails"))
                .startsWith("java.net.UnknownHostException: fails.upstream.test");
    }

    @Test
    void openConnection_triesTheAddressesInOrder_orTheFamiliesInTurn() {
        String four = "connect to here.test/127.0.0.\\d:1 failed.*";
        String six = "connect to here.test/\\[0:0:0:0:0:0:0:1\\]:1 failed.*";
        assertThat(said("refused")).matches(".*" + four + four + six);
        assertThat(said("race")).matches(".*" + four + six + four);
    }

    @Test
    void getaddrinfo_ofOneNameByMany_isOneQuestion() {
        assertThat(said("one")).isEqualTo("[192.0.2.7], cancelled true");
        assertThat(asked("one.upstream.test")).containsExactly(1L, 1L);
    }

    @Test
    void getaddrinfo_serverIsSilent_endsByATimeoutAtOnce() {
        assertThat(said("silent")).startsWith("java.util.concurrent.TimeoutException");
        assertThat(said("timely")).isEqualTo("true");
    }

    @Test
    void getaddrinfo_ofManyNamesThatAreNotAnswered_keepsNobodyElseWaiting() {
        assertThat(said("meanwhile")).isEqualTo("a job is done, 127.0.0.1");
    }

    /// Nobody waits for the answers any more; the threads that asked do.
    @Test
    void getaddrinfo_cancelledAndAnsweredLate_givesItsThreadBack() {
        assertThat(said("no thread is free")).isEqualTo("8 asked, false");
        assertThat(said("then")).isEqualTo("2001:db8:0:0:0:0:0:6");
    }

    @Test
    void close_withALookupUnderWay_isInOrder() {
        assertThat(said("left")).isEqualTo("false");
        assertThat(said("closed, threads that ask")).isEqualTo("1");
        assertThat(said("answered, threads that ask")).isEqualTo("0");
        assertThat(printed).allMatch(line -> line.contains(" = "));
    }
}
