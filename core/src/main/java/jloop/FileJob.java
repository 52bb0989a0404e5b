package jloop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import jloop.poller.FileCompletion;
import jloop.poller.FileOperation;
import org.jspecify.annotations.Nullable;

/// An operation on a file, carried out by another thread, or by the poller, while the loop goes
/// on.
///
/// **Cancellation**: [#await()] throws at once. An operation that has not begun is called off;
/// one that is under way goes on to its end, and is undone if it can be. [#whenOver] tells.
public final class FileJob<T> {

    /*
     *             start          a thread begins          it is done
     *    NEW ───────────▶ QUEUED ───────────────▶ RUNNING ──────────▶ OVER ──await──▶ (returned)
     *                       │                       │                  │
     *                     leave                   leave              leave
     *                       ▼                       ▼                  ▼
     *                     LEFT: never runs        LEFT: the thread   LEFT: a thread
     *                                             undoes it          undoes it
     *
     * The thread and the loop both move it on, so each move is a compareAndSet: whoever comes
     * second knows what the other has done, and nothing is lost or undone twice.
     */

    private enum Phase { NEW, QUEUED, RUNNING, OVER, LEFT }

    private final FilePool pool;
    private final EventLoop loop;
    private final FileOperation<T> operation;
    private final Future<T> result;
    private final int number;
    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.NEW);
    private final List<Runnable> actions = new ArrayList<>(2);      // for when it is over
    private boolean isUnderWay;                                     // as far as the loop knows
    private @Nullable ByPoller byPoller;                            // if that carries it out

    // Written by whoever carries it out, before it is OVER or, if it is LEFT, undone.
    private @Nullable T value;
    private @Nullable Throwable failure;

    FileJob(FilePool pool, FileOperation<T> operation) {
        this.pool = pool;
        this.loop = pool.loop;
        this.operation = Objects.requireNonNull(operation, "operation");
        this.result = loop.createFuture();
        this.number = ++pool.jobs;
    }

    /// Has it carried out, without waiting. Does nothing if that was asked for before.
    ///
    /// **Errors**: IllegalStateException if the loop is closed.
    public void start() {
        loop.checkThread("start");
        if (phase.get() != Phase.NEW) return;
        loop.checkOpen();
        phase.set(Phase.QUEUED);
        isUnderWay = true;
        pool.underWay.add(this);
        pool.clock.hold();
        try {
            byPoller = new ByPoller();
            if (pool.driver.submit(operation, byPoller)) phase.set(Phase.RUNNING);
            else runByThread();
        } catch (Throwable e) {         // there are no more threads to be had
            failure = e;
            phase.set(Phase.OVER);
            pool.clock.release();
            result.failWith(e);
            over();
        }
    }

    /// Starts it, unless that was done, waits for its end, and returns its result. Called once,
    /// by one task.
    ///
    /// **Errors**: what the operation throws. **Cancellation**: if the task is to be cancelled
    /// already, the operation does not begin. A result that is there is returned.
    public T await() throws IOException {
        Task<?> task = Task.running(loop, "a file operation");
        if (phase.get() == Phase.NEW) task.checkpoint();
        boolean taken = false;
        try {
            start();
            T taking = result.awaitResult();
            taken = true;
            return taking;
        } finally {
            if (!taken) leave();
        }
    }

    /// What [#await()] waits for, for those who do not call that. It is not to be cancelled.
    public Future<T> future() {
        loop.checkThread("future");
        return result;
    }

    /// Has `action` called when nothing of it is under way any more: soon after that, or now if
    /// that is so.
    public void whenOver(Runnable action) {
        if (isUnderWay) actions.add(action);
        else action.run();
    }

    /// Fails who waits for it, at once. The operation is left as by a cancellation.
    public void abandon(RuntimeException exception) {
        if (!result.done()) result.failWith(exception);
    }

    /// Nobody wants its result.
    void leave() {
        if (phase.compareAndSet(Phase.QUEUED, Phase.LEFT)) {
            pool.clock.release();
            over();
        } else if (phase.compareAndSet(Phase.RUNNING, Phase.LEFT)) {
            if (byPoller != null) pool.driver.cancel(byPoller);
        } else if (phase.compareAndSet(Phase.OVER, Phase.LEFT) && failure == null) {
            startUndo();
        }
    }

    private void runByThread() {
        byPoller = null;
        pool.execute(this::run);
    }

    private void startUndo() {
        pool.clock.hold();
        pool.execute(() -> {
            undo();
            pool.clock.release();
        });
    }

    /// On a thread of the pool.
    private void run() {
        if (!phase.compareAndSet(Phase.QUEUED, Phase.RUNNING)) return;
        try {
            value = operation.carryOut(pool.driver);
        } catch (Throwable e) {         // all of it: it is for who waits
            failure = e;
        }
        if (!phase.compareAndSet(Phase.RUNNING, Phase.OVER)) undo();
        if (!loop.isClosed()) loop.arrive(new Handle((CarrierCall) this::arrived));
        pool.clock.release();
    }

    @SuppressWarnings("NullAway")           // null is a result if T says so
    private void arrived() {
        if (!result.done()) {
            if (failure == null) result.finishWith(value);
            else result.failWith(failure);
        }
        over();
    }

    private void over() {
        isUnderWay = false;
        pool.underWay.remove(this);
        for (Runnable action : actions) loop.ready.add(new Handle(action));
        actions.clear();
    }

    /// On a thread of the pool.
    @SuppressWarnings("NullAway")           // null is a result if T says so
    private void undo() {
        if (failure != null) return;
        try {
            operation.undo(value);
        } catch (IOException | RuntimeException | Error e) {
            loop.reportLater(ExceptionContext.of(
                    "a file operation that was cancelled could not be undone", e));
        }
    }

    /// As good as the one of Object, which the JVM has to make first: that takes longer than to
    /// put it into a set.
    @Override
    public int hashCode() {
        return number;
    }

    /// How a poller that carries it out tells of its end.
    private final class ByPoller implements FileCompletion<T> {

        @Override
        public void completed(T result) {
            value = result;
            end();
        }

        @Override
        public void failed(IOException exception) {
            failure = exception;
            end();
        }

        private void end() {
            if (!phase.compareAndSet(Phase.RUNNING, Phase.OVER)) {
                if (loop.isClosed()) undo();
                else actions.add(FileJob.this::startUndo);
            }
            arrived();
            pool.clock.release();
        }

        @Override
        public void refused() {
            if (phase.compareAndSet(Phase.RUNNING, Phase.QUEUED)) {
                runByThread();
            } else {
                pool.clock.release();
                over();
            }
        }
    }
}
