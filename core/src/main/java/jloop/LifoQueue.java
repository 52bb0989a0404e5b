package jloop;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/// A [Queue] whose newest item is got first.
public final class LifoQueue<T extends @Nullable Object> extends Queue<T> {

    private final Ring<T> stack = new Ring<>();

    /// A queue without a limit.
    public LifoQueue() {
        this(0);
    }

    /// A queue of at most `maxsize` items; zero or less for no limit.
    public LifoQueue(int maxsize) {
        super(maxsize);
    }

    @Override
    protected void putItem(T item) {
        stack.add(item);
    }

    @Override
    protected T getItem() {
        return stack.removeLast();
    }

    @Override
    protected Collection<T> items() {
        return stack;
    }
}
