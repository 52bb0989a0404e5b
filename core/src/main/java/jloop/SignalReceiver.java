package jloop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SequencedSet;

/// The signals that come to this process, as items: their names, as they were given to
/// [Asyncio#openSignalReceiver].
///
/// What comes while nobody asks is kept, each kind once, in the order in which the kinds came.
/// A signal that many receivers hear of is an item of each.
///
/// Closed, it hears of nothing: what was kept is forgotten, and who waits is told that there
/// are no more items. It is closed with its loop.
public final class SignalReceiver implements AsyncIterator<String>, AutoCloseable {

    private final EventLoop loop;
    private final LoopSignals owner;
    private final List<SignalCall> calls = new ArrayList<>();
    private final SequencedSet<String> kept = new LinkedHashSet<>();
    private final WaitLine line = new WaitLine();
    private boolean closed;

    SignalReceiver(EventLoop loop, LoopSignals owner) {
        this.loop = loop;
        this.owner = owner;
    }

    void hear(List<String> signals) {
        if (signals.isEmpty())
            throw new IllegalArgumentException("at least one signal was expected, not none");
        Map<String, String> given = new LinkedHashMap<>();
        for (String signal : signals) given.putIfAbsent(JdkSignals.named(signal), signal);
        given.forEach((name, signal) ->
                calls.add(new SignalCall(loop, name, () -> keep(signal), null)));
    }

    private void keep(String signal) {
        kept.add(signal);
        line.wakeAll();
    }

    /// Waits until a signal has come; false if the receiver is closed.
    ///
    /// **Errors**: IllegalStateException outside of a task.
    /// **Cancellation**: nothing is lost.
    @Override
    public boolean hasNext() {
        Task<?> task = HomeLoop.caller("hasNext");
        loop.checkThread("hasNext");
        task.checkLevel();
        while (kept.isEmpty() && !closed) await();
        return !closed;
    }

    private void await() {
        Future<Void> place = line.enter(loop);
        try {
            place.await();
        } catch (Throwable e) {
            var _ = line.leave(place);          // all of them were woken, nobody lacks this one
            throw e;
        }
    }

    /// Waits for a signal, and returns its name. Otherwise as [#hasNext()].
    ///
    /// **Errors**: NoSuchElementException if the receiver is closed.
    @Override
    public String next() {
        if (!hasNext()) throw new NoSuchElementException("the receiver of signals is closed");
        return kept.removeFirst();
    }

    @Override
    public void close() {
        loop.checkThread("close");
        if (closed) return;
        closed = true;
        for (SignalCall call : calls) call.close();
        kept.clear();
        owner.forget(this);
        line.wakeAll();
    }

    @Override
    public String toString() {
        return "<SignalReceiver" + (closed ? " closed" : "") + " kept=" + kept + ">";
    }
}
