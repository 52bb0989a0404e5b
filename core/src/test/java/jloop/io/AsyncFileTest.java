package jloop.io;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static jloop.Rig.bytes;
import static jloop.Rig.pattern;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import jloop.Asyncio;
import jloop.ClosedResourceException;
import jloop.Rig;
import jloop.Rig.Network;
import jloop.Task;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// An [AsyncFile] on a good day, by threads and by an io_uring.
@ParameterizedClass(name = "{0}")
@EnumSource(names = {"VIRTUAL", "EPOLL", "URING"})
class AsyncFileTest {

    @Parameter Network network;
    @TempDir Path folder;

    private Path file(byte[] content) throws IOException {
        return Files.write(folder.resolve("file"), content);
    }

    private Path file(String content) throws IOException {
        return file(bytes(content));
    }

    private void run(Rig.Body body) {
        Rig.run(network, body);
    }

    // ---- Opening

    @Test
    void open_withoutOptions_isForReading() throws Exception {
        Path path = file("abc");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                assertThat(file.tell()).isZero();
                assertThat(text(file.readAll())).isEqualTo("abc");
                assertThatThrownBy(() -> file.write(bytes("d")))
                        .isInstanceOf(NonWritableChannelException.class);
            }
        });
    }

    @Test
    void open_ofNothing_saysSo() {
        run(_ -> {
            assertThatThrownBy(() -> AsyncFile.open(folder.resolve("none")))
                    .isInstanceOf(NoSuchFileException.class).hasMessageContaining("none");
            assertThatThrownBy(() -> AsyncFile.open(file(""), WRITE, CREATE_NEW))
                    .isInstanceOf(FileAlreadyExistsException.class);
        });
    }

    @Test
    void open_withAttributes_givesThemToTheNewFile() {
        run(_ -> {
            Path path = folder.resolve("secret");
            var mine = PosixFilePermissions.fromString("rw-------");
            try (AsyncFile file = AsyncFile.open(path, Set.of(WRITE, CREATE_NEW),
                    PosixFilePermissions.asFileAttribute(mine))) {
                file.write(bytes("s"));
            }
            assertThat(Files.getPosixFilePermissions(path)).isEqualTo(mine);
        });
    }

    private interface Use {
        void of(Set<StandardOpenOption> options) throws Exception;
    }

    /// What `use` of the file comes to, and what is in it afterwards.
    private static String outcome(Use use, Path path, boolean exists,
            Set<StandardOpenOption> options) throws IOException {
        Files.deleteIfExists(path);
        if (exists) Files.writeString(path, "abcd");
        String outcome = "well";
        try {
            use.of(options);
        } catch (Exception e) {
            outcome = e.toString();
        }
        return outcome + ", " + (Files.exists(path) ? Files.readString(path) : "nothing");
    }

    @Test
    void open_withAnyOptions_isAsByJava() {
        Path path = folder.resolve("file");
        StandardOpenOption[] all =
                {READ, WRITE, APPEND, CREATE, CREATE_NEW, StandardOpenOption.TRUNCATE_EXISTING};
        run(_ -> {
            for (int chosen = 0; chosen < 2 << all.length; chosen++) {
                Set<StandardOpenOption> options = EnumSet.noneOf(StandardOpenOption.class);
                for (int i = 0; i < all.length; i++)
                    if ((chosen >> i & 1) != 0) options.add(all[i]);
                boolean exists = chosen >> all.length == 0;
                for (Use[] uses : List.of(
                        new Use[] {o -> FileChannel.open(path, o).close(),
                            o -> AsyncFile.open(path, o).close()},
                        new Use[] {o -> readByJava(path, o), o -> read(path, o)},
                        new Use[] {o -> writeByJava(path, o), o -> write(path, o)}))
                    assertThat(outcome(uses[1], path, exists, options))
                            .as("%s, exists: %s", options, exists)
                            .isEqualTo(outcome(uses[0], path, exists, options));
            }
        });
    }

    private static void readByJava(Path path, Set<StandardOpenOption> options)
            throws IOException {
        try (FileChannel channel = FileChannel.open(path, options)) {
            channel.read(ByteBuffer.allocate(2), 1);
        }
    }

    private static void read(Path path, Set<StandardOpenOption> options) throws IOException {
        try (AsyncFile file = AsyncFile.open(path, options)) {
            file.readAt(1, 2);
        }
    }

    private static void writeByJava(Path path, Set<StandardOpenOption> options)
            throws IOException {
        try (FileChannel channel = FileChannel.open(path, options)) {
            if (options.contains(APPEND)) channel.write(ByteBuffer.wrap(bytes("xy")));
            else channel.write(ByteBuffer.wrap(bytes("xy")), 1);
        }
    }

    private static void write(Path path, Set<StandardOpenOption> options) throws IOException {
        try (AsyncFile file = AsyncFile.open(path, options)) {
            file.writeAt(1, bytes("xy"));
        }
    }

    @Test
    void anyCall_cancelledAtAnyMoment_leavesNothingAndKeepsItsPosition() throws Exception {
        Path path = file("");
        run(rig -> {
            for (int turns = 0; turns < 12; turns++) {
                List<AsyncFile> opened = new ArrayList<>();
                Task<?> opening = Asyncio.createTask(
                        () -> opened.add(AsyncFile.open(path, READ, WRITE)));
                cancelAfter(rig, turns, opening);
                for (AsyncFile file : opened) file.close();
                rig.await("no file to be open", () -> FileCheck.openBelow(folder).isEmpty());
                try (AsyncFile file = AsyncFile.open(path, READ, WRITE)) {
                    file.truncate(0);
                    Task<?> writing = Asyncio.createTask(() -> file.write(bytes("abcd")));
                    cancelAfter(rig, turns, writing);
                    file.read(0);                           // behind it
                    assertThat(Files.size(path)).isEqualTo(file.tell());
                    file.seek(0);
                    List<byte[]> read = new ArrayList<>();
                    Task<?> reading = Asyncio.createTask(() -> read.add(file.read(2)));
                    cancelAfter(rig, turns, reading);
                    file.read(0);
                    assertThat(file.tell()).isEqualTo(
                            read.isEmpty() ? 0 : read.getFirst().length);
                    file.fsync();
                }
            }
        });
    }

    private static void cancelAfter(Rig rig, int turns, Task<?> task) {
        rig.turns(turns);
        task.cancel();
        Asyncio.wait(List.of(task));
    }

    @Test
    void open_outsideOfATask_isRefused() {
        assertThatThrownBy(() -> AsyncFile.open(folder.resolve("none")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no running event loop");
    }

    // ---- Reading

    @Test
    void read_givesWhatIsThereAndAtLastNothing() throws Exception {
        Path path = file("abcdef");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                assertThat(text(file.read(4))).isEqualTo("abcd");
                assertThat(file.tell()).isEqualTo(4);
                assertThat(text(file.read(4))).isEqualTo("ef");
                assertThat(file.read(4)).isEmpty();
                assertThat(file.read(0)).isEmpty();
                assertThatThrownBy(() -> file.read(-1))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        });
    }

    @Test
    void read_intoAnArray_takesItsPlaceInTheOrder() throws Exception {
        Path path = file("one\ntwo three");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                byte[] into = bytes("..........");
                assertThat(file.read(into, 1, 3)).isEqualTo(3);
                assertThat(text(into)).isEqualTo(".one......");
                assertThat(file.readline()).hasSize(1);
                assertThat(file.read(into, 5, 3)).isEqualTo(3);
                assertThat(text(into)).isEqualTo(".one.two..");
                assertThat(file.read(into, 0, 0)).isZero();
                assertThat(file.tell()).isEqualTo(7);
                assertThat(file.read(into, 0, 10)).isEqualTo(6);
                assertThat(text(into)).isEqualTo(" threewo..");
                assertThat(file.read(into, 0, 10)).isZero();
                assertThat(file.tell()).isEqualTo(13);
                assertThatThrownBy(() -> file.read(into, 8, 3))
                        .isInstanceOf(IndexOutOfBoundsException.class);
                assertThat(file.tell()).isEqualTo(13);
            }
        });
    }

    @Test
    void read_ofAnySize_bringsAllOfThat() throws Exception {
        byte[] content = pattern(300_000);
        Path path = file(content);
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                byte[] into = new byte[content.length];
                for (int size = 1; size <= 256 * 1024; size *= 2) {
                    assertThat(file.readAt(3, size)).isEqualTo(
                            Arrays.copyOfRange(content, 3, 3 + size));
                    assertThat(file.readAt(5, into, 7, size)).isEqualTo(size);
                    assertThat(Arrays.copyOfRange(into, 7, 7 + size)).isEqualTo(
                            Arrays.copyOfRange(content, 5, 5 + size));
                }
            }
        });
    }

    @Test
    void readAt_intoAnArray_leavesThePosition() throws Exception {
        Path path = file("abcdef");
        run(_ -> {
            byte[] into = bytes("......");
            AsyncFile file = AsyncFile.open(path);
            assertThat(file.readAt(2, into, 1, 3)).isEqualTo(3);
            assertThat(text(into)).isEqualTo(".cde..");
            assertThat(file.readAt(4, into, 0, 6)).isEqualTo(2);
            assertThat(text(into)).isEqualTo("efde..");
            assertThat(file.readAt(6, into, 0, 6)).isZero();
            assertThat(file.readAt(0, into, 6, 0)).isZero();
            assertThat(file.tell()).isZero();
            assertThatThrownBy(() -> file.readAt(-1, into, 0, 1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.readAt(0, into, -1, 1))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            file.close();
            assertThatThrownBy(() -> file.readAt(0, into, 0, 1))
                    .isInstanceOf(ClosedResourceException.class);
            assertThat(text(into)).isEqualTo("efde..");
        });
    }

    @Test
    void reads_ofATaskThatIsToBeCancelled_throw() throws Exception {
        Path path = file("abcdef");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                file.readAt(0, 6);
                Task<byte[]> task = Asyncio.createTask(() -> {
                    Objects.requireNonNull(Task.current()).cancel();
                    return file.readAt(0, 3);
                });
                Asyncio.wait(List.of(task));
                assertThat(task.cancelled()).isTrue();
                assertThat(text(file.read(6))).isEqualTo("abcdef");
            }
        });
    }

    @Test
    void reads_againAndAgain_haveOthersTheirTurn() throws Exception {
        Path path = file(pattern(4096));
        int reads = 2_000;
        run(rig -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                int[] turns = {0};
                Task<?> other = Asyncio.createTask(() -> {
                    while (turns[0] >= 0) {
                        turns[0]++;
                        rig.turns(1);
                    }
                });
                for (int i = 0; i < reads; i++)
                    assertThat(file.readAt(0, 4096)).hasSize(4096);
                int counted = turns[0];
                turns[0] = -1;
                Asyncio.wait(List.of(other));
                assertThat(counted).isGreaterThan(reads / 20);      // each 17th
            }
        });
    }

    @Test
    void readexactly_waitsForAll_andTellsWhatThereWas() throws Exception {
        Path path = file(pattern(600_000));
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                byte[] read = file.readexactly(500_000);
                assertThat(read).startsWith(pattern(500_000)).hasSize(500_000);
                assertThatThrownBy(() -> file.readexactly(100_001))
                        .isInstanceOfSatisfying(IncompleteReadException.class,
                                e -> assertThat(e.partial()).hasSize(100_000));
            }
        });
    }

    @Test
    void readAll_readsFromThePositionOn() throws Exception {
        byte[] content = pattern(1_000_000);
        Path path = file(content);
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                file.seek(3);
                assertThat(file.readAll())
                        .isEqualTo(Arrays.copyOfRange(content, 3, content.length));
                assertThat(file.tell()).isEqualTo(content.length);
                assertThat(file.readAll()).isEmpty();
            }
        });
    }

    @Test
    void readline_goesWithAllOtherReads() throws Exception {
        Path path = file("one\n\nthree\nfour");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                assertThat(text(file.readline())).isEqualTo("one\n");
                assertThat(file.tell()).isEqualTo(4);
                assertThat(text(file.readline())).isEqualTo("\n");
                assertThat(text(file.read(2))).isEqualTo("th");
                assertThat(text(file.readexactly(4))).isEqualTo("ree\n");
                assertThat(text(file.readline())).isEqualTo("four");
                assertThat(file.readline()).isEmpty();
            }
        });
    }

    @Test
    void readline_acrossBlocks_isWhole() throws Exception {
        String line = "x".repeat(150_000) + "\n";
        Path path = file(line + line);
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                assertThat(text(file.readline())).isEqualTo(line);
                assertThat(text(file.readline())).isEqualTo(line);
                assertThat(file.readline()).isEmpty();
            }
        });
    }

    @Test
    void readline_thenAWrite_seesWhatWasWritten() throws Exception {
        Path path = file("one\ntwo\nthree\n");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path, READ, WRITE)) {
                file.readline();
                file.write(bytes("TWO\n"));
                assertThat(text(file.readline())).isEqualTo("three\n");
                file.seek(0);
                file.readline();
                file.writeAt(4, bytes("222"));
                assertThat(text(file.readline())).isEqualTo("222\n");
            }
        });
    }

    @Test
    void readAt_leavesThePosition() throws Exception {
        Path path = file("abcdef");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                file.read(1);
                assertThat(text(file.readAt(3, 2))).isEqualTo("de");
                assertThat(file.readAt(6, 2)).isEmpty();
                assertThat(file.readAt(1_000, 2)).isEmpty();
                assertThat(text(file.read(1))).isEqualTo("b");
                assertThatThrownBy(() -> file.readAt(-1, 2))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        });
    }

    @Test
    void deviceThatIsAlwaysReady_isReadAndWritten() {
        run(_ -> {
            try (AsyncFile zero = AsyncFile.open(Path.of("/dev/zero"));
                    AsyncFile nothing = AsyncFile.open(Path.of("/dev/null"), WRITE)) {
                assertThat(zero.read(3)).containsExactly(0, 0, 0);
                nothing.write(new byte[1_000]);
            }
        });
    }

    // ---- Lines

    private static List<String> lines(FileLines lines) throws IOException {
        List<String> all = new ArrayList<>();
        try (lines) {
            for (String line : lines) all.add(line);
        }
        return all;
    }

    @Test
    void lines_endAsThoseOfJava() {
        List<String> contents = List.of(
                "", "\n", "a", "a\n", "a\nb", "a\r\nb\r", "\r\n\r\n\n\r", "ä\nö",
                "a\r\rb\n\r\nc", "x".repeat(65_535) + "\r\n" + "y".repeat(70_000) + "\n",
                "x".repeat(65_536) + "\n", "ü".repeat(50_000) + "\nz");
        run(_ -> {
            for (String content : contents) {
                Path path = Files.writeString(folder.resolve("text"), content);
                assertThat(lines(AsyncFiles.lines(path))).isEqualTo(Files.readAllLines(path));
            }
        });
    }

    @Test
    void lines_inAnotherCharset_areDecodedByIt() throws Exception {
        String content = "grün\r\n" + "𝄞".repeat(40_000) + "\nEnde";
        Path path = folder.resolve("wide");
        Files.writeString(path, content, StandardCharsets.UTF_16LE);
        run(_ -> assertThat(lines(AsyncFiles.lines(path, StandardCharsets.UTF_16LE)))
                .isEqualTo(content.lines().toList()));
    }

    @Test
    void lines_ofNoText_throw() throws Exception {
        Path path = file(new byte[] {'a', '\n', (byte) 0xff, '\n'});
        run(_ -> {
            try (FileLines lines = AsyncFiles.lines(path)) {
                assertThatThrownBy(lines::hasNext).isInstanceOf(MalformedInputException.class);
            }
        });
    }

    @Test
    void lines_leaveThePositionOfTheirFile() throws Exception {
        Path path = file("head\none\ntwo\n");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                file.readline();
                var lines = file.lines();
                assertThat(lines.next(IOException.class)).isEqualTo("one");
                assertThat(file.tell()).isEqualTo(5);
                assertThat(lines.next()).isEqualTo("two");
                assertThat(lines.hasNext()).isFalse();
                assertThatThrownBy(lines::next).isInstanceOf(NoSuchElementException.class);
                assertThat(text(file.readline())).isEqualTo("one\n");
            }
        });
    }

    // ---- Writing

    @Test
    void write_movesThePosition_andSeekLeavesAGap() throws Exception {
        Path path = folder.resolve("new");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path, READ, WRITE, CREATE)) {
                file.write(bytes("abc"));
                assertThat(file.tell()).isEqualTo(3);
                file.seek(5);
                file.write(bytes("xyz"), 1, 1);
                assertThat(file.size()).isEqualTo(6);
                file.seek(0);
                assertThat(text(file.readAll())).isEqualTo("abc\0\0y");
                assertThatThrownBy(() -> file.seek(-1))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        });
    }

    @Test
    void write_ofMuch_isWrittenWhole() throws Exception {
        byte[] content = pattern(1_000_000);
        Path path = folder.resolve("new");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path, WRITE, CREATE)) {
                file.write(content);
                file.fdatasync();
                file.fsync();
            }
            assertThat(Files.readAllBytes(path)).isEqualTo(content);
        });
    }

    @Test
    void write_toAppend_goesToTheEndWhoeverElseWrites() throws Exception {
        Path path = file("a");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path, APPEND)) {
                assertThat(file.tell()).isEqualTo(1);
                file.write(bytes("b"));
                Files.write(path, bytes("c"), APPEND);
                file.write(bytes("d"));
                file.writeAt(0, bytes("e"));
            }
            assertThat(Files.readString(path)).isEqualTo("abcde");
        });
    }

    @Test
    void truncate_cutsAndLeavesThePosition() throws Exception {
        Path path = file("one\ntwo\n");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path, READ, WRITE)) {
                file.readline();
                file.truncate(4);
                assertThat(file.tell()).isEqualTo(4);
                assertThat(file.readAll()).isEmpty();
                file.truncate(100);
                assertThat(file.size()).isEqualTo(4);
            }
        });
    }

    // ---- Several tasks

    @Test
    void writes_ofSeveralTasks_doNotMixAndKeepTheirOrder() throws Exception {
        Path path = folder.resolve("log");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path, WRITE, CREATE)) {
                Asyncio.gather(
                        () -> file.write(bytes("a".repeat(600_000))),
                        () -> file.write(bytes("b".repeat(300_000))),
                        () -> file.write(bytes("c"))).await();
            }
            assertThat(Files.readString(path))
                    .isEqualTo("a".repeat(600_000) + "b".repeat(300_000) + "c");
        });
    }

    @Test
    void lines_readBySeveralTasks_areGivenToOneEach() throws Exception {
        Path path = file("1\n2\n3\n");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                List<byte[]> read = Asyncio.gather(
                        file::readline, file::readline, file::readline, file::readline).await();
                assertThat(read.stream().map(Rig::text)).containsExactly("1\n", "2\n", "3\n", "");
            }
        });
    }

    // ---- Closing

    @Test
    void close_again_doesNothing_andUseAfterwardsSaysSo() throws Exception {
        Path path = file("abc");
        run(_ -> {
            AsyncFile file = AsyncFile.open(path, READ, WRITE);
            assertThat(file.isOpen()).isTrue();
            assertThat(file).hasToString("<AsyncFile " + path + " at 0>");
            file.close();
            file.close();
            assertThat(file.isOpen()).isFalse();
            assertThat(file).hasToString("<AsyncFile " + path + " closed>");
            for (Rig.Body use : List.<Rig.Body>of(_ -> file.read(1), _ -> file.readAt(0, 1),
                    _ -> file.write(bytes("x")), _ -> file.writeAt(0, bytes("x")),
                    _ -> file.seek(0), _ -> file.size(), _ -> file.fsync(), _ -> file.truncate(0),
                    _ -> file.lines().next()))
                assertThatThrownBy(() -> use.run(null))
                        .isInstanceOf(ClosedResourceException.class)
                        .hasMessage(path + " is closed");
        });
    }

    @Test
    void close_inACallbackOrAfterTheLoop_isDoneAllTheSame() throws Exception {
        Path path = file("abc");
        FileFaults files = new FileFaults();
        List<AsyncFile> left = new ArrayList<>();
        Rig.run(files.below(new VirtualPoller()), rig -> {
            AsyncFile file = AsyncFile.open(path);
            rig.loop.callSoon(() -> {
                try {
                    file.close();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            rig.await("the end of the file", () -> files.openFiles.get() == 0);
            left.add(AsyncFile.open(path));
        });
        assertThat(files.openFiles).hasValue(1);
        left.getFirst().close();
        assertThat(files.openFiles).hasValue(0);
    }

    @Test
    void errors_nameTheFile() throws Exception {
        run(_ -> {
            try (AsyncFile directory = AsyncFile.open(folder)) {
                assertThatThrownBy(() -> directory.read(1))
                        .isInstanceOf(FileSystemException.class)
                        .hasMessage(folder + ": Is a directory");
            }
        });
    }
}
