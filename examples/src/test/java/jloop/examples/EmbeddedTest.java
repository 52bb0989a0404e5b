package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EmbeddedTest {

    @Test
    void embedded_inAToolkit_bothMakeProgress() throws Exception {
        assertThat(Example.run("Embedded")).isEqualTo("""
                a click, handled by the toolkit
                a timer of the loop
                a thread of its executor: 42
                """);
    }
}
