package jloop.poller;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/// Something asked of the kernel whose end may come later. Its owner fills in the fields,
/// submits it, and may submit it again once it is over: no allocation per operation.
public abstract class Operation {

    /// What is asked, and in which direction: a descriptor carries out one operation of each
    /// direction at a time.
    public enum Kind {
        /// Receives 1 to [Operation#length] bytes into [Operation#array]. Result: how many, 0
        /// at the end of the stream.
        RECEIVE(true),
        /// Accepts a connection into [Operation#accepted]. Result: 0.
        ACCEPT(true),
        /// Waits until a receive would not block. Result: 0.
        READABLE(true),
        /// Sends 1 to [Operation#length] bytes of [Operation#array]. Result: how many.
        SEND(false),
        /// Connects to [Operation#remote]. Result: 0, or `-EAGAIN` if it is a UNIX socket whose
        /// backlog is full (which nothing tells the end of: try again in a while).
        CONNECT(false),
        /// Waits until a send would not block. Result: 0.
        WRITABLE(false);

        /// Which of the two directions it takes.
        public final boolean reads;

        Kind(boolean reads) {
            this.reads = reads;
        }
    }

    public final Descriptor descriptor;
    public Kind kind = Kind.READABLE;
    public byte[] array = NOTHING;
    public int offset;
    public int length;
    public @Nullable SocketAddress remote;      // for CONNECT

    /// What came of it, when it is over: see [Kind], or `-errno`.
    public int result;
    public @Nullable Descriptor accepted;       // set by ACCEPT when result is 0

    private static final byte[] NOTHING = {};

    protected Operation(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /// Called by the poller, within [Poller#poll(long)], when an operation that was under way
    /// is over. Runs on the bare carrier: takes no lock, logs nothing, runs no code of users.
    public abstract void completed();
}
