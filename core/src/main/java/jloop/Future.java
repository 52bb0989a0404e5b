package jloop;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A result that is not there yet.
///
/// **As in asyncio**: `Future`. It is pending, then for good either cancelled or finished, with
/// a result or an exception. Done-callbacks are never run inline: each becomes a callback of
/// the loop, in the order they were added.
/// **Unlike asyncio**: [#await()] of a coroutine is the only way to wait; there is no awaiting
/// by the type system.
public sealed class Future<T> permits Task, Gathering, DependentFuture, Waiter {

    enum State { PENDING, CANCELLED, FINISHED }

    final EventLoop loop;

    private State state = State.PENDING;
    private @Nullable Object outcome;       // FINISHED: the result or a Failed; CANCELLED: why
    private @Nullable CancelledError cancelledWith;     // the original, thrown once
    private @Nullable Object listeners;     // null, or a Strand, CarrierCall, Callback, or a list
    private @Nullable List<StackTraceElement> origin;   // where it was made, in debug mode

    /// A done-callback, remembered until the future is done.
    private static final class Callback<T> implements Runnable {

        private final Future<T> future;
        private final Consumer<? super Future<T>> call;
        private final @Nullable Context context;

        Callback(Future<T> future, Consumer<? super Future<T>> call, @Nullable Context context) {
            this.future = future;
            this.call = Objects.requireNonNull(call, "callback");
            this.context = context;
        }

        @Override
        public void run() {
            call.accept(future);
        }

        @Override
        public String toString() {
            return Naming.of(call);
        }
    }

    /// A pending future of `loop`. Usually made by [EventLoop#createFuture()].
    public Future(EventLoop loop) {
        this.loop = loop;
        if (loop.debug) origin = DebugMode.trace();
    }

    public EventLoop getLoop() {
        return loop;
    }

    /// True if it is cancelled or finished.
    public boolean done() {
        return state != State.PENDING;
    }

    public boolean cancelled() {
        return state == State.CANCELLED;
    }

    /// The result, or what it failed with, thrown as it is.
    ///
    /// **Errors**: [InvalidStateException] if pending; [CancelledError] if cancelled.
    public T result() {
        return switch (state) {
            case PENDING -> throw new InvalidStateException("result is not ready: " + this);
            case CANCELLED -> throw cancelledError();
            case FINISHED -> finished();
        };
    }

    @SuppressWarnings({"unchecked", "NullAway"})        // null is a result if T says so
    private T finished() {
        if (outcome instanceof Failure failure) {
            failure.read();
            throw Outcomes.<RuntimeException>rethrow(failure.exception);
        }
        return (T) outcome;
    }

    /// What it failed with, or null if it has not, or not yet. Asking is not taking note.
    final @Nullable Throwable failure() {
        return outcome instanceof Failure failed ? failed.exception : null;
    }

    /// The futures by whose end this one ends, as far as they are other than its own doing.
    Iterable<? extends Future<?>> dependsOn() {
        return List.of();
    }

    /// What it failed with, or null if it has a result.
    ///
    /// **Errors**: [InvalidStateException] if pending; [CancelledError] if cancelled.
    public @Nullable Throwable exception() {
        return switch (state) {
            case PENDING -> throw new InvalidStateException("exception is not set: " + this);
            case CANCELLED -> throw cancelledError();
            case FINISHED -> failureRead();
        };
    }

    /// What it failed with, if it did, which now counts as read.
    final @Nullable Throwable failureRead() {
        if (!(outcome instanceof Failure failure)) return null;
        failure.read();
        return failure.exception;
    }

    /// What it failed with, if it did, as an object.
    final @Nullable Failure failedAs() {
        return outcome instanceof Failure failure ? failure : null;
    }

    /// Where it was made, if that was in debug mode.
    final @Nullable List<StackTraceElement> sourceTraceback() {
        return origin;
    }

    /// Finishes it with `result`.
    ///
    /// **Errors**: [InvalidStateException] if done; IllegalStateException if it is a task,
    /// whose result is what its coroutine returns.
    public void setResult(T result) {
        rejectTask("setResult");
        requirePending("result");
        finish(State.FINISHED, result);
    }

    /// Finishes it with the failure `exception`. Errors as [#setResult].
    public void setException(Throwable exception) {
        rejectTask("setException");
        requirePending("exception");
        finish(State.FINISHED, new Failure(this, Objects.requireNonNull(exception, "exception")));
    }

    private void rejectTask(String method) {
        if (this instanceof Task)
            throw new IllegalStateException("a task does not support " + method
                    + ": its result is what its coroutine returns or throws");
    }

    private void requirePending(String what) {
        loop.checkThread("set" + Character.toUpperCase(what.charAt(0)) + what.substring(1));
        if (done()) throw new InvalidStateException("already done, " + what + " not set: " + this);
    }

    /// Cancels it: true, and cancelled at once; or false if it was done.
    public final boolean cancel() {
        return cancel(null);
    }

    /// Cancels it with a reason, which whoever awaits it finds in [CancelledError#reason()].
    public boolean cancel(@Nullable Object reason) {
        loop.checkThread("cancel");
        if (isReadByCancelling()) return false;
        finish(State.CANCELLED, reason);
        return true;
    }

    /// True if it is done. Who cancels it then is taken to know that it has failed.
    final boolean isReadByCancelling() {
        failureRead();
        return done();
    }

    /// Waits until it is done. Returns the result, or throws what it failed with, checked or
    /// not, the same object. If it is done already, returns at once and lets nobody else run.
    ///
    /// **Threads**: a task of the future's loop.
    /// **Cancellation**: cancelling the waiting task cancels this future.
    /// **Errors**: IllegalStateException outside of a task, in a task of another loop, and when
    /// a task awaits itself.
    public T await() {
        if (state == State.PENDING) {
            Task.running(loop, "await").blockOn(this);
            if (endsInCancelledError()) throw Task.delivered(cancellation());
        } else if (endsInCancelledError()) {
            throw Task.found(cancellation());
        }
        return result();
    }

    /// [#await()] in which a result that is there wins over a cancellation that came later:
    /// that stays for the next wait.
    final T awaitResult() {
        if (state == State.PENDING) {
            Task.running(loop, "await").blockOnResult(this);
            if (endsInCancelledError()) throw Task.delivered(cancellation());
        }
        return result();
    }

    /// [#await()] for a wait that a cancelled level scope does not end: that for the children
    /// of a task, say. A new cancellation does end it, once.
    final void awaitRegardless() {
        if (state == State.PENDING) Task.running(loop, "await").blockOnRegardless(this);
        if (endsInCancelledError()) throw Task.delivered(cancellation());
    }

    /// True if awaiting it throws a CancelledError: it was cancelled, or failed with one.
    final boolean endsInCancelledError() {
        return state == State.CANCELLED
                || outcome instanceof Failure failed && failed.exception instanceof CancelledError;
    }

    /// Who is told of it has an error of its own: it says whose cancellation it is there.
    private CancelledError cancellation() {
        if (!(failureRead() instanceof CancelledError error)) return cancelledError();
        if (error.deliveredTo == null || error.deliveredTo == Task.current()) return error;
        CancelledError own = new CancelledError(error.reason());
        error.bytesSent().ifPresent(own::after);
        own.initCause(error);
        return own;
    }

    /// [#await()], declared to throw `X`, so that a checked exception can be caught by name.
    public <X extends Throwable> T await(Class<X> thrown) throws X {
        return await();
    }

    /// The error to throw for a cancelled future: the original the first time, as it has the
    /// stack of where the cancellation arrived; then fresh ones.
    final CancelledError cancelledError() {
        CancelledError original = cancelledWith;
        cancelledWith = null;
        return original != null ? original : new CancelledError(outcome);
    }

    /// A future of the running loop that ends as `stage` does: with its result, with what it
    /// failed with (not wrapped), or cancelled. Cancelling it cancels the stage.
    public static <T> Future<T> of(CompletionStage<T> stage) {
        return ForeignFutures.of(Asyncio.getRunningLoop(), stage);
    }

    /// A future of the JDK that ends as this one does, for other threads and for libraries.
    /// Cancelling it, on any thread, cancels this one. If the loop is closed before, it never
    /// ends.
    ///
    /// **Threads**: what depends on it is called on the loop. Waiting for it in a callback of
    /// the loop throws IllegalStateException, as nobody could end the wait.
    public CompletableFuture<T> toCompletableFuture() {
        loop.checkThread("toCompletableFuture");
        CrossThreadResult<T> result = new CrossThreadResult<>(loop);
        result.follow(this);
        return result;
    }

    /// Has `callback` called with this future, by the loop, soon after it is done; soon if it
    /// is done already.
    public void addDoneCallback(Consumer<? super Future<T>> callback) {
        addDoneCallbackIn(Context.capture(), callback);
    }

    /// The same, with the call made in `context` instead of a copy of the caller's.
    public void addDoneCallback(Consumer<? super Future<T>> callback, Context context) {
        addDoneCallbackIn(Objects.requireNonNull(context, "context"), callback);
    }

    private void addDoneCallbackIn(
            @Nullable Context context, Consumer<? super Future<T>> callback) {
        loop.checkThread("addDoneCallback");
        Callback<T> added = new Callback<>(this, callback, context);
        if (done()) schedule(added);
        else listen(added);
    }

    /// Forgets all done-callbacks equal to `callback`; returns how many.
    public int removeDoneCallback(Consumer<? super Future<T>> callback) {
        loop.checkThread("removeDoneCallback");
        Objects.requireNonNull(callback, "callback");
        if (listeners instanceof List<?> list) {
            int before = list.size();
            list.removeIf(listener -> calls(listener, callback));
            return before - list.size();
        }
        if (!calls(listeners, callback)) return 0;
        listeners = null;
        return 1;
    }

    private static boolean calls(@Nullable Object listener, Object callback) {
        return listener instanceof Callback<?> added && callback.equals(added.call);
    }

    /// Adds a [Strand] to wake or a [Callback] to call.
    final void listen(Object listener) {
        if (listeners == null) {
            listeners = listener;
        } else if (listeners instanceof List<?>) {
            many().add(listener);
        } else {
            List<Object> both = new ArrayList<>(4);
            both.add(listeners);
            both.add(listener);
            listeners = both;
        }
    }

    /// [#listen], or if it is done, what that would have led to.
    final void listenOrQueue(CarrierCall listener) {
        if (done()) schedule(listener);
        else listen(listener);
    }

    /// Forgets a listener, if it is still to be told.
    final void unlisten(Object listener) {
        if (listeners == listener) listeners = null;
        else if (listeners instanceof List<?> list) list.remove(listener);
    }

    @SuppressWarnings({"unchecked", "NullAway"})
    private List<Object> many() {
        return (List<Object>) listeners;
    }

    final void finishWith(T result) {
        finish(State.FINISHED, result);
    }

    final void failWith(Throwable exception) {
        finish(State.FINISHED, new Failure(this, exception));
    }

    final void finishCancelled(@Nullable CancelledError error, @Nullable Object reason) {
        cancelledWith = error;
        finish(State.CANCELLED, reason);
    }

    private void finish(State end, @Nullable Object with) {
        state = end;
        outcome = with;
        Object told = listeners;
        listeners = null;
        if (told instanceof List<?> list) {
            for (Object listener : list) schedule(listener);
        } else if (told != null) {
            schedule(told);
        }
    }

    private void schedule(Object listener) {
        if (listener instanceof Strand strand) {
            strand.wake();
        } else if (listener instanceof CarrierCall call) {
            loop.ready.add(new Handle(call));
        } else if (!loop.isClosed() && listener instanceof Callback<?> callback) {
            loop.callSoonIn(callback.context, callback);
        }
    }

    @Override
    public String toString() {
        return FutureText.of(this);
    }

    /// The whole text, as `<Future finished result=5>`.
    final String describe() {
        return "<" + getClass().getSimpleName() + " " + stateText() + detailText() + outcomeText()
                + FutureText.callbacks(listeners) + DebugMode.madeAt(origin) + ">";
    }

    /// The state in one word.
    String stateText() {
        return switch (state) {
            case PENDING -> "pending";
            case CANCELLED -> "cancelled";
            case FINISHED -> "finished";
        };
    }

    /// What the text has more than that of other futures, each with a space before it.
    String detailText() {
        return "";
    }

    private String outcomeText() {
        if (state != State.FINISHED) return "";
        return outcome instanceof Failure failed ? " exception=" + failed.exception
                : " result=" + FutureText.shortened(outcome);
    }
}
