package jloop;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Tasks that end together: a group ends when the last of its tasks has.
///
/// When one of them fails, the others are cancelled, and so is the body of the group where it
/// waits. When all have ended, what they and the body threw is thrown as one [ExceptionGroup],
/// or [BaseExceptionGroup] if an error is among it. A task that is cancelled, alone, is no
/// failure.
///
/// ```
/// TaskGroup.open(tg -> {
///     tg.createTask(() -> fetch("one"));
///     tg.createTask(() -> fetch("two"));
/// });                                         // both are done
/// ```
///
/// There is a second form, for a body that is to stand in the method itself: there [#join()]
/// must be the last statement, since `close` can neither see nor replace what the body throws.
///
/// ```
/// try (var tg = TaskGroup.open()) {
///     tg.createTask(() -> fetch("one"));
///     tg.join();
/// }
/// ```
///
/// **Cancellation**: from outside it cancels the tasks and, once they have ended, goes on as a
/// [CancelledError]. If anything has failed by then, that is thrown instead, and the next wait
/// throws the CancelledError.
/// **Errors**: [KeyboardInterrupt] and [SystemExit] leave the group as they are, once all tasks
/// have ended; other failures are their suppressed exceptions.
/// **As in asyncio**: `TaskGroup`; `cancel` came with Python 3.15; `start` is trio's.
/// **Unlike asyncio**: counts of cancellations are compared with those at the entry, and no
/// cancellation from outside is lost.
public final class TaskGroup implements AutoCloseable {

    /*
     * asyncio: taskgroups.py. The body runs in an edge scope, and what asyncio does by
     * Task.cancel() and uncancel() is done by cancelling and leaving that.
     *
     *   BODY ──the body ends──▶ ENDING ──the last task ends──▶ OVER        (aborting: any but OVER)
     */
    private enum Phase { BODY, ENDING, OVER }

    /// A body with a result.
    @FunctionalInterface
    public interface Body<T> {
        T run(TaskGroup group) throws Exception;
    }

    /// A body without one.
    @FunctionalInterface
    public interface VoidBody {
        void run(TaskGroup group) throws Exception;
    }

    /// A coroutine that says when it is ready: see [TaskGroup#start].
    @FunctionalInterface
    public interface Starting<V> {
        void run(TaskStatus<V> status) throws Exception;
    }

    private final EventLoop loop;
    private final boolean endsItself;                   // the lambda form
    private final Set<Task<?>> tasks = new LinkedHashSet<>();
    private final EndOfTasks end;
    private Phase phase = Phase.BODY;
    private boolean aborting;
    private @Nullable Task<?> parent;                   // these four are forgotten at the end
    private @Nullable CancelScope scope;
    private List<Throwable> errors = new ArrayList<>(0);
    private @Nullable Throwable fatal;

    private TaskGroup(boolean endsItself) {
        this.loop = Asyncio.getRunningLoop();
        this.endsItself = endsItself;
        this.end = new EndOfTasks(loop, tasks);
        Task<?> task = Task.running(loop, "TaskGroup.open");
        this.parent = task;
        this.scope = CancelScope.enterEdge(task);
    }

    // ---- The body

    /// Runs `body` in the calling task, waits for the tasks it has made, and returns its
    /// result; null if [#cancel()] ended the body.
    ///
    /// A lambda that is a single expression fits both forms of body, so it is written with
    /// braces: `open(tg -> { serve(tg); })`.
    ///
    /// **Errors**: ExceptionGroup, BaseExceptionGroup; IllegalStateException outside of a task.
    @SuppressWarnings("overloads")          // said above
    public static <T> T open(Body<T> body) throws ExceptionGroup {
        Objects.requireNonNull(body, "body");
        TaskGroup group = new TaskGroup(true);
        @Nullable T result = null;
        @Nullable Throwable thrown = null;
        try {
            result = body.run(group);
        } catch (Throwable e) {         // all of it: a group sees everything that leaves it
            thrown = e;
        }
        group.bodyEnded(thrown);
        return nullIfCancelled(result);
    }

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})     // as documented
    private static <T> T nullIfCancelled(@Nullable T result) {
        return result;
    }

    /// The same for a body without a result.
    @SuppressWarnings("overloads")
    public static void open(VoidBody body) throws ExceptionGroup {
        Objects.requireNonNull(body, "body");
        open(group -> {
            body.run(group);
            return group;
        });
    }

    /// Enters a group that is left by [#join()], in a try-with-resources.
    ///
    /// A body that may wait elsewhere than in `join` is better off in the other form: if a task
    /// fails meanwhile, the body leaves by a CancelledError, of which the failures can only be
    /// the suppressed exceptions.
    ///
    /// **Errors**: IllegalStateException outside of a task.
    public static TaskGroup open() {
        return new TaskGroup(false);
    }

    private void bodyEnded(@Nullable Throwable thrown) throws ExceptionGroup {
        loop.checkThread("the end of a task group");
        Task<?> task = requireParent("the end of the body");
        end(task, thrown == null ? null : task.translated(thrown));
    }

    /// Waits for the tasks, and ends the group.
    ///
    /// **Errors**: ExceptionGroup, BaseExceptionGroup; IllegalStateException when called twice,
    /// in the lambda form, which does it itself, by another task, and inside a scope, timeout
    /// or group that was entered after this one.
    public void join() throws ExceptionGroup {
        loop.checkThread("join");
        if (endsItself)
            throw new IllegalStateException("this form of a group waits for its tasks by itself, "
                    + "when its body has ended: " + this);
        end(requireParent("join"), null);
    }

    /// Ends a group that was not joined: cancels its tasks and waits for them. Does nothing
    /// after [#join()].
    ///
    /// **Errors**: what tasks have failed with, as `join` throws it; Java adds it to what the
    /// body throws, as suppressed. If the group has cancelled its body, the exception handler
    /// is told too, for then the body most likely leaves by a CancelledError that hides it.
    @Override
    public void close() throws ExceptionGroup {
        loop.checkThread("close");
        if (endsItself)
            throw new IllegalStateException("this form of a group closes itself: " + this);
        if (phase == Phase.OVER) return;
        Task<?> task = requireParent("close");
        CancelScope entered = Objects.requireNonNull(scope);
        boolean bodyCancelled = entered.isCancelled() && !errors.isEmpty();
        Cancellations seen = new Cancellations(task, entered);
        phase = Phase.ENDING;
        if (!aborting) abort();
        try {
            while (!tasks.isEmpty()) end.await(seen);
        } finally {
            entered.leave(null);
            phase = Phase.OVER;
        }
        List<Throwable> failures = takeErrors(null);
        seen.redeliver();
        if (failures.isEmpty()) return;
        ThrowableGroup group = groupOf(failures);
        if (bodyCancelled)
            loop.callExceptionHandler(ExceptionContext.of(
                    "tasks failed in a group whose body left without join()",
                    group.asThrowable()).withFuture(task));
        throwGroup(group);
    }

    private Task<?> requireParent(String what) {
        Task<?> task = parent;
        if (task == null || phase == Phase.OVER)
            throw new IllegalStateException(what + ": the group is over: " + this);
        if (task != Task.current())
            throw new IllegalStateException(what + " is for the task that entered the group, "
                    + task + ", and not for " + Task.current());
        if (phase == Phase.ENDING)
            throw new IllegalStateException(what + ": the group is ending: " + this);
        if (task.scope != scope)
            throw new IllegalStateException(what + " inside a scope, timeout or group that was "
                    + "entered after this group, and must be left before: " + this);
        return task;
    }

    // ---- The end

    private void end(Task<?> task, @Nullable Throwable thrown) throws ExceptionGroup {
        CancelScope entered = Objects.requireNonNull(scope);
        Cancellations seen = new Cancellations(task, entered);
        phase = Phase.ENDING;
        if (isFatal(thrown) && fatal == null) fatal = thrown;
        if (thrown != null && !aborting) abort();
        CancelledError passing = thrown instanceof CancelledError error ? error : null;
        if (passing != null) seen.add(passing);
        boolean own = false;
        try {
            while (!tasks.isEmpty()) {
                CancelledError error = end.await(seen);
                if (error == null || aborting) continue;
                passing = error;
                abort();
            }
        } finally {
            own = entered.leave(passing);
            phase = Phase.OVER;
        }
        List<Throwable> failures = takeErrors(thrown);
        if (!failures.isEmpty()) {
            seen.redeliver();
            throwGroup(groupOf(failures));
        }
        if (seen.outside() != null) throw seen.outside();
        if (passing != null && !own) throw passing;
    }

    /// What has failed, that of the body last; throws what a group does not hold. Forgets all
    /// of it, and the parent: exceptions are heavy, and the group may live on somewhere.
    private List<Throwable> takeErrors(@Nullable Throwable ofTheBody) {
        List<Throwable> failures = errors;
        Throwable bare = fatal;
        errors = List.of();
        fatal = null;
        parent = null;
        scope = null;
        if (ofTheBody != null && !(ofTheBody instanceof CancelledError)) failures.add(ofTheBody);
        if (bare == null) return failures;
        for (Throwable each : failures) {
            if (each != bare) bare.addSuppressed(each);
        }
        throw Outcomes.<RuntimeException>rethrow(bare);
    }

    private static ThrowableGroup groupOf(List<Throwable> failures) {
        return ThrowableGroup.of("unhandled errors in a TaskGroup", failures);
    }

    private static void throwGroup(ThrowableGroup group) throws ExceptionGroup {
        switch (group) {
            case ExceptionGroup exceptions -> throw exceptions;
            case BaseExceptionGroup withErrors -> throw withErrors;
        }
    }

    private static boolean isFatal(@Nullable Throwable thrown) {
        return thrown instanceof KeyboardInterrupt || thrown instanceof SystemExit;
    }

    // ---- Tasks

    /// Makes a task of the group. It can be made until the last task has ended, also by the
    /// tasks themselves while the group waits for them.
    ///
    /// **Errors**: IllegalStateException if the group is over, or has begun to cancel its
    /// tasks; nothing of the coroutine runs then.
    public <T> Task<T> createTask(Coroutine<T> coroutine) {
        return createTask(coroutine, UnaryOperator.identity());
    }

    public Task<Void> createTask(VoidCoroutine coroutine) {
        return createTask(coroutine.returningNull());
    }

    /// [#createTask] with options, as `createTask(body, o -> o.withName("reader"))`.
    public <T> Task<T> createTask(Coroutine<T> coroutine, UnaryOperator<TaskOptions> options) {
        Task<T> task = begin("createTask", coroutine, options);
        task.addDoneCallback(_ -> taskEnded(task));
        return task;
    }

    public Task<Void> createTask(VoidCoroutine coroutine, UnaryOperator<TaskOptions> options) {
        return createTask(coroutine.returningNull(), options);
    }

    private <T> Task<T> begin(
            String what, Coroutine<T> coroutine, UnaryOperator<TaskOptions> options) {
        loop.checkThread(what);
        if (phase != Phase.BODY && tasks.isEmpty())
            throw new IllegalStateException(what + ": the group is finished: " + this);
        if (aborting)
            throw new IllegalStateException(what + ": the group is shutting down: " + this);
        Task<T> task = loop.createTask(coroutine, options.apply(TaskOptions.DEFAULT));
        tasks.add(task);
        if (aborting) task.cancel();        // it is eager, and has cancelled the group
        return task;
    }

    /// Makes a task of the group, waits until it calls [TaskStatus#started], and returns the
    /// value it gives there: the address of a server that listens now, say. The task goes on in
    /// the group.
    ///
    /// **Errors**: what the task throws before that, as it is: it is no failure of the group;
    /// IllegalStateException if it ends without having called `started`; else as
    /// [#createTask(Coroutine)].
    /// **Cancellation**: the task is cancelled too, and waited for.
    public <V> V start(Starting<V> coroutine) {
        return start(coroutine, UnaryOperator.identity());
    }

    /// [#start] with options.
    public <V> V start(Starting<V> coroutine, UnaryOperator<TaskOptions> options) {
        Objects.requireNonNull(coroutine, "coroutine");
        TaskStart<V> start = new TaskStart<>(Task.running(loop, "start"));
        VoidCoroutine body = () -> coroutine.run(start);
        Task<Void> task = begin("start", body.returningNull(), options);
        task.addDoneCallback(_ -> {
            if (start.isOver()) {
                taskEnded(task);
            } else {
                start.ended(task);
                remove(task);
            }
        });
        return start.await(this, task);
    }

    /// Cancels a task whose caller in [#start] was cancelled, unless the group has.
    void callOff(Task<?> task, @Nullable Object reason) {
        if (!aborting) task.cancel(reason);
    }

    private void taskEnded(Task<?> task) {
        remove(task);
        Throwable failure = task.failureRead();
        if (failure == null) return;
        errors.add(failure);
        if (isFatal(failure) && fatal == null) fatal = failure;
        Task<?> responsible = parent;
        if (responsible == null || responsible.done()) report(task, failure);
        else if (!aborting) abortAll();
    }

    private void remove(Task<?> task) {
        tasks.remove(task);
        if (tasks.isEmpty()) end.come();
    }

    /// A group that was opened and never closed.
    private void report(Task<?> task, Throwable failure) {
        loop.callExceptionHandler(ExceptionContext.of(
                "a task has failed in a group whose parent is done: " + task, failure)
                .withFuture(task));
    }

    /// Ends the group before its time: cancels its tasks, and its body where it waits. Without
    /// another reason the group then ends quietly, and nothing is thrown. May be called by
    /// whatever runs on the loop; calling again does nothing, nor does it when the group is
    /// over.
    public void cancel() {
        loop.checkThread("cancel");
        boolean over = phase != Phase.BODY && tasks.isEmpty();
        if (!over && !aborting) abortAll();
    }

    private void abortAll() {
        abort();
        if (scope != null) scope.cancel(null);
    }

    private void abort() {
        aborting = true;
        for (Task<?> task : tasks) {
            if (!task.done()) task.cancel();
        }
    }

    @Override
    public String toString() {
        return "<TaskGroup" + (tasks.isEmpty() ? "" : " tasks=" + tasks.size())
                + (errors.isEmpty() ? "" : " errors=" + errors.size())
                + (aborting ? " cancelling" : phase == Phase.OVER ? " finished" : " entered")
                + ">";
    }
}
