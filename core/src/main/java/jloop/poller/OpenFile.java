package jloop.poller;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An open file: calls at given positions, each of which may take its time. It has no position
/// of its own.
///
/// **Threads**: any, several at the same time; never the loop's.
public interface OpenFile extends AutoCloseable {

    /// Reads into what remains of `into`, from `position` on. Returns how many bytes, or -1 if
    /// that is the end of the file or behind it.
    int read(ByteBuffer into, long position) throws IOException;

    /// `count` bytes from `position` on, if they are in memory: without waiting. They are there
    /// until this is called again, for whatever file. Null if they are not, or that is not
    /// known; [#read] tells more then.
    ///
    /// **Threads**: the loop's, unlike all else.
    default @Nullable ByteBuffer readNow(long position, int count) {
        return null;
    }

    /// Writes what remains of `from`, or its beginning, and returns how many bytes that was. A
    /// file that was opened to append has them at its end, whatever `position` is.
    int write(ByteBuffer from, long position) throws IOException;

    long size() throws IOException;

    /// Cuts it off at `size` bytes, if it is longer.
    void truncate(long size) throws IOException;

    /// Has the device keep what was written; with `metadata` all else that is known of the
    /// file, too.
    void sync(boolean metadata) throws IOException;

    @Override
    void close() throws IOException;

    /// The file at `path`, by a FileChannel. Named pipes are refused: to open one may take
    /// until somebody opens its other end.
    static OpenFile open(Path path, Set<? extends OpenOption> options,
            FileAttribute<?>... attributes) throws IOException {
        if (ChannelFile.isFifo(path))
            throw new FileSystemException(path.toString(), null, "a regular file was expected,"
                    + " not a named pipe: openReadPipe(PipeEnd.open(path)) reads one");
        return new ChannelFile(FileChannel.open(path, options, attributes),
                options.contains(StandardOpenOption.APPEND));
    }

    /// The way of java.nio.
    record ChannelFile(FileChannel channel, boolean appends) implements OpenFile {

        private static final int S_IFMT = 0xF000;       // sys/stat.h
        private static final int S_IFIFO = 0x1000;

        /// False if that cannot be known: whoever opens it will say why.
        static boolean isFifo(Path path) {
            try {
                return Files.readAttributes(path, BasicFileAttributes.class).isOther()
                        && Files.getAttribute(path, "unix:mode") instanceof Integer mode
                        && (mode & S_IFMT) == S_IFIFO;
            } catch (IOException | UnsupportedOperationException | IllegalArgumentException _) {
                return false;
            }
        }

        @Override
        public int read(ByteBuffer into, long position) throws IOException {
            return channel.read(into, position);
        }

        @Override
        public int write(ByteBuffer from, long position) throws IOException {
            return appends ? channel.write(from) : channel.write(from, position);
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            channel.truncate(size);
        }

        @Override
        public void sync(boolean metadata) throws IOException {
            channel.force(metadata);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
