package jloop;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// A call that a loop makes when a signal has come.
final class SignalCall implements SignalTrap.Listener, Runnable, AutoCloseable {

    /*
     * The JVM has a thread for each signal, and they may come by the hundred thousand: all but
     * the first leave when they see that the loop is about to be told.
     */

    private final EventLoop loop;
    private final Runnable callback;
    private final @Nullable Context context;
    private final AtomicBoolean told = new AtomicBoolean();     // any thread sets, the call clears
    private final SignalTrap trap;
    private boolean closed;

    /// **Errors**: as [SignalTrap#over].
    SignalCall(EventLoop loop, String signal, Runnable callback, @Nullable Context context) {
        this.loop = loop;
        this.callback = callback;
        this.context = context;
        this.trap = SignalTrap.over(signal, this);
        onTheLoop();
    }

    /// The trap is changed under a lock, and at HANDOFF who waits for one loses the loop.
    private void onTheLoop() {
        loop.carrier.isCurrent();
    }

    @AnyThread
    @Override
    public void caught(SignalTrap by) {
        if (!told.get() && told.compareAndSet(false, true)) loop.arrive(new Handle(this, context));
    }

    @Override
    public void run() {
        told.set(false);        // before the call: what comes from now on is another one
        if (!closed) callback.run();
    }

    @Override
    public void close() {
        closed = true;
        trap.close();
        onTheLoop();
    }

    @Override
    public String toString() {
        return Naming.of(callback);
    }
}
