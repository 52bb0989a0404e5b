package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BlockingIsFineTest {

    @Test
    void blockingCalls_inACoroutine_letTheTickerGoOn() throws Exception {
        assertThat(Example.run("BlockingIsFine")).isEqualTo("""
                Thread.sleep: the ticker went on
                taken: a message
                BlockingQueue: the ticker went on
                fetched: hello
                HttpClient: the ticker went on
                """);
    }
}
