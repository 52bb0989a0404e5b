package jloop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
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

    private List<Integer> waitedFor(Order order) {
        EventLoop loop = check.newLoop();
        loop.setOrder(order);
        return loop.runUntilComplete(() -> Asyncio.wait(done(loop)).done().stream()
                .map(Future::result).toList());
    }

    private List<Integer> completed(Order order) {
        EventLoop loop = check.newLoop();
        loop.setOrder(order);
        return loop.runUntilComplete(() -> {
            List<Integer> results = new ArrayList<>();
            for (Future<Integer> one : Asyncio.asCompleted(done(loop))) results.add(one.result());
            return results;
        });
    }

    private static List<Future<Integer>> done(EventLoop loop) {
        return NUMBERS.stream().map(i -> {
            Future<Integer> future = loop.createFuture();
            future.setResult(i);
            return future;
        }).toList();
    }

    private List<Integer> started(Order order) {
        EventLoop loop = check.newLoop();
        loop.setOrder(order);
        List<Integer> began = new ArrayList<>();
        loop.runUntilComplete(() -> {
            for (Future<Void> one : Asyncio.asCompleted(NUMBERS.stream()
                    .map(i -> (VoidCoroutine) () -> began.add(i))
                    .toArray(VoidCoroutine[]::new))) one.result();
        });
        return began;
    }

    @Test
    void sets_areGoneThroughInTheOrderGiven_orInAnOrderThatTheSeedDecides() {
        for (Function<Order, List<Integer>> use : List.<Function<Order, List<Integer>>>of(
                this::waitedFor, this::completed, this::started)) {
            assertThat(use.apply(Order.FIFO)).isEqualTo(NUMBERS);
            List<Integer> shuffled = use.apply(Order.random(7));
            assertThat(shuffled).isNotEqualTo(NUMBERS).containsExactlyInAnyOrderElementsOf(NUMBERS);
            assertThat(use.apply(Order.random(7))).isEqualTo(shuffled);
        }
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
