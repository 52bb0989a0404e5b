package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WorkersTest {

    @Test
    void workers_ctrlC_closesTheLoopInOrder() throws Exception {
        try (var workers = Example.start("Workers")) {
            workers.lineWith("first worker executed");
            workers.lineWith("second worker executed");
            workers.interrupt();

            assertThat(workers.rest()).endsWith("""
                    first worker ended
                    second worker ended
                    Closing Loop
                    """);
        }
    }
}
