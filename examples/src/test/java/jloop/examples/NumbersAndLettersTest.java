package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NumbersAndLettersTest {

    @Test
    void numbersAndLetters_underGather_alternate() throws Exception {
        assertThat(Example.run("NumbersAndLetters")).isEqualTo("""
                1
                a
                2
                b
                3
                c
                4
                d
                5
                e
                """);
    }
}
