package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import jloop.kernel.RawFiles;
import jloop.poller.Clock;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Fails a test that leaves a pipe or a terminal open. Those of a process are closed some time
/// after its end, by a thread of the JDK's.
public final class PipeCheck implements BeforeEachCallback, AfterEachCallback {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private List<String> before = List.of();

    @Override
    public void beforeEach(ExtensionContext context) {
        before = RawFiles.pipes();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) return;
        long start = Clock.SYSTEM.nanos();
        while (!before.containsAll(RawFiles.pipes())
                && Clock.SYSTEM.nanos() - start < PATIENCE_NANOS) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(before).as("pipes, without those left open").containsAll(RawFiles.pipes());
    }
}
