package jloop;

import java.util.Collection;
import java.util.Comparator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A [Queue] whose smallest item is got first.
///
/// **Unlike asyncio**: of items that are equal in order, the one that was put first is got
/// first; the order may be given. An item that cannot be compared is not put, and the queue
/// stays as it was.
public final class PriorityQueue<T extends @Nullable Object> extends Queue<T> {

    private final StableHeap<T> heap;

    /// A queue without a limit, in the items' natural order.
    public PriorityQueue() {
        this(0);
    }

    /// A queue of at most `maxsize` items (zero or less for no limit), in natural order.
    ///
    /// **Errors**: `put` throws ClassCastException for an item that is not Comparable.
    public PriorityQueue(int maxsize) {
        this(maxsize, PriorityQueue.<T>naturalOrder());
    }

    /// A queue without a limit, smallest first by `order`.
    public PriorityQueue(Comparator<? super T> order) {
        this(0, order);
    }

    /// A queue of at most `maxsize` items (zero or less for no limit), smallest first by
    /// `order`.
    public PriorityQueue(int maxsize, Comparator<? super T> order) {
        super(maxsize);
        this.heap = new StableHeap<>(Objects.requireNonNull(order, "order"));
    }

    @SuppressWarnings("unchecked")      // compare throws ClassCastException where it is wrong
    private static <T extends @Nullable Object> Comparator<T> naturalOrder() {
        return (a, b) -> ((Comparable<Object>) Objects.requireNonNull(a, "item"))
                .compareTo(Objects.requireNonNull(b, "item"));
    }

    @Override
    protected void putItem(T item) {
        heap.add(item);
    }

    @Override
    protected T getItem() {
        return heap.removeFirst();
    }

    @Override
    protected Collection<T> items() {
        return heap;
    }
}
