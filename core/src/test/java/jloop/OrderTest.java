package jloop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What asyncio leaves open, in the order the user asked for.
class OrderTest {

    private static final List<Integer> NUMBERS = IntStream.range(0, 50).boxed().toList();

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private List<Integer> timersOfOneInstant(Order order) {
        EventLoop loop = check.newLoop();
        loop.setOrder(order);
        List<Integer> fired = new ArrayList<>();
        for (int i : NUMBERS) loop.callAt(1_000_000_000, () -> fired.add(i));
        loop.callAt(999_999_999, () -> fired.add(-1));
        loop.callAt(1_000_000_001, () -> fired.add(-2));
        loop.runUntilComplete(() -> Asyncio.sleep(Duration.ofSeconds(2)));
        assertThat(fired.removeFirst()).isEqualTo(-1);
        assertThat(fired.removeLast()).isEqualTo(-2);
        return fired;
    }

    @Test
    void fifo_firesTimersOfOneInstantInTheOrderOfCreation() {
        assertThat(timersOfOneInstant(Order.FIFO)).isEqualTo(NUMBERS);
    }

    @Test
    void random_firesTimersOfOneInstantInAnOrderThatTheSeedDecides() {
        List<Integer> fired = timersOfOneInstant(Order.random(7));

        assertThat(fired).isNotEqualTo(NUMBERS).containsExactlyInAnyOrderElementsOf(NUMBERS);
        assertThat(timersOfOneInstant(Order.random(7))).isEqualTo(fired);
        assertThat(timersOfOneInstant(Order.random(8))).isNotEqualTo(fired);
    }

    @Test
    void random_leavesTheReadyQueueAlone() {
        EventLoop loop = check.newLoop();
        loop.setOrder(Order.random(7));
        List<Integer> called = new ArrayList<>();
        for (int i : NUMBERS) loop.callSoon(() -> called.add(i));
        loop.runUntilComplete(() -> Asyncio.sleep(Duration.ZERO));

        assertThat(called).isEqualTo(NUMBERS);
    }

    @Test
    void anyOrder_isTheListOrAShuffledCopy() {
        EventLoop loop = check.newLoop();
        assertThat(loop.anyOrder(NUMBERS)).isSameAs(NUMBERS);
        loop.setOrder(Order.random(7));

        List<Integer> shuffled = loop.anyOrder(NUMBERS);

        assertThat(shuffled).isNotEqualTo(NUMBERS).containsExactlyInAnyOrderElementsOf(NUMBERS);
    }

    @Test
    void toString_ofALoopInRandomOrder_hasTheSeed() {
        EventLoop loop = check.newLoop();
        assertThat(loop.toString()).doesNotContain("random");
        loop.setOrder(Order.random(42));

        assertThat(loop.toString()).contains(" order=random:42");
    }

    @Test
    void property_isReadWhenALoopIsMade() {
        System.setProperty("jloop.order", "random:9");
        try {
            assertThat(check.newLoop().toString()).contains(" order=random:9");
        } finally {
            System.clearProperty("jloop.order");
        }
        assertThat(check.newLoop().toString()).doesNotContain("order");
    }

    @Test
    void of_text_isReadOrRefused() {
        assertThat(Order.of("fifo")).hasToString("");
        assertThat(Order.of("random").toString()).startsWith(" order=random:");
        assertThat(Order.of("random:-3")).hasToString(" order=random:-3");
        for (String wrong : List.of("", "lifo", "random:", "random:x")) {
            assertThatIllegalArgumentException().isThrownBy(() -> Order.of(wrong))
                    .withMessageContaining("fifo, random or random:SEED, not " + wrong);
        }
    }
}
