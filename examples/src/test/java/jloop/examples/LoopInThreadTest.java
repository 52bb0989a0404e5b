package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LoopInThreadTest {

    @Test
    void loopInThread_workFromMain_isDoneAndAnswered() throws Exception {
        assertThat(Example.run("LoopInThread")).isEqualTo("""
                asked by main
                answered: 49
                failed: no luck
                cancelled: true
                """);
    }
}
