package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PromptTest {

    @Test
    void prompt_numbersThenTheEnd_addsThemUp() throws Exception {
        try (var prompt = Example.start("Prompt")) {
            prompt.type("20\nmany\n");
            prompt.lineWith("A number? That makes 20");
            prompt.lineWith("A number? Not a number: many");
            prompt.type("22\n");
            prompt.lineWith("A number? That makes 42");
            prompt.endInput();
            assertThat(prompt.rest()).isEqualTo("A number? \nThe sum is 42\n");
        }
    }

    @Test
    void prompt_interrupted_tellsHowFarItCame() throws Exception {
        try (var prompt = Example.start("Prompt")) {
            prompt.type("7\n");
            prompt.lineWith("A number? That makes 7");
            prompt.interrupt();
            assertThat(prompt.rest()).endsWith("\nInterrupted at 7\n");
        }
    }
}
