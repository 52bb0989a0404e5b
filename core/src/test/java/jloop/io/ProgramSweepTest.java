package jloop.io;

import static jloop.Asyncio.createConnection;
import static jloop.Asyncio.createDatagramEndpoint;
import static jloop.Asyncio.createServer;
import static jloop.Asyncio.createSubprocessExec;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.createUnixConnection;
import static jloop.Asyncio.createUnixServer;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.openUnixConnection;
import static jloop.Asyncio.startServer;
import static jloop.Asyncio.startUnixServer;
import static jloop.Asyncio.subprocessExec;
import static jloop.Asyncio.timeout;
import static jloop.Rig.ask;
import static jloop.Rig.bytes;
import static jloop.Rig.loopback;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import jloop.ChildCheck;
import jloop.Datagram;
import jloop.EventLoop;
import jloop.ExceptionContext;
import jloop.FailingCalls;
import jloop.Future;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;
import jloop.kernel.Errno;
import jloop.kernel.FaultySystemCalls.Call;
import jloop.poller.Redirect;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Programs as users write them, again and again, with another system call gone wrong each
/// time: the n-th call of a kind for n = 1, 2, ... until the program has none left, for every
/// errno of the manual page that the program can meet. Each time somebody is told, once,
/// nobody waits in vain, and nothing is left.
@Tag("slow")
class ProgramSweepTest {

    private static final String HERE = "127.0.0.1";
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int POLLS_FAILED = 10;
    private static final int ENOSPC = 28;
    private static final SSLContext SERVER = TestKeys.context("server");
    private static final SSLContext CLIENT = TestKeys.context(null);

    private static final Set<Call> OF_DATAGRAMS = EnumSet.of(Call.SOCKET, Call.BIND,
            Call.RECVFROM, Call.SENDTO, Call.CLOSE, Call.EPOLL_CTL, Call.EPOLL_WAIT,
            Call.GETSOCKNAME);
    private static final Set<Call> OF_STREAMS = EnumSet.of(Call.SOCKET, Call.BIND, Call.LISTEN,
            Call.ACCEPT4, Call.CONNECT, Call.RECV, Call.SEND, Call.CLOSE, Call.EPOLL_CTL,
            Call.EPOLL_WAIT, Call.GETSOCKNAME);

    private static final Set<Call> OF_CHILDREN = EnumSet.of(Call.PIPE2, Call.OPEN, Call.FCNTL,
            Call.SPAWN_SETTING, Call.POSIX_SPAWN, Call.PIDFD_OPEN, Call.PIDFD_SEND_SIGNAL,
            Call.WAITID, Call.READ, Call.WRITE, Call.EPOLL_CTL, Call.EPOLL_WAIT, Call.CLOSE);

    private enum Program {
        STREAMS(Call.SETSOCKOPT, Call.GETSOCKOPT, Call.SHUTDOWN),
        STREAMS_OVER_UNIX(Call.SHUTDOWN),
        STREAMS_OVER_TLS,
        STREAMS_TO_THE_SECOND_OF_TWO_HOSTS(Call.SETSOCKOPT, Call.GETSOCKOPT, Call.SHUTDOWN),
        PROTOCOLS(Call.SETSOCKOPT, Call.GETSOCKOPT, Call.SHUTDOWN),
        PROTOCOLS_OVER_UNIX(Call.SHUTDOWN),
        PROTOCOLS_OVER_TLS,
        SOCKETS(Call.GETSOCKOPT, Call.SHUTDOWN),
        DATAGRAMS,
        DATAGRAM_PROTOCOLS,
        CHILDREN,
        CHILD_PROTOCOLS;

        /// Of the calls that it makes, those that not all programs of its kind make.
        private final List<Call> more;

        Program(Call... more) {
            this.more = List.of(more);
        }

        /// The calls that it makes, at least.
        private Set<Call> calls() {
            if (isOverTls()) return EnumSet.of(Call.RECV, Call.SEND, Call.EPOLL_CTL);
            if (hasChildren()) return OF_CHILDREN;
            Set<Call> calls = EnumSet.copyOf(name().startsWith("DATAGRAM")
                    ? OF_DATAGRAMS : OF_STREAMS);
            calls.addAll(more);
            return calls;
        }

        /// All the rest is there before TLS begins, and is as without.
        private boolean isOverTls() {
            return name().endsWith("TLS");
        }

        private boolean hasChildren() {
            return name().startsWith("CHILD");
        }

        /// The errors of `call` to try: all with streams, with the others one of each kind.
        private int[] errnos(Call call) {
            if (hasChildren()) return errnosOfChildren(call);
            int[] all = ProgramSweepTest.errnos(call);
            if (isOverTls() && !calls().contains(call)) return new int[0];
            if (this == STREAMS || this == STREAMS_OVER_UNIX) return all;
            return IntStream.range(0, all.length).filter(i -> i == 0 || all[i] == Errno.EINTR
                    || all[i] == Errno.ECONNABORTED || all[i] == Errno.ENOBUFS
                    && isInvisible(call, all[i])).map(i -> all[i]).toArray();
        }

        /// Whether it may get what it wants all the same: by another address, connection or
        /// attempt, or without what was to make it better.
        private boolean mayIgnore(Call call, int errno) {
            return switch (call) {
                case SEND -> isOverTls();               // the farewell
                case BIND, LISTEN, SENDTO, RECVFROM, SHUTDOWN -> errno == Errno.EINTR
                        || errno == Errno.EAGAIN;
                case ACCEPT4 -> errno != Errno.EMFILE;
                case PIPE2, OPEN, FCNTL, POSIX_SPAWN, SPAWN_SETTING -> false;
                default -> true;
            };
        }

        /// Throws what went wrong with the asking side.
        void run(Rig rig, Path path) throws Exception {
            switch (this) {
                case STREAMS -> overStreams(startServer(ProgramSweepTest::answer, HERE, 0),
                        server -> openConnection(HERE, port(server)));
                case STREAMS_OVER_UNIX ->
                    overStreams(startUnixServer(ProgramSweepTest::answer, path),
                            _ -> openUnixConnection(path));
                case STREAMS_OVER_TLS -> overStreams(
                        startServer(ProgramSweepTest::answer, HERE, 0, o -> o.withTls(SERVER)),
                        server -> openConnection(HERE, port(server), o -> o.withTls(CLIENT)));
                case STREAMS_TO_THE_SECOND_OF_TWO_HOSTS -> {
                    rig.loop.setResolver(_ -> List.of(InetAddress.ofLiteral("127.0.0.2"),
                            InetAddress.ofLiteral(HERE)));
                    overStreams(startServer(ProgramSweepTest::answer, HERE, 0),
                            server -> openConnection("two.example", port(server),
                                    o -> o.withHappyEyeballsDelay(Duration.ofMillis(5))));
                }
                case PROTOCOLS -> overProtocols(
                        createServer(Answerer::new, HERE, 0),
                        server -> createConnection(Asker::new, HERE, port(server)));
                case PROTOCOLS_OVER_UNIX -> overProtocols(
                        createUnixServer(Answerer::new, path),
                        _ -> createUnixConnection(Asker::new, path));
                case PROTOCOLS_OVER_TLS -> overProtocols(
                        createServer(Answerer::new, HERE, 0, o -> o.withTls(SERVER)),
                        server -> createConnection(Asker::new, HERE, port(server),
                                o -> o.withTls(CLIENT)));
                case SOCKETS -> overSockets(rig.loop);
                case DATAGRAMS -> byDatagrams(rig);
                case DATAGRAM_PROTOCOLS -> byDatagramProtocols();
                case CHILDREN -> withChildren();
                case CHILD_PROTOCOLS -> withChildProtocols();
            }
        }
    }

    // ---- The sweep

    @ParameterizedTest
    @EnumSource
    void oneCallFails_somebodyIsToldOnceAndNothingIsLeft(
            Program program, @TempDir Path folder) {
        FailingCalls calls = new FailingCalls();
        Path path = folder.resolve("socket");
        Rig.run(calls, rig -> {
            SortedSet<String> before = Rig.sockets();
            program.run(rig, path);             // what is made once, by us and by the JDK
            rig.checkClean(before);
            Set<Call> failed = EnumSet.noneOf(Call.class);
            for (Call call : Call.values()) {
                for (int errno : program.errnos(call)) {
                    for (int nth = 1; isReached(rig, calls, call, nth, errno, program, path)
                            && (call != Call.EPOLL_WAIT || nth < POLLS_FAILED); nth++) {
                        failed.add(call);
                        rig.checkClean(before);
                        assertThat(path).as("the file of the server").doesNotExist();
                        assertThat(nth).as("calls to fail").isLessThan(200);
                    }
                    rig.checkEcho();
                }
            }
            rig.checkClean(before);
            rig.checkIdle();
            assertThat(failed).containsAll(program.calls());
        });
    }

    /// False if it did not come to the call that was to fail.
    private static boolean isReached(Rig rig, FailingCalls calls, Call call, int nth, int errno,
            Program program, Path path) {
        String what = call + " number " + nth + ": " + Errno.text(errno);
        rig.allow(LIMIT.multipliedBy(3));
        calls.failNext(call, nth, errno);
        int told = runToItsEnd(what, () -> program.run(rig, path));
        rig.await("an end to all tasks", () -> rig.taskCount() == 1);
        rig.turns(2);                           // in which transports close their sockets
        rig.await("an end to all children", () -> ChildCheck.children().isEmpty());
        boolean reached = calls.hasFailed();
        calls.failNothing();
        List<ExceptionContext> reports = rig.takeReports();
        assertThat(reports).as(what).hasSizeLessThanOrEqualTo(1);
        int all = told + reports.size();
        if (!reached) assertThat(all).as("%s, and was not reached", what).isZero();
        else if (isInvisible(call, errno)) assertThat(all).as(what).isZero();
        else if (!program.mayIgnore(call, errno))
            assertThat(all).as("told of " + what).isPositive();
        return reached;
    }

    /// Whether the call is made again, and nobody notices.
    private static boolean isInvisible(Call call, int errno) {
        boolean passes = errno == Errno.EAGAIN || errno == Errno.ENOBUFS
                || errno == Errno.ENOMEM;
        return errno == Errno.EINTR
                || passes && (call == Call.SEND || call == Call.SENDTO);
    }

    private interface Run {
        void run() throws Exception;
    }

    /// How often it failed: 0 or 1.
    private static int runToItsEnd(String what, Run program) {
        try {
            timeout(LIMIT, program::run);
            return 0;
        } catch (TimeoutException e) {
            return fail(what + ": somebody waits in vain", e);
        } catch (Exception e) {
            if (!(e instanceof IOException)) throw new AssertionError(what, e);
            return 1;
        }
    }

    private static int[] errnos(Call call) {
        return switch (call) {
            case SOCKET -> new int[] {Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM,
                    Errno.EACCES, Errno.EAFNOSUPPORT, Errno.EINVAL};
            case BIND -> new int[] {Errno.EACCES, Errno.EADDRINUSE, Errno.EINVAL,
                    Errno.EADDRNOTAVAIL, Errno.ENOMEM};
            case LISTEN -> new int[] {Errno.EADDRINUSE, Errno.EOPNOTSUPP};
            case ACCEPT4 -> new int[] {Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM,
                    Errno.ECONNABORTED, Errno.EPROTO, Errno.EPERM, Errno.EINTR, Errno.ENETDOWN,
                    Errno.EHOSTUNREACH, Errno.EOPNOTSUPP, Errno.ENETUNREACH, Errno.EINVAL,
                    Errno.EIO};
            case CONNECT -> new int[] {Errno.ECONNREFUSED, Errno.ENETUNREACH,
                    Errno.EADDRNOTAVAIL, Errno.EACCES, Errno.ETIMEDOUT, Errno.EAGAIN,
                    Errno.EHOSTUNREACH, Errno.EINTR};
            case RECV, RECVFROM -> new int[] {Errno.ECONNRESET, Errno.ECONNREFUSED, Errno.EINTR,
                    Errno.ENOMEM, Errno.ETIMEDOUT, Errno.EHOSTUNREACH, Errno.EIO};
            case SEND -> new int[] {Errno.EPIPE, Errno.ECONNRESET, Errno.ENOBUFS, Errno.ENOMEM,
                    Errno.EINTR, Errno.EHOSTUNREACH, Errno.ETIMEDOUT, Errno.EAGAIN};
            case SENDTO -> new int[] {Errno.EACCES, Errno.ENOBUFS, Errno.ENOMEM, Errno.EINTR,
                    Errno.EMSGSIZE, Errno.ENETUNREACH, Errno.EPERM, Errno.EAGAIN};
            case SETSOCKOPT -> new int[] {Errno.EINVAL, Errno.ENOMEM, Errno.ENOBUFS};
            case GETSOCKOPT, GETSOCKNAME, GETPEERNAME -> new int[] {Errno.ENOBUFS};
            case SHUTDOWN -> new int[] {Errno.ENOTCONN, Errno.ENOBUFS};
            case POLL -> new int[] {Errno.EINTR, Errno.ENOMEM};
            case EPOLL_CTL -> new int[] {Errno.ENOMEM, ENOSPC};    // no more watches for this user
            case EPOLL_CTL_DEL -> new int[] {Errno.ENOMEM};
            case EPOLL_WAIT -> new int[] {Errno.EINTR};
            case CLOSE -> new int[] {Errno.EINTR, Errno.EIO};
            case EVENTFD, EPOLL_CREATE1 -> new int[0];              // the loop's own, at its start
            case OPEN, SENDFILE, FCNTL, STATX, PIPE2, READ, WRITE, PREAD, PREADV2, PWRITE,
                    FTRUNCATE, FSYNC -> new int[0];                             // of files
            case SPAWN_SETTING, POSIX_SPAWN, PIDFD_OPEN, PIDFD_SEND_SIGNAL, KILL, WAITID ->
                new int[0];                                                     // of children
            case URING_SETUP, URING_ENTER, URING_REGISTER, MMAP, MUNMAP ->
                new int[0];                                                     // RingTest
        };
    }

    private static int[] errnosOfChildren(Call call) {
        return switch (call) {
            case PIPE2, OPEN -> new int[] {Errno.EMFILE};
            case FCNTL, SPAWN_SETTING -> new int[] {Errno.ENOMEM};
            case POSIX_SPAWN -> new int[] {Errno.EAGAIN};
            case PIDFD_OPEN -> new int[] {Errno.EMFILE};
            case PIDFD_SEND_SIGNAL -> new int[] {Errno.EPERM};
            case WAITID, EPOLL_WAIT -> new int[] {Errno.EINTR};
            case READ -> new int[] {Errno.EINTR, Errno.EIO};
            case WRITE -> new int[] {Errno.EINTR, Errno.EPIPE};
            case EPOLL_CTL -> new int[] {Errno.ENOMEM};
            case CLOSE -> new int[] {Errno.EIO};
            default -> new int[0];
        };
    }

    // ---- Short counts

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"DATAGRAMS", "DATAGRAM_PROTOCOLS"})
    void everySendTakesOneByte_allIsAsEver(Program program, @TempDir Path folder) {
        FailingCalls calls = new FailingCalls();
        calls.sentMax = 1;
        Rig.run(calls, rig -> program.run(rig, folder.resolve("socket")));
    }

    // ---- Streams

    private static int port(Server server) throws IOException {
        int port = server.port();
        if (port < 0) throw new IOException("no port of " + server);
        return port;
    }

    private interface Opening<T> {
        T to(Server server) throws IOException;
    }

    private static void overStreams(Server server, Opening<StreamPair> opening)
            throws IOException {
        try (server; StreamPair pair = opening.to(server)) {
            converse(pair);
        }
        server.waitClosed();
    }

    private static void answer(StreamReader reader, StreamWriter writer) throws IOException {
        writer.write(bytes("answer to " + text(reader.readline())));
        writer.drain();
        int _ = reader.readAll().length;
        if (writer.canWriteEof()) writer.write(bytes("bye\n"));
    }

    private static void converse(StreamPair pair) throws IOException {
        check(ask(pair, "question"), "answer to question");
        if (!pair.writer().canWriteEof()) return;
        pair.writer().writeEof();
        check(text(pair.reader().readAll()), "bye\n");
    }

    private static void check(String heard, String expected) throws IOException {
        if (!heard.equals(expected)) throw new IOException("heard '" + heard + "'");
    }

    // ---- Protocols

    private static final class Answerer extends TracingProtocol {

        @Override
        public void dataReceived(ByteBuffer data) {
            transport().write(data);
        }

        @Override
        public boolean eofReceived() {
            if (transport().canWriteEof()) transport().write(bytes("bye"));
            return false;
        }
    }

    private static final class Asker extends TracingProtocol {

        final Future<String> answer = jloop.Asyncio.getRunningLoop().createFuture();
        private String heard = "";

        @Override
        public void connectionMade(Transport made) throws Exception {
            super.connectionMade(made);
            made.write(bytes("question"));
        }

        @Override
        public void dataReceived(ByteBuffer data) {
            heard += textOf(data);
            if (!heard.equals("question")) return;
            if (transport().canWriteEof()) transport().writeEof();
            else transport().close();
        }

        @Override
        public void connectionLost(@Nullable Throwable why) {
            if (why == null) answer.setResult(heard);
            else answer.setException(why);
        }
    }

    private static void overProtocols(Server server, Opening<Connection<Asker>> opening)
            throws IOException {
        try (server) {
            Connection<Asker> connection = opening.to(server);
            String heard = connection.protocol().answer.await();
            check(heard, connection.transport().canWriteEof() ? "questionbye" : "question");
        }
        server.waitClosed();
    }

    // ---- Sockets

    private static void overSockets(EventLoop loop) throws IOException {
        try (Socket listener = Socket.open(loop, StandardProtocolFamily.INET);
                Socket client = Socket.open(loop, StandardProtocolFamily.INET)) {
            listener.bind(loopback(0));
            listener.listen(1);
            Task<Void> serving = createTask(() -> serveOne(loop, listener));
            try {
                loop.sockConnect(client, address(listener));
                loop.sockSendall(client, bytes("question"));
                client.shutdownOutput();
                check(text(loop.sockRecv(client, 100)), "question");
                check(text(loop.sockRecv(client, 100)), "");
                serving.await();
            } finally {
                stop(serving);
            }
        }
    }

    private static SocketAddress address(Socket socket) throws IOException {
        SocketAddress address = socket.localAddress();
        if (address == null) throw new IOException("no local address of " + socket);
        return address;
    }

    private static void serveOne(EventLoop loop, Socket listener) throws IOException {
        try (listener; Socket accepted = loop.sockAccept(listener)) {
            loop.sockSendall(accepted, loop.sockRecv(accepted, 100));
            check(text(loop.sockRecv(accepted, 100)), "");
        }
    }

    /// Cancels it; what it failed by is told by the other side.
    private static void stop(Task<?> task) {
        task.cancel();
        task.addDoneCallback(done -> {
            if (!done.cancelled()) done.exception();
        });
    }

    // ---- Datagrams

    private static void byDatagrams(Rig rig) throws IOException {
        EventLoop loop = rig.loop;
        try (Socket one = Socket.openDatagram(loop, StandardProtocolFamily.INET);
                Socket other = Socket.openDatagram(loop, StandardProtocolFamily.INET)) {
            one.bind(loopback(0));
            other.bind(loopback(0));
            Task<Datagram> hearing = createTask(() -> loop.sockRecvfrom(other, 100));
            try {
                rig.turns(1);
                loop.sockSendto(one, bytes("question"), address(other));
                Datagram question = hearing.await();
                loop.sockSendto(other, question.data(), question.from());
                check(text(loop.sockRecvfrom(one, 100).data()), "question");
            } finally {
                stop(hearing);
            }
        }
    }

    /// Keeps the first that it hears, or the failure that it is told of.
    private static class Correspondent implements DatagramProtocol {

        final Future<String> heard = jloop.Asyncio.getRunningLoop().createFuture();
        @Nullable DatagramTransport transport;

        @Override
        public void connectionMade(DatagramTransport made) {
            transport = made;
        }

        @Override
        public void datagramReceived(ByteBuffer data, SocketAddress from) {
            if (!heard.done()) heard.setResult(TracingProtocol.textOf(data));
        }

        @Override
        public void errorReceived(IOException failure) {
            if (!heard.done()) heard.setException(failure);
        }
    }

    private static void byDatagramProtocols() throws IOException {
        var asking = createDatagramEndpoint(Correspondent::new, o -> o.withLocalAddress(HERE, 0));
        DatagramTransport transport = asking.transport();
        try {
            var answering = createDatagramEndpoint(() -> new Correspondent() {
                @Override
                public void datagramReceived(ByteBuffer data, SocketAddress from) {
                    if (transport != null) transport.sendto(data, from);
                }

                @Override
                public void errorReceived(IOException failure) {
                    asking.protocol().errorReceived(failure);
                }
            }, o -> o.withLocalAddress(HERE, 0));
            try {
                Object there = answering.transport().getExtraInfo("sockname");
                if (!(there instanceof InetSocketAddress address))
                    throw new IOException("no local address");
                transport.sendto(ByteBuffer.wrap(bytes("question")), address);
                check(asking.protocol().heard.await(), "question");
            } finally {
                answering.transport().close();
            }
        } finally {
            transport.close();
        }
    }

    // ---- Children

    /// One that answers, and one that is ended by the end of its scope.
    private static void withChildren() throws IOException {
        try (Subprocess cat = createSubprocessExec(List.of("cat"), o -> quick(o)
                .withStdin(Redirect.PIPE).withStdout(Redirect.PIPE))) {
            check(cat.communicate(bytes("question")).text(), "question");
        }
        try (Subprocess sleeper = createSubprocessExec(List.of("sleep", "1000"),
                ProgramSweepTest::quick)) {
            sleeper.pid();
        }
    }

    private static SubprocessOptions quick(SubprocessOptions options) {
        return options.withStderr(Redirect.DEVNULL).withGrace(Duration.ofMillis(20));
    }

    /// Keeps what it hears, and how its child ends.
    private static final class Parent implements SubprocessProtocol {

        final Future<String> end = jloop.Asyncio.getRunningLoop().createFuture();
        private final StringBuilder heard = new StringBuilder();

        @Override
        public void pipeDataReceived(int fd, ByteBuffer data) {
            heard.append(TracingProtocol.textOf(data));
        }

        @Override
        public void connectionLost(@Nullable Throwable why) {
            end.setResult(heard.toString());
        }
    }

    private static void withChildProtocols() throws IOException {
        try (var cat = subprocessExec(Parent::new, List.of("cat"),
                o -> o.withStderr(Redirect.DEVNULL))) {
            Transport stdin = cat.transport().getPipeTransport(0);
            if (stdin == null) throw new AssertionError("no stdin");
            stdin.write(bytes("question"));
            stdin.writeEof();
            check(cat.protocol().end.await(), "question");
        }
        try (var sleeper = subprocessExec(Parent::new, "sleep", "1000")) {
            sleeper.transport().terminate();
            sleeper.protocol().end.await();
        } catch (UncheckedIOException e) {
            throw Objects.requireNonNull(e.getCause());
        }
    }
}
