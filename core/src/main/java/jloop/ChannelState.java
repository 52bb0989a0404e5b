package jloop;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// What the ends of a memory channel share: the items on their way, and who waits.
final class ChannelState<T extends @Nullable Object> {

    /*
     * trio: _channel.MemoryChannelState. Unlike the wake-ups of a Queue, what is handed over here
     * is the item itself: who waits first is served first, and nobody can be faster. A task whose
     * item was handed over has sent or received it, even if it is cancelled before it runs again;
     * the cancellation then stays for its next wait (Task.blockOnResult).
     *
     * Invariants (QueueModelTest):
     *   I1  if receivers wait, nothing is buffered and no sender waits
     *   I2  if senders wait, the buffer is full
     *   I3  no sender waits when all receivers are closed, no receiver when all senders are
     */

    private enum Verdict { NONE, DONE, CLOSED, OTHER_SIDE_CLOSED }

    /// A task that waits at `end`, to send `item` or to receive it.
    private static final class Wait<T extends @Nullable Object> {

        final Object end;
        final Future<Void> over;
        @Nullable T item;
        Verdict verdict = Verdict.NONE;

        Wait(Object end, EventLoop loop, @Nullable T item) {
            this.end = end;
            this.over = new Future<>(loop);
            this.item = item;
        }

        /// Ends it, unless it was cancelled, and its task is about to leave.
        @SuppressWarnings("NullAway")       // Void has no other value
        boolean end(Verdict how) {
            if (over.done()) return false;
            verdict = how;
            over.finishWith(null);
            return true;
        }
    }

    final HomeLoop home = new HomeLoop();
    private final int capacity;
    private final Ring<T> buffer = new Ring<>();
    private final ArrayDeque<Wait<T>> sending = new ArrayDeque<>(0);
    private final ArrayDeque<Wait<T>> receiving = new ArrayDeque<>(0);
    private int senders;                    // ends that are open
    private int receivers;

    ChannelState(int capacity) {
        this.capacity = capacity;
    }

    void senderOpened() {
        senders++;
    }

    void receiverOpened() {
        receivers++;
    }

    // ---- Sending

    /// Waits at `end` until `item` is buffered or received.
    void send(SendChannel<T> end, T item) {
        Task<?> task = HomeLoop.caller("send");
        task.checkpoint();
        end.checkOpen("send");
        if (offer(item)) return;
        Wait<T> wait = new Wait<>(end, home.bind(task, this), item);
        switch (await(task, sending, wait)) {
            case CLOSED -> throw closedMeanwhile("send");
            case OTHER_SIDE_CLOSED -> throw noReceivers();
            case DONE, NONE -> { }
        }
    }

    /// Sends `item` if that can be done at once.
    ///
    /// **Errors**: [BrokenResourceException].
    boolean offer(T item) {
        if (receivers == 0) throw noReceivers();
        for (Wait<T> first; (first = receiving.poll()) != null; ) {
            if (!first.end(Verdict.DONE)) continue;
            first.item = item;
            return true;
        }
        return buffer.size() < capacity && buffer.add(item);
    }

    // ---- Receiving

    /// Waits at `end` for an item.
    T receive(ReceiveChannel<T> end) {
        Task<?> task = HomeLoop.caller("receive");
        task.checkpoint();
        end.checkOpen("receive");
        if (admit()) return buffer.removeFirst();
        if (senders == 0) throw noSenders();
        Wait<T> wait = new Wait<>(end, home.bind(task, this), null);
        return switch (await(task, receiving, wait)) {
            case CLOSED -> throw closedMeanwhile("receive");
            case OTHER_SIDE_CLOSED -> throw noSenders();
            case DONE, NONE -> received(wait);
        };
    }

    @SuppressWarnings("NullAway")           // null is an item if T says so
    private T received(Wait<T> wait) {
        return wait.item;
    }

    T receiveNowait() {
        if (admit()) return buffer.removeFirst();
        if (senders == 0) throw noSenders();
        throw new WouldBlockException("no item, and nobody who waits to send one: " + this);
    }

    /// Buffers the item of the sender that waits first, if one does. Returns true if there is
    /// an item in the buffer, which may then hold one more than its capacity.
    private boolean admit() {
        for (Wait<T> first; (first = sending.poll()) != null; ) {
            if (!first.end(Verdict.DONE)) continue;
            buffer.add(received(first));
            break;
        }
        return !buffer.isEmpty();
    }

    private Verdict await(Task<?> task, ArrayDeque<Wait<T>> line, Wait<T> wait) {
        line.add(wait);
        try {
            task.blockOnResult(wait.over);
            wait.over.await();
        } catch (Throwable e) {             // all of it: a cancelled task is in no line
            line.remove(wait);
            throw e;
        }
        return wait.verdict;
    }

    // ---- Closing

    void senderClosed(SendChannel<T> end) {
        senders--;
        endThose(sending, end);
        if (senders == 0) endAll(receiving);
    }

    void receiverClosed(ReceiveChannel<T> end) {
        receivers--;
        endThose(receiving, end);
        if (receivers > 0) return;
        endAll(sending);
        buffer.clear();                     // nobody is left to want them
    }

    private void endThose(ArrayDeque<Wait<T>> line, Object end) {
        line.removeIf(wait -> {
            if (wait.end != end) return false;
            wait.end(Verdict.CLOSED);
            return true;
        });
    }

    private void endAll(ArrayDeque<Wait<T>> line) {
        for (Wait<T> wait; (wait = line.poll()) != null; ) wait.end(Verdict.OTHER_SIDE_CLOSED);
    }

    private static ClosedResourceException closedMeanwhile(String what) {
        return new ClosedResourceException("this end was closed while it waited to " + what);
    }

    private static BrokenResourceException noReceivers() {
        return new BrokenResourceException("cannot send, all receivers are closed");
    }

    private static EndOfChannelException noSenders() {
        return new EndOfChannelException("nothing to receive, all senders are closed");
    }

    @Override
    public String toString() {
        return "<MemoryChannel capacity=" + capacity + " buffered=" + buffer.size()
                + " senders=" + senders + " receivers=" + receivers
                + (sending.isEmpty() ? "" : " sending=" + sending.size())
                + (receiving.isEmpty() ? "" : " receiving=" + receiving.size()) + ">";
    }
}
