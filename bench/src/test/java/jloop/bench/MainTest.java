package jloop.bench;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/// The command line of the harness.
class MainTest {

    @Test
    void main_withNames_saysThatItIsNotWrittenYet() {
        assertThatThrownBy(() -> Main.main(new String[] {"echo"}))
                .hasMessageContaining("not written yet");
    }
}
