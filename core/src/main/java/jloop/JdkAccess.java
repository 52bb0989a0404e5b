package jloop;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// The two private doors of the JDK that the loop goes through at the levels OPENED and
/// TRUSTED: making a virtual thread with a scheduler of ours, and asking which carrier runs us.
/// [DirectSwitch] has more, which it can do without.
final class JdkAccess {

    /*
     * ThreadBuilders.newVirtualThread and Thread.currentCarrierThread have the same signature in
     * JDK 21 to 28. The public scheduler API to come is one more class like HookedCarrier.
     */

    private static final String POLLERS_ARE_PLATFORM_THREADS = "1";
    private static final MethodHandle NEW_THREAD;
    private static final MethodHandle CURRENT_CARRIER;

    static {
        try {
            MethodHandles.Lookup lookup = lookupIn(Thread.class);
            NEW_THREAD = lookup.findStatic(Class.forName("java.lang.ThreadBuilders"),
                    "newVirtualThread", MethodType.methodType(Thread.class, Executor.class,
                            String.class, int.class, Runnable.class));
            CURRENT_CARRIER = lookup.findStatic(Thread.class, "currentCarrierThread",
                    MethodType.methodType(Thread.class));
            if (!POLLERS_ARE_PLATFORM_THREADS.equals(System.getProperty("jdk.pollerMode")))
                bearPollersElsewhere();
            endOneThread();
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private JdkAccess() { }

    /// A lookup that finds the private members of `owner`, a class of java.lang.
    static MethodHandles.Lookup lookupIn(Class<?> owner) throws ReflectiveOperationException {
        if (Carrier.level() == Level.TRUSTED) return trusted();
        if (!JavaLang.isOpened()) throw new IllegalStateException(JavaLang.howToOpen());
        return MethodHandles.privateLookupIn(owner, MethodHandles.lookup());
    }

    static Thread newThread(Executor scheduler, @Nullable String name, Runnable body) {
        try {
            return (Thread) NEW_THREAD.invokeExact(scheduler, name, 0, body);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static Thread currentCarrier() {
        try {
            return (Thread) CURRENT_CARRIER.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    // A throw of its own, so that the hot callers above stay small enough to be inlined.
    private static Error unexpected(Throwable e) {
        if (e instanceof Error error) return error;
        return new AssertionError(e);
    }

    /// sun.reflect.ReflectionFactory makes a Lookup of all rights without a warning; a hack on
    /// jdk.unsupported, which is why nobody gets it who did not ask for it.
    private static MethodHandles.Lookup trusted() throws ReflectiveOperationException {
        Class<?> factory = Class.forName("sun.reflect.ReflectionFactory");
        Object instance = factory.getMethod("getReflectionFactory").invoke(null);
        var constructor = MethodHandles.Lookup.class
                .getDeclaredConstructor(Class.class, Class.class, int.class);
        var maker = (java.lang.reflect.Constructor<?>) factory
                .getMethod("newConstructorForSerialization", Class.class,
                        java.lang.reflect.Constructor.class)
                .invoke(instance, MethodHandles.Lookup.class, constructor);
        return (MethodHandles.Lookup) maker.newInstance(Object.class, null, -1);
    }

    /// Has the JDK load what it needs when a virtual thread ends. VirtualThread.run, which lies
    /// below every coroutine, may be compiled before the first one has ended: then each of
    /// those alive by then would leave the compiled code at its end, which costs 10
    /// microseconds.
    private static void endOneThread() {
        Executor here = Thread.currentThread().isVirtual()
                ? Thread.ofPlatform().daemon().name("jloop-init")::start : Runnable::run;
        newThread(here, null, () -> { }).start();
    }

    /// Has the JDK start its own pollers of sockets from a platform thread. Born in a coroutine
    /// they would inherit its loop as their scheduler, and hang for ever when that loop ends.
    /// Costs 0.3 s at the exit of the JVM, which waits that long for threads in native code;
    /// with `-Djdk.pollerMode=1` (./jloop run gives it) there is nothing to inherit and no
    /// need.
    private static void bearPollersElsewhere() throws ClassNotFoundException {
        if (!Thread.currentThread().isVirtual()) {
            Class.forName("sun.nio.ch.Poller");
            return;
        }
        Thread bearer = Thread.ofPlatform().daemon().name("jloop-init").start(() -> {
            try {
                Class.forName("sun.nio.ch.Poller");
            } catch (ClassNotFoundException e) {
                throw new IllegalStateException(e);
            }
        });
        boolean interrupted = false;
        while (bearer.isAlive()) {
            try {
                bearer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }
}
