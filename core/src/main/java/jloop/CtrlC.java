package jloop;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// What Ctrl-C does while the main thread runs a loop.
final class CtrlC implements AutoCloseable {

    /*
     * Installed only from the main thread, only over the JVM's own behaviour, and only by the
     * outermost of nested runs (asyncio: runners.Runner.run). A JVM without jdk.unsupported, or
     * one started with -Xrs, keeps its own behaviour.
     *
     * By reflection, as javac warns of every mention of sun.misc and cannot be asked not to.
     */

    private static final CtrlC NONE = new CtrlC(() -> { });
    private static final AtomicReference<@Nullable CtrlC> INSTALLED = new AtomicReference<>();

    private final Runnable onSignal;
    private @Nullable Object stock;         // the JVM's handler, while ours stands in for it

    private CtrlC(Runnable onSignal) {
        this.onSignal = onSignal;
    }

    /// Ctrl-C ends the run of `loop` with a [KeyboardInterrupt].
    static CtrlC stops(EventLoop loop) {
        return install(() -> loop.interruptRun(new KeyboardInterrupt()));
    }

    /// Ctrl-C calls `onSignal`, on a thread of the JVM's.
    static CtrlC install(Runnable onSignal) {
        if (!CurrentLoop.onMainThread()) return NONE;
        CtrlC made = new CtrlC(onSignal);
        if (!INSTALLED.compareAndSet(null, made)) return NONE;
        try {
            made.take();
        } catch (ReflectiveOperationException | LinkageError _) {   // -Xrs; no jdk.unsupported
            made.stock = null;
        }
        if (made.stock == null) INSTALLED.set(null);
        return made;
    }

    private void take() throws ReflectiveOperationException {
        Object before = Door.handle(Door.handler(onSignal));
        if (Door.isStock(before)) stock = before;
        else Door.handle(before);
    }

    @Override
    public void close() {
        Object before = stock;
        if (before == null) return;
        stock = null;
        try {
            Door.handle(before);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the signal handler could be set, and cannot be reset", e);
        } finally {
            INSTALLED.set(null);
        }
    }

    /// The door to sun.misc.Signal.
    private static final class Door {

        private static final Class<?> HANDLER;
        private static final Method HANDLE;
        private static final Object INTERRUPT;
        private static final Object IGNORE;

        static {
            try {
                Class<?> signal = Class.forName("sun.misc.Signal");
                HANDLER = Class.forName("sun.misc.SignalHandler");
                HANDLE = signal.getMethod("handle", signal, HANDLER);
                INTERRUPT = signal.getConstructor(String.class).newInstance("INT");
                IGNORE = HANDLER.getField("SIG_IGN").get(null);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        /// Sets the handler; returns the one before.
        static Object handle(Object handler) throws ReflectiveOperationException {
            return HANDLE.invoke(null, INTERRUPT, handler);
        }

        static Object handler(Runnable onSignal) {
            return Proxy.newProxyInstance(HANDLER.getClassLoader(), new Class<?>[] {HANDLER},
                    (proxy, method, arguments) -> switch (method.getName()) {
                        case "handle" -> {
                            onSignal.run();
                            yield null;
                        }
                        case "equals" -> proxy == arguments[0];
                        case "hashCode" -> System.identityHashCode(proxy);
                        default -> "Ctrl-C of jloop";
                    });
        }

        static boolean isStock(Object handler) {
            return handler != IGNORE && handler.getClass().getName().startsWith("sun.misc.");
        }
    }
}
