package jloop;

import java.util.ArrayDeque;

/// Tasks that wait for the same thing, first come first served. Being woken is no promise: who
/// is woken looks again, and waits again if somebody else was faster.
final class WaitLine {

    private final ArrayDeque<Future<Void>> line = new ArrayDeque<>(0);

    int size() {
        return line.size();
    }

    /// A place at the end of the line: await it, and [#leave] if that throws.
    Future<Void> enter(EventLoop loop) {
        Future<Void> place = new Future<>(loop);
        line.add(place);
        return place;
    }

    /// Gives up a place whose task does not go on. Returns true if it had been woken: then the
    /// wake-up is for somebody else.
    boolean leave(Future<Void> place) {
        if (place.done() && !place.cancelled()) return true;
        line.remove(place);
        return false;
    }

    /// Wakes the first in line, if there is one.
    void wakeNext() {
        for (Future<Void> place; (place = line.poll()) != null; ) {
            if (wake(place)) return;
        }
    }

    void wakeAll() {
        for (Future<Void> place; (place = line.poll()) != null; ) wake(place);
    }

    /// False if it was cancelled, and its task is about to leave.
    @SuppressWarnings("NullAway")           // Void has no other value
    private static boolean wake(Future<Void> place) {
        if (place.done()) return false;
        place.finishWith(null);
        return true;
    }
}
