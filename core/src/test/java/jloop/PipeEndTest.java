package jloop;

import static jloop.Asyncio.connectWritePipe;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openReadPipe;
import static jloop.Asyncio.openWritePipe;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import jloop.io.BaseProtocol;
import jloop.io.StreamReader;
import jloop.io.StreamWriter;
import jloop.kernel.RawFiles;
import jloop.kernel.VirtualPoller;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Pipes, terminals and sockets that somebody else has opened.
@ExtendWith(PipeCheck.class)
class PipeEndTest {

    /// Notes how its transport ended.
    private static final class Ending implements BaseProtocol {

        boolean isLost;
        @Nullable Throwable why;

        @Override
        public void connectionLost(@Nullable Throwable lostBy) {
            isLost = true;
            why = lostBy;
        }
    }

    // ---- By number

    /// The file `fd` by another number instead, one that no other thread's next file gets.
    private static int rareNumberOf(int fd) {
        int rare = RawFiles.duplicate(fd, 700);
        RawFiles.close(fd);
        return rare;
    }

    @Test
    void descriptor_ofAPipe_isNonBlockingUntilItIsClosed() {
        Rig.run(rig -> {
            int[] pipe = RawFiles.pipe();
            int shared = RawFiles.duplicate(pipe[0]);
            int fd = rareNumberOf(pipe[0]);
            StreamReader reader = openReadPipe(PipeEnd.ofDescriptor(fd));
            assertThat(RawFiles.blocks(shared)).isFalse();
            Task<byte[]> reading = createTask(() -> reader.read(100));
            rig.turns(2);
            RawFiles.write(pipe[1], "hello");
            assertThat(text(reading.await())).isEqualTo("hello");
            RawFiles.close(pipe[1]);
            assertThat(reader.readAll()).isEmpty();
            assertThat(RawFiles.isOpen(fd)).as("closed at its end").isFalse();
            assertThat(RawFiles.blocks(shared)).isTrue();
            RawFiles.close(shared);
        });
    }

    @Test
    void descriptors_thatShareAnOpenFile_areNonBlockingUntilTheLastIsClosed() {
        Rig.run(rig -> {
            int[] terminal = RawFiles.terminal();
            int copy = RawFiles.duplicate(terminal[0]);
            int third = RawFiles.duplicate(terminal[0]);
            PipeEnd in = PipeEnd.ofDescriptor(terminal[0]);
            PipeEnd out = PipeEnd.ofDescriptor(copy);
            openReadPipe(in);
            StreamWriter writer = openWritePipe(out);

            in.close();

            assertThat(RawFiles.blocks(third)).isFalse();
            writer.close();
            assertThat(RawFiles.blocks(third)).isTrue();
            RawFiles.close(third, terminal[1]);
        });
    }

    @Test
    void descriptor_thatIsNoPipe_isRejectedAndLeftAlone(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "text");
        Rig.run(rig -> {
            int regular = rareNumberOf(RawFiles.open(file.toString(), 0));
            int directory = RawFiles.open(folder.toString(), 0);
            assertThatThrownBy(() -> openReadPipe(PipeEnd.ofDescriptor(regular)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a pipe, a socket or a character device was expected")
                    .hasMessageContaining("is a regular file");
            assertThatThrownBy(() -> openWritePipe(PipeEnd.ofDescriptor(directory)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is a directory");
            assertThatThrownBy(() -> openReadPipe(PipeEnd.open(file)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is a regular file");
            assertThat(RawFiles.isOpen(regular)).isTrue();
            RawFiles.close(regular, directory);
            assertThatThrownBy(() -> openReadPipe(PipeEnd.ofDescriptor(regular)))
                    .isInstanceOf(SocketException.class).hasMessageContaining("EBADF");
            assertThatThrownBy(() -> PipeEnd.ofDescriptor(-1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a file descriptor is at least 0, not -1");
        });
    }

    @Test
    void descriptor_forTheOtherDirection_isRejected() {
        Rig.run(rig -> {
            int[] pipe = RawFiles.pipe();
            assertThatThrownBy(() -> openReadPipe(PipeEnd.ofDescriptor(pipe[1])))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is for writing only");
            assertThatThrownBy(() -> openWritePipe(PipeEnd.ofDescriptor(pipe[0])))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is for reading only");
            RawFiles.close(pipe);
        });
    }

    @Test
    void descriptor_ofASocketOfTheLoop_isRejected() {
        Rig.run(rig -> {
            try (Rig.Ends ends = rig.connect()) {
                assertThatThrownBy(
                        () -> openReadPipe(PipeEnd.ofDescriptor(ends.client().fileno())))
                        .isInstanceOf(SocketException.class)
                        .hasMessageContaining("this loop has that descriptor already");
            }
            rig.checkEcho();
        });
    }

    @Test
    void socket_asAPipe_staysInItsModeAndEndsWithItsPeer() {
        Rig.run(rig -> {
            int[] pair = RawFiles.socketPair();
            int shared = RawFiles.duplicate(pair[0]);
            var made = connectWritePipe(Ending::new, PipeEnd.ofDescriptor(pair[0]));
            assertThat(RawFiles.blocks(shared)).isTrue();
            made.transport().write(bytes("to the peer"));
            assertThat(RawFiles.read(pair[1])).isEqualTo("to the peer");
            RawFiles.write(pair[1], "for nobody");
            rig.turns(5);
            assertThat(made.protocol().isLost).isFalse();

            RawFiles.close(pair[1]);

            rig.await("the end", () -> made.protocol().isLost);
            assertThat(made.protocol().why).isNull();
            RawFiles.close(shared);
        });
    }

    @Test
    void socket_asAPipe_isReadToItsEnd() {
        Rig.run(rig -> {
            int[] pair = RawFiles.socketPair();
            StreamReader reader = openReadPipe(PipeEnd.ofDescriptor(pair[0]));
            RawFiles.write(pair[1], "all of it");
            RawFiles.close(pair[1]);
            assertThat(text(reader.readAll())).isEqualTo("all of it");
        });
    }

    @Test
    void device_thatNeverWaits_isReadAndWrittenAtOnce() {
        Rig.run(rig -> {
            PipeEnd none = PipeEnd.ofDescriptor(RawFiles.open("/dev/null"));
            assertThat(openReadPipe(none).readAll()).isEmpty();
            try (PipeEnd zero = PipeEnd.ofDescriptor(RawFiles.open("/dev/zero"))) {
                assertThat(openReadPipe(zero).readexactly(100_000)).hasSize(100_000);
            }
            try (StreamWriter writer =
                    openWritePipe(PipeEnd.ofDescriptor(RawFiles.open("/dev/null")))) {
                writer.write(new byte[1_000_000]);
                assertThat(writer.getWriteBufferSize()).isZero();
            }
        });
    }

    // ---- Terminals

    @Test
    void terminal_isReadLineByLine_andItsEndIsQuiet() {
        Rig.run(rig -> {
            int[] terminal = RawFiles.terminal();
            StreamReader screen = openReadPipe(PipeEnd.ofDescriptor(terminal[0]));
            RawFiles.write(terminal[1], "prompt\n");
            assertThat(text(screen.readline())).isEqualTo("prompt\r\n");
            RawFiles.close(terminal[1]);
            assertThat(screen.readAll()).isEmpty();
        });
    }

    @Test
    void terminal_inBothDirections_isTwoEnds() {
        Rig.run(rig -> {
            int[] terminal = RawFiles.terminal();
            StreamReader program = openReadPipe(PipeEnd.ofDescriptor(terminal[1]));
            StreamReader screen =
                    openReadPipe(PipeEnd.ofDescriptor(RawFiles.duplicate(terminal[0])));
            StreamWriter keys = openWritePipe(PipeEnd.ofDescriptor(terminal[0]));

            keys.write(bytes("one\ntwo\nthr"));

            assertThat(text(program.readline())).isEqualTo("one\n");
            assertThat(text(program.readline())).isEqualTo("two\n");
            keys.write(bytes("ee\n\4"));        // Ctrl-D
            assertThat(text(program.readAll())).isEqualTo("three\n");
            assertThat(text(screen.readAll())).startsWith("one\r\ntwo\r\nthr");
            keys.close();
            keys.waitClosed();
        });
    }

    @Test
    void terminal_closed_keepsTheKeysForTheNext() {
        Rig.run(rig -> {
            int[] terminal = RawFiles.terminal();
            int copy = RawFiles.duplicate(terminal[1]);
            StreamWriter writer = openWritePipe(PipeEnd.ofDescriptor(terminal[1]));
            RawFiles.write(terminal[0], "typed ahead\n");
            writer.close();
            assertThat(RawFiles.read(copy)).isEqualTo("typed ahead\n");
            RawFiles.close(copy, terminal[0]);
        });
    }

    // ---- Named pipes

    @Test
    void fifo_readBeforeAnybodyWrites_waitsForIt(@TempDir Path folder) throws Exception {
        Path fifo = folder.resolve("a.fifo");
        RawFiles.makeFifo(fifo);
        Rig.run(rig -> {
            assertThatThrownBy(() -> openWritePipe(PipeEnd.open(fifo)))
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("nobody has it open for reading");
            StreamReader reader = openReadPipe(PipeEnd.open(fifo));
            Task<byte[]> all = createTask(reader::readAll);
            rig.turns(5);
            assertThat(all.done()).isFalse();
            try (StreamWriter writer = openWritePipe(PipeEnd.open(fifo))) {
                writer.write(bytes("at last"));
            }
            assertThat(text(all.await())).isEqualTo("at last");
            assertThatThrownBy(() -> openReadPipe(PipeEnd.open(folder.resolve("none"))))
                    .isInstanceOf(NoSuchFileException.class);
        });
    }

    @Test
    void cat_asThePeer_sendsBackAllAndEnds(@TempDir Path folder) throws Exception {
        Path in = folder.resolve("in.fifo");
        Path out = folder.resolve("out.fifo");
        RawFiles.makeFifo(in);
        RawFiles.makeFifo(out);
        Process cat = new ProcessBuilder("sh", "-c", "exec cat <" + in + " >" + out)
                .inheritIO().start();
        Rig.run(rig -> {
            StreamReader reader = openReadPipe(PipeEnd.open(out));
            StreamWriter writer = patiently(PipeEnd.open(in));
            byte[] much = Rig.pattern(1_000_000);
            Task<byte[]> back = createTask(reader::readAll);
            writer.write(much);
            writer.drain();
            writer.close();
            assertThat(back.await()).isEqualTo(much);
        });
        assertThat(cat.waitFor()).isZero();
    }

    /// Once somebody has it open for reading.
    private static StreamWriter patiently(PipeEnd end) throws IOException {
        for (int i = 0; i < 4000; i++) {
            try {
                return openWritePipe(end);
            } catch (SocketException e) {
                Asyncio.sleep(Duration.ofMillis(5));
            }
        }
        throw new AssertionError("nobody reads " + end);
    }

    // ---- Channels of java.nio

    @Test
    void channel_byNio_isAnEnd() {
        Rig.run(Rig.Kind.NIO, rig -> {
            Pipe pipe = Pipe.open();
            StreamReader reader = openReadPipe(PipeEnd.of(pipe.source()));
            var made = connectWritePipe(Ending::new, PipeEnd.of(pipe.sink()));
            made.transport().write(bytes("by java.nio"));
            made.transport().close();
            assertThat(text(reader.readAll())).isEqualTo("by java.nio");
            rig.await("the end", () -> made.protocol().isLost);
            assertThat(pipe.source().isOpen()).isFalse();
            assertThat(pipe.sink().isOpen()).isFalse();
        });
    }

    @Test
    void channel_byNio_isChecked() {
        Rig.run(Rig.Kind.NIO, rig -> {
            Pipe pipe = Pipe.open();
            assertThatThrownBy(() -> openReadPipe(PipeEnd.of(pipe.sink())))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is not for READ");
            try (ServerSocketChannel listener = ServerSocketChannel.open()) {
                assertThatThrownBy(() -> openWritePipe(PipeEnd.of(listener)))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            pipe.source().close();
            assertThatThrownBy(() -> openReadPipe(PipeEnd.of(pipe.source())))
                    .isInstanceOf(SocketException.class).hasMessageContaining("EBADF");
            pipe.sink().close();
            assertThatThrownBy(() -> pipe.sink().configureBlocking(false))
                    .isInstanceOf(ClosedChannelException.class);
        });
    }

    @Test
    void channel_byEpoll_isRejectedUnlessJavaTellsItsNumber() {
        Rig.run(rig -> {
            Pipe pipe = Pipe.open();
            if (Carrier.level() == Level.OPENED) {          // with the option, see the build
                try (PipeEnd end = PipeEnd.of(pipe.source())) {
                    openReadPipe(end);
                }
            } else {
                assertThatThrownBy(() -> openReadPipe(PipeEnd.of(pipe.source())))
                        .isInstanceOf(UnsupportedOperationException.class)
                        .hasMessageContaining("--add-exports java.base/sun.nio.ch=");
                pipe.source().close();
            }
            pipe.sink().close();
        });
    }

    @Test
    void number_byOtherPollers_isRejected() {
        Rig.run(Rig.Kind.NIO, rig -> {
            for (PipeEnd end : new PipeEnd[] {PipeEnd.ofDescriptor(0), PipeEnd.stdin(),
                    PipeEnd.open(Path.of("fifo"))}) {
                assertThatThrownBy(() -> openReadPipe(end))
                        .isInstanceOf(UnsupportedOperationException.class)
                        .hasMessageContaining("java.nio has no use for");
            }
        });
        VirtualPoller poller = new VirtualPoller();
        try (EventLoop loop = new EventLoop(poller, poller)) {
            loop.runUntilComplete(() -> assertThatThrownBy(() -> openReadPipe(PipeEnd.stdin()))
                    .isInstanceOf(UnsupportedOperationException.class));
        }
    }

    @Test
    void pair_ofAnotherLoop_isRejected() {
        VirtualPoller poller = new VirtualPoller();
        EventLoop other = new EventLoop(poller, poller);
        try (other) {
            Rig.run(rig -> {
                AtomicReference<PipePair> pair = new AtomicReference<>();
                pair.set(PipeEnd.pair(other));
                assertThatThrownBy(() -> openReadPipe(pair.get().reading()))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("belongs to another loop");
            });
        }
    }

    // ---- The standard streams

    /// Sends back its lines, with those of a pipe of java.nio first.
    static final class Shout {

        static void main(String[] arguments) {
            Asyncio.run(() -> {
                Pipe pipe = Pipe.open();
                StreamReader channel = openReadPipe(PipeEnd.of(pipe.source()));
                StreamReader in = openReadPipe(PipeEnd.stdin());
                StreamWriter out = openWritePipe(PipeEnd.stdout());
                try (StreamWriter sink = openWritePipe(PipeEnd.of(pipe.sink()))) {
                    sink.write(bytes("by a channel\n"));
                }
                out.write(channel.readAll());
                for (byte[] line; (line = in.readline()).length > 0; ) {
                    out.write(bytes(text(line).toUpperCase(java.util.Locale.ROOT)));
                    out.drain();
                }
                System.out.println("and " + arguments[0]);
                out.close();
            });
        }
    }

    @Test
    void stdinAndStdout_ofAFreshJvm_areReadAndWrittenAndStayAsTheyWere() throws Exception {
        Process process = FreshJvm.start(List.of(), FreshJvm.ofThisLevel(
                "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED"), Shout.class, "println");
        try (OutputStream keys = process.getOutputStream();
                BufferedReader screen = process.inputReader();
                var _ = process.getErrorStream()) {
            assertThat(screen.readLine()).isEqualTo("by a channel");
            keys.write(bytes("hello\n"));
            keys.flush();
            assertThat(screen.readLine()).isEqualTo("HELLO");
            for (int fd = 0; fd < 3; fd++) assertThat(blocks(process, fd)).isTrue();
            keys.write(bytes("the end"));
            keys.close();
            assertThat(screen.readLine()).isEqualTo("THE ENDand println");
            assertThat(screen.readLine()).isNull();
        }
        assertThat(process.waitFor()).isZero();
    }

    private static boolean blocks(Process process, int fd) throws IOException {
        Path info = Path.of("/proc/" + process.pid() + "/fdinfo/" + fd);
        for (String line : Files.readAllLines(info)) {
            if (line.startsWith("flags:"))
                return (Integer.parseInt(line.substring(6).strip(), 8) & 0x800) == 0;
        }
        throw new AssertionError("no flags of fd " + fd);
    }
}
