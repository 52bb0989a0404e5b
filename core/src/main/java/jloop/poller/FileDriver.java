package jloop.poller;

import java.io.IOException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;

/// What opens files for a loop, and carries out what is asked of them if it can do so without a
/// thread.
@FunctionalInterface
public interface FileDriver {

    /// By java.nio; threads of the loop's file pool carry everything out.
    FileDriver CHANNELS = OpenFile::open;

    /// Opens the file at `path`, with options as of [java.nio.channels.FileChannel#open].
    ///
    /// **Threads**: any but the loop's, several at the same time: it may take its time.
    OpenFile open(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException;

    /// Starts `operation` and returns true: `completion` is then called within a later
    /// [Poller#poll(long)]. Or returns false: then a thread carries it out.
    default <T> boolean submit(FileOperation<T> operation, FileCompletion<T> completion) {
        return false;
    }

    /// Nobody waits any more for what was submitted with `completion`: it may be called off.
    /// `completion` is told all the same, within a later poll, what has become of it.
    default void cancel(FileCompletion<?> completion) { }
}
