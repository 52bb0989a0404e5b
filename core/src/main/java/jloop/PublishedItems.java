package jloop;

import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/// The items that a [Flow.Publisher] sends, one after the other: see [AsyncIterator#from].
///
/// {@snippet :
/// try (var lines = AsyncIterator.from(publisher)) {
///     for (String line : lines) IO.println(line);
/// }
/// }
///
/// It subscribes when it is first asked. What it has requested and not given yet is bounded, so
/// a slow consumer slows the publisher. The subscription ends with the publisher's items, with
/// its error, which comes after the items sent before it, and by [#close()].
///
/// **Threads**: coroutines of one loop, that of the first who asks; the publisher's signals may
/// come from any.
/// **Errors**: what the publisher fails with, the same object, each time; IllegalStateException
/// if it sends more than was requested.
/// **Cancellation**: no item is lost: the next who asks gets it.
/// **Unlike asyncio**, which knows no publishers.
public final class PublishedItems<T> implements AsyncIterator<T>, AutoCloseable {

    /*
     * All signals reach the loop through its intake, also those that come from the loop itself:
     * so they keep their order. All calls of the subscription are made by the loop, one at a time,
     * in the task of a consumer or a callback: there users' code may run (tell).
     *
     *   requested + items.size() <= prefetch
     */

    static final int PREFETCH = 32;

    private final HomeLoop home = new HomeLoop();
    private final WaitLine waiting = new WaitLine();
    private final Ring<T> items = new Ring<>();         // received, and not taken
    private final int prefetch;
    private Flow.@Nullable Publisher<? extends T> publisher;        // null once asked
    private Flow.@Nullable Subscription subscription;   // null: not there yet, or not any more
    private int requested;                              // and not received
    private boolean telling;
    private boolean over;                               // nothing is received any more
    private @Nullable Throwable failure;

    PublishedItems(Flow.Publisher<? extends T> publisher, int prefetch) {
        if (prefetch < 1)
            throw new IllegalArgumentException("prefetch is at least 1, not " + prefetch);
        this.publisher = Objects.requireNonNull(publisher, "publisher");
        this.prefetch = prefetch;
    }

    // ---- The consumer's side

    /// Waits until it is known whether there is an item.
    @Override
    public boolean hasNext() {
        return awaitItem("hasNext");
    }

    /// Waits for the next item.
    ///
    /// **Errors**: NoSuchElementException if there is none; those of the publisher.
    @Override
    public T next() {
        if (!awaitItem("next")) throw new NoSuchElementException("no more items: " + this);
        T item = items.removeFirst();
        if (isRoom()) waiting.wakeNext();   // somebody has to request, and this one is leaving
        return item;
    }

    private boolean awaitItem(String what) {
        Task<?> task = HomeLoop.caller(what);
        EventLoop loop = home.bind(task, this);
        task.checkLevel();
        begin(loop);
        tell();
        while (items.isEmpty()) {
            if (failure != null) throw thrown(failure);
            if (over) return false;
            awaitSignal(loop);
            tell();
        }
        return true;
    }

    private void begin(EventLoop loop) {
        Flow.Publisher<? extends T> source = publisher;
        if (source == null) return;
        publisher = null;
        try {
            source.subscribe(new Inlet(loop));
        } catch (Throwable e) {             // all of it: nothing comes from there
            end(e);
            throw e;
        }
    }

    private void awaitSignal(EventLoop loop) {
        Future<Void> place = waiting.enter(loop);
        try {
            place.await();
        } catch (Throwable e) {             // all of it: whoever leaves hands on his wake-up
            if (waiting.leave(place)) waiting.wakeNext();
            throw e;
        }
    }

    private static RuntimeException thrown(Throwable failure) {
        if (failure instanceof CancelledError error) throw Task.found(error);
        throw Outcomes.<RuntimeException>rethrow(failure);
    }

    /// Ends the subscription, and drops what was not taken: who waits, or asks after this, is
    /// at the end. Closing again does nothing.
    @Override
    public void close() {
        home.checkThread("close");
        publisher = null;
        items.clear();
        over = true;
        failure = null;
        waiting.wakeAll();
        tell();
    }

    /// Tells the publisher what it has to know. One call at a time, even if it waits in that.
    private void tell() {
        if (telling) return;
        telling = true;
        try {
            for (Flow.Subscription to; (to = subscription) != null; ) {
                int room = room();
                if (over) {
                    subscription = null;
                    to.cancel();
                } else if (isRoom()) {
                    requested += room;
                    to.request(room);
                } else {
                    return;
                }
            }
        } catch (Throwable e) {             // all of it: who knows what it has understood
            end(e);
            throw e;
        } finally {
            telling = false;
        }
    }

    private int room() {
        return prefetch - requested - items.size();
    }

    /// True if it is time to request more: not for each item, if there are others.
    private boolean isRoom() {
        return room() >= prefetch - prefetch / 2;
    }

    // ---- What the publisher tells, as carrier calls

    private void subscribed(EventLoop loop, Flow.Subscription made) {
        subscription = made;
        if (over) loop.ready.add(new Handle(this::tell));
        else waiting.wakeNext();
    }

    private void received(EventLoop loop, T item) {
        if (over) return;
        if (requested > 0) {
            requested--;
            items.add(item);
            waiting.wakeNext();
            return;
        }
        Flow.Subscription ended = subscription;
        end(new IllegalStateException("the publisher sent more items than were requested"));
        subscription = ended;
        loop.ready.add(new Handle(this::tell));
    }

    private void end(@Nullable Throwable error) {
        if (over) return;
        over = true;
        failure = error;
        subscription = null;
        waiting.wakeAll();
    }

    @Override
    public String toString() {
        String state = publisher != null ? "new" : over ? "over" : "requested=" + requested;
        return "<PublishedItems " + state + " received=" + items.size() + ">";
    }

    /// What the publisher knows: brings its signals to the loop. After the loop was closed it
    /// cancels, as nobody will.
    private final class Inlet implements Flow.Subscriber<T> {

        private final EventLoop loop;
        private volatile Flow.@Nullable Subscription first;     // publisher's threads only

        Inlet(EventLoop loop) {
            this.loop = loop;
        }

        @AnyThread
        @Override
        public void onSubscribe(Flow.Subscription made) {
            Objects.requireNonNull(made, "subscription");
            if (first != null || loop.isClosed()) {
                made.cancel();
                return;
            }
            first = made;
            send(() -> subscribed(loop, made));
        }

        @AnyThread
        @Override
        public void onNext(T item) {
            Objects.requireNonNull(item, "item");
            Flow.Subscription known = first;
            if (!loop.isClosed()) send(() -> received(loop, item));
            else if (known != null) known.cancel();
        }

        @AnyThread
        @Override
        public void onError(Throwable error) {
            Objects.requireNonNull(error, "error");
            send(() -> end(error));
        }

        @AnyThread
        @Override
        public void onComplete() {
            send(() -> end(null));
        }

        private void send(CarrierCall signal) {
            if (!loop.isClosed()) loop.arrive(new Handle(signal));
        }
    }
}
