package jloop.io;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.CopyOption;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.List;
import jloop.Asyncio;
import jloop.poller.FileDriver;
import jloop.poller.FileOperation;
import org.jspecify.annotations.Nullable;

/// What [Files] of java.nio does, by methods that wait and never block the loop. Names, options
/// and errors are those of java.nio, which has more: [Asyncio#blocking] carries the rest out.
///
/// Each call is one job of the loop's file pool, however many system calls it takes.
///
/// **Cancellation**: takes effect at once. A job that has not begun is called off. One that is
/// under way goes on: what is to be deleted, moved or written is so in the end, or may be; a
/// temporary file is deleted again.
/// **Virtual time** stands still meanwhile.
public final class AsyncFiles {

    private AsyncFiles() { }

    private static <T> T run(FileOperation<T> job) throws IOException {
        return Asyncio.getRunningLoop().fileJob(job).await();
    }

    // ---- Whole files

    /// All bytes of the file at `path`. If it changes meanwhile, what was there to be read.
    public static byte[] readAllBytes(Path path) throws IOException {
        return run(driver -> WholeFile.read(driver, path));
    }

    /// All of the file at `path`, in UTF-8.
    ///
    /// **Errors**: MalformedInputException if it is no text.
    public static String readString(Path path) throws IOException {
        return readString(path, StandardCharsets.UTF_8);
    }

    /// The same in another charset.
    public static String readString(Path path, Charset charset) throws IOException {
        return run(driver -> WholeFile.decoded(WholeFile.read(driver, path), charset));
    }

    /// Writes `bytes` to the file at `path`: all there is from then on, or as `options` say, as
    /// `write(path, bytes, CREATE, APPEND)`.
    ///
    /// `bytes` is read by another thread until this returns; and, if it is cancelled, for a
    /// while after that.
    public static void write(Path path, byte[] bytes, OpenOption... options)
            throws IOException {
        run(driver -> WholeFile.write(driver, path, bytes, options));
    }

    /// [#write] of `text` in UTF-8.
    public static void writeString(Path path, CharSequence text, OpenOption... options)
            throws IOException {
        writeString(path, text, StandardCharsets.UTF_8, options);
    }

    /// [#write] of `text` in another charset.
    ///
    /// **Errors**: UnmappableCharacterException if it has no words for it.
    public static void writeString(Path path, CharSequence text, Charset charset,
            OpenOption... options) throws IOException {
        String whole = text.toString();
        run(driver -> WholeFile.write(driver, path, WholeFile.encoded(whole, charset), options));
    }

    /// Puts a file of `bytes` in the place of the one at `path`, if there is one, in one step:
    /// whoever opens it, after a crash too, has the old bytes or the new ones, whole. It is
    /// written beside it, brought to the device and renamed. A file that is replaced leaves its
    /// permissions to the new one.
    ///
    /// **Errors**: IOException; then the old file is there as it was, and the new one is not.
    public static void replace(Path path, byte[] bytes) throws IOException {
        run(driver -> WholeFile.replace(driver, path, bytes));
    }

    /// [#replace(Path, byte[])] with `text` in UTF-8.
    public static void replace(Path path, CharSequence text) throws IOException {
        String whole = text.toString();
        run(driver -> WholeFile.replace(driver, path,
                WholeFile.encoded(whole, StandardCharsets.UTF_8)));
    }

    /// The lines of the file at `path`, in UTF-8. See [AsyncFile#lines()]; the file is closed
    /// at their end, or by [FileLines#close()].
    ///
    /// {@snippet :
    /// try (FileLines lines = AsyncFiles.lines(path)) {
    ///     for (String line : lines) ...
    /// }
    /// }
    public static FileLines lines(Path path) throws IOException {
        return lines(path, StandardCharsets.UTF_8);
    }

    /// The same in another charset.
    public static FileLines lines(Path path, Charset charset) throws IOException {
        return new FileLines(AsyncFile.open(path), 0, charset, true);
    }

    // ---- What is there

    public static boolean exists(Path path, LinkOption... options) throws IOException {
        return run(_ -> Files.exists(path, options));
    }

    public static boolean isDirectory(Path path, LinkOption... options) throws IOException {
        return run(_ -> Files.isDirectory(path, options));
    }

    public static boolean isRegularFile(Path path, LinkOption... options) throws IOException {
        return run(_ -> Files.isRegularFile(path, options));
    }

    public static long size(Path path) throws IOException {
        return run(_ -> Files.size(path));
    }

    /// Size, times, kind and identity of the file at `path`.
    public static BasicFileAttributes readAttributes(Path path, LinkOption... options)
            throws IOException {
        return run(new FileOperation.Status(path, List.of(options)));
    }

    /// The same of a file system that knows more, as `PosixFileAttributes.class`.
    public static <A extends BasicFileAttributes> A readAttributes(
            Path path, Class<A> type, LinkOption... options) throws IOException {
        return run(_ -> Files.readAttributes(path, type, options));
    }

    /// The path without links, `.` and `..`.
    public static Path toRealPath(Path path, LinkOption... options) throws IOException {
        return run(_ -> path.toRealPath(options));
    }

    // ---- Directories

    /// The paths in the directory `path`, in no particular order.
    @SuppressWarnings("StreamResourceLeak")         // FilePaths closes it
    public static FilePaths list(Path path) throws IOException {
        return FilePaths.open(() -> Files.list(path));
    }

    /// `path` and all that is below it, each directory before what is in it.
    public static FilePaths walk(Path path, FileVisitOption... options) throws IOException {
        return walk(path, Integer.MAX_VALUE, options);
    }

    /// The same down to `depthMax` levels.
    @SuppressWarnings("StreamResourceLeak")         // FilePaths closes it
    public static FilePaths walk(Path path, int depthMax, FileVisitOption... options)
            throws IOException {
        return FilePaths.open(() -> Files.walk(path, depthMax, options));
    }

    public static Path createDirectory(Path path, FileAttribute<?>... attributes)
            throws IOException {
        return run(_ -> Files.createDirectory(path, attributes));
    }

    /// Creates the directory `path`, and those above it that are missing.
    public static Path createDirectories(Path path, FileAttribute<?>... attributes)
            throws IOException {
        return run(_ -> Files.createDirectories(path, attributes));
    }

    // ---- Deleting, moving

    public static void delete(Path path) throws IOException {
        run(_ -> {
            Files.delete(path);
            return true;
        });
    }

    /// Returns false if there was nothing.
    public static boolean deleteIfExists(Path path) throws IOException {
        return run(_ -> Files.deleteIfExists(path));
    }

    /// Deletes `path` and all that is below it. A symbolic link is deleted, not what it points
    /// to.
    public static void deleteTree(Path path) throws IOException {
        run(_ -> WholeFile.deleteTree(path));
    }

    public static Path move(Path from, Path to, CopyOption... options) throws IOException {
        return run(_ -> Files.move(from, to, options));
    }

    public static Path copy(Path from, Path to, CopyOption... options) throws IOException {
        return run(_ -> Files.copy(from, to, options));
    }

    // ---- Temporary files

    /// A new file in the default directory for those, or in `directory`. Whoever calls this
    /// deletes it.
    ///
    /// **Cancellation**: undone.
    public static Path createTempFile(@Nullable Path directory, String prefix, String suffix)
            throws IOException {
        return run(new Made(_ -> directory == null ? Files.createTempFile(prefix, suffix)
                : Files.createTempFile(directory, prefix, suffix)));
    }

    /// A new directory, as [#createTempFile].
    public static Path createTempDirectory(@Nullable Path directory, String prefix)
            throws IOException {
        return run(new Made(_ -> directory == null ? Files.createTempDirectory(prefix)
                : Files.createTempDirectory(directory, prefix)));
    }

    /// What is done with a path.
    @FunctionalInterface
    public interface Body {
        void run(Path path) throws Exception;
    }

    /// Runs `body` with a new file, which is deleted when it ends, however it does. It throws
    /// what the body throws.
    public static void withTempFile(String prefix, String suffix, Body body) throws IOException {
        runAndDelete(createTempFile(null, prefix, suffix), body);
    }

    /// Runs `body` with a new directory, which is deleted when it ends, however it does, with
    /// all that is in it.
    public static void withTempDirectory(String prefix, Body body) throws IOException {
        runAndDelete(createTempDirectory(null, prefix), body);
    }

    private static void runAndDelete(Path made, Body body) {
        try {
            body.run(made);
        } catch (Exception e) {
            throw LoopGroup.<RuntimeException>rethrow(e);
        } finally {
            Asyncio.shielded(() -> deleteTree(made));
        }
    }

    /// What makes a path, and deletes it if nobody wants it any more.
    private record Made(FileOperation<Path> maker) implements FileOperation<Path> {

        @Override
        public Path carryOut(FileDriver driver) throws IOException {
            return maker.carryOut(driver);
        }

        @Override
        public void undo(Path made) throws IOException {
            Files.deleteIfExists(made);
        }
    }
}
