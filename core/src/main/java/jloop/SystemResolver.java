package jloop;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/// The resolver of the JDK, asked in a few threads of its own: jobs of the default executor
/// that take long keep no name waiting, and the other way round.
final class SystemResolver implements Resolver {

    private static final int MAX_THREADS = 8;

    private final WorkerPool workers;
    private @Nullable ExecutorService threads;      // made when first needed

    SystemResolver(WorkerPool workers) {
        this.workers = workers;
    }

    @Override
    public List<InetAddress> addressesOf(String host) {
        return inThread(() -> List.of(InetAddress.getAllByName(host)));
    }

    @Override
    public String nameOf(InetAddress address) {
        return inThread(address::getHostName);
    }

    private <T> T inThread(Callable<T> lookup) {
        if (threads == null) threads = WorkerPool.newPool(MAX_THREADS, "jloop-names-");
        return workers.run(threads, lookup, JobOptions.DEFAULT).await();
    }

    /// Lets the lookups under way end without waiting for them.
    void close() {
        if (threads != null) threads.shutdown();
    }
}
