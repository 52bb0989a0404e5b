package jloop;

import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/// The thread on which the body of an [AsyncGenerator] runs.
final class GeneratorStrand<T> extends Strand {

    /*
     * A task that asks for an item goes on on this strand until the body yields or ends: the
     * task's `strand` is this one meanwhile, its own is suspended. So all that belongs to the task
     * (cancellation, scopes, context, who is current) belongs to the body, as in Python, where
     * the frames of a generator are frames of the task that awaits it. The next one to ask may be
     * another task.
     *
     * Each hand-over goes to the head of the ready queue: nobody else runs in between.
     *
     *   NEW ──ask──▶ RUNNING ──yield──▶ AT_YIELD ──ask──▶ RUNNING ──body ends──▶ OVER
     *
     * It is RUNNING until the asker has the answer, so that nobody can ask in between.
     */
    private enum Stage { NEW, RUNNING, AT_YIELD, OVER }

    private enum Answer { ITEM, END }

    private final AsyncGenerator.Body<T> body;
    private final WeakReference<AsyncGenerator<T>> handle;
    private Stage stage = Stage.NEW;
    private volatile boolean over;          // loop thread sets, a cleaner thread looks

    // From the asker to the body.
    private @Nullable Task<?> task;         // that carries the body out, while it runs
    private @Nullable Strand asker;         // what that task was on before
    private @Nullable CancelScope scope;    // where that task stood
    private boolean asked;
    private @Nullable Object sent;
    private @Nullable Throwable thrown;
    private boolean exiting;                // GeneratorExit was thrown by close
    private boolean exitIgnored;

    // From the body to the asker.
    private @Nullable Answer answer;
    private @Nullable T item;
    private @Nullable Throwable failure;

    GeneratorStrand(EventLoop loop, AsyncGenerator.Body<T> body, AsyncGenerator<T> handle) {
        super(loop);
        this.body = body;
        this.handle = new WeakReference<>(handle);
        loop.generators.add(this);
    }

    /// The task that asks, while the body runs.
    @Override
    @Nullable Task<?> task() {
        return task;
    }

    @Override
    @Nullable Strand below() {
        return task == null ? null : asker;
    }

    /// The handle that users hold, or another one if it was collected.
    AsyncGenerator<T> handle() {
        AsyncGenerator<T> known = handle.get();
        return known != null ? known : new AsyncGenerator<>(this);
    }

    boolean isOver() {
        return over;
    }

    String state() {
        return switch (stage) {
            case NEW -> "new";
            case RUNNING -> "running";
            case AT_YIELD -> "suspended";
            case OVER -> "over";
        };
    }

    // ---- The asker's side

    /// Goes on with the body until it yields, then returns true, or ends, then returns false or
    /// throws what it threw.
    boolean ask(@Nullable Object value, @Nullable Throwable error, String what) {
        Task<?> asking = Task.running(loop, what);
        loop.checkOpen();
        if (stage == Stage.RUNNING)
            throw new IllegalStateException(what + ": the generator is already running");
        carrier.checkStack();
        Strand mine = asking.strand;
        Stage before = stage;
        task = asking;
        asker = mine;
        scope = asking.scope;
        context = mine.context;
        sent = value;
        thrown = error;
        asked = true;
        stage = Stage.RUNNING;
        asking.strand = this;
        try {
            goOn(before);
            while (answer == null) mine.suspend();
        } catch (Throwable e) {             // no memory or stack for the thread, or to wait on
            asking.strand = mine;
            takeBack();
            throw e;
        }
        return takeAnswer();
    }

    /// The asker cannot wait for the answer: the body stays where it is, for the next one. It
    /// may be on its way already, and finds that nobody has asked.
    private void takeBack() {
        if (answer == Answer.END) stage = Stage.OVER;
        else stage = phase == Phase.NEW ? Stage.NEW : Stage.AT_YIELD;
        answer = null;
        asked = false;
        task = null;
        asker = null;
        scope = null;
    }

    private void goOn(Stage before) {
        if (before == Stage.NEW) carrier.makeNext(this);
        else wakeNext();
    }

    private boolean takeAnswer() {
        boolean isItem = answer == Answer.ITEM;
        answer = null;
        stage = isItem ? Stage.AT_YIELD : Stage.OVER;
        Throwable error = failure;
        failure = null;
        if (error != null) throw Outcomes.<RuntimeException>rethrow(error);
        return isItem;
    }

    @SuppressWarnings("NullAway")           // an item may be null if T says so
    T takeItem() {
        T taken = item;
        item = null;
        return taken;
    }

    /// Throws GeneratorExit into the body, and waits until it has ended.
    void close() {
        if (over) return;
        if (stage == Stage.NEW) {           // its thread could not be made
            finished();
            return;
        }
        exiting |= stage == Stage.AT_YIELD;
        try {
            ask(null, new GeneratorExit(), "close");
        } catch (GeneratorExit _) {
            // As it should be.
        }
        if (exitIgnored)
            throw new IllegalStateException("the generator ignored GeneratorExit and yielded");
    }

    /// Called by a cleaner when the handle is unreachable: closes the generator in a new task.
    @AnyThread
    void collected() {
        if (over || loop.isClosed()) return;
        try {
            loop.callSoonThreadsafe(() -> loop.createTask(loop.generators.closing(this)));
        } catch (IllegalStateException _) {
            // The loop was closed meanwhile.
        }
    }

    // ---- The body's side

    @Override
    void body() {
        try {
            waitToBeAsked();
            body.run(new AsyncGenerator.Yielder<>(this));
        } catch (Throwable e) {             // all of it: it is for who asked
            failure = e;
        }
        carrier.leaving(this);
        finished();
        if (!loop.isClosed()) answer(Answer.END);
    }

    private void finished() {
        over = true;
        loop.generators.remove(this);
    }

    @Nullable Object yield(T value) {
        loop.checkThread("yield");
        Task<?> asking = task;
        if (Strand.current() != this || asking == null)
            throw new IllegalStateException("yield is for the body of the generator, which does "
                    + "not run here: this is " + Thread.currentThread());
        loop.checkOpen();
        if (asking.scope != scope)
            throw new IllegalStateException("yield inside a timeout, task group or cancel scope "
                    + "that the generator has opened: it would be in force for the consumer");
        Context entered = context;
        if (entered != null && entered.isEnteredBy(thread))
            throw new IllegalStateException("yield inside a context that the generator has "
                    + "entered: it would be in force for the consumer");
        if (exiting) rejectYield();
        item = value;
        answer(Answer.ITEM);
        return waitToBeAsked();
    }

    /// Returns what was sent, or throws what was thrown in.
    private @Nullable Object waitToBeAsked() {
        while (!asked) suspend();
        asked = false;
        Throwable error = thrown;
        Object value = sent;
        thrown = null;
        sent = null;
        if (error != null) throw Outcomes.<RuntimeException>rethrow(error);
        return value;
    }

    /// The first time tells the body; a body that takes no notice is left where it is.
    private void rejectYield() {
        if (!exitIgnored) {
            exitIgnored = true;
            throw new IllegalStateException("yield in a generator that is being closed");
        }
        finished();
        answer(Answer.END);
        while (!loop.isClosed()) suspend();
    }

    private void answer(Answer what) {
        Task<?> asking = task;
        Strand back = asker;
        if (asking == null || back == null) throw new AssertionError("nobody has asked");
        if (Thread.interrupted()) asking.takeInterrupt();
        asking.strand = back;
        back.context = context;         // one that was empty may have been made here
        context = null;
        task = null;
        asker = null;
        scope = null;
        answer = what;
        back.wakeNext();
    }

    /// At a yield an interrupt concerns nobody.
    @Override
    boolean interrupted() {
        Task<?> asking = task;
        return asking != null && asking.takeInterrupt();
    }
}
