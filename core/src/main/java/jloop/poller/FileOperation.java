package jloop.poller;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// Something that is asked of files and may take its time. A thread carries it out by
/// [#carryOut]; a poller that can do without one ([FileDriver#submit]) knows it by its class.
@FunctionalInterface
public interface FileOperation<T> {

    /// Does it, however long that takes, with files that `driver` opens.
    T carryOut(FileDriver driver) throws IOException;

    /// Takes back what it did, as nobody wants `result` any more: who waited for it was
    /// cancelled. May take its time as well.
    default void undo(T result) throws IOException { }

    /// Opens a file.
    record Open(Path path, Set<? extends OpenOption> options, List<FileAttribute<?>> attributes)
            implements FileOperation<OpenFile> {

        @Override
        public OpenFile carryOut(FileDriver driver) throws IOException {
            return driver.open(path, options, attributes.toArray(new FileAttribute<?>[0]));
        }

        @Override
        public void undo(OpenFile result) throws IOException {
            result.close();
        }
    }

    /// At most `maxBytes` from `position` on, by [OpenFile#read]: none at the end of the file.
    record Read(OpenFile file, long position, int maxBytes) implements FileOperation<byte[]> {
        @Override
        public byte[] carryOut(FileDriver driver) throws IOException {
            byte[] bytes = new byte[maxBytes];
            int count = file.read(ByteBuffer.wrap(bytes), position);
            return count == maxBytes ? bytes : Arrays.copyOf(bytes, Math.max(count, 0));
        }
    }

    /// [OpenFile#write].
    record Write(OpenFile file, ByteBuffer from, long position)
            implements FileOperation<Integer> {
        @Override
        public Integer carryOut(FileDriver driver) throws IOException {
            return file.write(from, position);
        }
    }

    /// [OpenFile#sync].
    record Sync(OpenFile file, boolean metadata) implements FileOperation<Boolean> {
        @Override
        public Boolean carryOut(FileDriver driver) throws IOException {
            file.sync(metadata);
            return true;
        }
    }

    /// What is known of the file at a path.
    record Status(Path path, List<LinkOption> options)
            implements FileOperation<BasicFileAttributes> {
        @Override
        public BasicFileAttributes carryOut(FileDriver driver) throws IOException {
            return Files.readAttributes(path, BasicFileAttributes.class,
                    options.toArray(new LinkOption[0]));
        }
    }
}
