package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HarvestTest {

    @Test
    void harvest_endsEachGroupAsAWhole() throws Exception {
        assertThat(Example.run("Harvest")).endsWith("""
                the press is ready
                picked pears
                picked apples
                the press is cleaned
                all in, and the press has stopped
                no quinces today
                sorry: the ladder broke
                """);
    }
}
