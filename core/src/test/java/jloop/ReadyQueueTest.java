package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadyQueueTest {

    private final ReadyQueue queue = new ReadyQueue();

    @Test
    void peek_ofAnEmptyQueue_isNull() {
        assertThat(queue.peek()).isNull();
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.size()).isZero();
    }

    @Test
    void peek_removesNothing() {
        queue.add("a");

        assertThat(queue.peek()).isEqualTo("a");
        assertThat(queue.peek()).isEqualTo("a");
        assertThat(queue.size()).isEqualTo(1);
    }

    @Test
    void clear_ofAFullQueue_emptiesIt() {
        for (int i = 0; i < 1000; i++) queue.add(i);

        queue.clear();
        queue.add("new");

        assertThat(queue.size()).isEqualTo(1);
        assertThat(queue.peek()).isEqualTo("new");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void random_againstAModel_isTheSame(long seed) {
        ArrayDeque<Object> model = new ArrayDeque<>();
        Random random = new Random(seed);
        for (int step = 0; step < 50_000; step++) {
            boolean grows = step / 5000 % 2 == 0;
            if (random.nextInt(10) < (grows ? 6 : 4)) {
                if (random.nextInt(4) == 0) {
                    queue.addFirst(step);
                    model.addFirst(step);
                } else {
                    queue.add(step);
                    model.add(step);
                }
            } else if (!model.isEmpty()) {
                queue.drop();
                model.remove();
            }
            assertThat(queue.size()).isEqualTo(model.size());
            assertThat(queue.peek()).isEqualTo(model.peek());
        }
    }
}
