package jloop.io;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import jloop.Asyncio;
import jloop.Rig;
import jloop.Task;
import jloop.kernel.VirtualPoller;
import jloop.poller.Clock;
import jloop.poller.FileCompletion;
import jloop.poller.FileDriver;
import jloop.poller.FileOperation;
import jloop.poller.OpenFile;
import jloop.poller.Poller;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A poller that carries out operations on files by itself, as one on io_uring would: it takes
/// those that it knows and completes them within a poll.
class FileDriverTest {

    @TempDir Path folder;

    /// The ring.
    private static final class Ring implements FileDriver {

        final Queue<Runnable> submitted = new ArrayDeque<>();
        final List<String> taken = new ArrayList<>();
        final AtomicInteger openFiles = new AtomicInteger();

        Poller above(VirtualPoller real) {
            return (Poller) Proxy.newProxyInstance(Ring.class.getClassLoader(),
                    new Class<?>[] {Poller.class, Clock.class}, (_, method, arguments) -> {
                        if (method.getName().equals("fileDriver")) return this;
                        if (method.getName().equals("poll") && !submitted.isEmpty()) {
                            submitted.remove().run();
                            return null;
                        }
                        try {
                            return method.invoke(real, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        @Override
        public OpenFile open(Path path, Set<? extends OpenOption> options,
                FileAttribute<?>... attributes) throws IOException {
            OpenFile real = OpenFile.open(path, options, attributes);
            openFiles.incrementAndGet();
            return (OpenFile) Proxy.newProxyInstance(Ring.class.getClassLoader(),
                    new Class<?>[] {OpenFile.class}, (_, method, arguments) -> {
                        if (method.getName().equals("close")) openFiles.decrementAndGet();
                        return method.invoke(real, arguments);
                    });
        }

        @Override
        public <T> boolean submit(FileOperation<T> operation, FileCompletion<T> completion) {
            switch (operation) {
                case FileOperation.Open _, FileOperation.Read _, FileOperation.Write _,
                        FileOperation.Sync _, FileOperation.Status _ -> { }
                default -> {
                    return false;
                }
            }
            taken.add(operation.getClass().getSimpleName());
            submitted.add(() -> complete(operation, completion));
            return true;
        }

        /// In real time: nothing holds the clock for what is undone.
        void awaitClosed(Rig rig) {
            while (openFiles.get() > 0) rig.turns(1);
        }

        private <T> void complete(FileOperation<T> operation, FileCompletion<T> completion) {
            try {
                completion.completed(operation.carryOut(this));
            } catch (IOException e) {
                completion.failed(e);
            }
        }
    }

    private final Ring ring = new Ring();

    private void run(Rig.Body body) {
        Rig.run(ring.above(new VirtualPoller()), body);
        assertThat(ring.openFiles).hasValue(0);
    }

    @Test
    void submit_ofWhatTheDriverKnows_completesItInAPoll() {
        run(_ -> {
            Path path = folder.resolve("file");
            try (AsyncFile file = AsyncFile.open(path, READ, WRITE, CREATE)) {
                file.write(bytes("abc\ndef"));
                file.fdatasync();
                file.seek(0);
                assertThat(text(file.readline())).isEqualTo("abc\n");
            }
            assertThat(AsyncFiles.readAttributes(path).size()).isEqualTo(7);
            assertThat(ring.taken).containsExactly("Open", "Write", "Sync", "Read", "Status");
        });
    }

    @Test
    void submit_ofWhatItDoesNotKnow_isLeftToAThread() {
        run(_ -> {
            Path path = folder.resolve("file");
            AsyncFiles.writeString(path, "abc");
            assertThat(AsyncFiles.readString(path)).isEqualTo("abc");
            assertThat(ring.taken).isEmpty();
        });
    }

    @Test
    void failed_isWhatTheTaskIsTold() {
        run(_ -> {
            assertThatThrownBy(() -> AsyncFile.open(folder.resolve("none")))
                    .isInstanceOf(NoSuchFileException.class);
            assertThat(ring.taken).containsExactly("Open");
        });
    }

    @Test
    void completed_afterTheCancellation_isUndoneByAThread() throws Exception {
        Path path = Files.writeString(folder.resolve("file"), "abc");
        run(rig -> {
            for (int turns = 1; turns < 10; turns++) {
                List<AsyncFile> opened = new ArrayList<>();
                Task<?> open = Asyncio.createTask(() -> opened.add(AsyncFile.open(path)));
                rig.turns(turns);
                open.cancel();
                Asyncio.wait(List.of(open));
                for (AsyncFile file : opened) file.close();
            }
            ring.awaitClosed(rig);
        });
    }
}
