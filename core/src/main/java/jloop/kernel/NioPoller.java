package jloop.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NetworkChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import jloop.poller.Child;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.ForeignFile;
import jloop.poller.Operation;
import jloop.poller.Poller;
import jloop.poller.SpawnRequest;
import org.jspecify.annotations.Nullable;

/// A [Poller] on the selectors of java.nio: for systems without epoll, and for JVMs without
/// native access.
public final class NioPoller implements Poller {

    /*
     * A reactor: an operation is tried when it is submitted, and again when its channel is ready.
     * READABLE and WRITABLE cannot be tried (java.nio reads or does not), so they always wait for
     * the next poll.
     *
     * A channel is registered once, when an operation first has to wait, and keeps its key until
     * it is closed; a key is never cancelled and made anew, since a cancelled key bars its channel
     * from the selector until the next selection. A closed channel that was registered keeps its
     * file descriptor until then too, so closing makes a selection at once (settle): the peer sees
     * the end now, and the port is free now.
     *
     * Inside, java.nio takes locks: those of a channel and of the selector are free whenever the
     * loop's thread wants them, since it alone uses them. Selector.wakeup has one that wakers
     * share with the poll, held for one write; so a coroutine must not wake its own loop, as the
     * carrier could then queue behind it (the loop never does: it is awake).
     *
     * Invariants (NioPollerTest, section "invariants"):
     *   I1  a key's interest set is that of the operations under way, no more: interest left on
     *       in OP_WRITE or OP_CONNECT would make every selection return at once
     *   I2  a channel has at most one key
     *   I3  a wake() is seen by the poll under way or by the next one, whatever selections are
     *       made in between: java.nio forgets a wakeup at each selection, `woken` does not
     *   I4  an interrupt ends at most the poll under way: a selector on a thread whose interrupt
     *       flag is set would never sleep again
     */

    final Selector selector;
    private final Set<NioDescriptor> open = new LinkedHashSet<>();
    private final Queue<NioChild> exits = new ConcurrentLinkedQueue<>();    // any thread adds
    private final AtomicBoolean woken = new AtomicBoolean();    // any thread sets; poll clears
    private byte @Nullable [] datagram;

    /// **Errors**: UncheckedIOException if the system has no selector to give.
    public NioPoller() {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException("no selector to be had", e);
        }
    }

    @Override
    public Descriptor open(Family family) {
        if (!selector.isOpen()) return new NioDescriptor(this, family, -Errno.EBADF);
        try {
            return adopt(SocketChannel.open(protocol(family)), family);
        } catch (IOException | UnsupportedOperationException e) {
            return new NioDescriptor(this, family, -NioErrors.errno(e));
        }
    }

    /// **Errors**: UnsupportedOperationException for UNIX: java.nio has no such channel.
    @Override
    public Descriptor openDatagram(Family family) {
        if (family == Family.UNIX)
            throw new UnsupportedOperationException(
                    "java.nio has no UNIX datagrams: they are for epoll, Linux with native access");
        if (!selector.isOpen()) return new NioDescriptor(this, family, -Errno.EBADF);
        try {
            return adopt(DatagramChannel.open(protocol(family)), family);
        } catch (IOException | UnsupportedOperationException e) {
            return new NioDescriptor(this, family, -NioErrors.errno(e));
        }
    }

    /// Room for any datagram.
    byte[] datagram() {
        if (datagram == null) datagram = new byte[NioDescriptor.DATAGRAM_BYTES_MAX];
        return datagram;
    }

    /// A descriptor for a channel that is new.
    <C extends SelectableChannel & NetworkChannel> NioDescriptor adopt(C channel, Family family)
            throws IOException {
        channel.configureBlocking(false);
        return adopt(channel, family, false);
    }

    private NioDescriptor adopt(SelectableChannel channel, Family family, boolean isWatched) {
        var descriptor = new NioDescriptor(this, family, channel, isWatched);
        open.add(descriptor);
        return descriptor;
    }

    @Override
    public Descriptor adopt(ForeignFile file, ForeignFile.Use use) {
        if (!(file instanceof ForeignFile.Channel(var channel)))
            throw new UnsupportedOperationException("java.nio has no use for " + file
                    + ": give it a SelectableChannel; for anything else there is epoll, Linux"
                    + " with native access");
        checkUse(channel, use);
        if (!selector.isOpen() || !channel.isOpen()) return failed(-Errno.EBADF);
        if (channel.keyFor(selector) != null) return failed(-Errno.EEXIST);
        try {
            if (use != ForeignFile.Use.WATCH) channel.configureBlocking(false);
        } catch (IOException e) {
            return failed(-NioErrors.errno(e));
        }
        return adopt(channel, Family.UNIX, use == ForeignFile.Use.WATCH);
    }

    private static void checkUse(SelectableChannel channel, ForeignFile.Use use) {
        int wanted = switch (use) {
            case READ -> SelectionKey.OP_READ;
            case WRITE -> SelectionKey.OP_WRITE;
            case WATCH -> channel.validOps();
        };
        if ((channel.validOps() & wanted) == 0)
            throw new IllegalArgumentException(channel + " is not for " + use);
        if (use == ForeignFile.Use.WATCH && channel.isOpen() && channel.isBlocking())
            throw new IllegalArgumentException(channel
                    + " must be in non-blocking mode to be watched");
    }

    private NioDescriptor failed(int error) {
        return new NioDescriptor(this, Family.UNIX, error);
    }

    @Override
    public List<Descriptor> pipe() {
        try {
            if (!selector.isOpen()) throw new ClosedChannelException();
            Pipe pipe = Pipe.open();
            pipe.source().configureBlocking(false);
            pipe.sink().configureBlocking(false);
            return List.of(adopt(pipe.source(), Family.UNIX, false),
                    adopt(pipe.sink(), Family.UNIX, false));
        } catch (IOException e) {
            Descriptor none = failed(-NioErrors.errno(e));
            return List.of(none, none);
        }
    }

    @Override
    public Child spawn(SpawnRequest request) {
        return new NioChild(this, request);
    }

    /// An end of a pipe of a child, not blocking.
    NioDescriptor adopt(SelectableChannel channel) {
        return adopt(channel, Family.UNIX, false);
    }

    /// Has the next poll tell that a child has ended. Any thread.
    void exited(NioChild child) {
        exits.add(child);
    }

    static ProtocolFamily protocol(Family family) {
        return switch (family) {
            case INET -> StandardProtocolFamily.INET;
            case INET6 -> StandardProtocolFamily.INET6;
            case UNIX -> StandardProtocolFamily.UNIX;
        };
    }

    @Override
    public boolean submit(Operation operation) {
        return ((NioDescriptor) operation.descriptor).submit(operation);
    }

    @Override
    public boolean cancel(Operation operation) {
        return ((NioDescriptor) operation.descriptor).cancel(operation);
    }

    @Override
    public void poll(long timeoutNanos) {
        if (!selector.isOpen()) throw new IllegalStateException("the poller is closed");
        boolean interrupted = Thread.interrupted();
        try {
            select(woken.get() || !exits.isEmpty() ? 0 : timeoutNanos);
            woken.set(false);
            completeReady();
            for (NioChild child; (child = exits.poll()) != null; ) child.deliver();
        } catch (IOException e) {
            throw new UncheckedIOException("the selector failed", e);
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    private void select(long timeoutNanos) throws IOException {
        if (timeoutNanos <= 0) selector.selectNow();
        else if (timeoutNanos == FOREVER) selector.select();
        else selector.select((timeoutNanos - 1) / 1_000_000 + 1);   // up: never early for a timer
    }

    private void completeReady() {
        Set<SelectionKey> selected = selector.selectedKeys();
        if (selected.isEmpty()) return;
        // A copy: an owner that is told may close a descriptor, which selects.
        List<SelectionKey> ready = List.copyOf(selected);
        selected.clear();
        for (SelectionKey key : ready) ((NioDescriptor) key.attachment()).ready();
    }

    @Override
    public void wake() {
        // Set before the wakeup: a poll that misses this one is ended by that one.
        if (!woken.getAndSet(true)) selector.wakeup();
    }

    SelectionKey register(NioDescriptor descriptor, int interest) throws IOException {
        return descriptor.selectable().register(selector, interest, descriptor);
    }

    void forget(NioDescriptor descriptor) {
        open.remove(descriptor);
    }

    /// Makes the selector let go of the channels that were closed.
    void settle() {
        try {
            selector.selectNow();
            selector.selectedKeys().clear();    // the next poll finds them again, as they are then
        } catch (IOException e) {
            // The channel is closed for its owner; the next poll meets the same error and throws.
        }
    }

    @Override
    public void close() {
        for (NioDescriptor descriptor : List.copyOf(open)) descriptor.close();
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the selector failed to close", e);
        }
    }
}
