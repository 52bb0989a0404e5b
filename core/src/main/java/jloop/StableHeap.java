package jloop;

import java.util.AbstractCollection;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// Items of which the smallest is taken first; of equal ones, the oldest.
final class StableHeap<T extends @Nullable Object> extends AbstractCollection<T> {

    /*
     * A binary heap. Comparing runs code of users, which may throw, so each change first finds
     * out by comparing where the item belongs, and then moves: a comparison that fails leaves the
     * heap as it was. The place alone says what to move, as there is one way from it to the root.
     */

    private static final int FIRST_CAPACITY = 16;

    private final Comparator<? super T> order;
    private @Nullable Object[] items = new Object[FIRST_CAPACITY];
    private long[] numbers = new long[FIRST_CAPACITY];  // when each item came: ties go by it
    private int size;
    private long nextNumber;

    StableHeap(Comparator<? super T> order) {
        this.order = order;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean add(T item) {
        if (size == items.length) grow();
        int place = size == 0 ? first(item) : placeOfNew(item);
        for (int i = size; i > place; i = parent(i)) move(parent(i), i);
        set(place, item, nextNumber++);
        size++;
        return true;
    }

    /// Compares the first item with itself, so that one that has no order is refused at once.
    @SuppressWarnings("SelfComparison")
    private int first(T item) {
        int _ = order.compare(item, item);
        return 0;
    }

    private int placeOfNew(T item) {
        int place = size;
        while (place > 0 && order.compare(item, at(parent(place))) < 0) place = parent(place);
        return place;
    }

    /// Removes the smallest. There must be one.
    T removeFirst() {
        if (size == 0) throw new NoSuchElementException("no item");
        T smallest = at(0);
        int last = size - 1;
        int place = placeOfLast();
        long number = numbers[last];
        T moved = at(last);
        shiftUp(place);
        set(place, moved, number);
        items[last] = null;
        size = last;
        return smallest;
    }

    /// Where the last item goes when the first one is gone.
    private int placeOfLast() {
        int last = size - 1;
        int place = 0;
        for (int child; (child = 2 * place + 1) < last; place = child) {
            if (child + 1 < last && isBefore(child + 1, child)) child++;
            if (isBefore(last, child)) break;
        }
        return place;
    }

    /// Moves each item on the way from the root to `place` one up, over the root.
    private void shiftUp(int place) {
        int depth = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(place + 1);
        for (int d = 1; d <= depth; d++) {
            int child = ((place + 1) >> (depth - d)) - 1;
            move(child, parent(child));
        }
    }

    private boolean isBefore(int a, int b) {
        int compared = order.compare(at(a), at(b));
        return compared < 0 || compared == 0 && numbers[a] < numbers[b];
    }

    private static int parent(int index) {
        return (index - 1) / 2;
    }

    private void move(int from, int to) {
        items[to] = items[from];
        numbers[to] = numbers[from];
    }

    private void set(int index, T item, long number) {
        items[index] = item;
        numbers[index] = number;
    }

    @SuppressWarnings({"unchecked", "NullAway"})        // null is an item if T says so
    private T at(int index) {
        return (T) items[index];
    }

    private void grow() {
        items = Arrays.copyOf(items, size * 2);
        numbers = Arrays.copyOf(numbers, size * 2);
    }

    /// In the order of the heap: the smallest first, the rest in no particular order.
    @Override
    public Iterator<T> iterator() {
        return new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < size;
            }

            @Override
            public T next() {
                if (next >= size) throw new NoSuchElementException("no item " + next);
                return at(next++);
            }
        };
    }
}
