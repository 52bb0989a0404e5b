package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CallbacksTest {

    @Test
    void callbacks_allKinds_areMadeInOrder() throws Exception {
        assertThat(Example.run("Callbacks")).isEqualTo("""
                soon: first
                soon: second
                soon: scheduled in a callback, so a turn later
                at: the first of two for the same time
                at: the second, as it was scheduled second
                later: the last one stops the loop
                closed
                """);
    }
}
