package jloop;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// What a signal does while the main thread runs a loop, in place of ending the JVM.
final class SignalTrap implements AutoCloseable {

    /*
     * Installed only from the main thread, only over the JVM's own behaviour, and only by the
     * outermost of nested runs (asyncio: runners.Runner.run). A JVM without jdk.unsupported, or
     * one started with -Xrs, keeps its own behaviour.
     *
     * By reflection, as javac warns of every mention of sun.misc and cannot be asked not to.
     */

    /// Ctrl-C.
    static final String INTERRUPT = "INT";

    /// What asks a process to end: `kill`, `docker stop`, a service manager.
    static final String TERMINATE = "TERM";

    private static final SignalTrap NONE = new SignalTrap("", _ -> { });
    private static final Set<String> INSTALLED = ConcurrentHashMap.newKeySet();

    /// What is called on a thread of the JVM's.
    interface Listener {
        void caught(SignalTrap trap);
    }

    private final String signal;
    private final Listener listener;
    private @Nullable Object ours;              // null when given back
    private volatile @Nullable Object stock;    // the JVM's handler, while ours stands in for it

    private SignalTrap(String signal, Listener listener) {
        this.signal = signal;
        this.listener = listener;
    }

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
        if (!CurrentLoop.onMainThread() || !INSTALLED.add(signal)) return NONE;
        SignalTrap made = new SignalTrap(signal, listener);
        try {
            made.take();
        } catch (ReflectiveOperationException | LinkageError _) {   // -Xrs; no jdk.unsupported
            made.stock = null;
        }
        if (made.stock == null) INSTALLED.remove(signal);
        return made;
    }

    private void take() throws ReflectiveOperationException {
        Object handler = Door.handler(() -> listener.caught(this), signal);
        Object before = Door.handle(signal, handler);
        if (!Door.isStock(before)) {
            Door.handle(signal, before);
            return;
        }
        ours = handler;
        stock = before;
    }

    /// Does what the JVM would have done: ends it, with its shutdown hooks. Also after
    /// [#close()]. Returns only if there was nothing to stand in for.
    void passOn() {
        Object before = stock;
        if (before == null) return;
        try {
            Door.call(before, signal);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the signal handler could be set, and cannot be called", e);
        }
    }

    /// Gives the signal back, unless somebody else has taken it meanwhile.
    @Override
    public void close() {
        Object before = stock;
        if (before == null || ours == null) return;
        try {
            Object found = Door.handle(signal, before);
            if (found != ours) Door.handle(signal, found);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the signal handler could be set, and cannot be reset", e);
        } finally {
            ours = null;
            INSTALLED.remove(signal);
        }
    }

    /// The door to sun.misc.Signal.
    private static final class Door {

        private static final Class<?> HANDLER;
        private static final Constructor<?> SIGNAL;
        private static final Method HANDLE;
        private static final Method CALL;
        private static final Object IGNORE;

        static {
            try {
                Class<?> signal = Class.forName("sun.misc.Signal");
                HANDLER = Class.forName("sun.misc.SignalHandler");
                SIGNAL = signal.getConstructor(String.class);
                HANDLE = signal.getMethod("handle", signal, HANDLER);
                CALL = HANDLER.getMethod("handle", signal);
                IGNORE = HANDLER.getField("SIG_IGN").get(null);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        /// Sets the handler; returns the one before.
        static Object handle(String signal, Object handler) throws ReflectiveOperationException {
            return HANDLE.invoke(null, SIGNAL.newInstance(signal), handler);
        }

        static void call(Object handler, String signal) throws ReflectiveOperationException {
            CALL.invoke(handler, SIGNAL.newInstance(signal));
        }

        static Object handler(Runnable onSignal, String signal) {
            return Proxy.newProxyInstance(HANDLER.getClassLoader(), new Class<?>[] {HANDLER},
                    (proxy, method, arguments) -> switch (method.getName()) {
                        case "handle" -> {
                            onSignal.run();
                            yield null;
                        }
                        case "equals" -> proxy == arguments[0];
                        case "hashCode" -> System.identityHashCode(proxy);
                        default -> "SIG" + signal + " of jloop";
                    });
        }

        static boolean isStock(Object handler) {
            return handler != IGNORE && handler.getClass().getName().startsWith("sun.misc.");
        }
    }
}
