package jloop.io;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;
import static jloop.Rig.bytes;
import static jloop.Rig.pattern;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import jloop.Asyncio;
import jloop.CancelledError;
import jloop.ClosedResourceException;
import jloop.EventLoop;
import jloop.Future;
import jloop.Rig;
import jloop.Task;
import jloop.io.FileFaults.Call;
import jloop.kernel.EpollPoller;
import jloop.kernel.VirtualPoller;
import jloop.poller.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files on disks that fail, come short, hang, or change meanwhile; and tasks that do not wait
/// for them. After each test no file is open.
class FileFaultsTest {

    private static final int POOL_THREADS = 16;

    @TempDir Path folder;

    private final FileFaults files = new FileFaults();

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("file"), content);
    }

    /// With files that fail, in virtual time.
    private void run(Rig.Body body) {
        Rig.run(files.below(new VirtualPoller()), body);
        checkClosed();
    }

    /// With files that may hang, in real time.
    private void runReal(Rig.Body body) {
        try {
            Rig.run(files.below(new EpollPoller()), body);
        } finally {
            files.go();
        }
        checkClosed();
    }

    private void checkClosed() {
        assertThat(files.openFiles).hasValue(0);
        assertThat(FileCheck.openBelow(folder)).isEmpty();
    }

    private void awaitHanging(Rig rig, int count) {
        rig.await(count + " calls that hang", () -> files.inside.get() == count);
    }

    private static void awaitEnd(Future<?> future) {
        Asyncio.wait(List.of(future));
    }

    // ---- Disks that are full or broken

    @Test
    void fullDevice_saysSoAndNamesTheFile() {
        run(_ -> {
            try (AsyncFile full = AsyncFile.open(Path.of("/dev/full"), WRITE)) {
                assertThatThrownBy(() -> full.write(bytes("abc")))
                        .isInstanceOf(FileSystemException.class)
                        .hasMessage("/dev/full: No space left on device");
                assertThat(full.tell()).isZero();
            }
            assertThatThrownBy(() -> AsyncFiles.write(Path.of("/dev/full"), bytes("abc"), WRITE))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessage("/dev/full: No space left on device");
        });
    }

    @Test
    void write_thatFailsHalfway_leavesThePositionBehindWhatWasWritten() {
        run(_ -> {
            Path path = folder.resolve("new");
            try (AsyncFile file = AsyncFile.open(path, WRITE, CREATE)) {
                files.transferMax = 4;
                files.fail(Call.WRITE, 2, "Disk quota exceeded");
                assertThatThrownBy(() -> file.write(bytes("0123456789")))
                        .hasMessage(path + ": Disk quota exceeded");
                assertThat(file.tell()).isEqualTo(8);
                files.heal();
                file.write(bytes("89"));
            }
            assertThat(path).hasContent("0123456789");
        });
    }

    /// A program that uses all calls; returns what it has read.
    private static String program(Path path) throws IOException {
        AsyncFiles.write(path, pattern(300_000));
        String read;
        try (AsyncFile file = AsyncFile.open(path, READ, WRITE)) {
            file.readline();
            file.seek(0);
            file.write(bytes("head\n"));
            file.writeAt(10, bytes("ten"));
            file.fsync();
            file.truncate(200_000);
            read = text(file.readexactly(9)) + file.size() + text(file.readAt(10, 3));
        }
        try (FileLines lines = AsyncFiles.lines(path, StandardCharsets.ISO_8859_1)) {
            read += lines.next();
        }
        AsyncFiles.replace(path, "all new");
        return read + AsyncFiles.readString(path);
    }

    @Test
    void anyCallThatFails_isToldOnceAndLeavesNothing() {
        run(_ -> {
            Path path = folder.resolve("file");
            String whole = program(path);
            for (Call call : Call.values()) {
                int passed = 0;
                for (boolean over = false; !over; passed++) {
                    files.fail(call, passed, "Input/output error");
                    try {
                        over = program(path).equals(whole);
                        assertThat(over).as("%s %d was not told", call, passed).isTrue();
                    } catch (IOException e) {
                        assertThat(e).isInstanceOf(FileSystemException.class)
                                .hasMessageEndingWith(": Input/output error");
                    }
                    files.heal();
                    assertThat(files.openFiles).as("%s %d", call, passed).hasValue(0);
                }
                assertThat(passed).as("failures of %s", call).isGreaterThan(1);
            }
            assertThat(FileCheck.in(folder)).containsExactly(path);
        });
    }

    @Test
    void shortReadsAndWrites_makeNoDifference() {
        run(_ -> {
            String whole = program(folder.resolve("file"));
            for (int max : new int[] {65_535, 262_143, 4_096}) {
                files.transferMax = max;
                assertThat(program(folder.resolve("file"))).isEqualTo(whole);
            }
            Path small = folder.resolve("small");
            files.transferMax = 1;
            AsyncFiles.writeString(small, "a\r\nbc\nd");
            assertThat(AsyncFiles.readString(small)).isEqualTo("a\r\nbc\nd");
            try (AsyncFile file = AsyncFile.open(small)) {
                assertThat(text(file.readexactly(4))).isEqualTo("a\r\nb");
                assertThat(text(file.readline())).isEqualTo("c\n");
                assertThat(text(file.readAll())).isEqualTo("d");
            }
        });
    }

    @Test
    void writesThatWriteNothing_doNotSpin() {
        run(_ -> {
            files.transferMax = 0;
            Path path = folder.resolve("new");
            assertThatThrownBy(() -> AsyncFiles.writeString(path, "x"))
                    .hasMessage(path + ": nothing was written");
            try (AsyncFile file = AsyncFile.open(path, WRITE)) {
                assertThatThrownBy(() -> file.write(bytes("x")))
                        .hasMessage(path + ": nothing was written");
            }
        });
    }

    @Test
    void close_thatFails_saysSoOnceAndTheFileIsClosed() throws Exception {
        Path path = file("abc");
        run(_ -> {
            AsyncFile file = AsyncFile.open(path);
            files.fail(Call.CLOSE, 0, "Input/output error");
            assertThatThrownBy(file::close).hasMessage(path + ": Input/output error");
            file.close();
        });
    }

    // ---- Files that change meanwhile

    @Test
    void truncatedWhileRead_endsWhereTheFileDoes() throws Exception {
        Path path = file("x".repeat(300_000) + "\n");
        run(_ -> {
            try (AsyncFile file = AsyncFile.open(path);
                    FileLines lines = AsyncFiles.lines(path)) {
                file.read(10);
                assertThat(lines.hasNext()).isTrue();
                Files.writeString(path, "short\n", TRUNCATE_EXISTING);
                assertThat(file.readAll()).isEmpty();
                assertThatThrownBy(() -> file.readexactly(5))
                        .isInstanceOf(IncompleteReadException.class);
                assertThat(lines.next()).hasSize(300_000);
                assertThat(lines.hasNext()).isFalse();
            }
        });
    }

    @Test
    void truncatedInAWholeRead_givesWhatIsLeft() throws Exception {
        Path path = file("x".repeat(300_000));
        runReal(rig -> {
            files.hang(Call.READ);
            Task<String> read = Asyncio.createTask(() -> AsyncFiles.readString(path));
            awaitHanging(rig, 1);
            Files.writeString(path, "left", TRUNCATE_EXISTING);
            files.go();
            assertThat(read.await()).isEqualTo("left");
        });
    }

    @Test
    void namedPipe_isRefusedInsteadOfWaitedFor() throws Exception {
        Path fifo = folder.resolve("fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
        run(_ -> {
            assertThatThrownBy(() -> AsyncFile.open(fifo))
                    .isInstanceOf(FileSystemException.class).hasMessageContaining("openReadPipe");
            assertThatThrownBy(() -> AsyncFiles.readAllBytes(fifo))
                    .isInstanceOf(FileSystemException.class).hasMessageContaining("named pipe");
        });
    }

    // ---- Disks that hang

    @Test
    void allThreadsHang_theLoopNamesAndJobsGoOn() throws Exception {
        Path path = file("abc");
        runReal(rig -> {
            files.hang(Call.OPEN);
            List<Task<String>> reads = new ArrayList<>();
            for (int i = 0; i < POOL_THREADS + 4; i++)
                reads.add(Asyncio.createTask(() -> AsyncFiles.readString(path)));
            awaitHanging(rig, POOL_THREADS);

            for (int i = 0; i < 20; i++) Asyncio.sleep(Duration.ofMillis(1));
            rig.checkEcho();
            assertThat(Asyncio.blocking(() -> "done")).isEqualTo("done");
            assertThat(rig.loop.getaddrinfo("localhost", 1)).isNotEmpty();
            assertThatThrownBy(() -> Asyncio.timeout(Duration.ofMillis(5),
                    () -> AsyncFiles.exists(path))).isInstanceOf(TimeoutException.class);
            assertThat(reads).noneMatch(Future::done);

            files.go();
            assertThat(Asyncio.gather(reads).await()).containsOnly("abc");
        });
    }

    @Test
    void jobsThatHang_keepNoFileWaiting() throws Exception {
        Path path = file("abc");
        runReal(_ -> {
            CountDownLatch gate = new CountDownLatch(1);
            List<Task<Void>> jobs = new ArrayList<>();
            for (int i = 0; i < 40; i++)
                jobs.add(Asyncio.createTask(() -> Asyncio.blocking(() -> gate.await())));
            Asyncio.sleep(Duration.ZERO);
            assertThat(AsyncFiles.readString(path)).isEqualTo("abc");
            gate.countDown();
            Asyncio.wait(jobs);
        });
    }

    // ---- Cancelled

    @Test
    void open_cancelled_closesTheFileThatComesLate() throws Exception {
        Path path = file("abc");
        runReal(rig -> {
            files.hang(Call.OPEN);
            Task<AsyncFile> open = Asyncio.createTask(() -> AsyncFile.open(path));
            awaitHanging(rig, 1);
            open.cancel();
            awaitEnd(open);
            assertThat(open.cancelled()).isTrue();
            int before = files.calls.get();
            files.go();
            rig.await("the close", () -> files.calls.get() == before + 1);
        });
    }

    @Test
    void open_cancelledAtAnyMoment_isReturnedOrClosed() throws Exception {
        Path path = file("abc");
        runReal(rig -> {
            for (int turns = 0; turns < 25; turns++) {
                List<AsyncFile> opened = new ArrayList<>();
                Task<?> open = Asyncio.createTask(() -> opened.add(AsyncFile.open(path)));
                rig.turns(turns);
                open.cancel();
                awaitEnd(open);
                for (AsyncFile file : opened) file.close();
                rig.await("the file to be closed", () -> files.openFiles.get() == 0);
            }
        });
    }

    @Test
    void read_cancelled_consumesNothing() throws Exception {
        Path path = file("one\ntwo\n" + "x".repeat(100_000));
        runReal(rig -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                file.read(2);
                for (Rig.Body reading : List.<Rig.Body>of(_ -> file.read(2),
                        _ -> file.readexactly(80_000), _ -> file.readAll(),
                        _ -> file.readAt(0, 3))) {
                    files.hang(Call.READ);
                    Task<Void> read = Asyncio.createTask(() -> reading.run(rig));
                    awaitHanging(rig, 1);
                    read.cancel();
                    awaitEnd(read);
                    assertThat(read.cancelled()).isTrue();
                    assertThat(file.tell()).isEqualTo(2);
                    files.go();
                    rig.await("the late end", () -> files.inside.get() == 0);
                }
                assertThat(text(file.readline())).isEqualTo("e\n");
                assertThat(text(file.readline())).isEqualTo("two\n");
                assertThat(file.readAll()).hasSize(100_000);
            }
        });
    }

    @Test
    void lines_cancelled_loseNone() throws Exception {
        Path path = file("one\n" + "x".repeat(100_000) + "\ntwo\n");
        runReal(rig -> {
            try (FileLines lines = AsyncFiles.lines(path)) {
                assertThat(lines.next()).isEqualTo("one");
                files.hang(Call.READ);
                Task<String> next = Asyncio.createTask(() -> lines.next());
                awaitHanging(rig, 1);
                next.cancel();
                awaitEnd(next);
                files.go();
                assertThat(lines.next()).isEqualTo("x".repeat(100_000));
                assertThat(lines.next()).isEqualTo("two");
                assertThat(lines.hasNext()).isFalse();
            }
        });
    }

    @Test
    void jobThatHasNotBegun_isCalledOff() throws Exception {
        Path path = file("abc");
        runReal(rig -> {
            files.hang(Call.OPEN);
            List<Task<String>> reads = new ArrayList<>();
            for (int i = 0; i < POOL_THREADS; i++)
                reads.add(Asyncio.createTask(() -> AsyncFiles.readString(path)));
            awaitHanging(rig, POOL_THREADS);
            Task<Void> late = Asyncio.createTask(() -> AsyncFiles.delete(path));
            rig.turns(2);
            late.cancel();
            awaitEnd(late);
            files.go();
            Asyncio.wait(reads);
            AsyncFiles.size(path);              // behind it in the queue
            assertThat(path).exists();
        });
    }

    @Test
    void taskThatIsToBeCancelled_beginsNothing() throws Exception {
        Path path = file("abc");
        run(rig -> {
            Task<Void> delete = Asyncio.createTask(() -> {
                Asyncio.currentTask().cancel();
                AsyncFiles.delete(path);
            });
            awaitEnd(delete);
            assertThat(delete.cancelled()).isTrue();
            assertThat(Asyncio.moveOnAfter(Duration.ZERO, () -> AsyncFiles.delete(path))).isFalse();
            AsyncFiles.size(path);
        });
    }

    @Test
    void write_cancelled_isWrittenAndTheNextComesBehindIt() {
        runReal(rig -> {
            Path path = folder.resolve("new");
            try (AsyncFile file = AsyncFile.open(path, WRITE, CREATE)) {
                files.hang(Call.WRITE);
                byte[] bytes = bytes("first ");
                Task<Void> first = Asyncio.createTask(() -> file.write(bytes));
                awaitHanging(rig, 1);
                Task<Void> second = Asyncio.createTask(() -> file.write(bytes("second")));
                first.cancel();
                awaitEnd(first);
                assertThat(first.cancelled()).isTrue();
                Arrays.fill(bytes, (byte) '?');       // it is ours again
                rig.turns(5);
                assertThat(second.done()).isFalse();
                files.go();
                second.await();
                assertThat(file.tell()).isEqualTo(12);
            }
            assertThat(path).hasContent("first second");
        });
    }

    @Test
    void result_thatIsThere_winsOverACancellation() throws Exception {
        Path path = file("abc");
        run(rig -> {
            for (int turns = 0; turns < 25; turns++) {
                List<String> read = new ArrayList<>();
                try (AsyncFile file = AsyncFile.open(path)) {
                    Task<?> reading = Asyncio.createTask(() -> {
                        read.add(text(file.read(1)));
                        read.add(text(file.read(1)));
                    });
                    rig.turns(turns);
                    reading.cancel();
                    awaitEnd(reading);
                    assertThat(file.tell()).isEqualTo(read.size());
                }
            }
        });
    }

    @Test
    void close_cancelled_closesAllTheSame() throws Exception {
        Path path = file("abc");
        runReal(rig -> {
            AsyncFile file = AsyncFile.open(path);
            files.hang(Call.CLOSE);
            Task<Void> close = Asyncio.createTask(() -> file.close());
            awaitHanging(rig, 1);
            close.cancel();
            awaitEnd(close);
            assertThat(close.cancelled()).isTrue();
            assertThat(file.isOpen()).isFalse();
            files.go();
            file.close();
        });
    }

    @Test
    void close_inTheFinallyOfACancelledTask_closes() throws Exception {
        Path path = file("abc");
        run(rig -> {
            Task<Void> task = Asyncio.createTask(() -> {
                try (AsyncFile file = AsyncFile.open(path)) {
                    file.read(1);
                    Asyncio.sleep(Duration.ofDays(1));
                }
            });
            rig.await("the read", () -> files.calls.get() == 2);
            task.cancel();
            awaitEnd(task);
            assertThat(task.cancelled()).isTrue();
            assertThat(files.openFiles).hasValue(0);
            assertThat(Asyncio.moveOnAfter(Duration.ofDays(1), scope -> {
                try (AsyncFile file = AsyncFile.open(path)) {
                    scope.cancel();
                    file.read(1);
                }
            })).isFalse();
            rig.await("the close in the background", () -> files.openFiles.get() == 0);
        });
    }

    @Test
    void close_whileOthersReadAndWait_tellsThemAtOnce() throws Exception {
        Path path = file("abc");
        runReal(rig -> {
            AsyncFile file = AsyncFile.open(path);
            files.hang(Call.READ);
            List<Task<byte[]>> reads = List.of(Asyncio.createTask(() -> file.read(1)),
                    Asyncio.createTask(() -> file.read(1)),
                    Asyncio.createTask(() -> file.readAt(0, 1)));
            awaitHanging(rig, 2);
            Task<Void> close = Asyncio.createTask(() -> file.close());
            Asyncio.wait(reads);
            for (Task<byte[]> read : reads)
                assertThat(read.exception()).isInstanceOf(ClosedResourceException.class);
            assertThat(close.done()).isFalse();
            assertThat(files.openFiles).hasValue(1);    // not under the hands of the threads
            files.go();
            close.await();
        });
    }

    @Test
    void temporaryFile_thatComesLate_isDeleted() {
        runReal(rig -> {
            for (int turns = 1; turns < 25; turns++) {
                List<Path> made = new ArrayList<>();
                Task<?> task = Asyncio.createTask(() -> {
                    made.add(AsyncFiles.createTempFile(folder, "late", ""));
                    made.add(AsyncFiles.createTempDirectory(folder, "late"));
                });
                rig.turns(turns);
                task.cancel();
                awaitEnd(task);
                for (Path path : made) Files.delete(path);
                rig.await("no file", () -> FileCheck.in(folder).isEmpty());
            }
        });
    }

    @Test
    void list_cancelled_closesTheDirectory() throws Exception {
        for (int i = 0; i < 600; i++) Files.createFile(folder.resolve("f" + i));
        runReal(rig -> {
            for (int turns = 1; turns < 12; turns++) {
                Task<?> task = Asyncio.createTask(() -> {
                    for (Path path : AsyncFiles.list(folder)) assertThat(path).isNotNull();
                });
                rig.turns(turns);
                task.cancel();
                awaitEnd(task);
                rig.await("no directory", () -> FileCheck.openBelow(folder).isEmpty());
            }
        });
    }

    // ---- The loop and its clock

    @Test
    void loopIsClosed_underAJob_whatComesLateIsUndone() throws Exception {
        Path path = file("abc");
        EventLoop loop = new EventLoop(files.below(new EpollPoller()), Clock.SYSTEM);
        loop.setExceptionHandler((_, _) -> { });        // told of the task that is left
        files.hang(Call.OPEN);
        Task<?> open = loop.createTask(() -> AsyncFile.open(path));
        loop.runUntilComplete(() -> {
            while (files.inside.get() == 0) Asyncio.sleep(Duration.ofMillis(1));
        });
        loop.close();
        assertThat(open.done()).isFalse();
        int before = files.calls.get();
        files.go();
        while (files.calls.get() == before) Thread.onSpinWait();
        checkClosed();
    }

    @Test
    void virtualTime_standsStillWhileAJobIsUnderWay() throws Exception {
        Path path = file("abc");
        run(rig -> {
            List<String> trace = new ArrayList<>();
            long start = rig.loop.time();
            Task<Void> timer = Asyncio.createTask(() -> {
                Asyncio.sleep(Duration.ofNanos(1));
                trace.add("timer");
            });
            Asyncio.sleep(Duration.ZERO);
            for (int i = 0; i < 20; i++) AsyncFiles.readString(path);
            trace.add("read");
            assertThat(rig.loop.time()).isEqualTo(start);
            timer.await();
            assertThat(trace).containsExactly("read", "timer");
        });
    }

    @Test
    void cancelledError_isWhatIsThrown() throws Exception {
        Path path = file("abc");
        runReal(rig -> {
            files.hang(Call.OPEN);
            Task<Void> task = Asyncio.createTask(() -> {
                assertThatThrownBy(() -> AsyncFiles.readString(path))
                        .isInstanceOfSatisfying(CancelledError.class,
                                e -> assertThat(e.reason()).isEqualTo("enough"));
            });
            awaitHanging(rig, 1);
            task.cancel("enough");
            task.uncancel();
            awaitEnd(task);
            assertThat(task.exception()).isNull();
            files.go();
        });
    }
}
