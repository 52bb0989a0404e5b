package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PipelineTest {

    @Test
    void commands_readWhatTheOnesBeforeThemWrite() throws Exception {
        assertThat(Example.run("Pipeline", "seq 1 200000", "grep 7", "wc -l").strip())
                .isEqualTo("81902");
        assertThat(Example.run("Pipeline", "echo alone")).isEqualTo("alone\n");
    }

    @Test
    void commandThatReadsNoMore_endsThoseBeforeIt() throws Exception {
        assertThat(Example.run("Pipeline", "yes", "cat", "head -n 2"))
                .startsWith("y\ny\n").contains("ended with [", ", 0]");
    }
}
