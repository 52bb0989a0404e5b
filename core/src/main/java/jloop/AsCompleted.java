package jloop;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Futures in the order in which they end: see [Asyncio#asCompleted].
///
/// As an iterator it gives each future once it is done, the very objects that were given.
/// [#coroutines()] gives coroutines instead, each of which resolves to the next completion.
/// Both share what is left, and go on where either stopped.
///
/// **Errors**: TimeoutException, from each item that is left when the time is over. Nothing is
/// cancelled by that.
/// **As in asyncio**: `as_completed`.
public final class AsCompleted<T> implements AsyncIterator<Future<T>> {

    /*
     * asyncio: tasks._AsCompletedIterator, and what it needs of queues.Queue. A getter that is
     * cancelled after it was woken passes the wake-up on.
     */

    private static final Object TIMED_OUT = new Object();

    private final EventLoop loop;
    private final Set<Future<T>> running = new LinkedHashSet<>();
    private final List<Watch> watches = new ArrayList<>();
    private final Deque<Object> ended = new ArrayDeque<>();         // a Future, or TIMED_OUT
    private final Deque<Future<Void>> getters = new ArrayDeque<>();
    private final @Nullable TimerHandle alarm;
    private int left;                                               // not asked for yet

    AsCompleted(EventLoop loop, Collection<? extends Future<T>> given, @Nullable Duration timeout) {
        this.loop = loop;
        running.addAll(loop.anyOrder(List.copyOf(given)));
        left = running.size();
        for (Future<T> future : running) watches.add(new Watch(future));
        for (Watch watch : watches) watch.future.listenOrQueue(watch);
        alarm = timeout == null || left == 0 ? null
                : loop.addTimer(loop.later(EventLoop.nanos(timeout)), (CarrierCall) this::expire);
    }

    /// True if there are completions that nobody has asked for. Does not wait.
    @Override
    public boolean hasNext() {
        return left > 0;
    }

    /// Waits for the next completion and returns the future that it is of, done.
    ///
    /// **Errors**: TimeoutException if the time is over; NoSuchElementException if nothing is
    /// left.
    /// **Cancellation**: the item is lost to this iterator, its future goes on.
    @Override
    public Future<T> next() {
        Task.running(loop, "next");
        claim();
        return take();
    }

    private void claim() {
        if (left == 0) throw new NoSuchElementException("all that was given has been asked for");
        left--;
    }

    /// Coroutines, as many as there are futures left: each returns the result of the next
    /// completion, or throws what that failed with, in whatever order they are run.
    public Iterable<Coroutine<T>> coroutines() {
        return () -> new Iterator<>() {
            @Override
            public boolean hasNext() {
                return left > 0;
            }

            @Override
            public Coroutine<T> next() {
                claim();
                return () -> take().result();
            }
        };
    }

    @SuppressWarnings("unchecked")
    private Future<T> take() {
        Task.running(loop, "asCompleted");
        while (ended.isEmpty()) waitForOne();
        Object first = ended.removeFirst();
        if (first == TIMED_OUT)
            throw Outcomes.<RuntimeException>rethrow(new TimeoutException(
                    "the time for asCompleted is over, " + counted(left) + " pending"));
        return (Future<T>) first;
    }

    private static String counted(int count) {
        return count == 1 ? "one more completion" : count + " more completions";
    }

    private void waitForOne() {
        Future<Void> getter = new DependentFuture<>(loop, running);
        getters.add(getter);
        try {
            getter.await();
        } catch (Throwable e) {         // a cancellation, however it looks
            getters.remove(getter);
            if (!ended.isEmpty() && !getter.cancelled()) wakeOne();
            throw e;
        }
    }

    @SuppressWarnings("NullAway")           // Void has no other value
    private void wakeOne() {
        for (Future<Void> getter; (getter = getters.poll()) != null; ) {
            if (getter.done()) continue;
            getter.finishWith(null);
            return;
        }
    }

    private void put(Object entry) {
        ended.add(entry);
        wakeOne();
    }

    private void expire() {
        int late = running.size();
        for (Watch watch : watches) watch.future.unlisten(watch);
        running.clear();
        for (int i = 0; i < late; i++) put(TIMED_OUT);
    }

    private void ended(Future<T> future) {
        if (!running.remove(future)) return;        // the time was over first
        put(future);
        if (running.isEmpty() && alarm != null) alarm.cancel();
    }

    /// What is called when one of the futures is done.
    private final class Watch implements CarrierCall {

        private final Future<T> future;

        Watch(Future<T> future) {
            this.future = future;
        }

        @Override
        public void run() {
            ended(future);
        }
    }
}
