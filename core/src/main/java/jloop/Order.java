package jloop;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// How a loop decides what asyncio leaves open: which of the timers of one instant fires first,
/// and in which order it goes through what asyncio keeps in a set.
///
/// Random order finds programs that depend on what nobody promised. The ready queue is first
/// in, first out in any case.
final class Order {

    static final Order FIFO = new Order(null, 0);

    private final @Nullable SplittableRandom random;
    private final long seed;

    private Order(@Nullable SplittableRandom random, long seed) {
        this.random = random;
        this.seed = seed;
    }

    static Order random(long seed) {
        return new Order(new SplittableRandom(seed), seed);
    }

    /// The order that the property `jloop.order` names: `fifo`, `random`, or `random:SEED`.
    static Order of(String name) {
        if (name.equals("fifo")) return FIFO;
        if (name.equals("random")) return random(ThreadLocalRandom.current().nextInt());
        try {
            if (name.startsWith("random:")) return random(Long.parseLong(name.substring(7)));
        } catch (NumberFormatException _) {
            // told below
        }
        throw new IllegalArgumentException(
                "jloop.order must be fifo, random or random:SEED, not " + name);
    }

    /// What decides between timers of the same instant; `seq` counts them.
    long rank(long seq) {
        return random == null ? seq : random.nextLong();
    }

    /// `list` itself, or its elements in another order.
    <T> List<T> any(List<T> list) {
        if (random == null) return list;
        List<T> shuffled = new ArrayList<>(list);
        Collections.shuffle(shuffled, random);
        return shuffled;
    }

    /// As the loop's text has it: nothing for the usual order.
    @Override
    public String toString() {
        return random == null ? "" : " order=random:" + seed;
    }
}
