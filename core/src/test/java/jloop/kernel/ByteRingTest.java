package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteRingTest {

    @Test
    void put_moreThanFits_takesWhatFits() {
        var ring = new ByteRing(4);

        assertThat(ring.put(new byte[10], 0, 10)).isEqualTo(4);
        assertThat(ring.isFull()).isTrue();
        assertThat(ring.put(new byte[10], 0, 10)).isZero();
    }

    @Test
    void take_fromAnEmptyRing_takesNothing() {
        var ring = new ByteRing(4);

        assertThat(ring.isEmpty()).isTrue();
        assertThat(ring.take(new byte[10], 0, 10)).isZero();
    }

    @Test
    void newRing_withoutRoom_isRefused() {
        assertThatThrownBy(() -> new ByteRing(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("limit must be at least 1 byte, not 0");
    }

    /// Against a queue of bytes.
    @Test
    void putAndTake_inAnyOrder_keepTheBytes() {
        for (int seed = 0; seed < 200; seed++) {
            var random = new Random(seed);
            check(random, new ByteRing(1 + random.nextInt(2000)), new ArrayDeque<>());
        }
    }

    private static void check(Random random, ByteRing ring, Queue<Byte> model) {
        for (int step = 0; step < 200; step++) {
            var bytes = new byte[random.nextInt(700)];
            int offset = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
            int length = bytes.length - offset;
            if (random.nextBoolean()) {
                random.nextBytes(bytes);
                int count = ring.put(bytes, offset, length);
                assertThat(count == length || ring.isFull()).isTrue();
                for (int i = 0; i < count; i++) model.add(bytes[offset + i]);
            } else {
                int count = ring.take(bytes, offset, length);
                assertThat(count).isEqualTo(Math.min(length, model.size()));
                for (int i = 0; i < count; i++)
                    assertThat(bytes[offset + i]).isEqualTo(model.remove());
            }
            assertThat(ring.isEmpty()).isEqualTo(model.isEmpty());
        }
    }
}
