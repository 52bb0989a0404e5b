package jloop;

import org.jspecify.annotations.Nullable;

/// The end of a [MemoryChannel] that items are sent into.
///
/// It may have copies. Close each when no more is sent through it: the receivers come to the
/// end of the channel when all are closed.
public final class SendChannel<T extends @Nullable Object> implements AutoCloseable {

    private final ChannelState<T> state;
    private boolean closed;

    SendChannel(ChannelState<T> state) {
        this.state = state;
        state.senderOpened();
    }

    /// Sends `item`; waits while there is neither room in the buffer nor a receiver that waits.
    ///
    /// **Errors**: [BrokenResourceException] if all receivers are closed,
    /// [ClosedResourceException] if this end is, both even while this waits;
    /// IllegalStateException outside of a task.
    /// **Cancellation**: the item was not sent. A task that is to be cancelled is so here, even
    /// if it would not have to wait.
    public void send(T item) {
        state.home.checkThread("send");
        state.send(this, item);
    }

    /// Sends `item` at once. Errors as [#send], and [WouldBlockException].
    public void sendNowait(T item) {
        state.home.checkThread("sendNowait");
        checkOpen("sendNowait");
        if (!state.offer(item))
            throw new WouldBlockException("no room, and nobody who waits to receive: " + state);
    }

    /// Another end of the same channel, to be closed on its own.
    ///
    /// **Errors**: [ClosedResourceException].
    public SendChannel<T> copy() {
        state.home.checkThread("copy");
        checkOpen("copy");
        return new SendChannel<>(state);
    }

    void checkOpen(String method) {
        if (closed) throw new ClosedResourceException(method + " of a sender that is closed");
    }

    /// Closes this end. Who waits to send through it gets [ClosedResourceException]; what was
    /// sent can still be received. Closing again does nothing.
    @Override
    public void close() {
        state.home.checkThread("close");
        if (closed) return;
        closed = true;
        state.senderClosed(this);
    }

    @Override
    public String toString() {
        return "<SendChannel" + (closed ? " closed" : "") + " of " + state + ">";
    }
}
