package jloop;

import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One subscription to an [ItemPublisher]: the task that takes items from an iterator and
/// gives them to the subscriber.
final class Delivery<T> implements Flow.Subscription {

    /*
     * The task alone calls the subscriber, so its signals are serial whatever thread requests.
     * What it is told meanwhile it finds in the fields: all are for the loop alone, but for `over`,
     * by which a cancellation counts at once even if the loop has no turn.
     *
     * A cancellation must end a wait of the iterator, and no other of the task, for the iterator
     * is closed after it and may wait for that. So the task is cancelled only while it asks the
     * iterator (asking), and the request undone after it.
     */

    private static final int BURST = 64;    // items in a row, before others have their turn

    private final EventLoop loop;
    private final Supplier<? extends Iterator<? extends T>> iterators;
    private Flow.@Nullable Subscriber<? super T> subscriber;        // null once told all
    private volatile boolean over;          // any thread sets
    private @Nullable Throwable refused;    // a request that breaks the rules
    private long demand;
    private boolean begun;
    private @Nullable Future<Void> pause;   // the wait for demand
    private @Nullable Task<?> asking;
    private boolean calledOff;

    Delivery(EventLoop loop, Supplier<? extends Iterator<? extends T>> iterators,
            Flow.Subscriber<? super T> subscriber) {
        this.loop = loop;
        this.iterators = iterators;
        this.subscriber = subscriber;
    }

    @AnyThread
    void start() {
        try {
            loop.callSoonThreadsafe(this::createTask);
        } catch (IllegalStateException closed) {
            reject(closed);
        }
    }

    private void createTask() {
        try {
            loop.createTask((VoidCoroutine) this::run)
                    .addDoneCallback(this::ended);
        } catch (Throwable e) {             // a task factory of the user's: both sides are told
            if (!begun) reject(e);
            throw e;
        }
    }

    /// A task that is cancelled before it begins never runs.
    private void ended(Future<Void> task) {
        Throwable why = task.cancelled() ? task.cancelledError() : task.exception();
        if (!begun && why != null) reject(why);
    }

    /// Tells the subscriber that there will be nothing.
    private void reject(Throwable why) {
        over = true;
        if (signal("onSubscribe", told -> told.onSubscribe(this)))
            signal("onError", told -> told.onError(why));
        subscriber = null;
    }

    // ---- The subscriber's side

    @AnyThread
    @Override
    public void request(long count) {
        if (over) return;
        Throwable wrong = count > 0 ? null : new IllegalArgumentException(
                "a request is for at least 1 item, not " + count + " (Reactive Streams, 3.9)");
        onLoop(() -> requested(count, wrong));
    }

    @AnyThread
    @Override
    public void cancel() {
        if (over) return;
        over = true;
        onLoop(this::cancelled);
    }

    private void onLoop(Runnable call) {
        if (loop.carrier.isCurrent()) call.run();
        else if (!loop.isClosed()) loop.arrive(new Handle(call));
    }

    private void requested(long count, @Nullable Throwable wrong) {
        if (over || refused != null) return;
        if (wrong == null) {
            demand = count > Long.MAX_VALUE - demand ? Long.MAX_VALUE : demand + count;
        } else {
            refused = wrong;
            callOff();
        }
        goOn();
    }

    private void cancelled() {
        subscriber = null;
        callOff();
        goOn();
    }

    private void callOff() {
        Task<?> task = asking;
        if (task == null || calledOff) return;
        calledOff = true;
        task.cancel("the subscription was cancelled");
    }

    @SuppressWarnings("NullAway")           // Void has no other value
    private void goOn() {
        Future<Void> wait = pause;
        if (wait != null && !wait.done()) wait.finishWith(null);
    }

    // ---- The task

    private void run() {
        begun = true;
        Throwable failure = null;
        Iterator<? extends T> items = null;
        try {
            if (signal("onSubscribe", told -> told.onSubscribe(this)) && !isOff()) {
                items = Objects.requireNonNull(iterators.get(), "no iterator: null");
                deliver(items);
            }
        } catch (Throwable e) {             // all of it: it is for the subscriber
            failure = e;
        }
        finish(close(items, failure));
    }

    private void deliver(Iterator<? extends T> items) {
        Task<?> task = Task.running(loop, "deliver");
        for (int count = 1; isWanted(); count++) {
            T item = ask(task, items);
            if (item == null || isOff()) return;
            if (demand < Long.MAX_VALUE) demand--;
            if (!signal("onNext", told -> told.onNext(item))) return;
            if (count % BURST == 0) task.yieldOnce();
        }
    }

    private boolean isOff() {
        return over || refused != null;
    }

    /// Waits until an item is requested. False if none will be.
    private boolean isWanted() {
        while (demand == 0 && !isOff()) {
            Future<Void> wait = new Future<>(loop);
            pause = wait;
            try {
                wait.await();
            } finally {
                pause = null;
            }
        }
        return !isOff();
    }

    /// The next item, or null at the end and if the subscription was called off meanwhile.
    private @Nullable T ask(Task<?> task, Iterator<? extends T> items) {
        asking = task;
        try {
            return items.hasNext()
                    ? Objects.requireNonNull(items.next(), "an item of the iterator is null")
                    : null;
        } catch (CancelledError e) {
            if (!calledOff || task.cancelling() > 1) throw e;
            return null;
        } finally {
            asking = null;
            if (calledOff) task.uncancel();
        }
    }

    private static @Nullable Throwable close(
            @Nullable Iterator<?> items, @Nullable Throwable failure) {
        if (!(items instanceof AutoCloseable closeable)) return failure;
        try {
            closeable.close();
        } catch (Throwable e) {             // all of it: it is for the subscriber
            if (failure == null) return e;
            if (failure != e) failure.addSuppressed(e);
        }
        return failure;
    }

    private void finish(@Nullable Throwable failure) {
        boolean isLeft = over;
        over = true;
        Throwable error = refused != null ? refused : failure;
        if (isLeft) reportUnheard(failure);
        else if (error == null) signal("onComplete", Flow.Subscriber::onComplete);
        else signal("onError", told -> told.onError(error));
        subscriber = null;
        if (failure != null && isOfTheTask(failure))
            throw Outcomes.<RuntimeException>rethrow(failure);
    }

    /// True if it says something about the task, beside the iterator.
    private static boolean isOfTheTask(Throwable failure) {
        return failure instanceof CancelledError || failure instanceof KeyboardInterrupt
                || failure instanceof SystemExit;
    }

    private void reportUnheard(@Nullable Throwable failure) {
        if (failure == null || isOfTheTask(failure)) return;
        report(ExceptionContext.of("an iterator failed whose subscription is cancelled", failure));
    }

    /// Makes a call of the subscriber. Returns false if there is none any more.
    private boolean signal(String what, Consumer<Flow.Subscriber<? super T>> call) {
        Flow.Subscriber<? super T> told = subscriber;
        if (told == null) return false;
        try {
            call.accept(told);
            return true;
        } catch (Throwable e) {             // all of it: it breaks the rules, and is told no more
            over = true;
            subscriber = null;
            if (isOfTheTask(e)) throw e;
            report(ExceptionContext.of("a subscriber threw in " + what, e).withSource(told));
            return false;
        }
    }

    private void report(ExceptionContext context) {
        if (loop.isClosed()) loop.defaultExceptionHandler(context);
        else loop.callExceptionHandler(context);
    }

    @Override
    public String toString() {
        return "<Subscription " + (over ? "over" : "demand=" + demand) + ">";
    }
}
