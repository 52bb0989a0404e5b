package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import jloop.kernel.RawFiles;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Fails a test that leaves a pipe or a terminal open.
public final class PipeCheck implements BeforeEachCallback, AfterEachCallback {

    private List<String> before = List.of();

    @Override
    public void beforeEach(ExtensionContext context) {
        before = RawFiles.pipes();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (context.getExecutionException().isEmpty())
            assertThat(RawFiles.pipes()).as("pipes left open").isEqualTo(before);
    }
}
