package jloop;

import static jloop.Rig.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import jloop.kernel.Errno;
import jloop.kernel.RawFiles;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Readers and writers of files that are not the loop's own.
@ExtendWith(PipeCheck.class)
class ForeignFilesTest {

    private static final int HIGH = 200;        // more files than the tests have open

    private interface Body {
        void run(Rig rig, int reading, int writing) throws Exception;
    }

    /// A pipe in blocking mode, of numbers that nobody else gets when it is closed: whoever
    /// opens a file gets the lowest number that is free.
    private static int[] pipe() {
        int[] low = RawFiles.pipe();
        int[] pipe = {RawFiles.duplicate(low[0], HIGH), RawFiles.duplicate(low[1], HIGH)};
        RawFiles.close(low);
        return pipe;
    }

    private static void withPipe(Body body) {
        Rig.run(rig -> {
            int[] pipe = pipe();
            try {
                body.run(rig, pipe[0], pipe[1]);
            } finally {
                for (int fd : pipe) if (RawFiles.isOpen(fd)) RawFiles.close(fd);
            }
        });
    }

    // ---- By number

    @Test
    void reader_isCalledInEachTurnWhileThereIsSomething() {
        withPipe((rig, reading, writing) -> {
            List<String> trace = new ArrayList<>();
            rig.loop.addReader(reading, () -> trace.add("readable"));
            rig.turns(5);
            assertThat(trace).isEmpty();

            RawFiles.write(writing, "x");
            rig.await("calls", () -> trace.size() >= 3);

            RawFiles.read(reading);
            rig.turns(2);       // one may have been on its way
            trace.clear();
            rig.turns(5);
            assertThat(trace).isEmpty();
            assertThat(RawFiles.blocks(reading)).as("left as it is").isTrue();
            RawFiles.write(writing, "y");
            rig.await("a call", () -> !trace.isEmpty());
            assertThat(rig.loop.removeReader(reading)).isTrue();
            assertThat(rig.loop.removeReader(reading)).isFalse();
            trace.clear();
            rig.turns(5);
            assertThat(trace).isEmpty();
        });
    }

    @Test
    void reader_idle_letsTheLoopSleep() {
        withPipe((rig, reading, writing) -> {
            rig.loop.addReader(reading, () -> RawFiles.read(reading));
            RawFiles.write(writing, "x");
            rig.turns(5);
            rig.checkIdle();
        });
    }

    @Test
    void reader_hearsOfTheEnd() {
        withPipe((rig, reading, writing) -> {
            List<String> trace = new ArrayList<>();
            rig.loop.addReader(reading, () -> {
                trace.add(RawFiles.read(reading));
                rig.loop.removeReader(reading);
            });
            RawFiles.close(writing);
            rig.await("a call", () -> !trace.isEmpty());
            assertThat(trace).containsExactly("");
        });
    }

    @Test
    void reader_again_replacesTheOne_alsoInTheSameTurn() {
        withPipe((rig, reading, writing) -> {
            List<String> trace = new ArrayList<>();
            rig.loop.addReader(reading, () -> trace.add("first"));
            RawFiles.write(writing, "x");
            rig.loop.addReader(reading, () -> trace.add("second"));
            rig.loop.removeReader(reading);
            rig.loop.addReader(reading, () -> trace.add("third"));
            rig.await("a call", () -> trace.contains("third"));
            assertThat(trace).containsOnly("third");

            trace.clear();
            rig.loop.addReader(reading, () -> {
                trace.add("fourth");
                rig.loop.addReader(reading, () -> trace.add("fifth"));
            });
            rig.await("a call", () -> trace.contains("fifth"));
            assertThat(trace).startsWith("fourth", "fifth").doesNotContain("third");
            assertThat(trace.stream().filter("fourth"::equals)).hasSize(1);
        });
    }

    @Test
    void writer_isCalledWhileThereIsRoom_andGoesIndependently() {
        Rig.run(rig -> {
            int[] pair = RawFiles.socketPair();
            List<String> trace = new ArrayList<>();
            rig.loop.addReader(pair[0], () -> trace.add("readable"));
            rig.loop.addWriter(pair[0], () -> trace.add("writable"));
            rig.await("calls", () -> trace.size() >= 3);
            assertThat(trace).containsOnly("writable");
            assertThat(rig.loop.removeWriter(pair[0])).isTrue();
            assertThat(rig.loop.removeWriter(pair[0])).isFalse();
            trace.clear();
            RawFiles.write(pair[1], "x");
            rig.await("calls", () -> trace.size() >= 2);
            assertThat(trace).containsOnly("readable");
            assertThat(rig.loop.removeReader(pair[0])).isTrue();
            RawFiles.close(pair);
        });
    }

    @Test
    void reader_thatThrows_isReportedAndStays() {
        withPipe((rig, reading, writing) -> {
            var failure = new IllegalStateException("in a reader");
            List<String> trace = new ArrayList<>();
            rig.loop.addReader(reading, () -> {
                trace.add(RawFiles.read(reading));
                throw failure;
            });
            for (String text : List.of("one", "two")) {
                RawFiles.write(writing, text);
                assertThat(rig.takeReport()).isSameAs(failure);
            }
            assertThat(trace).containsExactly("one", "two");
        });
    }

    @Test
    void reader_ofWhatCannotBeWaitedFor_isRejected(@TempDir Path folder) {
        Rig.run(rig -> {
            EventLoop loop = rig.loop;
            assertThatThrownBy(() -> loop.addReader(-1, () -> { }))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> loop.addWriter(1_000_000_000, () -> { }))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("EBADF");
            int file = RawFiles.open(folder.toString(), 0);
            assertThatThrownBy(() -> loop.addReader(file, () -> { }))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a regular file");
            assertThat(loop.removeReader(file)).isFalse();
            RawFiles.close(file);
            try (Rig.Ends ends = rig.connect()) {
                assertThatThrownBy(() -> loop.addReader(ends.client().fileno(), () -> { }))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("of this loop has it");
            }
            rig.checkEcho();
        });
    }

    @Test
    void reader_onAClosedLoop_isRejected() {
        EventLoop loop = new EventLoop();
        int[] pipe = RawFiles.pipe();
        loop.addReader(pipe[0], () -> { });
        loop.close();
        assertThatThrownBy(() -> loop.addReader(pipe[0], () -> { }))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        assertThatThrownBy(() -> loop.addWriter(pipe[1], () -> { }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(loop.removeReader(pipe[0])).isFalse();
        assertThat(loop.removeWriter(pipe[1])).isFalse();
        assertThat(RawFiles.isOpen(pipe[0])).as("not the loop's to close").isTrue();
        RawFiles.close(pipe);
    }

    // ---- Numbers that are used again

    @Test
    void number_usedAgain_isNotHeardOfUntilItIsGivenAgain() {
        Rig.run(rig -> {
            int[] first = pipe();
            int alive = RawFiles.duplicate(first[0]);       // so that epoll keeps the first
            List<String> trace = new ArrayList<>();
            rig.loop.addReader(first[0], () -> trace.add("first"));
            RawFiles.close(first[0]);
            int[] second = pipe();
            assertThat(second[0]).as("the same number").isEqualTo(first[0]);

            RawFiles.write(second[1], "x");
            rig.turns(5);
            assertThat(trace).as("the second is nobody's").isEmpty();
            RawFiles.read(second[0]);

            rig.loop.addReader(second[0], () -> trace.add("second"));
            RawFiles.write(first[1], "to the first");
            rig.turns(5);
            assertThat(trace).as("the first has no number any more").isEmpty();
            RawFiles.write(second[1], "x");
            rig.await("a call", () -> !trace.isEmpty());
            assertThat(trace).containsOnly("second");
            rig.loop.removeReader(second[0]);
            RawFiles.close(alive, first[1], second[0], second[1]);
        });
    }

    @Test
    void number_usedAgainByASocketOfTheLoop_staysThatSockets() {
        withPipe((rig, reading, writing) -> {
            List<Socket> opened = new ArrayList<>();
            rig.loop.addReader(reading, () -> {
                RawFiles.close(reading);
                opened.add(openWithNumber(rig.loop, reading));
            });
            RawFiles.write(writing, "x");
            rig.await("a call", () -> !opened.isEmpty());
            try (Socket socket = opened.getFirst(); Socket listener = rig.listener()) {
                assertThat(socket.fileno()).as("the same number").isEqualTo(reading);
                rig.loop.sockConnect(socket, Objects.requireNonNull(listener.localAddress()));
                try (Socket accepted = rig.loop.sockAccept(listener)) {
                    Task<byte[]> receiving =
                            Asyncio.createTask(() -> rig.loop.sockRecv(socket, 10));
                    rig.turns(3);
                    assertThatThrownBy(() -> rig.loop.addReader(reading, () -> { }))
                            .isInstanceOf(IllegalStateException.class);
                    assertThat(rig.loop.removeReader(reading)).isFalse();
                    rig.loop.sockSendall(accepted, bytes("mine"));
                    assertThat(receiving.await()).isEqualTo(bytes("mine"));
                }
            }
        });
    }

    private static Socket openWithNumber(EventLoop loop, int number) {
        List<Socket> lower = new ArrayList<>();
        try {
            Socket socket;
            while ((socket = Socket.open(loop, StandardProtocolFamily.INET)).fileno() < number)
                lower.add(socket);
            return socket;
        } catch (IOException e) {
            throw new AssertionError(e);
        } finally {
            lower.forEach(Socket::close);
        }
    }

    @Test
    void file_closedInItsReader_isNotCalledAgainAndDoesNotSpin() {
        withPipe((rig, reading, writing) -> {
            List<String> trace = new ArrayList<>();
            rig.loop.addReader(reading, () -> {
                trace.add("called");
                RawFiles.close(reading);
            });
            RawFiles.write(writing, "x");
            rig.await("a call", () -> !trace.isEmpty());
            rig.turns(10);
            assertThat(trace).hasSize(1);
            assertThatThrownBy(() -> rig.loop.addReader(reading, () -> { }))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("EBADF");
            assertThat(rig.loop.removeReader(reading)).as("it is forgotten").isFalse();
        });
    }

    @Test
    void registration_thatFails_isReported() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            int[] pipe = RawFiles.pipe();
            for (int nth : List.of(1, 2)) {
                calls.fail("epoll_ctl", nth, Errno.ENOSPC);
                assertThatThrownBy(() -> rig.loop.addReader(pipe[0], () -> { }))
                        .isInstanceOf(UncheckedIOException.class)
                        .hasMessageContaining("ENOSPC");
                calls.failNothing();
                assertThat(rig.loop.removeReader(pipe[0])).isFalse();
            }
            List<String> trace = new ArrayList<>();
            rig.loop.addReader(pipe[0], () -> trace.add(RawFiles.read(pipe[0])));
            RawFiles.write(pipe[1], "well");
            rig.await("a call", () -> !trace.isEmpty());
            RawFiles.close(pipe);
        });
    }

    // ---- Channels

    /// At OPENED the tests run with the package exported that has the numbers of channels.
    private static List<Rig.Kind> withChannels() {
        return Carrier.level() == Level.OPENED ? List.of(Rig.Kind.values())
                : List.of(Rig.Kind.NIO);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("withChannels")
    void channel_isWatchedLevelTriggeredAndLeftOpen(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Pipe pipe = Pipe.open();
            pipe.source().configureBlocking(false);
            pipe.sink().configureBlocking(false);
            List<String> trace = new ArrayList<>();
            rig.loop.addReader(pipe.source(), () -> trace.add("readable"));
            rig.loop.addWriter(pipe.sink(), () -> trace.add("writable"));
            rig.await("calls", () -> trace.size() >= 2);
            assertThat(trace).containsOnly("writable");
            assertThat(rig.loop.removeWriter(pipe.sink())).isTrue();
            assertThat(rig.loop.removeReader(pipe.sink())).isFalse();
            trace.clear();

            pipe.sink().write(ByteBuffer.wrap(bytes("x")));
            rig.await("calls", () -> trace.size() >= 2);
            assertThat(rig.loop.removeReader(pipe.source())).isTrue();
            rig.loop.addReader(pipe.source(), () -> trace.add("anew"));     // in the same turn
            rig.await("a call", () -> trace.contains("anew"));
            assertThat(rig.loop.removeReader(pipe.source())).isTrue();
            assertThat(rig.loop.removeReader(pipe.source())).isFalse();

            pipe.source().configureBlocking(true);      // it is nobody's any more
            assertThat(pipe.source().isOpen()).isTrue();
            pipe.source().close();
            pipe.sink().close();
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("withChannels")
    void channel_thatListens_isReadableWhenSomebodyIsThere(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (ServerSocketChannel listener = ServerSocketChannel.open()) {
                listener.bind(new InetSocketAddress("127.0.0.1", 0)).configureBlocking(false);
                List<SocketChannel> accepted = new ArrayList<>();
                rig.loop.addReader(listener, () -> {
                    try {
                        accepted.add(listener.accept());
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
                try (SocketChannel _ = SocketChannel.open(listener.getLocalAddress())) {
                    rig.await("a connection", () -> !accepted.isEmpty());
                }
                accepted.getFirst().close();
                assertThat(accepted).hasSize(1);
                rig.loop.removeReader(listener);
            }
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("withChannels")
    void channel_closed_isNotCalledAgainAndDoesNotSpin(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Pipe pipe = Pipe.open();
            pipe.source().configureBlocking(false);
            List<String> trace = new ArrayList<>();
            Runnable closing = () -> {
                trace.add("called");
                try {
                    pipe.source().close();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            };
            rig.loop.addReader(pipe.source(), closing);
            pipe.sink().write(ByteBuffer.wrap(bytes("x")));
            rig.await("a call", () -> !trace.isEmpty());
            rig.turns(10);
            assertThat(trace).hasSize(1);
            assertThatThrownBy(() -> rig.loop.addReader(pipe.source(), closing))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("EBADF");
            pipe.sink().close();
        });
    }

    @Test
    void channel_thatCannotBeWatched_isRejected() {
        Rig.run(Rig.Kind.NIO, rig -> {
            Pipe pipe = Pipe.open();
            assertThatThrownBy(() -> rig.loop.addReader(pipe.source(), () -> { }))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("non-blocking");
            assertThatThrownBy(() -> rig.loop.addReader(pipe.sink(), () -> { }))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is never READABLE");
            assertThatThrownBy(() -> rig.loop.addReader(0, () -> { }))
                    .isInstanceOf(UnsupportedOperationException.class);
            try (PipeEnd end = PipeEnd.of(pipe.source())) {
                Socket socket = end.forReading(rig.loop);
                rig.loop.addReader(socket, () -> { });
                assertThatThrownBy(() -> rig.loop.addReader(pipe.source(), () -> { }))
                        .isInstanceOf(IllegalStateException.class);
            }
            pipe.sink().close();
        });
    }

    @Test
    void channel_inVirtualTimeOrHiddenFromEpoll_isRejected() throws Exception {
        Pipe pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        VirtualPoller poller = new VirtualPoller();
        try (EventLoop real = new EventLoop(); EventLoop virtual = new EventLoop(poller, poller)) {
            for (EventLoop loop : Carrier.level() == Level.OPENED ? List.of(virtual)
                    : List.of(real, virtual)) {
                SelectableChannel channel = pipe.source();
                assertThatThrownBy(() -> loop.addReader(channel, () -> { }))
                        .isInstanceOf(UnsupportedOperationException.class);
            }
            assertThatThrownBy(() -> virtual.addReader(0, () -> { }))
                    .isInstanceOf(UnsupportedOperationException.class);
        }
        pipe.source().close();
        pipe.sink().close();
    }
}
