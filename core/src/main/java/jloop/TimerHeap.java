package jloop;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The timers that are not yet due, soonest first.
final class TimerHeap {

    /*
     * A min-heap of four children a node, in which every timer knows its own place, so that
     * cancelling is O(log n) and leaves nothing behind. asyncio instead leaves cancelled timers
     * in the heap and rebuilds it once more than half of over 100 are dead
     * (base_events._run_once). The due times lie beside the timers in an array of their own: a
     * walk down a big heap then touches one cache line a level instead of five.
     *
     * Order: whenNanos, then seq. Timers due at the same instant fire in order of creation.
     *
     * Invariants (TimerHeapTest.check):
     *   I1  timers[i].index == i                     for 0 <= i < size
     *   I2  whens[i] == timers[i].whenNanos          for 0 <= i < size
     *   I3  !before(i, parent(i))                    for 0 <  i < size
     *   I4  timers[i] == null                        for size <= i
     *   I5  t.index == NOT_QUEUED                    for every other timer t
     *
     * They hold even if a StackOverflowError comes in between, as a coroutine may call us with
     * no stack left: what moves timers makes no calls, and what is counted is counted after it.
     */

    private static final int FIRST_CAPACITY = 64;

    private @Nullable TimerHandle[] timers = new TimerHandle[FIRST_CAPACITY];
    private long[] whens = new long[FIRST_CAPACITY];
    private int size;

    int size() {
        return size;
    }

    /// The soonest timer, or null if there is none. Does not remove it.
    @Nullable TimerHandle peek() {
        return timers[0];
    }

    void add(TimerHandle timer) {
        if (size == timers.length) grow();
        siftUp(size, timer);
        size++;
    }

    /// Removes `timer` if it is queued here; otherwise does nothing.
    void remove(TimerHandle timer) {
        int hole = timer.index;
        if (hole == TimerHandle.NOT_QUEUED) return;

        TimerHandle last = at(size - 1);
        if (last != timer) {
            if (hole > 0 && before(last, at((hole - 1) >> 2))) siftUp(hole, last);
            else siftDown(hole, last, size - 1);
        }
        timers[--size] = null;
        timer.index = TimerHandle.NOT_QUEUED;
        if (size < timers.length / 8 && timers.length > FIRST_CAPACITY) shrink();
    }

    /// Removes and returns the soonest timer if it is due at `nowNanos`, else returns null.
    @Nullable TimerHandle takeDue(long nowNanos) {
        TimerHandle first = timers[0];
        if (first == null || first.whenNanos - nowNanos > 0) return null;
        remove(first);
        return first;
    }

    @SuppressWarnings("NullAway")       // I1, I4: not null below size
    private void siftUp(int i, TimerHandle timer) {
        long when = timer.whenNanos;
        while (i > 0) {
            int parent = (i - 1) >> 2;
            TimerHandle above = timers[parent];
            long apart = when - whens[parent];          // nanoTime wraps: differences only
            if (apart > 0 || apart == 0 && timer.seq > above.seq) break;
            timers[i] = above;
            whens[i] = whens[parent];
            above.index = i;
            i = parent;
        }
        timers[i] = timer;
        whens[i] = when;
        timer.index = i;
    }

    /// Among the first `end` timers.
    @SuppressWarnings("NullAway")       // I1, I4: not null below size
    private void siftDown(int i, TimerHandle timer, int end) {
        long when = timer.whenNanos;
        for (int child; (child = 4 * i + 1) < end; i = child) {
            TimerHandle least = timers[child];
            for (int other = child + 1; other < 4 * i + 5 && other < end; other++) {
                long apart = whens[other] - whens[child];
                if (apart > 0 || apart == 0 && timers[other].seq > least.seq) continue;
                child = other;
                least = timers[child];
            }
            long apart = when - whens[child];
            if (apart < 0 || apart == 0 && timer.seq < least.seq) break;
            timers[i] = least;
            whens[i] = whens[child];
            least.index = i;
        }
        timers[i] = timer;
        whens[i] = when;
        timer.index = i;
    }

    @SuppressWarnings("NullAway")       // I1, I4: not null below size
    private TimerHandle at(int i) {
        return timers[i];
    }

    private static boolean before(TimerHandle a, TimerHandle b) {
        long apart = a.whenNanos - b.whenNanos;
        return apart != 0 ? apart < 0 : a.seq < b.seq;
    }

    private void grow() {
        resize(timers.length * 2);
    }

    private void shrink() {
        resize(timers.length / 2);
    }

    private void resize(int capacity) {
        @Nullable TimerHandle[] moved = Arrays.copyOf(timers, capacity);
        long[] movedWhens = Arrays.copyOf(whens, capacity);
        timers = moved;
        whens = movedWhens;
    }
}
