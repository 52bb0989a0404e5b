package jloop;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;

/// Takes a virtual thread off its carrier and puts it there again, without the permits and the
/// hand-over to the scheduler that `LockSupport.park` and `unpark` add for callers on any
/// thread.
///
/// Written against the private parts of `java.lang.VirtualThread` of JDK 25: where they are not
/// as expected, this class cannot be initialized, and nobody needs it.
final class DirectSwitch {

    /*
     * What VirtualThread.runContinuation does, in its order, less what a thread that waits for
     * its own scheduler does not need:
     *
     *   - It waits in state PARKED, and is taken from there to RUNNING by one compare-and-set: so
     *     whoever unparks or interrupts it from outside, or looks at its stack, finds what the
     *     JDK knows. PARKED is set when it is off the carrier, never before: a stack may be
     *     walked in that state.
     *   - An unpark between the two sees RUNNING and leaves its permit; hence the look at the
     *     permit behind PARKED, as in VirtualThread.afterYield.
     *   - `carrierThread` is cleared without the lock that keeps Thread.interrupt from marking
     *     a carrier the thread has just left. The mark is cleared by the next mount.
     *
     * None of this asks for the current thread, which changes on the way: a compiled method
     * may keep the one it has seen.
     */

    private static final int JDK = 25;

    private static final VarHandle STATE;
    private static final VarHandle PERMIT;
    private static final VarHandle CONTINUATION;
    private static final VarHandle CARRIER;
    private static final VarHandle INTERRUPTED;
    private static final MethodHandle RUN;
    private static final MethodHandle IS_DONE;
    private static final MethodHandle YIELD;
    private static final MethodHandle MOUNT;
    private static final MethodHandle UNMOUNT;
    private static final MethodHandle NOTIFY_MOUNT;
    private static final MethodHandle NOTIFY_UNMOUNT;
    private static final MethodHandle SET_CURRENT;
    private static final MethodHandle AFTER_DONE;
    private static final MethodHandle AFTER_YIELD;
    private static final int RUNNING;
    private static final int PARKED;
    private static final int UNPARKED;

    static {
        try {
            if (Runtime.version().feature() != JDK)
                throw new ReflectiveOperationException("not JDK " + JDK);
            Class<?> thread = Class.forName("java.lang.VirtualThread");
            Lookup lookup = JdkAccess.lookupIn(thread);
            Lookup lookupInThread = JdkAccess.lookupIn(Thread.class);
            Class<?> continuation =
                    Class.forName("java.lang.VirtualThread$VThreadContinuation");
            STATE = lookup.findVarHandle(thread, "state", int.class);
            PERMIT = lookup.findVarHandle(thread, "parkPermit", boolean.class);
            CARRIER = lookup.findVarHandle(thread, "carrierThread", Thread.class);
            INTERRUPTED = lookupInThread.findVarHandle(Thread.class, "interrupted", boolean.class);
            CONTINUATION = lookup.unreflectVarHandle(thread.getDeclaredField("cont"));
            RUN = lookup.findVirtual(continuation, "run", MethodType.methodType(void.class))
                    .asType(MethodType.methodType(void.class, Object.class));
            IS_DONE = lookup.findVirtual(continuation, "isDone",
                    MethodType.methodType(boolean.class))
                    .asType(MethodType.methodType(boolean.class, Object.class));
            YIELD = method(lookup, thread, "yieldContinuation", boolean.class);
            MOUNT = method(lookup, thread, "mount", void.class);
            UNMOUNT = method(lookup, thread, "unmount", void.class);
            AFTER_DONE = method(lookup, thread, "afterDone", void.class);
            AFTER_YIELD = method(lookup, thread, "afterYield", void.class);
            NOTIFY_MOUNT = method(lookup, thread, "notifyJvmtiMount", void.class, boolean.class);
            NOTIFY_UNMOUNT =
                    method(lookup, thread, "notifyJvmtiUnmount", void.class, boolean.class);
            SET_CURRENT = method(lookupInThread, Thread.class, "setCurrentThread", void.class,
                    Thread.class);
            RUNNING = constant(lookup, thread, "RUNNING");
            PARKED = constant(lookup, thread, "PARKED");
            UNPARKED = constant(lookup, thread, "UNPARKED");
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static MethodHandle method(Lookup lookup, Class<?> owner, String name,
            Class<?> returns, Class<?>... takes) throws ReflectiveOperationException {
        MethodHandle found =
                lookup.findVirtual(owner, name, MethodType.methodType(returns, takes));
        return found.asType(found.type().changeParameterType(0, Thread.class));
    }

    private static int constant(Lookup lookup, Class<?> owner, String name)
            throws ReflectiveOperationException {
        return (int) lookup.findStaticVarHandle(owner, name, int.class).get();
    }

    private DirectSwitch() { }

    /// True if the JDK has what this class needs.
    static boolean isPossible() {
        try {
            return RUNNING != PARKED;
        } catch (LinkageError _) {              // not so: the class initializer has failed
            return false;
        }
    }

    /// Takes `thread`, the calling one, off its carrier: whoever has mounted it calls
    /// [#settle]. Returns true when it is on a carrier again, false at once if its stack cannot
    /// be taken off.
    static boolean unmount(Thread thread) {
        try {
            return (boolean) YIELD.invokeExact(thread);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Goes on with `thread` on the calling carrier until it leaves it: by [#unmount], by
    /// parking in the JDK, or by ending. Returns false if it is not waiting to go on.
    static boolean mount(Thread thread, Thread carrier) {
        try {
            if (!STATE.compareAndSet(thread, PARKED, RUNNING)) return false;
            Object continuation = CONTINUATION.get(thread);
            put(thread, carrier);
            try {
                RUN.invokeExact(continuation);
            } finally {
                take(thread, carrier);
                if ((boolean) IS_DONE.invokeExact(continuation)) AFTER_DONE.invokeExact(thread);
                else if ((int) STATE.getVolatile(thread) != RUNNING)
                    AFTER_YIELD.invokeExact(thread);
            }
            return true;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static void put(Thread thread, Thread carrier) throws Throwable {
        if ((boolean) INTERRUPTED.getVolatile(thread) || carrier.isInterrupted()) {
            MOUNT.invokeExact(thread);
            return;
        }
        NOTIFY_MOUNT.invokeExact(thread, true);
        CARRIER.setRelease(thread, carrier);
        SET_CURRENT.invokeExact(carrier, thread);
    }

    private static void take(Thread thread, Thread carrier) throws Throwable {
        if ((boolean) INTERRUPTED.getVolatile(thread) || carrier.isInterrupted()) {
            UNMOUNT.invokeExact(thread);
            return;
        }
        SET_CURRENT.invokeExact(carrier, carrier);
        CARRIER.setRelease(thread, (Thread) null);
        NOTIFY_UNMOUNT.invokeExact(thread, false);
    }

    /// Has `thread`, which is off its carrier by [#unmount], wait for [#mount]. Returns false
    /// if it was unparked meanwhile: then it is the JDK's continuation that goes on with it.
    static boolean settle(Thread thread) {
        STATE.setVolatile(thread, PARKED);
        return !(boolean) PERMIT.getVolatile(thread)
                || !STATE.compareAndSet(thread, PARKED, UNPARKED);
    }

    /// True if `thread` was unparked from outside, so that it is the JDK's continuation that
    /// goes on with it.
    static boolean isUnparked(Thread thread) {
        return (int) STATE.getVolatile(thread) == UNPARKED;
    }

    // A throw of its own, so that the hot callers above stay small enough to be inlined.
    private static Error unexpected(Throwable e) {
        if (e instanceof Error error) return error;
        if (e instanceof RuntimeException exception) throw exception;
        return new AssertionError(e);
    }
}
