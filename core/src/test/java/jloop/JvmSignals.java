package jloop;

import java.lang.reflect.Proxy;

/// `sun.misc.Signal`, as another library would use it.
final class JvmSignals {

    private JvmSignals() { }

    /// Sends a signal to this process. It comes by the JVM's own threads, some time later.
    static void raise(String signal) {
        try {
            Class<?> type = Class.forName("sun.misc.Signal");
            type.getMethod("raise", type).invoke(null, named(signal));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /// Has a signal call `action`; returns the handler before.
    static Object handle(String signal, Runnable action) {
        try {
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            return set(signal, Proxy.newProxyInstance(handler.getClassLoader(),
                    new Class<?>[] {handler}, (proxy, method, arguments) ->
                            switch (method.getName()) {
                                case "handle" -> {
                                    action.run();
                                    yield null;
                                }
                                case "equals" -> proxy == arguments[0];
                                default -> null;
                            }));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    static Object set(String signal, Object handler) {
        try {
            Class<?> type = Class.forName("sun.misc.Signal");
            return type.getMethod("handle", type, Class.forName("sun.misc.SignalHandler"))
                    .invoke(null, named(signal), handler);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /// The handler that a signal has.
    static Object of(String signal) {
        Object found = handle(signal, () -> { });
        set(signal, found);
        return found;
    }

    private static Object named(String signal) throws ReflectiveOperationException {
        return Class.forName("sun.misc.Signal").getConstructor(String.class)
                .newInstance(signal);
    }
}
