package jloop;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import jloop.poller.Clock;
import jloop.poller.FileDriver;
import org.jspecify.annotations.Nullable;

/// The threads of a loop that wait for disks, and what they do. Jobs of users and lookups of
/// names have threads of their own: neither keeps a file waiting, nor the other way round.
final class FilePool {

    private static final int MAX_THREADS = 16;

    final EventLoop loop;
    final Clock clock;
    final FileDriver driver;
    final Set<FileJob<?>> underWay = new LinkedHashSet<>();
    int jobs;                                       // so far

    private @Nullable ExecutorService threads;      // made when first needed

    FilePool(EventLoop loop, Clock clock) {
        this.loop = loop;
        this.clock = clock;
        this.driver = loop.poller.fileDriver();
    }

    void execute(Runnable job) {
        if (threads == null) threads = WorkerPool.newPool(MAX_THREADS, "jloop-files-");
        threads.execute(job);
    }

    /// Lets the jobs under way end without waiting for them. Nobody is left to want what they
    /// bring.
    void close() {
        for (FileJob<?> job : List.copyOf(underWay)) job.leave();
        if (threads != null) threads.shutdown();
    }
}
