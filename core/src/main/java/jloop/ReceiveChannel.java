package jloop;

import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// The end of a [MemoryChannel] that items are received from.
///
/// It may have copies; each item goes to one of them. In a `for` loop, which ends at the end of
/// the channel, each step is a [#receive()].
public final class ReceiveChannel<T extends @Nullable Object>
        implements Iterable<T>, AutoCloseable {

    private final ChannelState<T> state;
    private boolean closed;

    ReceiveChannel(ChannelState<T> state) {
        this.state = state;
        state.receiverOpened();
    }

    /// Receives the next item; waits while there is none.
    ///
    /// **Errors**: [EndOfChannelException] if all was received and all senders are closed,
    /// [ClosedResourceException] if this end is, both even while this waits;
    /// IllegalStateException outside of a task.
    /// **Cancellation**: nothing was received. A task that is to be cancelled is so here, even
    /// if it would not have to wait.
    public T receive() {
        state.home.checkThread("receive");
        return state.receive(this);
    }

    /// Receives the next item at once. Errors as [#receive()], and [WouldBlockException].
    public T receiveNowait() {
        state.home.checkThread("receiveNowait");
        checkOpen("receiveNowait");
        return state.receiveNowait();
    }

    /// Another end of the same channel, to be closed on its own.
    ///
    /// **Errors**: [ClosedResourceException].
    public ReceiveChannel<T> copy() {
        state.home.checkThread("copy");
        checkOpen("copy");
        return new ReceiveChannel<>(state);
    }

    void checkOpen(String method) {
        if (closed) throw new ClosedResourceException(method + " of a receiver that is closed");
    }

    /// Closes this end. Who waits to receive through it gets [ClosedResourceException]. When
    /// all receivers are closed, what was not received is dropped, and no more can be sent.
    /// Closing again does nothing.
    @Override
    public void close() {
        state.home.checkThread("close");
        if (closed) return;
        closed = true;
        state.receiverClosed(this);
    }

    /// The items that are still to come. `hasNext` receives one and keeps it for `next`; so an
    /// iterator that is given up between the two takes an item with it.
    @Override
    public AsyncIterator<T> iterator() {
        return new Items();
    }

    private final class Items implements AsyncIterator<T> {

        private final Ring<T> ahead = new Ring<>();     // at most one

        @Override
        public boolean hasNext() {
            if (!ahead.isEmpty()) return true;
            try {
                return ahead.add(receive());
            } catch (EndOfChannelException _) {
                return false;
            }
        }

        @Override
        public T next() {
            if (!hasNext()) throw new NoSuchElementException("the end of the channel");
            return ahead.removeFirst();
        }
    }

    @Override
    public String toString() {
        return "<ReceiveChannel" + (closed ? " closed" : "") + " of " + state + ">";
    }
}
