package jloop.bench;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import jloop.bench.results.BenchFailure;

/// The right to measure here: two runs at once would measure each other.
final class OnlyRun implements AutoCloseable {

    private final FileChannel file;

    private OnlyRun(FileChannel file) {
        this.file = file;
    }

    /// Takes it until it is closed or this process ends; a [BenchFailure] if another has it.
    static OnlyRun in(Path folder) {
        try {
            var path = Files.createDirectories(folder).resolve("lock");
            var file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (isLocked(file)) return new OnlyRun(file);
            file.close();
            throw new BenchFailure("another run goes on here: " + path + " is locked");
        } catch (IOException e) {
            throw new BenchFailure("cannot lock a file in " + folder + ": " + e.getMessage(), e);
        }
    }

    private static boolean isLocked(FileChannel file) throws IOException {
        try {
            return file.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;       // by this process
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new BenchFailure("cannot close the lock: " + e.getMessage(), e);
        }
    }
}
