package jloop;

import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.function.Supplier;

/// What iterators give, for subscribers: see [AsyncIterator#toPublisher].
final class ItemPublisher<T> implements Flow.Publisher<T> {

    private final Supplier<? extends Iterator<? extends T>> iterators;
    private final EventLoop loop;

    ItemPublisher(Supplier<? extends Iterator<? extends T>> iterators, EventLoop loop) {
        this.iterators = Objects.requireNonNull(iterators, "iterators");
        this.loop = Objects.requireNonNull(loop, "loop");
    }

    @AnyThread
    @Override
    public void subscribe(Flow.Subscriber<? super T> subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        new Delivery<T>(loop, iterators, subscriber).start();
    }

    @Override
    public String toString() {
        return "<Publisher of " + Naming.of(iterators) + " on " + loop + ">";
    }
}
