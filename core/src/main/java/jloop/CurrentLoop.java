package jloop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Which loop runs the calling thread, and which one was set for it.
final class CurrentLoop {

    /*
     * Inside a coroutine or callback the thread itself leads to its loop (Strand). For any other
     * thread, one that a library made inside a coroutine say, the loops that run are asked in
     * turn; there are few.
     */

    private static final VarHandle RUNNING;
    private static volatile EventLoop[] running = {};       // any thread replaces

    // asyncio's current loop is a slot of the thread by definition (events.set_event_loop).
    private static final ThreadLocal<@Nullable EventLoop> SET = new ThreadLocal<>();
    private static final long MAIN_THREAD_MAX = 3;  // its number: 1 in JDK 21, 3 in JDK 25

    static {
        try {
            RUNNING = MethodHandles.lookup()
                    .findStaticVarHandle(CurrentLoop.class, "running", EventLoop[].class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private CurrentLoop() { }

    static boolean onMainThread() {
        return Thread.currentThread().threadId() <= MAIN_THREAD_MAX;
    }

    /// The loop that runs the calling thread, or null.
    static @Nullable EventLoop running() {
        Strand strand = Strand.current();
        if (strand != null) return strand.loop.isRunning() ? strand.loop : null;
        for (EventLoop loop : running) {
            if (loop.carrier.isCurrent()) return loop;
        }
        return null;
    }

    static void add(EventLoop loop) {
        EventLoop[] before;
        EventLoop[] after;
        do {
            before = running;
            after = Arrays.copyOf(before, before.length + 1);
            after[before.length] = loop;
        } while (!RUNNING.compareAndSet(before, after));
    }

    static void remove(EventLoop loop) {
        EventLoop[] before;
        EventLoop[] after;
        do {
            before = running;
            after = Arrays.stream(before).filter(l -> l != loop).toArray(EventLoop[]::new);
        } while (!RUNNING.compareAndSet(before, after));
    }

    /// The loops that run.
    static EventLoop[] all() {
        return running;
    }

    static void set(@Nullable EventLoop loop) {
        if (loop == null) SET.remove();
        else SET.set(loop);
    }

    /// The loop set for the calling thread; the main thread makes one when it has none.
    static EventLoop get() {
        EventLoop loop = SET.get();
        if (loop != null) return loop;
        if (!onMainThread())
            throw new IllegalStateException("there is no current event loop in thread "
                    + Thread.currentThread().getName()
                    + ": call setEventLoop(newEventLoop()), or use run");
        EventLoop made = new EventLoop();
        SET.set(made);
        return made;
    }
}
