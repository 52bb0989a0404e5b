package jloop.kernel;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.NetworkChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Operation;
import jloop.poller.UnixName;
import org.jspecify.annotations.Nullable;

/// A socket of a [NioPoller].
final class NioDescriptor extends Descriptor {

    /*
     * java.nio has one class for sockets that connect and another for those that listen; a
     * descriptor learns which it is after bind. It starts with a SocketChannel, whose bind finds
     * what is wrong with the address and chooses the port; listen puts a ServerSocketChannel in
     * its place, bound to the same address. In between the address is free for a moment: listen
     * may answer EADDRINUSE, as it may on Linux.
     *
     * java.nio closes a channel whose connect failed. The descriptor stays open, as a file
     * descriptor would, and answers ENOTCONN or EPIPE. But a UNIX socket whose listener has no
     * room is asked to try again (EAGAIN), so that one gets a new channel.
     *
     * A pipe is two channels, and what is only watched is any. Of these a key that is not wanted
     * any more is cancelled at once: the channel may be registered again.
     *
     * For datagrams there is one class, DatagramChannel. What it cannot do is to send an empty
     * one to its peer: its write of nothing makes no system call. Nor does it tell that one was
     * cut: where there is no room for any, it comes into an array in which there is.
     */

    static final int DATAGRAM_BYTES_MAX = 65_535;       // an IP packet: over UNIX there are none

    private final NioPoller poller;
    private final Family family;
    private int error;
    private final boolean isWatched;            // only that: it is not ours to close
    private @Nullable SelectableChannel channel;    // null: never opened, or closed
    private @Nullable SelectionKey key;         // from the first wait until the channel closes
    private int receiveBufferBytes;             // asked for; 0 leaves it to the system
    private @Nullable Object boundFile;         // the key of the file that bind made
    private @Nullable SocketAddress sender;

    NioDescriptor(NioPoller poller, Family family, SelectableChannel channel, boolean isWatched) {
        this.poller = poller;
        this.family = family;
        this.channel = channel;
        this.isWatched = isWatched;
        this.error = 0;
    }

    /// One that could not be opened.
    NioDescriptor(NioPoller poller, Family family, int error) {
        this.poller = poller;
        this.family = family;
        this.isWatched = false;
        this.error = error;
    }

    @Override
    public int error() {
        return error;
    }

    @Override
    public boolean isOpen() {
        return channel != null;
    }

    @Override
    public int number() {
        return -1;          // java.nio hides it
    }

    // ---- addresses -----------------------------------------------------------------------------

    @Override
    public int bind(SocketAddress address) {
        if (address instanceof UnixName) return -Errno.EOPNOTSUPP;
        try {
            bindable().bind(address);
            boundFile = SocketFile.key(address);
            return 0;
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.EINVAL);
        }
    }

    /// Listening again leaves the backlog as it is: java.nio cannot change it.
    @Override
    public int listen(int backlog) {
        if (channel instanceof ServerSocketChannel) return 0;
        try {
            listen(stream(), backlog);
            return 0;
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.EINVAL);
        }
    }

    private void listen(SocketChannel bound, int backlog) throws IOException {
        if (!mayListen(bound)) throw new IllegalArgumentException("connected, or not bound");
        ServerSocketChannel listener = ServerSocketChannel.open(NioPoller.protocol(family));
        listener.configureBlocking(false);
        copyOptions(bound, listener);
        SocketAddress address = bound.getLocalAddress();
        replace(bound, listener);
        // The file of the socket just closed: bind(2) makes it anew.
        if (boundFile != null) SocketFile.unlink(address, boundFile);
        listener.bind(address, backlog);
        showInterest();
    }

    /// Not bound, an internet socket gets a port (listen(2)), a UNIX socket does not.
    private boolean mayListen(SocketChannel stream) throws IOException {
        if (stream.isConnected() || stream.isConnectionPending()) return false;
        if (family != Family.UNIX) return true;
        return stream.getLocalAddress() instanceof UnixDomainSocketAddress named
                && !named.getPath().toString().isEmpty();
    }

    private void replace(SocketChannel bound, ServerSocketChannel listener) throws IOException {
        channel = listener;
        bound.close();
        if (key != null) poller.settle();
        key = null;
    }

    private void copyOptions(SocketChannel from, ServerSocketChannel to) throws IOException {
        for (Option option : new Option[] {Option.REUSE_ADDRESS, Option.REUSE_PORT}) {
            SocketOption<Boolean> name = NioOption.flag(option);
            if (from.supportedOptions().contains(name) && to.supportedOptions().contains(name))
                to.setOption(name, from.getOption(name));
        }
        if (receiveBufferBytes > 0)
            to.setOption(StandardSocketOptions.SO_RCVBUF, receiveBufferBytes);
    }

    @Override
    public @Nullable SocketAddress localAddress() {
        try {
            return channel instanceof NetworkChannel network ? network.getLocalAddress() : null;
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public @Nullable SocketAddress remoteAddress() {
        try {
            return switch (channel) {
                case SocketChannel stream when stream.isConnected() -> stream.getRemoteAddress();
                case DatagramChannel datagrams -> datagrams.getRemoteAddress();
                case null, default -> null;
            };
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public @Nullable Object fileKey(SocketAddress address) {
        return SocketFile.key(address);
    }

    @Override
    public int unlink(SocketAddress address, @Nullable Object fileKey) {
        return fileKey != null ? SocketFile.unlink(address, fileKey)
                : SocketFile.unlinkStale(address, () -> connectOnce(address));
    }

    /// Whoever listens there sees a connection that is over at once: java.nio has none of the
    /// sockets that could ask without.
    private static int connectOnce(SocketAddress address) {
        try (SocketChannel stream = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            stream.configureBlocking(false);
            return stream.connect(address) ? 0 : -Errno.EAGAIN;
        } catch (IOException | RuntimeException e) {
            return -NioErrors.errno(e);
        }
    }

    // ---- operations ----------------------------------------------------------------------------

    boolean submit(Operation operation) {
        if (isBusy(operation.kind)) throw busy(operation);
        if (isWatched && channel != null) return arm(operation, channel);
        int result = begin(operation);
        boolean waits = result == -Errno.EAGAIN && !isUnixConnect(operation);
        if (waits) result = await(operation);
        operation.result = result;
        return !waits || result != -Errno.EAGAIN;
    }

    /// Whoever owns the channel may have closed it: then this waits for ever.
    private boolean arm(Operation operation, SelectableChannel watched) {
        int result = watched.isOpen() ? await(operation) : -Errno.EBADF;
        error = result == -Errno.EAGAIN ? 0 : result;
        return false;
    }

    @SuppressWarnings("ReferenceEquality")      // this operation, not one like it
    boolean cancel(Operation operation) {
        if (reading != operation && writing != operation) return false;
        setUnderWay(operation.kind, null);
        return true;
    }

    /// Connecting to a UNIX socket never waits: it is there and has room, or not.
    private boolean isUnixConnect(Operation operation) {
        return family == Family.UNIX && operation.kind == Operation.Kind.CONNECT;
    }

    private IllegalStateException busy(Operation operation) {
        return new IllegalStateException(channel + " is "
                + (operation.kind.reads ? "receiving" : "sending")
                + " already: one operation at a time in each direction");
    }

    private int begin(Operation operation) {
        return switch (operation.kind) {
            case RECEIVE -> receiveNow(operation.array, operation.offset, operation.length);
            case SEND -> sendNow(operation.array, operation.offset, operation.length);
            case ACCEPT -> accept(operation);
            case CONNECT -> connect(operation.remote);
            case READABLE, WRITABLE -> watch();
        };
    }

    /// Goes on with an operation that waited, now that the channel is ready.
    private int proceed(Operation operation) {
        return switch (operation.kind) {
            case CONNECT -> finishConnect();
            case READABLE, WRITABLE -> 0;
            case RECEIVE, SEND, ACCEPT -> begin(operation);
        };
    }

    /// `-EAGAIN` if the operation now waits, else why it cannot.
    private int await(Operation operation) {
        int refusal = setUnderWay(operation.kind, operation);
        if (refusal == 0) return -Errno.EAGAIN;
        setUnderWay(operation.kind, null);
        return refusal;
    }

    /// The selector found the channel ready.
    void ready() {
        SelectionKey ready = key;
        // A key that is not valid: connect failed and closed the channel, or it was replaced.
        int ops = ready != null && ready.isValid() ? ready.readyOps() : 0;
        int reads = SelectionKey.OP_READ | SelectionKey.OP_ACCEPT;
        if (reading != null && (ops & reads) != 0) retry(reading);
        if (writing != null && (ops & ~reads) != 0) retry(writing);
    }

    private void retry(Operation operation) {
        int result = proceed(operation);
        if (result != -Errno.EAGAIN) complete(operation, result);
    }

    private void complete(Operation operation, int result) {
        setUnderWay(operation.kind, null);
        operation.result = result;
        operation.completed();
    }

    private int setUnderWay(Operation.Kind kind, @Nullable Operation operation) {
        if (kind.reads) reading = operation;
        else writing = operation;
        try {
            showInterest();
            return 0;
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.EBADF);
        }
    }

    /// Makes the interest set of the key that of the operations under way.
    private void showInterest() throws IOException {
        int interest = interest();
        if (key == null) {
            if (interest != 0) key = poller.register(this, interest);
        } else if (key.isValid() && key.interestOps() != interest) {
            key.interestOps(interest);
        }
    }

    private int interest() {
        int interest = 0;
        if (reading != null)
            interest |= channel instanceof ServerSocketChannel
                    ? SelectionKey.OP_ACCEPT : SelectionKey.OP_READ;
        if (writing != null)
            interest |= channel instanceof SocketChannel stream && stream.isConnectionPending()
                    ? SelectionKey.OP_CONNECT : SelectionKey.OP_WRITE;
        return interest;
    }

    SelectableChannel selectable() throws ClosedChannelException {
        if (channel == null) throw new ClosedChannelException();
        return channel;
    }

    private int connect(@Nullable SocketAddress remote) {
        if (remote == null) return -Errno.EINVAL;
        if (remote instanceof UnixName) return -Errno.EOPNOTSUPP;
        boolean wasOpen = channel != null && channel.isOpen();
        try {
            if (!(channel instanceof DatagramChannel datagrams))
                return stream().connect(remote) ? 0 : -Errno.EAGAIN;
            datagrams.connect(remote);
            return 0;
        } catch (IOException | RuntimeException e) {
            int result = failure(e, Errno.EISCONN);
            if (result == -Errno.EAGAIN && wasOpen) renew();
            return result;
        }
    }

    /// Puts a new channel in the place of one that connecting has closed.
    private void renew() {
        try {
            SocketChannel stream = SocketChannel.open(NioPoller.protocol(family));
            stream.configureBlocking(false);
            channel = stream;
            if (key != null) poller.settle();
            key = null;
        } catch (IOException e) {
            // The closed channel stays; whoever tries again hears of it.
        }
    }

    private int finishConnect() {
        try {
            return stream().finishConnect() ? 0 : -Errno.EAGAIN;
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.ENOTCONN);
        }
    }

    private int accept(Operation operation) {
        if (!(channel instanceof ServerSocketChannel listener))
            return isOpen() ? -Errno.EINVAL : -Errno.EBADF;
        try {
            SocketChannel stream = listener.accept();
            if (stream == null) return -Errno.EAGAIN;
            operation.accepted = poller.adopt(stream, family);
            return 0;
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.EINVAL);
        }
    }

    /// READABLE, WRITABLE: waits for the selector, unless that would never say anything.
    private int watch() {
        if (channel == null) return -Errno.EBADF;
        return channel.isOpen() ? -Errno.EAGAIN : 0;
    }

    @Override
    public int sendNow(byte[] array, int offset, int length) {
        if (channel instanceof DatagramChannel) return sendTo(array, offset, length, null);
        try {
            int count = output().write(ByteBuffer.wrap(array, offset, length));
            return count > 0 || length == 0 ? count : -Errno.EAGAIN;
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.EPIPE);
        }
    }

    /// java.nio takes as many buffers as the system does at once, and leaves the others.
    @Override
    public int sendNow(ByteBuffer[] buffers) {
        ByteBuffer last = buffers[buffers.length - 1];
        int sent = 0;
        try {
            long count;
            do {
                count = output().write(buffers);
                sent += (int) count;
            } while (count > 0 && last.hasRemaining());
            return sent > 0 ? sent : -Errno.EAGAIN;
        } catch (IOException | RuntimeException e) {
            return sent > 0 ? sent : failure(e, Errno.EPIPE);
        }
    }

    @Override
    public int sendFile(FileChannel file, long position, int length) {
        try {
            long count = file.transferTo(position, length, stream());
            if (count > 0) return (int) count;
            return position < file.size() ? -Errno.EAGAIN : 0;
        } catch (IOException | RuntimeException e) {
            return file.isOpen() ? failure(e, Errno.EPIPE) : -Errno.EBADF;
        }
    }

    @Override
    public int receiveNow(byte[] array, int offset, int length) {
        if (channel instanceof DatagramChannel)
            return Math.min(receiveFrom(array, offset, length), length);
        try {
            int count = input().read(ByteBuffer.wrap(array, offset, length));
            if (count > 0 || length == 0) return count;
            return count < 0 ? 0 : -Errno.EAGAIN;
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.ENOTCONN);
        }
    }

    @Override
    protected int receiveDirect(ByteBuffer buffer) {
        if (channel instanceof DatagramChannel) return super.receiveDirect(buffer);
        try {
            int count = input().read(buffer.duplicate());
            return count > 0 ? count : count < 0 ? 0 : -Errno.EAGAIN;
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.ENOTCONN);
        }
    }

    @Override
    protected int sendDirect(ByteBuffer buffer) {
        if (channel instanceof DatagramChannel) return super.sendDirect(buffer);
        try {
            int count = output().write(buffer.duplicate());
            return count > 0 ? count : -Errno.EAGAIN;
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.EPIPE);
        }
    }

    @Override
    public int sendTo(byte[] array, int offset, int length, @Nullable SocketAddress to) {
        if (!(channel instanceof DatagramChannel datagrams)) return -Errno.EBADF;
        if (length == 0 && datagrams.isConnected()) return -Errno.EOPNOTSUPP;
        ByteBuffer bytes = ByteBuffer.wrap(array, offset, length);
        try {
            int count = to == null ? datagrams.write(bytes) : datagrams.send(bytes, to);
            return count == length ? count : -Errno.EAGAIN;
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.EBADF);
        }
    }

    @Override
    public int receiveFrom(byte[] array, int offset, int length) {
        if (!(channel instanceof DatagramChannel datagrams)) return -Errno.EBADF;
        boolean hasRoom = length >= DATAGRAM_BYTES_MAX;
        ByteBuffer bytes = hasRoom ? ByteBuffer.wrap(array, offset, length)
                : ByteBuffer.wrap(poller.datagram());
        int start = bytes.position();
        try {
            SocketAddress from = datagrams.receive(bytes);
            if (from == null) return -Errno.EAGAIN;
            sender = from;
            int size = bytes.position() - start;
            if (!hasRoom) bytes.get(0, array, offset, Math.min(size, length));
            return size;
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.EBADF);
        }
    }

    @Override
    public @Nullable SocketAddress sender() {
        return sender;
    }

    @Override
    public int shutdownOutput() {
        try {
            stream().shutdownOutput();
            return 0;
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.ENOTCONN);
        }
    }

    private ReadableByteChannel input() {
        return channel instanceof ReadableByteChannel input ? input : stream();
    }

    private GatheringByteChannel output() {
        return channel instanceof GatheringByteChannel output ? output : stream();
    }

    /// java.nio does not let anybody wait for it at the end of a pipe.
    @Override
    public boolean tellsOfHangup() {
        return channel == null || (channel.validOps() & SelectionKey.OP_READ) != 0;
    }

    private NetworkChannel bindable() {
        return channel instanceof DatagramChannel datagrams ? datagrams : stream();
    }

    private SocketChannel stream() {
        if (channel instanceof SocketChannel stream) return stream;
        throw new NotYetConnectedException();       // of no use for that, or closed: see failure
    }

    /// The error number below zero; `ifShut` when java.nio has closed the channel, or that
    /// direction of it, while the descriptor is open.
    private int failure(Exception e, int ifShut) {
        if (channel == null) return -Errno.EBADF;
        return e instanceof ClosedChannelException ? -ifShut : -NioErrors.errno(e);
    }

    // ---- options -------------------------------------------------------------------------------

    @Override
    public int setOption(Option option, int value) {
        if (channel == null) return -Errno.EBADF;
        if (!(channel instanceof NetworkChannel target)) return -Errno.ENOTSOCK;
        try {
            NioOption.set(target, option, value);
            if (option == Option.RECEIVE_BUFFER) receiveBufferBytes = value;
            return 0;
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.EINVAL);
        }
    }

    @Override
    public int getOption(Option option) {
        if (channel == null) return -Errno.EBADF;
        if (!(channel instanceof NetworkChannel target)) return -Errno.ENOTSOCK;
        try {
            return NioOption.get(target, option);
        } catch (IOException | RuntimeException e) {
            return failure(e, Errno.EINVAL);
        }
    }

    // ---- the end -------------------------------------------------------------------------------

    @Override
    public void close() {
        SelectableChannel closing = channel;
        if (closing == null) return;
        channel = null;
        try {
            if (isWatched) cancelKey();
            else closing.close();
        } catch (IOException e) {
            // As with close(2): whatever it reports, the descriptor is gone.
        }
        poller.forget(this);
        if (key != null) poller.settle();
        callOff(reading);
        callOff(writing);
    }

    private void cancelKey() {
        if (key != null) key.cancel();
    }

    private void callOff(@Nullable Operation operation) {
        if (operation != null) complete(operation, -Errno.EBADF);
    }
}
