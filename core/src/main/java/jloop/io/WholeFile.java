package jloop.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import jloop.poller.FileDriver;
import jloop.poller.OpenFile;

/// Reads and writes files as a whole, on a thread that may wait for the disk.
final class WholeFile {

    private static final int BLOCK_BYTES = 256 * 1024;     // what a thread keeps a buffer for
    private static final int PROBE_BYTES = 8 * 1024;
    private static final int ARRAY_MAX = Integer.MAX_VALUE - 8;
    private static final Set<StandardOpenOption> FOR_READING = Set.of(StandardOpenOption.READ);
    private static final Set<StandardOpenOption> FOR_WRITING = Set.of(StandardOpenOption.WRITE,
            StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
    private static final Set<StandardOpenOption> NEW = Set.of(
            StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);

    private WholeFile() { }

    static byte[] read(FileDriver driver, Path path) throws IOException {
        try (OpenFile file = driver.open(path, FOR_READING)) {
            return read(file);
        } catch (IOException e) {
            throw named(e, path);
        }
    }

    /// The size is a hint: files of /proc have none, others change meanwhile.
    private static byte[] read(OpenFile file) throws IOException {
        byte[] bytes = new byte[grown(0, file.size())];
        int count = 0;
        while (true) {
            while (count < bytes.length) {
                int read = read(file, bytes, count);
                if (read < 0) return Arrays.copyOf(bytes, count);
                count += read;
            }
            byte[] more = new byte[PROBE_BYTES];
            int probed = file.read(ByteBuffer.wrap(more), count);
            if (probed < 0) return bytes;
            bytes = Arrays.copyOf(bytes, grown(count, probed));
            System.arraycopy(more, 0, bytes, count, probed);
            count += probed;
        }
    }

    private static int read(OpenFile file, byte[] bytes, int from) throws IOException {
        int length = Math.min(BLOCK_BYTES, bytes.length - from);
        return file.read(ByteBuffer.wrap(bytes, from, length), from);
    }

    /// The size of an array that is to hold `more` bytes besides those in use, and will perhaps
    /// have to grow again.
    static int grown(int used, long more) {
        if (more > ARRAY_MAX - used)
            throw new OutOfMemoryError("more bytes than an array holds");
        return (int) Math.max(used + more, Math.min(2L * used, ARRAY_MAX));
    }

    static boolean write(FileDriver driver, Path path, byte[] bytes, OpenOption... options)
            throws IOException {
        return write(driver, path, bytes,
                options.length == 0 ? FOR_WRITING : withWrite(options), false);
    }

    private static Set<OpenOption> withWrite(OpenOption... options) {
        Set<OpenOption> all = new HashSet<>(Set.of(options));
        if (all.contains(StandardOpenOption.READ))
            throw new IllegalArgumentException("what is written is not opened for reading");
        all.add(StandardOpenOption.WRITE);
        return all;
    }

    private static boolean write(FileDriver driver, Path path, byte[] bytes,
            Set<? extends OpenOption> options, boolean syncs) throws IOException {
        try (OpenFile file = driver.open(path, options)) {
            for (int done = 0; done < bytes.length; ) {
                int length = Math.min(BLOCK_BYTES, bytes.length - done);
                int written = file.write(ByteBuffer.wrap(bytes, done, length), done);
                if (written <= 0) throw new IOException("nothing was written");
                done += written;
            }
            if (syncs) file.sync(true);
            return true;
        } catch (IOException e) {
            throw named(e, path);
        }
    }

    /// A new file takes the place of the one at `path`, which may be a link to it.
    static boolean replace(FileDriver driver, Path path, byte[] bytes) throws IOException {
        Path target = Files.exists(path) ? path.toRealPath() : path;
        Path beside = target.resolveSibling("." + target.getFileName() + "."
                + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".tmp");
        boolean complete = false;
        try {
            write(driver, beside, bytes, NEW, true);
            copyPermissions(target, beside);
            Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
            complete = true;
        } finally {
            if (!complete) Files.deleteIfExists(beside);
        }
        return true;
    }

    private static void copyPermissions(Path from, Path to) throws IOException {
        if (!Files.exists(from)) return;
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(from);
            Files.setPosixFilePermissions(to, permissions);
        } catch (UnsupportedOperationException _) {     // a system that has none
        }
    }

    /// Deletes `path` and all that is below it.
    static boolean deleteTree(Path path) throws IOException {
        List<Path> paths;
        try (Stream<Path> tree = Files.walk(path)) {
            paths = tree.toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        for (Path each : paths.reversed()) Files.delete(each);
        return true;
    }

    static String decoded(byte[] bytes, Charset charset) throws IOException {
        return charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    }

    static byte[] encoded(String text, Charset charset) throws IOException {
        ByteBuffer encoded = charset.newEncoder().encode(CharBuffer.wrap(text));
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        return bytes;
    }

    /// `e` as an exception that names the file.
    static IOException named(IOException e, Path path) {
        if (e instanceof FileSystemException) return e;
        FileSystemException named =
                new FileSystemException(path.toString(), null, e.getMessage());
        named.initCause(e);
        return named;
    }
}
