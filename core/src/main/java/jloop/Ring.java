package jloop;

import java.util.AbstractCollection;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// Items in the order they came, taken at either end. Null is an item too, unlike in an
/// ArrayDeque: programs that come from asyncio put None to say that no more will come.
final class Ring<T extends @Nullable Object> extends AbstractCollection<T> {

    private static final int FIRST_CAPACITY = 16;

    private @Nullable Object[] ring = {};       // its length is 0 or a power of two
    private int head;                           // index of the oldest
    private int size;

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean isEmpty() {
        return size == 0;
    }

    /// Adds the newest.
    @Override
    public boolean add(T item) {
        if (size == ring.length) grow();
        ring[place(size)] = item;
        size++;
        return true;
    }

    /// Removes the oldest. There must be one.
    T removeFirst() {
        T item = at(0);
        ring[head] = null;
        head = place(1);
        size--;
        return item;
    }

    /// Removes the newest. There must be one.
    T removeLast() {
        T item = at(size - 1);
        ring[place(size - 1)] = null;
        size--;
        return item;
    }

    @Override
    public void clear() {
        ring = new Object[0];
        head = 0;
        size = 0;
    }

    private int place(int index) {
        return (head + index) & (ring.length - 1);
    }

    @SuppressWarnings({"unchecked", "NullAway"})        // null is an item if T says so
    private T at(int index) {
        if (index < 0 || index >= size) throw new NoSuchElementException("no item " + index);
        return (T) ring[place(index)];
    }

    private void grow() {
        @Nullable Object[] bigger = new Object[Math.max(FIRST_CAPACITY, ring.length * 2)];
        int first = ring.length - head;
        System.arraycopy(ring, head, bigger, 0, first);
        System.arraycopy(ring, 0, bigger, first, head);
        ring = bigger;
        head = 0;
    }

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
                return at(next++);
            }
        };
    }
}
