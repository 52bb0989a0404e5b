package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import jloop.kernel.FaultySystemCalls.Call;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.ForeignFile;
import jloop.poller.ForeignFile.Use;
import jloop.poller.Operation;
import jloop.poller.Poller;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// One scenario, again and again, with another system call gone wrong each time: the n-th call
/// of a kind for n = 1, 2, ... until the scenario has none left, for every errno that the
/// manual page of the call has.
class FaultSweepTest {

    private static final int POLLS_MAX = 1000;
    private static final int EPERM = 1;
    private static final int ENOTDIR = 20;
    private static final int ENOSPC = 28;
    private static final int EROFS = 30;
    private static final int EDOM = 33;
    private static final int ELOOP = 40;
    private static final int ENONET = 64;
    private static final int EPROTONOSUPPORT = 93;
    private static final int ENOPROTOOPT = 92;
    private static final int EHOSTDOWN = 112;

    @ParameterizedTest(name = "{0}")
    @EnumSource(Call.class)
    void failure_ofAnySystemCall_isReportedAndLeavesThePollerWell(Call call) throws Exception {
        var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
        for (int errno : errnos(call))
            for (int nth = 1; isReached(call, nth, errno, Family.INET, address); nth++) { }
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Call.class)
    void failure_ofAnySystemCallOverUnix_isReportedAndLeavesNothing(
            Call call, @TempDir Path folder) throws Exception {
        var address = UnixDomainSocketAddress.of(folder.resolve("socket"));
        for (int errno : errnos(call)) {
            for (int nth = 1; isReached(call, nth, errno, Family.UNIX, address); nth++)
                assertThat(address.getPath()).doesNotExist();
        }
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Call.class)
    void failure_ofAnySystemCallWithDatagrams_isReportedAndLeavesThePollerWell(Call call)
            throws Exception {
        var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
        for (int errno : errnos(call))
            for (int nth = 1; isReached(call, nth, errno, poller ->
                    new Scenario(poller, Family.INET, address).playDatagrams()); nth++) { }
    }

    /// Whoever adds a system call adds it to those that can fail, and to a scenario.
    @Test
    void everySystemCall_canFailAndIsMade(@TempDir Path folder) throws IOException {
        Set<String> unneeded = Set.of("release", "eventfdWrite");       // they tell nothing
        for (Method method : SystemCalls.class.getDeclaredMethods()) {
            if (!Modifier.isPublic(method.getModifiers()) || unneeded.contains(method.getName()))
                continue;
            assertThatCode(() -> FaultySystemCalls.class.getDeclaredMethod(
                    method.getName(), method.getParameterTypes()))
                    .as("%s can fail", method).doesNotThrowAnyException();
        }
        var inet = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
        var unix = UnixDomainSocketAddress.of(folder.resolve("socket"));
        Path fifo = folder.resolve("fifo");
        RawFiles.makeFifo(fifo);
        var calls = new FaultySystemCalls();
        try (var poller = new EpollPoller(calls)) {
            assertThat(new Scenario(poller, Family.UNIX, unix).playPipes(fifo)).isZero();
            assertThat(new Scenario(poller, Family.INET, inet).play()).isZero();
            assertThat(new Scenario(poller, Family.UNIX, unix).play()).isZero();
            assertThat(new Scenario(poller, Family.INET, inet).playDatagrams()).isZero();
            assertThat(ChildSweepTest.play(poller)).isZero();
            assertThat(RingTest.play(calls)).isZero();
            RingFilesTest.play(calls, Files.createFile(folder.resolve("file")));
        }
        assertThat(Call.values()).as("calls of a scenario")
                .allMatch(call -> calls.count(call) > 0);
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Call.class)
    void failure_ofAnySystemCallWithPipes_isReportedAndLeavesNothing(
            Call call, @TempDir Path folder) throws Exception {
        Path fifo = folder.resolve("fifo");
        RawFiles.makeFifo(fifo);
        var address = UnixDomainSocketAddress.of(fifo);
        // At the end nobody is told, and what cannot be opened anew is duplicated.
        boolean isAnyInvisible =
                call == Call.OPEN || call == Call.FCNTL || call == Call.EPOLL_CTL;
        for (int errno : errnos(call))
            for (int nth = 1; isReached(call, nth, errno, isAnyInvisible, poller ->
                    new Scenario(poller, Family.UNIX, address).playPipes(fifo)); nth++) { }
    }

    /// Plays the scenario with one fault; false if it did not come to that.
    private static boolean isReached(Call call, int nth, int errno, Family family,
            SocketAddress address) throws IOException {
        return isReached(call, nth, errno,
                poller -> new Scenario(poller, family, address).play());
    }

    private interface Play {
        int on(Poller poller) throws IOException;
    }

    private static boolean isReached(Call call, int nth, int errno, Play play)
            throws IOException {
        return isReached(call, nth, errno, false, play);
    }

    private static boolean isReached(Call call, int nth, int errno, boolean isAnyInvisible,
            Play play) throws IOException {
        String fault = call + " " + nth + " with " + Errno.text(errno);
        long filesBefore = KernelFiles.count();
        var calls = new FaultySystemCalls().fail(call, nth, errno);
        boolean reached;
        try (var poller = new EpollPoller(calls)) {
            int result = play.on(poller);
            reached = calls.count(call) >= nth;
            calls.heal();
            boolean visible = reached && !isInvisible(call, errno);
            if (!isAnyInvisible || result != 0)
                assertThat(result).as(fault).isEqualTo(visible ? -errno : 0);
            assertThat(new Net(poller).echo("still well")).as(fault).isEqualTo("still well");
        } catch (UncheckedIOException e) {
            assertThat(e).as(fault).hasMessageContaining(Errno.text(errno));
            reached = true;
        }
        assertThat(KernelFiles.count()).as(fault).isEqualTo(filesBefore);
        return reached;
    }

    private static boolean isInvisible(Call call, int errno) {
        return switch (call) {
            case CLOSE, EPOLL_CTL_DEL -> true;
            case ACCEPT4 -> errno != Errno.EMFILE && errno != Errno.ENFILE
                    && errno != Errno.ENOBUFS && errno != Errno.ENOMEM && errno != EPERM;
            default -> errno == Errno.EINTR;
        };
    }

    private static int[] errnos(Call call) {
        return switch (call) {
            case SOCKET -> new int[] {Errno.EACCES, Errno.EAFNOSUPPORT, Errno.EINVAL,
                    Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM, EPROTONOSUPPORT};
            case BIND -> new int[] {Errno.EACCES, Errno.EADDRINUSE, Errno.EADDRNOTAVAIL,
                    Errno.EINVAL, Errno.ENOMEM, Errno.ENAMETOOLONG, Errno.ENOENT, ENOTDIR, EROFS,
                    ELOOP};
            case LISTEN -> new int[] {Errno.EADDRINUSE, Errno.EOPNOTSUPP};
            case ACCEPT4 -> new int[] {Errno.EINTR, Errno.ECONNABORTED, Errno.EMFILE,
                    Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM, Errno.EPROTO, EPERM,
                    Errno.ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, Errno.EHOSTUNREACH,
                    Errno.EOPNOTSUPP, Errno.ENETUNREACH};
            case CONNECT -> new int[] {Errno.EINTR, Errno.EACCES, EPERM, Errno.EADDRINUSE,
                    Errno.EADDRNOTAVAIL, Errno.EAFNOSUPPORT, Errno.EAGAIN, Errno.ECONNREFUSED,
                    Errno.ENETUNREACH, Errno.ETIMEDOUT, Errno.EHOSTUNREACH, Errno.EPROTOTYPE};
            case RECV -> new int[] {Errno.EINTR, Errno.ECONNREFUSED, Errno.ECONNRESET,
                    Errno.ENOMEM, Errno.ENOTCONN, Errno.ETIMEDOUT, Errno.EHOSTUNREACH};
            case SEND -> new int[] {Errno.EINTR, Errno.EACCES, Errno.ECONNRESET, Errno.ENOBUFS,
                    Errno.ENOMEM, Errno.EPIPE, Errno.ETIMEDOUT, Errno.EHOSTUNREACH,
                    Errno.ENETUNREACH, Errno.ENETDOWN};
            case RECVFROM -> new int[] {Errno.EINTR, Errno.ECONNREFUSED, Errno.ENOMEM};
            case SENDTO -> new int[] {Errno.EINTR, Errno.EACCES, Errno.ENETUNREACH,
                    Errno.EHOSTUNREACH, Errno.ENOBUFS, Errno.ENOMEM, Errno.EMSGSIZE, EPERM};
            case OPEN -> new int[] {Errno.EINTR, Errno.EACCES, Errno.EMFILE, Errno.ENFILE,
                    Errno.ENOENT, Errno.ENOMEM};
            case SENDFILE -> new int[] {Errno.EINTR, Errno.EINVAL, Errno.EIO, Errno.ENOMEM,
                    Errno.ECONNRESET, Errno.EPIPE};
            case SHUTDOWN -> new int[] {Errno.ENOTCONN};
            case CLOSE -> new int[] {Errno.EINTR, Errno.EIO, ENOSPC};
            case SETSOCKOPT -> new int[] {EDOM, ENOPROTOOPT, Errno.ENOMEM};
            case GETSOCKOPT, GETSOCKNAME, GETPEERNAME -> new int[] {Errno.ENOBUFS};
            case POLL -> new int[] {Errno.EINTR, Errno.ENOMEM};
            case EVENTFD, EPOLL_CREATE1 -> new int[] {Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM};
            case EPOLL_CTL -> new int[] {Errno.ENOMEM, ENOSPC, EPERM};
            case EPOLL_CTL_DEL -> new int[] {Errno.ENOMEM};
            case EPOLL_WAIT -> new int[] {Errno.EINTR};
            case FCNTL, STATX -> new int[] {Errno.EBADF, Errno.ENOMEM};
            case PIPE2 -> new int[] {Errno.EMFILE, Errno.ENFILE};
            case READ, WRITE -> new int[] {Errno.EINTR, Errno.EIO, Errno.EPIPE, Errno.ENOMEM};
            case SPAWN_SETTING, POSIX_SPAWN, PIDFD_OPEN, PIDFD_SEND_SIGNAL, KILL, WAITID ->
                new int[0];                                     // ChildSweepTest
            case URING_SETUP, URING_ENTER, URING_REGISTER, MMAP, MUNMAP ->
                new int[0];                                     // RingTest
            case PREAD, PREADV2, PWRITE, FTRUNCATE, FSYNC -> new int[0];    // RingFilesTest
        };
    }

    /// A connection from the first call to the last, with waiting wherever there is any.
    private static final class Scenario {

        private final Poller poller;
        private final Family family;
        private final SocketAddress home;
        private final List<Descriptor> open = new ArrayList<>();

        Scenario(Poller poller, Family family, SocketAddress home) {
            this.poller = poller;
            this.family = family;
            this.home = home;
        }

        /// 0, or the `-errno` that put an end to it.
        int play() throws IOException {
            int result = listenAndTalk();
            for (Descriptor descriptor : open) descriptor.close();
            return result;
        }

        /// Two sockets, of which one is connected to the other and waits for it to answer.
        int playDatagrams() throws IOException {
            Descriptor one = opened(poller.openDatagram(family));
            Descriptor other = opened(poller.openDatagram(family));
            int result = one.error() == 0 ? other.error() : one.error();
            if (result == 0) result = one.setOption(Descriptor.Option.BROADCAST, 1);
            if (result == 0) result = one.bind(home);
            if (result == 0) result = other.bind(home);
            if (result == 0) result = connectAndAnswer(one, other);
            for (Descriptor descriptor : open) descriptor.close();
            return result;
        }

        /// A pipe that waits in both directions, then a named one and one by its number.
        int playPipes(Path fifo) throws IOException {
            int[] raw = RawFiles.pipe();
            int result = pump(poller.pipe());
            if (result >= 0)
                result = pump(new ForeignFile.Fifo(fifo), new ForeignFile.Fifo(fifo));
            int copy = RawFiles.duplicate(raw[0]);
            boolean taken = false;
            if (result >= 0) {
                ForeignFile reading = new ForeignFile.Numbered(copy);
                result = pump(reading, new ForeignFile.Standard(raw[1]));
                taken = open.stream().anyMatch(descriptor -> descriptor.number() == copy);
            }
            for (Descriptor descriptor : open) descriptor.close();
            if (!taken) RawFiles.close(copy);
            RawFiles.close(raw);
            return result;
        }

        private int pump(ForeignFile reading, ForeignFile writing) {
            Descriptor reader = opened(poller.adopt(reading, Use.READ));
            if (reader.error() < 0) return reader.error();
            return pump(List.of(reader, opened(poller.adopt(writing, Use.WRITE))));
        }

        private int pump(List<Descriptor> ends) {
            Descriptor reader = ends.getFirst();
            Descriptor writer = ends.getLast();
            opened(reader);
            opened(writer);
            int result = Math.min(reader.error(), writer.error());
            if (result < 0) return result;
            Request readable = new Request(reader).kind(Operation.Kind.READABLE);
            result = submit(readable);
            if (result >= 0) result = writer.sendNow(new byte[5], 0, 5);
            if (result >= 0) result = finish(readable);
            if (result >= 0) result = reader.receiveNow(new byte[9], 0, 9);
            if (result >= 0) result = run(new Request(writer).kind(Operation.Kind.WRITABLE));
            return result;
        }

        private int connectAndAnswer(Descriptor one, Descriptor other) {
            SocketAddress there = other.localAddress();
            if (there == null) return -Errno.ENOBUFS;
            int result = run(new Request(one).connect(there));
            if (result == 0 && one.remoteAddress() == null) result = -Errno.ENOBUFS;
            Request readable = new Request(one).kind(Operation.Kind.READABLE);
            if (result >= 0) result = submit(readable);
            if (result >= 0) result = one.sendTo(new byte[5], 0, 5, null);
            if (result >= 0)
                result = run(new Request(other).kind(Operation.Kind.READABLE));
            if (result >= 0) result = other.receiveFrom(new byte[9], 0, 9);
            if (result >= 0) result = other.sendTo(new byte[7], 0, 7, other.sender());
            if (result >= 0) result = finish(readable);
            if (result >= 0) result = one.receiveFrom(new byte[9], 0, 9);
            if (result >= 0) assertThat(result).isEqualTo(7);
            return Math.min(result, 0);
        }

        private int listenAndTalk() throws IOException {
            Descriptor listener = open(family);
            int result = listener.error();
            if (result == 0) result = listener.setOption(Descriptor.Option.REUSE_ADDRESS, 1);
            if (result == 0) result = listener.bind(home);
            Object file = result == 0 ? listener.fileKey(home) : null;
            if (result == 0) result = listener.listen(5);
            if (result == 0) result = connect(listener);
            if (file != null) assertThat(listener.unlink(home, file)).isZero();
            return result;
        }

        private int connect(Descriptor listener) {
            SocketAddress address = listener.localAddress();
            if (address == null) return -Errno.ENOBUFS;
            Request accept = new Request(listener).accept();
            int result = submit(accept);
            if (result < 0) return result;
            Descriptor client = open(family);
            result = client.error();
            if (result == 0) result = run(new Request(client).connect(address));
            if (result == 0) result = finish(accept);
            if (result < 0) return result;
            open.add(accept.accepted);
            boolean known = client.remoteAddress() != null
                    && accept.accepted.remoteAddress() != null;
            return known ? talk(client, accept.accepted) : -Errno.ENOBUFS;
        }

        private int talk(Descriptor client, Descriptor server) {
            for (int i = 0; i < 2; i++) {
                Request receive = new Request(server).receive(100);
                int result = submit(receive);
                if (result >= 0) result = run(new Request(client).send("hello"));
                if (result >= 0) result = finish(receive);
                if (result >= 0)
                    result = run(new Request(client).kind(Operation.Kind.WRITABLE));
                if (result < 0) return result;
            }
            int sent = sendFile(client);
            if (sent >= 0) sent = run(new Request(server).receive(100));
            if (sent < 0) return sent;
            int delay = client.getOption(family == Family.UNIX
                    ? Descriptor.Option.KEEP_ALIVE : Descriptor.Option.NO_DELAY);
            int result = delay < 0 ? delay : client.shutdownOutput();
            return result < 0 ? result : run(new Request(server).receive(100));
        }

        private int sendFile(Descriptor client) {
            int file = client.openFile(Path.of("pom.xml"));
            if (file < 0) return file;
            int sent = client.sendFile(file, 3, 100);
            client.closeFile(file);
            return sent;
        }

        private Descriptor open(Family family) {
            return opened(poller.open(family));
        }

        private Descriptor opened(Descriptor descriptor) {
            open.add(descriptor);
            return descriptor;
        }

        private int run(Request request) {
            int result = submit(request);
            return result < 0 ? result : finish(request);
        }

        private int submit(Request request) {
            request.underWay = true;
            if (!poller.submit(request)) return 0;
            request.underWay = false;
            return request.result;
        }

        private int finish(Request request) {
            pollUntil(request::isOver);
            return request.result;
        }

        private void pollUntil(BooleanSupplier condition) {
            for (int polls = 0; !condition.getAsBoolean(); polls++) {
                assertThat(polls).isLessThan(POLLS_MAX);
                poller.poll(10_000_000);
            }
        }
    }
}
