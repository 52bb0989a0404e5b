package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HelloTest {

    @Test
    void hello_runAndOwnLoop_printsTwice() throws Exception {
        assertThat(Example.run("Hello")).isEqualTo("""
                Hello from run
                Hello from a loop of its own
                """);
    }
}
