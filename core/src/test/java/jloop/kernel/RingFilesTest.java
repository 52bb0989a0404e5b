package jloop.kernel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import jloop.kernel.FaultySystemCalls.Call;
import jloop.poller.FileCompletion;
import jloop.poller.FileOperation;
import jloop.poller.OpenFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files by an io_uring, below any loop. A pipe is a file whose reads end when the test wants
/// it. After each test all memory is back, each request was told of once, and no descriptor is
/// left.
class RingFilesTest {

    private static final long FOREVER = Long.MAX_VALUE;
    private static final int O_RDWR = SystemCalls.O_RDWR;
    private static final int EOPNOTSUPP = 95;
    private static final int ENOSYS = 38;

    @TempDir Path folder;

    private final FaultySystemCalls calls = new MemoryCalls();
    private final List<Told<?>> all = new ArrayList<>();
    private EpollPoller poller;
    private RingFiles files;
    private int[] pipe;
    private long before;

    /// Calls by which any file can be read without waiting if it is in memory: to that of
    /// overlayfs the kernel says EOPNOTSUPP.
    private static final class MemoryCalls extends FaultySystemCalls {
        @Override
        public int preadv2(int fd, MemorySegment vector, long position, int flags) {
            int result = super.preadv2(fd, vector, position, flags);
            return result == -EOPNOTSUPP ? super.preadv2(fd, vector, position, 0) : result;
        }
    }

    /// What was told of a request.
    private static final class Told<T> implements FileCompletion<T> {

        @Nullable T result;
        @Nullable IOException failure;
        boolean isRefused;
        int times;

        boolean isOver() {
            return times > 0;
        }

        @Override
        public void completed(T result) {
            this.result = result;
            times++;
        }

        @Override
        public void failed(IOException exception) {
            failure = exception;
            times++;
        }

        @Override
        public void refused() {
            isRefused = true;
            times++;
        }
    }

    @BeforeEach
    void begin() {
        before = KernelFiles.count();
        pipe = RawFiles.pipe();
        poller = new EpollPoller(calls);
        files = new RingFiles(poller, false, 64);
    }

    @AfterEach
    void end() {
        poller.close();
        RawFiles.close(pipe);
        assertThat(files.count()).isZero();
        assertThat(files.inUseBytes()).isZero();
        assertThat(all).allSatisfy(told -> assertThat(told.times).isEqualTo(1));
        assertThat(KernelFiles.count())     // others may have closed theirs
                .isLessThanOrEqualTo(before);
    }

    /// All that threads do with a file.
    static void play(SystemCalls calls, Path path) throws IOException {
        try (RingFile file = file(RawFiles.open(path.toString()), O_RDWR, calls)) {
            file.write(bytes("abc"), 0);
            file.read(ByteBuffer.allocate(1), 0);
            file.readNow(0, 1);
            file.truncate(0);
            file.sync(true);
        }
    }

    private static RingFile file(int fd, int flags, SystemCalls calls) {
        return new RingFile(fd, flags, calls, new CachedReads(calls));
    }

    private void entries(int entries) {
        files = new RingFiles(poller, false, entries);
    }

    private <T> Told<T> submit(FileOperation<T> operation) {
        Told<T> told = new Told<>();
        assertThat(files.submit(operation, told)).isTrue();
        all.add(told);
        return told;
    }

    private void assertLeft(FileOperation<?> operation) {
        assertThat(files.submit(operation, new Told<>())).isFalse();
    }

    private <T> Told<T> run(FileOperation<T> operation) {
        Told<T> told = submit(operation);
        while (!told.isOver()) poller.poll(FOREVER);
        return told;
    }

    private static FileOperation.Open opening(Path path, OpenOption... options) {
        return new FileOperation.Open(path, Set.of(options), List.of());
    }

    private RingFile open(Path path, OpenOption... options) {
        return (RingFile) run(opening(path, options)).result;
    }

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("file"), content);
    }

    /// The end of the pipe that is read from, as a file of its own.
    private RingFile pipeEnd() {
        return file(RawFiles.duplicate(pipe[0]), SystemCalls.O_RDONLY, calls);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(ISO_8859_1));
    }

    private static String text(ByteBuffer buffer) {
        return new String(buffer.array(), 0, buffer.position(), ISO_8859_1);
    }

    private static String text(Told<byte[]> read) {
        return new String(read.result, ISO_8859_1);
    }

    private static FileOperation.Read reading(OpenFile file, int maxBytes) {
        return new FileOperation.Read(file, 0, maxBytes);
    }

    // ---- What it carries out

    @Test
    void operations_onARegularFile_areCarriedOutWithinPolls() throws Exception {
        Path path = folder.resolve("file");
        try (RingFile file = open(path, READ, WRITE, StandardOpenOption.CREATE)) {
            assertThat(run(new FileOperation.Write(file, bytes("abcdef"), 2)).result).isEqualTo(6);
            assertThat(run(new FileOperation.Sync(file, true)).result).isTrue();
            assertThat(run(new FileOperation.Sync(file, false)).result).isTrue();
            assertThat(text(run(new FileOperation.Read(file, 3, 100)))).isEqualTo("bcdef");
            assertThat(text(run(new FileOperation.Read(file, 3, 2)))).isEqualTo("bc");
            assertThat(text(run(new FileOperation.Read(file, 8, 100)))).isEmpty();
        }
        assertThat(path).hasContent("\0\0abcdef");
        assertThat(calls.count(Call.PREAD) + calls.count(Call.PWRITE) + calls.count(Call.FSYNC))
                .isZero();
    }

    @Test
    void reads_ofOneTurn_areSubmittedTogetherAndThereAtOnce() throws Exception {
        try (RingFile file = open(file("abcdef"))) {
            poller.poll(0);
            int enters = calls.count(Call.URING_ENTER);
            List<Told<byte[]>> read = new ArrayList<>();
            for (int i = 0; i < 20; i++)
                read.add(submit(new FileOperation.Read(file, i % 3, 3)));
            assertThat(calls.count(Call.URING_ENTER)).isEqualTo(enters);
            poller.poll(FOREVER);
            assertThat(calls.count(Call.URING_ENTER)).isEqualTo(enters + 1);
            for (int i = 0; i < 20; i++)
                assertThat(text(read.get(i))).isEqualTo("abcdef".substring(i % 3, i % 3 + 3));
        }
    }

    // ---- What is in memory

    @Test
    void readNow_ofWhatIsInMemory_bringsItWithoutTheRing() throws Exception {
        try (RingFile file = open(file("abcdef"))) {
            int enters = calls.count(Call.URING_ENTER);
            assertThat(now(file, 1, 3)).isEqualTo("bcd");
            assertThat(now(file, 0, 6)).isEqualTo("abcdef");
            assertThat(calls.count(Call.URING_ENTER)).isEqualTo(enters);
        }
    }

    private static @Nullable String now(RingFile file, long position, int count) {
        ByteBuffer bytes = file.readNow(position, count);
        if (bytes == null) return null;
        byte[] array = new byte[bytes.remaining()];
        bytes.get(array);
        return new String(array, ISO_8859_1);
    }

    @Test
    void readNow_ofWhatItCannotTell_bringsNothing() throws Exception {
        Path path = file("abcdef");
        RingFile file = open(path, READ, WRITE);
        assertThat(now(file, 4, 3)).as("behind the end").isNull();
        assertThat(now(file, 6, 1)).as("the end").isNull();
        assertThat(now(file, -1, 1)).as("a negative position").isNull();
        file.write(ByteBuffer.wrap(new byte[CachedReads.COUNT_MAX + 1]), 0);
        assertThat(now(file, 0, CachedReads.COUNT_MAX)).hasSize(CachedReads.COUNT_MAX);
        assertThat(now(file, 0, CachedReads.COUNT_MAX + 1)).as("much").isNull();
        file.close();
        assertThat(now(file, 0, 1)).as("closed").isNull();
        try (RingFile written = open(path, WRITE); RingFile end = pipeEnd()) {
            assertThat(now(written, 0, 1)).as("for writing").isNull();
            assertThat(now(end, 0, 1)).as("no regular file").isNull();
        }
    }

    @ParameterizedTest(name = "-{0}")
    @ValueSource(ints = {Errno.EAGAIN, Errno.EINTR, ENOSYS, Errno.EIO})
    void readNow_thatTheKernelRefuses_isLeftToTheRing(int errno) throws Exception {
        try (RingFile file = open(file("abcdef"))) {
            calls.fail(Call.PREADV2, calls.count(Call.PREADV2) + 1, errno);
            assertThat(now(file, 1, 3)).isNull();
            assertThat(text(run(new FileOperation.Read(file, 1, 3)))).isEqualTo("bcd");
            assertThat(now(file, 1, 3)).isEqualTo("bcd");
        }
    }

    @Test
    void readNow_againAndAgain_bringsNothingNowAndThen() throws Exception {
        int piece = 10_000;
        try (RingFile file = open(file("x".repeat(piece)))) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < CachedReads.BYTES_MAX / piece; i++)
                    assertThat(now(file, 0, piece)).hasSize(piece);
                assertThat(now(file, 0, piece)).isNull();
            }
        }
    }

    @Test
    void readNow_afterThePollerWasClosed_bringsNothing() throws Exception {
        try (RingFile file = open(file("abcdef"))) {
            assertThat(now(file, 0, 1)).isEqualTo("a");
            poller.close();
            assertThat(now(file, 0, 1)).isNull();
        }
    }

    // ---- What comes later

    @Test
    void read_thatTakesItsTime_endsTheSleep() throws Exception {
        try (RingFile file = pipeEnd()) {
            Told<byte[]> told = submit(reading(file, 9));
            poller.poll(0);
            assertThat(told.isOver()).isFalse();
            RawFiles.write(pipe[1], "late");
            while (!told.isOver()) poller.poll(FOREVER);
            assertThat(text(told)).isEqualTo("late");
        }
    }

    @Test
    void open_ofWhatIsNoRegularFile_isLeftUntouchedToAThread() throws Exception {
        Path fifo = folder.resolve("fifo");
        RawFiles.makeFifo(fifo);
        for (Path path : List.of(fifo, folder, Path.of("/dev/null"), folder.resolve("none")))
            assertThat(run(opening(path)).isRefused).as("%s", path).isTrue();
        assertThat(run(opening(fifo, WRITE)).isRefused).isTrue();
        assertThat(run(opening(file("x"), WRITE, StandardOpenOption.CREATE_NEW)).isRefused)
                .isTrue();
    }

    @Test
    void whatItHasNoWordFor_isLeftToAThread() throws Exception {
        Path path = file("abc");
        assertLeft(opening(path, LinkOption.NOFOLLOW_LINKS));
        assertLeft(opening(path, WRITE, StandardOpenOption.DELETE_ON_CLOSE));
        assertLeft(new FileOperation.Status(path, List.of()));
        assertLeft(_ -> "any");
        try (RingFile file = open(path); RingFile written = open(path, WRITE);
                OpenFile other = files.open(path, Set.of(READ))) {
            assertLeft(reading(other, 1));
            assertLeft(reading(written, 1));
            assertLeft(reading(file, 0));
            assertLeft(reading(file, Blocks.BYTES_MAX + 1));
            assertLeft(new FileOperation.Read(file, -1, 1));
            assertLeft(new FileOperation.Write(file, bytes("x"), 0));
        }
    }

    // ---- Limits

    @ParameterizedTest(name = "{0} entries")
    @ValueSource(ints = {1, 2, 64})
    void manyReads_throughAShortQueue_areAllDoneOnce(int entries) throws Exception {
        entries(entries);
        try (RingFile file = open(file("abc")); RingFile late = pipeEnd()) {
            List<Told<byte[]>> read = new ArrayList<>();
            Told<byte[]> last = submit(reading(late, 1));
            for (int i = 0; i < RingFiles.PLACES - 1; i++) read.add(submit(reading(file, 5)));
            assertLeft(reading(file, 5));      // there are no places
            while (files.count() > 1) poller.poll(FOREVER);
            assertThat(read).allSatisfy(one -> assertThat(text(one)).isEqualTo("abc"));
            RawFiles.write(pipe[1], "x");
            while (!last.isOver()) poller.poll(FOREVER);
        }
    }

    @Test
    void memory_isBounded_andUsedAgain() throws Exception {
        Path path = Files.write(folder.resolve("file"), new byte[Blocks.BYTES_MAX]);
        try (RingFile file = open(path)) {
            for (int round = 0; round < 3; round++) {
                List<Told<byte[]>> read = new ArrayList<>();
                for (int i = 0; i < 16; i++) read.add(submit(reading(file, Blocks.BYTES_MAX)));
                assertLeft(reading(file, 1));
                while (files.count() > 0) poller.poll(FOREVER);
                assertThat(read).allSatisfy(
                        told -> assertThat(told.result).hasSize(Blocks.BYTES_MAX));
            }
        }
    }

    // ---- A kernel that refuses

    @ParameterizedTest(name = "{0}")
    @EnumSource(names = {"URING_SETUP", "URING_REGISTER", "MMAP", "EPOLL_CTL"})
    void ringThatCannotBeMade_leavesAllToThreads(Call call) throws Exception {
        Path path = file("abc");
        for (int errno : new int[] {Errno.EPERM, Errno.ENOSYS, Errno.ENOMEM, Errno.EINVAL}) {
            calls.heal();
            calls.fail(call, calls.count(call) + 1, Integer.MAX_VALUE, errno);
            long open = KernelFiles.count();
            files = new RingFiles(poller, false, 4);
            assertLeft(opening(path));
            assertThat(KernelFiles.count()).isEqualTo(open);
            int made = calls.count(call);
            assertLeft(opening(path));
            assertThat(calls.count(call)).as("is not tried again").isEqualTo(made);
            var required = new RingFiles(poller, true, 4);
            assertThatThrownBy(() -> required.submit(opening(path), new Told<>()))
                    .hasMessageContaining(Errno.text(errno));
        }
    }

    @ParameterizedTest(name = "errno {0}")
    @ValueSource(ints = {Errno.EAGAIN, Errno.EBUSY, Errno.EINTR})
    void enter_thatFailsForAWhile_isTriedAgainWithoutHaste(int errno) throws Exception {
        try (RingFile file = open(file("abc"))) {
            int made = calls.count(Call.URING_ENTER);
            calls.fail(Call.URING_ENTER, made + 1, made + 5, errno);
            int waits = calls.count(Call.EPOLL_WAIT);
            assertThat(text(run(reading(file, 9)))).isEqualTo("abc");
            assertThat(calls.count(Call.URING_ENTER)).isEqualTo(made + 6);
            assertThat(calls.count(Call.EPOLL_WAIT)).as("a sleep each").isEqualTo(waits + 6);
        }
    }

    @Test
    void enter_thatFailsWithAFullQueue_leavesTheRestToThreads() throws Exception {
        entries(2);
        try (RingFile file = open(file("abc"))) {
            int made = calls.count(Call.URING_ENTER);
            calls.fail(Call.URING_ENTER, made + 1, made + 2, Errno.EBUSY);
            Told<?> one = submit(reading(file, 1));
            Told<?> two = submit(reading(file, 1));
            assertLeft(reading(file, 1));
            assertLeft(reading(file, 1));
            Told<?> three = submit(reading(file, 1));
            while (!three.isOver()) poller.poll(FOREVER);
            assertThat(List.of(one.times, two.times)).containsOnly(1);
        }
    }

    @Test
    void enter_thatFailsForGood_leavesWhatWasNotTakenToThreads() throws Exception {
        try (RingFile file = open(file("abc")); RingFile late = pipeEnd()) {
            Told<byte[]> taken = submit(reading(late, 4));
            poller.poll(0);
            Told<byte[]> untaken = submit(reading(file, 1));
            int made = calls.count(Call.URING_ENTER);
            calls.fail(Call.URING_ENTER, made + 1, Integer.MAX_VALUE, Errno.EPERM);
            poller.poll(0);
            assertThat(untaken.isRefused).isTrue();
            assertThat(taken.isOver()).isFalse();
            assertLeft(reading(file, 1));
            RawFiles.write(pipe[1], "late");
            while (!taken.isOver()) poller.poll(FOREVER);
            assertThat(text(taken)).isEqualTo("late");
            assertThat(calls.count(Call.URING_ENTER)).isEqualTo(made + 1);
        }
    }

    @Test
    void request_whoseThreadHasEnded_isLeftToAnother() throws Exception {
        try (RingFile file = pipeEnd()) {
            Told<byte[]> told = submit(reading(file, 4));
            CompletableFuture<Path> self = new CompletableFuture<>();
            Thread polling = Thread.ofPlatform().start(() -> {
                self.complete(ownTask());
                poller.poll(0);
            });
            polling.join();
            while (Files.exists(self.join())) Thread.onSpinWait();      // in the kernel, too
            RawFiles.write(pipe[1], "kept");
            while (!told.isOver()) poller.poll(FOREVER);
            assertThat(told.isRefused).isTrue();
            assertThat(RawFiles.read(pipe[0])).isEqualTo("kept");
        }
    }

    private static Path ownTask() {
        try {
            return Path.of("/proc").resolve(Files.readSymbolicLink(Path.of("/proc/thread-self")));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    // ---- Complete, cancel, close

    private static final List<String> STEPS = List.of("complete", "cancel", "close", "poll");

    /// All orders of `steps`.
    private static void permute(List<String> done, List<String> left,
            Consumer<List<String>> target) {
        if (left.isEmpty()) target.accept(done);
        for (String next : left) {
            List<String> longer = new ArrayList<>(done);
            longer.add(next);
            permute(longer, left.stream().filter(one -> !one.equals(next)).toList(), target);
        }
    }

    /// In each order, with a poll after each step or not, begun before the first or not.
    @Test
    void everyInterleavingOfCompleteCancelAndClose_tellsOnceAndLosesNothing() {
        for (int polls = 0; polls < 16; polls++) {
            int chosen = polls;
            permute(List.of(), STEPS, steps -> {
                try {
                    interleave(steps, chosen);
                } catch (IOException e) {
                    throw new AssertionError(steps + " " + chosen, e);
                }
            });
        }
    }

    private void interleave(List<String> steps, int polls) throws IOException {
        String what = steps + " " + polls;
        RingFile file = pipeEnd();
        int fd = file.fd;
        Told<byte[]> told = submit(reading(file, 4));
        boolean isWritten = false;
        boolean isCancelled = false;
        for (int i = 0; i < steps.size(); i++) {
            switch (steps.get(i)) {
                case "complete" -> {
                    RawFiles.write(pipe[1], "data");
                    isWritten = true;
                }
                case "cancel" -> {
                    files.cancel(told);
                    isCancelled = true;
                }
                case "close" -> file.close();
                default -> { }
            }
            assertThat(RawFiles.isOpen(fd)).as("%s: while it is in use", what).isTrue();
            if (steps.get(i).equals("poll") || (polls >> i & 1) != 0) poller.poll(0);
            if (told.isOver()) break;
        }
        while (!told.isOver()) poller.poll(FOREVER);
        files.cancel(told);                             // does nothing any more
        if (told.result == null) {
            assertThat(told.isRefused).as(what).isTrue();
            RawFiles.write(pipe[1], ".");
            assertThat(RawFiles.read(pipe[0])).as(what).isEqualTo(isWritten ? "data." : ".");
        } else {
            assertThat(text(told)).as(what).isEqualTo(isCancelled ? "" : "data");
        }
        file.close();
        poller.poll(0);
        assertThat(RawFiles.isOpen(fd)).as(what).isFalse();
        assertThat(files.count()).as(what).isZero();
    }

    @ParameterizedTest(name = "submitted: {0}")
    @ValueSource(booleans = {true, false})
    void close_ofThePoller_waitsForWhatIsUnderWay(boolean isSubmitted) throws Exception {
        try (RingFile file = pipeEnd()) {
            List<Told<byte[]>> reads = new ArrayList<>();
            for (int i = 0; i < 100; i++) reads.add(submit(reading(file, 4)));
            if (isSubmitted) poller.poll(0);
            poller.close();
            assertThat(reads).allMatch(told -> told.isRefused);
            RawFiles.write(pipe[1], "kept");
            assertThat(RawFiles.read(pipe[0])).isEqualTo("kept");
            assertLeft(reading(file, 4));
        }
    }

    @Test
    void close_ofAFileInUse_keepsItsNumberUntilTheEnd() throws Exception {
        RingFile file = pipeEnd();
        Told<byte[]> told = submit(reading(file, 4));
        file.close();
        assertThat(RawFiles.isOpen(file.fd)).isTrue();
        assertLeft(reading(file, 4));
        assertThatThrownBy(file::size).isInstanceOf(ClosedChannelException.class);
        RawFiles.write(pipe[1], "x");
        while (!told.isOver()) poller.poll(FOREVER);
        assertThat(text(told)).isEqualTo("x");
        assertThat(RawFiles.isOpen(file.fd)).isFalse();
    }

    // ---- What threads do with its files

    @Test
    void callsByAThread_areThoseOfAFileChannel() throws Exception {
        Path path = file("abcdef");
        try (RingFile file = open(path, READ, WRITE)) {
            ByteBuffer into = ByteBuffer.allocate(4);
            assertThat(file.read(into, 1)).isEqualTo(4);
            assertThat(text(into)).isEqualTo("bcde");
            assertThat(file.read(into, 1)).isZero();
            assertThat(file.read(ByteBuffer.allocate(4), 6)).isEqualTo(-1);
            assertThat(file.write(bytes("xy"), 5)).isEqualTo(2);
            assertThat(file.size()).isEqualTo(7);
            file.truncate(9);
            assertThat(file.size()).isEqualTo(7);
            file.truncate(6);
            file.sync(true);
            file.sync(false);
            assertThat(path).hasContent("abcdex");
            assertThatThrownBy(() -> file.read(into, -1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.read(into.asReadOnlyBuffer(), 0))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        RingFile closed = open(path, READ);
        assertThatThrownBy(() -> closed.write(bytes("x"), 0))
                .isInstanceOf(NonWritableChannelException.class);
        assertThatThrownBy(() -> closed.truncate(0))
                .isInstanceOf(NonWritableChannelException.class);
        closed.close();
        closed.close();
        assertThatThrownBy(() -> closed.sync(true)).isInstanceOf(ClosedChannelException.class);
        try (RingFile written = open(path, WRITE)) {
            assertThatThrownBy(() -> written.read(ByteBuffer.allocate(1), 0))
                    .isInstanceOf(NonReadableChannelException.class);
        }
    }

    @Test
    void failuresOfCallsByAThread_haveTheWordsOfTheSystem() throws Exception {
        try (RingFile file = open(file("abc"), READ, WRITE)) {
            for (Call call : List.of(Call.PREAD, Call.PWRITE, Call.FTRUNCATE, Call.FSYNC,
                    Call.STATX)) {
                calls.fail(call, calls.count(call) + 1, Errno.EINTR);
                use(file, call);
                calls.fail(call, calls.count(call) + 1, Errno.EIO);
                assertThatThrownBy(() -> use(file, call)).isInstanceOf(IOException.class)
                        .hasMessage("Input/output error");
            }
        }
        RingFile broken = file(RawFiles.duplicate(pipe[0]), 0, calls);
        calls.fail(Call.CLOSE, calls.count(Call.CLOSE) + 1, Errno.EIO);
        assertThatThrownBy(broken::close).hasMessage("Input/output error");
    }

    private static void use(RingFile file, Call call) throws IOException {
        switch (call) {
            case PREAD -> file.read(ByteBuffer.allocate(1), 0);
            case PWRITE -> file.write(bytes("x"), 0);
            case FTRUNCATE -> file.truncate(0);
            case FSYNC -> file.sync(true);
            default -> file.size();
        }
        if (call == Call.FTRUNCATE) file.write(bytes("abc"), 0);
    }

    @Test
    void failureInTheKernel_isTold() {
        RingFile wrong = file(pipe[1], O_RDWR, calls);
        assertThat(run(reading(wrong, 1)).failure)
                .hasMessage(SystemCalls.words(Errno.EBADF));
        assertThat(run(new FileOperation.Sync(wrong, true)).failure)
                .hasMessage(SystemCalls.words(Errno.EINVAL));
        assertThat(Arrays.asList(calls.count(Call.PREAD), calls.count(Call.FSYNC)))
                .containsOnly(0);
    }
}
