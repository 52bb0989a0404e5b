package jloop;

import org.jspecify.annotations.Nullable;

/// What is ready to run, first come first served: calls ([Handle]) and continuations of
/// coroutines ([Runnable]).
final class ReadyQueue {

    /*
     * A ring. add() writes the entry before it counts it, in this order and without a call in
     * between: a StackOverflowError at its entry leaves the queue as it was.
     *
     * `taken` goes back for a hand-over only, which is a part of the step that makes it. So it is
     * also the number of the step under way, and the entry that was dropped last stays in the
     * slot before the head while it runs: the watchdog reads both
     * from outside, and the loop pays nothing for it. Hence one slot is always left free.
     */

    private static final int FIRST_CAPACITY = 256;

    private @Nullable Object[] ring = new Object[FIRST_CAPACITY];
    private int taken;          // entries dropped so far; modulo the length, the head's index
    private int size;
    private int batch;          // entries of this turn that are still there

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /// What is there now is the batch of this turn.
    void beginBatch() {
        batch = size;
    }

    /// True if the first entry is of this turn.
    boolean isInBatch() {
        return batch > 0;
    }

    void add(Object entry) {
        if (size == ring.length - 1) grow();
        ring[(taken + size) & (ring.length - 1)] = entry;
        size++;
    }

    /// Adds what runs next, in this turn, for the step under way, whose number it takes over.
    void addFirst(Object entry) {
        if (size == ring.length - 1) grow();
        ring[(taken - 1) & (ring.length - 1)] = entry;
        taken--;
        size++;
        batch++;
    }

    /// The first entry, or null if there is none. Does not remove it.
    @Nullable Object peek() {
        return size == 0 ? null : ring[taken & (ring.length - 1)];
    }

    /// Removes the first entry, which is then the one that runs. There must be one.
    void drop() {
        ring[(taken - 1) & (ring.length - 1)] = null;
        taken++;
        size--;
        batch--;
    }

    /// The entry that was dropped last is over.
    void nothingRuns() {
        ring[(taken - 1) & (ring.length - 1)] = null;
    }

    /// How many entries were dropped: the number of the step under way. Read by any thread,
    /// which may see an older one.
    int taken() {
        return taken;
    }

    /// The entry that runs, or null if none does. Read by any thread, which may see an older
    /// one.
    @Nullable Object running() {
        @Nullable Object[] now = ring;
        return now[(taken - 1) & (now.length - 1)];
    }

    void clear() {
        ring = new Object[FIRST_CAPACITY];
        size = 0;
    }

    /// Moves all entries, and the one that runs, to a ring of twice the size.
    private void grow() {
        @Nullable Object[] bigger = new Object[ring.length * 2];
        for (int i = taken - 1; i != taken + size; i++)
            bigger[i & (bigger.length - 1)] = ring[i & (ring.length - 1)];
        ring = bigger;
    }
}
