package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import jloop.poller.Poller;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

class UringPollerTest implements PollerContract {

    long filesBefore;

    @Override
    public Poller newPoller() {
        return new UringPoller();
    }

    @BeforeAll
    static void warmUp() throws IOException {
        KernelFiles.warmUp();
    }

    @BeforeEach
    void countFiles() {
        filesBefore = KernelFiles.count();
    }

    @AfterEach
    void leavesNoFiles() {
        assertThat(KernelFiles.count()).isEqualTo(filesBefore);
    }
}
