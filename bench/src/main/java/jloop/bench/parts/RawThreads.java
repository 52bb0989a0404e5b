package jloop.bench.parts;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/// The least that can schedule virtual threads: a queue, run by the calling thread until it is
/// empty. What a switch costs here the JDK costs; what a coroutine of the loop costs beyond
/// that is the loop's.
///
/// **Threads**: the one that calls [#run()], and the virtual threads it runs.
public final class RawThreads implements Executor {

    private static final MethodHandle NEW_THREAD;

    static {
        try {
            NEW_THREAD = MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup())
                    .findStatic(Class.forName("java.lang.ThreadBuilders"), "newVirtualThread",
                            MethodType.methodType(Thread.class, Executor.class, String.class,
                                    int.class, Runnable.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ArrayDeque<Runnable> ready = new ArrayDeque<>();

    public RawThreads() { }

    @Override
    public void execute(Runnable continuation) {
        ready.add(continuation);
    }

    /// A thread that begins to run when its turn comes.
    public Thread start(Runnable body) {
        Thread thread = newThread(body);
        thread.start();
        return thread;
    }

    /// A thread that is not started.
    public Thread newThread(Runnable body) {
        try {
            return (Thread) NEW_THREAD.invokeExact((Executor) this, (String) null, 0, body);
        } catch (Throwable e) {
            if (e instanceof Error error) throw error;
            throw new AssertionError(e);
        }
    }

    /// Runs what is ready until nothing is.
    public void run() {
        for (Runnable next; (next = ready.poll()) != null; ) next.run();
    }
}
