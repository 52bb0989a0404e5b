package jloop;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;

/// The door to `sun.misc.Signal`. Names are without `SIG`; handlers are objects of the JDK's.
final class JdkSignals {

    /*
     * By reflection, as javac warns of every mention of sun.misc and cannot be asked not to.
     */

    private static final List<String> NAMES = List.of("HUP", "INT", "QUIT", "ILL", "TRAP",
            "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
            "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
            "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS", "EMT", "INFO", "BREAK");
    private static final Set<String> OF_SHUTDOWN = Set.of("HUP", "INT", "TERM");

    private JdkSignals() { }

    /// The name of a signal, for example `TERM` for `SIGTERM` and for `TERM`.
    ///
    /// **Errors**: IllegalArgumentException if this system has none of that name;
    /// UnsupportedOperationException without jdk.unsupported.
    static String named(String given) {
        String name = given.startsWith("SIG") ? given.substring(3) : given;
        if (number(name) < 0)
            throw new IllegalArgumentException("unknown signal: " + given
                    + ", a name as TERM or SIGTERM was expected");
        return name;
    }

    /// The name of the signal with a number of this system.
    static String numbered(int given) {
        for (String name : NAMES) {
            if (given >= 0 && number(name) == given) return name;
        }
        throw new IllegalArgumentException("unknown signal: " + given
                + ", a number as `kill -l` tells was expected");
    }

    /// -1 if there is no such signal.
    private static int number(String name) {
        try {
            return (int) door().number.invoke(door().signal.newInstance(name));
        } catch (InvocationTargetException _) {
            return -1;
        } catch (ReflectiveOperationException e) {
            throw unusable(e);
        }
    }

    /// Sets the handler; returns the one before.
    ///
    /// **Errors**: IllegalArgumentException if the signal cannot be caught;
    /// UnsupportedOperationException if the JVM leaves it alone by -Xrs.
    static Object handle(String name, Object handler) {
        try {
            return door().handle.invoke(null, door().signal.newInstance(name), handler);
        } catch (InvocationTargetException e) {
            if (OF_SHUTDOWN.contains(name))
                throw new UnsupportedOperationException("SIG" + name
                        + " cannot be caught in a JVM that was started with -Xrs", e.getCause());
            throw new IllegalArgumentException("SIG" + name
                    + " is kept by the system or the JVM: it cannot be caught", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw unusable(e);
        }
    }

    static void call(Object handler, String name) {
        try {
            door().call.invoke(handler, door().signal.newInstance(name));
        } catch (ReflectiveOperationException e) {
            throw unusable(e);
        }
    }

    /// A handler that calls `onSignal`, on a thread that the JVM makes for each signal.
    static Object handler(Runnable onSignal, String name) {
        Class<?> type = door().handler;
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "handle" -> {
                        onSignal.run();
                        yield null;
                    }
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> "SIG" + name + " of jloop";
                });
    }

    /// True for what the JVM or the system does with the signal by itself.
    static boolean isStock(Object handler) {
        return handler != door().ignore && handler.getClass().getName().startsWith("sun.misc.");
    }

    /// True for a function of native code, as the JVM has for its own needs.
    static boolean isNative(Object handler) {
        return isStock(handler)
                && handler.toString().startsWith("jdk.internal.misc.Signal$NativeHandler");
    }

    private static UnsupportedOperationException unusable(Throwable cause) {
        return new UnsupportedOperationException(
                "signals need the module jdk.unsupported, which this JVM is without:"
                        + " --add-modules jdk.unsupported adds it", cause);
    }

    private static Door door() {
        try {
            return Door.OPEN;
        } catch (LinkageError e) {
            throw unusable(e);
        }
    }

    private record Door(Class<?> handler, Constructor<?> signal, Method number, Method handle,
            Method call, Object ignore) {

        static final Door OPEN;

        static {
            try {
                Class<?> signal = Class.forName("sun.misc.Signal");
                Class<?> handler = Class.forName("sun.misc.SignalHandler");
                OPEN = new Door(handler, signal.getConstructor(String.class),
                        signal.getMethod("getNumber"),
                        signal.getMethod("handle", signal, handler),
                        handler.getMethod("handle", signal),
                        handler.getField("SIG_IGN").get(null));
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }
    }
}
