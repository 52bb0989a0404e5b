package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimerHeapTest {

    private final TimerHeap heap = new TimerHeap();
    private final List<TimerHandle> model = new ArrayList<>();      // in the order of creation
    private final List<TimerHandle> gone = new ArrayList<>();
    private long nextSeq;

    @Test
    void peek_ofNone_isNull() {
        assertThat(heap.peek()).isNull();
        assertThat(heap.takeDue(Long.MAX_VALUE)).isNull();
        check();
    }

    @Test
    void takeDue_equalTimes_goesByCreation() {
        for (int i = 0; i < 8; i++) add(5);

        List<Long> order = new ArrayList<>();
        for (TimerHandle due; (due = heap.takeDue(5)) != null; ) order.add(due.seq);

        assertThat(order).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L);
    }

    @Test
    void takeDue_beforeTheTime_takesNothing() {
        add(5);

        assertThat(heap.takeDue(4)).isNull();
        assertThat(heap.takeDue(5)).isNotNull();
        assertThat(heap.size()).isZero();
    }

    @Test
    void remove_twice_isOnce() {
        TimerHandle timer = add(1);
        add(2);

        remove(timer);
        heap.remove(timer);

        check();
        assertThat(heap.size()).isEqualTo(1);
    }

    /// Around the place where nanoTime wraps, a later time is a smaller number.
    @Test
    void order_whereTheClockWraps_goesByDifference() {
        TimerHandle after = add(Long.MIN_VALUE + 10);
        TimerHandle before = add(Long.MAX_VALUE - 10);

        assertThat(heap.peek()).isSameAs(before);
        assertThat(heap.takeDue(Long.MAX_VALUE)).isSameAs(before);
        assertThat(heap.takeDue(Long.MAX_VALUE)).isNull();
        assertThat(heap.takeDue(Long.MIN_VALUE + 10)).isSameAs(after);
        assertThat(before).isLessThan(after);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7})
    void random_againstANaiveModel_isTheSame(long seed) {
        Random random = new Random(seed);
        long base = seed % 2 == 0 ? 0 : Long.MAX_VALUE - 500;   // wraps on the way
        int spread = seed < 4 ? 10 : 1000;                      // many equal times, or few
        long now = base;
        for (int step = 0; step < 4000; step++) {
            boolean grows = step / 500 % 2 == 0;
            switch (random.nextInt(grows ? 4 : 8)) {
                case 0, 1, 2 -> add(now + random.nextInt(spread));
                case 3, 4, 5 -> {
                    if (!model.isEmpty()) remove(model.get(random.nextInt(model.size())));
                }
                default -> {
                    now += random.nextInt(spread / 5 + 1);
                    takeDueAt(now);
                }
            }
            if (step % 7 == 0) check();
            assertThat(heap.peek()).isSameAs(soonest());
        }
        takeDueAt(now + spread);
        assertThat(heap.size()).isZero();
        check();
    }

    @Test
    void capacity_afterAPeak_isGivenBack() throws Exception {
        for (int i = 0; i < 100_000; i++) add(i);
        assertThat(capacity()).isGreaterThanOrEqualTo(100_000);

        for (TimerHandle timer : model.subList(100, model.size())) timer.cancel();

        assertThat(capacity()).isLessThan(2048);
    }

    private TimerHandle add(long when) {
        TimerHandle timer = new TimerHandle(heap, when, nextSeq++, () -> { });
        heap.add(timer);
        model.add(timer);
        return timer;
    }

    private void remove(TimerHandle timer) {
        timer.cancel();
        model.remove(timer);
        gone.add(timer);
    }

    private void takeDueAt(long now) {
        List<TimerHandle> expected = model.stream().filter(t -> t.whenNanos - now <= 0)
                .sorted().toList();

        List<TimerHandle> taken = new ArrayList<>();
        for (TimerHandle due; (due = heap.takeDue(now)) != null; ) taken.add(due);

        assertThat(taken).isEqualTo(expected);
        model.removeAll(expected);
        gone.addAll(expected);
    }

    private TimerHandle soonest() {
        return model.isEmpty() ? null : Collections.min(model);
    }

    /// The invariants I1 to I5 of TimerHeap.
    private void check() {
        TimerHandle[] timers = (TimerHandle[]) field("timers");
        long[] whens = (long[]) field("whens");
        int size = heap.size();
        assertThat(size).isEqualTo(model.size());
        for (int i = 0; i < size; i++) {
            if (timers[i].index != i) throw new AssertionError("I1 at " + i);
            if (whens[i] != timers[i].whenNanos) throw new AssertionError("I2 at " + i);
            if (i > 0 && timers[i].compareTo(timers[(i - 1) / 4]) < 0)
                throw new AssertionError("I3 at " + i);
        }
        for (int i = size; i < timers.length; i++) {
            if (timers[i] != null) throw new AssertionError("I4 at " + i);
        }
        for (TimerHandle timer : gone) {
            if (timer.index != TimerHandle.NOT_QUEUED) throw new AssertionError("I5: " + timer);
        }
    }

    private int capacity() {
        return ((long[]) field("whens")).length;
    }

    private Object field(String name) {
        try {
            Field field = TimerHeap.class.getDeclaredField(name);
            field.setAccessible(true);
            return field.get(heap);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
