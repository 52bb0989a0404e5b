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
        siftUp(size++, timer);
    }

    /// Removes `timer` if it is queued here; otherwise does nothing.
    void remove(TimerHandle timer) {
        int hole = timer.index;
        if (hole == TimerHandle.NOT_QUEUED) return;

        TimerHandle last = at(--size);
        timers[size] = null;
        timer.index = TimerHandle.NOT_QUEUED;
        if (last != timer) {
            if (hole > 0 && before(last.whenNanos, last, parent(hole))) siftUp(hole, last);
            else siftDown(hole, last);
        }
        if (size < timers.length / 8 && timers.length > FIRST_CAPACITY) shrink();
    }

    /// Removes and returns the soonest timer if it is due at `nowNanos`, else returns null.
    @Nullable TimerHandle takeDue(long nowNanos) {
        TimerHandle first = timers[0];
        if (first == null || first.whenNanos - nowNanos > 0) return null;
        remove(first);
        return first;
    }

    /// Forgets all timers.
    void clear() {
        for (int i = 0; i < size; i++) at(i).index = TimerHandle.NOT_QUEUED;
        timers = new TimerHandle[FIRST_CAPACITY];
        whens = new long[FIRST_CAPACITY];
        size = 0;
    }

    private void siftUp(int i, TimerHandle timer) {
        long when = timer.whenNanos;
        while (i > 0 && before(when, timer, parent(i))) {
            place(i, at(parent(i)));
            i = parent(i);
        }
        place(i, timer);
    }

    private void siftDown(int i, TimerHandle timer) {
        long when = timer.whenNanos;
        for (int child; (child = 4 * i + 1) < size; i = child) {
            int end = Math.min(child + 4, size);
            for (int other = child + 1; other < end; other++) {
                if (before(whens[other], at(other), child)) child = other;
            }
            if (!before(whens[child], at(child), when, timer)) break;
            place(i, at(child));
        }
        place(i, timer);
    }

    private void place(int i, TimerHandle timer) {
        timers[i] = timer;
        whens[i] = timer.whenNanos;
        timer.index = i;
    }

    @SuppressWarnings("NullAway")       // I1, I4: not null below size
    private TimerHandle at(int i) {
        return timers[i];
    }

    private boolean before(long when, TimerHandle timer, int i) {
        long apart = when - whens[i];                   // nanoTime wraps: differences only
        return apart != 0 ? apart < 0 : timer.seq < at(i).seq;
    }

    private static boolean before(long aWhen, TimerHandle a, long bWhen, TimerHandle b) {
        long apart = aWhen - bWhen;
        return apart != 0 ? apart < 0 : a.seq < b.seq;
    }

    private static int parent(int i) {
        return (i - 1) >> 2;
    }

    private void grow() {
        resize(timers.length * 2);
    }

    private void shrink() {
        resize(timers.length / 2);
    }

    private void resize(int capacity) {
        timers = Arrays.copyOf(timers, capacity);
        whens = Arrays.copyOf(whens, capacity);
    }
}
