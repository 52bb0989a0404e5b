package jloop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One who is told of a signal of this process, until it is closed.
final class SignalTrap implements AutoCloseable {

    /*
     * A signal has one handler in a JVM, and many who want to hear of it (page 28). Whoever is
     * uppermost hears it:
     *
     *   the handlers and receivers of loops, all of them
     *   the run of the main thread, which makes Ctrl-C a KeyboardInterrupt
     *   what was there before: the JVM, which ends, or a handler of the program's own
     *
     * So a run may end, or begin, under the handlers of a loop, and they under it.
     *
     * Of a run: only from the main thread, only over the JVM's own behaviour, and only by the
     * outermost of nested runs (asyncio: runners.Runner.run). A JVM without jdk.unsupported, or
     * one started with -Xrs, keeps its own behaviour.
     *
     * The handler is set and given back under the lock that the map has for the signal.
     */

    /// Ctrl-C.
    static final String INTERRUPT = "INT";

    /// What asks a process to end: `kill`, `docker stop`, a service manager.
    static final String TERMINATE = "TERM";

    private static final SignalTrap NONE = new SignalTrap("", _ -> { });
    private static final ConcurrentHashMap<String, Caught> CAUGHT = new ConcurrentHashMap<>();

    /// What is called on a thread of the JVM's.
    interface Listener {
        void caught(SignalTrap trap);
    }

    /// A signal that is told to somebody, by the handler `ours`, and the handler before that.
    private record Caught(Object ours, Object before, @Nullable SignalTrap ofRun,
            List<SignalTrap> ofLoops) {

        Caught withRun(@Nullable SignalTrap run) {
            return new Caught(ours, before, run, ofLoops);
        }

        Caught withLoops(List<SignalTrap> loops) {
            return new Caught(ours, before, ofRun, List.copyOf(loops));
        }

        /// What is above `before` hears the signal; a run only if that is the JVM's.
        boolean isWanted() {
            return !ofLoops.isEmpty() || ofRun != null && JdkSignals.isStock(before);
        }
    }

    private final String signal;
    private final Listener listener;
    private volatile @Nullable Object stock;    // of a run: what it stands in for

    private SignalTrap(String signal, Listener listener) {
        this.signal = signal;
        this.listener = listener;
    }

    // ---- Of a run

    /// Has the first Ctrl-C end the run of `loop` with a [KeyboardInterrupt]; the second one
    /// ends the JVM, as there is a step that does not end.
    static SignalTrap stops(EventLoop loop) {
        AtomicInteger count = new AtomicInteger();
        return install(INTERRUPT, trap -> {
            if (count.incrementAndGet() > 1) trap.passOn();
            else loop.interruptRun(new KeyboardInterrupt());
        });
    }

    /// Has nothing caught.
    static SignalTrap none() {
        return NONE;
    }

    /// Has `signal` call `listener`, if it would end the JVM now and this is the main thread.
    static SignalTrap install(String signal, Listener listener) {
        if (!CurrentLoop.onMainThread()) return NONE;
        SignalTrap made = new SignalTrap(signal, listener);
        try {
            change(signal, made::underLoops);
        } catch (UnsupportedOperationException | IllegalArgumentException _) {
            // -Xrs, no jdk.unsupported, or a handler of native code: none of them is to change.
        }
        return made;
    }

    private Caught underLoops(Caught found) {
        if (found.ofRun != null || !JdkSignals.isStock(found.before)) return found;
        stock = found.before;
        return found.withRun(this);
    }

    /// Does what the JVM would have done: ends it, with its shutdown hooks. Also after
    /// [#close()]. Returns only if there was nothing to stand in for.
    void passOn() {
        Object before = stock;
        if (before != null) JdkSignals.call(before, signal);
    }

    // ---- Of a loop

    /// Has `signal`, a name without `SIG`, call `listener` from now on.
    ///
    /// **Errors**: IllegalArgumentException if it cannot be caught;
    /// UnsupportedOperationException with -Xrs.
    static SignalTrap over(String signal, Listener listener) {
        SignalTrap made = new SignalTrap(signal, listener);
        change(signal, found -> {
            List<SignalTrap> loops = new ArrayList<>(found.ofLoops);
            loops.add(made);
            return found.withLoops(loops);
        });
        return made;
    }

    // ---- Of both

    /// Gives the signal back, unless somebody else has taken it meanwhile.
    @Override
    public void close() {
        if (this == NONE) return;
        CAUGHT.computeIfPresent(signal, (_, found) -> kept(signal, without(found)));
    }

    private Caught without(Caught found) {
        if (found.ofRun == this) return found.withRun(null);
        List<SignalTrap> loops = new ArrayList<>(found.ofLoops);
        loops.remove(this);
        return found.withLoops(loops);
    }

    private static void change(String signal, Function<Caught, Caught> change) {
        CAUGHT.compute(signal,
                (_, known) -> kept(signal, change.apply(taken(signal, known))));
    }

    /// The signal with our handler in place, over whatever was there.
    private static Caught taken(String signal, @Nullable Caught known) {
        Object ours = known != null ? known.ours
                : JdkSignals.handler(() -> deliver(signal), signal);
        Object found = JdkSignals.handle(signal, ours);
        if (JdkSignals.isNative(found)) {
            JdkSignals.handle(signal, found);
            throw new IllegalArgumentException("SIG" + signal
                    + " is used by the JVM or other native code: it cannot be caught");
        }
        if (known == null) return new Caught(ours, found, null, List.of());
        return found == ours ? known : new Caught(ours, found, known.ofRun, known.ofLoops);
    }

    /// What is to be kept of it: null if nobody is left. Gives the handler back if nobody wants
    /// it any more.
    private static @Nullable Caught kept(String signal, Caught left) {
        if (!left.isWanted()) {
            Object found = JdkSignals.handle(signal, left.before);
            if (found != left.ours) JdkSignals.handle(signal, found);
        }
        return left.ofRun == null && left.ofLoops.isEmpty() ? null : left;
    }

    /// Tells those who hear of `signal`: what the JVM does on a thread that it makes for it. If
    /// all have gone meanwhile, it is forgotten.
    static void deliver(String signal) {
        Caught caught = CAUGHT.get(signal);
        if (caught == null) caught = CAUGHT.compute(signal, (_, known) -> known);   // being set up
        if (caught == null) return;
        SignalTrap run = caught.ofRun;
        for (SignalTrap trap : caught.ofLoops) trap.listener.caught(trap);
        if (caught.ofLoops.isEmpty() && run != null) run.listener.caught(run);
    }
}
