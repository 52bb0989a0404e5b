package jloop;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/// A queue of items between coroutines: first in, first out. With a `maxsize` greater than zero
/// it holds so many, and [#put] waits for room; else it has no limit. Null is an item, if `T`
/// says so.
///
/// **As in asyncio**: `Queue`. A put wakes one getter and a get one putter, who then looks
/// again: a task that need not wait may be faster than one that was woken. Who finds an item or
/// room does not wait, and lets nobody else run. The queue belongs to the loop of the first
/// task that waits for it.
/// **Unlike asyncio**: `put` and `get` called outside of a task fail even if they would not
/// have to wait; [#maxsize()] is an int.
///
/// To keep the items in another way, extend it and override [#putItem], [#getItem] and
/// [#items()], which are asyncio's `_put`, `_get` and `_queue`:
///
/// ```java
/// final class Latest<T> extends Queue<T> {
///     @Override
///     protected void putItem(T item) {
///         items().clear();
///         super.putItem(item);
///     }
/// }
/// ```
public class Queue<T extends @Nullable Object> {

    /*
     * asyncio: queues.Queue. A wake-up is given to one waiter and is his until he looks again; who
     * leaves without that (cancelled, or failed by a hook) passes it on, or an item and a getter
     * could wait for each other.
     *
     * Invariants (QueueModelTest):
     *   I1  if getters wait and the queue is not empty, some getter was woken and is on his way;
     *       so too for putters and room
     *   I2  unfinished = puts - taskDone calls - items dropped by an immediate shutdown, and is
     *       never negative
     *   I3  nobody waits in join when unfinished is 0
     */

    private final int maxsize;
    private final Ring<T> ring = new Ring<>();
    private final HomeLoop home = new HomeLoop();
    private final WaitLine getters = new WaitLine();
    private final WaitLine putters = new WaitLine();
    private final WaitLine joiners = new WaitLine();
    private int unfinished;
    private boolean shutDown;

    /// A queue without a limit.
    public Queue() {
        this(0);
    }

    /// A queue of at most `maxsize` items; zero or less for no limit.
    public Queue(int maxsize) {
        this.maxsize = maxsize;
    }

    // ---- Hooks

    /// Stores `item`. Called when there is room for it. If this throws, the item was not put.
    protected void putItem(T item) {
        ring.add(item);
    }

    /// Removes the next item and returns it. Called when there is one.
    protected T getItem() {
        return ring.removeFirst();
    }

    /// The items that are stored: how many there are decides who waits.
    protected Collection<T> items() {
        return ring;
    }

    // ---- Items

    /// How many items there are.
    public final int qsize() {
        home.checkThread("qsize");
        return items().size();
    }

    /// How many items there may be; zero or less for no limit.
    public final int maxsize() {
        return maxsize;
    }

    public final boolean empty() {
        home.checkThread("empty");
        return items().isEmpty();
    }

    /// True if there is no room; never if there is no limit.
    public final boolean full() {
        home.checkThread("full");
        return isFull();
    }

    private boolean isFull() {
        return maxsize > 0 && items().size() >= maxsize;
    }

    /// Puts `item` into the queue; waits while it is full.
    ///
    /// **Errors**: [QueueShutDownException] if it is shut down, even while this waits;
    /// IllegalStateException outside of a task.
    /// **Cancellation**: the item was not put.
    public final void put(T item) {
        Task<?> task = HomeLoop.caller("put");
        task.checkLevel();
        while (isFull()) {
            if (shutDown) throw shutDown("put");
            Future<Void> putter = putters.enter(home.bind(task, this));
            try {
                putter.await();
            } catch (Throwable e) {         // all of it: whoever leaves hands on his wake-up
                if (putters.leave(putter)) wakePutter();
                throw e;
            }
        }
        putNowait(item);
    }

    /// Puts `item` into the queue, at once.
    ///
    /// **Errors**: [QueueShutDownException]; else [QueueFullException].
    public final void putNowait(T item) {
        home.checkThread("putNowait");
        if (shutDown) throw shutDown("put");
        if (isFull()) throw new QueueFullException("no room for an item: " + this);
        boolean stored = false;
        try {
            putItem(item);
            stored = true;
        } finally {
            if (!stored) wakePutter();      // the caller may have been woken for this room
        }
        unfinished++;
        getters.wakeNext();
    }

    /// Removes the next item and returns it; waits while there is none.
    ///
    /// **Errors**: [QueueShutDownException] if it is shut down and empty, even while this
    /// waits; IllegalStateException outside of a task.
    /// **Cancellation**: no item was removed.
    public final T get() {
        Task<?> task = HomeLoop.caller("get");
        task.checkLevel();
        while (items().isEmpty()) {
            if (shutDown) throw shutDown("get");
            Future<Void> getter = getters.enter(home.bind(task, this));
            try {
                getter.await();
            } catch (Throwable e) {         // all of it: whoever leaves hands on his wake-up
                if (getters.leave(getter)) wakeGetter();
                throw e;
            }
        }
        return getNowait();
    }

    /// Removes the next item and returns it, at once.
    ///
    /// **Errors**: [QueueEmptyException], or [QueueShutDownException] if it is shut down too.
    public final T getNowait() {
        home.checkThread("getNowait");
        if (items().isEmpty()) {
            if (shutDown) throw shutDown("get");
            throw new QueueEmptyException("no item: " + this);
        }
        boolean taken = false;
        T item;
        try {
            item = getItem();
            taken = true;
        } finally {
            if (!taken) wakeGetter();       // the caller may have been woken for this item
        }
        putters.wakeNext();
        return item;
    }

    private void wakeGetter() {
        if (!items().isEmpty()) getters.wakeNext();
    }

    private void wakePutter() {
        if (!isFull()) putters.wakeNext();
    }

    private QueueShutDownException shutDown(String what) {
        return new QueueShutDownException("cannot " + what + ", it is shut down: " + this);
    }

    // ---- Work

    /// Says that the work on one item is done, which [#join()] waits for. To be called once for
    /// each item that was got.
    ///
    /// **Errors**: IllegalArgumentException if called more often than items were put.
    public final void taskDone() {
        home.checkThread("taskDone");
        if (unfinished == 0)
            throw new IllegalArgumentException("taskDone was called more often than items "
                    + "were put: " + this);
        finished(1);
    }

    private void finished(int count) {
        unfinished -= count;
        if (unfinished == 0) joiners.wakeAll();
    }

    /// Waits until all items that were put are done, see [#taskDone()]. Returns at once if they
    /// are. Items put after the last was done do not hold it up again.
    ///
    /// **Errors**: IllegalStateException outside of a task.
    public final void join() {
        Task<?> task = HomeLoop.caller("join");
        home.checkThread("join");
        task.checkLevel();
        if (unfinished == 0) return;
        Future<Void> joiner = joiners.enter(home.bind(task, this));
        try {
            joiner.await();
        } catch (Throwable e) {
            var _ = joiners.leave(joiner);      // all of them were woken, nobody lacks this one
            throw e;
        }
    }

    /// Shuts the queue down, gracefully: `shutdown(false)`.
    public final void shutdown() {
        shutdown(false);
    }

    /// Shuts the queue down: from now on each put throws [QueueShutDownException], and each get
    /// that finds it empty; who waits for either is woken. Shutting down again does nothing
    /// more.
    ///
    /// The items that are left can be got. If `immediate`, they are dropped and count as done,
    /// which may end [#join()].
    public final void shutdown(boolean immediate) {
        home.checkThread("shutdown");
        shutDown = true;
        if (immediate) finished(Math.min(drop(), unfinished));
        getters.wakeAll();
        putters.wakeAll();
    }

    private int drop() {
        int dropped = 0;
        for (; !items().isEmpty(); dropped++) getItem();
        return dropped;
    }

    /// The queue in words, as `<Queue maxsize=2 _queue=[a, b] _putters[1] tasks=2>`.
    @Override
    public String toString() {
        Collection<T> items = items();
        return "<" + getClass().getSimpleName() + " maxsize=" + maxsize
                + (items.isEmpty() ? "" : " _queue=" + items)
                + (getters.size() == 0 ? "" : " _getters[" + getters.size() + "]")
                + (putters.size() == 0 ? "" : " _putters[" + putters.size() + "]")
                + (unfinished == 0 ? "" : " tasks=" + unfinished)
                + (shutDown ? " shutdown" : "") + ">";
    }
}
