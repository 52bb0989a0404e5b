package jloop.cli;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import jloop.KeyboardInterrupt;
import jloop.SystemExit;
import org.jspecify.annotations.Nullable;

/// The first class of a program's JVM: calls the main method of the class that the first
/// argument names, and gives Ctrl-C and [SystemExit] their exit status.
final class Program {

    /*
     * The main method is the one that the `java` command would choose (JEP 512): main(String[])
     * before main(), static or not, the class before those it extends, private ones never.
     *
     * Plain and small, because every start pays for it: no lambdas, no string concatenation on
     * the way to the main method, nothing that the JVM has not loaded by itself.
     */

    private static final int INTERRUPTED = 128 + 2;     // as a shell has it: SIGINT is signal 2
    private static final int FAILED = 1;

    private Program() {}

    public static void main(String[] args) throws Throwable {
        try {
            var type = Class.forName(args[0], false, ClassLoader.getSystemClassLoader());
            start(type, Arrays.copyOfRange(args, 1, args.length));
        } catch (InvocationTargetException e) {
            throw ended(e.getTargetException());
        } catch (Error e) {                             // a static initializer's
            throw ended(e);
        }
    }

    private static void start(Class<?> type, String[] args) throws ReflectiveOperationException {
        Method main = mainMethod(type, String[].class);
        if (main != null) {
            main.invoke(receiver(type, main), (Object) args);
            return;
        }
        main = mainMethod(type);
        if (main == null)
            throw unusable(type.getName() + " has no main method: expected `void main()` or"
                    + " `void main(String[] args)`, not private");
        main.invoke(receiver(type, main));
    }

    private static @Nullable Method mainMethod(Class<?> type, Class<?>... parameters) {
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            try {
                Method main = at.getDeclaredMethod("main", parameters);
                if (isMain(main)) {
                    main.setAccessible(true);
                    return main;
                }
            } catch (NoSuchMethodException _) {
                // the next class may have it
            }
        }
        return null;
    }

    private static boolean isMain(Method method) {
        return method.getReturnType() == void.class && !Modifier.isPrivate(method.getModifiers());
    }

    /// What to call `main` on: nothing if it is static, otherwise a new `type`.
    private static @Nullable Object receiver(Class<?> type, Method main)
            throws ReflectiveOperationException {
        if (Modifier.isStatic(main.getModifiers())) return null;
        try {
            Constructor<?> constructor = type.getDeclaredConstructor();
            if (!Modifier.isPrivate(constructor.getModifiers())) {
                constructor.setAccessible(true);
                return constructor.newInstance();
            }
        } catch (NoSuchMethodException _) {
            // the message below
        }
        throw unusable(type.getName() + " has a main method that is not static, and so needs a"
                + " constructor without parameters, not private");
    }

    /// Says what is wrong with the program, and exits.
    private static AssertionError unusable(String message) {
        System.err.println("jloop: " + message);
        System.exit(FAILED);
        return new AssertionError("after exit");
    }

    /// The program ended with `thrown`: exits if that means an exit status, otherwise returns
    /// it, for the JVM to print.
    private static Throwable ended(Throwable thrown) {
        if (thrown instanceof KeyboardInterrupt) System.exit(INTERRUPTED);
        if (thrown instanceof SystemExit exit) System.exit(exit.status());
        for (Throwable at = thrown; at != null; at = at.getCause()) {
            endTraceAtMain(at);
            for (Throwable suppressed : at.getSuppressed()) endTraceAtMain(suppressed);
        }
        return thrown;
    }

    /// Takes away the frames between the JVM and the user's main method.
    private static void endTraceAtMain(Throwable thrown) {
        StackTraceElement[] trace = thrown.getStackTrace();
        int count = trace.length;
        while (count > 0 && isBelowMain(trace[count - 1].getClassName())) count--;
        if (count < trace.length) thrown.setStackTrace(Arrays.copyOf(trace, count));
    }

    private static boolean isBelowMain(String name) {
        return name.equals(Program.class.getName())
                || name.startsWith("java.lang.reflect.")
                || name.startsWith("jdk.internal.reflect.");
    }
}
