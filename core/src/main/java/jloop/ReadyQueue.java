package jloop;

import org.jspecify.annotations.Nullable;

/// What is ready to run, first come first served: calls ([Handle]) and continuations of
/// coroutines ([Runnable]).
final class ReadyQueue {

    /*
     * A ring. add() writes the entry before it counts it, in this order and without a call in
     * between: a StackOverflowError at its entry leaves the queue as it was.
     */

    private static final int FIRST_CAPACITY = 256;

    private @Nullable Object[] ring = new Object[FIRST_CAPACITY];
    private int head;           // index of the first entry
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    void add(Object entry) {
        if (size == ring.length) grow();
        ring[(head + size) & (ring.length - 1)] = entry;
        size++;
    }

    /// The first entry, or null if there is none. Does not remove it.
    @Nullable Object peek() {
        return size == 0 ? null : ring[head];
    }

    /// Removes the first entry. There must be one.
    void drop() {
        ring[head] = null;
        head = (head + 1) & (ring.length - 1);
        size--;
    }

    void clear() {
        ring = new Object[FIRST_CAPACITY];
        head = 0;
        size = 0;
    }

    private void grow() {
        @Nullable Object[] bigger = new Object[ring.length * 2];
        int first = ring.length - head;
        System.arraycopy(ring, head, bigger, 0, first);
        System.arraycopy(ring, 0, bigger, first, head);
        ring = bigger;
        head = 0;
    }
}
