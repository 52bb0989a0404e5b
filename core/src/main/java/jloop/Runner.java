package jloop;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A loop for several coroutines in turn, and everything cleared up behind them.
///
/// {@snippet :
/// try (Runner runner = new Runner()) {
///     int port = runner.run(() -> startUp());
///     runner.run(() -> serve(port));
/// }
/// }
///
/// The loop is made when it is first needed. All runs share it, and one context: what one sets
/// in a [ContextVar], the next one sees. [Asyncio#run] is a runner that is used once.
///
/// **Ctrl-C**, if the runs are made by the main thread and nobody else minds it, as a loop does
/// by [EventLoop#addSignalHandler(String, Runnable)]: the first one cancels the main task of
/// the run (other tasks wait for [#close()]). If the task ends by that, and by no other request
/// to cancel it, [KeyboardInterrupt] is thrown; if it returns all the same, that counts. The
/// second one ends the run with [KeyboardInterrupt] as soon as what runs lets go of the loop;
/// the third does what it would have done without a runner, and ends the JVM.
/// [RunOptions#withHandleSigterm] has SIGTERM do the same: the run ends with [SystemExit] of
/// status 143, and [#close()], when all is cleared up, with the end of the JVM.
///
/// **Threads**: the thread that made it.
/// **As in asyncio**: `Runner`, its states, its order at the end and its rules for Ctrl-C.
/// **Unlike asyncio**: [KeyboardInterrupt] cannot be thrown in the middle of what runs, so the
/// second Ctrl-C comes at the end of a step, and the third one is there for a step without end.
public final class Runner implements AutoCloseable {

    /*
     *   CREATED ──run, getLoop──▶ INITIALIZED ──close──▶ CLOSED
     *      └──close──▶ CREATED
     */
    private enum Phase { CREATED, INITIALIZED, CLOSED }

    private static final int TERMINATED = 128 + 15;

    private final RunOptions options;
    private Phase phase = Phase.CREATED;
    private @Nullable EventLoop loop;
    private @Nullable Context context;                  // a copy, made with the loop
    private SignalTrap ending = SignalTrap.none();      // what ends the JVM after close

    public Runner() {
        this(RunOptions.DEFAULT);
    }

    /// A runner with options, as `new Runner(o -> o.withDebug(true))`.
    public Runner(UnaryOperator<RunOptions> options) {
        this(options.apply(RunOptions.DEFAULT));
    }

    private Runner(RunOptions options) {
        this.options = options;
    }

    /// Runs `main` until it is done, and returns its result or throws what it threw. Tasks that
    /// are left go on in the next run.
    ///
    /// **Errors**: IllegalStateException if a loop runs in this thread, or if the runner is
    /// closed; then nothing of `main` runs.
    public <T> T run(Coroutine<T> main) {
        return run(main, null);
    }

    /// [#run(Coroutine)] in `given`, the very object; null for the context of this runner.
    public <T> T run(Coroutine<T> main, @Nullable Context given) {
        EventLoop running = CurrentLoop.running();
        if (running != null)
            throw new IllegalStateException(
                    "run cannot be called from a running event loop: await, or createTask");
        EventLoop ours = getLoop();
        Context shared = given != null ? given : context;
        return complete(ours, ours.createTask(main, shared == null ? TaskOptions.DEFAULT
                : TaskOptions.DEFAULT.withContext(shared)));
    }

    /// The same for a coroutine without a result.
    public void run(VoidCoroutine main) {
        run(main.returningNull());
    }

    public void run(VoidCoroutine main, @Nullable Context given) {
        run(main.returningNull(), given);
    }

    /// Runs until `future`, of this runner's loop, is done. Otherwise as [#run(Coroutine)]; a
    /// Ctrl-C cancels the future.
    public <T> T run(Future<T> future) {
        return run(() -> future.await());
    }

    private <T> T complete(EventLoop ours, Task<T> main) {
        try (Interrupts interrupts = new Interrupts(ours, main, options.handleSigterm())) {
            try {
                return ours.runUntilComplete(main);
            } catch (CancelledError e) {
                if (interrupts.isAny() && main.uncancel() == 0) throw interrupts.converted(e);
                throw e;
            } finally {
                if (interrupts.areTermination()) ending = interrupts.sigterm;
            }
        }
    }

    /// The loop of this runner, made now if it was not yet.
    ///
    /// **Errors**: IllegalStateException if the runner is closed.
    public EventLoop getLoop() {
        if (phase == Phase.CLOSED) throw new IllegalStateException("runner is closed");
        EventLoop made = loop;
        if (made == null) {
            made = newLoop();
            loop = made;
            context = Context.copyContext();
            phase = Phase.INITIALIZED;
        }
        return made;
    }

    private EventLoop newLoop() {
        var factory = options.loopFactory();
        EventLoop made = factory == null ? new EventLoop() : factory.get();
        if (factory == null) CurrentLoop.set(made);
        if (options.debug() != null) made.setDebug(options.debug());
        return made;
    }

    /// Cancels the tasks that are left and waits for them, shuts down the generators and the
    /// default executor, which is given 5 minutes, and closes the loop. Does nothing if no loop
    /// was made yet, so the runner can still be used, and nothing the second time.
    ///
    /// What a task throws at that, other than a [CancelledError], goes to the exception
    /// handler. See [RunOptions#withCleanupTimeout] for tasks that do not end.
    @Override
    public void close() {
        EventLoop ours = loop;
        if (ours == null || phase != Phase.INITIALIZED) return;
        try {
            new Cleanup(ours, options.cleanupTimeout()).carryOut();
        } finally {
            if (options.loopFactory() == null) CurrentLoop.set(null);
            ours.close();
            loop = null;
            phase = Phase.CLOSED;
            ending.passOn();
        }
    }

    /// What signals do to one run.
    private static final class Interrupts implements AutoCloseable {

        private final EventLoop loop;
        private final Task<?> main;
        private final AtomicInteger count = new AtomicInteger();
        private final SignalTrap ctrlC;
        private final SignalTrap sigterm;
        private volatile boolean isTerminated;      // any thread sets
        private boolean isOver;                     // loop thread only, as the next one
        private @Nullable Error thrown;

        Interrupts(EventLoop loop, Task<?> main, boolean handlesSigterm) {
            this.loop = loop;
            this.main = main;
            ctrlC = SignalTrap.install(SignalTrap.INTERRUPT, this::caught);
            sigterm = !handlesSigterm ? SignalTrap.none()
                    : SignalTrap.install(SignalTrap.TERMINATE, this::caughtSigterm);
        }

        boolean isAny() {
            return count.get() > 0;
        }

        private void caughtSigterm(SignalTrap trap) {
            isTerminated = true;
            caught(trap);
        }

        /// On a thread of the JVM's.
        private void caught(SignalTrap trap) {
            int nth = count.incrementAndGet();
            if (nth > 2) trap.passOn();
            else if (nth == 2) loop.arrive(new Handle((CarrierCall) this::endRun));
            else loop.arrive(new Handle(this::cancelMain));
        }

        private void cancelMain() {
            if (!isOver && !main.cancel()) endRun();
        }

        private void endRun() {
            if (isOver) return;
            thrown = error();
            loop.fatal(thrown);
        }

        private Error error() {
            return isTerminated ? new SystemExit(TERMINATED) : new KeyboardInterrupt();
        }

        Error converted(CancelledError cause) {
            Error error = error();
            error.initCause(cause);
            thrown = error;
            return error;
        }

        /// True if a SIGTERM has ended the run.
        boolean areTermination() {
            return thrown instanceof SystemExit;
        }

        @Override
        public void close() {
            isOver = true;
            sigterm.close();
            ctrlC.close();
        }
    }
}
